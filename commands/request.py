"""`!demande`: ask the lieux of a network for something; their answers come back below the request."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.network.networks import Networks
from bot.network.requests import Requests
from bot.talk import Choice, Date, Option, Text, YesNo, command
from bot.talk.doors import Clock
from bot.talk.talk import Silence, Talk

PATIENCE = timedelta(hours=1)
KINDS = ("equipment", "skill", "space", "hand", "project", "other")
Row = dict[str, Any]


@command("request", action="ask-network", takes=("what",))
async def request(talk: Talk, lieu: Lieu, networks: Networks, requests: Requests, clock: Clock) -> None:
    rows = [row for row in await talk.look("networks", networks.of, lieu.id) if row["status"] == "declared"]
    if not rows:
        await talk.say("no-network")
        return
    talk.patience(within=PATIENCE)
    try:
        await _ask(talk, lieu, requests, clock, rows)
    except Silence:
        return


async def _ask(talk: Talk, lieu: Lieu, requests: Requests, clock: Clock, rows: list[Row]) -> None:
    what = await talk.ask("what", Text(max=1000, lines=True))
    kind = await talk.ask("kind", Choice([Option(kind, key=f"between.kind.{kind}") for kind in KINDS]))
    today = date.fromisoformat(await talk.look("today", _today, clock, lieu.choices.zone))
    until = await talk.ask("until", Date(lambda: today), optional=True)
    network = await _network(talk, rows)
    named = await talk.ask("named", YesNo(), name=talk.who)
    await talk.confirm("sure", what=what, answers=talk.answers())
    content: Row = {"kind": kind, "what": what}
    if until:
        content["until"] = until.isoformat()
    if named:
        content["name"] = talk.who
    told = await talk.do("publish", requests.publish, lieu, network, talk.id, content, talk.room, talk.person)
    talk.note("request-made", number=str(told["number"]))
    await talk.say("sent", n=told["others"], number=told["number"])


async def _network(talk: Talk, rows: list[Row]) -> int:
    if len(rows) == 1:
        return int(rows[0]["network"])
    which = await talk.ask("network", Choice([Option(str(row["network"]), row["name"]) for row in rows]))
    return int(which)


async def _today(clock: Clock, zone: str) -> str:
    return datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(zone)).date().isoformat()
