"""Which town is meant, asked of whoever named it: several may be called so, and a name may be mistyped."""

from __future__ import annotations

from collections.abc import Sequence

from bot.network.gazetteer import Town, look_up
from bot.store.networks import Wire
from bot.talk.answers import Option, YesNo
from bot.talk.pagination import pick
from bot.talk.talk import Talk


async def meant_town(talk: Talk, name: str) -> Town | None:
    """The town of this name; None where there is none, nor one that is called nearly so."""
    told = await talk.look("towns", look_up, name, apart=True)
    return await _one_of(talk, told["towns"] or await _corrected(talk, name, told["alike"]), optional=False)


async def in_town(talk: Talk, card: Wire, town: str) -> Wire:
    """What a lieu says of itself, and that it is in this town; where the name alone does not say where that is, which
    one is asked once. Coordinates that its concierges gave stay: those of the town in which it was are not theirs."""
    kept = {field: told for field, told in card.items() if field != "town"}
    if "geo_uri" in kept and card.get("town"):
        before = await talk.look("town-before", look_up, card["town"], apart=True)
        if kept["geo_uri"] in [one["geo_uri"] for one in before["towns"]]:
            del kept["geo_uri"]
    if town and "geo_uri" not in kept:
        told = await talk.look("towns", look_up, town, apart=True)
        if len(told["towns"]) > 1 and (one := await _one_of(talk, told["towns"], optional=True)):
            kept["geo_uri"] = one["geo_uri"]
    return kept | ({"town": town} if town else {})


async def _corrected(talk: Talk, name: str, alike: Sequence[Town]) -> list[Town]:
    names = [*dict.fromkeys(town["name"] for town in alike)]
    if len(names) == 1:
        right = names[0] if await talk.ask("between.town-meant", YesNo(), name=name, town=names[0]) else None
    elif names:
        right = await pick(talk, "between.town-alike", [Option(one, one) for one in names], optional=True, name=name)
    else:
        right = None
    return [town for town in alike if town["name"] == right]


async def _one_of(talk: Talk, towns: Sequence[Town], *, optional: bool) -> Town | None:
    if len(towns) < 2:
        return next(iter(towns), None)
    options = [Option(town["geo_uri"], _told(talk, town)) for town in towns]
    chosen = await pick(talk, "between.which-town", options, optional=optional, town=towns[0]["name"])
    return next((town for town in towns if town["geo_uri"] == chosen), None)


def _told(talk: Talk, town: Town) -> str:
    return talk.phrase("between.town-near", **town) if town["near"] else town["region"]
