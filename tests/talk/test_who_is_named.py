"""Whoever is named is that person in every command, however a client, or somebody's fingers, writes it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.talk.answers.answer import Heard, NotUnderstood
from bot.talk.answers.member import Known, Members
from bot.talk.questions import heard_in
from tests.stage.answers import WORDS, known
from tests.stage.people_act import in_thread
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Zoé 🌻 Durand @zoe:lieu.fr, Marc @marc:lieu.fr",
    "salons": "Place, Atelier",
    "salons ouverts": "Place",
    "comptes": "oui",
    "comptes connus": "Anne, Bob, Zoé 🌻 Durand, Marc",
    "comptes du lieu": "Zoé 🌻 Durand, Marc",
    "administration": "oui",
    "nextcloud": "oui",
    "dossiers": "La Rosée, La Rosée/Photos",
    "comptes nextcloud": "zoe, marc",
}
pytestmark = pytest.mark.sampled(120)

ZOE, NAME, ANOTHER = "@zoe:lieu.fr", "Zoé 🌻 Durand", "Marc"
LINK = f"https://matrix.to/#/{ZOE}"
Content = dict[str, Any]


def typed(line: str, who: str) -> Content:
    return {"body": line.format(who)}


def pill(line: str, label: str, *, href: str = LINK, body: str = "") -> Content:
    html = line.format(f'<a href="{href}">{label}</a>')
    more = {"format": "org.matrix.custom.html", "formatted_body": html, "m.mentions": {"user_ids": [ZOE]}}
    return {"body": line.format(body or label)} | more


WAYS = {
    "a pill that shows another member's name": lambda line: pill(line, ANOTHER),
    "a pill in its paragraph": lambda line: pill(f"<p>{line}</p>", NAME),
    "a pill whose address is escaped": lambda line: pill(line, ANOTHER, href=LINK.replace("@", "%40")),
    "a matrix: pill": lambda line: pill(line, ANOTHER, href="matrix:u/zoe:lieu.fr?action=chat"),
    "Element X's Markdown": lambda line: pill(line, ZOE, body=f"[{ZOE}]({LINK})"),
    "Markdown without its formatted text": lambda line: typed(line, f"[{ANOTHER}]({LINK})"),
    "a link": lambda line: typed(line, LINK),
    "a link through a server": lambda line: typed(line, f"{LINK}?via=lieu.fr&via=marc.fr"),
    "a link between angles": lambda line: typed(line, f"<{LINK}>"),
    "a link to a client": lambda line: typed(line, "https://element.lieu.fr/#/user/@zoe:lieu.fr"),
    "a matrix: address": lambda line: typed(line, "matrix:u/zoe:lieu.fr?action=chat"),
    "an address": lambda line: typed(line, ZOE),
    "an address in capitals": lambda line: typed(line, "@Zoe:Lieu.fr"),
    "an address with a full stop": lambda line: typed(line, f"{ZOE}."),
    "an address with a comma": lambda line: typed(line, f"{ZOE},"),
    "an address with a colon": lambda line: typed(line, f"{ZOE}:"),
    "an address behind a spreadsheet's apostrophe": lambda line: typed(line, f"'{ZOE}"),
    "an address between brackets": lambda line: typed(line, f"({ZOE})"),
}
BY_NAME = {
    "the name": lambda line: typed(line, NAME),
    "the name without its flower": lambda line: typed(line, "zoé durand"),
    "the name behind an @": lambda line: typed(line, f"@{NAME}"),
    "the first name behind an @": lambda line: typed(line, "@Zoé"),
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


async def says(scene: Scenery, content: Content, by: str = "Anne", room: str = "Conciergerie") -> str:
    """What the bot answers there."""
    there = scene.rooms[room].room_id
    before = len(scene.stage.said(there))
    await scene.stage.write(scene.people[by], there, content["body"], **content)
    return "\n".join(scene.stage.said(there)[before:])


COMMANDS = {
    "!départ {}": "Zoé 🌻 Durand a ici",
    "!compte suspendre {}": "Je suspends le compte zoe",
    "!compte fermer {}": "On ne ferme qu’un compte déjà suspendu",
    "!compte groupes {}": "Dans quels groupes",
    "!compte rattacher {}": "Le compte zoe ouvrira",
    "!membres {}": "Zoé 🌻 Durand · @zoe:lieu.fr",
    "!modérer {}": "Que fait-on pour Zoé 🌻 Durand",
    "Conciergerie : modérer {}": "Que fait-on pour Zoé 🌻 Durand",
}
QUESTIONS: dict[str, tuple[list[str], list[str], str]] = {
    "départ": (["!départ"], [], COMMANDS["!départ {}"]),
    "compte": (["!compte suspendre"], [], COMMANDS["!compte suspendre {}"]),
    "modérer": (["!modérer"], [], COMMANDS["!modérer {}"]),
    "salon": (["!salon accès Atelier", "une personne"], [], "Zoé 🌻 Durand (@zoe:lieu.fr)"),
    "partage": (["!partage", "Photos"], ["lire", "passer"], "Zoé 🌻 Durand (@zoe:lieu.fr)"),
}


@pytest.mark.parametrize("way", [*WAYS, *BY_NAME])
@pytest.mark.parametrize("line", COMMANDS)
async def test_a_person_is_who_is_named_on_the_line(scene: Scenery, line: str, way: str) -> None:
    told = await says(scene, (WAYS | BY_NAME)[way](line))
    assert COMMANDS[line] in told
    assert ANOTHER not in told


@pytest.mark.parametrize("way", [*WAYS, *BY_NAME])
@pytest.mark.parametrize("of", QUESTIONS)
async def test_a_person_is_who_is_named_in_the_answer(scene: Scenery, of: str, way: str) -> None:
    before, after, expected = QUESTIONS[of]
    for line in before:
        await says(scene, {"body": line})
    told = await says(scene, (WAYS | BY_NAME)[way]("{}"))
    for line in after:
        told += await says(scene, {"body": line})
    assert expected in told
    assert ANOTHER not in told


@pytest.mark.parametrize("way", WAYS)
async def test_a_share_is_for_whoever_is_named_on_its_line(scene: Scenery, way: str) -> None:
    told = await says(scene, WAYS[way]("!partage {} Photos"))
    for line in ("lire", "passer"):
        told += await says(scene, {"body": line})
    assert "Zoé 🌻 Durand (@zoe:lieu.fr)" in told
    assert ANOTHER not in told


@pytest.mark.parametrize("way", WAYS)
async def test_nothing_of_a_link_is_the_name_of_a_guest(scene: Scenery, way: str) -> None:
    """« action chat » was invited."""
    swapped = (
        json.dumps(WAYS[way]("!inviter {}")).replace("zoe:lieu", "nour:ailleurs").replace("Zoe:Lieu", "Nour:ailleurs")
    )
    told = await says(scene, json.loads(swapped.replace("%40zoe", "%40nour")))
    assert told.startswith("J’invite cette personne\u202f:\n• @nour:ailleurs.fr\n\nC’est bon"), told


# -- rooms

ALIAS, OTHER_ROOM = "#atelier:lieu.fr", "Place"
ROOM_WAYS = {
    "a pill that shows another room's name": lambda line, id: pill(
        line, OTHER_ROOM, href=f"https://matrix.to/#/{ALIAS}"
    ),
    "a pill by its id": lambda line, id: pill(line, OTHER_ROOM, href=f"https://matrix.to/#/{id}?via=lieu.fr"),
    "an escaped pill": lambda line, id: pill(line, OTHER_ROOM, href="https://matrix.to/#/%23atelier%3Alieu.fr"),
    "a matrix: pill": lambda line, id: pill(line, OTHER_ROOM, href="matrix:r/atelier:lieu.fr?action=join"),
    "Element X's Markdown": lambda line, id: typed(line, f"[{OTHER_ROOM}](https://matrix.to/#/{ALIAS})"),
    "a link": lambda line, id: typed(line, f"https://matrix.to/#/{ALIAS}"),
    "a link by its id": lambda line, id: typed(line, f"https://matrix.to/#/{id}?via=lieu.fr&via=ailleurs.fr"),
    "a link to a message": lambda line, id: typed(line, f"https://matrix.to/#/{id}/$message?via=lieu.fr"),
    "a matrix: address": lambda line, id: typed(line, "matrix:r/atelier:lieu.fr?action=join"),
    "a matrix: address by its id": lambda line, id: typed(line, f"matrix:roomid/{id[1:]}?via=lieu.fr"),
    "its address": lambda line, id: typed(line, ALIAS),
    "its address with a full stop": lambda line, id: typed(line, f"{ALIAS}."),
    "its name": lambda line, id: typed(line, "atelier"),
    "its name behind a #": lambda line, id: typed(line, "#Atelier"),
}


@pytest.mark.parametrize("way", ROOM_WAYS)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("!salon renommer {}", "nouveau nom pour Atelier"),
        ("!salon sujet {}", "Atelier"),
        ("!salon archiver {}", "Atelier"),
    ],
)
async def test_a_room_is_which_is_named(scene: Scenery, line: str, expected: str, way: str) -> None:
    room = scene.rooms["Atelier"]
    room.alias = ALIAS
    told = await says(scene, ROOM_WAYS[way](line, room.room_id))
    assert expected in told
    assert OTHER_ROOM not in told


@pytest.mark.parametrize("way", [way for way in ROOM_WAYS if "its id" in way or way.startswith("its name")])
async def test_rooms_are_those_that_are_named(scene: Scenery, way: str) -> None:
    """An announcement knows rooms by their names and ids."""
    room = scene.rooms["Atelier"]
    await says(scene, {"body": "!annonce Samedi, on range."})
    told = await says(scene, ROOM_WAYS[way]("{}", room.room_id))
    assert "Place" not in told.replace("1. Place", "")
    assert "Atelier" in told


@pytest.mark.parametrize(
    "content",
    [
        typed("!listes {}", "https://matrix.to/#/#liste:ailleurs.fr?via=ailleurs.fr"),
        typed("!listes {}", "[La liste](https://matrix.to/#/#liste:ailleurs.fr)"),
        pill("!listes {}", "La liste", href="https://matrix.to/#/%23liste:ailleurs.fr"),
        typed("!listes {}", "#liste:ailleurs.fr"),
    ],
)
async def test_a_list_is_where_its_link_leads(scene: Scenery, content: Content) -> None:
    told = await says(scene, content)
    told += await says(scene, {"body": "1"})
    assert "#liste:ailleurs.fr" in told


# -- what else names somebody


async def test_whoever_is_replied_to_is_meant(scene: Scenery) -> None:
    """« !modérer » below what they said."""
    place = scene.rooms["Place"].room_id
    said = await scene.stage.write(ZOE, place, "Achetez mes bougies !")
    private = await scene.stage.matrix.rooms.direct(scene.people["Anne"])
    await scene.stage.reply(scene.people["Anne"], place, said, "!modérer")
    assert "Que fait-on pour Zoé 🌻 Durand" in scene.stage.last(private)


OF_BOB: Content = {"m.mentions": {"user_ids": ["@bob:lieu.fr"]}}


@pytest.mark.parametrize("threaded", [False, True])
async def test_whoever_spoke_before_is_not_named_by_it(scene: Scenery, threaded: bool) -> None:
    """Clients mention whoever is replied to; Element X in a thread whoever spoke last there; edits of both keep it."""
    office, anne = scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
    root = await scene.stage.write(scene.people["Bob"], office, "Zoé s’en va, je crois")
    relation = in_thread(root) if threaded else {"m.relates_to": {"m.in_reply_to": {"event_id": root}}}
    line = await scene.stage.write(anne, office, "!compte suspendre Marc", **OF_BOB, **relation)
    assert "Je suspends le compte marc" in scene.stage.last(office)
    new = {"m.new_content": {"msgtype": "m.text", "body": "!compte suspendre Zoé"} | OF_BOB}
    edits = {"m.relates_to": {"rel_type": "m.replace", "event_id": line}}
    await scene.stage.write(anne, office, "* !compte suspendre Zoé", **new, **edits)
    assert "Je suspends le compte zoe" in scene.stage.last(office)


async def test_a_line_whose_mention_is_corrected_names_another(scene: Scenery) -> None:
    """Both call themselves Marc: the words of the line are the same."""
    office, anne = scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
    line = await scene.stage.write(anne, office, f"!modérer {ANOTHER}")
    for link in (LINK, LINK, "https://matrix.to/#/@marc:lieu.fr"):
        new = {"m.new_content": {"msgtype": "m.text"} | pill("!modérer {}", ANOTHER, href=link)}
        edits = {"m.relates_to": {"rel_type": "m.replace", "event_id": line}}
        await scene.stage.write(anne, office, f"* !modérer {ANOTHER}", **new, **edits)
        asked = [said for said in scene.stage.said(office) if said.startswith("Que fait-on pour")]
        assert ("Zoé" if link == LINK else "Marc") in asked[-1]
    assert len(asked) == 3


async def test_several_who_are_named_as_before_are_asked_about_once(scene: Scenery) -> None:
    """What goes on then is another conversation than the line's own."""
    office, anne = scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
    line = await scene.stage.write(anne, office, "!modérer Marc, Zoé")
    said = scene.stage.said(office)
    await scene.stage.edit(anne, office, line, "!modérer Marc, Zoé")
    assert scene.stage.said(office) == said


async def test_the_bot_is_nobody_to_moderate(scene: Scenery) -> None:
    office = scene.rooms["Conciergerie"].room_id
    await says(scene, {"body": "!aide"})
    ours = scene.rooms["Conciergerie"].events[-1]["event_id"]
    await scene.stage.reply(scene.people["Anne"], office, ours, "!modérer")
    assert "?" in scene.stage.last(office)


async def test_another_answer_of_the_same_line_names_nobody_here(scene: Scenery) -> None:
    """Whom the text of a share's folder mentions is not with whom it is shared."""
    line = f'!partage <a href="{LINK}">Marc</a> <a href="https://matrix.to/#/@marc:lieu.fr">Photos</a>'
    told = await says(scene, {"body": "!partage Marc Photos", "formatted_body": line})
    for each in ("Photos", "lire", "passer"):
        told += await says(scene, {"body": each})
    assert "Zoé 🌻 Durand (@zoe:lieu.fr)" in told


async def test_whoever_is_not_in_a_list_is_nobody_of_it(scene: Scenery) -> None:
    """Though they call themselves like somebody who is."""
    await says(scene, {"body": "!membres"})
    stranger = pill("{}", ANOTHER, href="https://matrix.to/#/@eve:ailleurs.fr") | {"m.mentions": {}}
    assert "Marc · @marc:lieu.fr" not in await says(scene, stranger)
    assert "Marc · @marc:lieu.fr" in await says(scene, pill("{}", NAME, href="https://matrix.to/#/@marc:lieu.fr"))


# -- several at once

MEMBERS = Members(known, "lieu.fr", most=3)
LOU, ZOE_D = Known("@lou:lieu.fr", "Lou"), Known("@zoe.d:ailleurs.fr", "Zoé Durand")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Lou et Zoé Durand", ""),
        ("lou, zoé durand", ""),
        ("@lou\n@zoe.d:ailleurs.fr", ""),
        ("@lou:lieu.fr @zoe.d:ailleurs.fr @lou:lieu.fr", ""),
        ("https://matrix.to/#/@lou:lieu.fr?via=a.fr\nmatrix:u/zoe.d:ailleurs.fr?action=chat", ""),
        ("Marc, Marc", "@lou:lieu.fr, @zoe.d:ailleurs.fr"),
    ],
)
async def test_several_people_are_named_together(text: str, named: str) -> None:
    pills = tuple(named.split(", ")) if named else ()
    assert sorted(one.id for one in await MEMBERS.read(Heard(text, pills=pills, named=named), WORDS)) == [
        LOU.id,
        ZOE_D.id,
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Lou et Zoé", "member-several"),
        ("Lou, Anatole", "member-unknown"),
        ("@a:b.fr @c:b.fr @d:b.fr @e:b.fr", "members-many"),
        ("?", "member-unknown"),
    ],
)
async def test_of_several_nobody_is_taken_for_another(text: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        await MEMBERS.read(Heard(text), WORDS)
    assert refusal.value.code == code


def test_what_an_older_program_kept_is_read() -> None:
    assert heard_in({"text": "Marc", "pills": [ZOE]}).named == ""
