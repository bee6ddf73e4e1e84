"""A lieu's path of arrival: its versions, what a newcomer has of them, and what their answers open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.store import audit as acts
from bot.store.database import Tx
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, ZOE, World, deaths
from tests.stage.transcript_header import Scenery, scenery
from tests.tiers import Sweep

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc",
    "autres": "Zoé @zoe:ailleurs.fr",
    "salons": "Place, Atelier, Jardin, Cuisine, Grenier",
    "salons ouverts": "Place",
    "accord": "oui",
}
RICH = LIEU | {
    "salons au choix": "Jardin",
    "présentations": "Place",
    "charte": "On range.",
    "comptes": "oui",
    "nextcloud": "oui",
}
TOOLS = {"id": "tools", "text": "Sais-tu bricoler ?", "label": "bricolage", "kind": "yes-no"}
FREE = {"id": "free", "text": "Tu viens d’où ?", "label": "origine"}
HOUR = 1 / 24


class Lieu:
    """La Rosée: what Anne does to its path, and what becomes of Zoé."""

    def __init__(self, scene: Scenery) -> None:
        self.scene, self.stage, self.paths = scene, scene.stage, scene.stage.bot.path_versions
        self.anne, self.bob, self.zoe = (scene.people[name] for name in ("Anne", "Bob", "Zoé"))
        self.office = scene.rooms["Conciergerie"].room_id

    @property
    def direct(self) -> str:
        return self.stage.matrix.directs[self.zoe]

    async def put(self, question: dict[str, Any], **opens: list[Any]) -> None:
        options = [{"label": "yes", "opens": opens}] if opens or question.get("kind") == "yes-no" else []
        await self.paths.put(1, self.anne, question | {"options": options})

    async def arrives(self, *answers: str) -> None:
        await self.write("!inviter @zoe:ailleurs.fr", "oui")
        await self.stage.enter(self.zoe, self.direct)
        await self.answers("Zoé", "passer", *answers)

    async def write(self, *lines: str) -> None:
        for line in lines:
            await self.stage.write(self.anne, self.office, line)

    async def answers(self, *lines: str) -> None:
        for line in lines:
            await self.stage.write(self.zoe, self.direct, line)

    async def acts(self, what: str) -> list[dict[str, Any]]:
        return [act for act in await self.stage.database.read(acts.of_lieu, 1, 100) if act["what"] == what]

    def said(self, room_id: str) -> list[str]:
        """With the spaces of a keyboard."""
        return [body.replace("\u202f", " ") for body in self.stage.said(room_id)]

    def last(self, room_id: str) -> str:
        return self.said(room_id)[-1]

    def is_in(self, room: str) -> str | None:
        return self.scene.rooms[room].members.get(self.zoe)


@pytest.fixture
async def lieu(tmp_path: Path) -> AsyncIterator[Lieu]:
    async with scenery(LIEU, tmp_path) as scene:
        yield Lieu(scene)


# -- what a newcomer has of it


async def test_whoever_began_under_one_version_ends_under_it(lieu: Lieu) -> None:
    await lieu.put(TOOLS)
    await lieu.arrives()
    await lieu.put(FREE)
    await lieu.paths.remove(1, lieu.anne, TOOLS)
    assert "Sais-tu bricoler" in lieu.last(lieu.direct)
    await lieu.answers("oui")
    assert "bricolage : oui" in lieu.last(lieu.direct)
    await lieu.answers("modifier bricolage", "non", "oui")
    assert not any("Tu viens d’où" in body for body in lieu.said(lieu.direct))
    assert "bricolage : non" in lieu.last(lieu.office)


async def test_whoever_began_with_some_sentences_ends_with_them(lieu: Lieu) -> None:
    await lieu.paths.reword(1, lieu.anne, "welcome.done", "Te voilà chez nous !")
    await lieu.arrives()
    await lieu.paths.reword(1, lieu.anne, "welcome.done", "Bienvenue au club !")
    await lieu.paths.reword(1, lieu.anne, "welcome.pending", "Patience !")
    await lieu.answers("oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert lieu.last(lieu.direct).startswith("Te voilà chez nous !")
    assert "Patience !" not in lieu.said(lieu.direct)


def as_an_older_program_left_it(tx: Tx) -> None:
    assert tx.execute("DELETE FROM steps WHERE key = 'path'").rowcount == 1


async def test_a_welcome_of_the_program_of_before_is_asked_what_is_new(lieu: Lieu) -> None:
    await lieu.arrives()
    await lieu.stage.database.write(as_an_older_program_left_it)
    await lieu.put(FREE)
    await lieu.answers("oui")
    assert "Tu viens d’où" in lieu.last(lieu.direct)
    await lieu.answers("de loin", "oui")
    assert "origine : de loin" in lieu.last(lieu.office)


async def test_a_welcome_of_the_program_of_before_that_awaits_its_yes_is_asked_no_more(lieu: Lieu) -> None:
    await lieu.arrives("oui")
    await lieu.stage.database.write(as_an_older_program_left_it)
    await lieu.put(FREE)
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert "C’est fait, bienvenue" in lieu.last(lieu.direct)
    assert not any("Tu viens d’où" in body for body in lieu.said(lieu.direct))


async def test_a_label_of_the_lieu_may_be_one_of_the_bot_too(lieu: Lieu) -> None:
    await lieu.put(TOOLS | {"label": "prénom"})
    await lieu.put(FREE | {"label": "prénom"})
    await lieu.arrives("oui", "de loin")
    summary = lieu.last(lieu.direct)
    assert all(line in summary for line in ("prénom : Zoé", "prénom 2 : de loin", "prénom 3 : oui"))
    await lieu.answers("modifier prénom 3", "non")
    assert all(line in lieu.last(lieu.direct) for line in ("prénom 2 : de loin", "prénom 3 : non"))


async def test_the_days_of_silence_are_those_of_the_path(lieu: Lieu) -> None:
    await lieu.paths.wait(1, lieu.anne, 4, 6)
    await lieu.arrives()
    await lieu.stage.wait(3)
    assert "Je récapitule" in lieu.last(lieu.direct)
    assert not lieu.last(lieu.direct).startswith("Je reviens vers toi")
    await lieu.stage.wait(1.1)
    assert lieu.last(lieu.direct).startswith("Je reviens vers toi")
    await lieu.stage.wait(2)
    assert "ne répond plus" in lieu.last(lieu.office)


# -- what the answers open


async def test_the_rooms_of_the_answers_come_before_those_that_open_from_the_space(lieu: Lieu) -> None:
    names = ("Atelier", "Jardin", "Cuisine", "Grenier")
    await lieu.put(TOOLS, rooms=[[lieu.scene.rooms[name].room_id, name] for name in names])
    await lieu.arrives("oui", "oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert [lieu.is_in(name) for name in ("La Rosée", "Place", *names)] == ["invite", None, *["invite"] * 3, None]
    await lieu.stage.wait(HOUR)
    assert lieu.is_in("Grenier") == "invite"
    assert [act["words"]["room"] for act in await lieu.acts("room-opened")] == [*reversed(names)]


async def test_a_room_that_may_not_be_opened_is_told_and_the_others_are_open(lieu: Lieu) -> None:
    rooms = [lieu.scene.rooms[name] for name in ("Atelier", "Jardin")]
    rooms[0].levels = {"@conciergerie:lieu.fr": -1}
    await lieu.put(TOOLS, rooms=[[room.room_id, room.name] for room in rooms])
    await lieu.arrives("oui", "oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert "inviter Zoé dans Atelier" in lieu.last(lieu.office)
    assert [lieu.is_in(room.name) for room in rooms] == [None, "invite"]
    assert "t’ouvrent aussi Jardin : c’est à un clic" in lieu.last(lieu.direct)


async def test_a_room_that_has_left_the_lieu_is_no_longer_opened(lieu: Lieu) -> None:
    room = lieu.scene.rooms["Atelier"]
    await lieu.put(TOOLS, rooms=[[room.room_id, "Atelier"]])
    room.parent = "!elsewhere"
    await lieu.arrives("oui", "oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert lieu.is_in("Atelier") is None
    assert "devaient ouvrir Atelier" in lieu.last(lieu.office)


async def with_accounts(path: Path, *, other: str = "") -> tuple[set[str], list[str], list[dict[str, Any]]]:
    """Who is in the group « velo » once Zoé has answered yes, what the concierges read, and the journal's lines."""
    async with scenery(LIEU | {"comptes": "oui"}, path) as scene:
        lieu = Lieu(scene)
        assert scene.directory
        await lieu.stage.bot.lieux.choose(1, group="rosee")
        if other:
            there = await lieu.stage.bot.lieux.create("!p", "Le Phare", language="fr", zone="Europe/Paris", now=1)
            await lieu.stage.bot.lieux.choose(there.id, group=other)
            await lieu.stage.bot.ownership.own(there.id, "directory", "group", f"{other}.velo")
        await lieu.put(TOOLS, groups=["velo"])
        await lieu.write("!inviter @zoe:ailleurs.fr", "oui")
        await lieu.stage.enter(lieu.zoe, lieu.direct)
        await lieu.answers("Zoé", "zoe.m", "zoe@exemple.fr", "passer", "oui", "oui")
        await lieu.stage.click(lieu.bob, lieu.office, "✅")
        owned = await lieu.stage.bot.ownership.owns(1, "directory", "group", "rosee.velo")
        notes = await lieu.acts("group-in")
        assert owned is bool(notes)
        return scene.directory.groups.get("rosee.velo", set()), lieu.said(lieu.office), notes


async def test_an_answer_opens_a_group_below_the_lieu_s_own(tmp_path: Path) -> None:
    members, _, notes = await with_accounts(tmp_path)
    assert members == {"zoe.m"}
    assert [note["words"] for note in notes] == [{"group": "rosee.velo"}]


@pytest.mark.parametrize("other", ["rosee.velo", "rosee"])
async def test_a_group_of_another_lieu_is_not_touched(tmp_path: Path, other: str) -> None:
    members, office, _ = await with_accounts(tmp_path, other=other)
    assert members == set()
    assert "devaient ouvrir le groupe rosee.velo" in office[-1]


async def test_without_an_account_there_is_no_group_to_enter(lieu: Lieu) -> None:
    await lieu.put(TOOLS, groups=["velo"])
    await lieu.arrives("oui", "oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert "n’a pas de compte ici" in lieu.last(lieu.office)


@pytest.mark.parametrize("answer", ["non", "passer"])
async def test_other_answers_open_nothing(lieu: Lieu, answer: str) -> None:
    room = lieu.scene.rooms["Atelier"].room_id
    await lieu.put(TOOLS | {"optional": True}, rooms=[[room, "Atelier"]], tasks=["préparer un badge"])
    await lieu.arrives(answer, "oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert lieu.is_in("La Rosée") == "invite"
    assert lieu.is_in("Atelier") is None
    assert not any("badge" in body for body in lieu.said(lieu.office))


async def test_a_task_is_done_by_a_concierge_and_the_journal_knows_who(lieu: Lieu) -> None:
    await lieu.put(TOOLS, tasks=["préparer un badge"])
    await lieu.arrives("oui", "oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    assert "préparer un badge" in lieu.last(lieu.office)
    question = lieu.stage.last_question(lieu.office)
    said = len(lieu.said(lieu.office))
    await lieu.stage.click(lieu.scene.people["Marc"], lieu.office, "✅", question)
    await lieu.stage.click(lieu.bob, lieu.office, "❤️", question)
    await lieu.write("Qui s’occupe du badge ?")
    assert len(lieu.said(lieu.office)) == said
    await lieu.stage.click(lieu.bob, lieu.office, "✅", question)
    assert "Fait par Bob" in lieu.last(lieu.office)
    (act,) = await lieu.acts("task-done")
    assert (act["by"], act["about"], act["words"]) == (lieu.bob, lieu.zoe, {"task": "préparer un badge"})


async def test_a_task_is_said_again_once_and_then_no_more(lieu: Lieu) -> None:
    await lieu.put(TOOLS, tasks=["préparer un badge"])
    await lieu.arrives("oui", "oui")
    await lieu.stage.click(lieu.bob, lieu.office, "✅")
    for days in (3, 3, 20, 40):
        await lieu.stage.wait(days)
    told = [body for body in lieu.said(lieu.office) if "À faire par quelqu’un de chez vous" in body]
    assert [body.startswith("Petit rappel") for body in told] == [False, True]
    assert await lieu.acts("task-done") == []


# -- changing it


async def test_each_change_is_one_version_and_one_line_of_the_journal(lieu: Lieu) -> None:
    await lieu.write("!parcours ajouter", "Tu viens d’où ?", "origine", "libre", "non", "oui")
    await lieu.write("!parcours ajouter", "Sais-tu bricoler ?", "bricolage", "oui ou non", "non", "non", "oui")
    await lieu.write("!parcours ordre", "bricolage", "en premier")
    await lieu.write("!parcours textes", "la fin", "Bienvenue chez nous !", "oui")
    await lieu.write("!parcours relances", "1", "1", "oui")
    await lieu.write("!parcours retoucher", "origine", "nom court", "d’où", "oui")
    await lieu.write("!parcours supprimer", "bricolage", "oui")
    await lieu.write("!parcours versions", "origine", "oui")
    versions = await lieu.paths.versions(1, 100)
    made = ["put", "put", "moved", "reworded", "waits", "put", "removed", "restored"]
    assert [row["what"] for row in versions] == made[::-1]
    assert [row["number"] for row in versions] == [*range(8, 0, -1)]
    assert [act["words"]["change"] for act in await lieu.acts("path-changed")] == made[::-1]
    labels = [[one["label"] for one in row["content"]["questions"]] for row in versions]
    assert labels[::-1] == [["origine"], ["origine", "bricolage"], *[["bricolage", "origine"]] * 3, *labels[2:0:-1], []]
    assert labels[1] == ["d’où"]


async def test_what_is_not_confirmed_changes_nothing(lieu: Lieu) -> None:
    await lieu.put(FREE)
    await lieu.write("!parcours ajouter", "Sais-tu bricoler ?", "bricolage", "libre", "non", "annuler")
    await lieu.write("!parcours supprimer", "1", "annuler")
    await lieu.write("!parcours relances", "1", "1")
    await lieu.stage.wait(2 * HOUR)
    assert "rien n’a changé" in lieu.last(lieu.office)
    assert len(await lieu.paths.versions(1, 100)) == 1


async def test_a_change_that_changes_nothing_makes_no_version(lieu: Lieu) -> None:
    await lieu.put(FREE)
    for _ in range(2):  # as after a crash between the act and its record
        await lieu.paths.put(1, lieu.anne, FREE)
        await lieu.paths.remove(1, lieu.anne, TOOLS)
        await lieu.paths.restore(1, lieu.anne, 1)
    assert [row["number"] for row in await lieu.paths.versions(1, 100)] == [1]


async def test_going_back_brings_the_sentences_back_too(lieu: Lieu) -> None:
    await lieu.write("!parcours textes", "la bienvenue, invitation", "Coucou de {by} !", "oui")
    await lieu.write("!parcours textes", "la bienvenue, invitation", "écrire", "Salut !", "oui")
    await lieu.paths.restore(1, lieu.anne, 1)
    (now,) = await lieu.stage.bot.lieux.all()
    assert now.words == {"welcome.hello-from": "Coucou de {by} !"}
    await lieu.arrives()
    assert lieu.said(lieu.direct)[0] == "Coucou d’Anne !"
    await lieu.write("!parcours textes", "la bienvenue, invitation", "d’origine", "oui")
    (now,) = await lieu.stage.bot.lieux.all()
    assert now.words == {}


@pytest.mark.parametrize("sentence", ["{0}", "{}", "{", "}", "{{lieu}}", "{lieu!r}", "{lieu.id}", "{name}"])
async def test_a_sentence_with_holes_that_nobody_fills_is_refused(lieu: Lieu, sentence: str) -> None:
    await lieu.write("!parcours textes", "la fin", f"Bienvenue {sentence} !")
    assert any("pas quoi mettre à la place" in body for body in lieu.said(lieu.office))
    await lieu.write("Bienvenue à {lieu} !", "oui")
    (now,) = await lieu.stage.bot.lieux.all()
    assert now.words == {"welcome.done": "Bienvenue à {lieu} !"}


async def test_twenty_questions_are_enough(lieu: Lieu) -> None:
    for n in range(20):
        await lieu.put(FREE | {"id": str(n), "label": f"n° {n}"})
    await lieu.write("!parcours voir", "la suite", "la suite")
    assert [body.count("•") for body in lieu.said(lieu.office) if "vos questions :" in body] == [8, 8, 4]
    await lieu.write("!parcours ajouter")
    assert "déjà 20 questions" in lieu.last(lieu.office)


async def test_absurd_texts_are_refused_in_words(lieu: Lieu) -> None:
    await lieu.write("!parcours ajouter", "a" * 60_000)
    assert "C’est un peu long" in lieu.last(lieu.office)
    await lieu.write("Tu\u202e viens\x07 d’où ?", "origine", "une seule", "; ".join(f"n° {n}" for n in range(13)))
    assert "Cela en fait 13" in lieu.last(lieu.office)
    await lieu.write("a" * 70 + "; b")
    assert "trop long" in lieu.last(lieu.office)
    await lieu.write("<b>loin</b>; @room", "non", "rien", "oui")
    (question,) = (await lieu.paths.newest(1))["questions"]
    assert question["text"] == "Tu viens d’où ?"
    assert [option["label"] for option in question["options"]] == ["<b>loin</b>", "@room"]


# -- trying it


async def test_a_trial_asks_what_a_welcome_asks_and_nothing_comes_of_it(tmp_path: Path) -> None:
    async with scenery(RICH, tmp_path) as scene:
        lieu = Lieu(scene)
        assert scene.directory
        assert scene.nextcloud
        room = scene.rooms["Atelier"].room_id
        await lieu.put(TOOLS, rooms=[[room, "Atelier"]], folders=[["La Rosée", "read"]], tasks=["préparer un badge"])
        await lieu.put(FREE | {"optional": True})
        before = await state(lieu)
        await lieu.write("!parcours essayer")
        own = lieu.stage.matrix.directs[lieu.anne]
        answers = ("Zoé", "oui", "zoe.m", "zoe@exemple.fr", "passer", "oui", "de loin", "tout", "oui", "oui")
        for line in answers:
            await lieu.stage.write(lieu.anne, own, line)
        assert any("préparer un badge" in body and "La Rosée (pour lire)" in body for body in lieu.said(own))
        assert await state(lieu) == before
        await lieu.write("!inviter @zoe:ailleurs.fr", "oui")
        await lieu.stage.enter(lieu.zoe, lieu.direct)
        await lieu.answers(*answers)
        tried = [body.removeprefix("(essai) ") for body in asked(lieu, own)]
        assert asked(lieu, lieu.direct) == [body for body in tried if "Voici ce que voit" not in body]


async def state(lieu: Lieu) -> list[Any]:
    """Everything that a welcome would change."""
    assert lieu.scene.directory
    assert lieu.scene.nextcloud

    def rows(tx: Tx) -> list[Any]:
        tables = ("arrivals", "owned", "acts", "members", "paths", "lieux")
        return [[tuple(row) for row in tx.execute(f"SELECT * FROM {table}")] for table in tables]

    rooms = {room.name: dict(room.members) for room in lieu.scene.rooms.values()}
    accounts, server = [*lieu.scene.directory.accounts], lieu.scene.nextcloud
    made = [server.groups(), server.folders("concierge"), server.shares(), accounts, [*lieu.scene.directory.mails]]
    return [await lieu.stage.database.read(rows), rooms, made]


def asked(lieu: Lieu, room: str) -> list[str]:
    """The first lines of what the bot said there until the recapitulation, without edits."""
    bodies = [body.split("\n")[0] for body in lieu.said(room) if not body.startswith("* ")]
    return bodies[: next(n for n, body in enumerate(bodies) if "Je récapitule" in body) + 1]


# -- and the process dies


async def whole_path(world: World) -> None:
    """A question of the lieu's own, a welcome that answers it, and what that opens: room, group, folder and task."""
    answers = ("Sais-tu bricoler ?", "bricolage", "oui ou non", "non", "oui", "atelier", "vélo", "lire", "photos")
    for line in ("!parcours ajouter", *answers, "badge"):
        await world.happens(world.writes(ANNE, world.office, line))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.happens(world.writes(ANNE, world.office, f"!inviter {ZOE}"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.happens(world.enters(ZOE, world.direct()))
    for line in ("Zoé", "oui", "zoe.martin", "zoe@exemple.fr", "passer", "oui", "rien", "non", "oui"):
        await world.happens(world.writes(ZOE, world.direct(), line))
    await world.happens(world.clicks(BOB, world.office, "✅"))
    await world.happens(world.clicks(BOB, world.office, "✅"))
    await world.happens(world.writes(ANNE, world.office, "!parcours voir"))
    assert ("/La Rosée/Photos", "zoe.martin") in [(share.path, share.to) for share in world.server.shares()]
    assert world.server.groups()["rosee.velo"] == ["zoe.martin"]


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_while_a_path_is_made_and_followed(
    tmp_path: Path, sweep: Sweep, after: bool
) -> None:
    assert len(await deaths(tmp_path, sweep, after, whole_path)) > 150
