"""Rooms of the small Matrix that are upgraded, as Synapse 1.163 does it for a client (`POST /rooms/{id}/upgrade`)."""

from __future__ import annotations

from tests.stage.world import FakeRoom, World


def upgrade(world: World, room_id: str, by: str) -> FakeRoom:
    """Name, levels, entry and encryption are copied, and the exclusions; members, parents and what is not Matrix's own
    are not. A space shows what the old one showed. Whoever upgrades is the creator, above all levels."""
    old = world.rooms[room_id]
    new = world.room(old.name, space=old.space)
    new.creator, new.predecessor = by, room_id
    new.encrypted, new.join, new.topic, new.history = old.encrypted, old.join, old.topic, old.history
    new.allow = old.allow
    new.alias, old.alias = old.alias, ""
    new.levels = old.levels | {by: 1000}
    new.members = {by: "join"} | {who: what for who, what in old.members.items() if what == "ban"}
    for child in world.rooms.values():
        if child.parent == room_id or room_id in child.also:
            child.also.add(new.room_id)
    points(world, room_id, new.room_id, by)
    old.silent = max(old.silent, 50)
    return new


def points(world: World, room_id: str, new: str, by: str) -> None:
    """The tombstone alone, which says nothing of the room that it points at."""
    content = {"body": "This room has been replaced", "replacement_room": new}
    world.rooms[room_id].tombstone = {"sender": by, "content": content, "origin_server_ts": world.clock.at}
    world.changes(room_id, by, "m.room.tombstone", content)


def relinked(world: World, old: str, new: str) -> None:
    """As Element does after an upgrade, in each space where its person may."""
    gone, come = world.rooms[old], world.rooms[new]
    come.parent, come.order, gone.parent = gone.parent, gone.order, None
    world.changes(str(come.parent), come.creator, "m.space.child", {"via": ["lieu.fr"]}, new)
