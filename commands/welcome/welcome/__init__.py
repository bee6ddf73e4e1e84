"""The welcome of a newcomer, in private: who we are, who they are, and then the doors open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from bot.arrivals.arrival_path import ArrivalPath
from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import addressed, emailed
from bot.arrivals.members import Members
from bot.arrivals.path_versions import PathVersions
from bot.errors import Refused
from bot.lieux import Choices, Lieu
from bot.services.folder_tree import root_of
from bot.services.ownership import Ownership
from bot.services.usernames import Usernames
from bot.store.arrivals import Arrival
from bot.talk import STATED, Link, Many, Name, Option, Place, Role, Text, YesNo, days, dialogue, likely_name
from bot.talk.ports import Facts, Membership
from bot.talk.talk import Silence, Talk
from integrations.directory import Directory, begin_first_login
from integrations.nextcloud import Nextcloud

from .account import account_wanted, had_before

Door = Callable[[], Awaitable[None]]
INVITED_AT_ONCE = 3  # homeservers limit invitations; the other rooms open from the space


@dialogue(
    "welcome",
    action="be-welcomed",
    role=Role.STRANGER,
    places={Place.DIRECT},
    farewell=("welcome.cancelled", "welcome.cancelled-office"),
    asks_from=0,
)
async def welcome(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    membership: Membership,
    directory: Directory,
    cloud: Nextcloud | None,
    arrivals: Arrivals,
    ownership: Ownership,
    path_versions: PathVersions,
    members: Members,
    usernames: Usernames,
    arrival: int,
) -> None:
    guest, today = await talk.look("guest", arrivals.get, arrival), lieu
    lieu = replace(lieu, choices=Choices.load(await talk.look("choices", _choices, lieu)))
    path = ArrivalPath.load(await talk.look("path", path_versions.at_the_door, lieu.id, arrival))
    talk.speak(path.over(lieu.words))
    await talk.known_as(_known_as, facts, guest, talk.person)
    talk.patience(remind=days(path.remind), worry=days(path.worry))
    await talk.joined("here", talk.room, talk.person)
    await talk.do("answering", arrivals.change, arrival, status="answering")
    await _hello(talk, lieu, facts, guest)
    shown = await talk.look("profile", facts.display_name, talk.person)
    name = await talk.ask("name", Name(likely_name(shown, talk.person)))
    if lieu.choices.charter:
        await talk.say("charter-text", charter=lieu.choices.charter)
        if not await talk.ask("charter", YesNo()):
            await _decline(talk, lieu, arrivals, arrival, name)
            return
    login, email = await account_wanted(talk, facts, directory, usernames, guest, name)
    wish = await talk.ask("wish", Text(STATED, max=500), optional=True, default="")
    own = {
        q.id: await talk.ask("own", q.answer, item=q.id, label=q.label, optional=q.optional, question=q.text)
        for q in path.questions
    }
    opened = path.opened(own)
    chosen = await _rooms_wanted(talk, lieu, facts)
    introduced = bool(lieu.choices.hall) and await talk.ask("introduced", YesNo())
    await talk.confirm("summary", answers=talk.answers())
    if lieu.choices.approval and not await _approved(talk, lieu, arrivals, members, guest, name, wish, login):
        return
    await talk.do("opening", arrivals.change, arrival, status="opening", name=name, login=login, email=email)
    at_once = chosen[: max(0, INVITED_AT_ONCE - len(opened.rooms))]
    doors: list[Door] = [partial(_open_rooms, talk, lieu, membership, at_once)]
    new = bool(login and email) and not guest["login"]
    new = new and not await had_before(talk, directory, guest, facts.own_login(talk.person))
    if login and cloud is not None and lieu.choices.group:
        doors.insert(0, partial(_give_folder, talk, lieu, ownership, directory, cloud, login, name, email or "", new))
    if new and login and email:
        doors.insert(0, partial(_give_account, talk, lieu, facts, directory, ownership, login, name, email))
    await _open(talk, doors)
    await talk.do("welcomed", arrivals.change, arrival, status="welcomed")
    talk.note("welcomed", talk.person)
    await _first_steps(talk, lieu, today)
    if opened:
        await talk.begin("opening", talk.person, talk.room, name=name, login=login or "", opened=asdict(opened))
    if introduced:
        await talk.begin("introduction", talk.person, str(lieu.choices.hall), name=name, wish=wish)
    await talk.begin("week", talk.person, talk.room, name=name)


async def _hello(talk: Talk, lieu: Lieu, facts: Facts, guest: Arrival) -> None:
    if guest["invited_by"] == talk.person:
        await talk.say("hello", lieu=lieu.name)
        return
    by = await talk.look("host", facts.display_name, guest["invited_by"])
    await talk.say("hello-from", lieu=lieu.name, by=by)


async def _choices(lieu: Lieu) -> dict[str, Any]:
    return lieu.choices.dump()  # what held at the door holds until the end, whatever `!installer` changes meanwhile


async def _known_as(facts: Facts, guest: Arrival, person: str) -> str:
    return guest["name"] or await facts.display_name(person)


async def _rooms_wanted(talk: Talk, lieu: Lieu, facts: Facts) -> list[tuple[str, str]]:
    """(room, name) of each room that the newcomer chose, after those that everybody gets."""
    named = [
        (id, await talk.look("room-name", facts.name, id, item=id))
        for id in (*lieu.choices.open_rooms, *lieu.choices.offered_rooms)
    ]
    everybody = named[: len(lieu.choices.open_rooms)]
    offered = named[len(everybody) :]
    if not offered:
        return everybody
    chosen = await talk.ask("rooms", Many([Option(id, name) for id, name in offered]))
    return everybody + [(id, name) for id, name in offered if id in chosen]


async def _decline(talk: Talk, lieu: Lieu, arrivals: Arrivals, arrival: int, name: str) -> None:
    await talk.say("charter-refused", lieu=lieu.name)
    await talk.do("declined", arrivals.change, arrival, status="declined")
    if lieu.office:
        await talk.say("charter-refused-office", to=lieu.office, name=name)


async def _approved(
    talk: Talk,
    lieu: Lieu,
    arrivals: Arrivals,
    members: Members,
    guest: Arrival,
    name: str,
    wish: str,
    login: str | None,
) -> bool:
    """A concierge says yes or no, in the conciergerie, to what is shown: who it is, by which address and username they
    will be known; the one who invited is notified by name."""
    arrival, host = guest["id"], guest["invited_by"]
    await talk.do("approval", arrivals.change, arrival, status="approval", name=name)
    await talk.say("pending", lieu=lieu.name)
    person = await addressed(talk, members, lieu, talk.person, name, talk.who)
    try:
        yes = await talk.ask(
            "approve",
            YesNo(),
            to=lieu.office,
            of="approve",
            remind=days(2),
            within=days(30),
            mentions=[host] if host != talk.person else [],
            name=name,
            person=person,
            wish=wish or talk.phrase("unsaid"),
            account=talk.phrase("account-asked", login=login) if login else "",
            answers=talk.given("own"),
        )
    except Silence:
        yes = False
    if not yes:
        await talk.do("declined", arrivals.change, arrival, status="declined")
        talk.note("declined", talk.person)
        await talk.say("declined", lieu=lieu.name)
    return yes


async def _open(talk: Talk, doors: list[Door]) -> None:
    """Account, group and folder, rooms: each made so, one message telling how far it is."""
    for n, door in enumerate(doors, 1):
        await door()
        if len(doors) > 1:
            await talk.show("progress", done=n, of=len(doors))


async def _open_rooms(talk: Talk, lieu: Lieu, membership: Membership, chosen: list[tuple[str, str]]) -> None:
    await _open_space(talk, lieu, membership)
    for id, name in chosen:
        try:
            await talk.do("room", membership.invite, id, talk.person, item=id, one_of_many=True)
        except Refused:
            await talk.begin("let-in", talk.person, talk.room, item=id, room=id, name=name, who=talk.who)


async def _open_space(talk: Talk, lieu: Lieu, membership: Membership) -> None:
    """Whoever blocks invitations in their own client is the one who can let this one in."""
    while True:
        try:
            await talk.do("space", membership.invite, lieu.space, talk.person)
        except Refused as no:
            if no.code != "invitations-blocked":
                raise
            await talk.ask("unblocked", YesNo(), lieu=lieu.name)
        else:
            return


async def _give_account(
    talk: Talk, lieu: Lieu, facts: Facts, directory: Directory, ownership: Ownership, login: str, name: str, email: str
) -> None:
    address = None if login == facts.own_login(talk.person) else facts.local(login)
    try:
        await talk.do("account", directory.ensure_account, login, name, email)
        await talk.do("own", ownership.own_account, lieu.id, login, talk.person, address=address)
        talk.note("account", talk.person, login=login)
        first = await talk.do("mail", begin_first_login, directory, login)
    except Refused as no:
        await talk.say("no-account")
        if lieu.office:
            await _tell_why(talk, lieu, directory, ownership, name, email, no)
        return
    if first["kind"] == "mail":
        await talk.say("mail-sent", email=emailed(talk, email))
    elif first["link"]:
        await talk.say("password-link", link=Link(first["link"]))


async def _tell_why(
    talk: Talk, lieu: Lieu, directory: Directory, ownership: Ownership, name: str, email: str, no: Refused
) -> None:
    """Whose address it is, where that is this lieu's to know: for the concierges alone."""
    taken = no.code == "email-taken"
    held = await talk.look("holder", ownership.holder, directory, lieu.id, email) if taken else None
    if held and held["ours"]:
        shown = emailed(talk, email)
        await talk.say("no-account-held", to=lieu.office, name=name, email=shown, holder=held["name"])
    else:
        await talk.say("no-account-office", to=lieu.office, name=name, why=talk.because(no))


async def _give_folder(
    talk: Talk,
    lieu: Lieu,
    ownership: Ownership,
    directory: Directory,
    cloud: Nextcloud,
    login: str,
    name: str,
    email: str,
    new: bool,
) -> None:
    """Into the group, with which the lieu's folder is shared; nothing is made there in the name of an account that
    could not be made."""
    if new and not await talk.look("has-account", _has_account, directory, login):
        return
    group, folder = lieu.choices.group, root_of(lieu)
    try:
        free = cloud.accounts.source == "bot" and await talk.look("cloud-free", cloud.accounts.is_free, login)
        entered = await talk.do("group", _into_group, directory, cloud, group, login, name, email, free)
        if free:
            await talk.do("own-cloud", ownership.own, lieu.id, "nextcloud", "account", login, talk.person)
        await talk.do("folder", cloud.folders.ensure, folder)
        await talk.do("share", cloud.shares.ensure, folder, group=group)
    except Refused as no:
        if lieu.office:
            await talk.say("folder-refused", to=lieu.office, name=name, why=talk.because(no))
        if no.code != "nextcloud-full":
            return
        outcome = "folder-full"
    else:
        outcome = "folder" if entered["member"] else "folder-later"
    await talk.say(outcome, folder=folder, cloud=Link(cloud.client.url))
    if outcome == "folder":
        talk.note("folder", talk.person, folder=folder)
    else:
        await talk.begin("folder", talk.person, talk.room, login=login, group=group, folder=folder, name=name)


async def _has_account(directory: Directory, login: str) -> bool:
    return bool(await directory.find(username=login))


async def _into_group(
    directory: Directory, cloud: Nextcloud, group: str, login: str, name: str, email: str, free: bool
) -> dict[str, Any]:
    """`free`: nobody had this login in Nextcloud before us, so that what is found there now is ours to finish."""
    if "groups" in await directory.capabilities():
        await directory.set_member(group, login, True)
    if cloud.accounts.source == "bot":
        await cloud.accounts.ensure(login, name, email, group=group, ours=free)
    return await cloud.groups.ensure_member(login, group)


async def _first_steps(talk: Talk, lieu: Lieu, today: Lieu) -> None:
    """`today`: the lieu as it is now, and not as it was when the welcome began."""
    await talk.say("done", lieu=lieu.name)
    for n, (label, address) in enumerate(lieu.choices.sign_in):
        await talk.say("sign-in", item=str(n), address=Link(address, label))
    await talk.say("recovery-key")
    hours, note = await talk.look("hours", _hours, today)
    if hours:
        await talk.say("open-noted" if note else "open", lieu=lieu.name, hours=hours, note=note)


async def _hours(lieu: Lieu) -> list[str]:
    return [lieu.choices.hours, lieu.choices.hours_note]
