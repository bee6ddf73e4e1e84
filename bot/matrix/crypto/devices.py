"""Other people's devices: whose keys are known, with which of them a session is open, and whom to ask next.

Each person and device is judged alone, so that a malformed one never hides the others; whoever does not answer is
left in peace for a while, so that a neighbour's broken server does not slow every message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog
from nio.crypto import Olm
from nio.exceptions import LocalProtocolError
from nio.responses import KeysClaimResponse, KeysQueryError, KeysQueryResponse, ToDeviceResponse

from bot.matrix.untrusted_json import Json, block

PEACE = 60.0
"""Seconds during which somebody whose keys could not be had is not asked again."""

Claims = dict[str, list[str]]

log = structlog.get_logger(__name__)


class Devices:
    """What we know of the devices of those we write to."""

    def __init__(self, olm: Olm, clock: Callable[[], float]) -> None:
        self._olm = olm
        self._clock = clock
        self._peace: dict[tuple[str, str], float] = {}

    def changed(self, people: Iterable[str]) -> None:
        """These people's devices are other ones now: ask again before writing to them."""
        people = set(people)
        self.doubted(people)
        for user_id in people:
            self._peace.pop((user_id, ""), None)

    def doubted(self, people: Iterable[str]) -> None:
        """They may be: ask again, but for those whose keys could not be had a moment ago."""
        self._olm.tracked_users.difference_update(people)

    def forget(self, user_id: str) -> None:
        """In memory; what is being said to others meanwhile goes on."""
        for device in self._olm.device_store[user_id].values():
            self._olm.session_store[device.curve25519].clear()
            for room_id in {one.room_id for one in self._olm.inbound_group_store}:
                self._olm.inbound_group_store[room_id].pop(device.curve25519, None)
        self._olm.device_store[user_id].clear()
        self.changed([user_id])

    def to_query(self, people: Iterable[str]) -> set[str]:
        """Those whose devices must be asked for before they can be written to."""
        unsure = {one for one in people if one not in self._olm.tracked_users or one in self._olm.users_for_key_query}
        return {user_id for user_id in unsure if not self._in_peace(user_id)}

    def queried(self, asked: Iterable[str], answer: Json) -> None:
        for user_id in asked:
            found = block(answer, "device_keys").get(user_id)
            if not (isinstance(found, dict) and self._meet(user_id, found)):
                self._leave(user_id)

    def _meet(self, user_id: str, devices: Json) -> bool:
        sound = {device_id: keys for device_id, keys in devices.items() if _is_sound(user_id, device_id, keys)}
        return self._tell(KeysQueryResponse({user_id: sound}, {}), user_id)

    def to_claim(self, people: Iterable[str]) -> Claims:
        """The devices of `people` with which no session is open."""
        return self._due(self._olm.get_missing_sessions(list(people)))

    def wedged(self) -> Claims:
        """The devices whose session is broken."""
        try:
            return self._due(self._olm.get_users_for_key_claiming())
        except LocalProtocolError:
            return {}

    def _due(self, devices: Claims) -> Claims:
        due = {who: [one for one in ids if not self._in_peace(who, one)] for who, ids in devices.items()}
        return {who: ids for who, ids in due.items() if ids}

    def claimed(self, asked: Claims, answer: Json) -> None:
        for user_id, devices in asked.items():
            for device_id in devices:
                key = block(answer, "one_time_keys", user_id).get(device_id)
                if not (isinstance(key, dict) and self._greet(user_id, device_id, key)):
                    self._leave(user_id, device_id)

    def _greet(self, user_id: str, device_id: str, key: Json) -> bool:
        taken = self._tell(KeysClaimResponse({user_id: {device_id: key}}, {}), user_id)
        still = (self._olm.get_missing_sessions([user_id]), self.wedged())
        return taken and not any(device_id in devices.get(user_id, ()) for devices in still)

    def letters(self) -> Iterator[Any]:
        """What the machine wants to say to devices: nio's messages, each with `type` and `as_dict()`."""
        return iter(tuple(self._olm.outgoing_to_device_messages))

    def delivered(self, letter: Any) -> None:
        self._olm.handle_response(ToDeviceResponse(letter))

    def _tell(self, response: Any, user_id: str) -> bool:
        try:
            self._olm.handle_response(response)
        except Exception as problem:  # a stranger chooses what breaks in there
            log.warning("keys-refused", user=user_id, problem=type(problem).__name__)
            return False
        return True

    def _leave(self, user_id: str, device_id: str = "") -> None:
        self._peace[user_id, device_id] = self._clock() + PEACE

    def _in_peace(self, user_id: str, device_id: str = "") -> bool:
        return self._peace.get((user_id, device_id), float("-inf")) > self._clock()


def _is_sound(user_id: str, device_id: str, keys: Any) -> bool:
    if not isinstance(keys, dict) or not isinstance(keys.get("user_id"), str):
        return False
    return not isinstance(KeysQueryResponse.from_dict({"device_keys": {user_id: {device_id: keys}}}), KeysQueryError)
