"""What is heard between lieux: what is said below a card leaves for the network, what bots say there is taken in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.lieux import Lieu
from bot.matrix import passages
from bot.matrix.message import key_of
from bot.network.agreements import Agreements
from bot.network.authority import is_in_place
from bot.network.card_texts import AGREE, ASK, EXTEND, FULFIL, HELP, MUTE, WITHDRAW
from bot.network.discussion import Discussion
from bot.network.envelope import BadEnvelope, Envelope, is_envelope, read, travels
from bot.network.envelope_queue import EnvelopeQueue
from bot.network.outgoing import MESSAGE, Outgoing, line_id
from bot.network.sender_check import SenderCheck
from bot.people import Place
from bot.store import inbox, networks, open_questions, outbox, projects, requests
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.store.inbox import Event
from bot.store.networks import Network
from bot.store.outbox import REDACTION
from bot.store.requests import Card
from bot.talk.command_line import CommandTable, written_by
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.words import fold

Json = dict[str, Any]
LONGEST = 4000  # characters of a line
HEARD = (*passages.PASSED, REDACTION)
ACTS = {FULFIL: "fulfil", EXTEND: "extend", WITHDRAW: "withdraw"}


class RequestListener:
    """Every method that hears says whether the event was for it; what it writes settles the event. `table` knows what
    is a command of ours."""

    def __init__(
        self,
        table: CommandTable,
        context: Context,
        outgoing: Outgoing,
        queue: EnvelopeQueue,
        discussion: Discussion,
        agreements: Agreements,
        check: SenderCheck,
        engine: Engine,
    ) -> None:
        self._me, self._table, self._now, self._posted = outgoing.me, table, context.now, context.posted
        self._database, self._lieux, self._people = context.database, context.lieux, context.people
        self._outgoing, self._queue, self._discussion, self._agreements = outgoing, queue, discussion, agreements
        self._check, self._engine, self._words = check, engine, context.words

    # -- in the coordination room

    async def in_network(self, event: Event, network: Network) -> bool:
        """In a room of this network; always true."""
        if event.type == MESSAGE and is_envelope(event.content):
            return await self._envelope(event, network)
        if event.sender != self._me and event.type in HEARD and await self._bystander(event, network):
            return True
        return await self._write(event, _nothing)  # no bot answers where all bots are

    async def _envelope(self, event: Event, network: Network) -> bool:
        if not is_in_place(event, network):
            return await self._write(event, _nothing)
        try:
            envelope = read(event.content)
        except BadEnvelope as problem:
            return await self._check.report(event, network, problem.why)
        if envelope.kind != "hello" and (why := await self._doubt(event, network, envelope)):
            return await self._check.report(event, network, why)
        return await self._write(event, partial(self._take, event, network, envelope))

    def _take(self, event: Event, network: Network, envelope: Envelope, tx: Tx, now: int) -> None:
        match envelope.kind:
            case "hello" | "bye":  # there was nothing to ask
                return
            case "request":
                root = str(event.relation["event_id"]) if _replaces(event) else event.event_id
                self._queue.take_request(tx, network.id, envelope.body, root, event.ts, now)
            case kind:
                self._queue.take(tx, network.id, kind, envelope.body, now)

    async def _doubt(self, event: Event, network: Network, envelope: Envelope) -> str | None:
        """Why this is not read, if it is not."""
        if not await self._check.may_say(event, network, envelope):
            return "forged"
        return "too-much" if self._check.is_too_much(network, envelope.lieu) else None

    async def _bystander(self, event: Event, network: Network) -> bool:
        """Somebody without a bot, below a request."""
        said, of = await self._said(event), _corrected(event)
        if of is not None:
            request = await self._database.read(requests.of_bystander, network.id, line_id(of), _author(event))
            said = (said or {}) | {"of": of}
        else:
            request = await self._database.read(requests.of_root, network.id, _below(event))
        if request is None or said is None:
            return False
        name, person = await self._people.name(event.sender), event.sender
        return await self._write(
            event, lambda tx, now: self._discussion.overhear(tx, request, person, name, event.event_id, said, now)
        )

    # -- where a card stands

    async def below_card(self, event: Event) -> bool:
        """In a room of ours where a request is shown: said or clicked there, by anybody but us."""
        if event.sender == self._me:
            return False
        if event.type == "m.reaction":
            return await self._clicked(event)
        if event.type not in HEARD:
            return False
        if (of := _corrected(event)) is not None:
            return await self._correct(event, of)
        return bool(event.relation) and await self._answer(event)

    async def _clicked(self, event: Event) -> bool:
        target, key = _text(event.relation.get("event_id")), key_of(_key(event))
        found = await self._card(event, target)
        if found is None:
            return False
        card, lieu = found
        if key == AGREE and (other := await self._database.read(projects.proposed_by, target)):
            if not await self._people.may(event.sender, "answer-request", lieu, Place.ROOM, fresh=True):
                return False
            keeps = await self._people.may(event.sender, "agree", lieu, Place.ROOM)
            agree = partial(self._agreements.agree, keeps=keeps)
            return await self._write(event, lambda tx, now: agree(tx, card, lieu, event.sender, other, now))
        if key in ACTS and card.asker is not None:
            return await self._act(event, card, lieu, ACTS[key])
        act = {HELP: self._agreements.offer, ASK: self._discussion.invite_question, MUTE: self._discussion.mute}.get(
            key
        )
        if act is None or card.asker is not None:
            return False
        return await self._write(event, lambda tx, now: act(tx, card, lieu, event.sender, now))

    async def _answer(self, event: Event) -> bool:
        """A line below a card, or in reply to it; a command is none, nor what the bot asked there."""
        said, found = await self._said(event), await self._card(event, _below(event))
        if found is None or self._table.is_command(str((said or {}).get("text", ""))):
            return False
        if await self._database.read(_is_asked, event.sender, event.room_id, _below(event)):
            return False
        card, lieu = found
        if said is None:
            return await self._unpassed(event, card, lieu)
        if card.asker is not None and (act := self._named(said)) and await self._act(event, card, lieu, act):
            return True
        to = await self._database.read(requests.author_of, _replied(event))
        told = said | ({"to": [to]} if to else {})
        return await self._write(
            event, lambda tx, now: self._discussion.say(tx, card, lieu, event.event_id, event.sender, told, now)
        )

    async def _unpassed(self, event: Event, card: Card, lieu: Lieu) -> bool:
        """Whoever said what cannot be passed on is told so, once below each card."""
        if not passages.is_somebodys(event.content, event.type):
            return False
        return await self._write(event, lambda tx, now: self._discussion.unpassed(tx, card, lieu, event.sender, now))

    async def _said(self, event: Event) -> Json | None:
        """`text`, `formatted`, `attachment`, `cut` or `deleted`, as an envelope has it; None for what cannot be passed
        on."""
        if event.type == REDACTION:
            return {"deleted": True}
        said = await written_by(event, self._people, LONGEST)
        return travels(dict(said)) if said else None

    def _named(self, said: Json) -> str | None:
        """« c’est pourvu »: what is to be done with a request, said below it and nothing else."""
        text = fold(str(said.get("text", "")))
        return next((act for act in ACTS.values() if text in self._words.means(f"request.act.{act}")), None)

    async def _act(self, event: Event, card: Card, lieu: Lieu, act: str) -> bool:
        """A request of ours is to change, by whoever may: the conversation about it takes place below its card."""
        if card.asker != event.sender and not await self._people.may(event.sender, "tend-requests", lieu, Place.ROOM):
            return False
        root = await self._database.read(outbox.event_of, card.txn)
        args: Json = {"number": card.number, "act": act}
        await self._engine.start(
            Conversation("tend-request", event.sender, event.room_id, event.event_id, lieu.id, args, root)
        )
        return True

    async def _correct(self, event: Event, of: str) -> bool:
        """An edit counts from whoever said it; what is deleted, the homeserver has checked."""
        line, said = await self._database.read(requests.said_in, event.room_id, of), await self._said(event)
        if line is None or said is None or _author(event) not in (None, line["by"]):
            return False
        return await self._write(event, lambda tx, now: self._discussion.correct(tx, line, event.event_id, said, now))

    async def _card(self, event: Event, target: str) -> tuple[Card, Lieu] | None:
        """The card that this is about, where this person may speak for its lieu, and the lieu in its network."""
        card = await self._database.read(_card_there, target)
        lieu = await self._lieux.get(card.lieu) if card else None
        if card is None or lieu is None or card.room_id != event.room_id:
            return None
        return (card, lieu) if await self._people.may(event.sender, "answer-request", lieu, Place.ROOM) else None

    async def _write(self, event: Event, work: Callable[[Tx, int], object]) -> bool:
        """In the transaction that settles the event."""
        begun = await self._database.write(self._settling, event.event_id, work)
        self._posted()
        for conversation in begun:
            await self._engine.advance(conversation)
        return True

    def _settling(self, tx: Tx, event_id: str, work: Callable[[Tx, int], object]) -> list[int]:
        work(tx, self._now())
        inbox.done(tx, event_id)
        return self._outgoing.begun()


def _nothing(tx: Tx, now: int) -> None:
    """It is settled without a word."""


def _card_there(tx: Tx, target: str) -> Card | None:
    card = requests.card_at(tx, target)
    request = requests.get(tx, card.request) if card else None
    return card if card and request and networks.is_declared(tx, request.network, card.lieu) else None


# -- what an event says


def _replaces(event: Event) -> bool:
    return event.relation.get("rel_type") == "m.replace"


def _corrected(event: Event) -> str | None:
    """The message that this one edits or deletes."""
    if event.type == REDACTION:
        return _text(event.content.get("redacts"))
    return _text(event.relation.get("event_id")) if _replaces(event) else None


def _author(event: Event) -> str | None:
    """Who must have said what is corrected; None where the homeserver has checked that."""
    return None if event.type == REDACTION else event.sender


def _below(event: Event) -> str:
    """The root of the thread, or the message that this one replies to."""
    threaded = event.relation.get("rel_type") == "m.thread"
    return _text(event.relation.get("event_id")) if threaded else _replied(event)


def _replied(event: Event) -> str:
    """The message that this one replies to, on purpose."""
    reply = event.relation.get("m.in_reply_to")
    falls_back = event.relation.get("is_falling_back") is True
    return _text(reply.get("event_id")) if isinstance(reply, dict) and not falls_back else ""


def _key(event: Event) -> str:
    return _text(event.relation.get("key"))


def _is_asked(tx: Tx, person: str, room_id: str, root: str) -> bool:
    """Whether this person is being asked something in this thread."""
    return any(talk.thread == root for talk in open_questions.open_of(tx, person, room_id))


def _text(told: object) -> str:
    return told if isinstance(told, str) else ""
