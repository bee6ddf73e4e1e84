"""What is asked of a lieu: all of it the first time, one part with `!installer`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.arrivals.page_addresses import PageAddresses
from bot.hosting.operators import Operators
from bot.lieux import ACTS_FOR_TWO, Chosen, Lieu, Lieux
from bot.mail.mails import Mails
from bot.people import People
from bot.services.claims import EXISTED, FOLDER, GROUP, TAKEN, Claims
from bot.talk import STATED, Choice, Language, Many, Option, Text, YesNo
from bot.talk.ports import Facts, Membership, Rooms, RoomSettings
from bot.talk.talk import Talk
from integrations.directory import Directory, login_from
from integrations.nextcloud import Nextcloud

MAKE, NONE = "make", "none"
Seen = list[list[str]]  # [room id, name] of each room of the space
OVERSEAS = ("America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion", "Indian/Mayotte")
ZONES = ("Europe/Paris", *OVERSEAS, "Pacific/Noumea", "Pacific/Tahiti")


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts that set a lieu up are handed."""

    lieu: Lieu
    lieux: Lieux
    facts: Facts
    membership: Membership
    rooms: Rooms
    room_settings: RoomSettings
    people: People
    directory: Directory
    cloud: Nextcloud | None
    claims: Claims
    operators: Operators
    addresses: PageAddresses
    mails: Mails | None


@dataclass(frozen=True, slots=True)
class Place:
    """`seen` are the rooms of its space; `hosts`: whether who sets it up hosts the bot."""

    tools: Tools
    seen: Seen
    hosts: bool


class Answers(Chosen, total=False):
    """What was answered; `knocking`: whether people may knock."""

    knocking: bool


async def _office(talk: Talk, place: Place) -> Answers:
    make = Option(MAKE, key="install.office.make")
    return {"office": await talk.ask("office", Choice([make, *(Option(id, name) for id, name in place.seen)]))}


async def _voice(talk: Talk, place: Place) -> Answers:
    language = await talk.ask("language", Language())
    return {"language": language.partition("@")[0], "formal": language.endswith("@vous")}


async def _zone(talk: Talk, place: Place) -> Answers:
    towns = [Option(zone, key=f"install.zone.{zone.partition('/')[2].lower()}") for zone in ZONES]
    return {"zone": await talk.ask("zone", Choice(towns))}


async def _charter(talk: Talk, place: Place) -> Answers:
    return {"charter": await talk.ask("charter", Text(STATED, max=4000, lines=True), optional=True, default="")}


async def _approval(talk: Talk, place: Place) -> Answers:
    return {"approval": await talk.ask("approval", YesNo())}


async def _door(talk: Talk, place: Place) -> Answers:
    return {"knocking": await talk.ask("knocking", YesNo())}


async def _open(talk: Talk, place: Place) -> Answers:
    if not place.seen:
        return {"open_rooms": [], "offered_rooms": []}
    everybody = await talk.ask("open", Many([Option(id, name) for id, name in place.seen]))
    others = [Option(id, name) for id, name in place.seen if id not in everybody]
    offered = await talk.ask("offered", Many(others)) if others else ()
    return {"open_rooms": list(everybody), "offered_rooms": list(offered)}


async def _hall(talk: Talk, place: Place) -> Answers:
    nowhere = Option(NONE, key="install.hall.none")
    options = [nowhere, *(Option(id, name) for id, name in place.seen)]
    hall = await talk.ask("hall", Choice(options)) if place.seen else NONE
    return {"hall": None if hall == NONE else hall}


async def _sign_in(talk: Talk, place: Place) -> Answers:
    text = await talk.ask("sign-in", Text(STATED, max=1000, lines=True), optional=True, default="")
    return {"sign_in": [_labelled(line) for line in text.splitlines() if "http" in line]}


async def _sharing(talk: Talk, place: Place) -> Answers:
    """Two lieux never have one group or one folder: each would see what is the other's."""
    group = await _own(talk, place, GROUP, login_from(place.tools.lieu.name) or "lieu", most=60)
    return {GROUP: group, FOLDER: await _own(talk, place, FOLDER, place.tools.lieu.name, most=120)}


async def _own(talk: Talk, place: Place, kind: str, wanted: str, *, most: int) -> str:
    """A name that the lieu may have; whoever hosts the bot may also give it what was there before."""
    usual = await talk.look(f"usual-{kind}", place.tools.claims.free, kind, wanted)
    while True:
        step = "group" if kind == GROUP else "folder"
        name = await talk.ask(
            step,
            Text(STATED, max=most),
            optional=True,
            default=usual,
            suggestion=usual,
        )
        stands = await talk.look(f"{kind}-standing", place.tools.claims.foreseen, kind, name)
        if not stands or (stands == EXISTED and place.hosts):
            return name
        await _say_why(talk, place, kind, name, stands)


async def _say_why(talk: Talk, place: Place, kind: str, name: str, stands: str) -> None:
    if stands == TAKEN:
        await talk.say("taken", name=name)
    elif stands == EXISTED:
        await _ask_the_host(talk, place, kind, name)
    else:
        await talk.say(f"errors.{stands}", name=name)


async def _ask_the_host(talk: Talk, place: Place, kind: str, name: str) -> None:
    """Whether it is the lieu's; meanwhile another one can be chosen."""
    room = await talk.look("operators", place.tools.operators.room)
    if room is None or not await talk.do(f"ask-{kind}", place.tools.claims.ask, kind, name, talk.person):
        await talk.say(f"install.{kind}-existed", name=name)
        return
    await talk.begin("claim", talk.person, room, item=f"{kind} {name}", kind=kind, name=name, back=talk.room)
    await talk.say(f"install.{kind}-asked", name=name)


async def two(talk: Talk, place: Place) -> tuple[list[str], list[str]]:
    """The acts that are decided by two from now on, and those that no longer are."""
    chosen = await talk.ask("two", Many([Option(act, key=f"install.two.{act}") for act in ACTS_FOR_TWO]))
    return list(chosen), [act for act in ACTS_FOR_TWO if act not in chosen]


async def _requests(talk: Talk, place: Place) -> Answers:
    return {"approve_requests": await talk.ask("requests", YesNo())}


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
LATER = {"requests": _requests}  # not before one knows the bot
TWO = "two"


def _labelled(line: str) -> tuple[str, str]:
    """« compte universitaire https://… » → (label, address)."""
    label, _, rest = line.partition("http")
    address = f"http{rest}".strip()
    return label.strip(" :-–") or address, address
