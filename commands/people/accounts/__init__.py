"""`!compte`: an account of the lieu, from its creation to its closing, as one act over every service."""

from __future__ import annotations

from bot.talk import PRIVATE, Choice, Option, Role, command, hours
from bot.talk.talk import Talk
from integrations.directory import Directory

from .account_groups import groups
from .address_link import link
from .creation import create, resend
from .lookup import Tools
from .suspension import close, reactivate, suspend

ACTS = {
    "create": create,
    "resend": resend,
    "suspend": suspend,
    "reactivate": reactivate,
    "groups": groups,
    "link": link,
    "close": close,
}


@command("account", action="account", role=Role.CONCIERGE, places=PRIVATE, takes=("act", "who"), within=hours(1))
async def account(talk: Talk, tools: Tools) -> None:
    if not await talk.look("has-accounts", _has_accounts, tools.directory):
        await talk.say("no-directory")
        return
    act = await talk.ask("act", Choice([Option(name, key=f"accounts.act.{name}") for name in ACTS]))
    await ACTS[act](talk, tools)


async def _has_accounts(directory: Directory) -> bool:
    return "accounts" in await directory.capabilities()
