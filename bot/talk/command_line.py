"""A command line: what was typed, where, and whether the bot was spoken to; which command it names; and how that
begins: for which lieu, in which room, and whether this person may."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NotRequired, TypedDict
from urllib.parse import unquote

from bot.lieux import Lieu, Lieux
from bot.matrix.markup import Beside, Code
from bot.matrix.message import attached, is_for, plain_text
from bot.people import People, Place, Role
from bot.store import budgets
from bot.store.budgets import Budget
from bot.store.conversations import Conversation
from bot.store.inbox import Event
from bot.talk.engine import Engine
from bot.talk.replies import Purse, Replies, lost_by
from bot.talk.script import Script
from bot.talk.spelling import resembling
from bot.words import Words, fold

LINK_TO, LINK_END = 'href="https://matrix.to/#/', re.compile(r"[\"?&<>\s]")
LONGEST_HTML, MOST_PEOPLE = 40_000, 50  # characters, people
ASK_WHICH = "which-lieu"
COMMANDS = Budget("commands", 30)
FOR_CONCIERGES = Budget("commands", 150)  # an open day, forty people by hand
IN_ROOM = Budget("commands", 150)  # where everybody reads them


class Origin(TypedDict):
    """What a command may want to know of the message that it came in: where it was said, to which message it replies on
    purpose, the root of its thread, whom it mentions, and the file that came with it."""

    room_id: str
    event_id: str
    replies_to: str | None
    thread: str | None
    pills: list[str]
    attachment: NotRequired[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Spoken:
    """`text`: what was typed, None for a photo. `command`: the line without prefix or mention, where it may be one;
    `explicit`: it has one of these, and can be nothing else."""

    event: Event
    text: str | None
    place: Place
    lieu: Lieu | None
    addressed: bool
    explicit: bool
    command: str | None
    prefixed: bool
    pills: tuple[str, ...] = ()

    @property
    def thread(self) -> str | None:
        """The event at the root of the thread in which this was said."""
        root = self.event.relation.get("event_id") if self.event.relation.get("rel_type") == "m.thread" else None
        return root if isinstance(root, str) else None

    @property
    def replies_to(self) -> str | None:
        """The message that this one replies to, on purpose or because a thread always does."""
        reply = self.event.relation.get("m.in_reply_to")
        target = reply.get("event_id") if isinstance(reply, dict) else None
        return target if isinstance(target, str) else None

    @property
    def origin(self) -> Origin:
        replies_to = self.replies_to if self.on_purpose else None
        origin: Origin = {
            "room_id": self.event.room_id,
            "event_id": self.event.event_id,
            "replies_to": replies_to,
            "thread": self.thread,
            "pills": list(self.pills),
        }
        if found := attached(self.event.content):
            origin["attachment"] = found
        return origin

    @property
    def on_purpose(self) -> bool:
        return self.event.relation.get("is_falling_back") is not True


def spoken(event: Event, me: str, name: str, prefix: str, place: Place, lieu: Lieu | None) -> Spoken:
    """`me` and `name` are the bot's: how a mention of it begins a message."""
    typed = plain_text(event.content, me, name)
    called = is_for(event.content, me, name)
    prefixed = typed is not None and typed.lstrip().startswith(prefix)
    command = typed.strip() if typed is not None and (called or place is Place.DIRECT) else None
    if typed is not None and prefixed:
        command = typed.lstrip()[len(prefix) :]
    explicit = called or prefixed
    addressed, named = explicit or place is Place.DIRECT, tuple(pills(event.content, me))
    return Spoken(event, typed, place, lieu, addressed, explicit, command, prefixed, named)


def pills(content: dict[str, Any], me: str) -> list[str]:
    """Who is named, besides the bot: by a link to them, whatever the text of it says, or by a mention.

    Clients mention whoever is replied to, and those whom that message mentioned: nobody is named by that alone.
    """
    new, relation = content.get("m.new_content"), content.get("m.relates_to")
    said = new if isinstance(new, dict) else content
    linked, mentions = [each for each in _linked(said) if each != me], said.get("m.mentions")
    named = mentions.get("user_ids") if isinstance(mentions, dict) else None
    replies = isinstance(relation, dict) and "m.in_reply_to" in relation and relation.get("is_falling_back") is not True
    told = [] if replies or not isinstance(named, list) else [each for each in named if isinstance(each, str)]
    return list(dict.fromkeys([*linked, *(each for each in told if each != me)]))


def _linked(content: dict[str, Any]) -> list[str]:
    """The people to whom the formatted text of a message links; what it quotes is somebody else's."""
    html = content.get("formatted_body")
    if not isinstance(html, str):
        return []
    own = html[:LONGEST_HTML].rpartition("</mx-reply>")[2]
    targets = (LINK_END.split(piece, maxsplit=1)[0] for piece in own.split(LINK_TO)[1 : MOST_PEOPLE + 1])
    return [person for person in map(unquote, targets) if person.startswith("@") and ":" in person]


# -- which command


@dataclass(frozen=True, slots=True)
class Line:
    """A command as it was typed: the script, and the answers given on the line, by question."""

    script: Script
    given: Mapping[str, str]


class CommandTable:
    """Every command that this bot knows."""

    def __init__(self, scripts: Iterable[Script], words: Words, prefix: str = "!") -> None:
        self.prefix = prefix
        self.commands = [script for script in scripts if script.is_command]
        self._words = words
        self._by_word = {
            word: script for script in self.commands for word in words.means(f"command.{script.name}.word")
        }

    def read(self, line: str) -> Line | None:
        """The command that a line (without its prefix) begins with, or None."""
        word, rest = _cut(line)
        script = self._by_word.get(fold(word))
        return Line(script, _given(script, rest)) if script else None

    def near(self, line: str, language: str) -> list[str]:
        """The words that a mistyped one may have meant, in the person's language first."""
        word = fold(_cut(line)[0])
        if word in self._words.means("talk.words.edit"):
            return []  # « modifier » is no slip of « modérer »
        found = resembling(word, self._by_word, 3, 0.6)
        scripts = dict.fromkeys(self._by_word[each].name for each in found)
        return [self._words.word(language, f"command.{name}.word") for name in scripts]

    def code(self, script: Script, language: str) -> Code:
        """« !inviter »: what to type."""
        return Code(f"{self.prefix}{self._words.word(language, f'command.{script.name}.word')}")

    def line(self, script: Script, language: str) -> Beside:
        """« !inviter — inviter une personne, ou plusieurs »: one line of the help."""
        short, _ = self._words.sentence(language, f"command.{script.name}.short", {})
        return Beside((self.code(script, language), f" — {short}"))

    def sections(self) -> Mapping[str, list[Script]]:
        """The commands as the table of contents groups them."""
        found: dict[str, list[Script]] = {}
        for script in self.commands:
            found.setdefault(script.section, []).append(script)
        return found


def _cut(line: str) -> tuple[str, str]:
    """The first word, and the rest: on the same line or below."""
    word, *rest = re.split(r"\s+", line.strip(), maxsplit=1)
    return word, rest[0] if rest else ""


def _given(script: Script, rest: str) -> dict[str, str]:
    """The first questions take a word each, the last one takes what remains."""
    if not rest or not script.takes:
        return {}
    parts = rest.split(None, len(script.takes) - 1)
    return {step: part for steps, part in zip(script.takes, parts, strict=False) for step in steps.split("|")}


# -- how it begins


class Launcher:
    """Begins commands. `direct` finds or makes the direct room with a person."""

    def __init__(
        self,
        engine: Engine,
        people: People,
        lieux: Lieux,
        replies: Replies,
        direct: Callable[[str], Awaitable[str]],
    ) -> None:
        self._engine, self._people, self._lieux, self._replies = engine, people, lieux, replies
        self._direct = direct

    async def begin(
        self, said: Spoken, line: Line, *, understood: bool = True, instead_of: Conversation | None = None
    ) -> bool:
        """Begin a command where it may be said, else in private; where the person may not at all, say so. Unless it
        was `understood`, it counts among what was not. `instead_of`: what the same line began before it was edited."""
        person, action = said.event.sender, line.script.action
        purses = await self._purses(said)
        purses += () if understood else (lost_by(person, said.event.room_id),)
        if await self._replies.rests(said.event, *purses):
            return True
        lieux = [said.lieu] if said.lieu else await self._lieux_for(person, action)
        for place in (said.place, Place.DIRECT):
            allowed = [lieu for lieu in lieux if await self._people.may(person, action, lieu, place)]
            if allowed:
                moved = place is not said.place
                return await self._start(said, line, allowed, purses, understood, instead_of, moved=moved)
        members = self._people.rights[action].role is Role.MEMBER
        return await self._replies.reply(said.event, "talk.for-members" if members else "talk.not-for-you")

    async def _purses(self, said: Spoken) -> tuple[Purse, ...]:
        """What a command spends: its person's, and its room's where it is not a private one."""
        person, budget = said.event.sender, COMMANDS
        if not (await self._replies.spent(said.event, budget, budgets.of_person(person))).within:
            budget = FOR_CONCIERGES if await self._people.lieux_of(person, Role.CONCIERGE) else COMMANDS
        own = (budget, budgets.of_person(person))
        return (own, (IN_ROOM, budgets.of_room(said.event.room_id))) if said.place is Place.ROOM else (own,)

    async def _start(
        self,
        said: Spoken,
        line: Line,
        lieux: list[Lieu | None],
        purses: tuple[Purse, ...],
        understood: bool,
        instead_of: Conversation | None,
        *,
        moved: bool,
    ) -> bool:
        room_id = await self._direct(said.event.sender) if moved else said.event.room_id
        tells = moved and not line.script.discreet
        told = [await self._replies.letter(said.event, "talk.moved", notice=True)] if tells else []
        purse = lost_by(said.event.sender, said.event.room_id)
        spends = [self._replies.spends(said.event, purses)]
        spends += [lambda tx: budgets.refill(tx, *purse)] if understood else []
        conversation = self._conversation(said, line, lieux, room_id)
        if instead_of is None:
            await self._engine.start(conversation, *told, *spends)
        else:
            again = _edited(conversation, instead_of, str(said.event.relation.get("event_id")))
            if not await self._engine.begin_instead(instead_of.id, said.event.event_id, again, *spends):
                return await self._replies.reply(said.event, "talk.line-begun")
        return True

    def _conversation(self, said: Spoken, line: Line, lieux: list[Lieu | None], room_id: str) -> Conversation:
        event, given = said.event, dict(line.given)
        thread = said.thread if room_id == event.room_id else None
        origin = {"given": given, "said": said.origin}
        if len(lieux) == 1:
            lieu = lieux[0].id if lieux[0] else None
            return Conversation(line.script.name, event.sender, room_id, event.event_id, lieu, origin, thread)
        which = [[str(lieu.id), lieu.name] for lieu in lieux if lieu]
        args = {"command": line.script.name, "lieux": which, "line": given, "said": said.origin}
        return Conversation(ASK_WHICH, event.sender, room_id, event.event_id, None, args, thread)

    async def _lieux_for(self, person: str, action: str) -> list[Lieu | None]:
        """In a direct conversation: every lieu where this right is theirs; for what anybody may, the one that they
        look after, else the one they belong to, else none."""
        if self._people.rights[action].role is not Role.STRANGER:
            return [lieu for lieu in await self._lieux.all() if await self._people.may(person, action, lieu)]
        for role in (Role.CONCIERGE, Role.NEWCOMER):
            found = await self._people.lieux_of(person, role)
            if found:
                return [found[0]]
        return [None]


def _edited(now: Conversation, before: Conversation, line: str) -> Conversation:
    """What an edited line begins: known by the line that it was first, where that one was said."""
    origin = (now.args or {}).get("said", {})
    said = {**origin, **(before.args or {}).get("said", {}), "pills": origin.get("pills", [])}
    args = {**(now.args or {}), "said": said}
    return replace(now, cause=f"{line}/{now.cause}", thread=before.thread, args=args)
