"""`!partage`: a folder or a file of the lieu, with whom, to do what, until when; a link may need a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.doubted_emails import as_meant
from bot.arrivals.full_names import addressed, emailed
from bot.arrivals.members import Members
from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.services.folder_tree import Tree, others_folders, root_of
from bot.services.lieu_folder import LieuFolder, found_by_name
from bot.services.ownership import Ownership
from bot.services.usernames import of_address
from bot.talk import (
    PRIVATE,
    STATED,
    Choice,
    ChoiceOrPath,
    Date,
    Link,
    Option,
    Recipient,
    Role,
    Text,
    YesNo,
    command,
    days,
)
from bot.talk.folder_paths import descend, is_written, lead
from bot.talk.pagination import pick
from bot.talk.ports import Clock, Facts, Rooms
from bot.talk.talk import Silence, Talk
from integrations.nextcloud import EDIT, EDIT_FILE, READ, Nextcloud, Policy

BY_LINK = ("link", "deposit")
FURTHER = "/"  # no name of a file is empty
WHICH = ("what", "where", "talk.near")  # the questions that lead to one path
TO_OPEN = days(3)  # for the concierge to open the private discussion where the password is told
Made = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shared, as the concierge said it. `person` is a Matrix id, `to` what Nextcloud calls them."""

    path: str
    id: str
    is_folder: bool
    kind: str
    person: str
    to: str
    name: str
    rights: str
    until: date | None
    label: str
    locked: bool

    @property
    def expires(self) -> str:
        """Empty for no end, which is more than saying nothing: a server may have an end of its own in store."""
        return self.until.isoformat() if self.until else ""

    @property
    def permissions(self) -> int:
        if self.rights != "edit":
            return READ
        return EDIT if self.is_folder else EDIT_FILE


@command(
    "share",
    action="share",
    role=Role.CONCIERGE,
    places=PRIVATE,
    takes=("with", "what"),
    within=days(1),
    silence="share.too-late",
)
async def share(
    talk: Talk,
    lieu: Lieu,
    lieux: Lieux,
    cloud: Nextcloud | None,
    facts: Facts,
    rooms: Rooms,
    arrivals: Arrivals,
    ownership: Ownership,
    members: Members,
    clock: Clock,
    folder: LieuFolder,
) -> None:
    if cloud is None or not root_of(lieu):
        await talk.say("no-folder")
        return
    root = await found_by_name(talk, folder, root_of(lieu))
    if root is None:
        return
    tree = Tree(cloud, root, await talk.look("others", others_folders, lieux, lieu))
    policies = Policy(**await talk.look("policies", _policies, cloud))
    if not policies.sharing:
        raise Refused("nextcloud-sharing-off")
    wish = await _wish(talk, lieu, tree, facts, arrivals, clock, policies)
    anyway = [talk.phrase("locked-anyway")] if wish.kind in BY_LINK and policies.link_password else []
    anyway += await _taken_for(talk, lieu, members, wish)
    await talk.confirm("summary", what=wish.path, answers=[*talk.answers(but=WHICH), *anyway])
    if wish.id and await talk.look("which-one", _which_one, cloud, wish.path) != wish.id:
        raise Refused("nextcloud-folder", folder=wish.path)
    made = await talk.do("make", _make, cloud, wish, f"{talk.id:x}")
    await talk.do("own", ownership.own, lieu.id, "nextcloud", "share", made["id"], talk.person)
    talk.note("shared", wish.person or None, folder=wish.path, kind=wish.kind)
    watcher = await talk.begin("expiry", talk.person, lieu.office or talk.room, threaded=False, share=made["id"])
    await talk.do("watch", ownership.watch, lieu.id, "nextcloud", "share", made["id"], watcher)
    if wish.kind in BY_LINK:
        await _give_link(talk, cloud, rooms, wish, made)
    else:
        await talk.say("done" if made["created"] else "was-there", folder=wish.path, who=wish.name)


async def _taken_for(talk: Talk, lieu: Lieu, members: Members, wish: Wish) -> list[str]:
    """A line of the summary, where the person is easily taken for somebody else."""
    if not wish.person:
        return []
    person = await addressed(talk, members, lieu, wish.person, wish.name)
    return [] if person == wish.person else [person]


# -- the questions


async def _wish(
    talk: Talk, lieu: Lieu, tree: Tree, facts: Facts, arrivals: Arrivals, clock: Clock, policies: Policy
) -> Wish:
    path = await _what(talk, tree)
    if path != tree.root and tree.fixed(path):
        raise Refused("share-others-inside", folder=path)
    seen = await talk.look("is-folder", _seen, tree.cloud, path)
    id, is_folder = seen if isinstance(seen, list) else ("", seen)  # before it was known which one it is
    people = await talk.look("people", facts.members, lieu.space)
    kind, to = await _recipient(talk, lieu, policies, people, is_folder=is_folder)
    to = await as_meant(talk, arrivals, lieu, to) if kind == "mail" else to
    person, name = "", emailed(talk, to) if kind == "mail" else people.get(to, to)
    if kind == "person":
        person, to = to, await talk.look("login", _login, arrivals, facts, lieu, to)
    if kind == "group":
        to, name = lieu.choices.group, talk.phrase("the-group")
    rights = await _rights(talk, kind, policies)
    until = await _until(talk, lieu, clock, kind, policies)
    label = await talk.ask("label", Text(STATED, max=60), optional=True, default="") if kind in BY_LINK else ""
    locked = kind in BY_LINK and (policies.link_password or await talk.ask("lock", YesNo()))
    return Wish(path, id, is_folder, kind, person, to, name, rights, until, label, locked)


async def _what(talk: Talk, tree: Tree) -> str:
    """The lieu's folder, or what is in it: at once where it is on the first list or written as a path, else further."""
    root, held = tree.root, await talk.look("held", tree.content, tree.root)
    options = [Option("", root), *(Option(f"/{one['name']}", one["name"]) for one in held)]
    further = [Option(FURTHER, key="share.further")] if any(one["is_folder"] for one in held) else []
    while True:
        chosen = await pick(talk, "what", options, also=further, kind=ChoiceOrPath)
        if chosen == FURTHER:
            return await descend(talk, "where", tree.content, root, may_stay=lambda _: True) or root
        if not chosen or not is_written(chosen):
            return f"{root}{chosen or ''}"
        if there := await lead(talk, tree.content, root, chosen):
            return there


async def _recipient(
    talk: Talk, lieu: Lieu, policies: Policy, people: dict[str, str], *, is_folder: bool
) -> tuple[str, str]:
    known = list(people.items())
    allowed = {
        "group": policies.groups and bool(lieu.choices.group),
        "person": True,
        "link": policies.links,
        "deposit": policies.uploads and is_folder,
        "mail": policies.mail,
        "cloud": policies.federation,
    }
    kinds = tuple(kind for kind, may in allowed.items() if may)
    kind, who = await talk.ask("with", Recipient(kinds, known, file=not is_folder))
    if kind == "deposit" and not is_folder:  # what is to be shared was changed since
        raise Refused("share-deposit-file")
    if who or kind in ("group", *BY_LINK):
        return kind, who
    step = "who-person" if kind == "person" else "who-mail" if kind == "mail" else "who-cloud"
    return await talk.ask(step, Recipient((kind,), known, listed=False))


async def _rights(talk: Talk, kind: str, policies: Policy) -> str:
    offered = {"read": True, "view": kind == "link", "edit": kind != "link" or policies.uploads}
    if kind == "deposit":
        return kind
    return await talk.ask(
        "rights", Choice([Option(name, key=f"share.rights.{name}") for name in offered if offered[name]])
    )


async def _until(talk: Talk, lieu: Lieu, clock: Clock, kind: str, policies: Policy) -> date | None:
    today = date.fromisoformat(await talk.look("today", _today, clock, lieu, apart=True))
    limit = policies.most_days("federated" if kind == "cloud" else kind)
    latest = today + timedelta(days=limit) if limit else None
    answer = Date(lambda: today, zone=lieu.choices.zone, earliest=today + timedelta(days=1), latest=latest)
    if latest is None:
        return await talk.ask("until", answer, optional=True)
    return await talk.ask("until-at-most", answer, latest=latest)


# -- the acts


async def _make(cloud: Nextcloud, wish: Wish, key: str) -> Made:
    """`id`, whether it was `created` now, and for a link its `url`."""
    asked: dict[str, Any] = {"permissions": wish.permissions, "expires": wish.expires}
    match wish.kind:
        case "person":
            return await cloud.shares.ensure(wish.path, person=wish.to, **asked)
        case "group":
            return await cloud.shares.ensure(wish.path, group=wish.to, **asked)
        case "mail":
            return await cloud.shares.ensure_mail(wish.path, wish.to, **asked)
        case "cloud":
            return await cloud.federated.offer(wish.path, wish.to, **asked)
    called: dict[str, Any] = {"label": wish.label, "expires": wish.expires, "locked": wish.locked}
    if wish.kind == "deposit":
        made = await cloud.links.ensure_deposit(wish.path, key, **called)
    else:
        hides = wish.rights == "view"
        made = await cloud.links.ensure(wish.path, key, permissions=wish.permissions, hides_download=hides, **called)
    return {"id": made["id"], "created": True, "url": made["url"]}


async def _give_link(talk: Talk, cloud: Nextcloud, rooms: Rooms, wish: Wish, made: Made) -> None:
    """A link that is locked goes to the concierge alone, and its password in another message that nothing keeps."""
    if not wish.locked:
        await _say_link(talk, wish, made, talk.room)
        return
    private = await talk.do("direct", rooms.direct, talk.person)
    if private != talk.room:
        await talk.say("in-private", folder=wish.path)
    try:
        await talk.joined("opened", private, talk.person, within=TO_OPEN)
    except Silence:
        return
    await talk.whisper("password", private, cloud.links.lock, made["id"], f"{talk.id:x}", folder=wish.path)
    await _say_link(talk, wish, made, private)


async def _say_link(talk: Talk, wish: Wish, made: Made, room: str) -> None:
    step = "deposit" if wish.kind == "deposit" else "link"
    await talk.say(step, to=room, folder=wish.path, link=Link(made["url"]))


async def _seen(cloud: Nextcloud, path: str) -> list[Any]:
    seen = await cloud.files.entry(path)
    if seen is None:
        raise Refused("nextcloud-folder", folder=path)
    return [str(seen["id"]), seen["is_folder"]]


async def _which_one(cloud: Nextcloud, path: str) -> str:
    """Another one may be called so by the time that it is shared."""
    seen = await cloud.files.entry(path)
    return str(seen["id"]) if seen else ""


async def _policies(cloud: Nextcloud) -> dict[str, Any]:
    return (await cloud.policies.read()).to_dict()


async def _login(arrivals: Arrivals, facts: Facts, lieu: Lieu, person: str) -> str:
    """What Nextcloud calls somebody: their account of the lieu, else that of their Matrix address."""
    arrival = await arrivals.of_person(lieu.id, person)
    login = (arrival and arrival["login"]) or of_address(facts, person)
    if not login:
        raise Refused("share-no-account")
    return login


async def _today(clock: Clock, lieu: Lieu) -> str:
    return datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(lieu.choices.zone)).date().isoformat()
