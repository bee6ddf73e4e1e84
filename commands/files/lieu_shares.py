"""`!partages`: what the lieu shares, what ends soon first; each can be prolonged, changed, or ended."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.talk import STATED, Choice, Date, Link, Option, Text, command, days, hours
from bot.talk.pagination import pick
from bot.talk.ports import Clock, Facts, Rooms
from bot.talk.talk import Talk
from integrations.nextcloud import EDIT, EDIT_FILE, READ, Nextcloud, name_of, rights_of

Only = Literal["mine", "soon"]
ONLY: tuple[Only, ...] = ("mine", "soon")  # what shortens the list
NEAR = 14  # days
TO_OPEN = days(3)


class Shared(TypedDict):
    """A share of the lieu: who has it (`to`), what they may (`rights`), who made it (`by`), whether that was whoever
    asks (`mine`), and whether it ends `soon`; `limit`: how many days it may last from `today` on."""

    id: str
    kind: str
    is_folder: bool
    expires: str
    url: str
    locked: bool
    folder: str
    to: str
    rights: str
    by: str
    mine: bool
    soon: bool
    today: str
    limit: int | None


class Change(TypedDict, total=False):
    """What `cloud.shares.change` is asked."""

    expires: str
    permissions: int
    hides_download: bool
    label: str


@command("shares", action="share", takes=("which", "act"), within=hours(1))
async def shares(
    talk: Talk, lieu: Lieu, cloud: Nextcloud | None, ownership: Ownership, facts: Facts, rooms: Rooms, clock: Clock
) -> None:
    rows = await talk.look("rows", _rows, cloud, ownership, facts, clock, lieu, talk.person) if cloud else []
    if cloud is None or not rows:
        await talk.say("none")
        return
    row = await _which(talk, rows)
    if row is None:
        return
    acts = [Option(name, key=f"lieu_shares.act.{name}") for name in _acts(row)]
    act = await talk.ask("act", Choice(acts), what=_line(talk, row))
    if act in TELLING:
        await TELLING[act](talk, cloud, rooms, row)
        return
    change = await CHANGING[act](talk, lieu, row)
    await _change(talk, lieu, cloud, ownership, row, act, change)


# -- which share


async def _which(talk: Talk, rows: list[Shared]) -> Shared | None:
    """One of them, eight at a time; « les miens » and « bientôt finis » shorten the list."""
    narrower = [Option(name, key=f"lieu_shares.only.{name}") for name in ONLY if 0 < len(_only(rows, name)) < len(rows)]
    which = await _one_of(talk, rows, narrower)
    if which in ONLY:
        rows = _only(rows, which)
        which = await _one_of(talk, rows, [])
    return next((row for row in rows if row["id"] == which), None)


async def _one_of(talk: Talk, rows: list[Shared], also: list[Option]) -> str | None:
    return await pick(talk, "which", [Option(row["id"], _line(talk, row)) for row in rows], also=also, optional=True)


def _only(rows: list[Shared], name: Only) -> list[Shared]:
    return [row for row in rows if row[name]]


def _line(talk: Talk, row: Shared) -> str:
    """« La Rosée/Compta · un lien, pour lire · jusqu’au 12 mars (Anne) »."""
    who = (
        talk.phrase(f"lieu_shares.kind.{row['kind']}", who=row["to"])
        if row["to"]
        else talk.phrase("lieu_shares.by-a-link")
    )
    what = {
        "folder": row["folder"],
        "who": who,
        "rights": talk.phrase(f"lieu_shares.can.{row['rights']}"),
        "by": row["by"],
    }
    if row["expires"]:
        return talk.phrase("line-until", day=date.fromisoformat(row["expires"]), **what)
    return talk.phrase("line", **what)


# -- what can be done: the question that each act asks


def _acts(row: Shared) -> list[str]:
    """What makes sense for this kind of share."""
    by_link, writes_only = row["kind"] == "link", row["rights"] == "deposit"
    offered = {
        "link": by_link,
        "extend": True,
        "rights": not writes_only,
        "rename": by_link,
        "password": by_link,
        "end": True,
    }
    return [name for name, makes_sense in offered.items() if makes_sense]


async def _extend(talk: Talk, lieu: Lieu, row: Shared) -> Change:
    today = date.fromisoformat(row["today"])
    latest = today + timedelta(days=row["limit"]) if row["limit"] else None
    since = date.fromisoformat(row["expires"]) if row["expires"] else None
    zone, earliest = lieu.choices.zone, today + timedelta(days=1)
    answer = Date(lambda: today, zone=zone, earliest=earliest, latest=latest, since=since)
    return {"expires": (await talk.ask("until", answer)).isoformat()}


async def _rights(talk: Talk, lieu: Lieu, row: Shared) -> Change:
    names = ("read", "view", "edit") if row["kind"] == "link" else ("read", "edit")
    rights = await talk.ask("rights", Choice([Option(name, key=f"lieu_shares.as.{name}") for name in names]))
    permissions = READ if rights != "edit" else EDIT if row["is_folder"] else EDIT_FILE
    if row["kind"] == "link":
        return {"permissions": permissions, "hides_download": rights == "view"}
    return {"permissions": permissions}


async def _rename(talk: Talk, lieu: Lieu, row: Shared) -> Change:
    label = await talk.ask("label", Text(STATED, max=60))
    await talk.confirm("label-sure", but=["which", "act"], what=_line(talk, row), label=label)
    return {"label": label}


async def _sure(talk: Talk, lieu: Lieu, row: Shared) -> Change:
    await talk.confirm("sure", what=_line(talk, row))
    return {}


CHANGING = {"extend": _extend, "rights": _rights, "rename": _rename, "end": _sure}


# -- what is done


async def _change(
    talk: Talk, lieu: Lieu, cloud: Nextcloud, ownership: Ownership, row: Shared, act: str, change: Change
) -> None:
    if act == "end":
        await talk.do("end", cloud.shares.remove, row["id"])
        await talk.do("disown", ownership.disown, lieu.id, "nextcloud", "share", row["id"])
    else:
        await talk.do("change", cloud.shares.change, row["id"], **change)
    done = "share-ended" if act == "end" else "share-extended" if act == "extend" else "share-changed"
    talk.note(done, folder=row["folder"])
    if act == "extend":
        watcher = await talk.begin("expiry", talk.person, lieu.office or talk.room, threaded=False, share=row["id"])
        await talk.do("watch", ownership.watch, lieu.id, "nextcloud", "share", row["id"], watcher)
    until = change.get("expires")
    await talk.say(f"done-{act}", folder=row["folder"], day=date.fromisoformat(until) if until else None)


async def _say_link(talk: Talk, cloud: Nextcloud, rooms: Rooms, row: Shared) -> None:
    """A link with a password is for the concierge alone."""
    to = await _private(talk, rooms) if row["locked"] else talk.room
    await talk.say("here", to=to, folder=row["folder"], link=Link(row["url"]))


async def _say_password(talk: Talk, cloud: Nextcloud, rooms: Rooms, row: Shared) -> None:
    """A new one: nobody keeps the old one, not even the bot."""
    private = await _private(talk, rooms)
    await talk.whisper("password", private, cloud.links.lock, row["id"], f"{talk.id:x}", folder=row["folder"])
    talk.note("share-password", folder=row["folder"])


async def _private(talk: Talk, rooms: Rooms) -> str:
    """The discussion with this concierge, once they have opened it."""
    private = await talk.do("direct", rooms.direct, talk.person)
    if private != talk.room:
        await talk.say("in-private")
    await talk.joined("opened", private, talk.person, within=TO_OPEN)
    return private


TELLING = {"link": _say_link, "password": _say_password}


# -- what there is


async def _rows(
    cloud: Nextcloud, ownership: Ownership, facts: Facts, clock: Clock, lieu: Lieu, person: str
) -> list[Shared]:
    """The shares that the bot recorded as this lieu's, as the server has them now, those that end first."""
    owned = await ownership.owned(lieu.id, "nextcloud", "share")
    found = [share for share in await cloud.shares.all() if share["id"] in owned] if owned else []
    today = datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(lieu.choices.zone)).date()
    policies = await cloud.policies.read()
    near = (today + timedelta(days=NEAR)).isoformat()
    rows: list[Shared] = [
        {
            "id": share["id"],
            "kind": share["kind"],
            "is_folder": share["is_folder"],
            "expires": share["expires"],
            "url": share["url"],
            "locked": share["locked"],
            "folder": share["path"].strip("/"),
            "to": share["group"] or share["to"] or name_of(share),
            "rights": rights_of(share),
            "by": await facts.display_name(owned[share["id"]]["person"] or ""),
            "mine": owned[share["id"]]["person"] == person,
            "soon": "" < share["expires"] <= near,
            "today": today.isoformat(),
            "limit": policies.most_days(share["kind"]),
        }
        for share in found
    ]
    return sorted(rows, key=lambda row: (row["expires"] or "9999", row["folder"]))
