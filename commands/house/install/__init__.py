"""Setting a lieu up: the bot was invited into its space and asks its concierge how things are done there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from bot.errors import Refused
from bot.hosting.waiting_rooms import WaitingRooms
from bot.lieux import ACTS_FOR_TWO, Lieu, Lieux
from bot.matrix.readings import KeptRoom
from bot.network.handover import Handover
from bot.services import health_words
from bot.talk import PRIVATE, Choice, Link, Option, Role, command, dialogue
from bot.talk.ports import Facts, Health, RoomSettings
from bot.talk.talk import Talk

from .keeping import keeping
from .lieu_setup import be_where_it_speaks, existed, is_allowed, keep
from .proposals import proposals
from .setup_questions import KEEPING, LATER, PARTS, TWO, Answers, Place, Seen, Tools, two

WRITTEN = ("charter", "sign_in", "sharing")  # by hand: shown again before everybody reads it


@dialogue("settle", action="install", asks_from=0)
async def settle(talk: Talk, tools: Tools, health: Health, handover: Handover, waiting_rooms: WaitingRooms) -> None:
    lieu = tools.lieu
    await talk.look("enter-rooms", waiting_rooms.enter, lieu)  # no act: what was answered before stays open to change
    before = await talk.look("choices", _choices, lieu)
    if before["installed"]:
        await _come_back(talk, tools, handover)
        return
    await talk.say("hello", lieu=lieu.name)
    await _services(talk, health)
    await _prepared(talk, tools)
    place = await _place(talk, tools, before)
    await _let_knock(talk, tools, await _everything(talk, place))


@command("install", action="install", role=Role.CONCIERGE, places=PRIVATE, takes=("what",), asks_from=3)
async def install(talk: Talk, tools: Tools) -> None:
    now = await talk.look("choices", _choices, tools.lieu)
    if not now["installed"]:
        await _prepared(talk, tools)
    place = await _place(talk, tools, now)
    if place.first:
        await _let_knock(talk, tools, await _everything(talk, place))
        return
    parts = {name: part for name, part in (PARTS | LATER).items() if name != "sharing" or tools.cloud is not None}
    offered = [*PARTS, TWO, *LATER, KEEPING]
    what = await talk.ask(
        "what", Choice([Option(part, key=f"install.what.{part}") for part in offered if part in (TWO, KEEPING, *parts)])
    )
    if what == TWO:
        await _by_two(talk, place)
        return
    if what == KEEPING:
        await keeping(talk, place)
        return
    answers = await parts[what](talk, place)
    if what == "door":
        if await _let_knock(talk, tools, answers["knocking"]):
            await talk.say("changed")
            await _tell_form(talk, tools, answers["knocking"])
        return
    if what == "charter" and answers["charter"]:
        await talk.confirm("sure-charter", but=["what"], charter=answers["charter"])
    elif what in WRITTEN:
        before = await existed(talk, place, answers)
        await talk.confirm("sure", but=["what"], answers=[*talk.answers(but=["what"]), *before])
    kept = await keep(talk, place, answers)
    await talk.say("changed" if kept else "unchanged")


async def _everything(talk: Talk, place: Place) -> bool:
    """Whether people may knock, which is made so at the end: nothing else waits for it."""
    tools, lieu = place.tools, place.tools.lieu
    answers: Answers = {}
    for part, questions in PARTS.items():
        if part != "sharing" or tools.cloud is not None:
            answers |= await questions(talk, place)
    before = await existed(talk, place, answers)
    await talk.confirm("summary", lieu=lieu.name, answers=[*talk.answers(), *before])
    knocking = answers.pop("knocking")
    answers = await keep(talk, place, answers | {"installed": True})
    lacks = await talk.look("lacks", tools.room_settings.lacks, lieu.space, [])
    done = "done-without" if lacks["space"] else "done"
    await talk.say(done, lieu=lieu.name, office=await talk.look("office-name", tools.facts.name, answers["office"]))
    await talk.say("welcome-office", to=answers["office"], lieu=lieu.name)
    if answers["office"] not in dict(place.seen):  # it was made
        await talk.say("office-in-clear", to=answers["office"])
    await talk.begin("adoption-offer", talk.person, answers["office"])
    return bool(knocking)


async def _by_two(talk: Talk, place: Place) -> None:
    """What was to be decided by two takes two to be decided by one again."""
    lieu, lieux = place.tools.lieu, place.tools.lieux
    chosen, others = await two(talk, place)
    loosened = [act for act in await talk.look("two-before", _two_now, lieux, lieu.id) if act in others]
    acts = [talk.word(f"install.two.{act}") for act in loosened]
    if not await talk.seconded("rule", needed=bool(loosened), acts=acts):
        return
    await talk.do("keep", _decide_by_two, lieux, lieu.id, chosen, loosened)
    talk.note("installed")
    await talk.say("changed")


async def _two_now(lieux: Lieux, lieu: int) -> list[str]:
    found = await lieux.get(lieu)
    return list(found.choices.two) if found else []


async def _decide_by_two(lieux: Lieux, lieu: int, chosen: list[str], loosened: list[str]) -> None:
    """What somebody else added meanwhile stays."""
    now = await _two_now(lieux, lieu)
    await lieux.choose(lieu, two=[act for act in ACTS_FOR_TWO if act in {*now, *chosen} - {*loosened}])


async def _come_back(talk: Talk, tools: Tools, handover: Handover) -> None:
    """The bot was here before, or takes over from one that was."""
    lieu = tools.lieu
    await talk.say("back-again", lieu=lieu.name)
    seen = _named(await talk.look("kept-rooms", _kept, tools.room_settings, lieu.space, talk.person))
    await be_where_it_speaks(talk, tools, seen, [lieu.office, lieu.choices.hall, *lieu.choices.open_rooms])
    if names := await talk.do("ask-again", handover.ask_again, lieu):
        await talk.say("asked-again", networks=names)


async def _prepared(talk: Talk, tools: Tools) -> None:
    """What the bot will need in the space and its rooms is asked for before anything else; what a lieu goes without is
    told by `!état`."""
    lieu, room_settings = tools.lieu, tools.room_settings
    with_power = await is_allowed(talk, "power", room_settings.prepared, lieu.space)
    found = await talk.look("outside", _outside, tools.facts, room_settings, lieu.space, talk.person)
    outside = {room: name or talk.phrase("hidden", lieu=lieu.name) for room, name in found.items()}
    entered = not outside or await is_allowed(talk, "enter-all", tools.membership.enter_all, outside)
    if not (with_power and entered):
        await talk.say("without")


async def _outside(facts: Facts, room_settings: RoomSettings, space: str, person: str) -> dict[str, str]:
    """The rooms of the space in which the bot is not yet; without a name where they are hidden from it."""
    rows = await room_settings.kept(space, person)
    shown = {row["room_id"]: row["name"] for row in rows if not row["inside"] and not row["archived"]}
    return dict.fromkeys(await facts.hidden(space), "") | shown


async def _services(talk: Talk, health: Health) -> None:
    """Each service is looked at before anything is promised; nothing waits for one that is away."""
    report = await talk.look("services", health.report)
    if names := [talk.service(part["code"]) for part in report if part["ok"]]:
        await talk.say("services-up", services=names)
    if lines := [health_words.line(talk, part) for part in report if not part["ok"]]:
        await talk.say("services-down", services=lines)


async def _place(talk: Talk, tools: Tools, now: Answers) -> Place:
    rooms = await talk.look("kept-rooms", _kept, tools.room_settings, tools.lieu.space, talk.person)
    hosts = await talk.look("hosts", tools.people.may, talk.person, "operate", None, apart=True)
    first = not now["installed"]
    return Place(tools, _named(rooms), hosts, proposals(talk, now, rooms) if first else now, first)


async def _choices(lieu: Lieu) -> Answers:
    """As they are when this begins: among its last acts, the lieu is installed."""
    return cast(Answers, lieu.choices.dump())


async def _kept(room_settings: RoomSettings, space: str, person: str) -> list[KeptRoom]:
    return [row for row in await room_settings.kept(space, person) if not row["archived"]]


def _named(rooms: Sequence[KeptRoom]) -> Seen:
    return [[room["room_id"], room["name"]] for room in rooms]


async def _let_knock(talk: Talk, tools: Tools, wanted: bool) -> bool:
    """Nothing is kept of it here: the space itself says whether it can be knocked at."""
    try:
        await talk.do("let-knock", tools.room_settings.let_knock, tools.lieu.space, wanted)
    except Refused as no:
        await talk.say("no-knocking", why=talk.because(no))
        return False
    if wanted:  # whoever closed the form of the page alone opens it so too
        await talk.do("open-form", tools.lieux.choose, tools.lieu.id, form_closed=False)
    talk.note("door", knocking="yes" if wanted else "no")
    return True


async def _tell_form(talk: Talk, tools: Tools, knocking: bool) -> None:
    """One door: who may knock at it may ask to come on the lieu's page, where that is."""
    if page := await talk.look("page", _page_with_form, tools):
        await talk.say("form-opens" if knocking else "form-shuts", page=Link(page))


async def _page_with_form(tools: Tools) -> str:
    asks = tools.mails is not None and "accounts" in await tools.directory.capabilities()
    return await tools.addresses.of_lieu(tools.lieu) if asks else ""
