"""Which of the questions that wait in a room something is an answer to, and whether it may be one."""

from __future__ import annotations

from collections.abc import Mapping

from bot.matrix.markup import Code
from bot.matrix.message import attached
from bot.people import AMONG_THEMSELVES, BY_ANOTHER, Place
from bot.store import inbox, open_questions, outbox
from bot.store.conversations import Conversation, Step
from bot.store.inbox import Event
from bot.store.open_questions import Pair
from bot.talk import corrections
from bot.talk.answers.unpointed import begins_bare
from bot.talk.command_line import CommandTable, Spoken
from bot.talk.context import Context
from bot.talk.places import Places
from bot.talk.questions import FILES
from bot.talk.script import Script

PAUSE = 10 * 60_000  # milliseconds after which nobody answers what somebody said
STALE = 2 * 3_600_000  # milliseconds after which people who have talked meanwhile think of a question no more


class OpenQuestions:
    """A reaction or a reply points at its question; then the thread, then the only question open to this person in this
    room. What waits for whoever has a right is pointed at, or was said last."""

    def __init__(self, scripts: Mapping[str, Script], table: CommandTable, places: Places, context: Context) -> None:
        self._scripts, self._table, self._places, self._context = scripts, table, places, context
        self._database, self._words = context.database, context.words
        self._people, self._lieux = context.people, context.lieux

    async def called(self, conversation: Conversation, said: Spoken) -> Code | str:
        """How people know a conversation that asks them something: by the line that it comes of."""
        language = await self._people.language(said.event.sender, said.lieu, self._context.language)
        first = await self._database.read(open_questions.first_of, conversation.id) or conversation
        return self._table.typed(first, language) or self._words.word(language, "talk.of-the-bot")

    async def may_answer(self, event: Event, conversation: Conversation, step: Step) -> bool:
        """The person asked, as long as they have the right to this conversation; or whoever has the right named."""
        lieu = await self._lieux.get(conversation.lieu) if conversation.lieu is not None else None
        place = await self._places.of(event, lieu)
        another = step.of is not None and step.of.startswith("@") and step.of != event.sender
        elsewhere = step.room_id not in (None, event.room_id)  # what is asked among some is not answered among others
        if step.of is None or another or elsewhere or needs_another(event, conversation, step):
            return False
        action = self._scripts[conversation.dialogue].action if step.of.startswith("@") else step.of
        if not await self._people.may(event.sender, action, lieu, place):
            return False
        for_another = step.of != conversation.person  # that is a yes to an act
        return not for_another or await self._people.may(event.sender, action, lieu, place, fresh=True)

    async def pointed(self, said: Spoken) -> Pair | None:
        """The question that this message points at, or the only one open to its sender here."""
        for target in (said.replies_to, said.thread):
            found = await self._database.read(open_questions.pointed, target) if target else None
            if found and found[1].status == "asked" and found[2] and await self.may_answer(said.event, *found[:2]):
                return found[0], found[1]
        own = await self.own(said)
        return own[-1] if own and await self.may_answer(said.event, *own[-1]) else None

    async def own(self, said: Spoken) -> list[Pair]:
        """What is asked of this person where they speak, in the order in which it was."""
        pairs = await self._database.read(open_questions.open_questions, said.event.room_id)
        return [pair for pair in pairs if pair[1].of == said.event.sender and _here(said, pair[0])]

    async def is_hasty(self, said: Spoken, step: Step) -> bool:
        """Whether this was said before the question was: it answers the one before. A file that was sent with its
        command is what the question is about."""
        if (step.value or {}).get(FILES) and attached(said.event.content):
            return False
        return await self._database.read(outbox.follows, corrections.posting(step) or "", said.event.seq)

    async def asked_since(self, said: Spoken, step: Step) -> list[Pair]:
        """The questions that this may be for, as well as for this one of theirs, that were put below it."""
        if said.explicit:
            return []
        cards = await self.cards(said)
        order = await self._database.read(open_questions.open_questions, said.event.room_id) if cards else []
        since = [other.conversation for _, other in order]
        mine = since.index(step.conversation) if step.conversation in since else len(since)
        return [card for card in cards if since.index(card[1].conversation) > mine]

    async def is_left_behind(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """Whether this yes, no or number points at nothing, and something else was said to them since they were
        asked. Below help it is one all the same, but to a recapitulation."""
        if step.of != said.event.sender or not begins_bare(said.text or "", self._words):
            return False
        if await self._is_aimed(said, step):
            return False
        thread = conversation.thread if said.thread else None
        but = "" if corrections.BOUND in (step.value or {}) else "help"
        return await self._database.read(
            open_questions.is_left_behind, conversation.id, step.key, said.event, thread, but, self._context.me
        )

    async def is_for_people(self, said: Spoken, step: Step) -> bool:
        """Whether they were asked so long ago, in a room where others talked since, that what points at nothing is said
        to these; as is a yes, no or number in reply to one of them."""
        if await self._is_aimed(said, step):
            return False
        if said.replies_to and said.on_purpose and begins_bare(said.text or "", self._words):
            to = await self._database.read(inbox.first_of, said.replies_to)
            if to.sender not in (None, said.event.sender):
                return True
        at = await self._talked_below(said, step)
        return at is not None and said.event.arrived_at - at > STALE

    async def is_among_talk(self, said: Spoken, step: Step) -> bool:
        """Whether this yes, no or number points at nothing, and others talked since they were asked."""
        if not begins_bare(said.text or "", self._words) or await self._is_aimed(said, step):
            return False
        return await self._talked_below(said, step) is not None

    async def _is_aimed(self, said: Spoken, step: Step) -> bool:
        for target in (said.replies_to, said.thread):
            found = await self._database.read(open_questions.pointed, target) if target else None
            if found is not None and (found[0].id, found[1].key) == (step.conversation, step.key):
                return True
        return False

    async def _talked_below(self, said: Spoken, step: Step) -> int | None:
        """When they were asked, where others talked since; who calls the bot by its name, or speaks in a thread, does
        not talk with them."""
        if said.explicit or said.thread:
            return None
        return await self._database.read(open_questions.talked_below, step.conversation, step.key, said.event)

    async def answers_another(self, said: Spoken, step: Step) -> bool:
        """A reply, on purpose, to a question that has its answer."""
        found = await self._own_target(said)
        return found is not None and found[1].key != step.key

    async def is_of_before(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """A reply, on purpose, to what was to be confirmed before it changed: no yes to what it is now."""
        found = await self._own_target(said) if corrections.BOUND in (step.value or {}) else None
        return found is not None and (found[0].id, found[1].key) == (conversation.id, step.key) and not found[2]

    async def _own_target(self, said: Spoken) -> tuple[Conversation, Step, bool] | None:
        target = said.replies_to if said.on_purpose else None
        found = await self._database.read(open_questions.pointed, target) if target else None
        return found if found is not None and found[1].of == said.event.sender else None

    async def cards(self, said: Spoken) -> list[Pair]:
        """What waits here for whoever has the right, where this may answer it: it begins with « oui », « 2 », « c’est
        fait », is said to nobody, and where only concierges or hosts are. What stands under a photo is about the photo,
        « /me ok » about oneself; what waits in a thread is answered there."""
        if said.replies_to or said.thread or said.pills or said.place not in AMONG_THEMSELVES:
            return []
        if said.event.content.get("msgtype") != "m.text":
            return []
        if not begins_bare(said.text or "", self._words):
            return []
        pairs = await self._database.read(open_questions.open_questions, said.event.room_id)
        others = [pair for pair in pairs if not (pair[1].of or "@").startswith("@") and not _is_in_thread(*pair)]
        return [pair for pair in others if await self.may_answer(said.event, *pair)]

    async def is_to_the_last(self, said: Spoken, conversation: Conversation, step: Step) -> bool:
        """Whether nothing else in the room can be meant. A second opinion must point at what it agrees to."""
        if step.of in BY_ANOTHER:
            return False
        return await self._database.read(open_questions.is_last_said, conversation.id, step.key, said.event, PAUSE)


def needs_another(event: Event, conversation: Conversation, step: Step) -> bool:
    """A second opinion is not one's own."""
    return step.of in BY_ANOTHER and event.sender == conversation.person


def _here(said: Spoken, conversation: Conversation) -> bool:
    """Whether this was said where the conversation goes on: somebody's thread is another talk, but not in private."""
    return said.place is Place.DIRECT or said.thread in (None, conversation.thread)


def _is_in_thread(conversation: Conversation, step: Step) -> bool:
    """Elsewhere than where it goes on, a conversation asks below nothing."""
    return conversation.thread is not None and step.room_id == conversation.room_id
