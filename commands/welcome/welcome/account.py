"""The account that a newcomer will have: a username that nobody has, and an e-mail address."""

from __future__ import annotations

from functools import partial

from bot.services.directory import is_homeserver
from bot.services.usernames import Usernames
from bot.store.arrivals import Arrival
from bot.talk import Email, Username
from bot.talk.answers.addresses import Domains
from bot.talk.ports import Facts
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.domains import same_email


async def account_wanted(
    talk: Talk,
    facts: Facts,
    directory: Directory,
    usernames: Usernames,
    guest: Arrival,
    name: str,
    domains: Domains,
) -> tuple[str | None, str | None]:
    """Their username and e-mail: known from the invitation, or asked where the lieu has accounts to give. `domains`:
    those that are ours."""
    if guest["login"]:
        return guest["login"], guest["email"]
    if is_homeserver(directory):  # whoever answers has an account of that kind
        return None, None
    if "accounts" not in await talk.look("capabilities", _capabilities, directory):
        return None, None
    own = facts.own_login(talk.person)
    if await had_before(talk, directory, guest, own):
        return own, guest["email"]
    free = partial(usernames.is_free, own=own)
    login = await talk.ask("login", Username(suggest=usernames.suggested(own, name), free=free))
    email = await talk.ask("email", Email(domains))  # whether somebody else has it is not for a newcomer to find out
    while talk.is_asked(step="email"):  # conversations of before told them, and asked again
        email = await talk.ask("email", Email(domains))
    return login, email


async def had_before(talk: Talk, directory: Directory, guest: Arrival, own: str) -> bool:
    """Whether they were invited by the e-mail address of an account that is theirs, and not of this lieu's making."""
    if guest["login"] or not guest["email"] or not own:
        return False
    return await talk.look("had-before", _has, directory, own, guest["email"])


async def _has(directory: Directory, login: str, email: str) -> bool:
    return any(same_email(account.email, email) for account in await directory.find(username=login))


async def _capabilities(directory: Directory) -> list[str]:
    return sorted(await directory.capabilities())
