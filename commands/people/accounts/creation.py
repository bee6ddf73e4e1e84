"""An account without an invitation, and a fresh link to choose its password."""

from __future__ import annotations

from functools import partial

from bot.arrivals.doubted_emails import as_meant
from bot.arrivals.full_names import emailed
from bot.errors import Refused
from bot.mail.mail_texts import BY_PAGE
from bot.services.directory import first_password, is_homeserver
from bot.services.nextcloud import makes_accounts
from bot.services.ownership import OTHER, SAME
from bot.store.arrivals import GOING_ON
from bot.talk import Choice, Email, Invitee, Invitees, Link, Option
from bot.talk.answers.person import is_another
from bot.talk.talk import Talk
from integrations.directory import FirstLoginDict, free_login

from .lookup import LookedAt, Tools, whose

DAY = 86_400  # seconds


async def create(talk: Talk, tools: Tools) -> None:
    if is_homeserver(tools.directory):
        await talk.say("create-by-invitation")
        return
    guest = await _whom(talk, tools)
    if not guest.email:
        await talk.say("needs-email")
        return
    email = await _own_email(talk, tools, guest)
    if not email:
        return
    guest = Invitee(name=guest.name, email=email)
    login = await talk.look("login", free_login, guest.name, tools.usernames.is_free, guest.email)
    await talk.confirm("create", name=guest.name, email=emailed(talk, guest.email), login=login)
    try:
        login = await _made(talk, tools, guest, login)
        address = tools.facts.local(login)
        await talk.do("own", tools.ownership.own_account, tools.lieu.id, login, address, address=address)
        talk.note("account", address, login=login)
        first = await talk.do("mail", first_password, tools.directory, login, made=True)
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


async def _whom(talk: Talk, tools: Tools) -> Invitee:
    if tools.chosen is not None:
        name = tools.chosen["name"]
        domains = partial(tools.arrivals.domains, tools.lieu)
        return Invitee(name=name, email=await talk.ask("new-email", Email(domains), who=name))
    guests = await talk.ask("who", Invitees(most=1), what=talk.phrase("who-new"))
    return guests.people[0]


async def _made(talk: Talk, tools: Tools, guest: Invitee, login: str) -> str:
    """The username that they have now: where somebody has this one whom the bot is not shown, the next that is free.
    Raises Refused."""
    try:
        await talk.do("account", tools.new_accounts.ensure, login, guest.name, guest.email)
    except Refused as no:
        if no.code != "login-taken":
            raise
        other = await talk.look("other-login", free_login, guest.name, tools.usernames.is_free, guest.email)
        if other == login:
            raise
        await talk.confirm("create-other", name=guest.name, login=other, taken=login)
        await talk.do("other-account", tools.new_accounts.ensure, other, guest.name, guest.email)
        return other
    return login


async def _own_email(talk: Talk, tools: Tools, guest: Invitee) -> str:
    """An address that no other account has; empty where the person has an account already."""
    email = await as_meant(talk, tools.arrivals, tools.lieu, guest.email)
    while held := await talk.look("holder", tools.ownership.holder, tools.directory, tools.lieu.id, email):
        if not held["ours"]:
            await talk.say("email-held", who=guest.name, email=emailed(talk, email))
        elif not is_another(guest.name, held["name"]) or await _is_same(talk, guest, email, held["name"]):
            await talk.say("has-account", who=held["name"], login=held["login"])
            return ""
        domains = partial(tools.arrivals.domains, tools.lieu)
        email = await talk.ask("other-email", Email(domains), who=guest.name)
    return email


async def _is_same(talk: Talk, guest: Invitee, email: str, name: str) -> bool:
    same = Choice([Option(each, key=f"accounts.person.{each}") for each in (SAME, OTHER)])
    return await talk.ask("same-person", same, who=guest.name, address=emailed(talk, email), holder=name) == SAME


async def resend(talk: Talk, tools: Tools) -> None:
    row = await whose(talk, tools)
    if row is None:
        return
    if is_homeserver(tools.directory):
        await _invite_again(talk, tools, row)
        return
    try:
        first = await talk.do("mail", _first_login, tools, row["login"])
    except Refused as no:
        await talk.refused(no)
        return
    talk.note("resend", row["person"])
    if first.get("replaces", True):
        await _say_how(talk, first, row["name"])
    else:
        await talk.say("mail-sent-again", who=row["name"])


async def _invite_again(talk: Talk, tools: Tools, row: LookedAt) -> None:
    """The page of their invitation is the link: another address of it replaces the earlier one."""
    arrival = await talk.look("arrival", tools.arrivals.of_person, tools.lieu.id, row["person"])
    try:
        if arrival is None or arrival["status"] not in GOING_ON or not arrival["email"]:
            if await talk.look("used", tools.was_used, row["login"]):
                raise Refused("password-chosen")
            await talk.say("resend-by-invitation", who=row["name"])
            return
        await talk.do("page", tools.way_in.fresh_link, row["login"], arrival["id"])
    except Refused as no:
        await talk.refused(no)
        return
    talk.note("resend", row["person"])
    if tools.way_in.is_mailed:
        again = {"arrival": arrival["id"], "who": row["name"], "email": arrival["email"], "password": BY_PAGE}
        await talk.begin("invitation-mail", talk.person, talk.room, mailings=[again])
        await talk.say("page-mailed", who=row["name"])
    else:
        await talk.whisper("page-text", talk.room, tools.way_in.text, arrival["id"], BY_PAGE, who=row["name"])


async def _say_how(talk: Talk, first: FirstLoginDict, who: str) -> None:
    """How the person chooses their password."""
    if first["kind"] == "mail":
        lasts = (first["expires_in"] or 0) // DAY
        await (talk.say("mail-sent-days", who=who, n=lasts) if lasts else talk.say("mail-sent", who=who))
    elif first["link"]:
        await talk.say("give-link", who=who, link=Link(first["link"]))
    else:
        await talk.say("no-mail", who=who)


async def _into_the_group(talk: Talk, tools: Tools, group: str, login: str, guest: Invitee) -> None:
    """With which the lieu's folder is shared; a refusal takes nothing away from the account."""
    if "groups" in await talk.look("able", _able, tools):
        await talk.do("group", tools.directory.set_member, group, login, True)
    cloud = tools.cloud
    if not makes_accounts(cloud, tools.directory):
        return
    free = await talk.look("cloud-free", cloud.accounts.is_free, login)
    make = partial(cloud.accounts.ensure, group=group, ours=free, mails=False, quota=tools.lieu.choices.quota)
    await talk.do("cloud", make, login, guest.name, guest.email)
    if free:
        await talk.do(
            "own-cloud", tools.ownership.own, tools.lieu.id, "nextcloud", "account", login, tools.facts.local(login)
        )


async def _first_login(tools: Tools, login: str) -> FirstLoginDict:
    return (await tools.directory.start_first_login(login)).to_dict()


async def _able(tools: Tools) -> list[str]:
    return sorted(await tools.directory.capabilities())
