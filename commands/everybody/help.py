"""`!aide`: what this person can ask here, the most asked first; `!aide <sujet>` and `!aide <commande>`, in detail."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bot.lieux import Lieu, Lieux
from bot.matrix.markup import Code
from bot.people import People, Place
from bot.services.registry import SERVICES
from bot.services.tenancy import Services
from bot.talk import VERBATIM, Beside, Role, Text, command
from bot.talk.command_line import CommandTable, Origin
from bot.talk.script import Script
from bot.talk.talk import Talk
from bot.words import fold

FEW = 8  # commands that are told in a line each
CLOSE = 0.7  # « invitr », not « jardinage » for « partage »
MOST = 5  # that are told before the topics
# What is asked most, first. Whoever is lost needs somebody to speak to: the sentences say that, above the list.
OFTEN = ("invite", "follow", "members", "announce", "state", "hours", "request", "requests", "neighbours", "report")
SAID_APART = ("speak", "help")
Sections = dict[str, list[Script]]


@command("help", action="help", role=Role.STRANGER, takes=("about",))
async def help(
    talk: Talk, table: CommandTable, people: People, services: Services, lieux: Lieux, lieu: Lieu | None, said: Origin
) -> None:
    of_hosts = said.get("place") == Place.HOSTS.value
    about = await talk.ask("about", Text(VERBATIM)) if talk.was_given("about") else ""
    allowed = await talk.look("allowed", _allowed, talk, table, people, lieu, apart=True)
    sections = _sections(table, allowed)
    section = None if about.startswith(table.prefix) else _section(talk, about, sections)
    script = _meant(table, about, allowed)
    if section is not None:
        lines, first = [table.line(each, talk.language) for each in section], section[0].name
        await talk.say("section", commands=lines, example=_code(talk, table, talk.word(f"command.{first}.word")))
        return
    found = [] if about.startswith(table.prefix) else _about(table.meant_by(about), allowed)
    if not found and script is None and not about.startswith(table.prefix):
        found = _about(table.meant_by_slip(about), allowed)
    if found:
        if len(found) > 1:
            lines, first = [table.line(each, talk.language) for each in found], found[0].name
            example = _code(talk, table, talk.word(f"command.{first}.word"))
            await talk.say("about-this", about=about, commands=lines, example=example)
            return
        script = script if script is not None and len(about.split()) == 1 else found[0]
    if script is not None:
        of_services = (f"command.{script.name}.long-{service.name}" for service in SERVICES if services.has(service))
        await talk.say(next(filter(talk.knows, of_services), f"command.{script.name}.long"))
        return
    if of_hosts:
        await talk.say("hosts")
        return
    if about:
        near = [word for word in table.near(about, talk.language, close=CLOSE) if _meant(table, word, allowed)]
        if near:
            await talk.say("unknown-near", about=about, near=[_code(talk, table, word) for word in near])
            return
        await talk.say("unknown", about=about)
    if lieu is None and not await talk.look("lieux", _are_there, lieux, apart=True):
        await talk.say("no-lieu", commands=[table.line(each, talk.language) for each in _every(sections)])
        return
    await _menu(talk, table, people, sections, in_room=said.get("place") == Place.ROOM.value)


async def _are_there(lieux: Lieux) -> bool:
    return bool(await lieux.all())


def _every(sections: Sections) -> list[Script]:
    return [script for scripts in sections.values() for script in scripts if script.name not in SAID_APART]


async def _menu(talk: Talk, table: CommandTable, people: People, sections: Sections, *, in_room: bool) -> None:
    """One line each: of few commands, or of the most asked ones and of each topic. Before others, what all may ask."""
    every = _every(sections)
    every.sort(key=lambda script: OFTEN.index(script.name) if script.name in OFTEN else len(OFTEN))
    for_all = [script for script in every if people.rights[script.action].role is not Role.CONCIERGE]
    is_short = in_room or len(every) <= FEW
    shown = for_all if in_room else every if is_short else every[:MOST]
    lines = [table.line(script, talk.language) for script in shown]
    if in_room:
        await talk.say("list-among-others" if for_all == every else "list-for-all", commands=lines)
    elif is_short:
        await talk.say("list", commands=lines)
    else:
        topics = [_topic(talk, table, name) for name in sections]
        await talk.say("topics", commands=lines, topics=topics)


async def _allowed(talk: Talk, table: CommandTable, people: People, lieu: Lieu | None) -> list[str]:
    allowed = await people.allowed(talk.person, {each.action for each in table.commands}, lieu)
    return [each.name for each in table.commands if each.action in allowed]


def _meant(table: CommandTable, about: str, allowed: Iterable[str]) -> Script | None:
    """« inviter », « !inviter », « comment inviter quelqu’un »: the first command of theirs that is named."""
    lines = (table.read(word) for word in (about.removeprefix(table.prefix), *fold(about).split()))
    return next((line.script for line in lines if line is not None and line.script.name in allowed), None)


def _about(meant: Iterable[Script], allowed: Collection[str]) -> list[Script]:
    """« panne », « supprimer quelqu’un »: those of theirs that are for that, the most asked first."""
    found = [script for script in meant if script.name in allowed]
    return sorted(found, key=lambda one: OFTEN.index(one.name) if one.name in OFTEN else len(OFTEN))


def _section(talk: Talk, about: str, sections: Sections) -> list[Script] | None:
    """« personnes »; « !membres » is the command, whatever a topic is called."""
    return next((sections[name] for name in sections if talk.means(f"help.section.{name}", about)), None)


def _sections(table: CommandTable, allowed: list[str]) -> Sections:
    kept = {name: [each for each in scripts if each.name in allowed] for name, scripts in table.sections().items()}
    return {name: scripts for name, scripts in kept.items() if scripts}


def _topic(talk: Talk, table: CommandTable, name: str) -> Beside:
    """« !aide accueil — les arrivées »: one line leads to those of a topic."""
    topic = _code(talk, table, talk.word(f"help.section.{name}"))
    return Beside((topic, f" — {talk.phrase(f'help.topic.{name}')}"))


def _code(talk: Talk, table: CommandTable, about: str) -> Code:
    return Code(f"{table.prefix}{talk.word('command.help.word')} {about}")
