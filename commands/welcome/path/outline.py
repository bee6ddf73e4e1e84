"""The path in words: one of its questions, or the whole of it; and what the acts of `!parcours` are handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.arrivals.arrival_path import ONE, SEVERAL, YES_NO, ArrivalPath, OwnQuestion
from bot.arrivals.opening_words import what_opens
from bot.arrivals.path_versions import PathVersions
from bot.lieux import Lieu, Lieux
from bot.moderation.scope import Scope
from bot.services.lieu_folder import LieuFolder
from bot.services.opened_accounts import OpenedAccounts
from bot.talk import Option
from bot.talk.pagination import pick, read_out
from bot.talk.ports import Facts, Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud


@dataclass(frozen=True, slots=True)
class Tools:
    lieu: Lieu
    lieux: Lieux
    path_versions: PathVersions
    facts: Facts
    rooms: Rooms
    directory: Directory
    cloud: Nextcloud | None
    lieu_folder: LieuFolder
    opened_accounts: OpenedAccounts
    scope: Scope


async def read(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    await talk.say("usual" if now.questions else "usual-only", lieu=tools.lieu.name)
    lines = [in_words(talk, question) for question in now.questions]
    await read_out(talk, "own", lines)
    await talk.say("waiting", remind=timedelta(days=now.remind), worry=timedelta(days=now.worry))
    if now.texts:
        await talk.say("own-texts", texts=[text_name(talk, key) for key in now.texts])


async def which(talk: Talk, now: ArrivalPath) -> OwnQuestion:
    options = [Option(q.id, talk.phrase("line", label=q.label, question=q.text)) for q in now.questions]
    id = await pick(talk, "which", options)
    return next(q for q in now.questions if q.id == id)


async def changed(talk: Talk, what: str, about: str = "") -> None:
    """One line in the journal for each version."""
    talk.note("path-changed", None, change=what, of=about)
    await talk.say("kept")


def in_words(talk: Talk, question: OwnQuestion) -> str:
    """A question, how it can be answered, and what that opens."""
    lines = [talk.phrase("line", label=question.label, question=question.text)]
    how, among = talk.word(f"path.kind.{question.kind}"), question.kind in (ONE, SEVERAL)
    answers = [option.label for option in question.options]
    lines.append(talk.phrase("how-among", how=how, answers=answers) if among else talk.phrase("how", how=how))
    if question.optional:
        lines.append(talk.phrase("may-skip"))
    for option in question.options:
        if option.opens:
            lines.append(
                talk.phrase("opens", answer=shown(talk, question, option.label), what=what_opens(talk, option.opens))
            )
    return "\n".join(lines)


def shown(talk: Talk, question: OwnQuestion, label: str) -> str:
    """An answer as people read it."""
    return talk.phrase("yes") if question.kind == YES_NO else label


def text_name(talk: Talk, key: str) -> str:
    return talk.word(f"path.text.{key.replace('.', '-')}")
