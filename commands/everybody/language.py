"""`!langue`: the language in which the bot speaks with this person."""

from __future__ import annotations

from bot.people import People
from bot.talk import Language, Role, command
from bot.talk.talk import Talk


@command("language", action="language", role=Role.STRANGER, takes=("which",))
async def language(talk: Talk, people: People) -> None:
    chosen = await talk.ask("which", Language())
    await talk.do("keep", people.choose_language, talk.person, chosen)
    await talk.say("done")
