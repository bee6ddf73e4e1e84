"""What copies are called, and which of them are kept: one of each of the last days, weeks and months."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable
from datetime import UTC, datetime
from hashlib import sha256

DAYS, WEEKS, MONTHS = 7, 4, 6
ENDING = ".tar.age"
WRITTEN = "%Y%m%dT%H%M%SZ"
WHEN = re.compile(r"(?<=-)\d{8}T\d{6}Z(?=\.tar\.age$)")
LIST = re.compile(r"(?P<first>.+?)(?P<whose>__[0-9a-f]{8})?-erasures-[0-9a-f]{8}\.jsonl\.age")
WHOSE = re.compile(r"(?P<first>.+?)(?P<whose>__[0-9a-f]{8})?-")
PLAIN = re.compile(r"@[a-z0-9.-]+:[a-z0-9.-]+(:\d+)?")


def beginning(user: str) -> str:
    """Of the names of this bot's copies: several may share a place, and none tidies up what is another's. An id that is
    not plain cannot be told from another one by its letters alone (@a=b:c, @a_b:c): a digest of it comes after."""
    letters = re.sub(r"[^a-z0-9.-]+", "_", user.lower()).strip("_")
    return f"{letters}-" if PLAIN.fullmatch(user) else f"{letters}__{sha256(user.encode()).hexdigest()[:8]}-"


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


def erasures_name(copy: str, first: str) -> str:
    """Under which the list of whoever was erased lies beside the copies of this bot. By the `first` of them: a list
    that was begun anew, for the data were lost and not put back, takes no other's place."""
    return f"{whose_is(copy)}erasures-{sha256(first.encode()).hexdigest()[:8]}.jsonl.age"


def are_erasures(name: str, copy: str) -> bool:
    """Whether this is such a list, of the bot whose copy that is; or may be, where one of the two is of before there
    were digests: what is not in the data is not erased, and what should be must not come back."""
    listed, copied = LIST.fullmatch(name), WHOSE.fullmatch(whose_is(copy))
    if listed is None or copied is None or listed["first"] != copied["first"]:
        return False
    return listed["whose"] == copied["whose"] or None in (listed["whose"], copied["whose"])


def former(whose: str) -> str:
    """What the names of the same copies began with before there were digests; the same where there is none in it."""
    return re.sub(r"__[0-9a-f]{8}-$", "-", whose)


def whose_is(copy: str) -> str:
    """What the names of all copies of the same bot begin with."""
    return WHEN.sub("", copy).removesuffix(ENDING)


def written_at(name: str) -> datetime | None:
    """When a copy was made, whosever it is; None for what is no copy, or might do something to a terminal."""
    moment = WHEN.search(name) if name.isprintable() else None
    try:
        return datetime.strptime(moment[0], WRITTEN).replace(tzinfo=UTC) if moment else None
    except ValueError:
        return None


def of_user(names: Iterable[str], user: str, sent: Collection[str] = ()) -> list[str]:
    """Those that are this bot's, the newest first; `sent` are such, whatever they are called."""
    dated = [(at, name) for name in names if (at := written_at(name) if name in sent else made_at(name, user))]
    return [name for _, name in sorted(dated, reverse=True)]


def too_many(
    names: Iterable[str], user: str, needed: Collection[str], now: datetime, sent: Collection[str] = ()
) -> list[str]:
    """Those that may go; none of what is `needed`, nor the newest. `sent`: as in `of_user`. What is of later than `now`
    tells of a clock that was wrong, then or now: it stays, and takes no other's turn."""
    ours = [name for name in of_user(names, user, sent) if (at := written_at(name)) and at <= now]
    kept = {*ours[:1], *needed}
    ways: list[tuple[int, Callable[[datetime], Hashable]]] = [
        (DAYS, lambda at: at.date()),
        (WEEKS, lambda at: at.isocalendar()[:2]),
        (MONTHS, lambda at: (at.year, at.month)),
    ]
    for most, spell in ways:
        newest: dict[Hashable, str] = {}
        for name in ours:
            if at := written_at(name):
                newest.setdefault(spell(at), name)
        kept.update(list(newest.values())[:most])
    return [name for name in ours if name not in kept]
