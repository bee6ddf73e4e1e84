"""The guided installation: ask, check each service at once, and write the settings down for the owner's eyes only.

What the environment says wins when the bot runs (a container says where its data are): that is not asked, nor written.
"""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from bot.errors import BadSettings
from bot.operator.doctor import findings
from bot.operator.doctor.sentences import say
from bot.operator.setup.env_file import write
from bot.operator.setup.sections import STEPS, Step, is_wanted, put
from bot.operator.setup.sign_in import sign_in
from bot.operator.setup.terminal import Asking, Terminal
from bot.services.service import Section, Service
from bot.settings import NAMES, SECRETS, Settings
from integrations.findings import Finding

WELCOME = "Let us set up the bot. Enter keeps what is [in brackets]; nothing is written before the end."
AGAIN = "Change these answers?"
DONE = "{file} is written. Now: conciergerie run --env-file {file}   (and, at any time: conciergerie doctor)"
SETTLED = "· of the environment, which wins: {names}"
MANY = "The bot serves every space that you call a lieu; one may have services of its own (see bot.example.env)."


async def setup(file: Path, asking: Asking | None = None, environ: Mapping[str, str] | None = None) -> None:
    """Ask everything and write `file`; the answers of an earlier time are offered again."""
    asking = asking or Terminal()
    if not asking.is_there():
        sys.exit("setup asks questions: run it in a terminal, or copy bot.example.env to bot.env and fill it in")
    settled = {name: value.strip() for name, value in (environ or {}).items() if _is_ours(name) and value.strip()}
    kept = {name: value for name, value in dotenv_values(file, interpolate=False).items() if value}
    answers = ChainMap({name: value for name, value in kept.items() if name not in settled}, settled)
    asking.say(WELCOME)
    if settled:
        asking.say(SETTLED.format(names=", ".join(sorted(settled))))
    for step in STEPS:
        if is_wanted(step.section, asking, answers):
            await _until_well(step, asking, answers)
    write(file, answers.maps[0], datetime.now(UTC))
    asking.say(DONE.format(file=file))
    asking.say(MANY)


def _is_ours(name: str) -> bool:
    """A desktop's shell has a LANGUAGE of its own."""
    return (name in NAMES and name != "LANGUAGE") or name.removesuffix("_FILE") in SECRETS


async def _until_well(step: Step, asking: Asking, answers: ChainMap[str, str]) -> None:
    """Ask this section until its service is well, or its person content."""
    settled = answers.maps[1]
    while True:
        asking.title(step.section.title)
        for question in step.section.questions:
            if question.name not in settled and f"{question.name}_FILE" not in settled:
                put(question, asking, answers)
        if await _is_well(step, asking, answers) or not asking.confirm(AGAIN, True):
            return


async def _is_well(step: Step, asking: Asking, answers: ChainMap[str, str]) -> bool:
    try:
        settings = Settings.load(_so_far(step, answers), None)
    except BadSettings as wrong:
        return not _complains(step.section, asking, wrong.problems)
    if step.signs_in and not await sign_in(settings, asking, answers.maps[0]):
        return False
    if not _is_said_well(asking, await findings(settings, checks=step.checks)):
        return False
    return step.tries is None or await _is_seen(step.tries, settings, asking)


async def _is_seen(service: Service[Any, Any], settings: Settings, asking: Asking) -> bool:
    """What only they can see work, if they want to."""
    chosen, trial = settings.services[service], service.trial
    if chosen is None or trial is None or not trial.offered(chosen):
        return True
    if not (answer := asking.text(trial.words, "")):
        return True
    tried = await service.try_out(trial, chosen, answer)
    return _is_said_well(asking, [tried]) and asking.confirm(trial.seen, True)


def _is_said_well(asking: Asking, found: Iterable[Finding]) -> bool:
    rows = [say(finding) for finding in found]
    for row in rows:
        asking.say(f"{row.sign} {row.title}: {row.words}")
    return all(row.sign != "✗" for row in rows)


def _so_far(step: Step, answers: Mapping[str, str]) -> dict[str, str]:
    asked = STEPS[: STEPS.index(step) + 1]
    names = {name for one in asked for name in one.section.names}
    return {name: value for name, value in answers.items() if name in names or name.removesuffix("_FILE") in names}


def _complains(section: Section, asking: Asking, problems: list[str]) -> bool:
    """Say what is wrong with these answers; what belongs to a section still to come is not."""
    ours = [problem for problem in problems if any(name in problem for name in section.names)]
    for problem in ours:
        asking.say(f"✗ {problem}")
    return bool(ours)
