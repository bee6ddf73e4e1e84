"""A lieu moves to another instance: everything that is kept of it as one file, taken out here and put in there.

Its journal stays verifiable, its requests stay alive: the networks learn which bot speaks for it from now on.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from bot.errors import Fatal, FromTheFuture, Refused, Unavailable
from bot.lieux import Lieu, Lieux, rooms_of
from bot.operator import transfer_checks
from bot.services.tenancy import NOTHING, Services
from bot.settings import USER_ID
from bot.store import arrivals, erasures, lieu_rows, personal, whole_file
from bot.store.data_folder import DATABASE, look
from bot.store.data_trouble import opening, trouble
from bot.store.database import Database, Tx, migrations
from bot.store.erasures import REPORT, Erasure
from bot.store.personal import Known
from bot.words import fold

FORMAT = 1
MOST_SERVERS = 10
LARGEST = 2**28  # bytes: a hundred times the largest lieu that we know of


class CannotMove(Fatal):
    """A sentence for the operator."""

    exit_code = 65


async def export(data_dir: Path, wanted: str, heir: str, target: Path) -> str:
    """Take a lieu (its name, or the id of its space) out of the data, for the bot `heir`; what the operator is told."""
    if not USER_ID.fullmatch(heir):
        raise CannotMove(f"{heir!r} is no whole Matrix address, like @conciergerie:example.org")
    with opening(data_dir / DATABASE):
        if not look(data_dir / DATABASE, migrations=len(migrations())):
            raise CannotMove(f"{data_dir} holds no lieu")
    async with _opened(data_dir) as database:
        lieu = _meant(wanted, await Lieux(database).all())
        await erasures.replay(database, data_dir / erasures.FILE)  # of data that were not started since a restore
        rows = await database.read(_taken_out, lieu.id)
        erased = [
            asdict(one.moved(lieu.space))
            for one in erasures.read(data_dir / erasures.FILE).values()
            if one.means(lieu.space, lieu.origin)
        ]
        told = {"format": FORMAT, "schema": len(migrations()), "rows": rows, "erasures": erased}
        _write(target, json.dumps({"sha256": _sum(told), **told}, ensure_ascii=False, indent=1))
        ended = await database.read(_talks, lieu.id)
        others = {
            room_id for other in await Lieux(database).all() if other.id != lieu.id for room_id in rooms_of(other)
        }
        await database.write(lieu_rows.forget, lieu.id, rooms_of(lieu), heir, others)
    behind = f" {ended} conversations end here: ask again over there what is still wanted." if ended else ""
    return f"{lieu.name} is in {target}, and no longer here.{behind} Now: start this bot again, import the file there."


async def bring_in(
    data_dir: Path,
    source: Path,
    services: Services = NOTHING,
    *,
    word: bool = False,
    later: Mapping[str, Erasure] | None = None,
) -> str:
    """Put a lieu into the data; what the operator is told. Of what it calls its own in the `services`, only what these
    show as such is taken over, and where other lieux have the same ones nothing that was there before, unless the
    operator gives their `word` for the file. Whoever was erased in it since, as this bot knows or a list of the other
    one tells (`later`), is erased again."""
    moved, now = _read(source), time.time_ns() // 1_000_000
    rows = moved.rows
    coming = sum(row.get("status") not in arrivals.ENDED for row in rows["arrivals"])
    async with _opened(data_dir) as database:
        try:
            inspection = await _inspected(database, rows, services, word)
            every = {**erasures.read(data_dir / erasures.FILE), **(later or {})}
            erased = moved.unknown(every.values())
            moved = replace(moved, rows=inspection.rows)
            id, gone = await database.write(_put_in, moved, erased, data_dir / erasures.FILE, now)
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, sqlite3.Error) as why:
            if trouble(why):
                raise
            raise CannotMove(REASONS.get(str(why), f"{source} is not a lieu that was exported")) from None
        if gone:
            await erasures.empty_files(database, gone)
    (lieu,) = rows["lieux"]
    again = f" {coming} people were on their way in: invite them again." if coming else ""
    told = f"{lieu['name']} is here, asleep.{again} Now: start the bot, and invite it into the lieu's space and rooms."
    told += f"\n{_of_erased(moved, len(gone), asked=later is not None)}"
    if taken := erasures.unnamed(inspection.taken, gone):
        told += f"\nFrom now on it looks after:{transfer_checks.sentences(taken)}"
    if left := erasures.unnamed(inspection.left, gone):
        report = data_dir / REPORT.replace("*", f"{id}")
        report.unlink(missing_ok=True)
        _write(report, "".join(f"{line}\n" for line in left))
        told += f"\nNot taken over (also in {report}):{transfer_checks.sentences(left)}"
    return told


@dataclass(frozen=True, slots=True)
class Moved:
    """A lieu as its file tells of it, and who had been `erased` in it by then: None where the file is of a version that
    did not say so."""

    rows: lieu_rows.Rows
    erased: tuple[Erasure, ...] | None

    def unknown(self, every: Iterable[Erasure]) -> list[Erasure]:
        """Those of this lieu that the file does not know of: they were erased after it was made. Where it does not say
        so itself its journal does, in which an erasure is an act."""
        (lieu,) = self.rows["lieux"]
        mine = [one for one in every if one.means(lieu["space"], lieu.get("origin") or lieu["space"])]
        if self.erased is None:
            latest = max((act["at"] for act in self.rows["acts"]), default=0)
            return [one for one in mine if one.at > latest]
        known = {one.salt for one in self.erased}
        return [one for one in mine if one.salt not in known]


def _put_in(tx: Tx, moved: Moved, later: list[Erasure], file: Path, now: int) -> tuple[int, list[Known]]:
    """The lieu's id here, and who was erased again. What the file tells of erasures is written down with it, and not
    without it: a lieu that was refused erases nobody."""
    id = lieu_rows.put_in(tx, moved.rows, now)
    gone = erasures.again_in(tx, id, later)
    (lieu,) = moved.rows["lieux"]
    salts = {one.salt for one in erasures.read(file).values() if one.means(lieu["space"])}
    more = [one.moved(lieu["space"]).brought() for one in (*(moved.erased or ()), *later) if one.salt not in salts]
    erasures.add(file, more)
    for one in more:
        personal.note_done(tx, one.id, one.at)
    return id, gone


def _of_erased(moved: Moved, count: int, *, asked: bool) -> str:
    told = [f"{count} erased in it since that file was made: erased again."] if count else []
    if moved.erased is None:
        told.append("The file is of a version that did not say who was erased in the lieu before.")
    if not asked:
        told.append(
            "Whoever another bot erased in it after that file was made comes back with it: this bot cannot know. "
            f"If it was elsewhere meanwhile, import it with --erasures, and the {erasures.FILE} of that bot."
        )
    return " ".join(told)


async def _inspected(
    database: Database, rows: lieu_rows.Rows, services: Services, word: bool
) -> transfer_checks.Inspection:
    others = await database.read(transfer_checks.Others.read)
    if any(rows["lieux"][0]["space"] in (lieu.space, lieu.origin) for lieu in others.lieux):
        raise CannotMove(REASONS["known"])
    if why := transfer_checks.foreign(rows, others):
        raise CannotMove(f"{why}: nothing was taken over")
    inspection = transfer_checks.Inspection(
        transfer_checks.requests_of(rows, others, word=word), others, services, word
    )
    try:
        await inspection.settle()
    except Unavailable as away:
        raise CannotMove(f"{away.service} does not answer, and has to show what is this lieu's: try later") from None
    except Refused as no:
        raise CannotMove(f"a service refuses us ({no.code}): see conciergerie doctor, then import again") from None
    return inspection


REASONS = {
    "known": "this bot knows the lieu already: a lieu is moved into an instance that has never had it",
    "broken": "the journal of this lieu is not as it was written: nothing was taken over",
}


@asynccontextmanager
async def _opened(data_dir: Path) -> AsyncIterator[Database]:
    with opening(data_dir / DATABASE):
        database = await Database.open(data_dir / DATABASE)
        try:
            yield database
        finally:
            await database.close()


def _meant(wanted: str, served: list[Lieu]) -> Lieu:
    found = [lieu for lieu in served if wanted == lieu.space or fold(wanted) == fold(lieu.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{lieu.name} ({lieu.space})" for lieu in served)
    raise CannotMove(f"{wanted} is {'several lieux' if found else 'no lieu'} of this bot; it has: {names or 'none'}")


def _taken_out(tx: Tx, lieu: int) -> lieu_rows.Rows:
    rows = lieu_rows.take_out(tx, lieu)
    spaces = {row["id"]: row["space"] for row in rows["networks"]}
    for row in rows["network_lieux"]:
        address = _address(spaces[row["network"]], lieu_rows.servers(tx, row["network"]))
        row["choices"] = json.dumps(json.loads(row["choices"]) | {"address": address})
    return rows


def _address(space: str, servers: list[str]) -> str:
    """Where the new bot knocks."""
    return f"https://matrix.to/#/{quote(space, safe='')}?{urlencode({'via': servers[:MOST_SERVERS]}, doseq=True)}"


def _talks(tx: Tx, lieu: int) -> int:
    query = "SELECT count(*) AS n FROM conversations WHERE lieu = ? AND status = 'open'"
    return int(tx.execute(query, (lieu,)).fetchone()["n"])


# -- the file


def _write(target: Path, text: str) -> None:
    """For the operator's eyes only; never over something else."""
    try:
        whole_file.write(target, text, over=False)
    except OSError as error:
        raise CannotMove(f"{target} cannot be written ({error.strerror})") from None


def _read(source: Path) -> Moved:
    unreadable = CannotMove(f"{source} cannot be read as a lieu that was exported")
    try:
        if not source.is_file():
            raise unreadable
        if source.stat().st_size > LARGEST:
            raise CannotMove(f"{source} is larger than any lieu: is it the right file?")
        told = json.loads(source.read_text("utf-8"))
        right = isinstance(told, dict) and told.pop("sha256") == _sum(told)
        format, schema = (int(told[name]) for name in ("format", "schema"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, MemoryError):
        raise unreadable from None
    if not right:
        raise CannotMove(f"{source} is damaged")
    if format != FORMAT or schema > len(migrations()):
        raise FromTheFuture(f"{source.name} was made by a newer conciergerie: upgrade this one, then import")
    try:
        rows = transfer_checks.sound(told.get("rows"))
        return Moved(rows, transfer_checks.erased(told.get("erasures"), rows["lieux"][0]["space"]))
    except (transfer_checks.Unsound, LookupError, ValueError, TypeError, AttributeError, RecursionError) as where:
        at = f" ({where})" if isinstance(where, transfer_checks.Unsound) else ""
        raise CannotMove(f"{source} is not a lieu that was exported{at}") from None


def _sum(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
