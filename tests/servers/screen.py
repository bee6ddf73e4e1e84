"""What a person's Matrix client shows: a running sync, events in clear, invitations; and waiting for any of it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import nio
from nio.store import SqliteMemoryStore

from tests.servers.synapse import Account, Synapse

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as this person's client shows it: in clear, with its whole content."""

    room_id: str
    event_id: str
    sender: str
    type: str
    content: dict[str, Any]
    state_key: str | None = None

    @property
    def relation(self) -> dict[str, Any]:
        return self.content.get("m.relates_to") or {}

    @property
    def replaces(self) -> str | None:
        """The event that this one edits."""
        return self.relation.get("event_id") if self.relation.get("rel_type") == "m.replace" else None

    @property
    def body(self) -> str:
        return str((self.content.get("m.new_content") or self.content).get("body", ""))


@dataclass(frozen=True, slots=True)
class Invitation:
    room_id: str
    sender: str
    name: str
    is_direct: bool


Wanted = str | Callable[[Heard], bool]


class Screen:
    """The listening half of a client: everything heard stays in `timeline(room)`; `next` walks forward through it."""

    def __init__(self, synapse: Synapse, account: Account) -> None:
        self.synapse, self.account = synapse, account
        self.user_id = account.user_id
        config = nio.AsyncClientConfig(encryption_enabled=True, store=SqliteMemoryStore, request_timeout=60)
        self._nio = nio.AsyncClient(synapse.base_url, account.user_id, config=config)
        self._nio.restore_login(account.user_id, account.device_id, account.access_token)
        self._timelines: defaultdict[str, list[Heard]] = defaultdict(list)
        self._cursors: defaultdict[str, int] = defaultdict(int)
        self._unread: list[nio.MegolmEvent] = []
        self._invitations: dict[str, Invitation] = {}
        self._news = asyncio.Condition()
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._turn(0)
        except BaseException:  # nobody leaves what nobody entered
            await self._nio.close()
            raise
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._life:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        await self._nio.close()

    # Listen

    async def next(self, room_id: str, wanted: Wanted | None = None, timeout: float = PATIENCE) -> Heard:
        """Wait for the next event of the room that is `wanted`: part of its text, or any question about it.

        By default: any message of somebody else that is not an edit.
        """
        test = self._test(wanted)

        def found() -> Heard | None:
            for index, heard in enumerate(self._timelines[room_id][self._cursors[room_id] :], self._cursors[room_id]):
                if test(heard):
                    self._cursors[room_id] = index + 1
                    return heard
            return None

        return await self.until(found, timeout, f"{wanted or 'a message'!r} in {room_id}")

    def _test(self, wanted: Wanted | None) -> Callable[[Heard], bool]:
        if callable(wanted):
            return wanted
        text = wanted or ""
        return lambda heard: self._is_said_to_me(heard) and text in heard.body

    def _is_said_to_me(self, heard: Heard) -> bool:
        return heard.type == "m.room.message" and heard.sender != self.user_id and not heard.replaces

    async def edited(self, room_id: str, event_id: str, text: str = "", timeout: float = PATIENCE) -> Heard:
        """Wait until the message `event_id` was edited into something with `text`."""

        def found() -> Heard | None:
            edits = (one for one in self._timelines[room_id] if one.replaces == event_id and text in one.body)
            return next(edits, None)

        return await self.until(found, timeout, f"an edit of {event_id} with {text!r}")

    def timeline(self, room_id: str) -> list[Heard]:
        return list(self._timelines[room_id])

    def messages(self, room_id: str) -> list[Heard]:
        """What others said in the room, without edits."""
        return [heard for heard in self._timelines[room_id] if self._is_said_to_me(heard)]

    def rooms(self) -> list[str]:
        """Where this person is."""
        return [room_id for room_id in self._nio.rooms if room_id not in self._invitations]

    def invitations(self) -> list[Invitation]:
        """Those that were not answered yet."""
        return list(self._invitations.values())

    def unreadable(self, room_id: str) -> list[str]:
        """Ids of the encrypted events whose key this device does not have."""
        return [event.event_id for event in self._unread if event.room_id == room_id]

    async def until(self, found: Callable[[], Any], timeout: float = PATIENCE, what: str = "something") -> Any:
        """Wait until `found()` is something, looking again after each sync."""
        try:
            async with asyncio.timeout(timeout), self._news:
                while not (result := found()):
                    if self._life and self._life.done():
                        self._life.result()
                    await self._news.wait()
                return result
        except TimeoutError:
            raise TimeoutError(f"{self.user_id} waited {timeout:.0f} s for {what}; heard: {self._last()}") from None

    def _last(self) -> list[str]:
        return [heard.body or heard.type for room in self._timelines.values() for heard in room][-8:]

    # The client's own life

    async def _live(self) -> None:
        while True:
            await self._turn(30_000)

    async def _turn(self, wait: int) -> None:
        answer = await self._nio.sync(timeout=wait, sync_filter={"room": {"timeline": {"limit": 500}}})
        if not isinstance(answer, nio.SyncResponse):
            raise RuntimeError(f"{self.user_id} cannot listen: {answer}")
        self._take(answer)
        await self._keep_keys()
        async with self._news:
            self._news.notify_all()

    async def _keep_keys(self) -> None:
        if self._nio.should_upload_keys:
            await self._nio.keys_upload()
        if self._nio.should_query_keys:
            await self._nio.keys_query()
        if self._nio.should_claim_keys:
            await self._nio.keys_claim(self._nio.get_users_for_key_claiming())
        await self._nio.send_to_device_messages()

    def _take(self, answer: nio.SyncResponse) -> None:
        self._retry()
        for room_id, room in answer.rooms.join.items():
            self._invitations.pop(room_id, None)
            for event in room.timeline.events:
                if isinstance(event, nio.MegolmEvent):
                    self._unread.append(event)
                else:
                    self._note(room_id, _whole(event))
        for room_id, room in answer.rooms.invite.items():
            self._invitations[room_id] = _invitation(room_id, self.user_id, [_whole(one) for one in room.invite_state])
        for room_id, room in answer.rooms.leave.items():
            self._invitations.pop(room_id, None)
            self._nio.rooms.pop(room_id, None)
            for event in room.timeline.events:
                self._note(room_id, _whole(event))

    def _retry(self) -> None:
        waiting, self._unread = self._unread, []
        for event in waiting:
            try:
                self._note(event.room_id, self._nio.decrypt_event(event).source)
            except nio.EncryptionError:
                self._unread.append(event)

    def _note(self, room_id: str, event: dict[str, Any]) -> None:
        facts = (event.get("event_id", ""), event.get("sender", ""), event.get("type", ""), event.get("content") or {})
        self._timelines[room_id].append(Heard(room_id, *facts, event.get("state_key")))


def _whole(event: Any) -> dict[str, Any]:
    """The event as the server sent it: nio takes the content out of memberships."""
    return event.source | ({"content": event.content} if hasattr(event, "content") else {})


def _invitation(room_id: str, me: str, state: list[dict[str, Any]]) -> Invitation:
    mine = next((e for e in state if e.get("type") == "m.room.member" and e.get("state_key") == me), {})
    name = next((e["content"].get("name", "") for e in state if e.get("type") == "m.room.name"), "")
    return Invitation(room_id, mine.get("sender", ""), name, bool(mine.get("content", {}).get("is_direct")))
