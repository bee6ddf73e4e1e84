"""Who comes and goes: the bot invited or sent away, people entering a lieu or a room where they are awaited."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from bot.arrivals import waiting_list
from bot.arrivals.arrivals import Arrivals
from bot.errors import Refused, Unavailable
from bot.hosting.bot_invitations import BotInvitations
from bot.hosting.candidates import Candidates
from bot.hosting.decisions import Decisions
from bot.lieux import Lieu, Lieux
from bot.matrix.facts import Facts, server_of
from bot.matrix.membership import Membership
from bot.matrix.rooms import Rooms
from bot.matrix.sync_batch import INVITE
from bot.people import CONCIERGE_LEVEL, People
from bot.store import arrivals as store
from bot.store import budgets, candidates, conversations, departures, open_questions, rooms
from bot.store.budgets import Budget
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.talk.engine import Engine
from bot.words import Words

KNOCKS_A_DAY, DAY = 5, 86_400_000  # of one person: more is a game, and a nuisance
# What one lieu, and one server that is not ours, may make the bot ask in an hour: the others wait together.
KNOCKS, OF_SERVER = Budget("knocks", 12), Budget("knocks", 6)
NEW_ROOMS = Budget("new-rooms", 20)
ENTRIES, ENTRIES_OF_SERVER = Budget("entries", 20), Budget("entries", 10)
OPEN = ("invited", "answering", "approval", "opening")


@dataclass(frozen=True, slots=True)
class MemberEvents:
    """`me` is the bot; `operators` host it, whatever their server."""

    me: str
    allowed_servers: Collection[str]
    operators: Collection[str]
    language: str
    words: Words
    database: Database
    engine: Engine
    people: People
    lieux: Lieux
    arrivals: Arrivals
    candidates: Candidates
    decisions: Decisions
    facts: Facts
    membership: Membership
    rooms: Rooms
    invitations: BotInvitations
    now: Callable[[], int]

    async def member(self, event: Event) -> bool:
        """Somebody's membership changed."""
        membership = event.content.get("membership")
        self.people.forget(event.room_id)
        if event.state_key == self.me:
            begun = await self._mine(event, str(membership))
            await self._may_more(event)
            return begun
        if event.state_key is None:
            return False
        if membership == "knock":
            return await self._knocked(event, event.state_key)
        await self._knocks_no_more(event, event.state_key)
        if membership in ("leave", "ban"):
            await self._walked_out(event, event.state_key)
        lieu = await self.lieux.of_space(event.room_id)
        if membership == "join":
            if await self.database.read(rooms.person_of_direct, event.room_id) == event.state_key:
                await self.rooms.entered(event.room_id)
            await self._awaited(event)
            return lieu is not None and await self._entered(event, lieu)
        if lieu is not None and membership in ("leave", "ban"):
            await self.people.forget_key_holder(lieu, event.state_key)
            await self._went(lieu, event.state_key, event.sender)
            await self._no_newcomer(event, lieu, event.state_key)
        return False

    async def _went(self, lieu: Lieu, person: str, by: str) -> None:
        if by == self.me:  # a departure or an exclusion, noted as such: called off, nobody has left
            await self.arrivals.forget(lieu.id, person)
        else:
            await self.arrivals.went(lieu.id, person, by)

    async def levels(self, event: Event) -> bool:
        """Who looks after a lieu changed: the rooms that the bot made there follow."""
        self.people.forget(event.room_id)
        await self._may_more(event)
        lieu = await self.lieux.of_space(event.room_id)
        if lieu is None:
            return await self._was_given_power(event)
        with suppress(Refused):  # sent away meanwhile
            await self.people.note_key_holders(lieu)
        if lieu.office is None:
            return False
        await self.engine.start(Conversation("levels", event.sender, lieu.office, event.event_id, lieu.id))
        return True

    async def _was_given_power(self, event: Event) -> bool:
        """What holds in a lieu could not be made to hold in a room of it where the bot was a guest."""
        users = event.content.get("users")
        level = users.get(self.me) if isinstance(users, dict) else None
        if not isinstance(level, int) or level < CONCIERGE_LEVEL:
            return False
        try:
            lieu = await self._lieu_of(event.room_id)
        except Refused:  # sent away meanwhile
            return False
        return lieu is not None and await self._new_room(event, lieu, event.room_id)

    async def _may_more(self, event: Event) -> None:
        """Conversations that waited for a right in this room look whether they have it."""
        for conversation, step in await self.database.read(open_questions.lacking, event.room_id):
            await self.engine.look_again(conversation.id, step.key)
        await self._leavers(event)

    async def _leavers(self, event: Event) -> None:
        """Whoever has left the lieu may still be in this room, for want of a right that the bot may have now."""
        for row in await self.database.read(departures.locked_out_of, event.room_id):
            lieu = await self.lieux.get(row["lieu"])
            if lieu is not None and lieu.office is not None:
                args, cause = {"departure": row["id"], "room_id": event.room_id}, f"{event.event_id}/{row['id']}"
                await self.engine.start(Conversation("shown-out", row["by"], lieu.office, cause, lieu.id, args))

    async def child(self, event: Event) -> bool:
        """A space shows another room: what holds in its lieu holds there too."""
        lieu = await self.lieux.of_space(event.room_id)
        if lieu is None or lieu.office is None or not event.state_key or not event.content.get("via"):
            return False
        await self.invitations.waiting_rooms.enter_one(event.state_key)
        return await self._new_room(event, lieu, event.state_key)

    async def _new_room(self, event: Event, lieu: Lieu, room_id: str) -> bool:
        """Where many come at once, they are looked at together, a little later."""
        if lieu.office is None:
            return False
        source, now, cause = budgets.of_lieu(lieu.id), self.now(), f"{event.event_id}/{lieu.id}"
        found = await self.database.read(budgets.spent, NEW_ROOMS, source, now, cause)
        if not found.within:
            if await self.database.read(conversations.open_with, "inherit", lieu.id, "", "room_id"):
                return False
            room_id = ""
        conversation = Conversation("inherit", event.sender, lieu.office, cause, lieu.id, {"room_id": room_id})
        await self.engine.start(conversation, lambda tx: budgets.spend(tx, NEW_ROOMS, source, cause, now))
        return False

    async def _mine(self, event: Event, membership: str) -> bool:
        if membership == "invite":
            return await self._invited(event)
        if membership in ("leave", "ban"):
            await self._sent_away(event)
        return False

    async def _invited(self, event: Event) -> bool:
        """Enter where somebody with the right asks: in private, in a room of use to a lieu, or in a space."""
        if not await self.invitations.wanted(event):
            return False
        if await self.candidates.was_refused(event.room_id, event.sender):
            return await self._refused_before(event)
        if await self._is_too_much(event):
            await self.membership.leave(event.room_id)
            return False
        if await self._is_kept(event) != "kept":
            return False
        if event.content.get("is_direct") is True:
            if await self.database.read(rooms.direct, event.sender) is None:
                await self.database.write(rooms.set_direct, event.sender, event.room_id)
        elif await self.facts.is_space(event.room_id):
            return await self._opens(event)
        elif await self.invitations.keeps(event):
            await self._came_later(event)
        return False

    async def _is_kept(self, event: Event) -> str:
        """A lieu's own room is the bot's place whoever invites: another bot that hands it over is gone at once.
        Anywhere else the inviter must have the right."""
        if await self.lieux.of_room(event.room_id):
            return "kept" if await self.membership.enter(event.room_id, [server_of(event.sender)]) else "gone"
        servers = {server_of(event.sender)} if event.sender in self.operators else self.allowed_servers
        return await self.membership.keep_invitation(event.room_id, event.sender, servers, self._why_not)

    async def _opens(self, event: Event) -> bool:
        """A space becomes a lieu, and its concierge is asked about it, where whoever hosts the bot has said so."""
        if not await self.candidates.is_let_in(event.room_id, event.sender):
            return await self._asks(event)
        name, by_host = await self.candidates.name(event.room_id), event.sender in self.operators
        lieu = await self.candidates.open(event.room_id, name, by_host=by_host)
        room = await self.rooms.direct(event.sender)
        await self.engine.start(Conversation("settle", event.sender, room, event.event_id, lieu.id))
        return True

    async def _refused_before(self, event: Event) -> bool:
        """The host's no still counts; whoever was told it, and asks again, is told so once more."""
        await self.membership.leave(event.room_id)
        known = await self.database.read(candidates.get, event.room_id)
        if known is None or known.asked_by != event.sender:
            return False
        room = await self.rooms.direct(event.sender)
        args = {"name": known.name}
        await self.engine.start(Conversation("still-no-lieu", event.sender, room, event.event_id, None, args))
        return True

    async def _is_too_much(self, event: Event) -> bool:
        """One more space that calls itself one, of people of whom enough wait already."""
        told = event.content.get(INVITE)
        is_space = isinstance(told, dict) and told.get("type") == "m.space"
        return is_space and await self._is_one_too_many(event)

    async def _is_one_too_many(self, event: Event) -> bool:
        let_in = await self.candidates.is_let_in(event.room_id, event.sender)
        known = let_in or await self.candidates.is_waiting(event.room_id)
        return not known and await self.candidates.is_too_much(event.sender)

    async def _asks(self, event: Event) -> bool:
        """Whoever hosts the bot decides whether this space is a lieu; until then it is none."""
        begun = False
        if await self._is_one_too_many(event):
            await self.membership.leave(event.room_id)
            return False
        if not await self.candidates.is_waiting(event.room_id):
            name = await self.candidates.name(event.room_id)
            room = await self.rooms.direct(event.sender)
            asks = partial(candidates.ask, space=event.room_id, name=name, by=event.sender, now=self.now())
            wanted = Conversation("want-lieu", event.sender, room, event.event_id, None, {"name": name})
            await self.engine.start(wanted, asks)
            begun = True
        await self.decisions.go_on()
        return begun

    async def _came_later(self, event: Event) -> None:
        """The bot can act now in a room that some lieu may have had before."""
        for lieu in await self.lieux.all():
            await self._new_room(event, lieu, event.room_id)

    def _why_not(self, verdict: str) -> str:
        """Why the bot does not stay, for whoever invited it."""
        return self.words.sentence(self.language, f"talk.not-staying.{verdict}", {})[0]

    async def _sent_away(self, event: Event) -> None:
        """What goes on for a lieu ends when the bot must leave it; whoever was answering is told."""
        await self.database.write(rooms.left, event.room_id)
        lieu = await self.lieux.of_space(event.room_id)
        if lieu is None:
            return
        await self.lieux.left(lieu.space, self.now())
        for id in await self.database.read(conversations.open_for, lieu.id):
            await self.engine.cancel(id, f"{event.event_id}/{id}", "talk.sent-away")

    async def _awaited(self, event: Event) -> None:
        """Conversations that waited for this person to enter this room go on."""
        for conversation, step in await self.database.read(
            open_questions.awaited, event.room_id, event.state_key or ""
        ):
            await self.engine.entered(conversation.id, step.key)

    async def _walked_out(self, event: Event, person: str) -> None:
        """Somebody who is arriving is no more in their private discussion, or said no to it."""
        if event.sender == self.me:
            return
        by = "" if event.sender == person else event.sender
        for arrival in await self.database.read(store.answering_in, event.room_id, person):
            lieu, since = arrival["lieu"], arrival["created_at"]
            before = await self.database.read(conversations.begun_since, "walked-out", lieu, person, since)
            args = {"arrival": arrival["id"], "by": by, "again": before > 0}
            cause = f"{event.event_id}/{arrival['id']}"
            conversation = Conversation("walked-out", person, event.room_id, cause, lieu, args)
            for dialogue in ("walked-out", "come-back"):  # they waited for somebody who does not come
                for other in await self.database.read(conversations.open_by, dialogue, person):
                    if other.lieu == lieu and other.id != conversation.id:
                        await self.engine.take_down(other.id, f"{event.event_id}/{other.id}")
            await self.engine.start(conversation)

    async def _no_newcomer(self, event: Event, lieu: Lieu, person: str) -> None:
        """Who has left the lieu is not shown to it as somebody to greet."""
        for introduction in await self.database.read(conversations.open_by, "introduction", person):
            if introduction.lieu == lieu.id:
                await self.engine.take_down(introduction.id, f"{event.event_id}/{introduction.id}")

    async def _entered(self, event: Event, lieu: Lieu) -> bool:
        """Somebody is new in the lieu: whoever was not invited through the bot is welcomed too."""
        person = event.state_key or ""
        if await self.arrivals.is_known(lieu.id, person):
            return False
        known = partial(store.entered, lieu=lieu.id, person=person)
        if not lieu.choices.installed or await self.arrivals.of_person(lieu.id, person) is not None:
            await self.database.write(known)
            return False
        if not await self._has_left(event, lieu, ENTRIES, ENTRIES_OF_SERVER):
            return await self._crowd(event, lieu, "doorsteps")
        try:
            room = await self.rooms.direct(person, self._invitation(lieu))
        except Refused:
            await self.database.write(known)
            return False
        except Unavailable:  # it may be their server that is away: the others do not wait for it
            if lieu.office is None:
                raise
            later = Conversation("greet", self.me, lieu.office, event.event_id, lieu.id, {"newcomer": person})
            await self.engine.start(later, known, self._spends(event, lieu, ENTRIES, ENTRIES_OF_SERVER))
            return True
        spends = self._spends(event, lieu, ENTRIES, ENTRIES_OF_SERVER)
        await self.engine.start(Conversation("doorstep", person, room, event.event_id, lieu.id), known, spends)
        return True

    def _invitation(self, lieu: Lieu) -> str:
        """All that whoever came in by themselves sees of the discussion before they enter it."""
        template, holes = self.words.sentence(lieu.tongue, "welcome.room-name", {"lieu": lieu.name})
        return template.format_map(holes)

    # -- too many at once

    def _sources(self, event: Event, lieu: Lieu, own: Budget, theirs: Budget) -> list[tuple[Budget, str]]:
        who = event.state_key or ""
        far = [] if server_of(who) == server_of(self.me) else [(theirs, f"{budgets.of_server(who)}/{lieu.id}")]
        return [(own, budgets.of_lieu(lieu.id)), *far]

    async def _has_left(self, event: Event, lieu: Lieu, own: Budget, theirs: Budget) -> bool:
        """Whether one more may be asked about in this lieu, and from that server."""
        sources, now = self._sources(event, lieu, own, theirs), self.now()
        found = [await self.database.read(budgets.spent, *each, now, event.event_id) for each in sources]
        return all(one.within for one in found)

    def _spends(self, event: Event, lieu: Lieu, own: Budget, theirs: Budget) -> Callable[[Tx], object]:
        sources, now = self._sources(event, lieu, own, theirs), self.now()
        return lambda tx: [budgets.spend(tx, *each, event.event_id, now) for each in sources]

    async def _crowd(self, event: Event, lieu: Lieu, dialogue: str) -> bool:
        """One card for all of them, in the conciergerie: nobody is lost, each is seen when it is their turn."""
        if lieu.office is None or await self.database.read(conversations.goes_on, dialogue, lieu.id):
            return False
        await self.engine.start(Conversation(dialogue, self.me, lieu.office, event.event_id, lieu.id))
        return True

    # -- knocking

    async def _knocked(self, event: Event, person: str) -> bool:
        """Somebody asks to enter the lieu, or one of its rooms: the conciergerie is asked, once."""
        place, lieu = event.room_id, await self._lieu_of(event.room_id)
        if lieu is None or lieu.office is None or await self._needs_no_answer(lieu, place, person):
            return False
        if not await self._has_left(event, lieu, KNOCKS, OF_SERVER):
            return await self._crowd(event, lieu, "crowd")
        args = {"place": place, "reason": waiting_list.said(event.content.get("reason"))}
        conversation = Conversation("knock", person, lieu.office, event.event_id, lieu.id, args)
        await self.engine.start(conversation, self._spends(event, lieu, KNOCKS, OF_SERVER))
        return True

    async def _lieu_of(self, room_id: str) -> Lieu | None:
        """A room is of the lieu that chose it, or whose space shows it with its own consent."""
        known = await self.lieux.of_room(room_id)
        if known is not None:
            return known
        for lieu in await self.lieux.all():
            if await self.facts.belongs(room_id, lieu.space):
                return lieu
        return None

    async def _needs_no_answer(self, lieu: Lieu, place: str, person: str) -> bool:
        """It is being talked about already, or comes from somebody excluded, awaited, or tireless."""
        if await self.database.read(waiting_list.is_asked_about, person, place):
            return True
        lately = await self.database.read(conversations.begun_since, "knock", lieu.id, person, self.now() - DAY)
        if lately >= KNOCKS_A_DAY:
            return True
        arrival = await self.arrivals.of_person(lieu.id, person)
        awaited = place == lieu.space and arrival is not None and arrival["status"] in OPEN
        return awaited or await self.facts.membership(lieu.space, person) == "ban"

    async def _knocks_no_more(self, event: Event, person: str) -> None:
        """They took their knock back, or somebody decided elsewhere: nobody needs to answer here."""
        left = event.sender == person and event.content.get("membership") == "leave"
        ends = {"knock": "talk.knock-withdrawn", "question": None} if left else {"knock": "talk.knock-settled"}
        for dialogue, name in ends.items():
            for id in await self.database.read(conversations.open_about, dialogue, person, event.room_id):
                await self.engine.cancel(id, f"{event.event_id}/{id}", name)
