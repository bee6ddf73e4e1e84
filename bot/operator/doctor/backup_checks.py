"""Copies that leave the machine: the place for them is tried, by doing it, and what became of the last ones is told."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.backups.in_clear import left_beside
from bot.backups.nightly import unproved
from bot.backups.rotation import beginning
from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.sentences import mending
from bot.settings import Backups
from bot.store import backups
from bot.store.data_folder import DATABASE
from bot.store.database import Tx
from bot.store.read_only import open_read_only
from integrations import storage
from integrations.errors import NotFound, Unavailable
from integrations.findings import Finding

CONNECT, READ = 5.0, 8.0  # seconds
PROBE = "probe"


async def storage_for_backups(patient: Patient) -> list[Finding]:
    """Reachable, and one may write, read and delete there."""
    chosen = patient.settings.backups
    if chosen is None:
        return [Finding("backups-none", True)]
    try:
        return await asyncio.to_thread(_tried, chosen, patient.settings.matrix.user, patient.settings.data_dir)
    except Unavailable as trouble:
        cause = trouble.cause or "silent"
        return [Finding(f"backups-{cause}", False, {"place": str(storage.place(chosen.url)), **trouble.words})]


def _tried(chosen: Backups, user: str, folder: Path) -> list[Finding]:
    place, name = storage.place(chosen.url), f"{beginning(user)}{PROBE}"
    there = storage.at(place, chosen.keys, connect=CONNECT, read=READ)
    _can_be_read_by(chosen.recipients)
    with tempfile.TemporaryDirectory() as own:
        sent, back = Path(own) / "sent", Path(own) / "back"
        sent.write_text(secrets.token_hex(16))
        there.send(sent, name)
        try:
            there.fetch(name, back)
        except NotFound:
            raise Unavailable("backups", cause="cut") from None
        if back.read_bytes() != sent.read_bytes():
            raise Unavailable("backups", cause="altered")
    words = {"place": str(place)}
    try:
        there.delete(name)
        deleted = all(item.name != name for item in there.items())
    except Unavailable as trouble:
        if trouble.cause != "rights":
            raise
        deleted = False
    found = [Finding("backups" if deleted else "backups-undeletable", True, words)]
    return found + ([Finding("backups-same-disk", True, words)] if _is_beside(place, folder) else [])


def _can_be_read_by(recipients: tuple[str, ...]) -> None:
    """Raises Unavailable where that is nobody."""
    with storage.missing_package():
        import pyrage
    try:
        for one in recipients:
            pyrage.x25519.Recipient.from_str(one)
    except pyrage.RecipientError:
        raise Unavailable("backups", cause="recipient") from None


def _is_beside(place: storage.Place, folder: Path) -> bool:
    """Whether what takes the data would take the copies too."""
    with suppress(OSError):
        return place.is_here and Path(place.path).stat().st_dev == folder.stat().st_dev
    return False


async def backups_proved(patient: Patient) -> list[Finding]:
    """How old the last copy is that was restored in a trial, and what was wrong with those after it."""
    chosen = patient.settings.backups
    if chosen is None:
        return []
    try:
        async with open_read_only(patient.settings.data_dir / DATABASE) as database:
            return await database.read(_proved, chosen.towards)
    except FileNotFoundError:
        return []


def _proved(tx: Tx, towards: str) -> list[Finding]:
    at, now = backups.last_proved(tx, towards), round(time.time() * 1000)
    day, code = "", "backups-unproved"
    if at:
        day, code = datetime.fromtimestamp(at / 1000, UTC).date().isoformat(), "backups-proved"
    found = [Finding(code, not unproved(tx, now, towards), {"day": day})]
    for act in ("send", "prove"):
        tried = backups.last(tx, act)
        if tried and tried["outcome"] in ("failed", "unknown"):
            when = datetime.fromtimestamp(tried["at"] / 1000, UTC)
            why = mending("backups", tried["cause"], {"place": "the place for them"})
            found.append(Finding(f"backups-not-{act}", False, {"when": f"{when:%Y-%m-%d %H:%M} UTC", "why": why}))
    return found


async def restores(patient: Patient) -> list[Finding]:
    """Copies in clear, beside the data, of restores that were killed."""
    left = ", ".join(map(str, left_beside(patient.settings.data_dir)))
    return [Finding("restore-left", False, {"folders": left})] if left else []


BACKUPS = (storage_for_backups, backups_proved, restores)
