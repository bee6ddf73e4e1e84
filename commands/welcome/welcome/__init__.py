"""The welcome of a newcomer, in private: who we are, who they are, and then the doors open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from bot.arrivals.arrival_path import ArrivalPath, Opening
from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import addressed, emailed
from bot.arrivals.members import Members
from bot.arrivals.opening_words import what_opens
from bot.arrivals.page_addresses import PageAddresses
from bot.arrivals.path_versions import PathVersions
from bot.errors import Refused
from bot.lieux import Choices, Lieu
from bot.retention.told import of_answers
from bot.services.directory import enter_group, first_password, is_homeserver
from bot.services.folder_tree import root_of
from bot.services.institutional_sign_in import ways_in
from bot.services.lieu_folder import LieuFolder, found_alone
from bot.services.nextcloud import makes_accounts
from bot.services.ownership import NewAccounts, Ownership
from bot.services.usernames import Usernames
from bot.store.arrivals import Arrival
from bot.talk import (
    STATED,
    Beside,
    Link,
    Many,
    Name,
    Option,
    Place,
    Role,
    Text,
    YesNo,
    days,
    dialogue,
    first_name,
    likely_name,
)
from bot.talk.ports import Facts, Membership
from bot.talk.talk import Silence, Talk
from integrations.directory import Directory
from integrations.identity_providers import IdentityProviders
from integrations.nextcloud import Nextcloud
from integrations.odoo import Odoo

from .account import account_wanted, had_before

Door = Callable[[], Awaitable[list[object]]]
"""Opens something; what is to be told of it at the end, a line each."""
SHOWN = 6  # rooms
DAY, HOUR = 86_400, 3_600  # seconds
TAKEN = "email-taken"  # what a directory says


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
    new_accounts: NewAccounts,
    path_versions: PathVersions,
    members: Members,
    usernames: Usernames,
    lieu_folder: LieuFolder,
    providers: IdentityProviders,
    pages: PageAddresses,
    odoo: Odoo | None,
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
    given = first_name(guest["name"] or "")
    await _hello(talk, lieu, facts, guest, given)
    await talk.say("data", notice=True, data=of_answers(talk, lieu))
    shown = given or await talk.look("profile", facts.display_name, talk.person)
    name = await talk.ask("name", Name(likely_name(shown, talk.person)), default=given, aside=bool(given))
    called = guest["name"] if guest["name"] and name == given else name  # what concierges know them by
    if lieu.choices.charter:
        await talk.say("charter-text", charter=lieu.choices.charter)
        if not await talk.ask("charter", YesNo()):
            await _decline(talk, lieu, arrivals, arrival, called)
            return
    login, email = await account_wanted(talk, facts, directory, usernames, guest, called, arrivals.domains)
    wish = await talk.ask("wish", Text(STATED, max=500), optional=True, default="")
    own = {
        q.id: await talk.ask("own", q.answer, item=q.id, label=q.label, optional=q.optional, question=q.text)
        for q in path.questions
    }
    opened = path.opened(own)
    chosen = await _rooms_wanted(talk, lieu, facts)
    introduced = bool(lieu.choices.hall) and await talk.ask("introduced", YesNo())
    await talk.confirm("summary", answers=talk.answers())
    if lieu.choices.approval and not await _approved(talk, lieu, arrivals, members, guest, called, wish, login, opened):
        return
    await talk.do("opening", arrivals.change, arrival, status="opening", name=called, login=login, email=email)
    doors: list[Door] = [partial(_open_rooms, talk, lieu, facts, membership, chosen)]
    new = bool(login and email) and not guest["login"]
    new = new and not await had_before(talk, directory, guest, facts.own_login(talk.person))
    if login and cloud is not None and lieu.choices.group:
        doors.insert(
            0,
            partial(
                _give_folder, talk, lieu, lieu_folder, ownership, directory, cloud, login, called, email or "", new
            ),
        )
    if new and login and email:
        doors.insert(
            0,
            partial(
                _give_account,
                talk,
                lieu,
                facts,
                new_accounts,
                login,
                called,
                email,
                partial(arrivals.change, arrival, email=guest["email"]),
            ),
        )
    steps = await _open(talk, doors)
    await talk.do("welcomed", arrivals.change, arrival, status="welcomed")
    talk.note("welcomed", talk.person)
    beside = await talk.look("beside", _beside, lieu, pages, providers, directory) if login else []
    await _end(talk, lieu, today, steps, beside)
    if opened:
        address = email or guest["email"] or ""
        await talk.begin(
            "opening", talk.person, talk.room, name=called, login=login or "", email=address, opened=asdict(opened)
        )
    if odoo is not None and lieu.office:
        known: dict[str, Any] = {"name": called, "email": email or guest["email"] or "", "direct": talk.room}
        portal = odoo.wanted == "portal"
        await talk.begin("odoo-contact", talk.person, lieu.office, **known, portal=portal)
    if introduced:
        await talk.begin("introduction", talk.person, str(lieu.choices.hall), name=name, wish=wish)
    await talk.begin("day", talk.person, talk.room)
    await talk.begin("week", talk.person, talk.room, name=name)


async def _hello(talk: Talk, lieu: Lieu, facts: Facts, guest: Arrival, name: str) -> None:
    """By their name where whoever invited them said it, and the lieu has not its own words."""
    if guest["invited_by"] == talk.person:
        await talk.say("hello", lieu=lieu.name)
        return
    by = await talk.look("host", facts.display_name, guest["invited_by"])
    if name and not talk.has_own("hello-from"):
        await talk.say("hello-named", lieu=lieu.name, by=by, name=name)
    else:
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
    if not talk.is_asked(step="rooms"):  # those that the space opens are a click away: nobody has to choose beforehand
        offered = [(id, name) for id, name in offered if not await _opens(talk, lieu, facts, id)]
    if not offered:
        return named
    chosen = await talk.ask("rooms", Many([Option(id, name) for id, name in offered]))
    shut = dict(offered)
    return [(id, name) for id, name in named if id in chosen or id not in shut]


async def _opens(talk: Talk, lieu: Lieu, facts: Facts, room: str) -> bool:
    """Whether whoever is in the space enters this room by themselves."""
    return await talk.look("opens", facts.opens_to, room, lieu.space, item=room)


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
    opened: Opening,
) -> bool:
    """A concierge says yes or no, in the conciergerie, to what is shown: who it is, by which address and username they
    will be known, and what their answers open; the one who invited is notified by name."""
    arrival, host = guest["id"], guest["invited_by"]
    await talk.do("approval", arrivals.change, arrival, status="approval", name=name)
    await talk.say("pending", lieu=lieu.name)
    person = await addressed(talk, members, lieu, talk.person, name, talk.who)
    also = [talk.phrase("opens-also", what=what_opens(talk, opened))] if opened else []
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
            answers=[*talk.given("own"), *also],
        )
    except Silence:
        yes = False
    if not yes:
        await talk.do("declined", arrivals.change, arrival, status="declined")
        talk.note("declined", talk.person)
        await talk.say("declined", lieu=lieu.name)
    return yes


async def _open(talk: Talk, doors: list[Door]) -> list[object]:
    """Account, group and folder, rooms: each made so, one message telling how far it is. What is to be told in the
    end, the way in first."""
    told: list[list[object]] = []
    for n, door in enumerate(doors):
        if n:
            await talk.show("progress", done=n, of=len(doors))
        told.append(await door())
    return [step for steps in (told[-1], *told[:-1]) for step in steps]


async def _open_rooms(
    talk: Talk, lieu: Lieu, facts: Facts, membership: Membership, chosen: list[tuple[str, str]]
) -> list[object]:
    """The space, whose members enter most rooms by themselves: an invitation to each would be one more to answer."""
    await _open_space(talk, lieu, membership)
    names = []
    for id, name in chosen:
        if not talk.is_asked(step="room", item=id) and await _opens(talk, lieu, facts, id):
            names.append(name)
            continue
        try:
            await talk.do("room", membership.invite, id, talk.person, item=id, one_of_many=True)
        except Refused:
            await talk.begin("let-in", talk.person, talk.room, item=id, room=id, name=name, who=talk.who)
        else:
            names.append(name)
    way_in = Link(await talk.look("way-in", facts.link, lieu.space), lieu.name)
    names = names if len(names) <= SHOWN else [*names[:SHOWN], "…"]
    inside = await talk.look("inside", facts.membership, lieu.space, talk.person) == "join"
    first = _with(talk, "way-in-here" if inside else "way-in", way_in)
    return [first, talk.phrase("rooms-there", rooms=names)] if names else [first]


def _with(talk: Talk, step: str, link: Link, **words: Any) -> Beside:
    return Beside((f"{talk.phrase(step, **words)} ", link))


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
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    accounts: NewAccounts,
    login: str,
    name: str,
    email: str,
    give_back: Callable[[], Awaitable[None]],
) -> list[object]:
    """`give_back`: an address that is somebody else's is not kept as theirs, who would read, and erase, what is known
    by it."""
    directory, ownership = accounts.directory, accounts.ownership
    address = None if login == facts.own_login(talk.person) else facts.local(login)
    try:
        await talk.do("account", accounts.ensure, login, name, email)
        await talk.do("own", ownership.own_account, lieu.id, login, talk.person, address=address)
        talk.note("account", talk.person, login=login)
        first = await talk.do("mail", first_password, directory, login, made=True)
    except Refused as no:
        if no.code == TAKEN:
            await talk.do("not-theirs", give_back)
        if lieu.office:
            await _tell_why(talk, lieu, directory, ownership, name, email, no)
        return [talk.phrase("no-account")]
    if first["kind"] == "mail":
        lasts, sent = first["expires_in"] or 0, {"email": emailed(talk, email), "login": login}
        if lasts >= DAY:
            return [talk.phrase("mail-sent-days", **sent, n=lasts // DAY)]
        return [
            talk.phrase("mail-sent-hours", **sent, n=lasts // HOUR)
            if lasts >= HOUR
            else talk.phrase("mail-sent", **sent)
        ]
    return [_with(talk, "password-link", Link(first["link"]), login=login)] if first["link"] else []


async def _tell_why(
    talk: Talk, lieu: Lieu, directory: Directory, ownership: Ownership, name: str, email: str, no: Refused
) -> None:
    """Whose address it is, where that is this lieu's to know: for the concierges alone."""
    taken = no.code == TAKEN
    held = await talk.look("holder", ownership.holder, directory, lieu.id, email) if taken else None
    if held and held["ours"]:
        shown = emailed(talk, email)
        await talk.say("no-account-held", to=lieu.office, name=name, email=shown, holder=held["name"])
    else:
        await talk.say("no-account-office", to=lieu.office, name=name, why=talk.because(no))


async def _give_folder(
    talk: Talk,
    lieu: Lieu,
    lieu_folder: LieuFolder,
    ownership: Ownership,
    directory: Directory,
    cloud: Nextcloud,
    login: str,
    name: str,
    email: str,
    new: bool,
) -> list[object]:
    """Into the group, with which the lieu's folder is shared; nothing is made there in the name of an account that
    could not be made."""
    if new and not await talk.look("has-account", _has_account, directory, login):
        return []
    group, folder = lieu.choices.group, root_of(lieu)
    try:
        free = makes_accounts(cloud, directory) and await talk.look("cloud-free", cloud.accounts.is_free, login)
        entered = await talk.do("group", _into_group, directory, cloud, lieu, login, name, email, free)
        if free:
            await talk.do("own-cloud", ownership.own, lieu.id, "nextcloud", "account", login, talk.person)
        folder = await found_alone(talk, lieu_folder, folder)
        await talk.do("folder", cloud.folders.ensure, folder)
        await talk.do("share", cloud.shares.ensure, folder, group=group)
    except Refused as no:
        if lieu.office:
            await talk.say("folder-refused", to=lieu.office, name=name, why=talk.because(no))
        if no.code != "nextcloud-full":
            return []
        outcome = "folder-full"
    else:
        outcome = "folder" if entered["member"] else "folder-later"
    if outcome == "folder":
        talk.note("folder", talk.person, folder=folder)
    else:
        await talk.begin("folder", talk.person, talk.room, login=login, group=group, folder=folder, name=name)
    if outcome == "folder-full":
        return [talk.phrase(outcome, folder=folder)]
    return [_with(talk, outcome, Link(cloud.client.url), folder=folder, login=login)]


async def _has_account(directory: Directory, login: str) -> bool:
    return bool(await directory.find(username=login))


async def _into_group(
    directory: Directory, cloud: Nextcloud, lieu: Lieu, login: str, name: str, email: str, free: bool
) -> dict[str, Any]:
    """`free`: nobody had this login in Nextcloud before us, so that what is found there now is ours to finish."""
    group, quota = lieu.choices.group, lieu.choices.quota
    await enter_group(directory, group, login)
    if makes_accounts(cloud, directory):
        mails = is_homeserver(directory)  # no SSO lets them in there
        await cloud.accounts.ensure(login, name, email, group=group, ours=free, mails=mails, quota=quota)
    return await cloud.groups.ensure_member(login, group)


async def _end(talk: Talk, lieu: Lieu, today: Lieu, steps: list[object], beside: list[tuple[str, str]]) -> None:
    """One message, in the place of the one that told how far it was: what is open now. `today`: the lieu as it is now,
    and not as it was when the welcome began; `beside`: accounts of elsewhere that open theirs."""
    known = {label.casefold() for label, _ in lieu.choices.sign_in}
    others = [(label or talk.phrase("university"), address) for label, address in beside]
    ways = [*lieu.choices.sign_in, *(way for way in others if way[0].casefold() not in known)]
    links = [part for label, address in ways for part in (", ", Link(address, label))]
    signs_in = [Beside((f"{talk.phrase('sign-in')} ", *links[1:]))] if links else []
    hours, note = await talk.look("hours", _hours, today)
    when = talk.phrase("open-noted" if note else "open", lieu=lieu.name, hours=hours, note=note) if hours else ""
    done = talk.phrase("done", lieu=lieu.name)
    await talk.show("end", over="progress", done=done, steps=[*steps, *signs_in], when=when)


async def _beside(
    lieu: Lieu, pages: PageAddresses, providers: IdentityProviders, directory: Directory
) -> list[tuple[str, str]]:
    """From where one comes back to the page of the lieu."""
    return ways_in(providers, directory, await pages.of_lieu(lieu))


async def _hours(lieu: Lieu) -> list[str]:
    return [lieu.choices.hours, lieu.choices.hours_note]
