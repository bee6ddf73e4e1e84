"""Signing in once and staying the same device: the token and the key of the crypto store, in private files."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog
from peewee import DatabaseError  # type: ignore[import-untyped]

from bot.errors import CredentialsRefused, DataUnusable, MatrixRefused, Unavailable
from bot.matrix.client_api import AuthWanted, ClientApi, path
from bot.matrix.crypto import Machine
from bot.matrix.untrusted_json import Json, block
from bot.store import whole_file
from bot.store.data_folder import CRYPTO, PICKLE, SESSION
from bot.store.data_trouble import Trouble, opening, sentence, trouble

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    user_id: str
    device_id: str
    access_token: str = field(repr=False)


class AccountInUse(DataUnusable):
    """The account has an identity, or devices that people write to, and this folder has the keys of neither."""

    def __init__(self, user_id: str, folder: Path) -> None:
        super().__init__(
            f"{user_id} is in use already: it has an identity or sessions that encrypt, and their keys are not in"
            f" {folder}. If the bot ran elsewhere, set DATA_DIR to where its data are (is it mounted?), or"
            " `conciergerie restore` its last backup. To make it a new identity, `conciergerie run --new` once: people"
            " are warned of it"
        )


def remembered(folder: Path) -> Session | None:
    """None where nobody has signed in yet. Raises DataUnusable where that cannot be read."""
    file = folder / SESSION
    with opening(file):
        if not file.exists():
            return None
        told = file.read_bytes()
    try:
        return Session(**json.loads(told))
    except (ValueError, TypeError) as problem:
        raise damaged(file, problem) from None


def damaged(file: Path, problem: Exception) -> DataUnusable:
    return DataUnusable(sentence(Trouble.DAMAGED, file, problem))


def remember(folder: Path, session: Session) -> None:
    whole_file.write(folder / SESSION, json.dumps(asdict(session)))


def pickle_key(folder: Path) -> str:
    """The key that locks the crypto store; made the first time."""
    file = folder / PICKLE
    if not file.exists():
        whole_file.write(file, secrets.token_hex(32))
    return file.read_text().strip()


async def sign_in(
    api: ClientApi,
    user: str,
    folder: Path,
    password: str | None,
    access_token: str | None,
    device_name: str,
    *,
    new: bool = False,
) -> tuple[Session, Machine]:
    """The session, and the machine whose keys are those that the homeserver knows for this device.

    Raises DataUnusable (AccountInUse, where there is an identity that this folder knows nothing of) unless a `new`
    device is meant to take the place of one whose keys are lost.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    way = _SignIn(api, user, password, device_name)
    kept = remembered(folder)
    session = await way.enter(kept, access_token)
    if not (kept or new):
        await _nobodys(way, session, folder, made=not access_token)
    remember(folder, session)
    machine = _machine(session, folder, new=new)
    try:
        published = await _published(api, session)
        if published is None:
            machine.own.forget_publication()
        elif published != machine.own.public["ed25519"]:
            if not new:
                raise damaged(folder / CRYPTO, ValueError())
            session, machine = await _anew(way, session, machine, folder)
    except BaseException:
        machine.close()
        raise
    api.renew = partial(_renewed, way, session.device_id, folder) if password else None
    return session, machine


async def _nobodys(way: _SignIn, session: Session, folder: Path, *, made: bool) -> None:
    """Whoever made the account may have used it in a client; so may a bot whose data are elsewhere."""
    me = session.user_id
    answer = await way.api.call("POST", path("keys", "query"), {"device_keys": {me: []}})
    if not any(block(answer, kind).get(me) for kind in ("master_keys", "device_keys")):
        return
    if made:
        with suppress(MatrixRefused, Unavailable):  # it was ours for a moment: nobody will use it
            await way.api.call("POST", path("logout"), {})
    raise AccountInUse(me, folder)


async def _renewed(way: _SignIn, device_id: str, folder: Path) -> None:
    remember(folder, await way.login(device_id))


async def _anew(way: _SignIn, lost: Session, machine: Machine, folder: Path) -> tuple[Session, Machine]:
    """The crypto store is lost: the old device can never speak again, so a new one takes its place."""
    log.warning("crypto-store-lost", device=lost.device_id)
    machine.close()
    session = await way.login()
    remember(folder, session)
    try:
        await way.delete_device(session, lost.device_id)
    except MatrixRefused as refusal:
        log.warning("old-device-stays", device=lost.device_id, errcode=refusal.errcode)
    return session, _machine(session, folder, new=True)


def _machine(session: Session, folder: Path, *, new: bool) -> Machine:
    """The crypto store; where a `new` one may take its place, one that cannot be opened (its key is lost, the disk was
    ill) is set aside."""
    try:
        return Machine(session.user_id, session.device_id, folder, pickle_key(folder))
    except (ValueError, DatabaseError) as problem:
        if (found := trouble(problem)) and found is not Trouble.DAMAGED:
            raise  # locked, or the disk is full: the store itself is well
        if not new:
            raise damaged(folder / CRYPTO, problem) from None
        log.warning("crypto-store-unreadable", problem=type(problem).__name__)
        for file in folder.glob(f"{CRYPTO}*"):
            file.replace(folder / f"unreadable-{file.name}")
        return Machine(session.user_id, session.device_id, folder, pickle_key(folder))


async def _published(api: ClientApi, session: Session) -> str | None:
    """The identity that the homeserver knows for our device."""
    body = {"device_keys": {session.user_id: [session.device_id]}}
    answer = await api.call("POST", path("keys", "query"), body)
    keys = block(answer, "device_keys", session.user_id, session.device_id, "keys")
    known = keys.get(f"ed25519:{session.device_id}")
    return known if isinstance(known, str) else None


@dataclass(frozen=True, slots=True)
class _SignIn:
    """The ways into one account. Each leaves its token in `api`."""

    api: ClientApi
    user: str
    password: str | None
    device_name: str

    async def enter(self, kept: Session | None, access_token: str | None) -> Session:
        if kept and not self._is_mine(kept):
            kept = None
        if kept and access_token in (None, kept.access_token) and await self._still_open(kept):
            return kept
        if access_token:
            self.api.token = access_token
            return await self._who()
        return await self.login(kept.device_id if kept else None)

    def _is_mine(self, kept: Session) -> bool:
        return kept.user_id == self.user or kept.user_id.split(":")[0] == f"@{self.user}"

    async def _still_open(self, kept: Session) -> bool:
        self.api.token = kept.access_token
        try:
            return await self._who() == kept
        except CredentialsRefused:
            if not self.password:
                raise
            return False

    async def _who(self) -> Session:
        answer = await self.api.call("GET", path("account", "whoami"))
        if not isinstance(answer.get("device_id"), str):
            raise CredentialsRefused("matrix")  # a token without a device cannot encrypt
        return Session(str(answer["user_id"]), answer["device_id"], self.api.token)

    async def login(self, device_id: str | None = None) -> Session:
        """A new token by password, for `device_id` or for a new device."""
        if not self.password:
            raise CredentialsRefused("matrix")
        body = _password(self.user, self.password) | {"initial_device_display_name": self.device_name}
        answer = await self._logged_in(body | ({"device_id": device_id} if device_id else {}))
        session = Session(*(str(answer[name]) for name in ("user_id", "device_id", "access_token")))
        self.api.token = session.access_token
        return session

    async def _logged_in(self, body: Json) -> Json:
        """Over a connection of its own: other requests may be under way with the old token."""
        fresh = ClientApi(self.api.homeserver)
        try:
            return await fresh.call("POST", path("login"), body)
        except MatrixRefused as refusal:
            raise CredentialsRefused("matrix") from refusal
        finally:
            await fresh.close()

    async def delete_device(self, session: Session, device_id: str) -> None:
        await with_password(self.api.call, "DELETE", path("devices", device_id), {}, session.user_id, self.password)


class Call(Protocol):
    async def __call__(self, method: str, path: str, body: Any = None, /) -> Json: ...


async def with_password(
    call: Call, method: str, address: str, body: dict[str, Any], user: str, password: str | None
) -> Json:
    """A request for which the homeserver may want the password again. Raises `AuthWanted` where we have none."""
    try:
        return await call(method, address, body)
    except AuthWanted as wanted:
        if not password:
            raise
        auth = _password(user, password) | {"session": wanted.session}
        return await call(method, address, body | {"auth": auth})


def _password(user: str, password: str) -> Json:
    return {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user}, "password": password}
