"""After the welcome: a newcomer is introduced and greeted; a day later they read how to keep their messages, and a week
later the bot asks how it is. Never in a room, nor of a lieu, that they have left."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.talk import Claim, Mention, days, dialogue
from bot.talk.ports import Facts
from bot.talk.talk import Talk


@dialogue("introduction", action="be-welcomed", silence="")
async def introduction(talk: Talk, lieu: Lieu, facts: Facts, name: str, wish: str) -> None:
    """In the lieu's hall: 👋 from whoever is there; after a day without, the concierges are asked. Deleted where the
    newcomer leaves the lieu before anybody has greeted them."""
    if not talk.is_asked(step="newcomer") and await talk.look("in-lieu", facts.membership, lieu.space, talk.person) in (
        "leave",
        "ban",
    ):
        return
    by = await talk.ask(
        "newcomer",
        Claim("👋", talk.person),
        of="greet-newcomer",
        worry=days(1),
        within=days(30),
        name=name,
        person=Mention(talk.person, talk.person),
        wish=talk.phrase("wish", wish=wish) if wish else "",
    )
    talk.note("greeted", talk.person, by=by)


@dialogue("day", action="be-welcomed")
async def day(talk: Talk, lieu: Lieu, facts: Facts) -> None:
    """The recovery key, once they have seen that there is something to keep."""
    await talk.rest("a-day", days(1))
    if await _is_here(talk, lieu, facts):
        await talk.say("welcome.recovery-key")


@dialogue("week", action="be-welcomed")
async def week(talk: Talk, lieu: Lieu, facts: Facts, name: str) -> None:
    """A word after seven days."""
    await talk.rest("seven-days", days(7))
    if await _is_here(talk, lieu, facts):
        await talk.say("how-is-it", name=name, lieu=lieu.name)


async def _is_here(talk: Talk, lieu: Lieu, facts: Facts) -> bool:
    return await talk.look("is-here", _reads, facts, talk.room, lieu.space, talk.person)


async def _reads(facts: Facts, room: str, space: str, person: str) -> bool:
    """Whether they are in the discussion, and have not left the lieu."""
    of_lieu = await facts.membership(space, person)
    return of_lieu in ("join", "invite") and await facts.membership(room, person) == "join"
