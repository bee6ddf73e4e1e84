"""An account that is made anew under a name that somebody may have had before: nothing of theirs is inherited."""

from __future__ import annotations

from dataclasses import dataclass

from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.talk.ports import Tenancy
from integrations.directory import AccountDict, Directory

DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class NewAccounts:
    lieu: Lieu
    directory: Directory
    ownership: Ownership
    tenancy: Tenancy

    async def ensure(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        """As `Directory.ensure_account`. As long as the directory knows nobody of that name, what any lieu that has it
        wrote down of one is somebody's whose account was removed there without us."""
        if not await self.directory.find(username=login):
            others = await self.tenancy.sharing(self.lieu.id, DIRECTORY)
            await self.ownership.forget_account([self.lieu.id, *(one.id for one in others)], login)
        return await self.directory.ensure_account(login, name, email)
