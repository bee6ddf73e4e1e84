"""Answers as tests give them, and one of every kind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from bot.matrix.message import text
from bot.talk.answers import (
    STATED,
    VERBATIM,
    Answer,
    Attachment,
    Choice,
    Date,
    Email,
    Heard,
    Invitees,
    Language,
    Listed,
    Many,
    Name,
    NotUnderstood,
    Page,
    Person,
    Proposed,
    Recipient,
    Room,
    Text,
    Username,
    YesNo,
)
from bot.talk.answers.addresses import Meant
from bot.talk.answers.admission import Admission
from bot.talk.answers.answer import NotMeant, Option
from bot.talk.answers.claim import Claim, Done
from bot.talk.answers.member import Member, Members
from bot.talk.answers.revision import Numbered, Revision
from bot.talk.answers.verdict import Verdict
from bot.words import Words

TODAY = date(2026, 11, 23)
WORDS = Words.load(now=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
ROOMS = ("Jardin partagé", "Cuisine et repas", "Atelier vélo", "Jardin d’enfants")
PLACES = [("!a:lieu.fr", "Général"), ("!b:lieu.fr", "Annonces")]


async def free(username: str) -> bool:
    return not username.startswith("taken") or username == "taken3"


async def known() -> dict[str, str]:
    names = {"@lou:lieu.fr": "Lou", "@zoe.martin:lieu.fr": "Zoé Martin", "@zoe.d:ailleurs.fr": "Zoé Durand"}
    return names | {"@marc:lieu.fr": "Marc", "@marc2:lieu.fr": "marc"}


KINDS: Sequence[Answer[Any]] = (
    Text(STATED, max=40),
    Text(VERBATIM, max=100, min=3, lines=True),
    YesNo(),
    Name(),
    Name("Zoé"),
    Many(ROOMS[:1]),
    Many(ROOMS[:1], least=1),
    Choice(ROOMS),
    Many(ROOMS),
    Many(ROOMS, least=1),
    Username("Camille Étienne", free),
    Email(),
    Meant("zoe@gmial.com", "zoe@gmail.com"),
    Revision((Numbered(1, "Zoé Martin", "zoe@lieu.fr"), Numbered(2, "Lou", "lou@lieu.fr"))),
    Person(known=[("@lou:lieu.fr", "Lou")], server="lieu.fr"),
    Member(known, "lieu.fr"),
    Members(known, "lieu.fr"),
    Verdict((Option("warn", "avertir"), Option("exclude", "exclure"))),
    Room(PLACES, {"#general:lieu.fr": "!a:lieu.fr"}),
    Date(lambda: TODAY),
    Date(lambda: TODAY, "start", "Europe/Paris"),
    Date(lambda: TODAY, "day", "Europe/Paris"),
    Invitees(),
    Language(),
    Claim("👋"),
    Admission(),
    Done(),
    Listed(least=2, most=5),
    Recipient(("group", "person", "mail", "cloud"), [("@lou:lieu.fr", "Lou")]),
    Recipient(("cloud",), listed=False),
    Attachment(),
    Page(),
    Proposed(Text(STATED, max=40), "la.rosee", without=""),
    Proposed(Choice(ROOMS), ROOMS[0]),
)


async def read(
    kind: Answer[Any], said: str | None, reaction: str | None = None, pills: Sequence[str] = (), *, asked: str = ""
) -> Any:
    """The value, once through JSON as the replay log does; or the code of what was not understood."""
    try:
        value = await kind.read(Heard(said, reaction, by="@zoe:lieu.fr", pills=tuple(pills), asked=asked), WORDS)
    except NotUnderstood as why:
        return said_again(why)
    kept = kind.load(json.loads(json.dumps(kind.dump(value))))
    assert kept == value
    return value


def said_again(why: NotUnderstood) -> str:
    """The code, once its sentence was found and filled."""
    if not isinstance(why, NotMeant):
        text(*WORDS.sentence("fr@vous", f"talk.again.{why.code}", why.words))
    return why.code
