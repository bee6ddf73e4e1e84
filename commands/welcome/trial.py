"""The path of arrival played to a concierge, question after question as a newcomer has it; nothing comes of it."""

from __future__ import annotations

from typing import Any

from bot.arrivals.arrival_path import ArrivalPath
from bot.arrivals.path_versions import PathVersions
from bot.lieux import Lieu
from bot.retention.told import of_answers
from bot.services import opened_words
from bot.talk import STATED, Email, Many, Name, Option, Text, Username, YesNo, dialogue, hours, likely_name
from bot.talk.ports import Facts
from bot.talk.talk import Talk
from integrations.directory import Directory, login_from
from integrations.nextcloud import Nextcloud


@dialogue("trial", action="path", within=hours(1), silence="trial.expired")
async def trial(
    talk: Talk, lieu: Lieu, facts: Facts, directory: Directory, cloud: Nextcloud | None, path_versions: PathVersions
) -> None:
    path = ArrivalPath.load(await talk.look("path", path_versions.newest, lieu.id))
    accounts = "accounts" in await talk.look("capabilities", _capabilities, directory)
    await talk.known_as(facts.display_name, talk.person)
    await talk.say("beginning", lieu=lieu.name)
    await _played(talk, lieu, facts, path, accounts=accounts, folder=cloud is not None)


async def _played(talk: Talk, lieu: Lieu, facts: Facts, path: ArrivalPath, *, accounts: bool, folder: bool) -> None:
    await talk.say("said", sentence=talk.phrase("welcome.hello-from", lieu=lieu.name, by=talk.who))
    await talk.say("said", sentence=of_answers(talk, lieu))
    name = await _asked(talk, "name", Name(likely_name(talk.who, talk.person)))
    if lieu.choices.charter:
        await talk.say("charter", charter=lieu.choices.charter)
        if not await _asked(talk, "charter", YesNo()):
            await talk.say("charter-refused")
            return
    if accounts:
        await _asked(talk, "login", Username(suggest=login_from(name)))
        await _asked(talk, "email", Email())
    await _asked(talk, "wish", Text(STATED, max=500), optional=True)
    own = {
        q.id: await talk.ask("asked", q.answer, item=f"own {q.id}", label=q.label, optional=q.optional, question=q.text)
        for q in path.questions
    }
    chosen = await _rooms_wanted(talk, lieu, facts)
    introduced = bool(lieu.choices.hall) and await _asked(talk, "introduced", YesNo())
    await talk.confirm("summary", answers=talk.answers())
    if lieu.choices.approval:
        await talk.say("said", sentence=talk.phrase("welcome.pending", lieu=lieu.name))
    await talk.say("said", sentence=talk.phrase("welcome.done", lieu=lieu.name))
    opened, folder = path.opened(own), folder and accounts and bool(lieu.choices.group)
    parts = {"account": accounts, "folder": folder, "introduction": introduced}
    every = dict.fromkeys([*(room for _, room in opened.rooms), *chosen])
    would = [talk.phrase(f"would-{part}") for part, happens in parts.items() if happens]
    would += [talk.phrase("would-room", room=room) for room in every]
    would += [talk.phrase("would-group", group=f"{lieu.choices.group}.{group}") for group in opened.groups]
    would += [talk.phrase(f"trial.would-{right}", folder=folder) for folder, right in opened.folders]
    would += [
        talk.phrase(
            "would-open", account=opened_words.account(talk, service), what=opened_words.what(talk, service, choice)
        )
        for service, choice in opened.accounts
    ]
    would += [talk.phrase("would-task", task=task) for task in opened.tasks]
    would += [talk.phrase("would-approval")] if lieu.choices.approval else []
    await talk.say("end", what=[talk.phrase("would-space"), *would])


async def _asked(talk: Talk, step: str, answer: Any, *, optional: bool = False) -> Any:
    """A question of the welcome, in its own words."""
    label = talk.phrase(f"welcome.{step}.label")
    question = talk.phrase(f"welcome.{step}")
    return await talk.ask("asked", answer, item=step, label=label, optional=optional, question=question)


async def _rooms_wanted(talk: Talk, lieu: Lieu, facts: Facts) -> list[str]:
    """The names of the rooms that everybody gets, and of those that were chosen."""
    at_once, choice = await talk.look("rooms", _named, facts, lieu)
    offered = [Option(name, name) for name in choice]
    return at_once + list(await _asked(talk, "rooms", Many(offered)) if offered else [])


async def _named(facts: Facts, lieu: Lieu) -> list[list[str]]:
    """The rooms that everybody has, or enters from the space, and those of the others that one chooses among."""
    offered = [(id, await facts.opens_to(id, lieu.space)) for id in lieu.choices.offered_rooms]
    at_once = [*lieu.choices.open_rooms, *(id for id, opens in offered if opens)]
    choice = [id for id, opens in offered if not opens]
    return [[await facts.name(id) for id in ids] for ids in (at_once, choice)]


async def _capabilities(directory: Directory) -> list[str]:
    return sorted(await directory.capabilities())
