"""The account that a newcomer will have: a username that nobody has, and an e-mail address."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.talk import Email, Username
from bot.talk.doors import Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory, login_from


async def account_wanted(
    talk: Talk, rooms: Rooms, directory: Directory, guest: dict[str, Any], name: str
) -> tuple[str | None, str | None]:
    """Their username and e-mail: known from the invitation, or asked where the lieu has accounts to give."""
    if guest["login"]:
        return guest["login"], guest["email"]
    if "accounts" not in await talk.look("capabilities", _capabilities, directory):
        return None, None
    own = rooms.own_login(talk.person)
    free = partial(_is_free, rooms, directory, own)
    login = await talk.ask("login", Username(suggest=own or login_from(name), free=free))
    email = await talk.ask("email", Email())
    while await talk.look("taken", _is_taken, directory, email):
        await talk.say("errors.email-taken")
        email = await talk.ask("email", Email())
    return login, email


async def _is_free(rooms: Rooms, directory: Directory, own: str, login: str) -> bool:
    """Nobody else's, there or on the homeserver: an SSO account takes over the Matrix address of its name."""
    return await directory.is_free(login) and (login == own or not await rooms.exists(rooms.local(login)))


async def _is_taken(directory: Directory, email: str) -> bool:
    return bool(await directory.find(email=email))


async def _capabilities(directory: Directory) -> list[str]:
    return sorted(await directory.capabilities())
