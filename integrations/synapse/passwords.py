"""Passwords of the homeserver's own accounts: what it asks of one, and the one that somebody chose.

What is handed over here is in no exception and in no log; whoever calls keeps it nowhere.
"""

from __future__ import annotations

from integrations.errors import NotPermitted, Refused, Rejected, Unavailable

from .accounts import Accounts
from .client import SERVICE, V2, Client, Json, number, rows, segment, text

LOGIN, LOGOUT = "/_matrix/client/v3/login", "/_matrix/client/v3/logout"
POLICY = "/_matrix/client/v3/password_policy"
WITH_PASSWORD = "m.login.password"  # noqa: S105 - a way to sign in
LONGEST = 512  # characters; Synapse takes no more, and of these the first 72 bytes count
# What the homeserver may ask of a password, as it is called in its settings, and who has it.
DEMANDS = {
    "m.require_digit": ("no-digit", lambda char: "0" <= char <= "9"),
    "m.require_symbol": ("no-symbol", lambda char: not (char.isascii() and char.isalnum())),
    "m.require_uppercase": ("no-uppercase", lambda char: "A" <= char <= "Z"),
    "m.require_lowercase": ("no-lowercase", lambda char: "a" <= char <= "z"),
}


class Passwords:
    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client, self._accounts = client, accounts

    async def are_taken(self) -> bool:
        """Whether people sign in with one here."""
        row = (await self._client.http("GET", LOGIN)).json()
        flows = row.get("flows") if isinstance(row, dict) else None
        return any(flow.get("type") == WITH_PASSWORD for flow in rows(flows))

    async def give(self, user: str, password: str) -> None:
        """The account has this password from now on; it was seen to open it. Every session ends.

        Raises `Rejected("password-refused")` with its `reason` (short, long, no-digit, no-symbol, no-uppercase,
        no-lowercase; `least` characters) where the homeserver asks for more: its administration itself takes any.
        Raises `Refused("passwords-off")` where nobody signs in with one, `NotPermitted` for whoever administers it.
        """
        if not await self.are_taken():
            raise Refused("passwords-off")
        found = await self._accounts.known(user)
        if found["admin"] or found["program"]:
            raise NotPermitted("synapse-administrator", user=user)
        await self._check(password)
        try:
            await self._accounts.change(user, {"password": password, "logout_devices": True})
        except Unavailable as trouble:
            if not trouble.unknown or await self._opens(user, password) is not True:
                raise
        else:
            if await self._opens(user, password) is False:
                raise Unavailable(SERVICE, unknown=True)

    async def _check(self, password: str) -> None:
        if len(password) > LONGEST:
            raise Rejected("password-refused", reason="long")
        policy = await self._policy()
        least = number(policy.get("m.minimum_length"))
        if len(password) < least:
            raise Rejected("password-refused", reason="short", least=str(least))
        for demand, (reason, has_it) in DEMANDS.items():
            if policy.get(demand) is True and not any(map(has_it, password)):
                raise Rejected("password-refused", reason=reason)

    async def _policy(self) -> Json:
        """Empty where the homeserver has none, or does not say so."""
        answer = await self._client.http("GET", POLICY)
        row = answer.json() if answer.status == 200 else None
        return row if isinstance(row, dict) else {}

    async def _opens(self, user: str, password: str) -> bool | None:
        """Whether somebody signs in with it: tried once, and left at once; None where that does not tell."""
        body: Json = {
            "type": WITH_PASSWORD,
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "initial_device_display_name": "Conciergerie",
        }
        try:
            answer = await self._client.http("POST", LOGIN, json=body)
        except Unavailable:  # too often from one address, for instance
            return None
        row = answer.json()
        if answer.status != 200 or not isinstance(row, dict):
            return False if answer.status == 403 else None
        theirs = {"Authorization": f"Bearer {text(row.get('access_token'))}"}
        device = text(row.get("device_id"))
        left = await self._client.http("POST", LOGOUT, headers=theirs, json={})
        if left.status != 200 and device:
            address = f"{V2}/users/{segment(user)}/devices/{segment(device)}"
            await self._client.call("DELETE", address)
        return True
