"""`!compte`: an account of the lieu, from its creation to its closing, as one act over every service."""

from __future__ import annotations

from dataclasses import replace

from bot.talk import PRIVATE, Choice, Option, Role, command, hours
from bot.talk.talk import Talk
from integrations.directory import Directory, finds_accounts

from .account_groups import groups
from .address_link import link
from .creation import create, resend
from .lookup import Tools, shown, whom
from .opening import open_account
from .outside_identity import identify, joins_identities
from .possible import possible
from .renaming import rename
from .room import room
from .suspension import close, reactivate, suspend

ACTS = {
    "create": create,
    "open": open_account,
    "resend": resend,
    "suspend": suspend,
    "reactivate": reactivate,
    "groups": groups,
    "link": link,
    "identify": identify,
    "close": close,
    "room": room,
    "rename": rename,
}

OPENS, IDENTIFIES = "open", "identify"


@command(
    "account",
    action="account",
    role=Role.CONCIERGE,
    places=PRIVATE,
    takes=("act", "who"),
    person="who",
    within=hours(1),
)
async def account(talk: Talk, tools: Tools) -> None:
    if talk.was_given("who") and not talk.was_given("act"):
        await _about(talk, tools)
        return
    offered = tools.opened_accounts.offered()
    if not await talk.look("has-accounts", _has_accounts, tools.directory):
        if not offered:
            elsewhere = await talk.look("made-elsewhere", _made_elsewhere, tools.directory)
            await talk.say("made-by-others" if elsewhere else "no-directory")
            return
        acts = [OPENS, "suspend", "reactivate"]
    else:
        acts = await talk.look("acts", _acts, tools)
    act = await talk.ask("act", Choice([Option(name, key=f"accounts.act.{name}") for name in acts]))
    await ACTS[act](talk, tools)


async def _about(talk: Talk, tools: Tools) -> None:
    """« !compte zoé »: who it is comes first, and what can be done follows."""
    who = await whom(talk, tools)
    if who is None:
        return
    found = await talk.look("possible", possible, tools, who, talk.person)
    acts = [act for act in ACTS if act in found["acts"]]
    if not acts:
        await talk.say(f"accounts.no-{found['why'] or 'acts'}", who=who["name"], login=found["login"])
        return
    state = talk.phrase(f"state-{found['state']}", login=found["login"])
    options = [Option(name, key=f"accounts.act.{name}") for name in acts]
    act = await talk.ask("act-about", Choice(options), who=await shown(talk, tools, who), state=state)
    await ACTS[act](talk, replace(tools, chosen=who))


async def _has_accounts(directory: Directory) -> bool:
    return "accounts" in await directory.capabilities()


async def _acts(tools: Tools) -> list[str]:
    """What a lieu has no service for, it never hears of."""
    has = {OPENS: bool(tools.opened_accounts.offered()), IDENTIFIES: await joins_identities(tools)}
    return [name for name in ACTS if has.get(name, True)]


async def _made_elsewhere(directory: Directory) -> bool:
    return finds_accounts(await directory.capabilities())
