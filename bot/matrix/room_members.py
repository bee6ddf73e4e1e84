"""Which rooms are encrypted and who is in them: what sending needs to know, learnt from each sync or asked for late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bot.errors import MatrixRefused
from bot.matrix.client_api import ClientApi, path
from bot.matrix.untrusted_json import Json, block, dicts, strings

PRESENT = ("join", "invite")


class Recipients:
    """Nothing is asked at a start: a room is looked at when something is sent there.

    `remember` keeps the rooms found to be encrypted; `known` are those kept earlier.
    """

    def __init__(self, api: ClientApi, known: Iterable[str], remember: Callable[[list[str]], None]) -> None:
        self._api, self._remember = api, remember
        self._encrypted = dict.fromkeys(known, True)
        self._members: dict[str, dict[str, str]] = {}

    async def is_encrypted(self, room_id: str) -> bool:
        if room_id not in self._encrypted:
            self.know(room_id, encrypted=await self._asked_whether_encrypted(room_id))
        return self._encrypted[room_id]

    async def _asked_whether_encrypted(self, room_id: str) -> bool:
        try:
            await self._api.call("GET", path("rooms", room_id, "state", "m.room.encryption", ""))
        except MatrixRefused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    async def members(self, room_id: str) -> Mapping[str, str]:
        """The membership of those who are in the room or invited."""
        known = self._members.get(room_id)
        if known is None:
            answer = await self._api.call("GET", path("rooms", room_id, "members"), not_membership="leave")
            events = [event for event in dicts(answer.get("chunk")) if isinstance(event.get("state_key"), str)]
            told = {str(event["state_key"]): block(event, "content").get("membership") for event in events}
            known = {person: str(membership) for person, membership in told.items() if membership in PRESENT}
            self.know(room_id, encrypted=True, members=known)
        return known

    def know(self, room_id: str, *, encrypted: bool, members: Mapping[str, str] | None = None) -> None:
        """Note a fact from elsewhere. What was encrypted once stays so."""
        if encrypted and not self._encrypted.get(room_id):
            self._remember([room_id])
        self._encrypted[room_id] = encrypted or self._encrypted.get(room_id, False)
        if members is not None:
            self._members[room_id] = {**members}

    def learn(self, batch: Json) -> None:
        """Take in the memberships and encryption of one answer of /sync. A gap means that somebody may be missing."""
        for room_id, room in block(batch, "rooms", "join").items():
            if block(room, "timeline").get("limited"):
                self._members.pop(room_id, None)
            for part in ("state", "state_after", "timeline"):
                for event in dicts(block(room, part).get("events")):
                    self._note(room_id, event)
        for room_id in block(batch, "rooms", "leave"):
            self._members.pop(room_id, None)

    def may_differ(self, room_id: str, batch: Json) -> bool:
        """Whether others are there since this answer of /sync, or have other devices."""
        heard = any(room_id in block(batch, "rooms", kind) for kind in ("join", "leave"))
        changed = strings(block(batch, "device_lists").get("changed"))
        return heard or not self._members.get(room_id, {}).keys().isdisjoint(changed)

    def _note(self, room_id: str, event: Json) -> None:
        kind, key = event.get("type"), event.get("state_key")
        if kind == "m.room.encryption" and key == "":
            self.know(room_id, encrypted=True)
        elif kind == "m.room.member" and isinstance(key, str) and room_id in self._members:
            self._members[room_id].pop(key, None)
            if (membership := block(event, "content").get("membership")) in PRESENT:
                self._members[room_id][key] = str(membership)
