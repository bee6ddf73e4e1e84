"""Who leaves: somebody of the lieu, or somebody whose departure has begun."""

from __future__ import annotations

from functools import partial

from bot.arrivals.departures import Departures
from bot.arrivals.members import search
from bot.talk import Whom
from bot.talk.pagination import Nobody, Somebody, pick_person
from bot.talk.talk import Talk

from ..keys import Keys, LookedAt, label


class Leaver(LookedAt):
    """`ours`: their account is this lieu's."""

    ours: bool


async def who_leaves(talk: Talk, keys: Keys, departures: Departures) -> tuple[Somebody | None, bool]:
    """Also whoever is leaving already; and whether « annuler » was said before the name."""
    said = await talk.ask("who", Whom(verb="departure.words.take-back"))
    first, _, rest = said.partition(" ")
    taking_back = talk.means("departure.words.take-back", first)
    rows = partial(_leaving, keys, departures, rest) if taking_back else partial(_anybody, keys, departures, said)
    try:
        which = "which-back" if taking_back else "which"
        row = await pick_person(talk, which, rows, partial(label, keys), alone=True, said=said)
    except Nobody:
        await talk.say("nobody-leaves" if taking_back else "nobody", said=said)
        return None, taking_back
    return row, taking_back


async def _leaving(keys: Keys, departures: Departures, said: str) -> list[Somebody]:
    rows: list[Somebody] = [*await departures.in_progress(keys.lieu.id)]
    return search(rows, said) if said else rows


async def _anybody(keys: Keys, departures: Departures, said: str) -> list[Somebody]:
    known, me = await keys.members.known(keys.lieu), keys.facts.me
    present = {row["person"] for row in known} | {me}
    begun: list[Somebody] = [*await departures.in_progress(keys.lieu.id), *await _arriving(keys)]
    others = {row["person"]: row for row in begun if row["person"] not in present}
    bot: Somebody = {"person": me, "name": await keys.facts.display_name(me), "login": ""}
    return search([*known, *others.values(), bot], said)


async def _arriving(keys: Keys) -> list[Somebody]:
    rows = await keys.arrivals.in_progress(keys.lieu.id)
    return [{"person": row["person"], "name": row["name"] or row["person"], "login": ""} for row in rows]
