"""A lieu in which the bot is a guest: what its people say, and when somebody gives it power."""

from __future__ import annotations

from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, ZOE, lieu
from tests.stage.stage import ME, FakeRoom, Stage

Rooms = dict[str, FakeRoom]
WHO = {"bot": ME, "anne": ANNE, "berthe": BERTHE, "marc": MARC}


async def guest_in_its_room(stage: Stage) -> Rooms:
    """The concierge is alone in power in the room, as Element makes it; in the space the bot was given its own."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].levels[ME] = 100
    rooms["room"].levels = {ANNE: 100}
    stage.matrix.names = {ANNE: "Anne", BERTHE: "Berthe", MARC: "Marc"}
    return rooms


async def say(stage: Stage, rooms: Rooms, text: str, by: str = ANNE) -> str:
    """In the conciergerie; what the bot says last."""
    await stage.write(by, rooms["office"].room_id, text)
    return stage.last(rooms["office"].room_id)


async def rename(stage: Stage, rooms: Rooms) -> str:
    await say(stage, rooms, "!salon renommer room · La Rosée")
    await say(stage, rooms, "Atelier")
    return await say(stage, rooms, "oui")


async def powers(stage: Stage, room: FakeRoom, by: str = ANNE, **levels: int) -> None:
    """Somebody changes who may do what there."""
    for name, level in levels.items():
        room.levels[WHO[name]] = level
    await stage.event(room.room_id, by, "m.room.power_levels", {"users": dict(room.levels)}, state_key="")


async def welcomed(stage: Stage, rooms: Rooms) -> str:
    """Zoé is invited, answers, and is let in by Anne: her private room."""
    await say(stage, rooms, f"!inviter {ZOE}")
    await say(stage, rooms, "oui")
    private = stage.matrix.directs[ZOE]
    await stage.enter(ZOE, private)
    for line in ("Zoé", "rien", "oui"):
        await stage.write(ZOE, private, line)
    await stage.click(ANNE, rooms["office"].room_id, "✅")
    return private
