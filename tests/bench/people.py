"""People for the bench: raw requests over connections that stay open, and an ear that notes when it heard what."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.servers.synapse import Account

FILTER = json.dumps(
    {
        "presence": {"types": []},
        "account_data": {"types": []},
        "room": {"ephemeral": {"types": []}, "state": {"lazy_load_members": True}, "timeline": {"limit": 100}},
    }
)


class Caller:
    """One account at one homeserver. Ids in a path must be quoted by `room`."""

    _txn = itertools.count(1)

    def __init__(self, http: aiohttp.ClientSession, base_url: str, account: Account) -> None:
        self._http, self._base, self.account = http, base_url, account

    @property
    def user_id(self) -> str:
        return self.account.user_id

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {self.account.access_token}"}
        address = f"{self._base}/_matrix/client/v3/{path}"
        async with self._http.request(method, address, json=body, headers=headers, params=query) as answer:
            told = await answer.json()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status} {told}")
        return told

    async def create(self, **body: Any) -> str:
        """A room that everybody may enter, unless told otherwise."""
        return str((await self.call("POST", "createRoom", {"preset": "public_chat"} | body))["room_id"])

    async def join(self, room_id: str, **query: str) -> None:
        await self.call("POST", f"join/{quote(room_id)}", {}, **query)

    async def rooms(self) -> set[str]:
        """Those that this account is in."""
        return set((await self.call("GET", "joined_rooms"))["joined_rooms"])

    async def put(self, room_id: str, path: str, content: dict[str, Any]) -> Any:
        return await self.call("PUT", f"rooms/{quote(room_id)}/{path}", content)

    async def say(self, room_id: str, text: str) -> str:
        return await self.send(room_id, {"msgtype": "m.text", "body": text})

    async def send(self, room_id: str, content: dict[str, Any]) -> str:
        return str((await self.put(room_id, f"send/m.room.message/{next(self._txn)}", content))["event_id"])


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was heard; `at` in seconds of the monotonic clock."""

    at: float
    event_id: str
    sender: str
    content: dict[str, Any]

    @property
    def body(self) -> str:
        return str(self.content.get("body", ""))


class Ear:
    """Hears every message (but edits) of the rooms of one account. `rest`: seconds to wait before listening again,
    where nobody needs to know the moment: each answer of a sync costs the homeserver as much as a message."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.said: defaultdict[str, list[Heard]] = defaultdict(list)
        self.rest = 0.0
        self._more = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Ear:
        first = await self._caller.call("GET", "sync", filter=FILTER, timeout="0")
        self._task = asyncio.create_task(self._listen(first["next_batch"]))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _listen(self, since: str) -> None:
        while True:
            try:
                batch = await self._caller.call("GET", "sync", filter=FILTER, timeout="30000", since=since)
            except aiohttp.ClientConnectionError:
                continue  # closed just as it was used again; nothing is lost that is asked for once more
            at, since = time.monotonic(), batch["next_batch"]
            for room_id, room in batch.get("rooms", {}).get("join", {}).items():
                self.said[room_id] += _messages(room["timeline"]["events"], at)
            async with self._more:
                self._more.notify_all()
            await asyncio.sleep(self.rest)

    async def until(self, happened: Callable[[], Any], timeout: float = 60.0) -> None:
        """Wait until this is true. Raises TimeoutError, or what made the ear deaf."""
        try:
            async with asyncio.timeout(timeout), self._more:
                while not happened():
                    await self._more.wait()
        except TimeoutError:
            if self._task and self._task.done():
                self._task.result()
            raise

    async def answer(self, room_id: str, sender: str, say: Callable[[], Awaitable[object]]) -> float:
        """Seconds from the moment before `say` to the next message of `sender` in this room."""
        before, start = len(self.said[room_id]), time.monotonic()

        def answers() -> list[Heard]:
            return [heard for heard in self.said[room_id][before:] if heard.sender == sender]

        await say()
        try:
            await self.until(answers)
        except TimeoutError as error:
            raise TimeoutError(f"{sender} did not answer in {room_id}") from error
        return answers()[0].at - start


def _messages(events: Iterable[dict[str, Any]], at: float) -> list[Heard]:
    return [
        Heard(at, event["event_id"], event["sender"], event["content"])
        for event in events
        if event["type"] in ("m.room.message", "m.room.encrypted") and not _is_edit(event["content"])
    ]


def _is_edit(content: dict[str, Any]) -> bool:
    return content.get("m.relates_to", {}).get("rel_type") == "m.replace"
