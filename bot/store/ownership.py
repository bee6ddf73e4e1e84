"""What the bot made for a lieu, or keeps for it: it touches nothing else of the services."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypedDict, cast

from .database import Tx

ONE = "lieu = ? AND service = ? AND kind = ? AND ref = ?"


ACCOUNT, ADOPTED = "account", "adopted"  # kinds: the second marks an account of before, which can be given back
PASSWORD = "password"  # noqa: S105 - another kind: of an account whose first one was chosen on a page of ours
PAUSE = "pause"  # another: of an account that is suspended


class Owned(TypedDict):
    """`person`: whose it is, where that is known; `at` in milliseconds; `watcher`: the conversation that looks after
    it; `choice`: of an account that was opened, what its holder was given there last."""

    ref: str
    person: str | None
    at: int
    watcher: int | None
    choice: str | None


def own(tx: Tx, lieu: int, service: str, kind: str, ref: str, person: str | None, at: int) -> None:
    """The first time counts; whose it is may be known later."""
    tx.execute(
        "INSERT INTO owned (lieu, service, kind, ref, person, at) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET person = coalesce(excluded.person, person)",
        (lieu, service, kind, ref, person, at),
    )


def own_alone(tx: Tx, lieu: int, service: str, ref: str, person: str, among: Collection[int], at: int) -> bool:
    """An account, unless it is that of one of the lieux `among` which the service is shared."""
    if any(owns(tx, other, service, ACCOUNT, ref) for other in among):
        return False
    own(tx, lieu, service, ACCOUNT, ref, person, at)
    return True


def owns(tx: Tx, lieu: int, service: str, kind: str, ref: str) -> bool:
    return tx.execute(f"SELECT 1 FROM owned WHERE {ONE}", (lieu, service, kind, ref)).fetchone() is not None  # noqa: S608


def is_owned(tx: Tx, service: str, kind: str, ref: str) -> bool:
    """By any lieu of ours."""
    one = "service = ? AND kind = ? AND ref = ?"
    return tx.execute(f"SELECT 1 FROM owned WHERE {one}", (service, kind, ref)).fetchone() is not None  # noqa: S608


def owned(tx: Tx, lieu: int, service: str, kind: str) -> dict[str, Owned]:
    """By its ref, the oldest first."""
    query = "SELECT ref, person, at, watcher, choice FROM owned WHERE lieu = ? AND service = ? AND kind = ? ORDER BY at"
    return {row["ref"]: cast(Owned, dict(row)) for row in tx.execute(query, (lieu, service, kind))}


def is_paused(tx: Tx, lieu: int, *called: str | None) -> bool:
    """Whether what somebody has is suspended, under any of the names that they are `called` by: where their username is
    not known yet, their address is."""
    names = {one for one in called if one}
    return any({row["ref"], row["person"]} & names for row in owned(tx, lieu, "conciergerie", PAUSE).values())


def watch(tx: Tx, lieu: int, service: str, kind: str, ref: str, watcher: int) -> None:
    """This conversation looks after it from now on."""
    tx.execute(f"UPDATE owned SET watcher = ? WHERE {ONE}", (watcher, lieu, service, kind, ref))  # noqa: S608


def chose(tx: Tx, lieu: int, service: str, kind: str, ref: str, choice: str) -> None:
    """What the holder of this account may do there, as long as it is open."""
    tx.execute(f"UPDATE owned SET choice = ? WHERE {ONE}", (choice, lieu, service, kind, ref))  # noqa: S608


def disown(tx: Tx, lieu: int, service: str, kind: str, ref: str) -> None:
    if kind == ACCOUNT:
        disown(tx, lieu, service, ADOPTED, ref)
    tx.execute(f"DELETE FROM owned WHERE {ONE}", (lieu, service, kind, ref))  # noqa: S608


def forget_account(tx: Tx, lieux: Collection[int], login: str) -> None:
    """Of the lieux that have the directory where nobody has this name any more."""
    kinds = (("directory", ACCOUNT), ("nextcloud", ACCOUNT), ("conciergerie", PAUSE), ("conciergerie", PASSWORD))
    for lieu in lieux:
        for service, kind in kinds:
            disown(tx, lieu, service, kind, login)


# -- accounts that were there before the bot


class Holding(TypedDict):
    """An account of a lieu of ours, whichever that is."""

    lieu: int
    service: str
    ref: str
    person: str | None


def accounts(tx: Tx) -> list[Holding]:
    """Of every lieu, of those that sleep too."""
    query = "SELECT lieu, service, ref, person FROM owned WHERE kind = ?"
    return [cast(Holding, dict(row)) for row in tx.execute(query, (ACCOUNT,))]


def adopt(tx: Tx, lieu: int, person: str, refs: Mapping[str, str], among: Collection[int], at: int) -> bool:
    """These accounts (service → ref) are the lieu's from now on, all or none: False where one of the lieux `among`
    which the services are shared has one; a Matrix address means the same for all."""
    held = {(row["service"], row["ref"].casefold()): row["lieu"] for row in accounts(tx) if row["lieu"] != lieu}
    for service, ref in refs.items():
        other = held.get((service, ref.casefold()))
        if other is not None and (service == "matrix" or other in among):
            return False
    for service, ref in refs.items():
        if not owns(tx, lieu, service, ACCOUNT, ref):
            own(tx, lieu, service, ADOPTED, ref, person, at)
        own(tx, lieu, service, ACCOUNT, ref, person, at)
    return True


def adopted(tx: Tx, lieu: int) -> list[Holding]:
    """The oldest first."""
    query = "SELECT lieu, service, ref, person FROM owned WHERE lieu = ? AND kind = ? ORDER BY at, ref"
    return [cast(Holding, dict(row)) for row in tx.execute(query, (lieu, ADOPTED))]


def give_back(tx: Tx, lieu: int, person: str) -> None:
    """What was adopted with this person is the lieu's no more; what the bot made for them stays so."""
    for row in adopted(tx, lieu):
        if row["person"] == person:
            disown(tx, lieu, row["service"], ACCOUNT, row["ref"])
