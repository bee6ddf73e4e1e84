"""What is asked of a lieu: one part with `!installer`; the first time, what nobody else can know, and the rest is
proposed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.arrivals.page_addresses import PageAddresses
from bot.errors import Refused
from bot.hosting.operators import Operators
from bot.lieux import ACTS_FOR_TWO, Chosen, Lieu, Lieux
from bot.mail.mails import Mails
from bot.people import People
from bot.retention.nights import Nights
from bot.services.claims import EXISTED, FOLDER, GROUP, TAKEN, Claims
from bot.services.lieu_folder import LieuFolder, found_alone
from bot.services.tenancy import Services
from bot.talk import STATED, Choice, Language, Many, Option, Proposed, Text, YesNo
from bot.talk.answers import Answer
from bot.talk.ports import Facts, Membership, Rooms, RoomSettings
from bot.talk.talk import Talk
from integrations.directory import Directory, login_from
from integrations.nextcloud import Nextcloud, kept_place

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
    lieu_folder: LieuFolder
    claims: Claims
    operators: Operators
    addresses: PageAddresses
    mails: Mails | None
    nights: Nights
    services: Services


class Answers(Chosen, total=False):
    """What was answered, or is proposed; `knocking`: whether people may knock."""

    knocking: bool


@dataclass(frozen=True, slots=True)
class Place:
    """`seen` are the rooms of its space; `hosts`: whether who sets it up hosts the bot; `proposed`: what each answer
    would be; `first`: it is set up for the first time, and what can be proposed is not asked."""

    tools: Tools
    seen: Seen
    hosts: bool
    proposed: Answers
    first: bool


async def _charter(talk: Talk, place: Place) -> Answers:
    text = Proposed(Text(STATED, max=4000, lines=True), place.proposed["charter"], without="")
    return {"charter": await talk.ask("charter", text, optional=True, default="")}


async def _approval(talk: Talk, place: Place) -> Answers:
    return {"approval": await talk.ask("approval", Proposed(YesNo(), place.proposed["approval"]))}


async def _office(talk: Talk, place: Place) -> Answers:
    rooms = Choice([Option(MAKE, key="install.office.make"), *(Option(id, name) for id, name in place.seen)])
    return {"office": await talk.ask("office", Proposed(rooms, place.proposed["office"]))}


async def _voice(talk: Talk, place: Place) -> Answers:
    spoken = place.proposed["language"] + ("@vous" if place.proposed["formal"] else "")
    language = await talk.ask("language", Proposed(Language(), spoken), aside=place.first)
    return {"language": language.partition("@")[0], "formal": language.endswith("@vous")}


async def _zone(talk: Talk, place: Place) -> Answers:
    towns, here = [Option(zone, key=f"install.zone.{_town(zone).lower()}") for zone in ZONES], place.proposed["zone"]
    towns += [] if here in ZONES else [Option(here, _town(here).replace("_", " "))]
    return {"zone": await talk.ask("zone", Proposed(Choice(towns), here), aside=place.first)}


def _town(zone: str) -> str:
    return zone.rpartition("/")[2]


async def _door(talk: Talk, place: Place) -> Answers:
    can_knock = await talk.look("can-knock", place.tools.facts.can_be_entered, place.tools.lieu.space)
    return {"knocking": await talk.ask("knocking", Proposed(YesNo(), can_knock), aside=place.first)}


async def _open(talk: Talk, place: Place) -> Answers:
    if not place.seen:
        return {"open_rooms": [], "offered_rooms": []}
    everybody = await talk.ask("open", _some(place.seen, place.proposed["open_rooms"]), aside=place.first)
    others = _some([room for room in place.seen if room[0] not in everybody], place.proposed["offered_rooms"])
    offered = await talk.ask("offered", others, aside=place.first) if others.options() else ()
    return {"open_rooms": list(everybody), "offered_rooms": list(offered)}


def _some(rooms: Seen, proposed: Collection[str]) -> Answer[tuple[str, ...]]:
    likely = tuple(id for id, _ in rooms if id in proposed)
    return Proposed(Many([Option(id, name) for id, name in rooms]), likely)


async def _hall(talk: Talk, place: Place) -> Answers:
    rooms = Choice([Option(NONE, key="install.hall.none"), *(Option(id, name) for id, name in place.seen)])
    likely = place.proposed["hall"] or NONE
    hall = await talk.ask("hall", Proposed(rooms, likely), aside=place.first) if place.seen else NONE
    return {"hall": None if hall == NONE else hall}


async def _sign_in(talk: Talk, place: Place) -> Answers:
    known = "\n".join(f"{label} {address}" for label, address in place.proposed["sign_in"])
    ways = Proposed(Text(STATED, max=1000, lines=True), known, without="")
    text = await talk.ask("sign-in", ways, optional=True, default="", aside=place.first)
    return {"sign_in": [_labelled(line) for line in text.splitlines() if "http" in line]}


async def _sharing(talk: Talk, place: Place) -> Answers:
    """Two lieux never have one group or one folder: each would see what is the other's."""
    now = await _where_it_is(talk, place)
    group = await _own(talk, place, GROUP, login_from(place.tools.lieu.name) or "lieu", most=60)
    return {GROUP: group, FOLDER: await _own(talk, place, FOLDER, place.tools.lieu.name, now, most=120)}


async def _where_it_is(talk: Talk, place: Place) -> str:
    """Before the lieu's folder is named again: what people did to it meanwhile, or an empty one would be made."""
    root = "" if place.first else kept_place(place.proposed[FOLDER])
    try:
        return await found_alone(talk, place.tools.lieu_folder, root, makes=False) if root else ""
    except Refused as no:
        await talk.refused(no)
        return ""


async def _own(talk: Talk, place: Place, kind: str, wanted: str, now: str = "", *, most: int) -> str:
    """A name that the lieu may have, or none; whoever hosts the bot may also give it what was there before. `now`: what
    it has, where that is known."""
    usual = await talk.look(f"usual-{kind}", place.tools.claims.free, kind, wanted)
    usual = now or usual
    name, aside = Proposed(Text(STATED, max=most), usual, without=""), place.first
    while True:
        step = "group" if kind == GROUP else "folder"
        said = await talk.ask(step, name, optional=True, default=usual, aside=aside)
        if kind == GROUP and said:
            said = await _which_group(talk, place, said)
        stands = await talk.look(f"{kind}-standing", place.tools.claims.foreseen, kind, said) if said else ""
        if not stands or (stands == EXISTED and place.hosts):
            return said
        await _say_why(talk, place, kind, said, stands)
        aside = False


async def _which_group(talk: Talk, place: Place, said: str) -> str:
    """Nextcloud may show several by one name: then it is known by what Nextcloud keeps."""
    called = await talk.look("called", place.tools.claims.called, said)
    if len(called) < 2:
        return said
    sizes = [await talk.look("count", place.tools.claims.count, group, item=group) for group in called]
    options = [Option(group, talk.phrase("group-of", group=group, n=n)) for group, n in zip(called, sizes, strict=True)]
    return await talk.ask("which-group", Choice(options), group=said)


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
    "charter": _charter,
    "approval": _approval,
    "office": _office,
    "voice": _voice,
    "zone": _zone,
    "door": _door,
    "rooms": _open,
    "hall": _hall,
    "sign_in": _sign_in,
    "sharing": _sharing,
}
LATER = {"requests": _requests}  # not before one knows the bot
TWO, KEEPING = "two", "keeping"


def _labelled(line: str) -> tuple[str, str]:
    """« compte universitaire https://… » → (label, address)."""
    label, _, rest = line.partition("http")
    address = f"http{rest}".strip()
    return label.strip(" :-–") or address, address
