"""A departure that has begun, called off: all that was taken is given back."""

from __future__ import annotations

from bot.arrivals.departures import Departures
from bot.store.departures import Departure
from bot.talk import Choice, Option
from bot.talk.talk import Talk

from ..keys import Keys
from .dates import day_of, end_of
from .doing import do_all
from .leaving import tell, while_it_is, whole
from .returning import giving_back, watch_again


async def take_back(talk: Talk, keys: Keys, departures: Departures, row: Departure, taking_back: bool) -> None:
    who = row["name"]
    if row["person"] == talk.person:
        await talk.say("no-yourself")
        return
    if not taking_back:
        at = row["locks_at"] if row["status"] == "announced" else end_of(row)
        options = [Option(name, key=f"departure.begun.{name}") for name in ("take-back", "go-on")]
        step = "begun-announced" if row["status"] == "announced" else "begun-locked"
        if await talk.ask(step, Choice(options), who=who, day=day_of(keys.lieu, at)) == "go-on":
            return
    await talk.confirm("sure-take-back", who=who)
    if not await talk.do("call-off", departures.call_off, row["id"]):
        await talk.say("too-late", who=who)
        return
    talk.note("departure-undone", row["person"])
    leaving = await whole(talk, keys, departures, row["id"])
    if leaving.row["closes_at"] is None:
        await talk.say("called-off", who=who)
        await tell(talk, keys, row["person"], "told-stays")
    else:
        await do_all(talk, "undo", who, while_it_is(leaving, "undone", giving_back(leaving)))
        await watch_again(talk, leaving)
        await tell(talk, keys, row["person"], "told-undone")
