"""Somebody knocks at the lieu or at one of its rooms: the conciergerie says yes, no, or asks them something first."""

from __future__ import annotations

from datetime import timedelta

from bot.arrivals import room_names
from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import addressed
from bot.arrivals.members import Members
from bot.arrivals.waiting_list import Knock, WaitingList
from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import PRIVATE, VERBATIM, Admission, Role, Ruling, Text, Verdict, YesNo, days, dialogue
from bot.talk.dictation import PATIENCE, dictated
from bot.talk.ports import Facts, Membership, Rooms, RoomSettings
from bot.talk.talk import Silence, Talk

GATHER = timedelta(minutes=10)  # until it is told how many they are
BELOW = timedelta(seconds=30)  # the next card comes below the questions about those of before
AT_ONCE, ROUNDS = 8, 20


@dialogue("knock", action="admit", role=Role.CONCIERGE, places=PRIVATE, lasting=True)
async def knock(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    membership: Membership,
    rooms: Rooms,
    room_settings: RoomSettings,
    arrivals: Arrivals,
    members: Members,
    place: str,
    reason: str,
    asked: str = "",
    said: str = "",
) -> None:
    if await talk.look("still-there", facts.membership, place, talk.person) != "knock":
        return
    await talk.known_as(facts.display_name, talk.person)
    name = lieu.name if place == lieu.space else await talk.look("place", facts.name, place)
    message = _message(talk, reason, asked, said)
    person = await addressed(talk, members, lieu, talk.person, talk.who)
    settled = False
    while not settled:
        try:
            ruling = await talk.ask(
                "decide",
                Admission(),
                of="admit",
                remind=days(2),
                within=days(30),
                who=talk.who,
                person=person,
                place=name,
                message=message,
            )
        except Silence:
            await talk.say("undecided", who=talk.who, place=name)
            return
        try:
            settled = await _follow(talk, lieu, membership, rooms, room_settings, arrivals, ruling, place, name, reason)
        except Refused as no:
            await talk.refused(no)


def _message(talk: Talk, reason: str, asked: str, said: str) -> str:
    if asked:
        return talk.phrase("answered", asked=asked, said=said) if said else talk.phrase("unanswered", asked=asked)
    return talk.phrase("with-message", reason=reason) if reason else talk.phrase("without-message")


async def _follow(
    talk: Talk,
    lieu: Lieu,
    membership: Membership,
    rooms: Rooms,
    room_settings: RoomSettings,
    arrivals: Arrivals,
    ruling: Ruling,
    place: str,
    name: str,
    reason: str,
) -> bool:
    """Do what was decided; False where it is still to be decided."""
    if ruling.what == "ask":
        return await _asked_first(talk, lieu, rooms, ruling.by, place, reason)
    if ruling.what == "no":
        await _turn_away(talk, lieu, rooms, room_settings, ruling.by, place, name)
    elif place == lieu.space:
        await _welcome(talk, lieu, membership, rooms, arrivals, ruling.by)
    else:
        await talk.do("invite", membership.invite, place, talk.person)
        await talk.say("invited", who=talk.who, place=name)
        talk.note("let-in", talk.person, by=ruling.by, place=name)
    return True


async def _welcome(talk: Talk, lieu: Lieu, membership: Membership, rooms: Rooms, arrivals: Arrivals, by: str) -> None:
    """As if the concierge had invited them: the same questions, and the doors open with the same « yes »."""
    arrival = await talk.do("expect", arrivals.expect, lieu.id, talk.person, by)
    if not (lieu.choices.approval or lieu.choices.charter):
        await talk.do("space", membership.invite, lieu.space, talk.person)
    room = await talk.do("room", rooms.direct, talk.person, room_names.invitation(talk, lieu))
    welcome = await talk.begin("welcome", talk.person, room, arrival=arrival)
    await talk.do("follow", arrivals.change, arrival, room_id=room, conversation=welcome)
    await talk.say("welcomed", who=talk.who)
    talk.note("let-in", talk.person, by=by, place=lieu.name)


async def _turn_away(
    talk: Talk, lieu: Lieu, rooms: Rooms, room_settings: RoomSettings, by: str, place: str, name: str
) -> None:
    await talk.do("turn-away", room_settings.turn_away, place, talk.person, talk.phrase("reason"))
    talk.note("turned-away", talk.person, by=by, place=name)
    try:
        room = await talk.do("private", rooms.direct, talk.person, lieu.name)
    except Refused:
        await talk.say("turned-away-untold", who=talk.who)
        return
    await talk.begin("refusal", talk.person, room, place=name)
    await talk.say("turned-away", who=talk.who)


async def _asked_first(talk: Talk, lieu: Lieu, rooms: Rooms, by: str, place: str, reason: str) -> bool:
    """The concierge's question goes to the person's direct discussion; its answer begins this again."""
    asked = await dictated(talk, "question", "send", of=by, who=talk.who)
    if not asked:
        return False
    room = await talk.do("their-room", rooms.direct, talk.person, lieu.name)
    await talk.begin("question", talk.person, room, place=place, reason=reason, asked=asked, by=by)
    await talk.say("question-sent", who=talk.who)
    return True


@dialogue("question", action="be-welcomed", farewell=("talk.cancelled", "knock.left-unanswered"))
async def question(talk: Talk, lieu: Lieu, facts: Facts, place: str, reason: str, asked: str, by: str) -> None:
    """In private: what a concierge wants to know before opening."""
    try:
        await talk.joined("here", talk.room, talk.person, within=days(7))
        host = await talk.look("host", facts.display_name, by)
        said = await talk.ask(
            "answer",
            Text(VERBATIM, max=1000, lines=True),
            remind=days(2),
            within=days(7),
            lieu=lieu.name,
            by=host,
            question=asked,
        )
    except Silence:
        said = ""
    else:
        await talk.say("passed-on")
    await talk.begin("knock", talk.person, str(lieu.office), place=place, reason=reason, asked=asked, said=said)


@dialogue("refusal", action="be-welcomed", silence="")
async def refusal(talk: Talk, place: str) -> None:
    """In private, once they are there to read it."""
    await talk.joined("here", talk.room, talk.person, within=days(14))
    await talk.say("not-this-time", place=place)


@dialogue("crowd", action="admit", silence="")
async def crowd(talk: Talk, lieu: Lieu, waiting_list: WaitingList) -> None:
    """More people knock than can be asked about one by one: they are seen a few at a time, or all refused."""
    await talk.rest("gather", GATHER)
    for _ in range(ROUNDS):
        waiting = await talk.look("waiting", waiting_list.waiting, lieu)
        if not waiting:
            await talk.say("crowd-gone")
            return
        if await _seen(talk, waiting_list, waiting):
            return
        await talk.rest("then", BELOW)
    await talk.begin("crowd", talk.person, talk.room)


async def _seen(talk: Talk, waiting_list: WaitingList, waiting: list[Knock]) -> bool:
    """Some of them are asked about, or all are refused: then there is nothing left to do."""
    n = len(waiting)
    verdict = await talk.ask("crowd", Verdict(), of="admit", remind=days(2), within=days(30), n=n, few=AT_ONCE)
    if verdict.what == "yes":
        for row in waiting[:AT_ONCE]:
            place, reason = row["place"], row["reason"]
            item = f"{row['person']} {place}"
            await talk.begin("knock", row["person"], talk.room, item=item, place=place, reason=reason)
        return n <= AT_ONCE
    if not await talk.ask("crowd-sure", YesNo(), of=verdict.by, within=PATIENCE, n=n):
        return False
    await _refuse_all(talk, waiting_list, waiting, verdict.by)
    return True


async def _refuse_all(talk: Talk, waiting_list: WaitingList, waiting: list[Knock], by: str) -> None:
    left = await talk.do("refuse-all", waiting_list.refuse, waiting, talk.phrase("reason"))
    talk.note("turned-away-many", by=by, n=str(len(waiting) - left))
    if left < len(waiting):
        await talk.say("crowd-refused", n=len(waiting) - left)
    if left:
        await talk.say("crowd-not-refused", n=left)
