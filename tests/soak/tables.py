"""What is told of a day that is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from tests.soak.day import Spent

WIDE = 110


def show(spent: Spent) -> None:
    day, accounts = spent.day, spent.accounts
    came = Counter[str]()
    for words, times in accounts.came.items():
        came[words[0].partition(" zz")[0]] += times
    done = {
        "said to the bot": day.said,
        "answers, in their order": accounts.answered,
        "lost": len(accounts.lost),
        "doubled, or not asked for": len(accounts.doubled),
        "nobody heard in time": len(day.trouble),
        "sudden deaths": day.deaths,
        "welcomes": day.welcomes,
        "requests": day.requests,
        "… replies to them, relayed": day.replies,
        "silences": day.silences,
        "links": len(day.shared),
        "… ended by a word": sum(not until for until in day.shared.values()),
        **{f"came besides: « {words} »": times for words, times in came.items()},
    }
    _table(
        f"{day.gauges[-1].hour} hours in {day.minutes:g} minutes, {len(day.town.places)} lieux",
        ("", "how many"),
        done.items(),
    )
    hours = [
        (at.hour, at.said, f"{at.age:.0f}", f"{at.memory:.1f}", at.sizes.database // 1000, at.sizes.log // 1000)
        for at in day.gauges
    ]
    _table("by the hour", ("hour", "said", "process, s", "memory, MiB", "database, kB", "WAL, kB"), hours)
    lives = [(f"{age:.0f}", f"{memory:.1f}") for age, memory in day.lives]
    _table("lives that ended suddenly", ("process, s", "memory, MiB"), lives)
    rows = [
        (name, first, spent.evening[name], spent.forgotten[name])
        for name, first in spent.morning.items()
        if first or spent.evening[name] or spent.forgotten[name]
    ]
    sizes = (spent.sizes[0], day.gauges[-1].sizes, spent.sizes[1])
    files = [("(database, kB)", *(at.database // 1000 for at in sizes))]
    _table("rows", ("table", "that morning", "the next", "two months on"), [*rows, *files])
    _table("complaints in the log", ("event", "times"), spent.complaints.items())
    for title, lines in (("lost", accounts.lost), ("doubled", accounts.doubled), ("not heard", day.trouble)):
        for line in lines:
            Console(width=WIDE).print(f"{title}: {line!r}", markup=False)


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(title=title)
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*map(str, row))
    Console(width=WIDE).print(table)
