"""Whose an address is that somebody gives with a name: an account is never taken for that of another name."""

from __future__ import annotations

from typing import TypedDict

from bot.services.ownership import Ownership
from integrations.directory import Account, Directory

SAME, OTHER = "same", "other"  # what may be answered


class Holder(TypedDict):
    """`ours`: the account is of this lieu's making, and its name the lieu's to see."""

    login: str
    name: str
    ours: bool


async def holder(directory: Directory, ownership: Ownership, lieu: int, email: str) -> Holder | None:
    """The account that has this address."""
    found = await directory.find(email=email)
    if not found:
        return None
    return {"login": found[0].login, "name": found[0].name, "ours": await is_ours(ownership, lieu, found[0])}


async def is_ours(ownership: Ownership, lieu: int, account: Account) -> bool:
    return await ownership.owns(lieu, "directory", "account", account.login)
