"""What copies are called, and which of them are kept: one of each of the last days, weeks and months."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable
from datetime import UTC, datetime

DAYS, WEEKS, MONTHS = 7, 4, 6
ENDING = ".tar.age"
WRITTEN = "%Y%m%dT%H%M%SZ"
ERASURES = "erasures.jsonl.age"
WHEN = re.compile(r"(?<=-)\d{8}T\d{6}Z(?=\.tar\.age$)")


def beginning(user: str) -> str:
    """Of the names of this bot's copies: several may share a place, and none tidies up what is another's."""
    return re.sub(r"[^a-z0-9.-]+", "_", user.lower()).strip("_") + "-"


def name_of(user: str, at: datetime) -> str:
    return f"{beginning(user)}{at.astimezone(UTC).strftime(WRITTEN)}{ENDING}"


def made_at(name: str, user: str) -> datetime | None:
    """None for what is no copy of this bot."""
    first = beginning(user)
    if not (name.startswith(first) and name.endswith(ENDING)):
        return None
    try:
        return datetime.strptime(name[len(first) : -len(ENDING)], WRITTEN).replace(tzinfo=UTC)
    except ValueError:
        return None


def erasures_beside(name: str) -> str:
    """The name under which whoever was erased lies beside the copy of this name, and beside all of this bot."""
    return WHEN.sub("", name).removesuffix(ENDING) + ERASURES


def written_at(name: str) -> datetime | None:
    """When a copy was made, whosever it is; None for what is no copy."""
    moment = WHEN.search(name)
    try:
        return datetime.strptime(moment[0], WRITTEN).replace(tzinfo=UTC) if moment else None
    except ValueError:
        return None


def of_user(names: Iterable[str], user: str) -> list[str]:
    """Those that are this bot's, the newest first."""
    return sorted((name for name in names if made_at(name, user)), reverse=True)


def too_many(names: Iterable[str], user: str, needed: Collection[str]) -> list[str]:
    """Those that may go; none of what is `needed`, nor the newest."""
    ours = of_user(names, user)
    kept = {*ours[:1], *needed}
    ways: list[tuple[int, Callable[[datetime], Hashable]]] = [
        (DAYS, lambda at: at.date()),
        (WEEKS, lambda at: at.isocalendar()[:2]),
        (MONTHS, lambda at: (at.year, at.month)),
    ]
    for most, spell in ways:
        newest: dict[Hashable, str] = {}
        for name in ours:
            if at := made_at(name, user):
                newest.setdefault(spell(at), name)
        kept.update(list(newest.values())[:most])
    return [name for name in ours if name not in kept]
