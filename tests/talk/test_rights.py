"""Who may say what where, and what one lieu sees of another: nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.people import Place, Right, Role
from bot.store.database import Tx
from bot.talk.script import dialogue, rights_of
from bot.talk.talk import Talk
from commands import ALL
from tests import rights
from tests.rights import told
from tests.stage.furnished_lieux import ANNE, BERTHE, ZOE, lieu
from tests.stage.stage import ME, FakeRoom, Stage

ROOT = Path(__file__).parents[2]
TALK = ROOT / "bot" / "talk"
PEOPLE = {
    "stranger": "@inconnu:ailleurs.fr",
    "banned": "@bannie:ailleurs.fr",
    "newcomer": "@zoe:ailleurs.fr",
    "member": "@marc:lieu.fr",
    "concierge": "@anne:lieu.fr",
}
MAY = told()  # what each command needs: read in the text that is checked in, not in the code
DISCREET = {"report"}


async def begun(stage: Stage, cause: str) -> tuple[str, str] | None:
    """The conversation that an event began, and its room."""

    def look(tx: Tx) -> tuple[str, str] | None:
        row = tx.execute("SELECT dialogue, room_id FROM conversations WHERE cause = ?", (cause,)).fetchone()
        return (row["dialogue"], row["room_id"]) if row else None

    return await stage.database.read(look)


@pytest.mark.parametrize("place", ["direct", "office", "room"])
@pytest.mark.parametrize("role", PEOPLE)
async def test_every_command_asks_who_speaks_and_where(stage: Stage, role: str, place: str) -> None:
    rooms = await lieu(stage, "La Rosée", PEOPLE["concierge"])
    rooms["space"].members |= {PEOPLE["member"]: "join", PEOPLE["newcomer"]: "invite", PEOPLE["banned"]: "ban"}
    person = PEOPLE[role]
    role = "stranger" if role == "banned" else role
    direct = await stage.matrix.rooms.direct(person)
    room = direct if place == "direct" else rooms[place].room_id
    for script in stage.bot.table.commands:
        word = stage.bot.words.word("fr", f"command.{script.name}.word")
        before = len(stage.said(room))
        found = await begun(stage, await stage.write(person, room, f"!{word}"))
        least, places = MAY[script.name]
        if Role[role.upper()] < Role[least.upper()]:
            assert found is None, script.name
            own = "est réservé à la conciergerie" if script.name == "data" else "Cette commande est réservée"
            assert own in stage.last(room)
        elif Place(place) not in places:
            assert found == (script.name, direct)
            assert (
                (len(stage.said(room)) == before)
                if script.name in DISCREET
                else "discussion privée" in stage.last(room)
            )
        else:
            assert found == (script.name, room)


def test_the_table_of_rights_is_as_it_was_read() -> None:
    """After a change of right: `make rights`, and a look at the difference."""
    assert rights.FILE.read_text() == rights.written()
    assert {script.name for script in ALL if script.is_command} == set(MAY)


def test_no_right_is_without_a_use() -> None:
    files = [path for folder in ("bot", "commands") for path in (ROOT / folder).rglob("*.py")]
    code = "".join(path.read_text() for path in files if path.name != "people.py")
    unused = rights_of(ALL).keys() - {script.action for script in ALL}
    assert [action for action in unused if f'"{action}"' not in code] == []


async def nothing(talk: Talk) -> None:
    """Nothing at all."""


def test_a_right_is_said_once_and_not_by_nobody() -> None:
    ask = dialogue("ask", action="asking", role=Role.MEMBER)(nothing)
    again = dialogue("again", action="asking")(nothing)
    assert rights_of([ask, again])["asking"] == Right(Role.MEMBER)
    with pytest.raises(ValueError, match="said twice"):
        rights_of([ask, dialogue("more", action="asking", role=Role.STRANGER)(nothing)])
    with pytest.raises(ValueError, match="said twice"):
        rights_of([dialogue("mend", action="mend", role=Role.STRANGER)(nothing)])
    with pytest.raises(ValueError, match="nobody says"):
        rights_of([again])


def calls(path: Path, name: str) -> int:
    tree = ast.parse(path.read_text())
    return sum(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(tree))


def test_a_command_begins_behind_one_door_which_asks_may() -> None:
    """Nothing but `Launcher` starts what a person asked for; the others start what nobody did."""
    rooms = [ROOT / "bot" / room for room in ("talk", "arrivals", "hosting", "moderation")]
    starting = {path.name for room in rooms for path in room.glob("*.py") if calls(path, "start")}
    by_itself = {"member_events.py", "join_door.py", "decisions.py", "ban_list_watch.py", "aside.py", "machine_news.py"}
    assert starting == {"command_line.py", *by_itself}
    assert calls(TALK / "command_line.py", "may")
    assert calls(TALK / "dispatcher.py", "may")


@pytest.fixture
async def two(stage: Stage) -> tuple[Stage, dict[str, FakeRoom], dict[str, FakeRoom]]:
    """La Rosée, where Zoé waits for a yes, and Le Phare, of which Berthe is the concierge."""
    here, there = await lieu(stage, "La Rosée", ANNE), await lieu(stage, "Le Phare", BERTHE)
    await stage.write(ANNE, here["office"].room_id, f"!inviter {ZOE}")
    await stage.click(ANNE, here["office"].room_id, "✅")
    private = stage.matrix.directs[ZOE]
    await stage.enter(ZOE, private)
    for line in ("Zoé", "passer", "oui"):
        await stage.write(ZOE, private, line)
    assert "voudrait rejoindre" in stage.last(here["office"].room_id)
    return stage, here, there


Two = tuple[Stage, dict[str, FakeRoom], dict[str, FakeRoom]]


async def test_a_lieu_does_not_see_who_arrives_in_another(two: Two) -> None:
    stage, _, there = two
    await stage.write(BERTHE, there["office"].room_id, "!suivi")
    assert "Aucune arrivée" in stage.last(there["office"].room_id)
    await stage.write(BERTHE, there["office"].room_id, "!suivi 1 annuler")
    assert "Aucune arrivée" in stage.last(there["office"].room_id)


async def test_a_concierge_elsewhere_is_a_stranger_here(two: Two) -> None:
    stage, here, _ = two
    for command in ("!suivi", "!suivi 1 annuler", f"!inviter {BERTHE}", "!installer", "!état", "!parcours"):
        await stage.write(BERTHE, here["office"].room_id, command)
        assert "réservée" in stage.last(here["office"].room_id), command


async def test_a_lieu_does_not_see_the_path_of_another(two: Two) -> None:
    stage, _, there = two
    first, second = await stage.bot.lieux.all()
    await stage.bot.path_versions.put(first.id, ANNE, {"id": "1", "text": "Sais-tu bricoler ?", "label": "bricolage"})
    for command in ("!parcours voir", "!parcours versions", "!parcours supprimer"):
        await stage.write(BERTHE, there["office"].room_id, command)
    said = stage.said(there["office"].room_id)
    assert any("n’a jamais changé" in body for body in said)
    assert not any("bricol" in body for body in said)
    await stage.bot.path_versions.restore(second.id, BERTHE, 1)
    assert await stage.bot.path_versions.newest(second.id) == {}


async def test_a_concierge_elsewhere_does_not_answer_for_this_lieu(two: Two) -> None:
    stage, here, _ = two
    said = len(stage.said(here["office"].room_id))
    await stage.click(BERTHE, here["office"].room_id, "✅")
    await stage.click(ZOE, here["office"].room_id, "✅")
    assert len(stage.said(here["office"].room_id)) == said
    await stage.click(ANNE, here["office"].room_id, "✅")
    assert len(stage.said(here["office"].room_id)) > said


async def test_the_same_person_arrives_in_both_and_neither_knows(two: Two) -> None:
    stage, here, there = two
    await stage.write(BERTHE, there["office"].room_id, f"!inviter {ZOE}")
    assert "déjà" not in stage.last(there["office"].room_id)
    await stage.click(BERTHE, there["office"].room_id, "✅")
    first, second = await stage.bot.lieux.all()
    rows = [await stage.bot.arrivals.of_person(each.id, ZOE) for each in (first, second)]
    assert [row["status"] for row in rows if row] == ["approval", "answering"]
    await stage.write(BERTHE, there["office"].room_id, "!suivi zoé annuler")
    await stage.write(BERTHE, there["office"].room_id, "oui")
    row = await stage.bot.arrivals.of_person(first.id, ZOE)
    assert row is not None
    assert row["status"] == "approval"
    assert here["space"].members.get(BERTHE) is None


async def test_what_one_lieu_made_the_other_does_not_own(two: Two) -> None:
    stage, _, _ = two
    first, second = await stage.bot.lieux.all()
    await stage.bot.ownership.own(first.id, "directory", "account", "zoe")
    assert await stage.bot.ownership.owns(first.id, "directory", "account", "zoe")
    assert not await stage.bot.ownership.owns(second.id, "directory", "account", "zoe")


async def test_who_looks_after_both_is_asked_which_in_private_only(two: Two) -> None:
    stage, _, there = two
    there["space"].members[ANNE], there["space"].levels[ANNE] = "join", 100
    await stage.write(ANNE, there["office"].room_id, "!suivi")
    assert "Aucune arrivée" in stage.last(there["office"].room_id)
    private = await stage.matrix.rooms.direct(ANNE)
    await stage.write(ANNE, private, "!suivi")
    assert "La Rosée" in stage.last(private)
    assert "Le Phare" in stage.last(private)
    await stage.write(ANNE, private, "Le Phare")
    assert "Aucune arrivée" in stage.last(private)


async def test_a_concierge_who_is_one_no_more_does_not_finish(two: Two) -> None:
    stage, here, _ = two
    office = here["office"].room_id
    await stage.write(ANNE, office, f"!inviter {BERTHE}")
    here["space"].levels[ANNE] = 0
    await stage.event(here["space"].room_id, ME, "m.room.power_levels", {}, state_key="")
    await stage.click(ANNE, office, "✅")
    assert BERTHE not in here["space"].members
