"""Whether an account of the lieu may open somebody's Matrix account: asked of them alone, in private."""

from __future__ import annotations

from typing import Any

from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.talk import YesNo, days, dialogue
from bot.talk.talk import Silence, Talk
from integrations.directory import Directory
from integrations.synapse import Synapse


@dialogue(
    "identity",
    action="be-welcomed",
    farewell=("talk.cancelled", "identity.kept-apart-office"),
    remind=days(2),
    within=days(14),
)
async def identity(
    talk: Talk,
    lieu: Lieu,
    ownership: Ownership,
    directory: Directory,
    synapse: Synapse | None,
    login: str,
    provider: str,
) -> None:
    if synapse is None:
        raise Refused("synapse-unsupported")
    try:
        yes = await talk.ask("agree", YesNo(), lieu=lieu.name, login=login)
    except Silence:
        await _tell_office(talk, lieu, "kept-apart-office")
        return
    if not yes:
        await talk.say("kept-apart", lieu=lieu.name)
        await _tell_office(talk, lieu, "kept-apart-office")
        return
    try:
        await talk.do("link", _link, directory, synapse, talk.person, provider, login)
    except Refused as no:
        await talk.refused(no)
        await _tell_office(talk, lieu, "refused-office", login=login, why=talk.because(no))
        return
    await talk.do("own", ownership.own_account, lieu.id, login, talk.person, address=talk.person)
    talk.note("linked", talk.person, login=login)
    await talk.say("linked", lieu=lieu.name, login=login)
    await _tell_office(talk, lieu, "linked-office", login=login)


async def _link(directory: Directory, synapse: Synapse, person: str, provider: str, login: str) -> None:
    """What the SSO calls the account is asked now: made anew since, it would be called otherwise."""
    subject = await directory.subject(login)
    if subject is None:
        raise Refused("subject-unknown")
    await synapse.identities.link(person, provider, subject)


async def _tell_office(talk: Talk, lieu: Lieu, step: str, **words: Any) -> None:
    if lieu.office:
        await talk.say(step, to=lieu.office, who=talk.who, **words)
