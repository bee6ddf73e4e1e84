"""What can be done with somebody's account now: nothing is offered that would be refused."""

from __future__ import annotations

from typing import TypedDict

from bot.arrivals.members import Member
from bot.services.directory import is_homeserver
from bot.talk.pagination import Somebody

from .account_groups import of_lieu
from .address_link import problem
from .lookup import LookedAt, Tools, looked_at, opened_alone, pause_of, protected
from .outside_identity import joins_identities
from .room import taken

NO_ACCOUNT = ("account", "opened")


class Possible(TypedDict):
    """`state`: none, not-ours, open or paused; `why` there is no more, as `accounts.no-…` says it."""

    login: str
    state: str
    acts: list[str]
    why: str


async def possible(tools: Tools, who: Member, by: str) -> Possible:
    row = await looked_at(tools, who)
    why, opened = row["problem"], bool(tools.opened_accounts.offered())
    touched = opened_alone(row) if why and row.get("accounts") else row
    paused = await tools.owns("conciergerie", pause_of(touched), "pause")
    acts: set[str] = set() if paused or not opened else {"open"}
    if why == "account" and not is_homeserver(tools.directory):
        acts |= {"create"}
    if not why or row.get("accounts"):
        kept = await protected(tools, touched, by)
        acts |= {"reactivate"} if paused else set() if kept else {"suspend"}
        acts |= {"close"} if paused and not why and not kept else set()
    if not why:
        acts |= await _of_account(tools, row, who, paused=paused)
    state = "none" if why in NO_ACCOUNT else "not-ours" if why else "paused" if paused else "open"
    return {"login": row["login"], "state": state, "acts": sorted(acts), "why": why}


async def _of_account(tools: Tools, row: LookedAt, who: Somebody, *, paused: bool) -> set[str]:
    able = await tools.directory.capabilities()
    acts = set() if paused else {"resend"}
    acts |= {"rename"} if "change" in able else set()
    if not paused and "unbar" in able and await tools.directory.barred(row["login"]) is not None:
        acts.add("reactivate")
    if await of_lieu(tools):
        acts.add("groups")
    if not await problem(tools, who, row["login"]):
        acts.add("link")
    if await joins_identities(tools) and not await tools.facts.exists(tools.facts.local(row["login"])):
        acts.add("identify")
    if tools.cloud is not None and await taken(tools, tools.cloud, row) is not None:
        acts.add("room")
    return acts
