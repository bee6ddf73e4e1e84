"""What a path of arrival holds, read from any version of it: what is too long, broken or unknown is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from bot.matrix.markup import clean, one_line
from bot.services.registry import OPENINGS
from bot.talk.answers import PERHAPS_UNSAID, Answer, Choice, Many, Text, YesNo
from bot.words import fold

T = TypeVar("T")
GROUP = re.compile(r"[a-z][a-z0-9-]{1,29}")
BRACES = re.compile(r"\{[^{}]*\}|[{}]")
ONE, SEVERAL, YES_NO, FREE = KINDS = ("one", "several", "yes-no", "free")
YES = "yes"  # the only option of a yes or no that opens something
RIGHTS = READ, EDIT = "read", "edit"
MOST_QUESTIONS, MOST_OPTIONS, MOST_OPENED = 20, 12, 20
LONGEST_TEXT, LONGEST_LABEL, LONGEST_OPTION, LONGEST_TASK, LONGEST_SENTENCE = 300, 30, 60, 200, 1000
LONGEST_PATH = 1000  # as much as clients of Nextcloud can hold
REMIND, WORRY, LONGEST_WAIT = 2, 5, 60  # days

# The sentences that a lieu may say in its own words, and the holes that the bot fills in each.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "welcome.hello": ("lieu",),
    "welcome.hello-from": ("by", "lieu"),
    "welcome.wish": (),
    "welcome.pending": ("lieu",),
    "welcome.declined": ("lieu",),
    "welcome.done": ("lieu",),
    "welcome.recovery-key": (),
    "introduction.newcomer": ("name", "person", "wish"),
    "introduction.how-is-it": ("name", "lieu"),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What an answer opens: rooms as (room id, name), groups by what follows the name of the lieu's own, folders of the
    lieu as (path, right: one of RIGHTS), accounts as (service, one of its choices), and tasks for a human."""

    rooms: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    folders: tuple[tuple[str, str], ...] = ()
    tasks: tuple[str, ...] = ()
    accounts: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rooms or self.groups or self.folders or self.tasks or self.accounts)

    @classmethod
    def load(cls, raw: Any) -> Opening:
        raw = _mapping(raw)
        rooms = [(str(pair[0]), one_line(pair[1], 200)) for pair in _list(raw.get("rooms")) if _is_room(pair)]
        groups = [group for group in _list(raw.get("groups")) if isinstance(group, str) and GROUP.fullmatch(group)]
        folders = [(str(pair[0]), str(pair[1])) for pair in _list(raw.get("folders")) if _is_folder(pair)]
        tasks = [task for task in (one_line(one, LONGEST_TASK) for one in _list(raw.get("tasks"))) if task]
        accounts = [(str(pair[0]), str(pair[1])) for pair in _list(raw.get("accounts")) if _is_account(pair)]
        most = slice(MOST_OPENED)
        return cls(
            tuple(rooms[most]), tuple(groups[most]), tuple(folders[most]), tuple(tasks[most]), tuple(accounts[most])
        )

    @classmethod
    def all_of(cls, openings: Iterable[Opening]) -> Opening:
        """Each once, in their order; of two rights to a folder, or two choices of an account, the larger one."""
        every = list(openings)
        rooms = dict.fromkeys(room for one in every for room in one.rooms)
        groups = dict.fromkeys(group for one in every for group in one.groups)
        folders: dict[str, str] = {}
        for path, right in (folder for one in every for folder in one.folders):
            folders[path] = EDIT if EDIT in (right, folders.get(path)) else right
        accounts: dict[str, str] = {}
        for service, choice in (account for one in every for account in one.accounts):
            accounts[service] = OPENINGS[service].larger(choice, accounts.get(service, ""))
        tasks = dict.fromkeys(task for one in every for task in one.tasks)
        return cls(tuple(rooms), tuple(groups), tuple(folders.items()), tuple(tasks), tuple(accounts.items()))


@dataclass(frozen=True, slots=True)
class OwnOption:
    label: str
    opens: Opening = field(default_factory=Opening)

    @classmethod
    def load(cls, raw: Any) -> OwnOption:
        raw = _mapping(raw)
        return cls(one_line(raw.get("label"), LONGEST_OPTION), Opening.load(raw.get("opens")))


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """`label` is its short name in a recapitulation; `kind` one of KINDS."""

    id: str
    text: str = ""
    label: str = ""
    kind: str = FREE
    optional: bool = False
    options: tuple[OwnOption, ...] = ()

    @classmethod
    def load(cls, raw: Any) -> OwnQuestion:
        """A kind that this program does not know, or that has lost its options, is asked as a free text."""
        raw = _mapping(raw)
        options = _once((OwnOption.load(one) for one in _list(raw.get("options"))), lambda one: fold(one.label))
        kind = str(raw.get("kind"))
        if kind not in KINDS or (kind != YES_NO and not options):
            kind = FREE
        return cls(
            one_line(raw.get("id"), 40),
            one_line(raw.get("text"), LONGEST_TEXT),
            one_line(raw.get("label"), LONGEST_LABEL),
            kind,
            raw.get("optional") is True,
            tuple(options[:MOST_OPTIONS]) if kind != FREE else (),
        )

    @property
    def answer(self) -> Answer[Any]:
        labels = [option.label for option in self.options]
        match self.kind:
            case "one":
                return Choice(labels)
            case "several":
                return Many(labels)
            case "yes-no":
                return YesNo()
        return Text(PERHAPS_UNSAID, max=500)

    def opened(self, answer: Any) -> list[Opening]:
        """By this answer; None where the question was skipped."""
        chosen = {YES} if answer is True else {answer} if isinstance(answer, str) else {*(answer or ())}
        return [option.opens for option in self.options if option.label in chosen]


@dataclass(frozen=True, slots=True)
class ArrivalPath:
    """`texts` are the lieu's own sentences by the key of the catalogue; `remind` and `worry` are days of silence."""

    questions: tuple[OwnQuestion, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    remind: int = REMIND
    worry: int = WORRY

    @classmethod
    def load(cls, raw: Any) -> ArrivalPath:
        raw = _mapping(raw)
        questions = _once((OwnQuestion.load(one) for one in _list(raw.get("questions"))), lambda one: one.id)
        texts = {key: _lines(raw["texts"].get(key)) for key in TEXTS} if isinstance(raw.get("texts"), dict) else {}
        return cls(
            tuple([one for one in questions if one.text and one.label][:MOST_QUESTIONS]),
            {key: text for key, text in texts.items() if text},
            _days(raw.get("remind"), REMIND),
            _days(raw.get("worry"), WORRY),
        )

    def dump(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)

    def opened(self, answers: Mapping[str, Any]) -> Opening:
        """By these answers, each under the id of its question."""
        return Opening.all_of(one for q in self.questions for one in q.opened(answers.get(q.id)))

    def over(self, words: Mapping[str, str]) -> dict[str, str]:
        """A lieu's own sentences, with those of this version of its path."""
        return {key: text for key, text in words.items() if key not in TEXTS} | dict(self.texts)

    def with_question(self, question: OwnQuestion) -> ArrivalPath:
        """In the place of the one that has its id, else last."""
        if question.id not in [one.id for one in self.questions]:
            return replace(self, questions=(*self.questions, question))
        changed = tuple(question if one.id == question.id else one for one in self.questions)
        return replace(self, questions=changed)

    def without(self, id: str) -> ArrivalPath:
        return replace(self, questions=tuple(one for one in self.questions if one.id != id))

    def moved(self, id: str, behind: str) -> ArrivalPath:
        """The question of this id after another one; first where `behind` is empty."""
        moving = [one for one in self.questions if one.id == id]
        others = [one for one in self.questions if one.id != id]
        at = next((n for n, one in enumerate(others, 1) if one.id == behind), 0)
        return replace(self, questions=(*others[:at], *moving, *others[at:]))

    def reworded(self, key: str, sentence: str | None) -> ArrivalPath:
        others = {name: text for name, text in self.texts.items() if name != key}
        return replace(self, texts=others | ({key: sentence} if sentence else {}))

    def patient(self, remind: int, worry: int) -> ArrivalPath:
        return replace(self, remind=remind, worry=worry)


def group_from(name: str) -> str:
    """What follows the name of the lieu's group (« Vélo » → "velo"); empty where it has too few Latin letters."""
    group = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
    return group if GROUP.fullmatch(group) else ""


def unknown_placeholders(key: str, sentence: str) -> list[str]:
    """What stands between braces in a sentence of the lieu although the bot has nothing to put there."""
    return [found for found in BRACES.findall(sentence) if found[1:-1] not in TEXTS[key]]


def _mapping(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _list(raw: Any) -> list[Any]:
    return list(raw) if isinstance(raw, list | tuple) else []


def _lines(raw: Any) -> str:
    return clean(raw, LONGEST_SENTENCE).strip() if isinstance(raw, str) else ""


def _days(raw: Any, otherwise: int) -> int:
    return raw if type(raw) is int and 0 < raw <= LONGEST_WAIT else otherwise


def _is_room(pair: Any) -> bool:
    return len(pair := _list(pair)) == 2 and isinstance(pair[0], str) and pair[0].startswith("!")


def _is_folder(pair: Any) -> bool:
    path, right = pair if len(pair := _list(pair)) == 2 else ("", "")
    if not isinstance(path, str) or right not in RIGHTS:
        return False
    names = path.split("/")
    return len(path) <= LONGEST_PATH and path.isprintable() and all(name not in ("", ".", "..") for name in names)


def _is_account(pair: Any) -> bool:
    """Of a service that this program knows, and may open."""
    service, choice = pair if len(pair := _list(pair)) == 2 else ("", "")
    return isinstance(service, str) and service in OPENINGS and choice in OPENINGS[service].choices


def _once(found: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """Those that have a name, each name once."""
    return list({name(one): one for one in reversed(list(found)) if name(one)}.values())[::-1]
