"""The encryption of one device: what a sync brings is taken in, events are read, and nothing hostile breaks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from nio.crypto import Olm
from nio.events import MegolmEvent, OlmEvent, ToDeviceEvent
from nio.exceptions import EncryptionError
from nio.store import SqliteStore
from peewee import DatabaseError, SqliteDatabase  # type: ignore[import-untyped]

from bot.matrix.crypto.devices import Devices
from bot.matrix.crypto.megolm import GroupSessions
from bot.matrix.crypto.own_keys import OwnKeys
from bot.matrix.untrusted_json import Json, block, dicts, strings
from bot.store.data_folder import CRYPTO
from bot.store.data_trouble import Condition, trouble

log = structlog.get_logger(__name__)


class _File(SqliteDatabase):  # type: ignore[misc]
    """Remembers what the disk refused, for between it and us stands much that takes every error for a stranger's."""

    refused: DatabaseError | None = None

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        return self._noting(super().execute_sql, *args, **kwargs)

    def commit(self) -> Any:
        return self._noting(super().commit)

    def _noting(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        except DatabaseError as error:
            if trouble(error):
                self.refused = self.refused or error
            raise


class _Store(SqliteStore):  # type: ignore[misc]
    def _create_database(self) -> _File:
        return _File(self.database_path, pragmas={"foreign_keys": 1, "secure_delete": 1})


class Machine:
    """The keys of one device, in the SQLite file `crypto.db` of `folder`, locked with `pickle_key`."""

    def __init__(
        self,
        user_id: str,
        device_id: str,
        folder: Path,
        pickle_key: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = _Store(user_id, device_id, str(folder), pickle_key, CRYPTO)
        self._store.database.execute_sql("PRAGMA journal_mode=WAL")
        self._who, self._clock = (user_id, device_id), clock
        self._path = folder / CRYPTO
        self.condition = Condition()
        self._load()

    def _load(self) -> None:
        self._olm = Olm(*self._who, self._store)
        self.own = OwnKeys(self._olm)
        self.devices = Devices(self._olm, self._clock)
        self.group_sessions = GroupSessions(self._olm)

    @contextmanager
    def saving(self) -> Iterator[None]:
        """What is learned inside is kept whole, or not at all: raises where the disk does not take it, with what is
        known as it was before, so that the same may be learned again."""
        file: _File = self._store.database
        try:
            with file.atomic():
                if self.condition.is_ill(self._path):
                    self._olm.save_account()  # is there room again?
                yield
                if file.refused:
                    raise file.refused
        except BaseException:
            if refused := file.refused:
                file.refused = None
                self._load()
                self.condition.failed(self._path, refused)
                raise refused from None
            raise
        self.condition.written(self._path)

    def close(self) -> None:
        self._store.database.close()

    def encrypted_rooms(self) -> set[str]:
        return set(self._store.load_encrypted_rooms())

    def remember_encrypted(self, rooms: Iterable[str]) -> None:
        """A room that was encrypted once is encrypted for ever, whatever a server says later."""
        with self.saving():
            self._store.save_encrypted_rooms(list(rooms))

    def receive(self, batch: Json) -> None:
        """Take in the letters, device changes and key counts of one answer of /sync."""
        with self.saving():
            for letter in dicts(block(batch, "to_device").get("events")):
                self._open(letter)
        lists = block(batch, "device_lists")
        self.devices.changed((*strings(lists.get("changed")), *strings(lists.get("left"))))
        self.own.count(batch)

    def forget(self, user_id: str) -> None:
        """Nothing is kept of somebody's devices, nor of what was open with them: what they say with a key that we had
        cannot be read any more."""
        theirs = "SELECT id FROM devicekeys WHERE user_id = ?"
        keys = f"SELECT key FROM keys WHERE device_id IN ({theirs})"  # noqa: S608
        execute = self._store.database.execute_sql
        with self.saving():
            for table in ("olmsessions", "megolminboundsessions"):
                execute(f"DELETE FROM {table} WHERE sender_key IN ({keys})", (user_id,))  # noqa: S608
            for table in ("keys", "devicetruststate"):
                execute(f"DELETE FROM {table} WHERE device_id IN ({theirs})", (user_id,))  # noqa: S608
            execute("DELETE FROM devicekeys WHERE user_id = ?", (user_id,))
        execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.devices.forget(user_id)

    def _open(self, letter: Json) -> None:
        """Only encrypted letters concern us: requests for keys and verifications are for people's own devices."""
        if letter.get("type") != "m.room.encrypted":
            return
        try:
            sealed = ToDeviceEvent.parse_event(letter)
            if isinstance(sealed, OlmEvent):
                self._olm.handle_to_device_event(sealed)
        except Exception as problem:  # a stranger chooses what breaks in there
            log.warning("letter-refused", sender=letter.get("sender"), problem=type(problem).__name__)
            self._unwedge(letter)

    def _unwedge(self, letter: Json) -> None:
        """An honest sender whose session with us is lost gets a new one."""
        sender, key = letter.get("sender"), block(letter, "content").get("sender_key")
        if isinstance(sender, str) and isinstance(key, str):
            self._olm._mark_device_for_unwedging(sender, key)

    def decrypt(self, room_id: str, event: Json) -> Json | None:
        """The event in clear, or None: unreadable so far (its key may come), or for ever (garbage, forged state)."""
        try:
            sealed = MegolmEvent.from_dict(event | {"room_id": room_id, "content": self._completed(room_id, event)})
            clear = self._olm.decrypt_megolm_event(sealed, room_id) if isinstance(sealed, MegolmEvent) else None
        except EncryptionError:
            return None
        except Exception as problem:  # a stranger chooses what breaks in there
            log.warning("event-refused", sender=event.get("sender"), problem=type(problem).__name__)
            return None
        told = getattr(clear, "source", None)
        if not isinstance(told, dict) or is_forged(told, room_id):
            return None
        return event | {"room_id": room_id, "type": told["type"], "content": told["content"]}

    def _completed(self, room_id: str, event: Json) -> Json:
        """The content with the two fields that nio requires and the specification made optional."""
        content = {"device_id": ""} | block(event, "content")
        if "sender_key" not in content:
            known = (one for one in self._olm.inbound_group_store if one.room_id == room_id)
            content["sender_key"] = next((one.sender_key for one in known if one.id == content.get("session_id")), "")
        return content


def is_forged(told: Json, room_id: str) -> bool:
    """Does the text inside an encrypted event claim to be more than a message of this room?

    State is never encrypted: a plaintext that looks like state is somebody's attempt at power.
    """
    kind = told.get("type")
    if not isinstance(kind, str) or not isinstance(told.get("content"), dict):
        return True
    stately = kind.startswith(("m.room.", "m.space.", "m.policy.")) and kind != "m.room.message"
    return stately or "state_key" in told or told.get("room_id", room_id) != room_id
