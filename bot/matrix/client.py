"""The bot's account on its homeserver: listen, send, ask. Encrypted rooms are written to and read like the others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.errors import MatrixRefused
from bot.matrix.client_api import LIMIT, Wire, path
from bot.matrix.crypto import Machine
from bot.matrix.key_exchange import Exchange
from bot.matrix.room_members import PRESENT, Roster
from bot.matrix.session import Session, sign_in
from bot.matrix.untrusted_json import Json, block, dicts
from bot.store.data_trouble import Condition

IN_CLEAR = "m.reaction"
MARGIN = 30.0


class Client:
    """One signed-in device. Every method raises as `Wire.call` does; nothing is kept here that a restart would miss."""

    def __init__(self, wire: Wire, session: Session, machine: Machine) -> None:
        self._wire, self._session, self._machine = wire, session, machine
        self._exchange = Exchange(machine, wire)
        self._roster = Roster(machine.encrypted_rooms(), machine.remember_encrypted)

    @classmethod
    async def open(
        cls,
        homeserver: str,
        user: str,
        folder: Path,
        *,
        password: str | None = None,
        access_token: str | None = None,
        device_name: str = "Conciergerie",
        new: bool = False,
    ) -> Client:
        """Sign in, or go on as the device that `folder` remembers, with its keys published.

        Raises `CredentialsRefused` where neither what is remembered nor what is given opens the account, `DataUnusable`
        where keys are lost or unreadable, unless `new` ones are meant to take their place.
        """
        wire = Wire(homeserver)
        try:
            session, machine = await sign_in(wire, user, folder, password, access_token, device_name, new=new)
            client = cls(wire, session, machine)
            await client._exchange.upload()
        except BaseException:
            await wire.close()
            raise
        return client

    @property
    def user_id(self) -> str:
        return self._session.user_id

    @property
    def device_id(self) -> str:
        return self._session.device_id

    @property
    def condition(self) -> Condition:
        """How the crypto store is."""
        return self._machine.condition

    @property
    def device_key(self) -> str:
        """Our device's public Ed25519 key."""
        return self._machine.own.public["ed25519"]

    def sign(self, canonical: str) -> str:
        """Our device's signature under a canonical JSON text."""
        return self._machine.own.sign(canonical)

    async def close(self) -> None:
        await self._wire.close()
        self._machine.close()

    # Ask

    async def call(self, method: str, path: str, body: Any = None, *, limit: float = LIMIT, **query: Any) -> Json:
        """One raw Matrix request with our token; see `Wire.call`."""
        return await self._wire.call(method, path, body, limit=limit, **query)

    async def fetch(self, method: str, path: str, body: Any = None, *, limit: float = LIMIT, **query: Any) -> Any:
        """Like `call`, where the answer may be a list (`/rooms/{id}/state`)."""
        return await self._wire.fetch(method, path, body, limit=limit, **query)

    async def call_as_stranger(self, method: str, path: str, body: Any = None) -> Json:
        """One raw request as somebody without an account makes it."""
        wire = Wire(self._wire.homeserver)
        try:
            return await wire.call(method, path, body)
        finally:
            await wire.close()

    async def upload(self, data: bytes, content_type: str, filename: str = "") -> str:
        """Store a file on the homeserver; returns its mxc address."""
        return await self._wire.upload(data, content_type, filename)

    # Listen

    async def sync(self, since: str | None, *, timeout: float = 30.0, filter: str | None = None) -> Json:
        """The next answer of /sync, as the specification has it; waits at most `timeout` seconds for news.

        The keys in it are already taken in; its encrypted events are not yet read (`decrypt`). Asking again with the
        same `since` is safe.
        """
        await self._exchange.upkeep()
        wait = int(timeout * 1000)
        batch = await self.call(
            "GET",
            path("sync"),
            limit=timeout + MARGIN,
            since=since,
            timeout=wait,
            filter=filter,
            set_presence="offline",
        )
        self._machine.receive(batch)
        self._roster.learn(batch)
        return batch

    def decrypt(self, room_id: str, event: Json) -> Json | None:
        """The `m.room.encrypted` event in clear, or None: keep it, and try again after the next sync."""
        return self._machine.decrypt(room_id, event)

    # Send

    async def send(self, room_id: str, type: str, content: Json, txn_id: str) -> str:
        """Send one event, encrypted where the room is; returns its event id. The same `txn_id` twice is one event."""
        if type != IN_CLEAR and await self._is_encrypted(room_id):
            await self._exchange.share(room_id, await self._members(room_id))
            type, content = "m.room.encrypted", self._machine.groups.encrypt(room_id, type, content)
        return str((await self.call("PUT", path("rooms", room_id, "send", type, txn_id), content))["event_id"])

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str:
        body = {"reason": reason} if reason else {}
        return str((await self.call("PUT", path("rooms", room_id, "redact", event_id, txn_id), body))["event_id"])

    def know(self, room_id: str, *, encrypted: bool, members: Iterable[str] | None = None) -> None:
        """Spare a question to the server: a fact about a room that was kept elsewhere."""
        self._roster.know(room_id, encrypted=encrypted, members=members)

    async def _is_encrypted(self, room_id: str) -> bool:
        known = self._roster.is_encrypted(room_id)
        if known is None:
            known = await self._asked_whether_encrypted(room_id)
            self.know(room_id, encrypted=known)
        return known

    async def _asked_whether_encrypted(self, room_id: str) -> bool:
        try:
            await self.call("GET", path("rooms", room_id, "state", "m.room.encryption", ""))
        except MatrixRefused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    async def _members(self, room_id: str) -> set[str]:
        known = self._roster.members(room_id)
        if known is None:
            answer = await self.call("GET", path("rooms", room_id, "members"), not_membership="leave")
            events = [event for event in dicts(answer.get("chunk")) if isinstance(event.get("state_key"), str)]
            known = {one["state_key"] for one in events if block(one, "content").get("membership") in PRESENT}
            self.know(room_id, encrypted=True, members=known)
        return known
