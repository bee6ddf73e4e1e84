"""The bot's account on its homeserver: listen, send, ask. Encrypted rooms are written to and read like the others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.errors import NobodyReads
from bot.matrix.client_api import LIMIT, ClientApi, path
from bot.matrix.crypto import Machine
from bot.matrix.key_exchange import KeyExchange
from bot.matrix.room_members import Recipients
from bot.matrix.session import Session, sign_in
from bot.matrix.untrusted_json import Json
from bot.store.data_trouble import Condition

IN_CLEAR = "m.reaction"
MARGIN = 30.0


class Client:
    """One signed-in device. Methods raise as `ClientApi.call` does; nothing is kept here that a restart would miss."""

    def __init__(self, api: ClientApi, session: Session, machine: Machine) -> None:
        self._api, self._session, self._machine = api, session, machine
        self._key_exchange = KeyExchange(machine, api)
        self._recipients = Recipients(api, machine.encrypted_rooms(), machine.remember_encrypted)
        self._unread: dict[str, asyncio.Event] = {}  # by the rooms where nobody could read

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
        api = ClientApi(homeserver)
        try:
            session, machine = await sign_in(api, user, folder, password, access_token, device_name, new=new)
            client = cls(api, session, machine)
            await client._key_exchange.upload()
        except BaseException:
            await api.close()
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
        await self._api.close()
        self._machine.close()

    # Ask

    async def call(self, method: str, path: str, body: Any = None, *, limit: float = LIMIT, **query: Any) -> Json:
        """One raw Matrix request with our token; see `ClientApi.call`."""
        return await self._api.call(method, path, body, limit=limit, **query)

    async def fetch(self, method: str, path: str, body: Any = None, *, limit: float = LIMIT, **query: Any) -> Any:
        """Like `call`, where the answer may be a list (`/rooms/{id}/state`)."""
        return await self._api.fetch(method, path, body, limit=limit, **query)

    async def call_as_stranger(self, method: str, path: str, body: Any = None) -> Json:
        """One raw request as somebody without an account makes it."""
        api = ClientApi(self._api.homeserver)
        try:
            return await api.call(method, path, body)
        finally:
            await api.close()

    async def upload(self, data: bytes, content_type: str, filename: str = "") -> str:
        """Store a file on the homeserver; returns its mxc address."""
        return await self._api.upload(data, content_type, filename)

    async def download(self, mxc: str, most: int) -> bytes:
        """What is stored at an mxc address; see `ClientApi.download`."""
        server, _, media = mxc.removeprefix("mxc://").partition("/")
        return await self._api.download(server, media, most)

    # Listen

    async def sync(self, since: str | None, *, timeout: float = 30.0, filter: str | None = None) -> Json:
        """The next answer of /sync, as the specification has it; waits at most `timeout` seconds for news.

        The keys in it are already taken in; its encrypted events are not yet read (`decrypt`). Asking again with the
        same `since` is safe.
        """
        await self._key_exchange.upkeep()
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
        self._recipients.learn(batch)
        for room_id in [*self._unread]:
            if self._recipients.may_differ(room_id, batch):
                self._unread.pop(room_id).set()
        return batch

    def decrypt(self, room_id: str, event: Json) -> Json | None:
        """The `m.room.encrypted` event in clear, or None: keep it, and try again after the next sync."""
        return self._machine.decrypt(room_id, event)

    # Send

    async def send(self, room_id: str, type: str, content: Json, txn_id: str, *, at_once: bool = False) -> str:
        """Send one event, encrypted where the room is; returns its event id. The same `txn_id` twice is one event.

        Raises `NobodyReads` where it would be encrypted for nobody who is there, unless it is to be sent `at_once`.
        """
        if type != IN_CLEAR and await self._recipients.is_encrypted(room_id):
            if not await self._share(room_id) and not at_once:
                raise NobodyReads(self._unread.setdefault(room_id, asyncio.Event()))
            type, content = "m.room.encrypted", self._machine.group_sessions.encrypt(room_id, type, content)
        return str((await self.call("PUT", path("rooms", room_id, "send", type, txn_id), content))["event_id"])

    async def _share(self, room_id: str) -> bool:
        """Whether somebody who is there has the key, or the homeserver will tell that we are there no more."""
        people = await self._recipients.members(room_id)
        here = {person for person, membership in people.items() if membership == "join"} - {self.user_id}
        await self._key_exchange.share(room_id, people)
        if self.user_id not in people or here & self._machine.group_sessions.readers(room_id):
            return True
        self._machine.devices.doubted(here)  # a homeserver may tell us late, or never
        return False

    def forget_devices(self, person: str) -> None:
        """Whose devices these were, is kept no more."""
        self._machine.forget(person)

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str:
        body = {"reason": reason} if reason else {}
        return str((await self.call("PUT", path("rooms", room_id, "redact", event_id, txn_id), body))["event_id"])

    def know(self, room_id: str, *, encrypted: bool, members: Mapping[str, str] | None = None) -> None:
        """Spare a question to the server: a fact about a room that was kept elsewhere."""
        self._recipients.know(room_id, encrypted=encrypted, members=members)
