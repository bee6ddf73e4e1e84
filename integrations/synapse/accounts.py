"""Accounts of the homeserver: how one stands, closed for a while, for good, and opened again."""

from __future__ import annotations

import time
from typing import Literal, TypedDict

from integrations.errors import NotFound, NotPermitted, Refused, Unavailable, Unsupported

from .client import SERVICE, V1, V2, Client, Json, number, rows, segment, text

PAGE, MOST_PAGES = 1000, 100
WHOAMI, LOGOUT = "/_matrix/client/v3/account/whoami", "/_matrix/client/v3/logout"
TRIAL = 60_000  # ms
LOCKED = "M_USER_LOCKED"
EMAIL = "email"
PROGRAMS = ("bot", "support")  # types of accounts

Standing = Literal["none", "open", "locked", "closed"]
Pause = Literal["locked", "suspended", "untold"]
"""What a pause was seen to do. locked: no session goes on · suspended: every session has ended, a new one may read and
nothing else · untold: locked, and the homeserver does not let us try."""


class Account(TypedDict):
    """`identities` are the [provider, subject] with which the person may sign in; `program`: nobody is behind it, but a
    bot, or a bridge that made it."""

    user: str
    name: str
    admin: bool
    program: bool
    locked: bool
    suspended: bool
    deactivated: bool
    emails: list[str]
    identities: list[list[str]]


class Accounts:
    """Every effect looks first: `PUT` would make an account that does not exist. None closes an administrator out."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._server = ""

    async def delegated(self) -> bool:
        """Whether accounts live in the Matrix Authentication Service: Synapse then writes a lock, and obeys none."""
        return (await self._client.http("GET", "/_matrix/client/v1/auth_metadata")).status == 200

    async def server(self) -> str:
        """The name behind the addresses of this homeserver."""
        if not self._server:
            me = text((await self._client.call("GET", WHOAMI)).get("user_id"))
            self._server = me.partition(":")[2]
        if not self._server:
            raise Unsupported("synapse-unsupported")
        return self._server

    async def get(self, user: str) -> Account | None:
        """How this address of the homeserver stands; None where nobody has it."""
        row = await self._client.look(f"{V2}/users/{segment(user)}")
        return _account(user, row) if row else None

    async def whose(self, email: str) -> str | None:
        """Who has this e-mail address here, as it is written."""
        row = await self._client.look(f"{V1}/threepid/email/users/{segment(email)}")
        return text(row.get("user_id")) or None if row else None

    async def make(self, user: str, name: str, email: str) -> Account:
        """An account that nobody has yet, and into which nobody gets: it has no password. Raises `Unsupported` where
        accounts live elsewhere."""
        if await self.delegated():
            raise Unsupported("synapse-delegated")
        wanted: Json = {"displayname": name, "threepids": [{"medium": EMAIL, "address": email}]}
        await self._client.call("PUT", f"{V2}/users/{segment(user)}", wanted)
        return await self.known(user)

    async def set_email(self, user: str, email: str) -> None:
        """Their only one; a telephone number stays. The homeserver itself would take it from somebody else."""
        await self._ordinary(user)
        row = await self._client.call("GET", f"{V2}/users/{segment(user)}")
        others = [
            {"medium": text(one.get("medium")), "address": text(one.get("address"))}
            for one in rows(row.get("threepids"))
            if one.get("medium") != EMAIL
        ]
        await self.change(user, {"threepids": [*others, {"medium": EMAIL, "address": email}]})
        if (await self.known(user))["emails"] != [email]:
            raise Unavailable(SERVICE, unknown=True)

    async def set_name(self, user: str, name: str) -> None:
        """What rooms call them, until they choose another name themselves."""
        await self._ordinary(user)
        await self.change(user, {"displayname": name})
        if (await self.known(user))["name"] != name:
            raise Unavailable(SERVICE, unknown=True)

    async def lock(self, user: str, locked: bool) -> None:
        """The best pause: every session stops, and goes on after the unlocking, its keys untouched."""
        if locked:
            await self._ordinary(user)
        await self.change(user, {"locked": locked})
        if (await self.known(user))["locked"] != locked:
            raise Unavailable(SERVICE, unknown=True)

    async def pause(self, user: str) -> Pause:
        """Out of every session, as far as the homeserver obeys; called again, it looks again."""
        if not await self.delegated():
            await self.lock(user, True)
            obeyed = await self.obeys(user)
            if obeyed is not False:
                return "locked" if obeyed else "untold"
        await self.suspend(user, True)
        await self.log_out(user)
        if not (await self.known(user))["suspended"] or await self.devices(user):
            raise Unavailable(SERVICE, unknown=True)
        return "suspended"

    async def resume(self, user: str) -> None:
        """Whatever the pause was made of: the accounts may have moved elsewhere since."""
        found = await self.known(user)
        if found["suspended"]:
            await self.suspend(user, False)
        if found["locked"]:
            await self.lock(user, False)
        if await self.standing(user) == "locked":
            raise Unavailable(SERVICE, unknown=True)

    async def standing(self, user: str) -> Standing:
        """By what is obeyed here: of an account that lives elsewhere, only that it is suspended."""
        found = await self.get(user)
        if found is None:
            return "none"
        if (found["deactivated"] or found["locked"]) and not await self.delegated():
            return "closed" if found["deactivated"] else "locked"
        return "locked" if found["suspended"] else "open"

    async def suspend(self, user: str, suspended: bool) -> None:
        """They may read, leave and sign out, and nothing else."""
        await self._ordinary(user)
        await self._client.call("PUT", f"{V1}/suspend/{segment(user)}", {"suspend": suspended})

    async def devices(self, user: str) -> dict[str, int]:
        """Their sessions, and when each was last used (ms; 0 where nobody knows)."""
        found = rows((await self._client.call("GET", f"{V2}/users/{segment(user)}/devices")).get("devices"))
        return {id: number(row.get("last_seen_ts")) for row in found if (id := text(row.get("device_id")))}

    async def log_out(self, user: str) -> int:
        """End every session, with the keys that it holds. Returns how many there were."""
        await self._ordinary(user)
        open_ones = list(await self.devices(user))
        if open_ones:
            await self._client.call("POST", f"{V2}/users/{segment(user)}/delete_devices", {"devices": open_ones})
        return len(open_ones)

    async def deactivate(self, user: str, *, erase: bool = False) -> None:
        """For good: out of every session and of every room, which a reactivation does not give back. `erase`: newcomers
        no longer see what they wrote. Raises `Unsupported` where the accounts live elsewhere, and go on."""
        if await self.delegated():
            raise Unsupported("synapse-delegated")
        if not (await self._ordinary(user))["deactivated"] or erase:
            await self._client.call("POST", f"{V1}/deactivate/{segment(user)}", {"erase": erase})
        if not (await self.known(user))["deactivated"] or await self.devices(user):
            raise Unavailable(SERVICE, unknown=True)

    async def last_visit(self, user: str) -> int:
        """When one of their sessions was last used (ms; 0 for never): the account itself forgets it after a month."""
        return max((await self.devices(user)).values(), default=0)

    async def last_visits(self) -> dict[str, int]:
        """The same for every account of the homeserver, a thousand at a time."""
        return {text(row.get("name")): number(row.get("last_seen_ts")) for row in await self._all()}

    async def people(self) -> list[str]:
        """The address of everybody, of those who are locked too; not of programs, as far as a list tells."""
        every = await self._all(locked="true")
        return [text(row.get("name")) for row in every if text(row.get("user_type")) not in PROGRAMS]

    async def was_used(self, user: str) -> bool:
        """Whether anybody was ever in it, as far as the homeserver remembers."""
        row = await self._client.call("GET", f"{V2}/users/{segment(user)}")
        return bool(number(row.get("last_seen_ts")) or await self.devices(user))

    async def _all(self, **query: str) -> list[Json]:
        """A thousand at a time."""
        seen: list[Json] = []
        asked: Json = {"limit": PAGE, "guests": "false", "deactivated": "false", **query}
        for _ in range(MOST_PAGES):
            page = await self._client.call("GET", f"{V2}/users", **asked)
            seen += rows(page.get("users"))
            if not text(page.get("next_token")):
                return seen
            asked["from"] = page["next_token"]
        raise Refused("synapse-too-many")

    async def known(self, user: str) -> Account:
        """Raises `NotFound("synapse-no-account")`."""
        found = await self.get(user)
        if found is None:
            raise NotFound("synapse-no-account", user=user)
        return found

    async def change(self, user: str, changes: Json) -> None:
        """Raises `Refused("synapse-deactivated")`, `NotFound`."""
        if (await self.known(user))["deactivated"]:
            raise Refused("synapse-deactivated", user=user)
        await self._client.call("PUT", f"{V2}/users/{segment(user)}", changes)

    async def obeys(self, user: str) -> bool | None:
        """Whether a session of somebody who is locked is refused: one that is made for this, and ends at once."""
        try:
            made = await self._client.call(
                "POST", f"{V1}/users/{segment(user)}/login", {"valid_until_ms": int(time.time() * 1000) + TRIAL}
            )
        except (NotPermitted, Unsupported):
            return None
        theirs = {"Authorization": f"Bearer {text(made.get('access_token'))}"}
        told = await self._client.http("GET", WHOAMI, headers=theirs)
        await self._client.http("POST", LOGOUT, headers=theirs, json={})
        if told.status == 200:
            return False
        row = told.json()
        return True if isinstance(row, dict) and row.get("errcode") == LOCKED else None

    async def _ordinary(self, user: str) -> Account:
        found = await self.known(user)
        if found["admin"]:
            raise NotPermitted("synapse-administrator", user=user)
        return found


def _account(user: str, row: Json) -> Account:
    return Account(
        user=text(row.get("name")) or user,
        name=text(row.get("displayname")),
        admin=bool(row.get("admin")),
        program=bool(row.get("appservice_id")) or text(row.get("user_type")) in PROGRAMS,
        locked=bool(row.get("locked")),
        suspended=bool(row.get("suspended")),
        deactivated=bool(row.get("deactivated")),
        emails=[text(one.get("address")) for one in rows(row.get("threepids")) if one.get("medium") == EMAIL],
        identities=[[text(i.get("auth_provider")), text(i.get("external_id"))] for i in rows(row.get("external_ids"))],
    )
