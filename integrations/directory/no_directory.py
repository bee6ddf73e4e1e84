"""A lieu without SSO: people bring the account that they have, and every username is theirs to choose."""

from __future__ import annotations

from integrations.errors import Unsupported
from integrations.findings import Finding

from . import Account, AccountDict, Barred, Capability, FirstLogin, Hold


class NoDirectory:
    """Answers every question, and refuses every effect with `Unsupported`."""

    async def capabilities(self) -> frozenset[Capability]:
        return frozenset()

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        return ()

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        raise unsupported("accounts")

    async def set_email(self, login: str, email: str) -> None:
        raise unsupported("accounts")

    async def start_first_login(self, login: str) -> FirstLogin:
        raise unsupported("first-login")

    async def set_active(self, login: str, active: bool) -> None:
        raise unsupported("lock")

    async def hold(self, login: str | None = None) -> Hold:
        raise unsupported("lock")

    async def logout(self, login: str) -> None:
        raise unsupported("logout")

    async def barred(self, login: str) -> Barred | None:
        raise unsupported("unbar")

    async def unbar(self, login: str) -> None:
        raise unsupported("unbar")

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

    async def logins(self) -> frozenset[str]:
        return frozenset()

    async def everybody(self) -> tuple[Account, ...]:
        return ()

    async def subject(self, login: str) -> str | None:
        return None

    async def delete(self, login: str) -> None:
        raise unsupported("delete")

    async def is_free(self, login: str) -> bool:
        return True

    async def check(self) -> tuple[Finding, ...]:
        return (Finding("directory-none", ok=True),)

    async def answers(self) -> None:
        """There is nothing that could be away."""

    async def close(self) -> None:
        """There is nothing to close."""


def unsupported(capability: Capability) -> Unsupported:
    return Unsupported("directory-unsupported", capability=capability)
