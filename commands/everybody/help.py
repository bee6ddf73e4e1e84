"""`!aide`: what this person can ask here, in a few lines; `!aide <commande>` or `!aide <sujet>`, in detail."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.people import People
from bot.talk import VERBATIM, Beside, Role, Text, command
from bot.talk.command_line import CommandTable
from bot.talk.script import Script
from bot.talk.talk import Talk

FEW = 8  # commands that are told in a line each
FIRST = "speak"  # what somebody who is lost needs first: the sentence of the list says it
Sections = dict[str, list[Script]]


@command("help", action="help", role=Role.STRANGER, takes=("about",))
async def help(talk: Talk, table: CommandTable, people: People, lieu: Lieu | None) -> None:
    about = await talk.ask("about", Text(VERBATIM)) if talk.was_given("about") else ""
    line = table.read(about.removeprefix(table.prefix)) if about else None
    allowed = await talk.look("allowed", _allowed, talk, table, people, lieu)
    if line is not None and line.script.name in allowed:
        await talk.say(f"command.{line.script.name}.long")
        return
    sections = _sections(table, allowed)
    section = next((name for name in sections if talk.means(f"help.section.{name}", about)), "")
    if about and not section:
        await talk.say("unknown", about=about)
    shown = [script for name in sections for script in sections[name] if section in ("", name)]
    if section:
        await talk.say("section", commands=[table.line(script, talk.language) for script in shown])
    elif len(shown) <= FEW:
        others = [script for script in shown if script.name != FIRST]
        await talk.say("list", commands=[table.line(script, talk.language) for script in others])
    else:
        await talk.say("sections", sections=[_section(talk, table, name, sections[name]) for name in sections])


async def _allowed(talk: Talk, table: CommandTable, people: People, lieu: Lieu | None) -> list[str]:
    allowed = await people.allowed(talk.person, {each.action for each in table.commands}, lieu)
    return [each.name for each in table.commands if each.action in allowed]


def _sections(table: CommandTable, allowed: list[str]) -> Sections:
    kept = {name: [each for each in scripts if each.name in allowed] for name, scripts in table.sections().items()}
    return {name: scripts for name, scripts in kept.items() if scripts}


def _section(talk: Talk, table: CommandTable, name: str, scripts: list[Script]) -> Beside:
    """« accueil : !inviter !suivi »."""
    codes = [part for script in scripts for part in (" ", table.code(script, talk.language))]
    return Beside((talk.phrase("heading", section=talk.word(f"help.section.{name}")), *codes))
