"""Contacts, of which nothing is unique: looked for first, archived ones too, changed as little as can be, read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypedDict

from integrations.domains import email_asked, email_read
from integrations.errors import Conflict, NotFound, Rejected

from .client import Client, settle
from .values import Row, number, numbers, text

MODEL = "res.partner"
FIELDS = ("name", "email", "ref", "active", "category_id", "is_company")
MARK = "conciergerie:"  # how what is made here is known again, whatever becomes of its name and address
ADD, TAKE_OFF = 4, 3  # commands of Odoo to a list of records
LONGEST_NAME, LONGEST_EMAIL = 128, 254


class Contact(TypedDict):
    """`mark`: the one that it was made with here, empty for one that was there before. `tags` by their ids."""

    id: int
    name: str
    email: str
    mark: str
    active: bool
    company: bool
    tags: list[int]


class Contacts:
    """Every change is of one contact that the caller has found, by its id."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, id: int) -> Contact | None:
        row = await self._client.read(MODEL, id, FIELDS)
        return _contact(row) if row else None

    async def with_mark(self, mark: str) -> list[Contact]:
        """Those that were made with it: more than one where somebody copied it."""
        return await self._search(["ref", "=", f"{MARK}{mark}"])

    async def with_email(self, email: str) -> list[Contact]:
        """Those whose address it is, however that is written there."""
        asked = email_asked(email)
        return await self._search(["email_normalized", "in", sorted({asked, email_read(asked)})])

    async def make(self, name: str, email: str, mark: str) -> Contact:
        """The one that has this mark, made if there is none.

        Raises `Conflict("contact")` where one has this address already, which is then for somebody to look at,
        `Rejected("name")`, `Rejected("email")`.
        """
        row = {"name": _named(name), "email": _mailed(email), "ref": f"{MARK}{mark}"}

        async def made() -> Contact | None:
            return next(iter(await self.with_mark(mark)), None)

        async with self._client.writing:
            if found := await made():
                return found
            if await self.with_email(email):
                raise Conflict("contact")
            return await settle(partial(self._client.create, MODEL, row), made)

    async def set_tag(self, id: int, tag: int, has_it: bool) -> Contact:
        """Raises `NotFound("odoo-gone")`."""
        command = [ADD if has_it else TAKE_OFF, tag, 0]
        write = partial(self._client.act, MODEL, id, "write", vals={"category_id": [command]})
        return await self._make_so(id, lambda contact: (tag in contact["tags"]) is has_it, write)

    async def set_active(self, id: int, active: bool) -> Contact:
        """Archived, it is found by nobody who does not look for it, and keeps all that is linked to it. Raises
        `NotFound("odoo-gone")`, `Refused("odoo-house-rule")` while somebody signs in as this contact."""
        if active:
            write = partial(self._client.act, MODEL, id, "action_unarchive")
        else:
            write = partial(self._client.act, MODEL, id, "write", vals={"active": False})
        return await self._make_so(id, lambda contact: contact["active"] is active, write)

    async def _make_so(
        self, id: int, is_so: Callable[[Contact], bool], write: Callable[[], Awaitable[object]]
    ) -> Contact:
        async def seen() -> Contact | None:
            found = await self.get(id)
            if found is None:
                raise NotFound("odoo-gone")
            return found if is_so(found) else None

        async with self._client.writing:
            if found := await seen():
                return found
            return await settle(write, seen)

    async def _search(self, condition: list[object]) -> list[Contact]:
        return [_contact(row) for row in await self._client.search(MODEL, [condition], FIELDS, archived=True)]


def _contact(row: Row) -> Contact:
    ref = text(row.get("ref"))
    return {
        "id": number(row["id"]),
        "name": text(row.get("name")),
        "email": text(row.get("email")),
        "mark": ref.removeprefix(MARK) if ref.startswith(MARK) else "",
        "active": row.get("active") is True,
        "company": row.get("is_company") is True,
        "tags": numbers(row.get("category_id")),
    }


def _named(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Rejected("name")
    return name


def _mailed(email: str) -> str:
    """Odoo takes anything for an address."""
    local, _, domain = email.strip().rpartition("@")
    if not local or "." not in domain or len(email) > LONGEST_EMAIL or not email.isprintable():
        raise Rejected("email")
    return email.strip()
