"""`!membres`: who is here, by name, and the sheet of whoever is chosen."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from bot.arrivals.members import Member, Members, search
from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.talk import PRIVATE, Role, Whom, command, days, hours
from bot.talk.pagination import Nobody, pick_person
from bot.talk.ports import Clock, Facts
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse

from .sheet import Sources, show

RECENT, LONG = days(30), days(90)
FILTERS = ("arrivals", "inactive", "without-account")


@command("members", action="members", role=Role.CONCIERGE, places=PRIVATE, takes=("about",), within=hours(1))
async def members(
    talk: Talk,
    lieu: Lieu,
    members: Members,
    facts: Facts,
    directory: Directory,
    cloud: Nextcloud | None,
    synapse: Synapse | None,
    ownership: Ownership,
    clock: Clock,
) -> None:
    about = await talk.ask("about", Whom()) if talk.was_given("about") else ""
    kind = next((one for one in FILTERS if talk.means(f"members.filter.{one}", about)), "named" if about else "all")
    if kind == "inactive" and synapse is None:
        await talk.say("inactive-unknown")
        return
    if kind == "without-account" and not await talk.look("directory", _has_accounts, directory):
        await talk.say("no-directory")
        return
    what = talk.phrase(f"members.what.{kind}", lieu=lieu.name, about=about)
    rows = partial(_rows, kind, about, lieu, members, facts, directory, synapse, clock)
    try:
        row = await pick_person(talk, "which", rows, partial(_label, facts), alone=kind == "named", what=what)
    except Nobody:
        await talk.say("nobody", what=what)
        return
    if row is not None:
        await show(talk, lieu, row, Sources(members, facts, directory, cloud, synapse, ownership))


async def _rows(
    kind: str,
    about: str,
    lieu: Lieu,
    members: Members,
    facts: Facts,
    directory: Directory,
    synapse: Synapse | None,
    clock: Clock,
) -> list[Member]:
    match kind:
        case "named":
            return search(await members.known(lieu), about)
        case "arrivals":
            return await members.arrived_since(lieu, clock.now() - _ms(RECENT))
        case "inactive" if synapse is not None:
            return _absent(await members.present(lieu), await synapse.accounts.last_visits(), clock.now() - _ms(LONG))
        case "without-account":
            logins = await directory.logins()
            present = await members.present(lieu)
            return [row for row in present if (row["login"] or facts.own_login(row["person"])) not in logins]
    return await members.present(lieu)


async def _has_accounts(directory: Directory) -> bool:
    return "accounts" in await directory.capabilities()


def _absent(rows: list[Member], visits: dict[str, int], since: int) -> list[Member]:
    """Those of the homeserver who did not come since then, the longest away first: of the others nobody knows."""
    away = [row for row in rows if visits.get(row["person"], since) < since]
    return sorted(away, key=lambda row: visits[row["person"]])


def _label(facts: Facts, row: Member) -> str:
    known_as = row["login"] or facts.own_login(row["person"]) or row["person"]
    return f"{row['name']} · {known_as}"


def _ms(length: timedelta) -> int:
    return int(length.total_seconds() * 1000)
