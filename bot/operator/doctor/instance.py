"""What is seen from the bot's own folder: is it running and listening, what waits, what it may not do in its rooms."""

from __future__ import annotations

import fcntl
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import DataUnusable, Fatal
from bot.matrix.cross_signing import Identity
from bot.matrix.session import damaged, remembered
from bot.network.censuses import is_old
from bot.operator.doctor.homeserver_checks import Patient
from bot.services.registry import SERVICES
from bot.settings import Listen
from bot.store import censuses, chatons
from bot.store.backlog import counts
from bot.store.data_folder import DATABASE, LOCK, SEEDS, belongs, claimed
from bot.store.data_trouble import AWAY, opening
from bot.store.free_space import free_space
from bot.store.read_only import open_read_only
from integrations.domains import is_loopback
from integrations.errors import Unavailable
from integrations.findings import Finding
from integrations.http import Http

LATE = 120.0  # seconds
MANY = 100
OLD = 3 * 86_400.0  # seconds
COPY = f"{Path(DATABASE).stem}.before-"
REFUSED = re.compile(r'^conciergerie_data_errors_total{kind="(\w+)"} (\S+)$', re.M)


async def data(patient: Patient) -> list[Finding]:
    """Everything that belongs together is there, can be read, and is this account's."""
    folder = patient.settings.data_dir
    try:
        with opening(folder):
            await _whole(patient, folder)
    except FileNotFoundError:
        return []  # it has not run
    except Fatal as why:
        return [Finding("data-unusable", False, {"why": str(why), "folder": str(folder)})]
    return [Finding("data-whole", True, {"folder": str(folder)})]


async def _whole(patient: Patient, folder: Path) -> None:
    user, session = patient.settings.matrix.user, remembered(folder)
    if (seeds := folder / SEEDS).exists():
        try:
            Identity.load(user, seeds)
        except ValueError as problem:
            raise damaged(seeds, problem) from None
    async with open_read_only(folder / DATABASE) as database:
        belongs(database.path, await database.read(claimed), user, session.user_id if session else user)
        if await database.read(lambda tx: tx.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise DataUnusable(f"{database.path} is damaged: {AWAY.format(folder=folder)}")


async def files(patient: Patient) -> list[Finding]:
    """The keys are nobody else's to read: a private folder is enough, whatever its files are."""
    folder, env = patient.settings.data_dir, patient.env_file
    passwords = [Finding("settings-shown", False, {"file": str(env)})] if env and is_everybodys(env) else []
    if not folder.is_dir():
        return [*passwords, Finding("no-data", True, {"folder": str(folder)})]
    shown = [] if is_private(folder) else [path.name for path in folder.iterdir() if not is_private(path)]
    private = Finding("private", not shown, {"files": ", ".join(sorted(shown)), "folder": str(folder)})
    mixed = ", ".join(path.name for path in of_others(folder))
    owners = [Finding("owners", False, {"files": mixed, "folder": str(folder)})] if mixed else []
    return [*passwords, private, *owners]


def is_private(path: Path) -> bool:
    return not path.stat().st_mode & 0o077


def is_everybodys(path: Path) -> bool:
    """Whether anybody on this machine reads it; the settings may be root's, and of the bot's group."""
    return bool(path.stat().st_mode & 0o007)


def of_others(folder: Path) -> list[Path]:
    """Files of ours that belong to somebody else than the folder: the bot cannot write them."""
    owner = folder.stat().st_uid if folder.is_dir() else None
    return sorted(path for path in folder.iterdir() if path.lstat().st_uid != owner) if owner is not None else []


async def disk(patient: Patient) -> list[Finding]:
    """Is there room for an upgrade and a backup, and does the disk take what is written?"""
    folder = patient.settings.data_dir
    if not folder.is_dir():
        return []
    space = free_space(folder)
    words = {"free": _megabytes(space.free), "wanted": _megabytes(space.wanted), "folder": str(folder)}
    found = [Finding("disk-shut", False, words) if space.is_shut else Finding("disk", not space.is_little, words)]
    if copies := copies_beside(folder):
        size = sum(path.stat().st_size for path in copies)
        found += [Finding("copies", True, {"n": str(len(copies)), "size": _megabytes(size)})]
    return found


def copies_beside(folder: Path) -> list[Path]:
    """Of the database, from before an upgrade: all but the last one, which is the way back."""
    if not folder.is_dir():
        return []
    copies = {int(path.suffix.removeprefix(".before-")): path for path in folder.glob(f"{COPY}*") if _is_copy(path)}
    return [copies[version] for version in sorted(copies)[:-1]]


def _is_copy(path: Path) -> bool:
    return path.is_file() and path.suffix.removeprefix(".before-").isdecimal()


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"


async def running(patient: Patient) -> list[Finding]:
    """Is there a process, and does it hear the homeserver?"""
    if not is_running(patient.settings.data_dir):
        return [Finding("running", False)]
    listen = patient.settings.http_listen
    if not listen:
        return [Finding("running", True), _written(patient.settings.data_dir)]
    return [Finding("running", True), await _heard(listen), *await _refused_by_disk(listen)]


def is_running(folder: Path) -> bool:
    """Whether a process holds the data in this folder."""
    try:
        with (folder / LOCK).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _http(listen: Listen) -> Http:
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return Http("health", f"http://{host}:{listen.port}", read=5.0)


async def _refused_by_disk(listen: Listen) -> list[Finding]:
    """What could not be written since the bot started, by kind."""
    http = _http(listen)
    try:
        page = (await http("GET", "/metrics")).text
    except Unavailable:
        return []
    finally:
        await http.close()
    told = {kind: round(float(number)) for kind, number in REFUSED.findall(page)}
    kinds = ", ".join(f"{kind}: {number}" for kind, number in sorted(told.items()) if number)
    return [Finding("data-errors", True, {"kinds": kinds})] if kinds else []


async def _heard(listen: Listen) -> Finding:
    http = _http(listen)
    try:
        answer = (await http("GET", "/health")).json()
    except Unavailable:
        return Finding("last-sync", False, {"reasons": "nothing answers on HTTP_LISTEN, or what answers is not well"})
    finally:
        await http.close()
    reasons = answer.get("reasons") if isinstance(answer, dict) else ["not an answer of ours"]
    return Finding("last-sync", not reasons, {"reasons": ", ".join(map(str, reasons or ()))})


def _written(folder: Path) -> Finding:
    """Each answer of the homeserver is written down: the age of the file is the age of the last one."""
    files = (folder / DATABASE, folder / f"{DATABASE}-wal")
    age = time.time() - max(file.stat().st_mtime for file in files if file.exists())
    return Finding("last-sync", age <= LATE, {"reasons": f"{age:.0f} s ago"})


async def queue(patient: Patient) -> list[Finding]:
    """Letters that wait, and events that could not be handled."""
    try:
        async with open_read_only(patient.settings.data_dir / DATABASE) as database:
            counted = await database.read(counts)
    except FileNotFoundError:
        return []
    words = {name: str(count) for name, count in counted.items()}
    besides = [Finding("set-aside", False, words)] if counted["besides"] else []
    return [
        Finding("letters", counted["waiting"] <= MANY, words),
        Finding("aside", not counted["aside"], words),
        *besides,
    ]


async def lines(patient: Patient) -> list[Finding]:
    """Addresses of other machines that are spoken to in clear, passwords too."""
    told = patient.settings
    found = [_in_clear("MATRIX_HOMESERVER", told.matrix.homeserver)]
    for of, chosen in (("", told.services), *((lieu.prefix, lieu.chosen) for lieu in told.lieux)):
        for service in SERVICES:
            if (set_up := chosen[service]) is not None and not (of and set_up == told.services[service]):
                found += [_in_clear(name, address, of) for name, address in service.addresses(set_up).items()]
    return [finding for finding in found if finding]


def _in_clear(setting: str, address: str, of: str = "") -> Finding | None:
    at = urlsplit(address)
    clear = at.scheme == "http" and not is_loopback(at.hostname)
    return Finding("in-clear", True, {"setting": f"{of}{setting}", "host": at.hostname or "?"}) if clear else None


async def lists(patient: Patient) -> list[Finding]:
    """Whose lists of lieux were imported, and whether they are too old to answer people with."""
    try:
        async with open_read_only(patient.settings.data_dir / DATABASE) as database:
            found = await database.read(censuses.all_of_them)
    except FileNotFoundError:
        return []
    today = datetime.now(UTC)
    return [
        Finding(
            "census-old" if is_old(one.date, today.year) else "census",
            True,
            {
                "source": one.source,
                "n": f"{one.lieux:,}",
                "date": one.date,
                "day": f"{datetime.fromtimestamp(one.imported_at / 1000, UTC):%Y-%m-%d}",
            },
        )
        for one in found
    ]


async def register_of_hosts(patient: Patient) -> list[Finding]:
    """How old the copy of CHATONS' register is: one night or another may fail."""
    url = patient.settings.chatons_url
    if not url:
        return []
    try:
        async with open_read_only(patient.settings.data_dir / DATABASE) as database:
            last = await database.read(chatons.last, url)
    except FileNotFoundError:
        return []
    age = time.time() - last["at"] / 1000 if last else OLD
    day = datetime.fromtimestamp(last["at"] / 1000, UTC).date().isoformat() if last else "never"
    return [Finding("chatons", age < OLD, {"day": day})]


HOUSE = (data, files, disk, running, queue, lines, lists, register_of_hosts)
