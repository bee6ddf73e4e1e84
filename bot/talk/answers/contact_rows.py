"""Rows of cells as people: who is named in each, at which address, and what is in the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.contacts.cells import Row
from bot.matrix.identifiers import ids_in, is_user_id
from bot.talk.answers.addresses import doubted, email_in
from bot.talk.answers.agreement import is_polite
from bot.talk.answers.answer import NotUnderstood
from bot.talk.answers.columns import (
    EMAIL,
    FAMILY,
    FIRST,
    FULL,
    HEAD,
    MATRIX,
    Shaped,
    Titled,
    emails_in,
    is_titles,
    role_of,
    says_family_first,
    shape,
    shaped,
    titled,
    without_addresses,
)
from bot.talk.answers.written_names import first_before, is_two, joined_name, name_in, name_of, without_asides
from bot.words import Words, cut, fold

BULLET = re.compile(r"^\s*(?:[-*•–]\s+|\d{1,3}[.)]\s+)")
LONGEST_LINE, LONGEST_SHOWN = 500, 80
LABELLED = re.compile(r"([^\d:@]{2,40}):(.*)")
MADE, TWO, MENDED, TWO_MENDED = "made", "two", "mended", "two-mended"


@dataclass(frozen=True, slots=True)
class Line:
    """One person as a list has them. `problem`: what is in the way; `note`: the name was `made` from the address, or
    says `two` people; or the address was `mended`, for none can be what was typed."""

    text: str
    name: str = ""
    email: str = ""
    address: str = ""
    note: str = ""
    problem: NotUnderstood | None = None


@dataclass(frozen=True, slots=True)
class Read:
    lines: tuple[Line, ...]
    left: tuple[str, ...]


def lines_of(rows: Sequence[Row], words: Words) -> Read:
    """Everybody whom the rows name, and what else they hold."""
    rows = _of_forms([_unmarked(row) for row in rows], words)
    people = next((n for n, row in enumerate(rows) if "@" in "".join(row)), len(rows))
    start = next((n for n, row in enumerate(rows[: min(HEAD, people)]) if is_titles(row, words)), None)
    if start is None:
        return _by_shape(_people_only(rows, words), words)
    below = [row for row in rows[start + 1 :] if not is_titles(row, words)]
    if len(rows[start]) == 1:  # « Nom Prénom E-mail », above free lines
        read = _by_shape(_people_only(below, words), words)
        turned = says_family_first(rows[start][0], words)
        return replace(read, lines=tuple(map(_turned_line, read.lines))) if turned else read
    return _by_titles(rows[start], titled(rows[start], words), _people_only(below, words), words)


def _of_forms(rows: list[Row], words: Words) -> list[Row]:
    """« Nom : Martin », « Prénom : Zoé », « E-mail : zoe@… », as forms are mailed, is a table with these titles."""
    cells = [cell for row in rows for cell in row if cell]
    found = [(label[1].strip(), label[2].strip()) for cell in cells if (label := LABELLED.fullmatch(cell))]
    roles = {role_of(title, words) for title, _ in found} - {""}
    if len(roles) < 2 or sum("@" in cell for cell in cells) != sum("@" in value for _, value in found):
        return rows
    people: list[dict[str, str]] = [{}]
    for title, value in found:
        if title in people[-1]:
            people.append({})
        people[-1][title] = value
    titles = tuple(dict.fromkeys(title for title, _ in found))
    return [titles, *(tuple(person.get(title, "") for title in titles) for person in people)]


def _unmarked(row: Row) -> Row:
    return (BULLET.sub("", row[0]), *row[1:]) if row else row


def _people_only(rows: Sequence[Row], words: Words) -> list[Row]:
    """Without what stands around a list: lines of dots, a greeting, a heading, the totals below."""
    totals = words.means("talk.words.total")
    return [row for row in rows if "@" in "".join(row) or not _is_around(" ".join(row), words, totals)]


def _is_around(line: str, words: Words, totals: frozenset[str]) -> bool:
    said = fold(line)
    heading = line.rstrip().endswith(":")
    return not said or heading or said.split()[0] in totals or is_polite(line, words) or _greets(line, words)


def _greets(line: str, words: Words) -> bool:
    """« Bonjour Anne, »"""
    return line.rstrip().endswith((",", "!")) and is_polite(line.split(maxsplit=1)[0], words)


# -- a table with titles


def _by_titles(titles: Row, columns: Titled, rows: Sequence[Row], words: Words) -> Read:
    used = {column for each in columns.columns.values() for column in each}
    left = [
        title
        for column, title in enumerate(titles)
        if title and column not in used and any(column < len(row) and row[column] for row in rows)
    ]
    return Read(tuple(_titled_line(row, columns, words) for row in rows), tuple(left))


def _titled_line(row: Row, columns: Titled, words: Words) -> Line:
    """Whoever paid is named where nobody else is, and their address where there is no other."""
    text = _short(row)
    ids = [id for cell in (columns.cell(row, MATRIX, 0), *row) for id in ids_in(cell) if is_user_id(id)]
    found = [email for rank in range(len(row)) for email in emails_in(columns.cell(row, EMAIL, rank))]
    emails = found or [email for cell in row for email in emails_in(cell)]
    local = emails[0].partition("@")[0] if emails else ""
    name = next((made for rank in range(2) if (made := _titled_name(row, columns, rank, local, words))), "")
    if ids:
        return Line(text, name=name, address=ids[0])
    return _line(text, name, emails[:1], _is_two(row, words))


def _titled_name(row: Row, columns: Titled, rank: int, local: str, words: Words) -> str:
    first, family = (name_in(columns.cell(row, role, rank), words) for role in (FIRST, FAMILY))
    if first and family:
        return joined_name([first, family])
    full = name_in(columns.cell(row, FULL, rank), words)
    return _turned(full, columns.family_first, local) if full else first or _turned(family, True, local)


def _turned_line(line: Line) -> Line:
    return replace(line, name=_turned(line.name, True, line.email.partition("@")[0]))


def _turned(name: str, family_first: bool, local: str) -> str:
    """« Martin Zoé », where the title says that the family name comes first, or the address does."""
    parts = name.split()
    if len(parts) != 2:
        return name
    says = first_before(parts[0], parts[1], local)
    return joined_name(parts[::-1]) if says < 0 and (family_first or says < -1) else name


# -- lines without titles


def _by_shape(rows: Sequence[Row], words: Words) -> Read:
    ordinary = [row for row in rows if len(row) > 1 and sum(bool(_addresses(cell)) for cell in row) == 1]
    columns = shaped(ordinary, words)
    lines = [line for row in rows for line in _shaped_lines(row, columns if row in ordinary else Shaped((), ()), words)]
    return Read(tuple(lines), columns.left)


def _addresses(cell: str) -> list[str]:
    return [id for id in ids_in(cell) if is_user_id(id)] or emails_in(cell)


def _shaped_lines(row: Row, columns: Shaped, words: Words) -> list[Line]:
    row = tuple(piece for cell in row for piece in _apart(cell))
    addressed = [cell for cell in row if _addresses(cell)]
    if len(addressed) > 1:
        return [_free(person, words) for person in _each(row)]
    if not columns.names or not addressed:
        return [_free(row, words)]
    return [_shaped_line(row, addressed[0], columns, words)]


def _shaped_line(row: Row, addressed: str, columns: Shaped, words: Words) -> Line:
    cells = [row[column] for column in columns.names if column < len(row)]
    names = [name_in(cell, words) for cell in cells if shape(cell, words) == FULL]
    shouted = [cell for cell in cells if cell.isupper()]
    if len(names) == 2 and len(shouted) == 1:  # « DUPONT ; Jean »
        names.sort(key=lambda name: name == name_in(shouted[0], words))
    beside = name_in(without_addresses(addressed), words)
    name = joined_name(names) or beside
    ids = [id for id in ids_in(addressed) if is_user_id(id)]
    if ids:
        return Line(_short(row), name=name, address=ids[0])
    return _line(_short(row), name, emails_in(addressed), _is_two(row, words))


def _apart(cell: str) -> list[str]:
    """Addresses alone, between spaces: each is somebody's."""
    several = len(_addresses(cell)) > 1 and not without_addresses(cell) and "<" not in cell
    return cell.split() if several and all("@" in piece for piece in cell.split()) else [cell]


def _each(row: Row) -> Iterator[Row]:
    """The people of one line: each with what stands before their address, or behind it where the line begins so."""
    cells = [cell for cell in row if cell]
    ahead = bool(_addresses(cells[0])) and not without_addresses(cells[0])
    person: list[str] = []
    for cell in cells:
        if ahead and _addresses(cell) and person:
            yield tuple(person)
            person = []
        person.append(cell)
        if not ahead and _addresses(cell):
            yield tuple(person)
            person = []
    if person:
        yield tuple(person)


def _free(row: Row, words: Words) -> Line:
    """A line as people write one: a name and an address, somehow."""
    text = _short(row)
    if sum(map(len, row)) > LONGEST_LINE:
        return Line(text, problem=NotUnderstood("invitee-long", line=text))
    ids = [id for cell in row for id in ids_in(cell) if is_user_id(id)]
    emails = list(dict.fromkeys(email for cell in row for email in emails_in(cell)))
    names = [name for cell in row if (name := _free_name(cell, words))]
    local = emails[0].partition("@")[0] if emails else ""
    if len(names) > 1 and all(" " not in name for name in names[:2]):  # « Dupont, Jean »
        names = names[:2] if first_before(names[0], names[1], local) >= 0 else names[1::-1]
        names = [joined_name(names)]
    name = _by_address(names[0], local, text) if names else ""
    if ids and not emails:
        return Line(text, name=name, address=ids[0])
    return _line(text, name, emails, _is_two(row, words))


def _free_name(cell: str, words: Words) -> str:
    bare = without_asides(without_addresses(cell), words)
    return name_in(bare, words) if (not _addresses(cell) and shape(bare, words) == FULL) or _addresses(cell) else ""


def _by_address(name: str, local: str, text: str) -> str:
    """« DUPONT JEAN », all in capitals, as the address has it; so where the address has the first letter alone."""
    parts = name.split()
    says = first_before(parts[0], parts[1], local) if len(parts) == 2 else 0
    shouted = all(part.upper() in text for part in parts)
    return joined_name(parts[::-1]) if says < (-1 if shouted else -2) else name


def _is_two(row: Row, words: Words) -> bool:
    return any(is_two(without_addresses(cell), words) for cell in row if cell)


# -- what becomes of a line


def _line(text: str, name: str, emails: Sequence[str], two: bool) -> Line:
    if len(emails) != 1:
        why = NotUnderstood("invitee-several" if emails else "invitee-address", line=text)
        return Line(text, name="" if emails else name, problem=why)  # whose the name is, is not clear
    line = Line(text, name=name, email=emails[0], note=TWO if two else "")
    try:
        line = replace(line, email=email_in(emails[0]))
    except NotUnderstood as no:
        if no.code == "email" and (meant := doubted(emails[0])):
            return replace(_line(text, name, [meant], two), note=TWO_MENDED if two else MENDED)
        accents = no.code == "email-accents"
        return replace(line, problem=NotUnderstood("invitee-accents" if accents else "invitee-email", line=text))
    if name:
        return line
    made = name_of(line.email)
    if not made:
        return replace(line, problem=NotUnderstood("invitee-name", line=text))
    return replace(line, name=made, note=MADE)


def _short(row: Row) -> str:
    return cut(" ".join(cell for cell in row if cell), LONGEST_SHOWN)
