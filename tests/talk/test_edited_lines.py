"""A command's line that is edited while it waits: what is agreed to is what it says now."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.store import conversations
from bot.store.database import Tx
from tests.commands.welcome.test_crash_welcome import ANNE as CONCIERGE
from tests.commands.welcome.test_crash_welcome import BOB, World, deaths
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.guest_bot import guest_in_its_room, powers
from tests.stage.stage import ME, FakeRoom, Stage
from tests.tiers import Sweep

FIRST, NOW = "!horaires mardi 14h-18h", "!horaires mardi 14h-19h"


@pytest.fixture
async def office(stage: Stage) -> FakeRoom:
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].members[BERTHE], rooms["space"].levels[BERTHE] = "join", 100
    rooms["office"].members[BERTHE] = "join"
    return rooms["office"]


async def hours(stage: Stage) -> str:
    (found,) = await stage.bot.lieux.all()
    return found.choices.hours


async def open_now(stage: Stage) -> int:
    def count(tx: Tx) -> int:
        query = f"SELECT count(*) AS n FROM conversations WHERE {conversations.SPEAKING} AND dialogue = 'set-hours'"
        return int(tx.execute(query).fetchone()["n"])

    return await stage.database.read(count)


async def test_what_is_agreed_to_is_the_line_as_it_is_now(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(ANNE, office.room_id, line, "!horaires mardi 14h-20h")
    await stage.edit(ANNE, office.room_id, line, NOW)  # edited twice
    assert await open_now(stage) == 1
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-19h"


async def test_the_recapitulation_of_before_is_not_agreed_to(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    before = stage.last_question(office.room_id)
    await stage.edit(ANNE, office.room_id, line, NOW)
    await stage.click(ANNE, office.room_id, "✅", on=before)
    assert await hours(stage) == ""
    await stage.click(ANNE, office.room_id, "✅")
    assert await hours(stage) == "mardi 14h-19h"


async def test_nobody_edits_what_another_began(stage: Stage, office: FakeRoom) -> None:
    """Homeservers let it pass; clients show it as an edit."""
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(BERTHE, office.room_id, line, "!horaires jamais")
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-18h"


async def test_whoever_has_lost_the_right_edits_nothing(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(BERTHE, office.room_id, FIRST)
    space = next(room for room in stage.world.rooms.values() if room.parent is None and room.name == "La Rosée")
    del space.levels[BERTHE]
    stage.clock.at += 3_600_000
    await stage.edit(BERTHE, office.room_id, line, NOW)
    await stage.write(BERTHE, office.room_id, "oui")
    assert await hours(stage) == ""


async def test_a_line_that_says_the_same_is_asked_no_second_time(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, "!annonce Samedi, on jardine.")
    said = stage.said(office.room_id)
    await stage.edit(ANNE, office.room_id, line, "!annonce  Samedi, on jardine.")
    assert stage.said(office.room_id) == said


async def test_what_is_done_is_not_begun_again_and_this_is_told(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.write(ANNE, office.room_id, "oui")
    said = stage.said(office.room_id)
    await stage.edit(ANNE, office.room_id, line, NOW)
    assert await hours(stage) == "mardi 14h-18h"
    assert stage.said(office.room_id)[:-1] == said
    assert "déjà fait" in stage.last(office.room_id)


async def test_what_is_told_of_an_edit_stands_below_the_line_that_people_see(stage: Stage, office: FakeRoom) -> None:
    """Element shows « Cet évènement n’a pas pu être affiché » above a reply to the edit itself."""
    line = await stage.write(ANNE, office.room_id, "!aide")
    await stage.edit(ANNE, office.room_id, line, "!semaine")
    assert replied_to(office) == line


async def test_what_is_told_of_a_click_stands_below_the_question(stage: Stage, office: FakeRoom) -> None:
    await stage.write(ANNE, office.room_id, FIRST)
    question = stage.last_question(office.room_id)
    await stage.write(ANNE, office.room_id, "oui")
    await stage.click(ANNE, office.room_id, "❌", on=question)
    assert replied_to(office) == question


def replied_to(room: FakeRoom) -> str:
    """By what was said last."""
    return str(room.events[-1]["content"]["m.relates_to"]["m.in_reply_to"]["event_id"])


async def test_what_was_begun_is_told(stage: Stage) -> None:
    """The act waits for a right that the bot lacks."""
    rooms = await guest_in_its_room(stage)
    line = await stage.write(ANNE, rooms["office"].room_id, "!salon renommer room · La Rosée")
    for text in ("Atelier", "oui"):
        await stage.write(ANNE, rooms["office"].room_id, text)
    await stage.edit(ANNE, rooms["office"].room_id, line, "!salon renommer Conciergerie")
    assert "déjà en route" in stage.last(rooms["office"].room_id)
    await powers(stage, rooms["room"], bot=100)
    assert rooms["room"].name == "Atelier"


async def test_a_line_that_is_no_command_any_more_is_told(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(ANNE, office.room_id, line, "oups, mardi 14h-19h")
    assert "n’est plus une commande" in stage.last(office.room_id)
    await stage.write(ANNE, office.room_id, "annuler")
    assert await hours(stage) == ""


async def edited(world: World) -> None:
    event = world.writes(CONCIERGE, world.office, FIRST)
    await world.happens(event)
    relation = {"rel_type": "m.replace", "event_id": event.event_id}
    new = {"msgtype": "m.text", "body": f"* {NOW}", "m.new_content": {"msgtype": "m.text", "body": NOW}}
    await world.happens(
        world.stage.happens(world.office, CONCIERGE, "m.room.message", new | {"m.relates_to": relation})
    )
    await world.happens(world.writes(BOB, world.office, "oui"))  # among people, and of no worth
    await world.happens(world.writes(CONCIERGE, world.office, "oui"))  # it may be for Bob
    await world.happens(world.writes(CONCIERGE, world.office, "oui"))
    (found,) = await world.stage.bot.lieux.all()
    assert found.choices.hours == "mardi 14h-19h"


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, edited)) > 15


# -- a slip that is mended


def answers(stage: Stage, room: FakeRoom) -> int:
    return len(stage.said(room.room_id))


SLIPS = "!aidde", "!aidde inviter", "Bonjour à vous", "!draupnir status"


@pytest.mark.parametrize(
    ("where", "first"), [*product(("office", "room"), SLIPS), ("room", "aide"), ("room", "/aide")]
)  # the last two are commands where only concierges are
async def test_a_line_that_becomes_a_command_runs_once(stage: Stage, where: str, first: str) -> None:
    room = (await lieu(stage, "La Rosée", ANNE))[where]
    line = await stage.write(ANNE, room.room_id, first)
    before = answers(stage, room)
    await stage.edit(ANNE, room.room_id, line, "!aide langue")
    assert "!langue change la langue" in stage.last(room.room_id)
    await stage.edit(ANNE, room.room_id, line, "!aide langue")  # as clients do for a picture of the link
    assert answers(stage, room) == before + 1
    await stage.edit(ANNE, room.room_id, line, "!aide signaler")
    assert "déjà fait" in stage.last(room.room_id)
    await stage.edit(ANNE, room.room_id, line, "non, rien")
    assert answers(stage, room) == before + 3
    assert "déjà fait" in stage.last(room.room_id)


async def test_a_slip_in_private_is_mended(stage: Stage, office: FakeRoom) -> None:
    private = await stage.matrix.rooms.direct(ANNE)
    for first, now in (("!aidde", "!aide langue"), ("aidde", "aide langue")):
        line = await stage.write(ANNE, private, first)
        await stage.edit(ANNE, private, line, now)
        assert "!langue change la langue" in stage.last(private)


async def test_a_word_that_steers_is_mended_once(stage: Stage, office: FakeRoom) -> None:
    await stage.write(ANNE, office.room_id, "!horaires mardi")
    line = await stage.write(ANNE, office.room_id, "!anuller")
    assert "Je ne connais pas" in stage.last(office.room_id)
    await stage.edit(ANNE, office.room_id, line, "!annuler")
    assert await open_now(stage) == 0
    await stage.write(ANNE, office.room_id, "!horaires mardi")
    again = await stage.write(ANNE, office.room_id, "!où")
    await stage.edit(ANNE, office.room_id, again, "!annuler")
    assert await open_now(stage) == 1, "it was understood as it was"


async def test_what_was_begun_by_an_edit_is_edited_on(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, "!horairs mardi 14h-18h")
    await stage.edit(ANNE, office.room_id, line, FIRST)
    await stage.edit(ANNE, office.room_id, line, NOW)
    assert await open_now(stage) == 1
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-19h"


async def test_an_edit_of_an_edit_is_of_the_same_line(stage: Stage, office: FakeRoom) -> None:
    """No client sends one; some bridges do."""
    line = await stage.write(ANNE, office.room_id, "!horairs mardi 14h-18h")
    first = await stage.edit(ANNE, office.room_id, line, FIRST)
    second = await stage.edit(ANNE, office.room_id, first, "!horaires mardi 14h-20h")
    await stage.edit(ANNE, office.room_id, second, NOW)
    assert await open_now(stage) == 1
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-19h"


@pytest.mark.parametrize("where", ["office", "room"])
async def test_nobody_mends_what_another_wrote(stage: Stage, where: str) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    room = rooms[where]
    rooms["space"].members[BERTHE], rooms["space"].levels[BERTHE], room.members[BERTHE] = "join", 100, "join"
    line = await stage.write(ANNE, room.room_id, "!aidde")
    said = answers(stage, room)
    await stage.edit(BERTHE, room.room_id, line, "!aide")
    assert answers(stage, room) == said


async def test_what_nobody_knows_is_no_line(stage: Stage, office: FakeRoom) -> None:
    """What was said before the bot came, or long ago, is not begun by an edit of it."""
    await stage.edit(ANNE, office.room_id, "$before", "!aide")
    assert stage.said(office.room_id) == []


async def test_an_edit_without_its_new_text_is_read_as_it_is_shown(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, "!aidde")
    relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": line}}
    await stage.write(ANNE, office.room_id, "* !aide langue", **relation)
    assert "!langue change la langue" in stage.last(office.room_id)


async def test_an_answer_that_becomes_a_command_is_one(stage: Stage, office: FakeRoom) -> None:
    private = await stage.matrix.rooms.direct(ANNE)
    await stage.write(ANNE, private, "!annonce")
    line = await stage.write(ANNE, private, "Samedi, on jardine.")
    await stage.edit(ANNE, private, line, "!aide langue")
    assert "!langue change la langue" in stage.last(private)


@pytest.mark.parametrize("gap", ["before", "after"])
async def test_a_line_that_was_mended_around_a_restart_runs_once(tmp_path: Path, gap: str) -> None:
    """The bot was away while it was edited, or began anew between the two."""
    stage = await Stage.open(tmp_path, Services())
    office = (await lieu(stage, "La Rosée", ANNE))["office"]
    line = stage.happens(office.room_id, ANNE, "m.room.message", {"msgtype": "m.text", "body": "!aidde"})
    new = {"msgtype": "m.text", "body": "!aide langue"}
    relation = {"m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": line.event_id}}
    edit = stage.happens(
        office.room_id, ANNE, "m.room.message", {"msgtype": "m.text", "body": "* !aide langue"} | relation
    )
    if gap == "before":
        await stage.hear(line, edit)
    else:
        await stage.hear(line)
        world, clock = stage.matrix, stage.clock
        await stage.close()
        stage = await Stage.open(tmp_path, Services(), world, clock)
        await stage.hear(edit)
    assert sum("!langue change la langue" in said for said in stage.said(office.room_id)) == 1
    await stage.hear(edit)
    assert sum("!langue change la langue" in said for said in stage.said(office.room_id)) == 1
    await stage.close()


async def test_a_slip_that_is_mended_in_a_thread_goes_on_there(stage: Stage, office: FakeRoom) -> None:
    """Clients say of an edit what it edits, and no longer that it stands in a thread."""
    root = await stage.write(ANNE, office.room_id, "On change les horaires ?")
    line = await stage.thread(ANNE, office.room_id, root, "!horairs mardi")
    thread = {"rel_type": "m.thread", "event_id": root}
    assert thread.items() <= told(office)[-1]["m.relates_to"].items()
    await stage.edit(ANNE, office.room_id, line, FIRST)
    assert thread.items() <= told(office)[-1]["m.relates_to"].items()
    await stage.thread(ANNE, office.room_id, root, "oui")
    assert await hours(stage) == "mardi 14h-18h"


def told(room: FakeRoom) -> list[dict[str, Any]]:
    return [e["content"] for e in room.events if e["sender"] == ME and e["type"] == "m.room.message"]


async def test_what_is_told_of_an_edit_stands_below_the_message(stage: Stage, office: FakeRoom) -> None:
    """An edit is shown nowhere: a reply to it would be one to nothing."""
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(ANNE, office.room_id, line, "oups, mardi 14h-19h")
    assert told(office)[-1]["m.relates_to"] == {"m.in_reply_to": {"event_id": line}}


@pytest.mark.parametrize("first", [FIRST, "!horairs mardi 14h-18h"])
async def test_a_line_that_is_deleted_asks_no_more(stage: Stage, office: FakeRoom, first: str) -> None:
    line = await stage.write(ANNE, office.room_id, first)
    await stage.edit(ANNE, office.room_id, line, NOW)
    assert await open_now(stage) == 1
    await stage.delete(ANNE, office.room_id, line)
    assert await open_now(stage) == 0
    assert "annulé" in stage.last(office.room_id)
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == ""


async def test_what_another_deletes_goes_on(stage: Stage, office: FakeRoom) -> None:
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.delete(BERTHE, office.room_id, line)
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-18h"


async def test_an_answer_that_is_edited_too_late_is_told(stage: Stage, office: FakeRoom) -> None:
    """« Dimanche » had left for everybody: the client shows the edit as if it had changed something."""
    await stage.write(ANNE, office.room_id, "!annonce")
    line = await stage.write(ANNE, office.room_id, "Samedi, on jardine.")
    for text in ("tout", "oui"):
        await stage.write(ANNE, office.room_id, text)
    said = stage.said(office.room_id)
    await stage.edit(ANNE, office.room_id, line, "Samedi, on jardine.")
    assert stage.said(office.room_id) == said
    await stage.edit(ANNE, office.room_id, line, "Dimanche, on jardine.")
    assert "a déjà servi" in stage.last(office.room_id)


async def test_an_edit_elsewhere_is_of_nothing(stage: Stage, office: FakeRoom) -> None:
    private = await stage.matrix.rooms.direct(ANNE)
    line = await stage.write(ANNE, office.room_id, FIRST)
    await stage.edit(ANNE, private, line, NOW)
    await stage.write(ANNE, office.room_id, "oui")
    assert await hours(stage) == "mardi 14h-18h"


@pytest.mark.parametrize("line", [FIRST, "!salon ouvrir", "!modérer Berthe, @eve:spam.example"])
async def test_what_a_line_leads_to_goes_on_in_its_thread(stage: Stage, office: FakeRoom, line: str) -> None:
    """A question of it that stood beside the thread had no answer that was heard in it."""
    root = await stage.write(ANNE, office.room_id, "On en parle ?")
    await stage.thread(ANNE, office.room_id, root, line)
    assert told(office)[-1]["m.relates_to"]["event_id"] == root
    said = stage.said(office.room_id)
    await stage.thread(ANNE, office.room_id, root, "annuler")
    assert "annulé" in "".join(stage.said(office.room_id)[len(said) :])
