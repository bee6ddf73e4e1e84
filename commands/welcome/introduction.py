"""After the welcome: a newcomer is introduced, a concierge greets them in person, and a week later the bot asks."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.talk import Claim, Mention, days, dialogue
from bot.talk.talk import Talk


@dialogue("introduction", action="be-welcomed", silence="")
async def introduction(talk: Talk, name: str, wish: str) -> None:
    """In the lieu's hall: 👋 from whoever takes care of the newcomer; after a day, the concierges are asked."""
    by = await talk.ask(
        "newcomer",
        Claim("👋"),
        of="greet",
        worry=days(1),
        within=days(30),
        name=name,
        person=Mention(talk.person, talk.person),
        wish=talk.phrase("wish", wish=wish) if wish else "",
    )
    talk.note("greeted", talk.person, by=by)


@dialogue("week", action="be-welcomed")
async def week(talk: Talk, lieu: Lieu, name: str) -> None:
    """A word after seven days."""
    await talk.rest("seven-days", days(7))
    await talk.say("how-is-it", name=name, lieu=lieu.name)
