"""The table of rights, in words: who may ask what, and where.

`python -m tests.rights` writes it into `tests/rights.txt`, with which a test compares what the scripts say: a change of
right is seen where changes are read.
"""

from __future__ import annotations

import re
from pathlib import Path

from bot.people import EVERYWHERE, Place, Right
from bot.talk.script import rights_of
from commands import ALL

FILE = Path(__file__).parent / "rights.txt"
HEAD = "# Who may ask what of the bot, and where. Made by `make rights` of what stands beside each script.\n"


def written() -> str:
    """The table, a line an action: who, where, and the scripts whose it is, commands with their mark."""
    return HEAD + "".join(_line(action, right) for action, right in sorted(rights_of(ALL).items()))


def _line(action: str, right: Right) -> str:
    who = right.role.name.lower() + (", for a day" if right.seasoned else "")
    where = "everywhere" if right.places == EVERYWHERE else ", ".join(sorted(place.value for place in right.places))
    names = sorted(f"!{one.name}" if one.is_command else one.name for one in ALL if one.action == action)
    return f"{action:<16}  {who:<20}  {where:<14}  {' '.join(names)}".rstrip() + "\n"


def told() -> dict[str, tuple[str, frozenset[Place]]]:
    """Each command of the checked-in table: the least that somebody must be, and the places where it is said."""
    found = {}
    for line in FILE.read_text().splitlines()[1:]:
        _, who, where, *names = re.split(r" {2,}", line)
        places = EVERYWHERE if where == "everywhere" else frozenset(Place(place) for place in where.split(", "))
        found |= {name[1:]: (who, places) for each in names for name in each.split() if name.startswith("!")}
    return found


if __name__ == "__main__":
    FILE.write_text(written())
