"""The keys of rooms: shared with every device of every member, and changed when one of them leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nio.crypto import Olm

from bot.matrix.untrusted_json import Json

Readers = set[tuple[str, str]]


class GroupSessions:
    """What we encrypt for rooms. Before each message: `to_share`, deliver every part, then `encrypt`."""

    def __init__(self, olm: Olm) -> None:
        self._olm = olm

    def to_share(self, room_id: str, people: Iterable[str]) -> Iterator[tuple[Readers, Json]]:
        """The letters that give `people` the room's key, with the devices that each reaches; none when all have it.

        Call `shared` after each delivery: an interrupted round goes on where it stopped.
        """
        people = list(people)
        readers = self._readers(people)
        session = self._olm.outbound_group_sessions.get(room_id)
        if session and (session.expired or session.users_shared_with - readers):
            session = self._olm.outbound_group_sessions.pop(room_id) and None
        if session and readers <= session.users_shared_with:
            return
        if session:
            session.shared = False  # nio makes a new key where one is marked as shared
        yield from self._olm.share_group_session_parallel(room_id, people, ignore_unverified_devices=True)

    def _readers(self, people: Iterable[str]) -> Readers:
        return {
            (user_id, device.id)
            for user_id in people
            for device in self._olm.device_store.active_user_devices(user_id)
            if device.id != self._olm.device_id
        }

    def shared(self, room_id: str, readers: Readers) -> None:
        self._olm.outbound_group_sessions[room_id].users_shared_with.update(readers)

    def readers(self, room_id: str) -> set[str]:
        """Who has the room's key, on some device."""
        session = self._olm.outbound_group_sessions.get(room_id)
        return {user_id for user_id, _ in session.users_shared_with} if session else set()

    def encrypt(self, room_id: str, kind: str, content: Json) -> Json:
        """The content of an `m.room.encrypted` event. A relation stays in clear: the server needs it."""
        self._olm.outbound_group_sessions[room_id].shared = True
        sealed: Json = self._olm.group_encrypt(room_id, {"type": kind, "content": content})
        if "m.relates_to" in content:
            sealed["m.relates_to"] = content["m.relates_to"]
        return sealed
