"""Somebody who is there already, and never was welcomed: the charter, the group and the folder are offered to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from bot.errors import Refused
from bot.store.arrivals import GOING_ON
from bot.talk.talk import Talk

from .guests import Guest, Tools

MEMBER = "already-member"


class Offer(TypedDict):
    """`what` is offered to somebody, of « invite.offer »: nothing where they have had it all, or are being asked
    (`pending`); `login`: their account of the lieu."""

    person: str
    who: str
    login: str
    what: list[str]
    pending: bool


async def offer_to_members(talk: Talk, tools: Tools, guests: Sequence[Guest]) -> None:
    """Those among the guests who are members; whoever has had everything is told so."""
    there = [guest for guest in guests if guest["problem"] == MEMBER]
    if not there:
        return
    offers = await talk.look("offers", _offers, tools, there)
    for offer in offers:
        if not offer["what"]:
            why = "already-invited" if offer["pending"] else MEMBER
            await talk.say(f"invite.{why}", item=offer["person"], who=offer["who"])
    wanted = [offer for offer in offers if offer["what"]]
    if not wanted:
        return
    kinds = dict.fromkeys(kind for offer in wanted for kind in offer["what"])
    people = [f"{offer['who']} ({offer['person']})" for offer in wanted]
    what = [talk.word(f"invite.offer.{kind}") for kind in kinds]
    await talk.confirm("members", n=len(wanted), people=people, what=what)
    for offer in wanted:
        await _offer(talk, tools, offer)
    await talk.say("members-asked", n=len(wanted), people=[offer["who"] for offer in wanted])


async def _offers(tools: Tools, guests: Sequence[Guest]) -> list[Offer]:
    accounts = await tools.ownership.owned(tools.lieu.id, "directory", "account")
    logins = {row["person"]: login for login, row in accounts.items()}
    names = await tools.facts.members(tools.lieu.space)
    return [
        await _for(tools, person, names.get(person, person), logins.get(person, ""))
        for person in dict.fromkeys(guest["address"] for guest in guests)
    ]


async def _for(tools: Tools, person: str, who: str, login: str) -> Offer:
    choices, arrival = tools.lieu.choices, await tools.arrivals.of_person(tools.lieu.id, person)
    status = arrival["status"] if arrival else ""
    what = ["charter"] if choices.charter else []
    what += ["group", *(["folder"] if choices.folder else [])] if choices.group and login else []
    over = status == "welcomed" or status in GOING_ON
    return Offer(person=person, who=who, login=login, what=[] if over else what, pending=status in GOING_ON)


async def _offer(talk: Talk, tools: Tools, offer: Offer) -> None:
    item, person = offer["person"], offer["person"]
    try:
        room = await talk.do("member-room", tools.rooms.direct, person, item=item)
    except Refused as no:
        await talk.say("not-invited", item=item, who=offer["who"], why=talk.because(no))
        return
    arrival = await talk.do("member", _expect, tools, offer, talk.person, item=item)
    belated = await talk.begin("belated", person, room, item=item, arrival=arrival, login=offer["login"])
    await talk.do("member-follow", tools.arrivals.change, arrival, room_id=room, conversation=belated, item=item)
    talk.note("invited", person)


async def _expect(tools: Tools, offer: Offer, by: str) -> int:
    login = offer["login"] or None
    return await tools.arrivals.expect(tools.lieu.id, offer["person"], by, name=offer["who"], login=login)
