"""An account without an invitation, and a fresh link to choose its password."""

from __future__ import annotations

from bot.arrivals.full_names import emailed
from bot.errors import Refused
from bot.services.ownership import OTHER, SAME
from bot.talk import Choice, Email, Invitee, Invitees, Link, Option
from bot.talk.answers.person import is_another
from bot.talk.doubted_emails import as_meant
from bot.talk.talk import Talk
from integrations.directory import FirstLoginDict, begin_first_login, free_login

from .lookup import Tools, whose


async def create(talk: Talk, tools: Tools) -> None:
    guests = await talk.ask("who", Invitees(most=1), what=talk.phrase("who-new"))
    guest = guests.people[0]
    if not guest.email:
        await talk.say("needs-email")
        return
    email = await _own_email(talk, tools, guest)
    if not email:
        return
    guest = Invitee(name=guest.name, email=email)
    login = await talk.look("login", free_login, guest.name, tools.usernames.is_free, guest.email)
    await talk.confirm("create", name=guest.name, email=emailed(talk, guest.email), login=login)
    address = tools.facts.local(login)
    try:
        await talk.do("account", tools.directory.ensure_account, login, guest.name, guest.email)
        await talk.do("own", tools.ownership.own_account, tools.lieu.id, login, address, address=address)
        talk.note("account", address, login=login)
        first = await talk.do("mail", begin_first_login, tools.directory, login)
    except Refused as no:
        await talk.refused(no)
        return
    await _say_how(talk, first, guest.name)
    group = tools.lieu.choices.group
    if group:
        try:
            await _into_the_group(talk, tools, group, login, guest)
        except Refused as no:
            await talk.say("not-in-group", group=group, why=talk.because(no))


async def _own_email(talk: Talk, tools: Tools, guest: Invitee) -> str:
    """An address that no other account has; empty where the person has an account already."""
    email = await as_meant(talk, guest.email)
    while held := await talk.look("holder", tools.ownership.holder, tools.directory, tools.lieu.id, email):
        if not held["ours"]:
            await talk.say("email-held", who=guest.name, email=emailed(talk, email))
        elif not is_another(guest.name, held["name"]) or await _is_same(talk, guest, email, held["name"]):
            await talk.say("has-account", who=held["name"], login=held["login"])
            return ""
        email = await talk.ask("other-email", Email(), who=guest.name)
    return email


async def _is_same(talk: Talk, guest: Invitee, email: str, name: str) -> bool:
    same = Choice([Option(each, key=f"accounts.person.{each}") for each in (SAME, OTHER)])
    return await talk.ask("same-person", same, who=guest.name, address=emailed(talk, email), holder=name) == SAME


async def resend(talk: Talk, tools: Tools) -> None:
    row = await whose(talk, tools)
    if row is None:
        return
    try:
        first = await talk.do("mail", _first_login, tools, row["login"])
    except Refused as no:
        await talk.refused(no)
        return
    talk.note("resend", row["person"])
    await _say_how(talk, first, row["name"])


async def _say_how(talk: Talk, first: FirstLoginDict, who: str) -> None:
    """How the person chooses their password."""
    if first["kind"] == "mail":
        await talk.say("mail-sent", who=who)
    elif first["link"]:
        await talk.say("give-link", who=who, link=Link(first["link"]))
    else:
        await talk.say("no-mail", who=who)


async def _into_the_group(talk: Talk, tools: Tools, group: str, login: str, guest: Invitee) -> None:
    """With which the lieu's folder is shared; a refusal takes nothing away from the account."""
    if "groups" in await talk.look("able", _able, tools):
        await talk.do("group", tools.directory.set_member, group, login, True)
    if tools.cloud is None or tools.cloud.accounts.source != "bot":
        return
    free = await talk.look("cloud-free", tools.cloud.accounts.is_free, login)
    await talk.do("cloud", tools.cloud.accounts.ensure, login, guest.name, guest.email, group=group, ours=free)
    if free:
        await talk.do(
            "own-cloud", tools.ownership.own, tools.lieu.id, "nextcloud", "account", login, tools.facts.local(login)
        )


async def _first_login(tools: Tools, login: str) -> FirstLoginDict:
    return (await tools.directory.start_first_login(login)).to_dict()


async def _able(tools: Tools) -> list[str]:
    return sorted(await tools.directory.capabilities())
