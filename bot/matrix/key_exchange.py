"""The exchange of keys with the homeserver and, through it, with everybody's devices."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Iterable

import structlog

from bot.errors import MatrixRefused, Unavailable
from bot.matrix.client_api import ClientApi, path
from bot.matrix.crypto import Machine
from bot.matrix.crypto.devices import Claims
from bot.matrix.crypto.own_keys import ALGORITHM
from bot.matrix.untrusted_json import Json

THEIRS = 10_000
"""Milliseconds that the homeserver may spend on asking other servers for keys."""

log = structlog.get_logger(__name__)


class KeyExchange:
    """Carries what the machine wants to say. Errors are those of `ClientApi.call`, and leave nothing half-locked."""

    def __init__(self, machine: Machine, api: ClientApi) -> None:
        self._machine = machine
        self._api = api
        self._asking = asyncio.Lock()
        self._sharing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def upkeep(self) -> None:
        """Renew our keys, mend broken sessions, send what the machine has to say. A failure is tried next time."""
        try:
            await self.upload()
            async with self._asking:
                await self._claim(self._machine.devices.wedged())
            for letter in self._machine.devices.letters():
                await self._deliver(letter.type, letter.as_dict())
                with self._machine.saving():
                    self._machine.devices.delivered(letter)
        except (Unavailable, MatrixRefused) as problem:
            log.warning("upkeep-failed", problem=str(problem))

    async def upload(self) -> None:
        with self._machine.saving():
            body = self._machine.own.to_upload()
        if not body:
            return
        try:
            answer = await self._api.call("POST", path("keys", "upload"), body)
        except MatrixRefused:
            with self._machine.saving():
                self._machine.own.skip_refused()
            raise
        with self._machine.saving():
            self._machine.own.uploaded(body, answer)

    async def share(self, room_id: str, people: Iterable[str]) -> None:
        """See to it that every device of `people` can read the room's next message."""
        people = list(people)
        async with self._sharing[room_id]:
            async with self._asking:
                await self._query(self._machine.devices.to_query(people))
                await self._claim(self._machine.devices.to_claim(people))
            with self._machine.saving():
                parts = [*self._machine.group_sessions.to_share(room_id, people)]
            for readers, letters in parts:
                await self._deliver("m.room.encrypted", letters)
                self._machine.group_sessions.shared(room_id, readers)

    async def _query(self, people: set[str]) -> None:
        if people:
            body = {"device_keys": {user_id: [] for user_id in people}, "timeout": THEIRS}
            answer = await self._api.call("POST", path("keys", "query"), body)
            with self._machine.saving():
                self._machine.devices.queried(people, answer)

    async def _claim(self, devices: Claims) -> None:
        if devices:
            wanted = {user_id: dict.fromkeys(ids, ALGORITHM) for user_id, ids in devices.items()}
            body = {"one_time_keys": wanted, "timeout": THEIRS}
            answer = await self._api.call("POST", path("keys", "claim"), body)
            with self._machine.saving():
                self._machine.devices.claimed(devices, answer)

    async def _deliver(self, kind: str, letters: Json) -> None:
        await self._api.call("PUT", path("sendToDevice", kind, secrets.token_hex(16)), letters)
