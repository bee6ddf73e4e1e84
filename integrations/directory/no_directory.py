"""A lieu without SSO: people bring the account that they have, and every username is theirs to choose."""

from __future__ import annotations

from integrations.findings import Finding

from . import Account, AccountDict, Capability, FirstLogin, Hold
from .lacking import Lacking, unsupported


class NoDirectory(Lacking):
    """Answers every question, and refuses every effect with `Unsupported`."""

    async def capabilities(self) -> frozenset[Capability]:
        return frozenset()

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        return ()

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        raise unsupported("accounts")

    async def set_email(self, login: str, email: str) -> None:
        raise unsupported("change")

    async def start_first_login(self, login: str) -> FirstLogin:
        raise unsupported("first-login")

    async def set_active(self, login: str, active: bool) -> None:
        raise unsupported("lock")

    async def hold(self, login: str | None = None) -> Hold:
        raise unsupported("lock")

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
