"""`!inviter`: one person or thirty, with or without an account; each gets an invitation and a welcome in private."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu
from bot.logins import Logins
from bot.talk import Guests, Invitee, Invitees, command
from bot.talk.doors import Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory, begin_first_login, free_login

STRIDE = 5  # invitations between two lines of progress
SHOWN = 8
Guest = dict[str, Any]
MOST = 40  # at once: a conversation is replayed whole at each answer


@command("invite", action="invite", takes=("who",))
async def invite(
    talk: Talk, lieu: Lieu, rooms: Rooms, directory: Directory, arrivals: Arrivals, logins: Logins
) -> None:
    if not lieu.choices.installed:
        await talk.say("not-installed")
        return
    guests = await talk.ask("who", Invitees(most=MOST))
    found = await talk.look("found", _found, guests, lieu, rooms, directory, arrivals, logins)
    await _say_what_is_wrong(talk, guests, found)
    ready = [guest for guest in found if not guest["problem"]]
    if not ready:
        return
    await talk.confirm("summary", n=len(ready), people=[_line(guest) for guest in ready])
    invited = []
    for n, guest in enumerate(ready, 1):
        if len(ready) > 1 and (n == 1 or n % STRIDE == 0 or n == len(ready)):
            await talk.show("progress", done=n, of=len(ready), who=guest["who"])
        try:
            await _invite(talk, lieu, rooms, directory, arrivals, guest)
            invited.append(_line(guest))
        except Refused as no:
            await talk.say("not-invited", item=guest["item"], who=guest["who"], why=talk.because(no))
    if len(invited) > SHOWN:
        await talk.say("done-many", n=len(invited))
    elif invited:
        await talk.say("done", n=len(invited), people=invited)


async def _say_what_is_wrong(talk: Talk, guests: Guests, found: list[Guest]) -> None:
    if guests.problems:
        await talk.say(
            "bad-lines", lines=[talk.phrase(f"talk.again.{bad.code}", line=bad.line) for bad in guests.problems]
        )
    for guest in found:
        if guest["problem"]:
            await talk.say(f"invite.{guest['problem']}", item=guest["item"], who=guest["who"])


async def _invite(talk: Talk, lieu: Lieu, rooms: Rooms, directory: Directory, arrivals: Arrivals, guest: Guest) -> None:
    item, address = guest["item"], guest["address"]
    if guest["login"]:
        await talk.do("account", directory.ensure_account, guest["login"], guest["name"], guest["email"], item=item)
        if guest["new"]:
            await talk.do("own", arrivals.own_account, lieu.id, guest["login"], address, address=address, item=item)
            talk.note("account", address, login=guest["login"])
    arrival = await talk.do(
        "expect",
        arrivals.expect,
        lieu.id,
        address,
        talk.person,
        name=guest["name"] or (guest["email"] if guest.get("hidden") else None),
        email=guest["email"],
        login=guest["login"],
        item=item,
    )
    hidden = bool(guest.get("hidden"))
    if not (lieu.choices.approval or lieu.choices.charter or hidden):  # else it opens with the « yes » that is missing
        await talk.do("space", rooms.invite, lieu.space, address, item=item)
    room = await talk.do("room", rooms.direct, address, item=item)
    welcome = await talk.begin("welcome", address, room, item=item, arrival=arrival)
    await talk.do("follow", arrivals.change, arrival, room_id=room, conversation=welcome, item=item)
    if guest["login"]:
        await talk.do("mail", begin_first_login, directory, guest["login"], item=item)
    if hidden:
        talk.note("invited-by-mail", who=guest["who"])
    else:
        talk.note("invited", address)


async def _found(
    guests: Guests, lieu: Lieu, rooms: Rooms, directory: Directory, arrivals: Arrivals, logins: Logins
) -> list[Guest]:
    """Each guest with the address they have or will have, and what stands in the way."""
    taken: set[str] = set()
    return [await _find(guest, taken, lieu, rooms, directory, arrivals, logins) for guest in guests.people]


async def _find(
    guest: Invitee,
    taken: set[str],
    lieu: Lieu,
    rooms: Rooms,
    directory: Directory,
    arrivals: Arrivals,
    logins: Logins,
) -> Guest:
    found = {
        "name": guest.name,
        "email": guest.email,
        "address": guest.address,
        "login": None,
        "new": False,
        "problem": "",
        "who": guest.name or guest.address or guest.email,
        "item": guest.address or guest.email,
    }
    if not guest.address:
        if "accounts" not in await directory.capabilities():
            return found | {"problem": "no-directory"}
        accounts = await directory.find(email=guest.email)
        free = partial(_is_free, taken, logins)
        login = accounts[0].login if accounts else await free_login(guest.name or guest.email, free)
        taken.add(login)
        found |= {"login": login, "address": rooms.local(login), "new": not accounts}
    arrival = await arrivals.of_person(lieu.id, str(found["address"]))
    here = await rooms.membership(lieu.space, str(found["address"])) == "join"
    if not guest.address and not found["new"] and not await arrivals.owns(lieu.id, "directory", "account", login):
        found |= {"hidden": not here, "login": None}
    if here:
        found["problem"] = "already-member"
    elif arrival is not None and arrival["status"] in ("invited", "answering", "approval", "opening"):
        found["problem"] = "already-invited"
    return found


async def _is_free(taken: set[str], logins: Logins, login: str) -> bool:
    return login not in taken and await logins.is_free(login)


def _line(guest: Guest) -> str:
    """The address of somebody whom this lieu does not know is theirs to tell: an e-mail must not find it out."""
    shown = (guest["name"], guest["email"], "" if guest.get("hidden") else guest["address"])
    return " · ".join(part for part in shown if part)
