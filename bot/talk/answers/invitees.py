"""Several people at once, pasted from a mail or a spreadsheet: one a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from bot.matrix.markup import clean
from bot.talk.answers.addresses import email_in, emails_written, joined
from bot.talk.answers.answer import Answer, Heard, NotUnderstood, said
from bot.talk.answers.person import is_another
from bot.talk.answers.references import LINK, URI, WRITTEN, ids_in, is_user_id
from bot.words import Words, fold
from integrations.domains import email_read

BULLET = re.compile(r"^\s*(?:[-*•–]\s+|\d{1,3}[.)]\s+)")
BETWEEN = re.compile(r"[;,\t]")
QUOTES = str.maketrans(dict.fromkeys('<>()[]"«»“”;,\t|', " "))
LONGEST_NAME, LONGEST_LINE, LONGEST_SHOWN = 100, 500, 80
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to invite: a Matrix `address`, or a `name` and an `email`."""

    address: str = ""
    name: str = ""
    email: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({email_read(self.email)})" if self.email else self.name or self.address


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not understood; the sentence `talk.again.<code>` says why."""

    line: str
    code: str


@dataclass(frozen=True, slots=True)
class Guests:
    people: tuple[Invitee, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Invitees(Answer[Guests]):
    """At least one person, at most `most`; lines that were not understood come beside them."""

    kind: ClassVar[str] = "invitees"
    most: int = 100

    async def read(self, heard: Heard, words: Words) -> Guests:
        said(heard)
        pills = [f"{id}\n" for id in heard.pills if is_user_id(id) and id not in (heard.text or "")]
        guests = guests_in("".join(pills) + _without_names(heard, bool(pills)), words)
        if len(guests.people) > self.most:
            raise NotUnderstood("invitees-many", most=self.most, n=len(guests.people))
        if not guests.people:
            raise _refusal(guests.problems)
        return guests

    def dump(self, value: Guests) -> Any:
        return {"people": [asdict(one) for one in value.people], "problems": [asdict(one) for one in value.problems]}

    def load(self, json: Any) -> Guests:
        people = tuple(Invitee(**one) for one in json["people"])
        return Guests(people, tuple(Problem(**one) for one in json["problems"]))

    def show(self, value: Guests, words: Words, language: str) -> str:
        names = [str(person) for person in value.people]
        return str(words.listed(language, names)) if len(names) <= SHOWN else ", ".join(names[:SHOWN]) + "…"


def guests_in(text: str, words: Words) -> Guests:
    """Everybody that a text names, once, and the lines that it could not be told from."""
    people: dict[str, Invitee] = {}
    problems: list[Problem] = []
    for line in _lines(text, words):
        try:
            found = _people(line)
        except NotUnderstood as problem:
            problems.append(Problem(_short(line), problem.code))
            continue
        again = [one for one in found if (one.address or one.email) in people]
        problems += [_again(people[one.address or one.email], one) for one in again]
        people |= {one.address or one.email: one for one in found if one not in again}
    return Guests(tuple(people.values()), tuple(problems))


def _again(before: Invitee, one: Invitee) -> Problem:
    """Families and associations share an address."""
    if one.email and is_another(one.name, before.name):
        return Problem(str(one), "invitee-shared")
    return Problem(str(one), "invitee-twice")


def _without_names(heard: Heard, pills: bool) -> str:
    """A mention's text is the person's name alone: said twice, it would be a line without an address."""
    lines = (heard.text or "").splitlines()
    return "\n".join(line for line in lines if not pills or "@" in line)


def _lines(text: str, words: Words) -> Iterator[str]:
    header = words.means("talk.words.columns")
    for raw in text.splitlines():
        line = BULLET.sub("", clean(raw.replace("\t", ";"))).strip()
        cells = ([fold(title) for title in cut if fold(title)] for cut in (BETWEEN.split(line), line.split()))
        if fold(line) and not any(all(title in header for title in titles) for titles in cells):
            yield line


def _people(line: str) -> list[Invitee]:
    """Usually one. Raises `NotUnderstood`."""
    if len(line) > LONGEST_LINE:
        raise NotUnderstood("invitee-long", line=_short(line))
    ids = [id for id in ids_in(line) if is_user_id(id)]
    bare = " ".join(WRITTEN.sub(" ", URI.sub(" ", LINK.sub(" ", line))).split())
    if ids and "@" not in bare:
        name = _name(bare) if len(ids) == 1 else ""
        return [Invitee(address=id, name=name) for id in ids]
    pieces = [piece for piece in BETWEEN.split(line) if piece.strip()]
    if line.count("@") > 1 and all(piece.count("@") == 1 for piece in pieces):
        return [person for piece in pieces for person in _people(piece)]
    return [_by_email(line)]


def _by_email(line: str) -> Invitee:
    tokens = joined(line).translate(QUOTES).split()
    addresses = emails_written(" ".join(tokens))
    if len(addresses) != 1:
        raise NotUnderstood("invitee-several" if addresses else "invitee-address", line=_short(line))
    name = _name(" ".join(token for token in tokens if "@" not in token))
    try:
        email = email_in(addresses[0])
    except NotUnderstood as unclear:
        why = "invitee-accents" if unclear.code == "email-accents" else "invitee-email"
        raise NotUnderstood(why, line=_short(line)) from unclear
    if not name:
        raise NotUnderstood("invitee-name", line=_short(line))
    return Invitee(name=name, email=email)


def _name(text: str) -> str:
    name = " ".join(text.translate(QUOTES).split()).strip(" :-–—.'’")
    if len(name) > LONGEST_NAME:
        raise NotUnderstood("invitee-long", line=_short(text))
    return name if fold(name) else ""


def _short(line: str) -> str:
    return line if len(line) <= LONGEST_SHOWN else line[: LONGEST_SHOWN - 1] + "…"


def _refusal(problems: Sequence[Problem]) -> NotUnderstood:
    """One line's own reason, or that none could be read."""
    if len(problems) == 1:
        return NotUnderstood(problems[0].code, line=problems[0].line)
    return NotUnderstood("invitees")
