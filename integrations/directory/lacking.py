"""What few directories do, and how it is refused by all others: their `capabilities` leave it out."""

from __future__ import annotations

from integrations.errors import Unsupported

from . import Barred, Capability


def unsupported(capability: Capability) -> Unsupported:
    return Unsupported("directory-unsupported", capability=capability)


class Lacking:
    """The base of those that lack any of it: what one does not do itself is refused, or there is nothing of it."""

    @property
    def url(self) -> str:
        return ""

    async def set_name(self, login: str, name: str) -> None:
        raise unsupported("change")

    async def logout(self, login: str) -> None:
        """Sessions that are open end by themselves, or with the lock."""
        raise unsupported("logout")

    async def barred(self, login: str) -> Barred | None:
        raise unsupported("unbar")

    async def unbar(self, login: str) -> None:
        raise unsupported("unbar")

    async def tells_visits(self) -> bool:
        return False

    async def last_visit(self, login: str) -> int:
        return 0

    async def link_identity(self, login: str, provider: str, subject: str) -> None:
        raise unsupported("identities")

    async def ensure_group(self, name: str) -> None:
        raise unsupported("groups")

    async def set_member(self, group: str, login: str, member: bool) -> None:
        raise unsupported("groups")

    async def groups_of(self, login: str) -> tuple[str, ...]:
        return ()

    async def members_of(self, group: str) -> tuple[str, ...]:
        return ()

    async def group_names(self) -> frozenset[str]:
        return frozenset()

    async def has_group(self, name: str) -> bool:
        return False
