"""Yes to a numbered list of people, or what is to change in it: « 3 Zoé Martin », « enlève le 3 »."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from bot.contacts.cells import rows_in
from bot.matrix.identifiers import ids_in, is_user_id
from bot.talk.answers.addresses import DOMAIN, doubted, email_in
from bot.talk.answers.agreement import agreed, is_beside, yes_or_no
from bot.talk.answers.answer import NO, YES, Answer, Heard, NotUnderstood, said
from bot.talk.answers.columns import emails_in, without_addresses
from bot.talk.answers.contact_rows import MADE, Line, lines_of
from bot.talk.answers.no_answer import ASKING, instead, is_question
from bot.talk.answers.person import is_another
from bot.talk.answers.written_names import corrects, has_figure, name_in, without_asides
from bot.words import Words, fold

NUMBER = re.compile(r"(\d{1,3})\s*(?:[-–]\s*(\d{1,3}))?")
NUMBERED = re.compile(r"\s*(?:n\s?[°o]\s*)?([1-9]\d{0,2})(?!\d|[.,/]\d)\s*[.):;,=>→–-]*\s*", re.IGNORECASE)
JOINT = re.compile(r"\s*[;,.]\s+|\s+")
LONGEST_LINE = 400  # characters: more is a table
CELLS = re.compile(r"[;\t] ?\S")
MOST_LEAVING = 8  # words that say that somebody is left out
MOST_SMALL = 2  # words of a name without capitals
LONGEST = 20_000  # characters: a list may be pasted once more
MOST_WORDS = 15  # of a cell: more are a sentence, perhaps ours, which a program sends back


@dataclass(frozen=True, slots=True)
class Change:
    """Of the line `n`, or of nobody's yet (0): what it is from now on, or that it is left out."""

    n: int
    drop: bool = False
    name: str = ""
    email: str = ""
    address: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.name, self.email or self.address) if part)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line as it is shown: its number, and who is in it; `near`: what its e-mail is probably a slip of."""

    n: int
    name: str
    email: str = ""
    address: str = ""
    near: str = ""

    def __str__(self) -> str:
        return " · ".join(part for part in (self.name, self.email, self.address) if part)


@dataclass(frozen=True, slots=True)
class Revision(Answer[tuple[Change, ...]]):
    """No change is a yes. `lines`: those that have a number; where there is one, no number need be said."""

    kind: ClassVar[str] = "revision"
    lines: Sequence[Numbered]

    @property
    def revises(self) -> bool:
        return True

    def hint(self) -> tuple[str, dict[str, object]]:
        return (self.kind if len(self.lines) > 1 else "yes-no"), {}

    def reactions(self) -> Sequence[str]:
        return (YES, NO)

    async def read(self, heard: Heard, words: Words) -> tuple[Change, ...]:
        text = said(heard)
        right = agreed(heard, words)
        if right:
            return ()
        text = heard.text or text
        if right is False or (why := instead(text, words)) not in (None, ASKING):
            raise NotUnderstood("revision-which" if len(self.lines) > 1 else "revision-only")
        if why == ASKING and not any(char.isdigit() or char == "@" for char in text):
            raise NotUnderstood("asking")
        changes = tuple(self._changes(text[:LONGEST], words))
        for line in self.lines:
            of_it = [change for change in changes if change.n == line.n]
            if any(len({said for said in both if said}) > 1 for both in zip(*map(_parts, of_it), strict=True)):
                raise NotUnderstood("revision-how", number=line.n, line=str(line))
        return changes

    def _changes(self, text: str, words: Words) -> Iterator[Change]:
        pieces = [piece for line in text.splitlines() for piece in self._pieces(line, words)]
        said = [piece for piece in pieces if fold(piece) and not is_beside(piece, words)]
        if not said:
            raise NotUnderstood("revision-which" if len(self.lines) > 1 else "revision-only")
        for piece in said:
            yield from self._change(piece, words)

    def _pieces(self, line: str, words: Words) -> Iterator[str]:
        """« 1 Zoé Durand et 2 Léo Martin, c’est tout » as what it says of each."""
        begun, joints = 0, words.means("talk.words.and")
        for cut in JOINT.finditer(line) if len(line) <= LONGEST_LINE else ():
            behind = line[cut.span()[1] :]
            joined = cut[0].strip() or fold(behind.split(" ")[0]) in joints
            if joined and fold(line[begun : cut.span()[0]]) and self._begins(behind, words):
                yield line[begun : cut.span()[0]]
                begun = cut.span()[1]
        yield line[begun:]

    def _begins(self, said: str, words: Words) -> bool:
        """Whether another line of the list, « c’est bon », or the e-mail of the only one is spoken of from here on."""
        if is_beside(said, words):
            return True
        rest = _to_number(said, words)
        numbered = NUMBERED.match(rest)
        if numbered and int(numbered[1]) in {line.n for line in self.lines}:
            now = _behind(rest[numbered.end() :], words.means("talk.words.becoming"))
            return now[:1].isupper() or "@" in now.split(" ")[0]
        bare = _behind(said, words.means("talk.words.revising"))
        return (
            len(self.lines) == 1 and fold(bare.split(" ")[0]) in words.means("talk.words.title-email") and "@" in bare
        )

    def _change(self, line: str, words: Words) -> list[Change]:
        if left_out := self._left_out(line, words):
            return [Change(n, drop=True) for n in left_out]
        rest = _to_number(line, words)
        numbered = NUMBERED.match(rest)
        if numbered is None or ("@" in rest and CELLS.search(rest)):
            return [self._unnumbered(line, words)]
        (n,) = self._known([int(numbered[1])])
        behind = rest[numbered.end() :]
        gone = fold(behind) in words.means("talk.words.leave-out") or yes_or_no(behind, words) is False
        return [Change(n, drop=True) if gone else self._to(n, behind, words)]

    def _left_out(self, line: str, words: Words) -> list[int]:
        """The lines that « enlève le 3 », « c’est bon sauf Lou », « les 4 et 5 à supprimer » leave out."""
        leaving = words.means("talk.words.leave-out")
        tokens = line.split()
        at = next((n for n, token in enumerate(tokens) if fold(token) in leaving), len(tokens))
        before, behind = " ".join(tokens[:at]), " ".join(tokens[at + 1 :])
        if at < len(tokens) and (_is_passing(before, words) or yes_or_no(before, words)):
            return self._named(behind, words)
        last = range(max(1, len(tokens) - MOST_LEAVING), len(tokens))
        ends = (n for n in last if fold(" ".join(tokens[n:])) in leaving)
        said = " ".join(tokens[: next(ends, 0)])
        return (
            self._known(_numbers(said, words))
            if NUMBER.search(said) and _is_passing(NUMBER.sub("", said), words)
            else []
        )

    def _named(self, said: str, words: Words) -> list[int]:
        """By their numbers, or by what stands in them."""
        if (NUMBER.search(said) and "@" not in said) or not fold(said):
            return self._known(_numbers(said, words))
        polite, joints = words.means("talk.words.polite"), words.means("talk.words.and")
        marked = " ".join(
            "," if fold(token) in joints else token for token in said.split() if fold(token) not in polite
        )
        found = [self._like(Line(one, name=one.strip(), email=one.strip().lower())) for one in marked.split(",")]
        if not all(found):
            raise NotUnderstood("revision-which")
        return found

    def _known(self, numbers: Sequence[int]) -> list[int]:
        there = {line.n for line in self.lines}
        if len(there) == 1 and [*numbers] in ([], [1]):  # whoever is there alone is shown without a number
            return [*there]
        if not numbers:
            raise NotUnderstood("revision-which")
        for n in numbers:
            if n not in there:
                raise NotUnderstood("revision-unknown", line=n)
        return [*numbers]

    def _to(self, n: int, rest: str, words: Words) -> Change:
        """What stands behind a number. A name is taken as it was typed."""
        line = next(line for line in self.lines if line.n == n)
        if is_question(rest, words) and "@" not in rest:
            raise NotUnderstood("asking")
        bare = _behind(rest, words.means("talk.words.becoming"))
        if moved := _moved(line, rest, words) or _moved(line, bare, words):  # « 3 c’est gmail »
            return Change(n, email=email_in(moved))
        rest = bare
        ids = [id for id in ids_in(rest) if is_user_id(id)]
        emails = emails_in(rest)
        name = name_in(without_asides(without_addresses(rest), words), words)
        if not ids and not emails and not _is_named(name, rest, words):
            raise NotUnderstood("revision-how", number=n, line=str(line))
        return Change(n, name=name, email="" if ids or not emails else email_in(rest), address=ids[0] if ids else "")

    def _unnumbered(self, line: str, words: Words) -> Change:
        """A whole line, which takes the place of the one that it resembles; a part of the only one."""
        if any(len(cell.split()) > MOST_WORDS for cell in line.replace(";", "\t").split("\t")):
            raise NotUnderstood("revision-which")
        if len(self.lines) == 1 and (corrects(line, words) or not _is_whole(line, words)):
            (only,) = self.lines
            line, whole = _behind(without_asides(line, words), _passing(words)), line
            if (
                "@" not in line
                and not _moved(only, line, words)
                and not (_is_for(only.name, line) or (_is_said(whole, words) and line[:1].isupper()))
            ):
                raise NotUnderstood("revision-only")
            return self._to(only.n, line, words)
        if is_question(without_addresses(line), words):
            raise NotUnderstood("asking")
        emails = emails_in(line)
        kept = [(each.n, new) for each in self.lines for new in emails if each.email in emails and new != each.email]
        if len(emails) == 2 and len(kept) == 1:  # « remplace zoe@… par zoe.martin@… »
            ((n, new),) = kept
            return Change(n, email=email_in(new))
        said = _about(line, words)
        found = next(iter(lines_of(rows_in(said), words).lines), Line(line, problem=NotUnderstood("revision-which")))
        if found.problem:
            raise found.problem if "@" in line else NotUnderstood("revision-which")
        n = self._like(replace(found, name="") if found.note == MADE else found)
        if not n and said != line and not _is_whole(said, words) and _is_becoming(line, words):
            raise NotUnderstood("revision-which")  # « c’est zoe@… »: whose?
        now = next((each for each in self.lines if each.n == n), None)
        same = now is not None and found.email != now.email and {*fold(found.name).split()} < {*fold(now.name).split()}
        return Change(n, name="" if same else found.name, email=found.email, address=found.address)

    def _like(self, found: Line) -> int:
        for line in self.lines:
            if (found.email and found.email == line.email) or (found.address and found.address == line.address):
                return line.n
        lone = [line for line in self.lines if line.name and "@" not in line.name]
        named = [line.n for line in lone if found.name and not is_another(found.name, line.name)]
        return named[0] if len(named) == 1 else 0

    def dump(self, value: tuple[Change, ...]) -> Any:
        return [asdict(change) for change in value]

    def load(self, json: Any) -> tuple[Change, ...]:
        return () if json is True else tuple(Change(**one) for one in json)  # a yes of before

    def show(self, value: tuple[Change, ...], words: Words, language: str) -> str:
        if not value:
            return words.word(language, "talk.words.yes")
        gone = words.word(language, "talk.words.left-out")
        told = [(change.n, gone if change.drop else str(change)) for change in value]
        return " ; ".join(f"{n} → {now}" if n and len(self.lines) > 1 else now for n, now in told)


def _parts(change: Change) -> tuple[str, str]:
    return change.name, change.email or change.address


def _moved(line: Numbered, said: str, words: Words) -> str:
    """The address at another domain: « gmail.com » behind its number, « gmail » or « oui » where that was proposed."""
    local, _, _ = line.email.partition("@")
    bare, meant = said.strip(" @.").lower(), line.near or doubted(line.email)
    if meant and (yes_or_no(said, words) or bare == meant.rpartition("@")[2].partition(".")[0]):
        return meant
    return f"{local}@{bare}" if local and DOMAIN.fullmatch(bare) else ""


def _is_named(name: str, said: str, words: Words) -> bool:
    """« 3 jean dupont » names somebody; « 3 ne va pas », « 3 mauvais mail » and « le 3 c’est qui ? » say something
    else."""
    if not name or has_figure(said) or instead(said, words):
        return False
    talk = words.means("talk.words.becoming") | words.means("talk.words.remark")
    small = said.split() if said.islower() else []
    return len(small) <= MOST_SMALL and not any(fold(token) in talk for token in small)


def _is_for(name: str, said: str) -> bool:
    """Whether a text without a number can be a name: it has its capitals, or is like the one that it corrects.
    « Attends » is none."""
    tokens = said.split()
    return (len(tokens) > 1 and all(token[:1].isupper() for token in tokens)) or not is_another(said, name)


def _is_whole(line: str, words: Words) -> bool:
    bare = without_asides(without_addresses(line), words)
    return "@" in line and bool(name_in(_behind(bare, _passing(words)), words))


def _behind(text: str, passing: Set[str]) -> str:
    """What is said behind the words with which a sentence about a line begins."""
    tokens = text.split()
    at = next((n for n, token in enumerate(tokens) if fold(token) not in passing | {""}), len(tokens))
    return " ".join(tokens[at:])


def _passing(words: Words) -> frozenset[str]:
    return words.means("talk.words.revising") | words.means("talk.words.becoming")


def _to_number(text: str, words: Words) -> str:
    """Without « non, le mail du » before a number; as it is where there is none behind."""
    rest = _behind(text, _passing(words))
    return rest if NUMBERED.match(rest) else text


def _is_passing(text: str, words: Words) -> bool:
    return not _behind(text, _passing(words))


def _is_becoming(text: str, words: Words) -> bool:
    return any(fold(token) in words.means("talk.words.becoming") for token in text.split())


def _is_said(text: str, words: Words) -> bool:
    return _is_becoming(text, words) or corrects(text, words)


def _about(text: str, words: Words) -> str:
    """« le mail de Zoé, c’est zoe@… », « rajoute aussi zoe@… » as the name and the address alone. « Zoé Martin » and
    « de la Tour » stay whole: a name begins with the first word that no sentence about a list begins with."""
    adding, becoming = words.means("talk.words.adding"), words.means("talk.words.becoming")
    tokens = text.split()
    if all(token[:1].isupper() for token in tokens[:2]):  # « Son Nguyen »
        return text
    at = len(tokens) - len(_behind(text, _passing(words) | adding).split())
    begun = tokens[:at]
    if not any(fold(token) in becoming for token in begun):  # « ajoute de la Tour »
        at = max((n for n, token in enumerate(begun, 1) if fold(token) in adding), default=0)
    address = next((n for n, token in enumerate(tokens) if "@" in token), len(tokens))
    rest = [token for n, token in enumerate(tokens) if n >= at and not (n < address and fold(token) in becoming | {""})]
    return " ".join(rest)


def _numbers(text: str, words: Words) -> list[int]:
    """« 3, 5 et 7 », « 3-6 »; none where it says anything else."""
    joints = frozenset[str]().union(
        *(words.means(f"talk.words.{key}") for key in ("and", "revising", "becoming", "polite"))
    )
    rest = fold(NUMBER.sub(" ", text))
    if any(token not in joints for token in rest.split()):
        raise NotUnderstood("revision-which")
    found = [(int(first), int(last or first)) for first, last in NUMBER.findall(text)]
    return [n for first, last in found for n in range(first, last + 1)]
