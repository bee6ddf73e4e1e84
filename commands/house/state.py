"""Is everything up, is there room left in Nextcloud? `!état` tells it; a look every day says so before it is full."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

from bot.backups.nightly import NightlyBackups, Told
from bot.errors import Refused, Unavailable
from bot.hosting.candidates import Candidates
from bot.lieux import Lieu, Lieux
from bot.matrix.readings import Lacks
from bot.reports.months import Away, Months
from bot.services import health_words
from bot.services.directory import is_homeserver
from bot.store.aside import Counted
from bot.store.starts import Safe
from bot.succession.following import Following, Trouble
from bot.talk import PRIVATE, Role, command, days, dialogue
from bot.talk.aside import SetAside
from bot.talk.outages import Reading, side_by_side
from bot.talk.ports import Facts, Health, RoomSettings, ServiceHealth
from bot.talk.talk import Talk
from integrations.directory import Directory, finds_accounts
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse

ALARM, CALM = 90, 85  # percent: told once, and again only after it was well for a while


@command("state", action="state", role=Role.CONCIERGE, places=PRIVATE)
async def state(
    talk: Talk,
    lieu: Lieu,
    health: Health,
    room_settings: RoomSettings,
    facts: Facts,
    cloud: Nextcloud | None,
    directory: Directory,
    synapse: Synapse | None,
    following: Following,
    backups: NightlyBackups,
    set_aside: SetAside,
) -> None:
    findings = await talk.look("report", health.report)
    full = await talk.look("full", _full, cloud) or 0
    limits = await talk.look("limits", _limits, directory, synapse)
    lacks = await talk.look("lacks", _lacks, room_settings, lieu, apart=True)
    upgraded = await talk.look("upgraded", _upgraded, following, lieu, apart=True)
    copies = _copies(talk, await talk.look("copies", backups.told, apart=True))
    aside = _aside(talk, await talk.look("aside", set_aside.counted, lieu, apart=True), set_aside.safe)
    services = [_line(talk, finding, full) for finding in findings]
    pauses = [talk.phrase(f"pauses-{limit}") for limit in limits]
    own = [*pauses, *_missing(talk, lieu, lacks, facts.me), *_followed(talk, upgraded)]
    await talk.say("report", lines=[*aside, *services, *copies, *own])


@dialogue("hosts-state", action="operate")
async def hosts_state(
    talk: Talk, lieux: Lieux, months: Months, candidates: Candidates, backups: NightlyBackups, set_aside: SetAside
) -> None:
    """`!état` in the room of whoever hosts the bot: all lieux in a few lines."""
    names = await talk.look("lieux", _names, lieux, apart=True)
    away = await talk.look("away", months.away, apart=True)
    waiting = await talk.look("waiting", candidates.waiting, apart=True)
    copies = _copies(talk, await talk.look("copies", backups.told, apart=True))
    aside = await talk.look("aside", set_aside.counted_in_all, apart=True)
    lines = [_safe(talk, set_aside.safe)] if set_aside.safe else []
    lines.append(
        talk.phrase("hosts-lieux", n=len(names), lieux=sorted(names.values()))
        if names
        else talk.phrase("hosts-no-lieu")
    )
    lines += [talk.phrase("hosts-waiting", n=waiting)] if waiting else []
    lines += [_away(talk, one, names) for one in away]
    lines += [talk.phrase("hosts-well")] if names and not away else []
    lines += [*copies, *([talk.phrase("hosts-aside", n=aside)] if aside else [])]
    await talk.say("hosts-report", lines=lines)


async def _names(lieux: Lieux) -> dict[str, str]:
    return {str(lieu.id): lieu.name for lieu in await lieux.all()}


def _away(talk: Talk, one: Away, names: dict[str, str]) -> str:
    since = datetime.fromtimestamp(one["since"] / 1000, UTC)
    whose = [names[str(lieu)] for lieu in one["lieux"] if str(lieu) in names]
    return talk.phrase("hosts-away", service=talk.service(one["service"]), at=since, lieux=whose)


def _safe(talk: Talk, safe: Safe) -> str:
    return talk.phrase("safe" if safe == "asked" else "safe-died")


def _aside(talk: Talk, counted: Counted, safe: Safe) -> list[str]:
    """What is not done, and waits for whoever hosts the bot."""
    lines = [_safe(talk, safe)] if safe else []
    lines += [talk.phrase("aside-events", n=n)] if (n := counted["events"]) else []
    lines += [talk.phrase("aside-conversations", n=n)] if (n := counted["conversations"]) else []
    return lines + ([talk.phrase("aside-parts")] if counted["parts"] else [])


async def _lacks(room_settings: RoomSettings, lieu: Lieu) -> Lacks:
    """What the lieu goes without, for want of a right, or of an invitation."""
    chosen = [lieu.office, lieu.choices.hall, *lieu.choices.open_rooms, *lieu.choices.offered_rooms]
    try:
        return await room_settings.lacks(lieu.space, [room for room in chosen if room])
    except (Refused, Unavailable):
        return {}


def _missing(talk: Talk, lieu: Lieu, lacks: Lacks, me: str) -> list[str]:
    """What a lieu chose and does not work, then what it may want one day."""
    lines = [talk.phrase("powerless-space", lieu=lieu.name)] if lacks.get("space") else []
    for room in lacks.get("outside", []):
        lines.append(talk.phrase("outside", room=room, me=me) if room else talk.phrase("outside-unseen", me=me))
    if guest := lacks.get("powerless"):
        lines.append(talk.phrase("powerless", rooms=guest))
    hidden = [talk.phrase("hidden", n=n)] if (n := lacks.get("hidden")) else []
    if others := [*lacks.get("elsewhere", []), *hidden]:
        lines.append(talk.phrase("elsewhere", rooms=others))
    return lines


async def _upgraded(following: Following, lieu: Lieu) -> list[Trouble]:
    """Rooms that were upgraded and that the bot did not follow altogether."""
    try:
        return await following.troubles(lieu)
    except (Refused, Unavailable):
        return []


def _followed(talk: Talk, troubles: list[Trouble]) -> list[str]:
    lines = [talk.phrase(f"upgraded-{one['status']}", room=one["room"]) for one in troubles if not one["rest"]]
    return lines + [
        talk.phrase("upgraded-left", room=one["room"], rooms=one["rest"]) for one in troubles if one["rest"]
    ]


def _line(talk: Talk, told: ServiceHealth, full: int) -> str:
    code, service = told["code"], talk.service(told["code"])
    if told["ok"] and code == "nextcloud" and full >= ALARM:
        return talk.phrase("full", percent=full)
    if told["ok"]:
        return talk.phrase("up", service=service)
    return health_words.line(talk, told)


def _copies(talk: Talk, told: Told | None) -> list[str]:
    """How the copies are that leave the machine, where there are any."""
    if told is None:
        return []
    day = date.fromisoformat(told["day"]) if told["day"] else None
    if told["wrong"]:
        return [talk.phrase("copies-late", day=day) if day else talk.phrase("copies-never")]
    return [talk.phrase("copies-proved", day=day) if day else talk.phrase("copies-soon")]


@dialogue("backup-host", action="operate")
async def backup_host(talk: Talk, what: str) -> None:
    """Said to who hosts the bot; `what`: failed, late, unsent, well again, or ended."""
    await talk.say(f"copies-host-{what}")


@dialogue("new-device", action="state")
async def new_device(talk: Talk) -> None:
    """Said to the concierges after a restore without the keys: clients warn people, who should know why."""
    await talk.say("new-device")


@dialogue("backup-lieu", action="state")
async def backup_lieu(talk: Talk, what: str) -> None:
    """Said to the concierges, who can do nothing about it, and may ask; `what`: failed, late, well again,
    or ended."""
    await talk.say(f"copies-lieu-{what}")


async def _limits(directory: Directory, synapse: Synapse | None) -> list[str]:
    """Where a pause does not do all that one would think; what is away says so in its own line."""
    readings: dict[str, Reading] = {"directory": partial(_holds, directory)}
    if synapse is not None and not is_homeserver(directory):
        readings["synapse"] = synapse.accounts.delegated
    told = await side_by_side(readings)
    holds = told["directory"].get("is", "shut")
    elsewhere = told.get("synapse", {}).get("is")
    return ([] if holds == "shut" else [holds]) + (["suspended"] if elsewhere else [])


async def _holds(directory: Directory) -> str:
    able = await directory.capabilities()
    if "lock" in able:
        return await directory.hold()
    return "none" if finds_accounts(able) else "shut"


@dialogue("quota", action="state", standing=True)
async def quota(talk: Talk, lieu: Lieu, cloud: Nextcloud | None, alarmed: bool = False) -> None:
    if cloud is None:
        return
    full = await talk.look("full", _full, cloud)
    if full is not None and full >= ALARM and not alarmed and lieu.office:
        await talk.say("nearly-full", to=lieu.office, percent=full)
        alarmed = True
    elif full is not None and full < CALM:
        alarmed = False
    await talk.rest("tomorrow", days(1))
    await talk.begin("quota", talk.person, lieu.office or talk.room, threaded=False, alarmed=alarmed)


async def _full(cloud: Nextcloud | None) -> int | None:
    """In percent; None where it is not known now, which is no reason to disturb anybody."""
    try:
        room = await cloud.files.quota() if cloud else {"total": 0}
    except (Refused, Unavailable):
        return None
    return room["used"] * 100 // room["total"] if room["total"] else None
