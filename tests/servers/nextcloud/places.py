"""Where an address of WebDAV leads: into one's own home, into what was shared with it, or on to another server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from .memory import ALL, CREATE, DELETE, GROUP, PERSON, READ, RESHARE, UPDATE, Memory, Node, Share


@dataclass(frozen=True)
class Place:
    """`path` in the home of `owner`. What is seen from outside as `seen` is `base` there.

    `permissions` are what may be done, `share` that by which one is there, if it is not one's own home.
    """

    owner: str
    path: str
    seen: str
    base: str = ""
    permissions: int = ALL
    share: Share | None = None

    def at(self, path: str) -> Place:
        return replace(self, path=path)

    def address(self, path: str) -> str:
        """How a path of that home is seen from outside."""
        return f"{self.seen}/{path.removeprefix(self.base).strip('/')}"


def received(memory: Memory, login: str, today: date) -> Iterator[Share]:
    """What others of this server share with somebody, hollow or not."""
    groups = memory.accounts[login].groups
    for share in memory.shares.values():
        reaches = (share.type == PERSON and share.to == login) or (share.type == GROUP and share.to in groups)
        if reaches and share.owner != login and not share.has_ended(today, modern=memory.modern):
            yield share


def guest(share: Share, seen: str) -> Place:
    base = share.path.strip("/")
    return Place(share.owner, base, seen, base, share.permissions, share)


def guests(memory: Memory, login: str, root: str, today: date) -> dict[str, Place]:
    """By name, what is shared with somebody, as it stands in their home: not under a name that is theirs."""
    found = [(share.path.rpartition("/")[2], share) for share in received(memory, login, today)]
    own = memory.homes[login]
    return {name: guest(share, f"{root}{login}/{name}") for name, share in reversed(found) if name not in own}


def find(memory: Memory, login: str, path: str, root: str, today: date) -> Place:
    first, _, inside = path.partition("/")
    place = guests(memory, login, root, today).get(first)
    if place is None:
        return Place(login, path, f"{root}{login}")
    return place.at(f"{place.base}/{inside}".rstrip("/"))


def mount_of(memory: Memory, place: Place) -> tuple[Node, str] | None:
    """The folder of another server that this place is in, and where it is mounted."""
    names = place.path.split("/")
    for end in range(1, len(names) + 1):
        path = "/".join(names[:end])
        node = memory.homes[place.owner].get(path)
        if node and node.offer:
            return node, path
    return None


def letters(permissions: int, node: Node, *, root: bool = False, moves: bool = False) -> str:
    """Nextcloud's letters for what is not one's own; the `root` of it can be left, and mostly moved."""
    known = (
        ("S", True),
        ("R", permissions & RESHARE),
        ("G", permissions & READ),
        ("D", root or permissions & DELETE),
        ("NV", moves or permissions & UPDATE),
        ("W", permissions & UPDATE and not node.is_folder),
        ("CK", permissions & CREATE and node.is_folder),
    )
    return "".join(letter for letter, has in known if has)
