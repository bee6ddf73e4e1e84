"""Portal accounts, for lieux that want them: beside a contact, with what concerns them to see and nothing else."""

from __future__ import annotations

from functools import partial
from typing import TypedDict

from integrations.domains import email_asked
from integrations.errors import Conflict, NotFound, Protected, Refused

from .client import NEWEST_OLD, Client, major, settle
from .values import Row, linked, number, text

MODEL = "res.users"
FIELDS = ("login", "active", "share", "partner_id")
SET = 6  # Odoo's command: these records and no others


class User(TypedDict):
    """`contact`: the id of whose it is; `inside`: it is no portal account, but one of those who work in Odoo."""

    id: int
    login: str
    active: bool
    contact: int
    inside: bool


class Users:
    """What is no portal account is never touched, nor the bot's own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, id: int) -> User | None:
        row = await self._client.read(MODEL, id, FIELDS)
        return _user(row) if row else None

    async def of_contact(self, contact: int) -> list[User]:
        """Shut ones too."""
        return await self._search(["partner_id", "=", contact])

    async def with_login(self, login: str) -> list[User]:
        """Odoo tells capitals apart, and people do not: whichever has it in any letters."""
        return await self._search(["login", "=ilike", _literally(login)])

    async def ensure(self, contact: int, email: str) -> User:
        """A portal account whose login is this address, opened again if it was shut. Odoo mails an invitation to the
        contact's address when it is made, unless the bot's own account there has none.

        Raises `Conflict("login")` for somebody else's, `NotPermitted("odoo-right")`, `Protected`.
        """
        login = email_asked(email)
        async with self._client.writing:
            found = await self._theirs(contact, login)
            if found is None:
                row = {"login": login, "partner_id": contact, await self._groups(): [[SET, 0, [await self._portal()]]]}
                return await settle(partial(self._client.create, MODEL, row), partial(self._theirs, contact, login))
        return await self.set_active(found["id"], True)

    async def mails_invitations(self) -> bool:
        """Whether Odoo mails whoever gets an account: silently not, where the bot's own has no address."""
        own = await self._client.read(MODEL, await self._client.me(), ["email"])
        return bool(own and text(own.get("email")))

    async def set_active(self, id: int, active: bool) -> User:
        """Raises `NotFound("odoo-gone")`, `Protected("odoo-inside")`, `Protected("odoo-own-account")`."""

        async def seen() -> User | None:
            found = await self.get(id)
            if found is None:
                raise NotFound("odoo-gone")
            if found["inside"]:
                raise Protected("odoo-inside", login=found["login"])
            return found if found["active"] is active else None

        if id == await self._client.me():
            raise Protected("odoo-own-account")
        async with self._client.writing:
            if found := await seen():
                return found
            return await settle(partial(self._client.act, MODEL, id, "write", vals={"active": active}), seen)

    async def _theirs(self, contact: int, login: str) -> User | None:
        """Of the contact, whatever its login is by now; else nobody may have that login."""
        if own := await self.of_contact(contact):
            return own[0]
        if await self.with_login(login):
            raise Conflict("login", login=login)
        return None

    async def _groups(self) -> str:
        """How the groups of an account are called: without any, it would be one of those who work in Odoo."""
        return "groups_id" if major(await self._client.version()) <= NEWEST_OLD else "group_ids"

    async def _portal(self) -> int:
        domain = [["module", "=", "base"], ["name", "=", "group_portal"]]
        found = await self._client.search("ir.model.data", domain, ["res_id"])
        group = number(found[0].get("res_id")) if found else 0
        if group <= 0:
            raise Refused("odoo-unexpected", error="group_portal")
        return group

    async def _search(self, condition: list[object]) -> list[User]:
        return [_user(row) for row in await self._client.search(MODEL, [condition], FIELDS, archived=True)]


def _user(row: Row) -> User:
    return {
        "id": number(row["id"]),
        "login": text(row.get("login")),
        "active": row.get("active") is True,
        "contact": linked(row.get("partner_id")),
        "inside": row.get("share") is not True,
    }


def _literally(login: str) -> str:
    """For a comparison that has patterns."""
    return "".join(f"\\{char}" if char in "\\%_" else char for char in login)
