"""`!aide`: what this person can ask here, in a few lines; `!aide <commande>`, one of them in detail."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.people import People
from bot.talk import Text, command
from bot.talk.table import Table
from bot.talk.talk import Talk


@command("help", action="help", takes=("about",))
async def help(talk: Talk, table: Table, people: People, lieu: Lieu | None) -> None:
    about = await talk.ask("about", Text()) if talk.was_given("about") else ""
    line = table.read(about.removeprefix(table.prefix)) if about else None
    allowed = await talk.look("allowed", _allowed, talk, table, people, lieu)
    if line is not None and line.script.name in allowed:
        await talk.say(f"command.{line.script.name}.long")
        return
    if about:
        await talk.say("unknown", about=about)
    await talk.say("list", commands=[table.line(name, talk.language) for name in allowed])


async def _allowed(talk: Talk, table: Table, people: People, lieu: Lieu | None) -> list[str]:
    return [each.name for each in table.commands if await people.may(talk.person, each.action, lieu)]
