"""A hostile person with a real device: real keys, real sessions, and whatever they like inside."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import vodozemac

from bot.matrix.client import Client
from tests.servers.synapse import Account, Synapse

OLM = "m.olm.v1.curve25519-aes-sha2"
MEGOLM = "m.megolm.v1.aes-sha2"


class Forger:
    """Speaks Olm and Megolm by hand, so that nothing honest stands in the way."""

    def __init__(self, synapse: Synapse, account: Account) -> None:
        self.synapse, self.account = synapse, account
        self._olm = vodozemac.Account()
        self._group = vodozemac.GroupSession()
        self._letters = 0

    @property
    def curve(self) -> str:
        return self._olm.curve25519_key.to_base64()

    @property
    def session_id(self) -> str:
        return str(self._group.session_id)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        return await self.synapse.call(method, path, body, token=self.account.access_token)

    async def keys_of(self, victim: Client) -> tuple[str, str]:
        """The victim's identity key, and one of its one-time keys, claimed."""
        device = {victim.user_id: {victim.device_id: "signed_curve25519"}}
        claimed = await self.call("POST", "/_matrix/client/v3/keys/claim", {"one_time_keys": device})
        ((_, one_time),) = claimed["one_time_keys"][victim.user_id][victim.device_id].items()
        shown = await self.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {victim.user_id: []}})
        keys = shown["device_keys"][victim.user_id][victim.device_id]["keys"]
        return keys[f"curve25519:{victim.device_id}"], one_time["key"]

    async def post(self, victim: Client, content: dict[str, Any], kind: str = "m.room.encrypted") -> None:
        """Any letter to the victim's device."""
        self._letters += 1
        path = f"/_matrix/client/v3/sendToDevice/{kind}/{self._letters}"
        await self.call("PUT", path, {"messages": {victim.user_id: {victim.device_id: content}}})

    def olm(self, curve: str, one_time: str, plaintext: bytes) -> dict[str, Any]:
        """A first message of a new Olm session."""
        keys = [vodozemac.Curve25519PublicKey.from_base64(key) for key in (curve, one_time)]
        kind, sealed = self._olm.create_outbound_session(*keys).encrypt(plaintext).to_parts()
        return self.letter(curve, kind, b64encode(sealed).decode().rstrip("="))

    def letter(self, curve: str, kind: Any, body: Any) -> dict[str, Any]:
        return {"algorithm": OLM, "sender_key": self.curve, "ciphertext": {curve: {"type": kind, "body": body}}}

    async def give_room_key(self, victim: Client, room_id: str, **changes: Any) -> None:
        """Share the Megolm session as an honest member does."""
        curve, one_time = await self.keys_of(victim)
        content = {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": self.session_id,
            "session_key": self._group.session_key.to_base64(),
        }
        payload = {
            "type": "m.room_key",
            "content": content | changes,
            "sender": self.account.user_id,
            "sender_device": self.account.device_id,
            "recipient": victim.user_id,
            "recipient_keys": {"ed25519": victim.device_key},
            "keys": {"ed25519": self._olm.ed25519_key.to_base64()},
        }
        await self.post(victim, self.olm(curve, one_time, json.dumps(payload).encode()))

    async def say(self, room_id: str, plaintext: Any) -> str:
        """Send `plaintext` (bytes as they are, all else as JSON) in an encrypted event; returns its id."""
        text = plaintext if isinstance(plaintext, bytes) else json.dumps(plaintext).encode()
        content = {
            "algorithm": MEGOLM,
            "sender_key": self.curve,
            "device_id": self.account.device_id,
            "session_id": self.session_id,
            "ciphertext": self._group.encrypt(text).to_base64(),
        }
        self._letters += 1
        path = f"/_matrix/client/v3/rooms/{room_id}/send/m.room.encrypted/{self._letters}"
        return str((await self.call("PUT", path, content))["event_id"])

    async def publish_nonsense(self) -> None:
        """A device with well-signed keys whose one-time keys are no keys at all."""
        me, device = self.account.user_id, self.account.device_id
        keys = {f"ed25519:{device}": self._olm.ed25519_key.to_base64(), f"curve25519:{device}": self.curve}
        about = {"user_id": me, "device_id": device, "algorithms": [OLM, MEGOLM], "keys": keys}
        one_time = {f"signed_curve25519:A{index}": self._signed({"key": "AAAA"}) for index in range(5)}
        body = {"device_keys": self._signed(about), "one_time_keys": one_time}
        await self.call("POST", "/_matrix/client/v3/keys/upload", body)

    def _signed(self, thing: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(thing, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        signature = self._olm.sign(text.encode()).to_base64()
        return thing | {"signatures": {self.account.user_id: {f"ed25519:{self.account.device_id}": signature}}}
