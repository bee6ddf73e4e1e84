"""What people do in rooms, whoever plays the bots. Every door returns once they have answered."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Any

from bot.store.inbox import Event
from tests.stage.world import World


def in_thread(root: str) -> dict[str, Any]:
    """As clients do: those that know no threads see a reply."""
    fallback = {"is_falling_back": True, "m.in_reply_to": {"event_id": root}}
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root} | fallback}


class Acting:
    """`bots` are the Matrix ids that people do not play."""

    world: World

    @property
    @abstractmethod
    def bots(self) -> Collection[str]: ...

    @abstractmethod
    def happens(self, room_id: str, sender: str, type: str, content: dict[str, Any], **more: Any) -> Event:
        """Something happens on the homeserver; no bot has heard of it yet."""

    @abstractmethod
    async def hear(self, *events: Event) -> None:
        """All of these come in one sync."""

    async def event(self, room_id: str, sender: str, type: str, content: dict[str, Any], **more: Any) -> str:
        """`more`: a `state_key`, an `event_id` of its own."""
        event = self.happens(room_id, sender, type, content, **more)
        await self.hear(event)
        return event.event_id

    # -- messages

    async def write(self, person: str, room_id: str, text: str, **content: Any) -> str:
        body = {"msgtype": "m.text", "body": text} | content
        return await self.event(room_id, person, "m.room.message", body)

    async def photo(self, person: str, room_id: str, **content: Any) -> str:
        picture = {"msgtype": "m.image", "url": "mxc://lieu.fr/photo"} | content
        return await self.write(person, room_id, "IMG_2041.jpg", **picture)

    async def drop(
        self, person: str, room_id: str, name: str, data: bytes, caption: str = "", sealed: bool = False
    ) -> str:
        """A file, with words under it where clients write them; `sealed` as in an encrypted room."""
        address = f"mxc://lieu.fr/file{len(self.world.dropped)}"
        self.world.dropped[address] = data
        where = {"file": {"url": address, "v": "v2"}} if sealed else {"url": address}
        more = {"msgtype": "m.file", "filename": name, "info": {"size": len(data)}} | where
        return await self.write(person, room_id, caption or name, **more)

    async def reply(self, person: str, room_id: str, to: str, text: str) -> str:
        return await self.write(person, room_id, text, **{"m.relates_to": {"m.in_reply_to": {"event_id": to}}})

    async def thread(self, person: str, room_id: str, root: str, text: str) -> str:
        """A message in the thread that begins with this event."""
        return await self.write(person, room_id, text, **in_thread(root))

    async def edit(self, person: str, room_id: str, event_id: str, text: str) -> str:
        relation = {"rel_type": "m.replace", "event_id": event_id}
        new = {"m.new_content": {"msgtype": "m.text", "body": text}, "m.relates_to": relation}
        return await self.write(person, room_id, f"* {text}", **new)

    async def delete(self, person: str, room_id: str, event_id: str) -> str:
        """Take a message or a reaction back."""
        redaction = self.world.redacts(room_id, person, event_id)
        await self.hear()
        return redaction

    async def click(self, person: str, room_id: str, key: str, on: str | None = None) -> str:
        target = on or self.last_question(room_id)
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        return await self.event(room_id, person, "m.reaction", {"m.relates_to": relation})

    # -- coming and going

    async def enter(self, person: str, room_id: str) -> str:
        return await self.becomes(person, room_id, "join", displayname=self.world.names.get(person))

    async def becomes(self, person: str, room_id: str, membership: str, by: str | None = None, **more: Any) -> str:
        """Somebody is a member now, or no more: through themselves or somebody else."""
        self.world.rooms[room_id].members[person] = membership
        content = {"membership": membership} | more
        return await self.event(room_id, by or person, "m.room.member", content, state_key=person)

    # -- what people see

    def last_question(self, room_id: str) -> str:
        """The last message that carries a reaction of the bot's own."""
        reacted = [
            e["content"]["m.relates_to"]["event_id"]
            for e in self.world.rooms[room_id].events
            if e["sender"] in self.bots and e["type"] == "m.reaction" and not e["redacted"]
        ]
        return str(reacted[-1])
