"""Several people at once, pasted from a mail or a spreadsheet, or in a file that is dropped into the room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar

from bot.contacts.cells import rows_in
from bot.contacts.sheets import LARGEST, Sheet, sheet_in
from bot.matrix.identifiers import is_user_id
from bot.talk.answers.answer import Answer, Heard, NotUnderstood, said
from bot.talk.answers.contact_rows import MADE, lines_of
from bot.talk.answers.person import is_another
from bot.words import Words, fold
from integrations.domains import email_read
from integrations.errors import Refused

SHOWN = 8
Fetch = Callable[[Mapping[str, Any], int], Awaitable[bytes]]
There = Callable[[], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to invite: a Matrix `address`, or a `name` and an `email`. `n`: their line in the list; `note`: what
    whoever wrote it should look at, as in `contact_rows.Line`."""

    address: str = ""
    name: str = ""
    email: str = ""
    n: int = field(default=0, compare=False)
    note: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.name} ({email_read(self.email)})" if self.email else self.name or self.address


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not understood; the sentence `talk.again.<code>` says why. `name` and `email`: what was."""

    line: str
    code: str
    n: int = field(default=0, compare=False)
    name: str = field(default="", compare=False)
    email: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Guests:
    """`left`: what was read and not used, as the titles of its columns or by what `talk.left.…` calls it."""

    people: tuple[Invitee, ...]
    problems: tuple[Problem, ...] = ()
    left: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Invitees(Answer[Guests]):
    """At least one person, at most `most`; lines that were not understood come beside them. `fetch`: what is in a file
    that somebody sent (raises Refused), of so many bytes at most, where one may be. `there`: who is in the
    lieu already, id → name; a name that only one of them bears is enough."""

    kind: ClassVar[str] = "invitees"
    most: int = 100
    fetch: Fetch | None = None
    there: There | None = None

    @property
    def waits(self) -> bool:
        return self.fetch is not None

    @property
    def takes_files(self) -> bool:
        return self.fetch is not None

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return ("invitees-or-file" if self.fetch else self.kind), {}

    async def read(self, heard: Heard, words: Words) -> Guests:
        sheet = await self._sheet(heard)
        guests = await asyncio.to_thread(guests_of, sheet, words)
        if not heard.attachment:
            guests = _called_before(guests, heard.offered.get("name", ""))
        if self.there and any(_is_named_alone(bad) for bad in guests.problems):
            guests = _recognised(guests, await self.there())
        if len(guests.people) > self.most:
            raise NotUnderstood("invitees-many", most=self.most, n=len(guests.people))
        if not guests.people:
            raise _refusal(guests.problems, bool(heard.attachment))
        return guests

    async def _sheet(self, heard: Heard) -> Sheet:
        if heard.attachment is None or self.fetch is None:
            said(heard)
            text = heard.named or heard.text or ""
            pills = [(id,) for id in heard.pills if is_user_id(id) and id.lower() not in text.lower()]
            return Sheet((*pills, *rows_in(_without_names(text, bool(pills)))))
        if heard.attachment["msgtype"] != "m.file":
            raise Refused("file-picture")
        return await asyncio.to_thread(sheet_in, await self.fetch(heard.attachment, LARGEST))

    def dump(self, value: Guests) -> Any:
        return asdict(value)

    def load(self, json: Any) -> Guests:
        people = tuple(Invitee(**one) for one in json["people"])
        return Guests(people, tuple(Problem(**one) for one in json["problems"]), tuple(json.get("left", ())))

    def show(self, value: Guests, words: Words, language: str) -> str:
        names = [str(person) for person in value.people]
        return str(words.listed(language, names)) if len(names) <= SHOWN else ", ".join(names[:SHOWN]) + "…"


def guests_in(text: str, words: Words) -> Guests:
    """Everybody whom a text names, and the lines that it could not be told from."""
    return guests_of(Sheet(tuple(rows_in(text))), words)


def guests_of(sheet: Sheet, words: Words) -> Guests:
    """The same of rows; whoever is named twice is there once. Two people may have one address here."""
    read = lines_of(sheet.rows, words)
    people: list[Invitee] = []
    problems: list[Problem] = []
    for n, line in enumerate(read.lines, 1):
        one = Invitee(line.address, line.name, line.email, n, line.note)
        if line.problem:
            problems.append(Problem(line.text, line.problem.code, n, line.name, line.email))
        elif _is_there(one, people):
            problems.append(Problem(str(one), "invitee-twice", n, line.name, line.email))
        else:
            people.append(one)
    return Guests(tuple(people), tuple(problems), (*read.left, *sheet.left))


def _called_before(guests: Guests, name: str) -> Guests:
    """An address alone, behind a line of which only the name could be read, is of whoever has this name."""
    if name and not guests.problems and len(guests.people) == 1 and guests.people[0].note == MADE:
        return replace(guests, people=(replace(guests.people[0], name=name, note=""),))
    return guests


def _is_named_alone(bad: Problem) -> bool:
    return bad.code == "invitee-address" and bool(bad.name)


def _recognised(guests: Guests, there: Mapping[str, str]) -> Guests:
    """« Awa Dupont », without an address, is the one who is there by this name."""
    ids = dict[str, list[str]]()
    for id, name in there.items():
        ids.setdefault(fold(name), []).append(id)
    people, problems = [*guests.people], list[Problem]()
    for bad in guests.problems:
        found = ids.get(fold(bad.name), []) if _is_named_alone(bad) else []
        if len(found) == 1:
            people.append(Invitee(found[0], bad.name, n=bad.n))
        else:
            problems.append(bad)
    return replace(guests, people=tuple(sorted(people, key=lambda one: one.n)), problems=tuple(problems))


def _is_there(one: Invitee, people: Sequence[Invitee]) -> bool:
    """Families and associations share an address: a name tells them apart."""
    same = [each for each in people if (each.address, each.email) == (one.address, one.email)]
    return any(one.address or not is_another(one.name, each.name) for each in same)


def _without_names(text: str, pills: bool) -> str:
    """Where a mention stands is not always known; its text is the person's name alone: a line without an address."""
    return "\n".join(line for line in text.splitlines() if not pills or "@" in line)


def _refusal(problems: Sequence[Problem], in_file: bool) -> NotUnderstood:
    """One line's own reason, or that none could be read."""
    if len(problems) == 1 and not in_file:
        (bad,) = problems
        return NotUnderstood(bad.code, offered={"name": bad.name} if bad.name else {}, line=bad.line)
    return NotUnderstood("file-nobody" if in_file else "invitees")
