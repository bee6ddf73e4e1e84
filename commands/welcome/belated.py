"""A short welcome for somebody who was there before the bot: the charter, the lieu's group and its folder, each upon
their yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.arrivals.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.directory import enter_group, is_homeserver
from bot.services.folder_tree import root_of
from bot.services.nextcloud import makes_accounts
from bot.services.ownership import Ownership
from bot.talk import Link, YesNo, days, dialogue
from bot.talk.ports import Facts
from bot.talk.talk import Silence, Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud
from integrations.odoo import Odoo


@dataclass(frozen=True, slots=True)
class Tools:
    """What a belated welcome is handed."""

    lieu: Lieu
    facts: Facts
    arrivals: Arrivals
    ownership: Ownership
    directory: Directory
    cloud: Nextcloud | None
    odoo: Odoo | None


@dialogue("belated", action="be-welcomed", remind=days(2), within=days(14))
async def belated(talk: Talk, tools: Tools, arrival: int, login: str) -> None:
    lieu, facts, arrivals, cloud = tools.lieu, tools.facts, tools.arrivals, tools.cloud
    guest = await talk.look("guest", arrivals.get, arrival)
    by = await talk.look("host", facts.display_name, guest["invited_by"])
    await talk.known_as(facts.display_name, talk.person)
    try:
        await talk.joined("here", talk.room, talk.person, within=days(14))
        await talk.say("hello", lieu=lieu.name, by=by)
        agreed, shares = await _asked(talk, lieu, login)
    except Silence:
        await talk.do("silent", arrivals.change, arrival, status="cancelled")
        return
    if not agreed:
        await talk.do("declined", arrivals.change, arrival, status="declined")
        await talk.say("refused", lieu=lieu.name)
        if lieu.office:
            await talk.say("refused-office", to=lieu.office, who=talk.who)
        return
    shown = shares and await _share(talk, tools, login)
    await talk.do("welcomed", arrivals.change, arrival, status="welcomed")
    talk.note("welcomed", talk.person)
    await _into_odoo(talk, tools, login)
    if not (shown and cloud):
        await talk.say("done")
        return
    await talk.say("done-share", folder=root_of(lieu), cloud=Link(cloud.client.url))
    folder: dict[str, Any] = {"group": lieu.choices.group, "folder": root_of(lieu), "name": talk.who}
    await talk.begin("folder", talk.person, talk.room, login=login, at_once=True, **folder)


async def _asked(talk: Talk, lieu: Lieu, login: str) -> tuple[bool, bool]:
    """Whether they agree to the charter, and want what the lieu shares."""
    if lieu.choices.charter:
        await talk.say("charter-text", charter=lieu.choices.charter, lieu=lieu.name)
        if not await talk.ask("agree", YesNo()):
            return False, False
    if not (login and lieu.choices.group):
        return True, False
    return True, await talk.ask("share", YesNo(), folder=root_of(lieu), lieu=lieu.name)


async def _into_odoo(talk: Talk, tools: Tools, login: str) -> None:
    """Among its contacts, as whoever is welcomed."""
    if tools.odoo is None or not (login and tools.lieu.office):
        return
    account = await talk.look("known-by", _account, tools, login)
    if account is not None:
        known: dict[str, Any] = {**account, "direct": talk.room, "portal": tools.odoo.wanted == "portal"}
        await talk.begin("odoo-contact", talk.person, tools.lieu.office, **known)


async def _share(talk: Talk, tools: Tools, login: str) -> bool:
    """Whether they are in the group now, and have an account that can be given the folder."""
    lieu, cloud, group = tools.lieu, tools.cloud, tools.lieu.choices.group
    try:
        account = await talk.look("account", _account, tools, login)
        if account is None:  # given back meanwhile, or closed
            return False
        await talk.do("group", enter_group, tools.directory, group, login)
        talk.note("group-in", talk.person, group=group)
        maker = cloud if makes_accounts(cloud, tools.directory) else None
        if maker is not None and await talk.look("free", maker.accounts.is_free, login):
            await talk.do("cloud", _make_account, maker, login, account, lieu, is_homeserver(tools.directory))
            await talk.do("own", tools.ownership.own, lieu.id, "nextcloud", "account", login, talk.person)
    except Refused as no:
        if lieu.office:
            await talk.say("not-shared", to=lieu.office, who=talk.who, why=talk.because(no))
        return False
    return cloud is not None


async def _account(tools: Tools, login: str) -> dict[str, str] | None:
    """Their name and address, of an account that is the lieu's still."""
    ours = await tools.ownership.owns_account(tools.lieu.id, login)
    found = await tools.directory.find(username=login) if ours else ()
    return {"name": found[0].name, "email": found[0].email} if found else None


async def _make_account(cloud: Nextcloud, login: str, account: dict[str, str], lieu: Lieu, mails: bool) -> None:
    """`mails`: no SSO lets them in there, and they are sent the link to a password."""
    how: dict[str, Any] = {"group": lieu.choices.group, "quota": lieu.choices.quota, "ours": True, "mails": mails}
    await cloud.accounts.ensure(login, account["name"], account["email"], **how)
