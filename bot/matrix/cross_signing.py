"""Cross-signing: the proof that this device is the bot's own. Without it clients warn about it, or shut it out.

As in the Matrix specification, "Cross-signing": three Ed25519 keys, made from seeds that stay in one private file. The
master key says who the bot is and vouches for the other two; the self-signing key vouches for its devices. nio has
nothing of this.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import structlog
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from bot.errors import MatrixRefused
from bot.matrix.client_api import AuthWanted, path
from bot.matrix.session import with_password
from bot.matrix.untrusted_json import Json, block
from bot.store import whole_file

USAGES = ("master", "self_signing", "user_signing")
SEED_BYTES = 32

log = structlog.get_logger(__name__)


class State(StrEnum):
    """What is known of our signature; each is the key of a sentence for whoever hosts the bot."""

    SIGNED = "signed"
    DEVICE_UNKNOWN = "device-unknown"
    """The homeserver has no keys, or other keys, for our device."""
    PASSWORD_WANTED = "password-wanted"  # noqa: S105
    """Another identity is on the homeserver; only the account's password allows to replace it."""
    ANOTHER_IDENTITY = "another-identity"
    """Another identity is on the homeserver, and nobody said that a new one is to take its place."""
    SEEDS_UNREADABLE = "seeds-unreadable"
    """The file of the seeds is damaged: put it back from a backup, or remove it to begin a new identity."""
    REFUSED = "refused"
    """The homeserver did not take our signature."""


@dataclass(frozen=True, slots=True)
class Signed:
    """`changed` says that something was uploaded; `reset`, that people will see a new identity."""

    state: State
    changed: bool = False
    reset: bool = False


class Signer:
    """One Ed25519 key. `name` is its public half, as the specification writes it."""

    def __init__(self, seed: bytes) -> None:
        key = ECC.construct(curve="Ed25519", seed=seed)
        self.public = unpadded(key.public_key().export_key(format="raw"))
        self._signer = eddsa.new(key, "rfc8032")

    @property
    def name(self) -> str:
        return f"ed25519:{self.public}"

    def sign(self, thing: Json, user_id: str) -> Json:
        """The object with our signature added to those that it has."""
        return signed(thing, user_id, self.name, unpadded(self._signer.sign(canonical(thing).encode())))


@dataclass(frozen=True, slots=True)
class Identity:
    """The three keys of one account."""

    user_id: str
    signers: dict[str, Signer]

    @classmethod
    def load(cls, user_id: str, seeds: Path) -> Identity:
        """From the file of seeds. Raises ValueError where the file is damaged."""
        return cls._of(user_id, json.loads(seeds.read_bytes()))

    @classmethod
    def make(cls, user_id: str, seeds: Path) -> Identity:
        """A new one, in the file of seeds."""
        found = {usage: secrets.token_hex(SEED_BYTES) for usage in USAGES}
        whole_file.write(seeds, json.dumps(found))
        return cls._of(user_id, found)

    @classmethod
    def _of(cls, user_id: str, found: Any) -> Identity:
        try:
            return cls(user_id, {usage: Signer(bytes.fromhex(found[usage])) for usage in USAGES})
        except (KeyError, TypeError):
            raise ValueError("the seeds are incomplete") from None

    def public_key(self, usage: str) -> Json:
        signer = self.signers[usage]
        return {"user_id": self.user_id, "usage": [usage], "keys": {signer.name: signer.public}}

    def is_known_by(self, answer: Json) -> bool:
        """Does this answer of /keys/query show our three keys?"""
        return all(self.signers[usage].name in block(answer, f"{usage}_keys", self.user_id, "keys") for usage in USAGES)

    def has_signed(self, device: Json) -> bool:
        """The homeserver keeps only signatures that are right, so that finding ours is enough."""
        return self.signers["self_signing"].name in block(device, "signatures", self.user_id)


class Account(Protocol):
    """What is needed of the client."""

    @property
    def user_id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def device_key(self) -> str: ...
    def sign(self, canonical: str) -> str: ...
    async def call(self, method: str, path: str, body: Any = None) -> Json: ...


async def ensure_signed(account: Account, seeds: Path, password: str | None = None, *, new: bool = False) -> Signed:
    """Look at our identity on the homeserver and mend what is wrong with it.

    The first upload needs nothing; replacing another identity needs the password, and that a `new` one is wanted.
    Raises as `Client.call` does when the homeserver is not there; everything else is told in the state.
    """
    try:
        identity = Identity.load(account.user_id, seeds) if seeds.exists() else None
    except ValueError:
        return Signed(State.SEEDS_UNREADABLE)
    return await _Ensuring(account, identity, seeds, password, new).run()


@dataclass(frozen=True, slots=True)
class _Ensuring:
    account: Account
    kept: Identity | None
    seeds: Path
    password: str | None
    new: bool

    async def run(self) -> Signed:
        answer = await self._asked()
        if not self._own_device(answer):
            return Signed(State.DEVICE_UNKNOWN)
        known = self.kept is not None and self.kept.is_known_by(answer)
        reset = self._is_anothers(answer)
        if reset and not self.new:
            return Signed(State.ANOTHER_IDENTITY)
        return await self._signed(answer, self.kept or Identity.make(self.account.user_id, self.seeds), known, reset)

    async def _signed(self, answer: Json, identity: Identity, known: bool, reset: bool) -> Signed:
        try:
            if not known:
                await self._publish(identity)
            if known and identity.has_signed(self._own_device(answer)):
                return Signed(State.SIGNED)
            await self._sign_device(identity, self._own_device(answer))
        except AuthWanted:
            return Signed(State.PASSWORD_WANTED)
        except MatrixRefused as refusal:
            log.warning("signature-refused", errcode=refusal.errcode)
            return Signed(State.REFUSED)
        mended = identity.has_signed(self._own_device(await self._asked()))
        return Signed(State.SIGNED if mended else State.REFUSED, changed=True, reset=reset)

    def _is_anothers(self, answer: Json) -> bool:
        master = block(answer, "master_keys", self.account.user_id, "keys")
        return bool(master) and not (self.kept and self.kept.signers["master"].name in master)

    async def _asked(self) -> Json:
        return await self.account.call("POST", path("keys", "query"), {"device_keys": {self.account.user_id: []}})

    def _own_device(self, answer: Json) -> Json:
        """Our device as the homeserver shows it; empty where its key is not ours, for that must never be signed."""
        me = self.account
        device = block(answer, "device_keys", me.user_id, me.device_id)
        ours = block(device, "keys").get(f"ed25519:{me.device_id}") == me.device_key
        return device if ours else {}

    async def _publish(self, identity: Identity) -> None:
        me, master = self.account, identity.signers["master"]
        keys = {f"{usage}_key": identity.public_key(usage) for usage in USAGES}
        by_device = me.sign(canonical(keys["master_key"]))
        keys["master_key"] = signed(keys["master_key"], me.user_id, f"ed25519:{me.device_id}", by_device)
        for usage in USAGES[1:]:
            keys[f"{usage}_key"] = master.sign(keys[f"{usage}_key"], me.user_id)
        await with_password(me.call, "POST", path("keys", "device_signing", "upload"), keys, me.user_id, self.password)

    async def _sign_device(self, identity: Identity, device: Json) -> None:
        me = self.account
        ours = identity.signers["self_signing"].sign(device, me.user_id)
        body = {me.user_id: {me.device_id: ours}}
        answer = await me.call("POST", path("keys", "signatures", "upload"), body)
        if answer.get("failures"):
            raise MatrixRefused("M_INVALID_SIGNATURE")


def canonical(thing: Json) -> str:
    """Canonical JSON of an object to sign: without its signatures and what a server added."""
    bare = {name: value for name, value in thing.items() if name not in ("signatures", "unsigned")}
    return json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def signed(thing: Json, user_id: str, key: str, signature: str) -> Json:
    others = block(thing, "signatures")
    return thing | {"signatures": others | {user_id: block(others, user_id) | {key: signature}}}


def unpadded(raw: bytes) -> str:
    return b64encode(raw).decode().rstrip("=")
