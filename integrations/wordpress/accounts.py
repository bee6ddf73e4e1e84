"""Accounts of the site: found by their e-mail address, made with one of three roles, shut, and given an heir."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypedDict

from integrations.domains import same_email
from integrations.errors import Conflict, NotFound, Protected, Refused, Rejected, Unavailable

from .client import SERVICE, Client, Json, Reply, identifier, mapping, rows, settled, text, texts

ROLES: Final = ("subscriber", "contributor", "author")  # the least first: reads, proposes, publishes their own
USERS = "/wp/v2/users"
# What somebody leaves behind that others read; an answer of WordPress counts it by author.
KINDS: Final[dict[str, Json]] = {"posts": {"status": "any"}, "pages": {"status": "any"}, "media": {}}
TAKEN_LOGIN, TAKEN_EMAIL, LONG_LOGIN = "existing_user_login", "existing_user_email", "user_login_too_long"
PAGE = 100
LONGEST = 300  # characters
SHOWN = "id,username,name,email,roles"


class Account(TypedDict):
    id: str
    login: str
    name: str
    email: str
    roles: list[str]


class Accounts:
    """Nobody who has another role than these three is changed, nor the bot itself: raises `Protected`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def get(self, id: str) -> Account | None:
        reply = await self._client.look(f"{USERS}/{_segment(id)}", context="edit", _fields=SHOWN)
        return _account(mapping(reply.body)) if reply else None

    async def find(self, email: str) -> list[Account]:
        """Those who have this address; the site itself searches for what contains it."""
        query = {"search": email, "search_columns[]": "email", "context": "edit", "per_page": PAGE, "_fields": SHOWN}
        found = [_account(row) for row in rows((await self._client.get(USERS, **query)).body)]
        return [account for account in found if same_email(account["email"], email)]

    async def make(self, logins: list[str], email: str, name: str, role: str, *, again: bool = True) -> Account:
        """An account under the first of these usernames that is free, or, where this is done `again`, the one that was
        made so before, with whatever role it has. Nobody knows its password, and no mail is sent. Raises
        `Conflict("wordpress-email")` where somebody else has the address."""
        _may_be_given(role)
        async with self._client.writing:
            if before := await self.find(email):
                return await self._made_before(before, logins if again else [])
            for login in logins:
                body = {"username": login, "email": email, "name": name, "roles": [role], "password": _password()}
                try:
                    reply = await self._client.ask("POST", USERS, {}, body)
                    if reply.code == TAKEN_EMAIL:
                        raise Conflict("wordpress-email", email=email)
                    if reply.code in (TAKEN_LOGIN, LONG_LOGIN):
                        continue
                    made = _account(mapping(settled(reply, unknown=True).body))
                except Unavailable as lost:
                    if not lost.unknown:
                        raise
                    async with _perhaps_made():
                        if found := await self.find(email):
                            return await self._made_before(found, logins)
                    raise
                async with _perhaps_made():
                    return await self._seen(made["id"], role)
        raise Conflict("wordpress-login", login=logins[0] if logins else "")

    async def _made_before(self, found: list[Account], logins: list[str]) -> Account:
        """By an earlier try whose outcome was not known: nobody else would have this address under this name."""
        if len(found) != 1 or found[0]["login"].casefold() not in {login.casefold() for login in logins}:
            raise Conflict("wordpress-email", email=found[0]["email"])
        return await self._ordinary(found[0]["id"])

    async def set_role(self, id: str, role: str) -> None:
        """Have this role and no other; none ("") leaves them nothing that they may do, and no application password."""
        if role:
            _may_be_given(role)
        wanted = [role] if role else []
        async with self._client.writing:
            found = await self._ordinary(id)
            if found["roles"] != wanted:
                await self._write(id, {"roles": wanted})
            if not role:
                settled(await self._client.ask("DELETE", f"{USERS}/{_segment(id)}/application-passwords", {}))
            await self._seen(id, role)

    async def written(self, id: str) -> dict[str, int]:
        """How many posts, pages and media are theirs, those in the bin not counted."""
        return {kind: (await self._of(kind, id)).total for kind in KINDS}

    async def remove(self, id: str, heir: str) -> None:
        """For good, all that is theirs going to the account `heir`; where they have nothing, it may be empty. Raises
        `Refused("wordpress-no-heir")`, `Refused("wordpress-not-inherited")` where what was theirs is not seen to be the
        heir's."""
        async with self._client.writing:
            await self._ordinary(id)
            theirs = {kind: await self._of(kind, id) for kind in KINDS}
            if not heir and any(reply.total for reply in theirs.values()):
                raise Refused("wordpress-no-heir")
            if heir and (heir == id or await self.get(heir) is None):
                raise Refused("wordpress-no-heir")
            # Where nothing is theirs, nothing goes to the bot; what nobody could see is not lost at least.
            query = {"force": "true", "reassign": heir or await self._client.me()}
            try:
                settled(await self._client.ask("DELETE", f"{USERS}/{_segment(id)}", query), unknown=True)
            except NotFound:
                return
            except Unavailable as lost:
                if not lost.unknown or await self.get(id) is not None:
                    raise
            if await self.get(id) is not None:
                raise Unavailable(SERVICE, unknown=True)
            for kind, reply in theirs.items():
                await self._inherited(kind, reply, heir)

    async def _of(self, kind: str, author: str) -> Reply:
        """The last of what is theirs, and how many there are."""
        query: Json = {**KINDS[kind], "author": _segment(author), "context": "edit", "per_page": 1, "_fields": "id"}
        return await self._client.get(f"/wp/v2/{kind}", **query)

    async def _inherited(self, kind: str, before: Reply, heir: str) -> None:
        for row in rows(before.body)[:1]:
            id = identifier(row.get("id"))
            now = await self._client.look(f"/wp/v2/{kind}/{_segment(id)}", context="edit", _fields="id,author")
            if now is None or identifier(mapping(now.body).get("author")) != heir:
                raise Refused("wordpress-not-inherited")

    async def _write(self, id: str, changes: Json) -> None:
        try:
            settled(await self._client.ask("POST", f"{USERS}/{_segment(id)}", {}, changes), unknown=True)
        except Unavailable as lost:
            if not lost.unknown:
                raise  # else it is read back

    async def _seen(self, id: str, role: str) -> Account:
        found = await self.get(id)
        if found is None or found["roles"] != ([role] if role else []):
            raise Unavailable(SERVICE, unknown=True)
        return found

    async def _ordinary(self, id: str) -> Account:
        """Whoever may do more than we give was given that by a human, whose it is to take away."""
        found = await self.get(id)
        if found is None:
            raise NotFound("wordpress-no-account")
        if found["id"] == await self._client.me() or not {*found["roles"]} <= {*ROLES}:
            raise Protected("wordpress-more", login=found["login"])
        return found


@asynccontextmanager
async def _perhaps_made() -> AsyncIterator[None]:
    """Who goes away while we look has made it all the same, perhaps."""
    try:
        yield
    except Unavailable as lost:
        lost.unknown = True
        raise


def _may_be_given(role: str) -> None:
    if role not in ROLES:
        raise Rejected("wordpress-rejected", reason="role")


def _password() -> str:
    """The interface wants one; whoever it is for chooses their own."""
    return secrets.token_urlsafe(32)


def _segment(id: str) -> str:
    """Raises NotFound for what is no id: `me` would be the bot."""
    if not (id.isascii() and id.isdigit() and int(id) > 0):
        raise NotFound("wordpress-not-found")
    return id


def _account(row: Any) -> Account:
    return Account(
        id=identifier(row.get("id")),
        login=text(row.get("username"))[:LONGEST],
        name=text(row.get("name"))[:LONGEST],
        email=text(row.get("email"))[:LONGEST],
        roles=texts(row.get("roles")),
    )
