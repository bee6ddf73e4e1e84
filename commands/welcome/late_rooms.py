"""A room that could not be opened to a newcomer yet: the conciergerie is asked for the right, and they enter once it is
there, if they are still wanted."""

from __future__ import annotations

from bot.arrivals import waiting_list
from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import dialogue
from bot.talk.ports import Facts, Membership
from bot.talk.talk import Talk


@dialogue("let-in", action="be-welcomed")
async def let_in(talk: Talk, lieu: Lieu, facts: Facts, membership: Membership, room: str, name: str, who: str) -> None:
    try:
        done = await talk.do("invite", waiting_list.let_in, facts, membership, lieu.space, room, talk.person)
    except Refused as no:
        if lieu.office:
            await talk.say("refused", to=lieu.office, room=name, who=who, why=talk.because(no))
        return
    if done == "invited":
        await talk.say("opened", room=name)
        talk.note("room-opened", talk.person, room=name)
