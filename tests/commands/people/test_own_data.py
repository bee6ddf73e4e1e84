"""`!mes-données`, `!effacer-mes-données`: of whoever asks and of nobody else, whole, and with what is left said."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from bot.store import audit, erasures, personal, rooms
from bot.words import Words
from commands.people.members.own_data.readable import BEFALLS, PARTS
from tests.stage.old_talks import forget_talks
from tests.stage.stage import ME
from tests.stage.transcript_header import Scenery, scenery
from tests.store.test_personal import dump_of

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc Petit, Nour @nour:ailleurs.fr",
    "autres": "Zoé Martin @zoe.martin:lieu.fr",
    "salons": "Place",
    "salons ouverts": "Place",
    "comptes": "oui",
    "comptes connus": "Anne, Bob, Marc Petit",
    "administration": "oui",
    "nextcloud": "oui",
    "e-mails": "oui",
    "odoo": "oui",
}
HERS = ("@zoe", "zoe@", "zoé", r"zoe\.martin", "martin")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


async def zoe_is_welcomed(scene: Scenery) -> None:
    """Every service has something of hers."""
    zoe = scene.people["Zoé Martin"]
    await scene.answers_to("Anne", "!inviter Zoé Martin zoe@exemple.fr", "oui")
    await scene.stage.enter(zoe, scene.stage.matrix.directs[zoe])
    for line in ("passer", "oui"):
        await scene.stage.write(zoe, scene.stage.matrix.directs[zoe], line)
    await scene.answers_to("Anne", "!membres zoé")


async def says(scene: Scenery, who: str, *lines: str) -> list[str]:
    """What the bot answers in private; the first line is written in the open."""
    person, directs = scene.people[who], scene.stage.matrix.directs
    before = len(scene.stage.said(directs[person])) if person in directs else 0
    for n, line in enumerate(lines):
        room = directs[person] if n or person in directs else scene.rooms["Place"].room_id
        await scene.stage.write(person, room, line)
    return [told.replace("\u202f", " ") for told in scene.stage.said(directs[person])[before:]]


def card(scene: Scenery) -> str:
    return scene.stage.last_question(scene.rooms["Conciergerie"].room_id)


async def decides(scene: Scenery, who: str, key: str) -> None:
    await scene.stage.click(scene.people[who], scene.rooms["Conciergerie"].room_id, key, on=card(scene))


def handed(scene: Scenery) -> dict[str, Any]:
    return dict(json.loads(scene.stage.matrix.files["mes-donnees.json"]))


async def left(scene: Scenery, *words: str) -> dict[str, str]:
    found = await scene.stage.database.read(dump_of, *words)
    opaque = r"^(inbox\.event_id|spent\.cause|conversations\.cause|steps\.raw)/"  # names of events of the stage
    return {place: said for place, said in found.items() if not re.search(opaque, place) or "exemple" in said}


async def test_somebody_who_was_welcomed_is_told_and_forgotten(scene: Scenery) -> None:
    """The services, the rows, the journal; then nothing of them but what was said to stay."""
    await zoe_is_welcomed(scene)
    said = "\n".join(await says(scene, "Zoé Martin", "!mes-données"))
    assert "Ton arrivée : Zoé Martin, zoe@exemple.fr et zoe.martin" in said
    assert "Odoo : une fiche de membre" in said
    told = handed(scene)
    assert told["known"]["emails"] == ["zoe@exemple.fr"]
    assert {"arrivals", "acts", "owned", "steps", "people"} <= told["rows"].keys()
    assert told["services"]["directory"]["account"] == "zoe.martin · zoe@exemple.fr"
    await says(scene, "Zoé Martin", "effacez tout ce que vous avez sur moi", "oui")
    await decides(scene, "Bob", "✅")
    await scene.stage.wait(0.1)
    assert any("effacé" in mail for mail in scene.mails), "their private conversation is shut"
    assert scene.directory
    assert "zoe.martin" not in scene.directory.accounts
    assert await scene.stage.database.read(lambda tx: list(audit.broken(tx))) == []
    await scene.stage.wait(31)
    await scene.stage.database.write(forget_talks, scene.stage.clock.at)
    await scene.stage.bot.forget()
    kept = {place.partition("/")[0] for place in await left(scene, *HERS)}
    assert kept == set()
    (line,) = erasures.read(scene.stage.database.path.parent / erasures.FILE).values()
    assert line.among(["@zoe.martin:lieu.fr", "zoe@exemple.fr", "@marc.petit:lieu.fr"]) == [
        "@zoe.martin:lieu.fr",
        "zoe@exemple.fr",
    ]


INTRODUCING = {**LIEU, "présentations": "Place", "accord": "oui", "administration": "non"}


async def zoe_is_introduced(scene: Scenery, *, greeted: bool) -> None:
    """The concierges agree to her; whether or not somebody says 👋."""
    zoe, place, office = scene.people["Zoé Martin"], scene.rooms["Place"].room_id, scene.rooms["Conciergerie"].room_id
    await scene.answers_to("Anne", "!inviter Zoé Martin zoe@exemple.fr", "oui")
    await scene.stage.enter(zoe, scene.stage.matrix.directs[zoe])
    for line in ("passer", "oui", "oui"):
        await scene.stage.write(zoe, scene.stage.matrix.directs[zoe], line)
    await decides(scene, "Anne", "✅")
    assert "qui vient d’arriver" in "".join(said_by_the_bot(scene, "Place"))
    assert "Zoé Martin" in "".join(said_by_the_bot(scene, "Conciergerie"))
    if greeted:
        await scene.stage.click(scene.people["Marc Petit"], place, "👋", on=scene.stage.last_question(place))
    await scene.stage.write(scene.people["Anne"], office, "!membres zoé")


def said_by_the_bot(scene: Scenery, room: str) -> list[str]:
    """What can still be read of it there."""
    events = [one for one in scene.rooms[room].events if one["sender"] == ME and not one["redacted"]]
    return [str(one["content"].get("body")) for one in events if one["type"] == "m.room.message"]


@pytest.mark.parametrize("greeted", [True, False], ids=["greeted", "not greeted"])
@pytest.mark.parametrize("late", [False, True], ids=["soon", "after its letters are forgotten"])
async def test_the_bot_takes_back_what_it_said_of_whoever_is_erased(tmp_path: Path, greeted: bool, late: bool) -> None:
    """Her introduction, with what corrected it, and what was decided about her; not what it said to a concierge."""
    async with scenery(INTRODUCING, tmp_path) as scene:
        await zoe_is_introduced(scene, greeted=greeted)
        await scene.stage.write(scene.people["Marc Petit"], scene.rooms["Place"].room_id, "!aide")
        kept = [said for said in said_by_the_bot(scene, "Place") if "Zoé" not in said]
        if late:
            await scene.stage.wait(40)
            await scene.stage.bot.forget()
        await says(scene, "Zoé Martin", "!effacer-mes-données", "oui")
        await decides(scene, "Bob", "✅")
        await scene.stage.wait(0.1)
        there = said_by_the_bot(scene, "Place")
        assert not [said for said in there if "Zoé" in said]
        assert kept == there[: len(kept)]
        assert not [said for said in said_by_the_bot(scene, "Conciergerie") if "peut entrer" in said]
        assert [said for said in said_by_the_bot(scene, "Conciergerie") if "Zoé Martin" in said], "an answer to Anne"
        assert "Mes réponses aux concierges qui te nomment" in told_to_zoe(scene)
        place = scene.rooms["Place"].room_id
        for event in [one for one in scene.rooms["Place"].events if one["redacted"]]:
            await scene.stage.click(scene.people["Marc Petit"], place, "👋", on=event["event_id"])
        acts = await scene.stage.database.read(audit.of_lieu, 1, 50)
        assert not [act for act in acts if act["what"] == "greeted" and act["about"]], "nobody greets them any more"


async def test_what_others_wrote_of_them_is_counted_before_and_after(tmp_path: Path) -> None:
    async with scenery(INTRODUCING, tmp_path) as scene:
        await zoe_is_introduced(scene, greeted=True)
        office = scene.rooms["Conciergerie"].room_id
        for line in ("!horaires lundi 9h-18h, demander la clé à Zoé Martin", "oui"):
            await scene.stage.write(scene.people["Anne"], office, line)
        (lieu,) = await scene.stage.bot.lieux.all()
        assert "Zoé Martin" in json.dumps(lieu.choices.dump(), ensure_ascii=False)
        before = "\n".join(await says(scene, "Zoé Martin", "!effacer-mes-données", "oui"))
        assert "1 texte où ton nom figure" in before
        await decides(scene, "Bob", "✅")
        await scene.stage.wait(0.1)
        assert "1 texte où ton nom figure" in told_to_zoe(scene).replace(before, "")


async def test_an_address_that_is_somebody_elses_opens_nothing_of_theirs(tmp_path: Path) -> None:
    """A newcomer gives Marc's, and no account is made of it: what is known by it is his."""
    asked = (
        "INSERT INTO join_requests (lieu, name, email, mailbox, word, language, status, created_at, changed_at)"
        " VALUES (1, 'Marc', 'marc.petit@exemple.fr', 'marc.petit@exemple.fr', 'Mon divorce', 'fr', 'admitted', 1, 1)"
    )
    async with scenery(LIEU | {"autres": "Zoé Martin @zoe:ailleurs.fr"}, tmp_path) as scene:
        zoe, directs = scene.people["Zoé Martin"], scene.stage.matrix.directs
        await scene.stage.database.write(lambda tx: tx.execute(asked))
        await scene.answers_to("Anne", f"!inviter {zoe}", "oui")
        await scene.stage.enter(zoe, directs[zoe])
        for line in ("Zoé Martin", "zoe.m", "marc.petit@exemple.fr", "passer", "oui"):
            await scene.stage.write(zoe, directs[zoe], line)
        assert "Un autre compte a déjà cette adresse" in scene.stage.last(scene.rooms["Conciergerie"].room_id)
        await says(scene, "Zoé Martin", "!mes-données")
        assert handed(scene)["known"]["emails"] == []
        assert "join_requests" not in handed(scene)["rows"]
        await says(scene, "Zoé Martin", "!effacer-mes-données", "oui")
        await decides(scene, "Anne", "✅")
        await scene.stage.wait(0.03)
        assert await is_forgotten(scene, zoe)
        assert await left(scene, "divorce")


async def test_whoever_is_called_as_the_bot_speaks_takes_nothing_else_along(tmp_path: Path) -> None:
    """« vient d’arriver » is in each introduction, « tout de suite » in a departure that is being asked about."""
    async with scenery(INTRODUCING, tmp_path) as scene:
        await zoe_is_introduced(scene, greeted=False)
        marc = scene.people["Marc Petit"]
        columns = "lieu, person, name, invited_by, status, created_at, changed_at"
        for name in ("vient d’arriver", "tout de suite"):
            insert = f"INSERT INTO arrivals ({columns}) VALUES (1, ?, ?, '@anne:lieu.fr', 'welcomed', 1, 1)"
            await scene.stage.database.write(lambda tx, insert=insert, name=name: tx.execute(insert, (marc, name)))
        await says(scene, "Marc Petit", "!effacer-mes-données", "oui")
        question, office = card(scene), scene.rooms["Conciergerie"].room_id
        for line in ("!départ nour", "tout de suite"):
            await scene.stage.write(scene.people["Anne"], office, line)
        await scene.stage.click(scene.people["Bob"], office, "✅", on=question)
        await scene.stage.wait(0.03)
        assert await is_forgotten(scene, marc)
        assert [said for said in said_by_the_bot(scene, "Place") if "Zoé" in said]
        await scene.stage.write(scene.people["Anne"], office, "oui")
        await scene.stage.wait(0.1)
        assert scene.rooms["La Rosée"].members[scene.people["Nour"]] == "leave"


async def test_a_room_where_it_cannot_be_taken_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scenery(INTRODUCING, tmp_path) as scene:
        await zoe_is_introduced(scene, greeted=True)
        scene.rooms["Place"].members[ME] = "leave"  # it was put out meanwhile
        await says(scene, "Zoé Martin", "!effacer-mes-données", "oui")
        await decides(scene, "Bob", "✅")
        await scene.stage.wait(0.1)
        assert "qui te nomment dans Place" in told_to_zoe(scene)


def told_to_zoe(scene: Scenery) -> str:
    return "\n".join(scene.stage.said(scene.stage.matrix.directs[scene.people["Zoé Martin"]]))


async def test_nobody_is_shown_the_data_of_somebody_else(scene: Scenery) -> None:
    await zoe_is_welcomed(scene)
    for line in ("Zoé", "zoé martin", "@zoe.martin:lieu.fr", "@Marc.petit:lieu.fr", "zoe.martin", "' OR 1=1 --", "z*"):
        assert "que ce qui la concerne" in (await says(scene, "Marc Petit", f"!mes-données {line}"))[-1]
        assert "Je n’efface que ce qui" in (await says(scene, "Marc Petit", f"!effacer-mes-données {line}"))[-1]
    assert "mes-donnees.json" not in scene.stage.matrix.files
    for line in ("@marc.petit:lieu.fr", "*"):  # a sign alone names nobody
        await says(scene, "Marc Petit", f"!mes-données {line}")
        assert handed(scene)["known"]["persons"] == ["@marc.petit:lieu.fr"]
    told = handed(scene)
    assert {row.get("said") for row in told["rows"].pop("steps")} >= {"zoé martin", "z*"}, "what he wrote is his"
    assert not re.search("zo[eé]|anne|bob", json.dumps(told, ensure_ascii=False), re.IGNORECASE)


async def test_whoever_takes_somebody_s_name_gets_nothing_of_theirs(scene: Scenery) -> None:
    await zoe_is_welcomed(scene)
    scene.stage.matrix.names[scene.people["Nour"]] = "Zoé Martin"
    await says(scene, "Nour", "!mes-données")
    assert "zoe@exemple.fr" not in json.dumps(handed(scene))
    await says(scene, "Nour", "!effacer-mes-données", "oui")
    await decides(scene, "Anne", "✅")
    assert await scene.stage.database.read(personal.lieux_of, "@zoe.martin:lieu.fr") == [1]
    acts = await scene.stage.database.read(audit.of_lieu, 1, 50)
    assert any(act["about"] == "@zoe.martin:lieu.fr" for act in acts)


async def test_whoever_was_never_here_is_told_so(scene: Scenery) -> None:
    luc = "@luc:ailleurs.fr"
    room = scene.stage.matrix.room("Luc et le bot")
    room.members = {luc: "join", ME: "join"}
    await scene.stage.database.write(rooms.set_direct, luc, room.room_id)
    await scene.stage.write(luc, room.room_id, "!mes-données")
    assert "Je ne garde rien de toi" in scene.stage.last(room.room_id)
    await scene.stage.write(luc, room.room_id, "!effacer-mes-données")
    assert "Je ne garde rien de toi" in scene.stage.last(room.room_id)


async def test_whoever_has_left_still_may_ask(scene: Scenery) -> None:
    await zoe_is_welcomed(scene)
    zoe, office = scene.people["Zoé Martin"], scene.rooms["Conciergerie"].room_id
    for line in ("!départ zoé", "tout de suite", "passer", "oui"):
        await scene.stage.write(scene.people["Anne"], office, line)
    await scene.stage.wait(0.2)
    assert scene.rooms["La Rosée"].members[zoe] == "leave"
    said = await says(scene, "Zoé Martin", "!mes-données")
    assert "Ce que je garde de toi pour La Rosée" in said[0]
    await says(scene, "Zoé Martin", "!effacer-mes-données", "oui")
    await decides(scene, "Bob", "✅")
    await scene.stage.wait(0.2)
    assert "zoe.martin" not in scene.directory.accounts if scene.directory else False
    await scene.stage.wait(40)  # what the first departure wanted to ask finds nothing to close
    assert [said for said in scene.stage.said(office) if "Faut-il fermer" in said] == []
    assert await is_forgotten(scene, zoe)


async def test_a_departure_that_was_announced_ends_with_the_erasure(scene: Scenery) -> None:
    office = scene.rooms["Conciergerie"].room_id
    for line in ("!départ nour", "prévenir", "demain", "oui"):
        await scene.stage.write(scene.people["Anne"], office, line)
    assert "samedi 16 janvier" in scene.stage.last(office)
    await says(scene, "Nour", "!effacer-mes-données", "oui")
    await decides(scene, "Bob", "✅")
    assert await is_forgotten(scene, scene.people["Nour"])
    before = len(scene.stage.said(office))
    await scene.stage.wait(40)
    assert scene.stage.said(office)[before:] == []


async def test_what_a_concierge_began_for_others_goes_on_without_them(scene: Scenery) -> None:
    """Bob announces Nour's departure, and is erased: Nour leaves that day."""
    office = scene.rooms["Conciergerie"].room_id
    for line in ("!départ nour", "prévenir", "demain", "oui"):
        await scene.stage.write(scene.people["Bob"], office, line)
    await says(scene, "Bob", "!effacer-mes-données", "oui")
    await decides(scene, "Anne", "✅")
    said = scene.stage.said(scene.stage.matrix.directs[scene.people["Bob"]])
    assert "1 conversation en cours" in said[-1]
    await scene.stage.wait(9)
    assert scene.rooms["La Rosée"].members[scene.people["Nour"]] == "leave"


async def is_forgotten(scene: Scenery, person: str, lieu: int = 1) -> bool:
    """But for this very talk, which goes a month after it ends."""
    rows = await scene.stage.database.read(personal.told, lieu, personal.Known((person,)))
    return rows.keys() <= {
        "conversations",
        "steps",
        "steps.of",
        "people",
        "made_rooms",
        "inbox",
        "inbox.state_key",
        "spent",
    }


class Started(Exception):
    """As far as this goes."""


async def test_a_start_on_older_data_erases_again_first(scene: Scenery, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder has a list that its database does not know: that one was copied back from before."""
    bot, marc = scene.stage.bot, scene.people["Marc Petit"]
    (lieu,) = await bot.lieux.all()
    await scene.stage.database.write(audit.note, 1, 5, "@anne:lieu.fr", "invited", marc, {})
    line = erasures.Erasure.of("e1", 7, lieu.space, [marc])
    erasures.add(scene.stage.database.path.parent / erasures.FILE, [line])

    async def no_further(group: asyncio.TaskGroup) -> None:
        raise Started

    monkeypatch.setattr(bot, "_take_up", no_further)
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            await bot.run()
        assert await is_forgotten(scene, marc)
    told = await scene.stage.database.read(audit.of_lieu, 1, 9)
    assert [act["what"] for act in told] == ["forgotten", "invited"], "once"


async def test_a_damaged_list_stops_the_bot_with_a_sentence(scene: Scenery) -> None:
    (scene.stage.database.path.parent / erasures.FILE).write_text("{")
    with pytest.raises(erasures.Unreadable, match=r"line 1 of .*erasures\.jsonl cannot be read"):
        await scene.stage.bot.run()


# -- the sheet that opens anywhere

HOSTILE = (
    '#panic("x") $ #read("/etc/passwd") *x* _y_ <a> @b `c` \\ // ] } "',
    "\u202eeoZ\u202c \u2066Zoé\u2069 \u200b\u200f\x00\x07",
    "Z" * 500,
    "é" * 250 + " " + "👩🏽\u200d🌾" * 100,
    "محمد علي שלום 王小明 ไทย Ελένη",
    "{who} {lieu} %s {{x}} \\u0041 \ud800",
    "ligne 1\r\nligne 2\n" * 300,
)


def sheet_of(scene: Scenery) -> str:
    return "\n".join(
        page.extract_text() for page in PdfReader(io.BytesIO(scene.stage.matrix.files["mes-donnees.pdf"])).pages
    )


async def test_a_sheet_tells_in_words_what_the_file_tells(scene: Scenery) -> None:
    await zoe_is_welcomed(scene)
    await says(scene, "Zoé Martin", "!mes-données")
    told, rows = sheet_of(scene), handed(scene)["rows"]
    for words in ("Zoé Martin", "zoe@exemple.fr", "@zoe.martin:lieu.fr", "Quelqu’un a invité Zoé Martin", "15/01/2027"):
        assert words in told, words
    assert not re.search(r"(?i)anne|bob|json_|arrivals|welcomed|\bowned\b|created_at", told.replace("d’Anne", ""))
    assert len(rows["acts"]) == told.count("Quelqu’un a ") + told.count("Par toi") + told.count("À ton sujet")


async def test_what_was_answered_is_told_as_it_was_understood(scene: Scenery) -> None:
    """By a click, or taken from elsewhere: « (un clic) » stood for a name that nobody had asked for."""
    zoe = scene.people["Zoé Martin"]
    await scene.answers_to("Anne", "!inviter Zoé Martin zoe@exemple.fr", "oui")
    direct = scene.stage.matrix.directs[zoe]
    await scene.stage.enter(zoe, direct)
    await scene.stage.write(zoe, direct, "passer")
    await scene.stage.click(zoe, direct, "✅")
    await says(scene, "Zoé Martin", "!mes-données")
    answers = sheet_of(scene).partition("Ce que tu m’as répondu\n")[2].partition("Le reste")[0]
    assert sorted(answers.split()[1::2]) == ["Zoé", "oui", "passer"]


async def test_what_befell_somebody_is_not_told_as_what_they_did(scene: Scenery) -> None:
    await zoe_is_welcomed(scene)
    zoe = scene.people["Zoé Martin"]
    for at, what in enumerate(("greeted", "left", "welcomed"), 1):
        await scene.stage.database.write(audit.note, 1, at, zoe, what, None if what == "welcomed" else zoe, {})
    await says(scene, "Zoé Martin", "!mes-données")
    told = sheet_of(scene).replace("\u202f", " ").replace("\u00a0", " ")
    for act in ("a maintenant sa fiche dans Odoo", "a été accueilli·e\n", "a été accueilli·e dans le lieu"):
        assert f"À ton sujet : {act}" in told, act
        assert f"Par toi : {act}" not in told, act
    assert "Par toi : est parti·e du lieu" in told


async def test_the_acts_that_befall_somebody_are_those_of_the_journal() -> None:
    words = Words.load()
    assert [what for what in BEFALLS if not words.has(f"journal.act.{what}")] == []


@pytest.mark.parametrize("name", HOSTILE, ids=["typst", "bidi", "long", "emoji", "scripts", "braces", "lines"])
async def test_no_name_breaks_the_sheet(scene: Scenery, name: str) -> None:
    marc = scene.people["Marc Petit"]
    columns = "lieu, person, name, invited_by, status, created_at, changed_at"
    insert = f"INSERT INTO arrivals ({columns}) VALUES (1, ?, ?, ?, 'welcomed', 1, 1)"
    kept = name.replace("\ud800", "")  # no file of SQLite has half a letter, but its JSON may
    await scene.stage.database.write(lambda tx: tx.execute(insert, (marc, kept, "@anne:lieu.fr")))
    await scene.stage.database.write(audit.note, 1, 5, "@anne:lieu.fr", "invited", marc, {"who": name, "about": name})
    said = await says(scene, "Marc Petit", "!mes-données")
    assert "Ce que je garde de toi" in said[0]
    assert "PDF" in said[-1]
    told = sheet_of(scene)
    assert "Ton arrivée" in told
    assert told.count("ligne 2") < 60, "a row fits on a page"
    assert handed(scene)["known"]["names"] == [kept]
    if name.startswith("#panic"):
        assert "#panic" in told
        assert "root:" not in told


async def test_what_is_very_much_is_cut_and_said_to_be(scene: Scenery) -> None:
    marc = scene.people["Marc Petit"]
    for at in range(150):
        await scene.stage.database.write(audit.note, 1, at, "@anne:lieu.fr", "invited", marc, {})
    await says(scene, "Marc Petit", "!mes-données")
    told = sheet_of(scene).replace("\u202f", " ").replace("\u00a0", " ")
    assert "Et 90 lignes plus anciennes, dans le fichier à côté" in told
    assert len(handed(scene)["rows"]["acts"]) == 150


async def test_every_part_that_is_kept_has_words_on_the_sheet() -> None:
    words = Words.load()
    for one in personal.HELD:
        section, line = (f"own_data.{kind}-{one.name.replace('.', '-')}" for kind in ("sheet", "held"))
        assert words.has(section if one.name in PARTS else line), one.name


# -- as people say it

ASK = (
    "!mes données",
    "!mesdonnees",
    "mes données svp",
    "Bonjour, je voudrais voir mes données",
    "où sont mes données ?",
)
ERASE = (
    "!effacer mes données",
    "!supprimermesdonnées",
    "Bonjour, je veux effacer mes données s’il vous plaît",
    "supprimez mes données !",
    "je souhaite supprimer mon compte",
    "je veux qu'on efface mes données",
    "droit à l’oubli",
    "please delete my account",
    "merci de supprimer mon compte",
)


@pytest.mark.parametrize("line", ASK + ERASE)
async def test_it_is_understood_as_people_say_it(scene: Scenery, line: str) -> None:
    await says(scene, "Marc Petit", "!mes-données")
    told = (await says(scene, "Marc Petit", line))[0]
    assert told.startswith("Ce que je garde de toi" if line in ASK else "Si tu le demandes"), told


@pytest.mark.parametrize(
    "line",
    [
        *("c’est quoi mes données", "mon compte", "le RGPD", "efface-le", "supprimer mon compte, quelle idée"),
        *("supprimer mon compte ? non merci", "non, supprimer mon compte", "merci de ne pas supprimer mon compte"),
    ],
)
async def test_what_only_speaks_of_it_asks_nothing(scene: Scenery, line: str) -> None:
    await says(scene, "Marc Petit", "!mes-données")
    told = "".join(await says(scene, "Marc Petit", line))
    assert "Ce que je garde de toi pour" not in told
    assert "Si tu le demandes" not in told


async def test_whoever_asks_for_the_register_is_shown_the_way_to_their_own(scene: Scenery) -> None:
    await says(scene, "Marc Petit", "!mes-données")
    for line in ("!données", "données", "!rgpd"):
        assert "!mes-données" in (await says(scene, "Marc Petit", line))[-1]
    assert "!effacer-mes-données" in (await says(scene, "Marc Petit", "!effacer"))[-1]


async def test_a_newcomer_who_is_asked_their_name_is_not_called_after_what_they_want(scene: Scenery) -> None:
    """In the middle of a welcome it is no answer, and the question stays."""
    newcomer = "@zouzou:ailleurs.fr"
    await scene.answers_to("Anne", f"!inviter {newcomer}", "oui")
    direct = scene.stage.matrix.directs[newcomer]
    await scene.stage.enter(newcomer, direct)
    await scene.stage.write(newcomer, direct, "supprimez mes données")
    assert "Une arrivée à La Rosée est en cours" in scene.stage.last(direct)
    await scene.stage.write(newcomer, direct, "où")
    assert "Comment veux-tu qu’on t’appelle" in scene.stage.last(direct)


# -- what stands in the way


async def test_the_last_concierge_gives_the_keys_first(tmp_path: Path) -> None:
    async with scenery(LIEU | {"concierges": "Anne", "comptes connus": "Anne"}, tmp_path) as scene:
        said = await says(scene, "Anne", "!effacer-mes-données")
        assert "n’a personne d’autre" in said[-1]
        scene.rooms["La Rosée"].levels[scene.people["Marc Petit"]] = 50
        assert "Je le lui demande ?" in (await says(scene, "Anne", "!effacer-mes-données"))[-1]


async def test_the_host_takes_their_address_out_of_the_settings_first(tmp_path: Path) -> None:
    async with scenery(LIEU | {"hébergeurs": "Bob"}, tmp_path) as scene:
        said = await says(scene, "Bob", "!effacer-mes-données")
        assert "OPERATORS" in said[-1]


async def test_whoever_becomes_the_last_meanwhile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anne says yes, and has given her keys back before it is done."""
    async with scenery(LIEU, tmp_path) as scene:
        await says(scene, "Bob", "!effacer-mes-données", "oui")

        async def concierges(lieu: object, inside: object = None) -> frozenset[str]:
            return frozenset({scene.people["Bob"], ME})

        monkeypatch.setattr(scene.stage.bot.people, "concierges", concierges)
        await decides(scene, "Anne", "✅")
        assert not await is_forgotten(scene, scene.people["Bob"])
        said = scene.stage.said(scene.stage.matrix.directs[scene.people["Bob"]])
        assert "n’a personne d’autre" in said[-1]


async def test_whoever_asks_does_not_agree_to_it_themselves(scene: Scenery) -> None:
    """A concierge's own request is for another one; a member sees no card."""
    await says(scene, "Bob", "!effacer-mes-données", "oui")
    question = card(scene)
    for who in ("Bob", "Marc Petit"):
        await scene.stage.click(scene.people[who], scene.rooms["Conciergerie"].room_id, "✅", on=question)
    assert not await is_forgotten(scene, scene.people["Bob"])
    await decides(scene, "Anne", "✅")
    assert await is_forgotten(scene, scene.people["Bob"])


async def test_from_when_an_answer_counts_is_said_before_it_is_given(tmp_path: Path) -> None:
    """The only one who may say yes has had the keys for an hour."""
    async with scenery(LIEU | {"concierges": "Anne", "comptes connus": "Anne, Marc Petit"}, tmp_path) as scene:
        scene.rooms["La Rosée"].levels[scene.people["Marc Petit"]] = 50
        await says(scene, "Anne", "!effacer-mes-données", "oui")
        office = scene.rooms["Conciergerie"].room_id
        scene.rooms["Conciergerie"].members[scene.people["Marc Petit"]] = "join"
        told, asked = scene.stage.said(office)[-2:]
        assert "Marc Petit, à partir de samedi 16 janvier à 9 h" in told.replace("\u202f", " ").replace("\xa0", " ")
        assert "demande à partir" in asked
        await decides(scene, "Marc Petit", "✅")
        assert not await is_forgotten(scene, scene.people["Anne"])
        await scene.stage.wait(1.01)
        await decides(scene, "Marc Petit", "✅")
        assert await is_forgotten(scene, scene.people["Anne"])


async def test_nobody_answers_for_a_month(scene: Scenery) -> None:
    """The conciergerie is reminded, and asked again; then whoever asked is told where to turn, and may ask anew."""
    office = scene.rooms["Conciergerie"].room_id
    await says(scene, "Marc Petit", "!effacer-mes-données", "oui")
    before = len(scene.stage.said(office))
    for _ in range(30):
        await scene.stage.wait(1)
    assert len(scene.stage.said(office)) - before >= 5
    assert "Personne n’a répondu" in scene.stage.last(office)
    direct = scene.stage.matrix.directs[scene.people["Marc Petit"]]
    assert "CNIL" in scene.stage.last(direct)
    assert await scene.stage.database.read(personal.lieux_of, scene.people["Marc Petit"]) == [1]
    assert "Je le lui demande ?" in (await says(scene, "Marc Petit", "!effacer-mes-données"))[-1]


async def test_a_refusal_that_nobody_explains_is_told_as_such(scene: Scenery) -> None:
    await says(scene, "Marc Petit", "!effacer-mes-données", "oui")
    await decides(scene, "Anne", "❌")
    for _ in range(4):
        await scene.stage.wait(1)
    direct = scene.stage.matrix.directs[scene.people["Marc Petit"]]
    assert "« aucune raison n’a été donnée »" in scene.stage.last(direct).replace("\u202f", " ")


async def test_the_times_are_those_that_the_lieu_chose(scene: Scenery) -> None:
    (lieu,) = await scene.stage.bot.lieux.all()
    await scene.stage.bot.lieux.choose(lieu.id, keep_talks=6)
    told = "\n".join(await says(scene, "Marc Petit", "!effacer-mes-données", "non", "!mes-données"))
    assert "Cette demande : je l’efface 6\u00a0mois après sa fin" in told
    assert "effacée 6\u00a0mois après leur fin" in told


async def test_whoever_thinks_better_of_it_withdraws_it_before_a_yes(scene: Scenery) -> None:
    marc, office = scene.people["Marc Petit"], scene.rooms["Conciergerie"].room_id
    await scene.stage.bot.ownership.own_account(1, "marc.petit", marc, address=marc)
    await says(scene, "Marc Petit", "!effacer-mes-données", "oui")
    question = card(scene)
    assert "Ta demande reste" in "\n".join(await says(scene, "Marc Petit", "!effacer-mes-données", "non"))
    assert "tout reste comme avant" in "\n".join(await says(scene, "Marc Petit", "!effacer-mes-données", "oui"))
    assert "Marc Petit retire sa demande" in scene.stage.last(office)
    await scene.stage.click(scene.people["Anne"], office, "✅", on=question)
    assert not await is_forgotten(scene, marc)
    await says(scene, "Marc Petit", "!effacer-mes-données", "oui")
    await scene.stage.write(marc, scene.stage.matrix.directs[marc], "!effacer-mes-données")
    await decides(scene, "Anne", "✅")  # and the word about it is still to be read
    assert "Une question attend encore" in "\n".join(await says(scene, "Marc Petit", "oui"))
    assert "déjà dit oui" in "\n".join(await says(scene, "Marc Petit", "oui"))
    assert await scene.stage.bot.personal_data.asked(1, marc) is not None


# -- several lieux


async def test_each_lieu_tells_its_own(tmp_path: Path) -> None:
    async with scenery(LIEU | {"autre lieu": "Le Phare"}, tmp_path) as scene:
        marc = scene.people["Marc Petit"]
        await scene.stage.database.write(lambda tx: tx.execute("INSERT INTO members VALUES (2, ?)", (marc,)))
        await scene.stage.database.write(audit.note, 2, 5, "@eve:lieu.fr", "invited", marc, {"secret": "du Phare"})
        said = await says(scene, "Marc Petit", "!mes-données", "Le Phare")
        assert "Plusieurs lieux te connaissent" in said[0]
        assert (handed(scene)["lieu"], handed(scene)["rows"]["acts"][0]["words"]) == (
            "Le Phare",
            {"secret": "du Phare"},
        )
        await says(scene, "Marc Petit", "!mes-données", "1")
        assert (handed(scene)["lieu"], "du Phare" in json.dumps(handed(scene))) == ("La Rosée", False)
        await says(scene, "Marc Petit", "!effacer-mes-données", "La Rosée", "oui")
        await decides(scene, "Anne", "✅")
        assert await is_forgotten(scene, marc)
        assert not await is_forgotten(scene, marc, lieu=2)
        direct = scene.stage.matrix.directs[marc]
        assert "Un autre lieu te connaît aussi" in "\n".join(scene.stage.said(direct))
