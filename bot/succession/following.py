"""Following an upgraded room into the one that takes its place, however the bot comes to know of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypedDict
from weakref import WeakValueDictionary

import structlog

from bot.errors import MatrixRefused, MissingRight, Refused, Unavailable
from bot.lieux import Lieu, Lieux, rooms_of
from bot.matrix.facts import Facts, server_of
from bot.matrix.membership import Membership
from bot.matrix.room_settings import RoomSettings
from bot.matrix.rooms import Rooms
from bot.matrix.successors import Successors, Upgrade
from bot.matrix.sync_batch import INVITE
from bot.people import People
from bot.store import arrivals, inbox, lieu_rows, successions
from bot.store import rooms as room_rows
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.talk import corrections
from bot.talk.engine import Engine

log = structlog.get_logger(__name__)
TAKEN = "taken"
FOR_EVER = ("stranger", "another")  # how a room was made never changes
LOOKED, AT_ONCE = 30 * 86_400_000, 50  # milliseconds until a room is looked at again; rooms, in one transaction
ASKED_AGAIN = {corrections.WANTED: True}


class Followed(TypedDict):
    """An upgraded room of a lieu, by its name: a `kind` of space, office or room; `people` are to be invited."""

    room: str
    kind: str
    people: list[str]


class Trouble(TypedDict):
    """A `room` by its name; `status`: shut, refused, or how far it is followed; `rest`: rooms that lack a right."""

    room: str
    status: str
    rest: list[str]


class Following:
    """`me` is the bot; `shown_again` writes with what moves what has to be shown in the new room, at this instant (ms).
    Each door may be taken as often as one likes: what is done already stays done."""

    def __init__(
        self,
        me: str,
        database: Database,
        engine: Engine,
        lieux: Lieux,
        people: People,
        facts: Facts,
        membership: Membership,
        rooms: Rooms,
        room_settings: RoomSettings,
        successors: Successors,
        shown_again: Callable[[Tx, str, int], object],
        posted: Callable[[], None],
        now: Callable[[], int],
    ) -> None:
        self._me, self._database, self._engine = me, database, engine
        self._lieux, self._people, self._facts = lieux, people, facts
        self._membership, self._rooms, self._room_settings = membership, rooms, room_settings
        self._successors, self._shown_again = successors, shown_again
        self._posted, self._now = posted, now
        self._following: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # -- how it comes to be known

    async def hear(self, event: Event) -> bool:
        """A room says that it was upgraded. What it says now counts: the event may be long past."""
        with suppress(MatrixRefused):  # sent away meanwhile
            await self.follow(event.room_id)
        return False

    async def invited(self, event: Event) -> bool:
        """The bot is invited. True, and settled, where that leads into a room that takes the place of one where it is,
        as that one says itself: then who invites is nobody's question."""
        known = await self._database.read(successions.get, event.room_id)
        if known is not None and known.status in ("moving", "done"):
            await self._membership.leave(event.room_id)  # it is over; as a space it would pass for the lieu that it was
            await self._database.write(inbox.done, event.event_id)
            return True
        told = event.content.get(INVITE)
        claimed = told.get("predecessor") if isinstance(told, dict) else None
        waiting = await self._database.read(successions.awaited, event.room_id)
        for old in dict.fromkeys([*waiting, *([claimed] if isinstance(claimed, str) and claimed else [])]):
            with suppress(MatrixRefused):
                upgrade = await self._successors.of(old)
                if upgrade is not None and upgrade.new == event.room_id and await self._comes(upgrade):
                    await self._database.write(inbox.done, event.event_id)
                    return True
        return False

    async def _comes(self, upgrade: Upgrade) -> bool:
        """Whether the bot is in the new room because it follows, or is about to."""
        if await self.follow(upgrade.old):
            return True
        known = await self._database.read(successions.get, upgrade.old)
        return known is not None and known.status == "shut" and await self._facts.seems_in(upgrade.new)

    async def declared(self, event: Event) -> None:
        """Somebody who may has said the declarations of a network again in its new room, where the bot waits for it."""
        for old in await self._database.read(successions.awaited, event.room_id):
            with suppress(MatrixRefused):
                await self.follow(old)

    async def look(self) -> None:
        """Whatever was missed: the bot was not there yet, or an earlier program took no notice. Later upgrades are
        heard: a room that was looked at is let alone for a month."""
        for one in await self._database.read(successions.unfinished):
            with suppress(Refused, Unavailable):
                await self.follow(one.old)
        with suppress(Refused, Unavailable):
            await self.gained()
        here, before = {*await self._facts.joined()}, self._now() - LOOKED
        here -= await self._database.read(room_rows.seen_since, before)
        rooms = [room_id for room_id in await self._database.read_aside(successions.named) if room_id in here]
        for first in range(0, len(rooms), AT_ONCE):
            looked = [room_id for room_id in rooms[first : first + AT_ONCE] if await self._looked(room_id)]
            await self._database.write(room_rows.looked_at, looked, self._now())

    async def _looked(self, room_id: str) -> bool:
        with suppress(Refused, Unavailable):
            await self._room_settings.unburden(room_id)
            await self.follow(room_id)
            return True
        return False

    async def name_of(self, old: str) -> str:
        """What an upgraded room was called."""
        known = await self._database.read(successions.get, old)
        return known.name if known else ""

    async def is_out(self, old: str, new: str) -> bool:
        """Whether the bot was not let into this successor yet."""
        known = await self._database.read(successions.get, old)
        return known is not None and (known.new, known.status) == (new, "shut")

    # -- around it

    async def told(self, lieu: Lieu, old: str, new: str) -> Followed:
        """What became of a room of this lieu. It may have been upgraded again meanwhile: the last one of the line
        counts, here and in all that is put right."""
        line = await self._onward(new)
        people = await self._absent(old, line[-1]) if lieu.space in line else []
        return {"room": await self.name_of(old), "kind": _kind(lieu, *line), "people": people}

    async def _absent(self, old: str, new: str) -> list[str]:
        """Who was in the old space, or invited to it, and has nothing to do with the new one yet."""
        known = {one["person"] for one in await self._facts.people(new)}
        with suppress(MatrixRefused):
            before = [one["person"] for one in await self._facts.people(old) if one["membership"] != "ban"]
            return sorted({*before} - known)
        return []

    async def bring(self, space: str, person: str) -> None:
        """Invite somebody of the old space into the new one, where the bot and they themselves let it."""
        with suppress(Refused):
            await self._membership.invite((await self._onward(space))[-1], person)

    async def put_right(self, lieu: Lieu, old: str, new: str) -> list[str]:
        """Link what was linked with the old room to the new one. The names of the rooms that lack a right for it: they
        are tried again later."""
        line = await self._onward(new)
        new = line[-1]
        upgrade, left = Upgrade(old, new, ""), []
        around = [(new, partial(self._successors.carry, upgrade))]
        if lieu.space in line:
            children = await self._successors.children(upgrade)
            around += [(child, partial(self._successors.adopt, child, upgrade)) for child in children]
        else:
            around.append((new, partial(self._successors.relink, lieu.space, upgrade)))
        for room_id, act in around:
            try:
                await act()
            except MissingRight as missing:
                left += [name for name in missing.rooms.values() if name]
            except Refused:
                left.append(await self._name(room_id))
        left = list(dict.fromkeys(left))
        await self._database.write(successions.leave, old, left)
        return left

    async def _onward(self, room_id: str) -> list[str]:
        return await self._database.read(successions.onward, room_id)

    async def gained(self) -> None:
        """The bot may do more somewhere: what it could not put right is tried again."""
        for one in await self._database.read(successions.unfinished):
            for lieu in await self._concerned(one.new) if one.status == "done" else ():
                with suppress(Refused):  # sent away meanwhile
                    await self.put_right(lieu, one.old, one.new)

    async def troubles(self, lieu: Lieu) -> list[Trouble]:
        """What is not followed, or not put right, of this lieu's rooms."""
        found: list[Trouble] = []
        for one in await self._database.read(successions.unfinished):
            if lieu in await self._concerned(one.new if one.rest else one.old):
                found.append({"room": one.name, "status": one.status, "rest": one.rest})
        return found

    # -- following

    async def follow(self, room_id: str) -> bool:
        """To the last room of the line, as far as the bot may. Whether it went anywhere."""
        went, seen = False, {room_id}
        while True:
            async with self._following.setdefault(room_id, asyncio.Lock()):
                upgrade = await self._successors.of(room_id)
                if upgrade is None or upgrade.new in seen or not await self._goes(upgrade):
                    return went
            went, room_id = True, upgrade.new
            seen.add(room_id)

    async def _goes(self, upgrade: Upgrade) -> bool:
        known = await self._database.read(successions.get, upgrade.old)
        if known is not None and known.status == "done":
            return known.new == upgrade.new
        if known is not None and (known.status, known.new) == ("refused", upgrade.new) and known.why in FOR_EVER:
            return False
        if known is None or known.status != "moving":
            if why := await self._obstacle(upgrade):
                await self._stays(upgrade, why)
                return False
            await self._database.write(self._move, upgrade, await self._name(upgrade.old))
            self._posted()
        await self._carry(upgrade)
        return True

    def _move(self, tx: Tx, upgrade: Upgrade, name: str) -> None:
        now = self._now()
        successions.move(tx, upgrade.old, upgrade.new, upgrade.by, name, upgrade.at, now)
        self._shown_again(tx, upgrade.new, now)

    async def _obstacle(self, upgrade: Upgrade) -> str:
        """Why the bot does not follow: it is not let in, or that room takes nobody's place."""
        if await self._database.read(successions.is_taken, upgrade.old, upgrade.new):
            return TAKEN
        if await self._database.read(lieu_rows.heir, upgrade.old):
            return "moved"  # its lieu has another bot, which follows
        was_in = await self._facts.seems_in(upgrade.new)
        if not await self._membership.enter(upgrade.new, self._via(upgrade)):
            return "shut"
        why = await self._successors.doubt(upgrade)
        if why and not was_in:
            await self._membership.leave(upgrade.new)
        return why or await self._is_empty(upgrade)

    async def _is_empty(self, upgrade: Upgrade) -> str:
        """A network's lieux are declared in its room: until somebody who may has said so in the new one, it would pass
        for a network that everybody has left."""
        if not await self._database.read(successions.is_of_network, upgrade.old):
            return ""
        with suppress(Refused):
            await self._successors.carry(upgrade)
        return "" if await self._successors.is_carried(upgrade) else "shut"

    def _via(self, upgrade: Upgrade) -> list[str]:
        """Servers that are in the new room: a new id tells none."""
        server = upgrade.new.partition(":")[2]
        return list(dict.fromkeys(one for one in (server_of(upgrade.by), server) if one))

    async def _stays(self, upgrade: Upgrade, why: str) -> None:
        status = "shut" if why == "shut" else "refused"
        name = await self._name(upgrade.old)
        args = (upgrade.old, upgrade.new, upgrade.by, name, status, self._now(), why)
        if not await self._database.write(successions.note, *args):
            return
        log.warning("room upgraded, not followed", old=upgrade.old, new=upgrade.new, why=why)
        for lieu in await self._concerned(upgrade.old):
            await self._tell(lieu, upgrade, f"room-{status}", kind=_kind(lieu, upgrade.old))
        if await self._database.read(room_rows.person_of_direct, upgrade.old) is not None:
            await self._begin(f"room-{status}", upgrade, upgrade.old, None)

    async def _carry(self, upgrade: Upgrade) -> None:
        """What was kept of the old room is of the new one by now: talks follow one by one, each once."""
        old, new = upgrade.old, upgrade.new
        if await self._facts.is_encrypted(new):  # the next sync may be later than what is said next
            await self._database.write(room_rows.encrypted, new)
        if (person := await self._database.read(room_rows.person_of_direct, new)) is not None:
            await self._rooms.note_direct(person, new)
        lieux = await self._concerned(new)
        line = await self._onward(new)
        for lieu in (one for one in lieux if one.space in line):  # who comes after the others is not new in the lieu
            with suppress(MatrixRefused):
                await self._database.write(arrivals.know, lieu.id, list(await self._facts.members(old)))
        self._people.forget(old)
        self._people.forget(new)
        for lieu in lieux:
            name = await self.name_of(old)
            await self._tell(lieu, upgrade, "room-followed", kind=_kind(lieu, *line), room=name)
        is_said = any(lieu.office in line for lieu in lieux)  # there already
        lead = {} if is_said else {"lead": "talk.followed"}
        talks = await self._database.read_aside(successions.talks, old)
        await asyncio.gather(*(self._engine.follow(id, old, new, ASKED_AGAIN | lead) for id in talks))
        await self._database.write(successions.done, old)

    async def _tell(self, lieu: Lieu, upgrade: Upgrade, dialogue: str, **words: str) -> None:
        """In the conciergerie; where it is the one that was upgraded, and takes no more words of a guest, whoever did
        that is told in private."""
        room_id = lieu.office
        if room_id == upgrade.old and not (await self._facts.powers(room_id)).allows(self._me, "m.room.message"):
            with suppress(Refused, Unavailable):
                room_id = await self._rooms.direct(upgrade.by)
        if room_id is not None:
            await self._begin(dialogue, upgrade, room_id, lieu.id, **words)

    async def _begin(self, dialogue: str, upgrade: Upgrade, room_id: str, lieu: int | None, **words: str) -> None:
        args, cause = {"old": upgrade.old, "new": upgrade.new} | words, f"{dialogue}/{upgrade.old}/{upgrade.new}/{lieu}"
        await self._engine.start(Conversation(dialogue, self._me, room_id, cause, lieu, args))

    async def _concerned(self, room_id: str) -> list[Lieu]:
        """The lieux whose room this is, or one that took its place meanwhile (an upgrade of that one may be followed
        side by side): by their choice or because their space shows it."""
        every = await self._lieux.all()
        line = await self._onward(room_id)
        if chosen := [lieu for lieu in every if rooms_of(lieu).intersection(line)]:
            return chosen
        return [lieu for lieu in every if await self._shows(lieu, line[-1])]

    async def _shows(self, lieu: Lieu, room_id: str) -> bool:
        try:
            return await self._facts.shows(lieu.space, room_id)
        except MatrixRefused:
            return False

    async def _name(self, room_id: str) -> str:
        try:
            return await self._facts.name(room_id)
        except MatrixRefused:
            return ""


def _kind(lieu: Lieu, *line: str) -> str:
    """Of a room of this lieu, whatever its id is by now, as sentences tell them apart."""
    return "space" if lieu.space in line else "office" if lieu.office in line else "room"
