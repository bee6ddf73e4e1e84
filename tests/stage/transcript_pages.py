"""How a played transcript is written: one lieu from top to bottom, or several side by side, each in its column.

Side by side, a row that begins an act belongs to the room whose name stands above it in its column; what people do
goes on in lines that begin with "↳", and what bots answer is indented. A line without a column is for everybody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

BAR, ON, RULE = "│", "↳ ", "──"
WIDE = {2: 60, 3: 42}


class Page:
    """From top to bottom: as it was written, with the answers between."""

    def __init__(self) -> None:
        self.told = ""
        self.lines: list[str] = []

    def act(self, first: str, below: Sequence[str], room: str, column: int | None) -> None:
        if first.startswith("["):
            self.told = first[1:-1]
            self.lines.append("")
        self.lines += [first, *(f"| {line}".rstrip() for line in below)]

    def answer(self, lines: Sequence[str], room: str | None, column: int) -> None:
        """`room` is where they are seen, unless that is nowhere in Matrix."""
        if room and room != self.told:
            self.told = room
            self.lines.append(f"  [{room}]")
        self.lines += lines

    def text(self) -> list[str]:
        return self.lines


class Columns:
    """Side by side: what several see of one act begins in the same row."""

    def __init__(self, lieux: Sequence[str]) -> None:
        self.width = WIDE[len(lieux)]
        self.acted, self.told = [""] * len(lieux), [""] * len(lieux)
        self.cells: list[list[str]] = [[] for _ in lieux]
        self.lines = [""]
        titles = [f"{RULE} {lieu} ".ljust(self.width, RULE[0]) for lieu in lieux]
        self._row(titles)

    def act(self, first: str, below: Sequence[str], room: str, column: int | None) -> None:
        self._flush()
        if column is not None:
            self._act(first, below, room, column)
        elif not first.startswith("["):  # rooms are named where they are needed
            self._row([""] * len(self.cells))
            self.lines += [first, *(f"| {line}".rstrip() for line in below)]
            self._row([""] * len(self.cells))

    def _act(self, first: str, below: Sequence[str], room: str, column: int) -> None:
        cell = self.cells[column]
        if not first.startswith("(") and {self.acted[column], self.told[column]} != {room}:
            cell += ["", f"[{room}]"]
            self.acted[column] = self.told[column] = room
        for n, line in enumerate([first, *below]):
            start, *more = wrapped(line, self.width - (2 if n else 0), ON)
            cell += [f"| {start}".rstrip() if n else start, *more]
        self._flush()

    def answer(self, lines: Sequence[str], room: str | None, column: int) -> None:
        cell = self.cells[column]
        if room and room != self.told[column]:
            self.told[column] = room
            cell.append(f"  [{room}]")
        for line in lines:
            cell += wrapped(line, self.width, " " * (len(line) - len(line.lstrip()) + 2))

    def text(self) -> list[str]:
        self._flush()
        return self.lines

    def _flush(self) -> None:
        height = max(map(len, self.cells))
        for row in zip(*(cell + [""] * (height - len(cell)) for cell in self.cells), strict=True):
            self._row(row)
        self.cells = [[] for _ in self.cells]

    def _row(self, cells: Sequence[str]) -> None:
        if any(cells) or self.lines[-1].strip(f" {BAR}"):
            padded = [cell + " " * (self.width - width(cell)) for cell in cells]
            self.lines.append(f" {BAR} ".join(padded).rstrip())


def acts(lines: Sequence[str]) -> list[list[str]]:
    """What people do, from either form: an act is a line, and those below it that begin with "|" there."""
    found: list[list[str]] = []
    rooms, here = dict[int, str](), ""
    for column, said in _cells(lines):
        if said.startswith(ON):
            found[-1][-1] += " " + said.removeprefix(ON)
        elif said.startswith("|"):
            found[-1].append(said.removeprefix("|").removeprefix(" "))
        elif said.startswith("[") and column is not None:
            rooms[column] = said
        elif said.strip() and not said.startswith((" ", RULE)):
            room = said if said.startswith("[") else here if column is None or said.startswith("(") else rooms[column]
            if room not in (here, said):
                found.append([room])
            here = room
            found.append([said])
    return found


def _cells(lines: Sequence[str]) -> Iterator[tuple[int | None, str]]:
    """Each with the number of its column, where there are columns."""
    for line in lines:
        if BAR not in line:
            yield None, line
        else:
            yield from enumerate(cell.removeprefix(" ").rstrip() for cell in f" {line}".split(f" {BAR}"))


def wrapped(line: str, most: int, on: str) -> list[str]:
    """As many lines as it takes, broken at spaces; those that go on begin with `on`."""
    said = line.lstrip(" ")
    first, *words = said.split(" ")
    found = [line[: len(line) - len(said)] + first]
    for word in words:
        longer = f"{found[-1]} {word}"
        if width(longer) <= most:
            found[-1] = longer
        else:
            found.append(on + word)
    return found


def width(text: str) -> int:
    """In a terminal's cells: pictures take two, what only changes them none."""
    return sum(1 if c == "\ufe0f" else _taken(c) for c in text)


def _taken(c: str) -> int:
    if unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1
