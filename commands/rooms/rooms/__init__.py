"""`!salon`: the rooms of the lieu, made, opened, named, shown in the space, put aside and brought back."""

from __future__ import annotations

from bot.matrix.readings import KeptRoom
from bot.talk import PRIVATE, Choice, Option, Role, command, hours
from bot.talk.talk import Talk

from .room_acts import ACTS, Tools, create

PAGE, MORE = 8, "more"
STAYS = ("entry", "archive")  # what is not done to the conciergerie: what is said there concerns people


@command(
    "rooms", action="rooms", role=Role.CONCIERGE, places=PRIVATE, takes=("act", "which|seen|name"), within=hours(1)
)
async def rooms(talk: Talk, tools: Tools) -> None:
    act = await talk.ask("act", Choice([Option(act, key=f"rooms.act.{act}") for act in ("create", *ACTS)]))
    rows = await talk.look("kept", _kept, tools, talk.person)
    if act == "create":
        await create(talk, tools, rows)
        return
    offered = [row for row in rows if act == "list" or row["archived"] == (act == "restore")]
    if not offered:
        await talk.say("none-archived" if act == "restore" else "none")
        return
    row = await _which(talk, offered, told=act == "list")
    if row is None:
        return
    if not row["inside"]:
        await talk.do("come-in", tools.membership.enter_all, {row["room_id"]: row["name"]})
    if row["room_id"] == tools.lieu.office and act in STAYS:
        await talk.say("office-stays", room=row["name"])
    elif await ACTS[act](talk, tools, rows, row):
        talk.note(f"room-{act}", room=row["name"])


async def _kept(tools: Tools, person: str) -> list[KeptRoom]:
    ours = [*await tools.ownership.owned(tools.lieu.id, "matrix", "room")]
    return await tools.room_settings.kept(tools.lieu.space, person, ours)


async def _which(talk: Talk, rows: list[KeptRoom], *, told: bool) -> KeptRoom | None:
    """One of the rooms, eight at a time; `told`: with what is to be known of each."""
    page = len(rows) if talk.was_given("which") else PAGE
    for first in range(0, len(rows), page):
        options = [_option(talk, row, told) for row in rows[first : first + page]]
        if rows[first + page :]:
            options.append(Option(MORE, key="talk.words.more"))
        which = await talk.ask("seen" if told else "which", Choice(options), optional=told)
        if which != MORE:
            return next((row for row in rows if row["room_id"] == which), None)
    return None


def _option(talk: Talk, row: KeptRoom, told: bool) -> Option:
    label = _line(talk, row) if told else row["name"]
    return Option(row["room_id"], label, name=row["name"], address=row.get("alias", ""))


def _line(talk: Talk, row: KeptRoom) -> str:
    """« Atelier : ouvert aux membres, 12 personnes, chiffré »"""
    marks = [talk.phrase(f"rooms.is.{mark}") for mark in ("encrypted", "suggested", "archived") if row[mark]]
    people = talk.phrase("rooms.is.people", n=row["members"] - row["inside"])
    return f"{row['name']} · " + ", ".join([talk.phrase(f"rooms.is.{row['entry']}"), people, *marks])
