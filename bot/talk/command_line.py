"""A command line: what was typed, where, and whether the bot was spoken to; which command it names; and how that
begins: for which lieu, in which room, and whether this person may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NotRequired, TypedDict

from bot.lieux import Lieu, Lieux
from bot.matrix.markup import Beside, Code
from bot.matrix.message import attached
from bot.matrix.passages import LONGEST, Said, passage, without_first
from bot.matrix.typed import Typed, parts, spoken_to, typed_in
from bot.people import AMONG_THEMSELVES, People, Place, Role
from bot.store import budgets, inbox
from bot.store.budgets import Budget
from bot.store.conversations import Conversation
from bot.store.inbox import Event
from bot.talk.answers.agreement import is_made_of
from bot.talk.answers.choices import clue_in
from bot.talk.answers.no_answer import asked_how
from bot.talk.engine import Engine
from bot.talk.replies import Purse, Replies, lost_by
from bot.talk.script import Script
from bot.talk.spelling import ALIKE, resembling, respelled
from bot.words import Words, cut, fold

CONTROLS = ("why", "back", "cancel-all", "cancel", "later", "edit", "where")
STEERING = (*CONTROLS, "resume")
AROUND, WIDE = "«»“”\"'` \u202f\u00a0", ("！", "﹗", "¡")
SLIP = 0.85  # « suprimer » for « supprimer »
MOST_NAMES = 3  # words of a name
SHOWN = 60  # characters of a line that is named
MOST_NAMED = 20  # people whose names are looked up
ASK_WHICH = "which-lieu"
OF_HOSTS = "hosts-"  # how a dialogue is called that is a command's counterpart in their room
COMMANDS = Budget("commands", 30)
FOR_CONCIERGES = Budget("commands", 150)  # an open day, forty people by hand
IN_ROOM = Budget("commands", 150)  # where everybody reads them


class Origin(TypedDict):
    """What a command may want to know of the message that it came in: where it was said, to which message it replies on
    purpose, the root of its thread, whom it mentions, the file that came with it, the kind of place (`Place`), and what
    it `said` after the command, where that has a form."""

    room_id: str
    event_id: str
    replies_to: str | None
    thread: str | None
    pills: list[str]
    attachment: NotRequired[dict[str, Any]]
    place: NotRequired[str]
    said: NotRequired[Said]


@dataclass(frozen=True, slots=True)
class Spoken:
    """`typed`: what was, None for a photo. `line`: the same without prefix or mention, where it may be a command;
    `explicit`: it has one of these, and can be nothing else; `surely`: whatever it says, it was said to the bot;
    `first`: the message that it is an edit of, as it was before any, and `root` that of its thread."""

    event: Event
    typed: Typed | None
    place: Place
    lieu: Lieu | None
    addressed: bool
    explicit: bool
    surely: bool
    line: Typed | None
    prefixed: bool
    pills: tuple[str, ...] = ()
    first: str = ""
    root: str | None = None

    @property
    def text(self) -> str | None:
        """As people read it."""
        return None if self.typed is None else self.typed.text

    @property
    def command(self) -> str | None:
        return None if self.line is None else self.line.text

    @property
    def edits(self) -> str | None:
        """The message that this one edits."""
        edited = self.event.relation.get("event_id") if self.event.relation.get("rel_type") == "m.replace" else None
        return edited if isinstance(edited, str) else None

    @property
    def cause(self) -> str:
        """Of what it begins: an edited line is known by what it was first."""
        return f"{self.first}/{self.event.event_id}" if self.first else self.event.event_id

    @property
    def thread(self) -> str | None:
        """The event at the root of the thread in which this was said; an edit does not say it itself."""
        return self.root or self.event.thread

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
            "place": self.place.value,
        }
        if found := attached(self.event.content):
            origin["attachment"] = found
        return origin

    @property
    def on_purpose(self) -> bool:
        return self.event.relation.get("is_falling_back") is not True


def spoken(event: Event, me: str, name: str, table: CommandTable, place: Place, lieu: Lieu | None) -> Spoken:
    """`me` and `name` are the bot's: how a mention of it begins a message. In an open room people talk with each
    other, and other bots have the same prefix: what is no command of ours, nor surely said to the bot, is not for it.
    """
    typed = typed_in(event.content)
    named = tuple(pills(event.content, typed, me))
    called = spoken_to(typed, me, name) if typed is not None else None
    if called is not None and place is Place.DIRECT and not called[0].marked and not (typed and typed.mentions):
        called = None  # where nobody else is, its name alone may be the answer
    rest, surely = called or (typed, False)
    apart = place is not Place.ROOM and event.thread is None
    begins = rest is not None and table.has_prefix(rest, apart=apart)
    line, prefixed = (table.behind_prefix(rest), True) if rest is not None and begins else (rest, False)
    explicit = called is not None or prefixed
    if place is Place.ROOM and not surely and line is not None and not table.is_ours(line, alone=not prefixed):
        explicit = prefixed = False
        rest = typed
    if not explicit and place is not Place.DIRECT:
        line = table.without_prefix(rest) if rest is not None and place in AMONG_THEMSELVES and apart else None
    return Spoken(event, rest, place, lieu, explicit or place is Place.DIRECT, explicit, surely, line, prefixed, named)


def pills(content: dict[str, Any], typed: Typed | None, me: str) -> list[str]:
    """Who, and which room, is named besides the bot: by a link, whatever the text of it says, or by a mention.

    Clients mention whoever is replied to, whoever spoke last in a thread, and whom those mentioned; an edit repeats it
    and no longer says that it was a reply: nobody is named by that alone.
    """
    mentions, relation = content.get("m.mentions"), content.get("m.relates_to")
    named = mentions.get("user_ids") if isinstance(mentions, dict) else None
    alone = not isinstance(relation, dict) or not {"m.in_reply_to", "rel_type"} & relation.keys()
    told = [each for each in named if isinstance(each, str)] if alone and isinstance(named, list) else []
    linked = typed.ids if typed is not None else ()
    return [each for each in dict.fromkeys((*linked, *told)) if each != me]


async def written_by(event: Event, people: People, longest: int = LONGEST) -> Said | None:
    """What somebody wrote, fit to be said elsewhere: whoever is named in it is called as they are known."""
    named = [one for one in pills(event.content, typed_in(event.content), "") if one.startswith("@")]
    names = {one: await people.name(one) for one in named[:MOST_NAMED]}
    return passage(event.content, names, event.type, longest)


# -- which command


@dataclass(frozen=True, slots=True)
class Line:
    """A command as it was typed: the script, and the answers given on the line, by question; `named` are those that
    mention somebody, with the addresses in place of the names."""

    script: Script
    given: Mapping[str, str]
    named: Mapping[str, str] = field(default_factory=dict)


class CommandTable:
    """Every command that this bot knows."""

    def __init__(self, scripts: Iterable[Script], words: Words, prefix: str = "!") -> None:
        self.prefix = prefix
        self.commands = [script for script in scripts if script.is_command]
        self._words = words
        self._by_word = {
            word: script for script in self.commands for word in words.means(f"command.{script.name}.word")
        }
        # What is said in whole sentences, by people who know no command.
        self._said = [script for script in self.commands if words.has(f"talk.said.{script.name}")]
        # Of those that take what is to be done, then whom it is about.
        about = [one for one in self.commands if one.takes[:1] == ("act",) and one.person in one.takes[1:]]
        self._acts = {script.name: words.phrases(f"{script.family}.act.") for script in about}

    def has_prefix(self, said: Typed, *, apart: bool = False) -> bool:
        """« !aide », and « ! aide » where it says nothing else, or where nobody says it to others (`apart`) and it is
        surely one of ours; « !!! » and « ! attention » are no commands."""
        bare = self._bare(said)
        rest = bare.of(bare.marked.removeprefix(self.prefix))
        begun = bare.marked.startswith(self.prefix) and fold(rest.marked) != ""
        return begun and (rest.marked[:1].isalnum() or self.is_ours(rest, alone=not apart))

    def without_prefix(self, said: Typed) -> Typed | None:
        """« aide » alone, and « /aide », which Element sends if one insists: one of ours, where only concierges are."""
        if fold(said.marked) in self._words.means("talk.words.help"):
            return said
        slashed = said.marked.startswith("/") and said.marked[1:2].isalpha()
        rest = said.of(said.marked[1:])
        return rest if slashed and self.is_ours(rest) else None

    def is_command(self, said: str) -> bool:
        """Whether a whole line, with its prefix, is surely one of ours."""
        typed = Typed(said.strip())
        return self.has_prefix(typed) and self.is_ours(self.behind_prefix(typed))

    def behind_prefix(self, said: Typed) -> Typed:
        return said.of(self._bare(said).marked.removeprefix(self.prefix).lstrip())

    def _bare(self, said: Typed) -> Typed:
        """« !aide » as it is copied from a sentence, between quotation marks; « ！aide », of another keyboard."""
        text = said.marked.strip().removeprefix("\\")
        inner = text.strip(AROUND) if text[:1] in AROUND and text[-1:] in AROUND else text
        inner = text if {*inner} & {*"«»“”`"} else inner
        wide = f"{self.prefix}{inner[1:]}" if self.prefix == "!" and inner[:1] in WIDE else inner
        return said.of(wide) if wide.startswith(self.prefix) else said

    def is_ours(self, line: Typed, *, alone: bool = False) -> bool:
        """Whether a line is a command of ours, or steers what goes on; `alone`: and says nothing else."""
        said = fold(line.text)
        if said in self._by_word or any(said in self._words.means(f"talk.words.{one}") for one in STEERING):
            return True
        return not alone and self.read(line) is not None

    def read(self, line: str | Typed) -> Line | None:
        """The command that a line (without its prefix) begins with, or None."""
        typed = Typed(line) if isinstance(line, str) else line
        word, *rest = parts(typed, 2) if typed.marked.strip() else [typed]
        script = self._by_word.get(fold(word.text))
        if script is None:
            return self.sentence(typed)
        given = self._given(script, rest[0]) if rest and (rest[0].mentions or fold(rest[0].text)) else {}  # « aide ! »
        named = {step: part.named for step, part in given.items() if part.mentions and part.named != part.text}
        return Line(script, {step: part.text for step, part in given.items()}, named)

    def sentence(self, typed: Typed) -> Line | None:
        """The command that is asked for in a whole sentence, with nothing else but politeness, or that it is wanted; a
        « non » in it says that it is not."""
        if not self._words.means("talk.words.no").isdisjoint(fold(typed.text).split()):
            return None
        for script in self._said:
            if is_made_of(typed.text, self._words, f"talk.said.{script.name}", "talk.words.wanting"):
                return Line(script, {})
        return None

    def _given(self, script: Script, rest: Typed) -> dict[str, Typed]:
        """The first questions take a word each, or whom it names, the last one takes what remains. « !compte Zoé »
        says whom it is about, and not what is to be done."""
        takes, acts = script.takes, self._acts.get(script.name, frozenset())
        in_words = _act_in_words(rest, acts)
        if acts and not in_words and _is_about(list(parts(rest, 2)), acts):
            takes = takes[1:]
        told = zip(takes, in_words or parts(rest, len(takes)), strict=False) if takes else ()
        return {step: part for steps, part in told for step in steps.split("|")}

    def near(self, line: str, language: str, *, close: float = 0.6) -> list[str]:
        """The words that a mistyped one may have meant, in the person's language first."""
        word = fold(_first(line))
        if word in self._words.means("talk.words.edit"):
            return []  # « modifier » is no slip of « modérer »
        begun = sorted(each for each in self._by_word if each.startswith(f"{word} ")) if word else []
        found = begun[:3] or resembling(word, self._by_word, 3, close)
        scripts = dict.fromkeys(self._by_word[each].name for each in found)
        return [self._words.word(language, f"command.{name}.word") for name in scripts]

    def meant_by(self, text: str) -> list[Script]:
        """Those that a text is about, in people's own words: « supprimer quelqu’un », « il y a une panne ». Where some
        words say more than others, those alone."""
        phrase = f" {fold(text)} "
        told = {script.name: self._told(phrase, script) for script in self.commands}
        most = max(told.values(), default=0)
        return [script for script in self.commands if most and told[script.name] == most]

    def asked_how(self, text: str) -> list[Script]:
        """Those that are what somebody asks how to do, in so many words: among people, a part of a sentence says
        nothing."""
        asked = asked_how(text, self._words)
        return [one for one in self.commands if asked & self._words.means(f"command.{one.name}.clue")]

    def meant_by_slip(self, text: str) -> list[Script]:
        """Those that a mistyped text is about (« suprimer »), unless it is nearer to the word of a command."""
        clues = (self._words.means(f"command.{script.name}.clue") for script in self.commands)
        known = {word for phrases in clues for phrase in phrases for word in phrase.split()}
        said, mended = fold(text), respelled(fold(text), known | self._by_word.keys(), SLIP)
        changed = {new for old, new in zip(said.split(), mended.split(), strict=True) if old != new}
        return self.meant_by(mended) if changed and changed.isdisjoint(self._by_word) else []

    def _told(self, phrase: str, script: Script) -> int:
        """How many words of the text name what this command is for."""
        clues = self._words.means(f"command.{script.name}.clue")
        return max((len(clue.split()) for clue in clues if clue_in(phrase, [clue]) is not None), default=0)

    def typed(self, conversation: Conversation, language: str) -> Code | None:
        """« !compte zoé »: the line as which a conversation began, also where it asks for which lieu; None where no
        command began it."""
        name, given = line_of(conversation)
        script = next((script for script in self.commands if script.name == name), None)
        if script is None:
            return None
        word, *said = self.code(script, language).text, *" ".join(dict.fromkeys(given.values())).splitlines()[:1]
        return Code(cut(" ".join((word, *said)), SHOWN))

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


def line_of(conversation: Conversation) -> tuple[str, Mapping[str, str]]:
    """The command, and the answers given on its line."""
    args = conversation.args or {}
    return args.get("command", conversation.dialogue), args.get("line", args.get("given")) or {}


def _act_in_words(said: Typed, acts: frozenset[str]) -> list[Typed]:
    """« fermer pour de bon Zoé », « renvoyer le lien »: an act of several words, and whom it is about; else nothing."""
    words = list(parts(said, max((len(act.split()) for act in acts), default=0) + 1))
    for many in range(len(words), 1, -1):
        act, *who = said.of(" ".join(word.marked for word in words[:many])), *[*parts(said, many + 1)][many:]
        if fold(act.text) in acts:
            return [act, *who]
    return []


def _is_about(said: Sequence[Typed], acts: frozenset[str]) -> bool:
    """Whether a line begins with somebody: who is mentioned, or a name, which begins with none of the acts."""
    if not said or said[0].ids:
        return bool(said)
    words = [word for part in said for word in fold(part.text).split()]
    return 0 < len(words) <= MOST_NAMES and not resembling(words[0], {act.split()[0] for act in acts}, 1, ALIKE)


def _first(line: str) -> str:
    return next(iter(line.split(None, 1)), "")


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
        line = self._of_hosts(said, line)
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
        own = f"talk.not-for-you.{line.script.name}"  # where there is something else for them
        refusal = own if self._replies.context.words.has(own) else "talk.not-for-you"
        return await self._replies.reply(said.event, "talk.for-members" if members else refusal)

    def _of_hosts(self, said: Spoken, line: Line) -> Line:
        """In the room of whoever hosts the bot, what is about all lieux, where there is such a thing."""
        own = self._engine.scripts.get(f"{OF_HOSTS}{line.script.name}") if said.place is Place.HOSTS else None
        return replace(line, script=own) if own else line

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
        conversation = self._conversation(
            said, line, lieux, room_id, await self._replied(said, line), await self._formatted(said, line)
        )
        if instead_of is None:
            await self._engine.start(conversation, *told, *spends, lambda tx: inbox.done(tx, said.event.event_id))
        else:
            again = _edited(conversation, instead_of)
            if not await self._engine.begin_instead(instead_of.id, said.event.event_id, again, *spends):
                return await self._replies.reply(said.event, "talk.line-begun")
        return True

    async def _replied(self, said: Spoken, line: Line) -> dict[str, str]:
        """Who is meant by « !modérer » in reply to what they said."""
        step, target = line.script.person, said.replies_to if said.on_purpose else None
        if not step or target is None or line.given.get(step):
            return {}
        first = await self._replies.context.database.read(inbox.first_of, target)
        return {step: first.sender} if first.sender else {}

    async def _formatted(self, said: Spoken, line: Line) -> Said:
        """What stands behind the word of the command, with its form; all of it where there is no such word."""
        whole, typed = await written_by(said.event, self._people) or {}, (said.command or said.text or "").strip()
        html, alone = whole.get("formatted", ""), typed in line.given.values()
        html = html if alone or not html else without_first(html, typed.split()[0])
        return {"formatted": html} if html else {}

    def _conversation(
        self,
        said: Spoken,
        line: Line,
        lieux: list[Lieu | None],
        room_id: str,
        replied: dict[str, str],
        formatted: Said,
    ) -> Conversation:
        event, given, whole = said.event, dict(line.given), said.origin
        thread = said.thread if room_id == event.room_id else None
        more = {"named": dict(line.named), "replied": replied}
        if formatted:
            whole["said"] = formatted
        origin = {"said": whole} | {name: value for name, value in more.items() if value}
        if len(lieux) == 1:
            lieu = lieux[0].id if lieux[0] else None
            return Conversation(
                line.script.name, event.sender, room_id, said.cause, lieu, {"given": given, **origin}, thread
            )
        which = [[str(lieu.id), lieu.name] for lieu in lieux if lieu]
        args = {"command": line.script.name, "lieux": which, "line": given | replied, "said": whole}
        args |= {"named": more["named"]} if line.named else {}
        return Conversation(ASK_WHICH, event.sender, room_id, said.cause, None, args, thread)

    async def _lieux_for(self, person: str, action: str) -> list[Lieu | None]:
        """In a direct conversation: every lieu where this right is theirs; for what anybody may, the one that they
        look after, else the one they belong to, else none. Whoever hosts the bot does so for no lieu."""
        if self._people.rights[action].role is Role.OPERATOR:
            return [None]
        if self._people.rights[action].role is not Role.STRANGER:
            return [lieu for lieu in await self._people.around(person) if await self._people.may(person, action, lieu)]
        for role in (Role.CONCIERGE, Role.NEWCOMER):
            found = await self._people.lieux_of(person, role)
            if found:
                return [found[0]]
        return [None]


def _edited(now: Conversation, before: Conversation) -> Conversation:
    """What an edited line begins, where it was said first."""
    origin = (now.args or {}).get("said", {})
    said = {
        **origin,
        **(before.args or {}).get("said", {}),
        "pills": origin.get("pills", []),
        "said": origin.get("said", {}),
    }
    replied = (before.args or {}).get("replied", {})
    args = {**(now.args or {}), "said": said} | ({"replied": replied} if replied else {})
    return replace(now, thread=before.thread, args=args)
