"""Setting a lieu up: the bot was invited into its space and asks its concierge how things are done there."""

from __future__ import annotations

from typing import Any

from bot.errors import Refused
from bot.lieux import ACTS_FOR_TWO, Lieu, Lieux
from bot.talk import Choice, Language, Many, Option, Text, YesNo, command, dialogue
from bot.talk.doors import Health, Keeping, Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory, login_from
from integrations.nextcloud import Nextcloud

MAKE, NONE = "make", "none"
Seen = list[list[str]]  # [room id, name] of each room of the space
OVERSEAS = ("America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion", "Indian/Mayotte")
ZONES = ("Europe/Paris", *OVERSEAS, "Pacific/Noumea", "Pacific/Tahiti")


@dialogue("settle", action="install")
async def settle(
    talk: Talk,
    lieu: Lieu,
    lieux: Lieux,
    rooms: Rooms,
    keeping: Keeping,
    directory: Directory,
    cloud: Nextcloud | None,
    health: Health,
) -> None:
    if lieu.choices.installed:
        await talk.say("back-again", lieu=lieu.name)
        return
    await talk.say("hello", lieu=lieu.name)
    await _services(talk, health)
    seen = await talk.look("rooms", _seen, keeping, lieu.space, talk.person)
    await _let_knock(talk, lieu, keeping, await _everything(talk, lieu, lieux, rooms, directory, cloud, seen))


@command("install", action="install", takes=("what",))
async def install(
    talk: Talk, lieu: Lieu, lieux: Lieux, rooms: Rooms, keeping: Keeping, directory: Directory, cloud: Nextcloud | None
) -> None:
    seen = await talk.look("rooms", _seen, keeping, lieu.space, talk.person)
    if not lieu.choices.installed:
        await _let_knock(talk, lieu, keeping, await _everything(talk, lieu, lieux, rooms, directory, cloud, seen))
        return
    parts = {name: part for name, part in (PARTS | LATER).items() if name != "sharing" or cloud is not None}
    what = await talk.ask("what", Choice([Option(part, key=f"install.what.{part}") for part in parts]))
    answers = await parts[what](talk, lieu, seen)
    if what != "door":
        await _keep(talk, lieu, lieux, rooms, directory, cloud, seen, answers)
    elif not await _let_knock(talk, lieu, keeping, answers["knocking"]):
        return
    await talk.say("changed")


async def _everything(
    talk: Talk, lieu: Lieu, lieux: Lieux, rooms: Rooms, directory: Directory, cloud: Nextcloud | None, seen: Seen
) -> bool:
    """Whether people may knock, which is made so at the end: nothing else waits for it."""
    answers: dict[str, Any] = {}
    for part, questions in PARTS.items():
        if part != "sharing" or cloud is not None:
            answers |= await questions(talk, lieu, seen)
    await talk.confirm("summary", lieu=lieu.name, answers=talk.answers())
    made, knocking = answers["office"] == MAKE, answers.pop("knocking")
    answers = await _keep(talk, lieu, lieux, rooms, directory, cloud, seen, answers | {"installed": True})
    await talk.say("done", lieu=lieu.name)
    await talk.say("welcome-office", to=answers["office"], lieu=lieu.name)
    if made:
        await talk.say("office-in-clear", to=answers["office"])
    return bool(knocking)


async def _services(talk: Talk, health: Health) -> None:
    """Each service is looked at before anything is promised; nothing waits for one that is away."""
    report = await talk.look("services", health.report)
    for step, well in (("services-up", True), ("services-down", False)):
        if names := [talk.service(part["code"]) for part in report if part["ok"] is well]:
            await talk.say(step, services=names)


# -- the questions: all of them the first time, one of them with `!installer`


async def _office(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    make = Option(MAKE, key="install.office.make")
    return {"office": await talk.ask("office", Choice([make, *(Option(id, name) for id, name in seen)]))}


async def _voice(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    language = await talk.ask("language", Language())
    return {"language": language.partition("@")[0], "formal": language.endswith("@vous")}


async def _zone(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    towns = [Option(zone, key=f"install.zone.{zone.partition('/')[2].lower()}") for zone in ZONES]
    return {"zone": await talk.ask("zone", Choice(towns))}


async def _charter(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    return {"charter": await talk.ask("charter", Text(max=4000, lines=True), optional=True, default="")}


async def _approval(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    return {"approval": await talk.ask("approval", YesNo())}


async def _door(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    return {"knocking": await talk.ask("knocking", YesNo())}


async def _open(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    if not seen:
        return {"open_rooms": [], "offered_rooms": []}
    everybody = await talk.ask("open", Many([Option(id, name) for id, name in seen]))
    others = [Option(id, name) for id, name in seen if id not in everybody]
    offered = await talk.ask("offered", Many(others)) if others else ()
    return {"open_rooms": list(everybody), "offered_rooms": list(offered)}


async def _hall(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    nowhere = Option(NONE, key="install.hall.none")
    hall = await talk.ask("hall", Choice([nowhere, *(Option(id, name) for id, name in seen)])) if seen else NONE
    return {"hall": None if hall == NONE else hall}


async def _sign_in(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    text = await talk.ask("sign-in", Text(max=1000, lines=True), optional=True, default="")
    return {"sign_in": [_labelled(line) for line in text.splitlines() if "http" in line]}


async def _sharing(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    suggestion = login_from(lieu.name) or "lieu"
    group = await talk.ask("group", Text(max=60), optional=True, default=suggestion, suggestion=suggestion)
    folder = await talk.ask("folder", Text(max=120), optional=True, default=lieu.name, suggestion=lieu.name)
    return {"group": group, "folder": folder}


async def _two(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    chosen = await talk.ask("two", Many([Option(act, key=f"install.two.{act}") for act in ACTS_FOR_TWO]))
    return {"two": list(chosen)}


PARTS = {
    "office": _office,
    "voice": _voice,
    "zone": _zone,
    "charter": _charter,
    "approval": _approval,
    "door": _door,
    "rooms": _open,
    "hall": _hall,
    "sign_in": _sign_in,
    "sharing": _sharing,
}
LATER = {"two": _two}  # not before one knows the bot


def _labelled(line: str) -> tuple[str, str]:
    """« compte universitaire https://… » → (label, address)."""
    label, _, rest = line.partition("http")
    address = f"http{rest}".strip()
    return label.strip(" :-–") or address, address


# -- what is made, and what could not be


async def _seen(keeping: Keeping, space: str, person: str) -> Seen:
    return [[row["room_id"], row["name"]] for row in await keeping.kept(space, person) if not row["archived"]]


async def _make_office(rooms: Rooms, lieu: Lieu, concierge: str) -> str:
    """A private room for the concierges: unencrypted, so that a new concierge can read what was said before."""
    key = f"office/{lieu.id}"
    return await rooms.create(
        key, name=f"Conciergerie · {lieu.name}", parent=lieu.space, invite=[concierge], admins=[concierge]
    )


async def _keep(
    talk: Talk,
    lieu: Lieu,
    lieux: Lieux,
    rooms: Rooms,
    directory: Directory,
    cloud: Nextcloud | None,
    seen: Seen,
    answers: dict[str, Any],
) -> dict[str, Any]:
    """Make what the answers ask for, then remember them; what is refused is told, with who can do it."""
    if answers.get("office") == MAKE:
        answers |= {"office": await talk.do("make-office", _make_office, rooms, lieu, talk.person)}
    await _be_where_it_speaks(talk, rooms, seen, [answers.get("office"), answers.get("hall")])
    await _open_to_the_space(talk, lieu, rooms, [*answers.get("open_rooms", []), *answers.get("offered_rooms", [])])
    if cloud is not None and "group" in answers:
        try:
            await talk.do("group", _share_with_group, directory, cloud, answers["group"], answers["folder"])
        except Refused as no:
            await talk.say("no-share", why=talk.because(no))
    await talk.do("keep", lieux.choose, lieu.id, **answers)
    talk.note("installed")
    return answers


async def _let_knock(talk: Talk, lieu: Lieu, keeping: Keeping, wanted: bool) -> bool:
    """Nothing is kept of it here: the space itself says whether it can be knocked at."""
    try:
        await talk.do("let-knock", keeping.let_knock, lieu.space, wanted)
    except Refused as no:
        await talk.say("no-knocking", why=talk.because(no))
        return False
    talk.note("door", knocking="yes" if wanted else "no")
    return True


async def _be_where_it_speaks(talk: Talk, rooms: Rooms, seen: Seen, chosen: list[str | None]) -> None:
    """The conciergerie and the hall are of no use to a bot that is not in them."""
    names = dict(seen)
    outside = [names[id] for id in dict.fromkeys(chosen) if id in names and not await _entered(talk, rooms, id)]
    if outside:
        await talk.say("not-in", rooms=outside)


async def _entered(talk: Talk, rooms: Rooms, room: str) -> bool:
    return await talk.do("enter", rooms.enter, room, item=room)


async def _open_to_the_space(talk: Talk, lieu: Lieu, rooms: Rooms, chosen: list[str]) -> None:
    refused = []
    for room in dict.fromkeys(chosen):
        try:
            await talk.do("restrict", rooms.restrict, room, lieu.space, item=room)
        except Refused:
            refused.append(await talk.look("room-name", rooms.name, room, item=room))
    if refused:
        await talk.say("not-opened", rooms=refused)


async def _share_with_group(directory: Directory, cloud: Nextcloud, group: str, folder: str) -> None:
    if "groups" in await directory.capabilities():
        await directory.ensure_group(group)
    await cloud.ensure_group(group)
    await cloud.ensure_folder(folder)
    await cloud.ensure_share(folder, group=group)
