"""An e-mail that is somebody else's already, by its account: the same person, or another one? Asked once for all."""

from __future__ import annotations

from typing import Any

from bot.arrivals.full_names import emailed
from bot.services.ownership import OTHER, SAME
from bot.talk import Choice, Email, Invitee, Many, Option
from bot.talk.talk import Talk

from .guests import Desk, Guest, found


async def told_apart(talk: Talk, desk: Desk, guests: list[Guest]) -> list[Guest]:
    """Whoever is the same person is invited by the name of their account; others need an address of their own."""
    doubtful = [guest for guest in guests if guest.get("holder")]
    if not doubtful:
        return guests
    if len(guests) == 1:
        return [await _the_only_one(talk, desk, guests[0])]
    options = [Option(guest["item"], talk.phrase("invite.held", **_told(talk, guest))) for guest in doubtful]
    same = await talk.ask("same-people", Many(options), n=len(options))
    return [_decided(guest, guest["item"] in same) if guest.get("holder") else guest for guest in guests]


async def _the_only_one(talk: Talk, desk: Desk, guest: Guest) -> Guest:
    options = [Option(name, key=f"invite.person.{name}") for name in (SAME, OTHER)]
    while guest["holder"]:
        if await talk.ask("same-person", Choice(options), **_told(talk, guest)) == SAME:
            return _decided(guest, same=True)
        if guest["address"] and not guest["email"]:
            return _decided(guest, same=False)
        email = await talk.ask("other-email", Email(), who=guest["who"])
        (guest,) = await talk.look("found-then", found, [Invitee(name=guest["name"], email=email)], desk)
    return guest


def _decided(guest: Guest, same: bool) -> Guest:
    if not same:
        return {**guest, "problem": "other-address"}
    return {**guest, "name": guest["holder"], "who": guest["holder"], "holder": ""}


def _told(talk: Talk, guest: Guest) -> dict[str, Any]:
    address = emailed(talk, guest["email"]) if guest["email"] else guest["address"]
    return {"who": guest["who"], "address": address, "holder": guest["holder"]}
