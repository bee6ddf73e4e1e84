"""A human at a Matrix client, for tests and the demo: says things, hears others, clicks, in encrypted rooms too."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import nio
from nio.crypto.attachments import decrypt_attachment

from tests.servers.plain_http import plain_http
from tests.servers.screen import PATIENCE, Heard, Invitation, Screen

__all__ = ["Heard", "Invitation", "Person"]

AGAIN = 2, 4, 8, 16
"""Seconds after which Element sends once more what its server answered 5xx to (matrix-js-sdk, `scheduler.ts`): a
Synapse does so while it puts two branches of a room's state together, and takes the same message a moment later."""


class Person(Screen):
    """Use as `async with Person(synapse, account) as alix:`; `next` returns each time a later event than before."""

    # Speak

    async def send(self, room_id: str, kind: str, content: dict[str, Any]) -> str:
        """Send any event, encrypted where the room is; returns its event id."""
        await self.until(lambda: room_id in self._nio.rooms, what=f"being in {room_id}")
        once = secrets.token_hex(8)
        for wait in (*AGAIN, 0):
            sent = await self._nio.room_send(room_id, kind, content, once, ignore_unverified_devices=True)
            if isinstance(sent, nio.RoomSendResponse):
                return sent.event_id
            if not (wait and sent.transport_response and sent.transport_response.status >= 500):
                break
            await asyncio.sleep(wait)
        raise RuntimeError(f"{self.user_id} could not send: {sent}")

    async def say(self, room_id: str, text: str, **more: Any) -> str:
        return await self.send(room_id, "m.room.message", {"msgtype": "m.text", "body": text, **more})

    async def reply(self, room_id: str, event_id: str, text: str) -> str:
        return await self.say(room_id, text, **{"m.relates_to": {"m.in_reply_to": {"event_id": event_id}}})

    async def say_in_thread(self, room_id: str, root: str, text: str) -> str:
        return await self.say(room_id, text, **{"m.relates_to": {"rel_type": "m.thread", "event_id": root}})

    async def edit(self, room_id: str, event_id: str, text: str) -> str:
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        return await self.say(room_id, f"* {text}", **{"m.new_content": new, "m.relates_to": relation})

    async def react(self, room_id: str, event_id: str, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room_id, "m.reaction", {"m.relates_to": relation})

    async def click(self, room_id: str, key: str, timeout: float = PATIENCE) -> str:
        """Click on the newest offered reaction `key` (waits for it to be offered); returns the question's event id."""
        question = await self.until(lambda: self._offering(room_id, key), timeout, f"{key} to click")
        await self.react(room_id, question, key)
        return str(question)

    def _offering(self, room_id: str, key: str) -> str | None:
        """The newest message of somebody else that carries its author's own reaction `key`."""
        offers = {(one.relation["event_id"], one.sender) for one in self._reactions(room_id, key)}
        newest = reversed(self.messages(room_id))
        return next((one.event_id for one in newest if (one.event_id, one.sender) in offers), None)

    def _reactions(self, room_id: str, key: str) -> Iterator[Heard]:
        same = key.replace("\ufe0f", "")
        for heard in self._timelines[room_id]:
            if heard.type == "m.reaction" and str(heard.relation.get("key")).replace("\ufe0f", "") == same:
                yield heard

    async def show(self, room_id: str, picture: bytes, name: str, **more: Any) -> str:
        """Send a picture into a room that is not encrypted."""
        kind = {"Content-Type": "image/png"}
        url = f"{self.synapse.base_url}/_matrix/media/v3/upload"
        async with self._http() as http:
            answer = (await http.post(url, content=picture, headers=kind)).raise_for_status()
        content = {
            "msgtype": "m.image",
            "body": name,
            "url": answer.json()["content_uri"],
            "info": {"mimetype": "image/png"},
        }
        return await self.send(room_id, "m.room.message", content | more)

    async def redact(self, room_id: str, event_id: str) -> None:
        await self.call("PUT", f"/_matrix/client/v3/rooms/{room_id}/redact/{event_id}/{secrets.token_hex(8)}", {})

    # Come and go

    async def invited(self, where: Callable[[Invitation], bool] | None = None, timeout: float = PATIENCE) -> Invitation:
        """Wait for an invitation that was not answered yet."""

        def found() -> Invitation | None:
            return next((one for one in self._invitations.values() if where is None or where(one)), None)

        return await self.until(found, timeout, "an invitation")

    async def join(self, room_id: str, via: Sequence[str] = ()) -> str:
        """Join, and wait until the client shows the room."""
        query = "&".join(f"via={server}" for server in via)
        await self.call("POST", f"/_matrix/client/v3/join/{room_id}?{query}", {})
        self._invitations.pop(room_id, None)
        await self.until(lambda: room_id in self._nio.rooms, what=f"being in {room_id}")
        return room_id

    async def leave(self, room_id: str) -> None:
        await self.call("POST", f"/_matrix/client/v3/rooms/{room_id}/leave", {})

    async def create_room(self, *, encrypted: bool = False, **body: Any) -> str:
        """Make a room; `body` as in createRoom (preset, invite, name, …)."""
        if encrypted:
            state = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
            body["initial_state"] = [*body.get("initial_state", []), state]
        made = await self.call("POST", "/_matrix/client/v3/createRoom", body)
        await self.until(lambda: made["room_id"] in self._nio.rooms, what="the new room")
        return str(made["room_id"])

    async def stored(self, address: str) -> tuple[str, bytes]:
        """The type and the bytes that the homeserver keeps at an `mxc://` address."""
        url = f"{self.synapse.base_url}/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}"
        async with self._http() as http:
            answer = (await http.get(url)).raise_for_status()
        return answer.headers["Content-Type"], answer.content

    def _http(self) -> httpx.AsyncClient:
        token = {"Authorization": f"Bearer {self.account.access_token}"}
        return plain_http(headers=token, timeout=PATIENCE)

    async def opened(self, content: dict[str, Any]) -> bytes:
        """The file of a message, as a client shows it."""
        if "url" in content:
            return (await self.stored(content["url"]))[1]
        sealed = content["file"]
        _, ciphertext = await self.stored(sealed["url"])
        return bytes(decrypt_attachment(ciphertext, sealed["key"]["k"], sealed["hashes"]["sha256"], sealed["iv"]))

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One raw request with this person's token."""
        return await self.synapse.call(method, path, body, token=self.account.access_token)
