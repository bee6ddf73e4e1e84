"""One OCS request, as its handler sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx

from .answers import Failure
from .memory import ADMINS, Account, Memory


async def nobody(address: str, document: dict[str, Any]) -> bool:
    return False


async def nothing(method: str, address: str, token: str, **more: Any) -> httpx.Response | None:
    return None


@dataclass
class Call:
    memory: Memory
    who: Account
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    language: str = "en"
    address: str = ""
    today: Callable[[], date] = date.today
    half_create: Callable[[], bool] = lambda: False
    beyond: Callable[[str, dict[str, Any]], Awaitable[bool]] = nobody
    fetch: Callable[..., Awaitable[httpx.Response | None]] = nothing

    def many(self, name: str) -> list[str]:
        return list(self.lists.get(f"{name}[]", self.lists.get(name, [])))

    def governs(self, account: Account) -> bool:
        """Administrators govern everybody; a group admin, the members of its groups who are not administrators."""
        if self.who.is_admin:
            return True
        return bool({*account.groups} & {*self.who.subadmin}) and ADMINS not in account.groups

    def governed(self, login: str, *, self_too: bool = False) -> Account:
        account = self.memory.find(login)
        if account is None or not (self.governs(account) or (self_too and account is self.who)):
            raise Failure(998)
        return account

    def admin_only(self, sentence: Mapping[bool, str]) -> None:
        if not self.who.is_admin:
            raise Failure(403, sentence[self.memory.modern])
