"""How many steps a pattern takes on a text, counted: a backtracking matcher as Python's own, which only counts.

A clock depends on the machine; steps do not. Linters that look at patterns (regexploit, for one) did not see what two
neighbours that can take the same do to a long text: here the text is really read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from re import _constants as c
from re import _parser as parser
from typing import Any

Then = Callable[[int], int | None]
Part = Callable[[int, Then], int | None]
Tree = list[tuple[Any, Any]]
LONG = 16  # a repetition that may take more than this is taken for endless
ONE_SIGN = (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN)
CATEGORIES = {
    c.CATEGORY_DIGIT: re.compile(r"\d"),
    c.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    c.CATEGORY_SPACE: re.compile(r"\s"),
    c.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    c.CATEGORY_WORD: re.compile(r"\w"),
    c.CATEGORY_NOT_WORD: re.compile(r"\W"),
}
WORD = re.compile(r"\w")


class TooMany(Exception):
    """More steps than were allowed."""


@contextmanager
def deeply() -> Iterator[None]:
    """Calls within calls, for this only: elsewhere Python's limit is what keeps deep JSON from ending the process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 100_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Counter:
    """One pattern, ready to be tried on texts."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern = pattern
        self.tree = parser.parse(pattern, flags & ~re.DEBUG)
        self.flags: int = self.tree.state.flags
        self._root = self._sequence(list(self.tree), self.flags)

    def end(self, text: str) -> int | None:
        """Where a match that begins with the text ends."""
        self.text, self.taken, self.most = text, 0, sys.maxsize
        return self._at(0, None)

    def steps(self, method: str, text: str, most: int = sys.maxsize) -> int:
        """How many `method` (of a compiled pattern) takes. Raises TooMany beyond `most`."""
        self.text, self.taken, self.most = text, 0, most
        with deeply():
            return self._try(method, text)

    def _try(self, method: str, text: str) -> int:
        if method in ("match", "fullmatch"):
            whole = len(text) if method == "fullmatch" else None
            self._at(0, whole)
            return self.taken
        start = 0
        while start <= len(text):
            end = self._at(start, None)
            if end is not None and method == "search":
                break
            start = max(end if end is not None else 0, start + 1)
        return self.taken

    def _at(self, start: int, whole: int | None) -> int | None:
        self.groups: dict[int, tuple[int, int]] = {}
        return self._root(start, lambda end: end if whole in (None, end) else None)

    def _tick(self, count: int = 1) -> None:
        self.taken += count
        if self.taken > self.most:
            raise TooMany(self.pattern)

    # -- the parts of a pattern

    def _sequence(self, nodes: Tree, flags: int) -> Part:
        parts = [self._part(op, args, flags) for op, args in nodes]

        def run(at: int, then: Then, index: int = 0) -> int | None:
            if index == len(parts):
                return then(at)
            return parts[index](at, lambda end: run(end, then, index + 1))

        return run

    def _part(self, op: Any, args: Any, flags: int) -> Part:
        if op in ONE_SIGN:
            return self._sign(taker(op, args, flags))
        match op:
            case c.BRANCH:
                return self._branch([self._sequence(list(each), flags) for each in args[1]])
            case c.SUBPATTERN:
                group, added, taken, inner = args
                return self._group(group, self._sequence(list(inner), (flags | added) & ~taken))
            case c.MAX_REPEAT | c.MIN_REPEAT:
                return self._repeat(args[0], args[1], list(args[2]), flags, greedy=op is c.MAX_REPEAT)
            case c.POSSESSIVE_REPEAT:
                return self._atomic(self._repeat(args[0], args[1], list(args[2]), flags, greedy=True))
            case c.ATOMIC_GROUP:
                return self._atomic(self._sequence(list(args), flags))
            case c.ASSERT | c.ASSERT_NOT:
                return self._look(args[0], args[1], flags, wanted=op is c.ASSERT)
            case c.AT:
                return self._place(args, flags)
            case c.GROUPREF:
                return self._same(args)
        raise NotImplementedError(f"{op} in {self.pattern!r}: teach it to this counter")

    def _sign(self, takes: Callable[[str], bool]) -> Part:
        def run(at: int, then: Then) -> int | None:
            self._tick()
            return then(at + 1) if at < len(self.text) and takes(self.text[at]) else None

        return run

    def _branch(self, ways: list[Part]) -> Part:
        def run(at: int, then: Then) -> int | None:
            for way in ways:
                self._tick()
                if (end := way(at, then)) is not None:
                    return end
            return None

        return run

    def _group(self, group: int | None, inner: Part) -> Part:
        def run(at: int, then: Then) -> int | None:
            if group is None:
                return inner(at, then)

            def kept(end: int) -> int | None:
                before = self.groups.get(group)
                self.groups[group] = (at, end)
                found = then(end)
                if found is None and before is not None:
                    self.groups[group] = before
                return found

            return inner(at, kept)

        return run

    def _repeat(self, least: int, most: int, body: Tree, flags: int, *, greedy: bool) -> Part:
        if len(body) == 1 and body[0][0] in ONE_SIGN:
            return self._signs(least, most, taker(*body[0], flags), greedy)
        inner = self._sequence(body, flags)

        def run(at: int, then: Then, count: int = 0) -> int | None:
            self._tick()

            def more() -> int | None:
                if count >= most:
                    return None
                return inner(at, lambda end: run(end, then, count + 1) if end > at or count < least else None)

            if count < least:
                return more()
            for way in (more, lambda: then(at)) if greedy else (lambda: then(at), more):
                if (end := way()) is not None:
                    return end
            return None

        return run

    def _signs(self, least: int, most: int, takes: Callable[[str], bool], greedy: bool) -> Part:
        def run(at: int, then: Then) -> int | None:
            count, last = 0, min(most, len(self.text) - at)
            while count < last and takes(self.text[at + count]):
                count += 1
            self._tick(count + 1)
            for taken in range(count, least - 1, -1) if greedy else range(least, count + 1):
                self._tick()
                if (end := then(at + taken)) is not None:
                    return end
            return None

        return run

    def _atomic(self, inner: Part) -> Part:
        def run(at: int, then: Then) -> int | None:
            end = inner(at, lambda end: end)
            return None if end is None else then(end)

        return run

    def _look(self, direction: int, nodes: Any, flags: int, *, wanted: bool) -> Part:
        inner, width = self._sequence(list(nodes), flags), nodes.getwidth()[0]

        def run(at: int, then: Then) -> int | None:
            start = at if direction > 0 else at - width
            found = inner(start, lambda end: end if direction > 0 or end == at else None) if start >= 0 else None
            return then(at) if (found is not None) is wanted else None

        return run

    def _place(self, where: Any, flags: int) -> Part:
        lines = bool(flags & re.MULTILINE)

        def is_there(at: int) -> bool:
            text, end = self.text, len(self.text)
            match where:
                case c.AT_BEGINNING:
                    return at == 0 or (lines and text[at - 1] == "\n")
                case c.AT_BEGINNING_STRING:
                    return at == 0
                case c.AT_END:
                    return at == end or text[at:] == "\n" or (lines and text[at] == "\n")
                case c.AT_END_STRING:
                    return at == end
            beside = [bool(WORD.match(text[each])) for each in (at - 1, at) if 0 <= each < end]
            return (sum(beside) == 1) is (where is c.AT_BOUNDARY)

        def run(at: int, then: Then) -> int | None:
            self._tick()
            return then(at) if is_there(at) else None

        return run

    def _same(self, group: int) -> Part:
        def run(at: int, then: Then) -> int | None:
            start, end = self.groups.get(group, (0, -1))
            self._tick(max(end - start, 0) + 1)
            said = self.text[start:end]
            return then(at + len(said)) if end >= start and self.text.startswith(said, at) else None

        return run


def taker(op: Any, args: Any, flags: int) -> Callable[[str], bool]:
    """Whether this part of a pattern takes a sign."""

    def bare(sign: str) -> bool:
        match op:
            case c.LITERAL:
                return ord(sign) == args
            case c.NOT_LITERAL:
                return ord(sign) != args
            case c.ANY:
                return sign != "\n" or bool(flags & re.DOTALL)
        negated = args[0][0] is c.NEGATE
        return any(_among(each, value, sign) for each, value in args[negated:]) is not negated

    if not flags & re.IGNORECASE:
        return bare
    negative = op is c.NOT_LITERAL or (op is c.IN and args[0][0] is c.NEGATE)
    return lambda sign: (all if negative else any)(bare(each) for each in {sign, sign.lower()[:1], sign.upper()[:1]})


def _among(op: Any, value: Any, sign: str) -> bool:
    match op:
        case c.LITERAL:
            return ord(sign) == value
        case c.RANGE:
            return value[0] <= ord(sign) <= value[1]
        case c.CATEGORY:
            return bool(CATEGORIES[value].match(sign))
    raise NotImplementedError(op)


# -- texts made of a pattern, to be hostile to it

SIGNS = " \n\ta0-_.,:;!?@#/\\%'\"<>()[]{}|&=+*°é’A9"


def hostile(counter: Counter, size: int) -> Iterator[str]:
    """Each endless repetition is fed, after what leads to it and before what it cannot take; and all of it again.

    Of another size they come in the same order.
    """
    wanted = dict.fromkeys([sign for sign in SIGNS if re.escape(sign) in counter.pattern or sign in counter.pattern])
    ends = ["", "\x00", "\n", " ", *list(wanted)[:3]]
    for before, fed in [("", ""), *_fed(list(counter.tree), counter.flags, "")]:
        for sign in fed:
            for end in ends:
                yield before + _filled(sign, size) + end
            yield _filled(before + sign * 2, size)
            yield before + _filled(sign + before, size)
    whole = _shortest(list(counter.tree), counter.flags, 1)
    for text in (whole, _shortest(list(counter.tree), counter.flags, 0), whole + whole[:-1]):
        yield _filled(text, size)
        yield _filled(text[:-1], size)
        yield _filled(text[1:], size)
    for sign in (" ", "\n", "a", "0", *wanted):
        yield sign * size
        yield f"{sign}a" * (size // 2)
        yield f"{sign} " * (size // 2)


def _filled(unit: str, size: int) -> str:
    return unit * max(4, size // max(len(unit), 1))


def _fed(nodes: Tree, flags: int, before: str) -> Iterator[tuple[str, list[str]]]:
    """What leads to each endless repetition, and what it may be fed with."""
    for op, args in nodes:
        match op:
            case c.MAX_REPEAT | c.MIN_REPEAT | c.POSSESSIVE_REPEAT:
                body = list(args[2])
                if args[1] > LONG:
                    yield before, _samples(body, flags)
                yield from _fed(body, flags, before)
            case c.SUBPATTERN:
                yield from _fed(list(args[3]), (flags | args[1]) & ~args[2], before)
            case c.BRANCH:
                for way in args[1]:
                    yield from _fed(list(way), flags, before)
            case c.ATOMIC_GROUP:
                yield from _fed(list(args), flags, before)
        before += _shortest([(op, args)], flags, 1)


def _samples(body: Tree, flags: int) -> list[str]:
    if len(body) == 1 and body[0][0] in ONE_SIGN:
        takes = taker(*body[0], flags)
        return [sign for sign in SIGNS if takes(sign)][:12]
    return list(dict.fromkeys(_shortest(body, flags, more) for more in (0, 1)))


def _shortest(nodes: Tree, flags: int, optional: int) -> str:
    """A short text that these parts take; what may be left out is there `optional` times."""
    text = ""
    for op, args in nodes:
        if op in ONE_SIGN:
            takes = taker(op, args, flags)
            text += chr(args) if op is c.LITERAL else next(filter(takes, "a0é " + SIGNS), "a")
        elif op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            text += _shortest(list(args[2]), flags, optional) * max(args[0], min(optional, args[1]))
        elif op is c.SUBPATTERN:
            text += _shortest(list(args[3]), flags, optional)
        elif op is c.BRANCH:
            text += _shortest(list(args[1][0]), flags, optional)
        elif op is c.ATOMIC_GROUP:
            text += _shortest(list(args), flags, optional)
    return text
