"""Every door through which strangers' text comes in, timed on long hostile texts in a process of its own.

`python -m tests.attacks.doors NAME…` prints how much longer a text takes that is eight times as long. The operating
system ends the process where it does not end by itself.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from typing import Any

from bot.arrivals.members import search
from bot.matrix import markup, message, network_rooms, passages, policy_lists
from bot.matrix.client_api import _json
from bot.matrix.untrusted_json import pruned
from bot.moderation.globs import matches
from bot.network import envelope, geography
from bot.people import Place
from bot.store.inbox import Event
from bot.supervision.log import guard
from bot.talk.answers.addresses import Email, Person, Username
from bot.talk.answers.admission import Admission
from bot.talk.answers.amounts import amount_said
from bot.talk.answers.answer import Answer, Heard, NotUnderstood
from bot.talk.answers.attachments import Page
from bot.talk.answers.choices import Choice, ChoiceOrPath, Language, Many, Room
from bot.talk.answers.claim import Done
from bot.talk.answers.dates import Date
from bot.talk.answers.invitees import Invitees
from bot.talk.answers.member import Member, Members
from bot.talk.answers.no_answer import VERBATIM
from bot.talk.answers.recipients import Recipient
from bot.talk.answers.targets import Targets
from bot.talk.answers.text import Listed, Text, YesNo
from bot.talk.answers.verdict import Verdict
from bot.talk.command_line import CommandTable, spoken
from bot.talk.restatements import restatements, wanted
from bot.words import Words, fold
from commands import ALL
from integrations.directory import login_from
from integrations.directory.canaille import csrf_token
from integrations.errors import Refused
from integrations.http import Answer as Reply
from integrations.nextcloud.ocs import parse_xml, read

SECONDS = 120  # of the processor: what takes as long does not end
LONGEST, TIMES = 32_000, 8  # characters: what is longer is cut, at the latest where a body is cleaned
MOST = TIMES * 3  # times as long, for a text that is TIMES as long
ENOUGH = 0.001  # seconds
NOTHING = 0.02  # seconds of the processor for the longest text: whatever its steps, it stops nobody
ME, NAME = "@bot:lieu.fr", "Conciergerie (bot)"
WORDS = Words.load()
TABLE = CommandTable(ALL, WORDS)
NAMES = {f"@p{n}:lieu.fr": "a" * n for n in range(1, 200, 7)} | {"@zoe:lieu.fr": "Zoé Martin"}
PEOPLE = [{"person": who, "name": name, "login": "a" * 40} for who, name in NAMES.items()]
UNITS = (
    *" \n\t\r\va0é.,:;!?@#/\\%'\"<>()[]{}|&=+*_-`~^$°’\u0301\u200b😀",
    *(
        "<a",
        "<a ",
        "</b>",
        "<!--",
        "<![CDATA[",
        "<p>",
        "</p",
        "&#",
        "&amp",
        "<a href=",
        "<?",
        "**a",
        "[a](",
        "![",
        "> ",
        "- ",
        "1. ",
    ),
    *("a@", "a.", "a@a.", "@a:", "#a:", "https://", "http://a#/", "matrix:r/", "bearer ", "token=", "a,", "1,", "1-"),
    *("oui ", "et ", "demain ", "1 mars ", "12/", "- a\n", "a;", "a\t", "0,0 ", "@a:b.c ", "/a", "../", "*a", "?*"),
)
Read = Callable[[str], object]


def texts(size: int) -> Iterator[tuple[str, str]]:
    """By what they are made of; each is `size` characters long, and has a letter at its end, not an ASCII one."""
    for unit in UNITS:
        yield unit, (unit * size)[:size] + "é"
    half = size // 2
    yield "two marks", "\u0301" * half + "\u0323" * half + "é"
    yield "spaces, a link without its end", " " * half + '<a href="https://matrix.to/#/' + "a" * half + "é"
    yield "spaces, a paragraph, spaces", " " * half + "<p>" + " " * half + "é"
    yield "a link, a long name", f'<a href="https://matrix.to/#/{ME}">' + "a" * size + "é"
    yield "many attributes", "<a " + "a='" * half + "é"
    yield "a number without end", "&#" + "9" * size + "é"
    yield "a long address", "a@" + "a." * half + "é"
    yield "one long label", "a@" + "é" * size


def content(text: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": text, "formatted_body": text, "format": "org.matrix.custom.html"}


def answer(kind: Answer[Any]) -> Read:
    async def read_it(text: str) -> None:
        for heard in (Heard(text, by="@zoe:lieu.fr"), Heard(None, reaction=text)):
            try:
                await kind.read(heard, WORDS)
            except NotUnderstood:
                continue
        kind.guess(text, WORDS)

    return read_it


async def _known() -> dict[str, str]:
    return NAMES


def _event(text: str) -> Event:
    return Event("$e", "!r:lieu.fr", "@eve:lieu.fr", 1, "m.room.message", content(text))


def _network(text: str) -> object:
    try:
        return network_rooms.named(text)
    except Refused:
        return None


def _envelope(text: str) -> object:
    card = {"v": 1, "bot": text, "name": text, "geo_uri": text, "web": text, "cloud": text[:300]}
    told = {"hello": {"v": 1, "lieu": text, "card": card}, "request": {"v": 1, "lieu": text, "id": text, "what": text}}
    for kind, body in told.items():
        try:
            envelope.read({envelope.PREFIX + kind: body})
        except envelope.BadEnvelope:
            continue
    return envelope.travels({"text": text, "attachment": {"msgtype": "m.image", "name": text, "url": text}})


def _policy(text: str) -> object:
    told = {"entity": text, "recommendation": "m.ban", "reason": text}
    event = {"type": "m.policy.rule.user", "state_key": "r", "content": told}
    return [matches(rule["entity"], text[:255]) for rule in policy_lists.read(event)]


def _service(text: str) -> object:
    reply = Reply(200, {}, text.encode(errors="replace"))
    return read(reply), parse_xml(f"<ocs><meta>{text}</meta></ocs>".encode(errors="replace"))


OPTIONS = [("a" * n, "a" * n) for n in range(1, 200, 7)]
DOORS: dict[str, Read] = {
    "plain_text": lambda text: message.plain_text(content(text), ME, NAME),
    "is_for": lambda text: message.is_for(content(text), ME, NAME),
    "edited": lambda text: message.plain_text({"m.new_content": content(text)}, ME, NAME),
    "attached": lambda text: message.attached({"msgtype": "m.image", "body": text, "url": f"mxc://{text}"}),
    "passage": lambda text: passages.passage(content(text)),
    "formatted": lambda text: passages.shown({"text": text, "formatted": text}),
    "linked": lambda text: passages.shown({"formatted": f'<a href="{text}">x</a>'}),
    "somewhere": lambda text: passages.passage({"msgtype": "m.location", "body": text, "geo_uri": text}),
    "spoken": lambda text: spoken(_event(text), ME, NAME, TABLE, Place.DIRECT, None),
    "clean": markup.clean,
    "is_address": lambda text: markup.is_address(f"https://{text}"),
    "shown": lambda text: message.split(message.text("{said} — {them}", {"said": text, "them": [text]})),
    "fold": fold,
    "command": lambda text: (TABLE.read(text), TABLE.near(text, "fr")),
    "wanted": lambda text: (wanted(text, WORDS), restatements(text, {"L’e-mail": "email"}, WORDS)),
    "people": lambda text: search(PEOPLE, text),
    "wire": lambda text: (_json(f'{{"body": {text}'.encode()), pruned(text.encode())),
    "place": lambda text: (geography.located(text), geography.plain(text)),
    "network": _network,
    "envelope": _envelope,
    "policy": _policy,
    "service": _service,
    "page": csrf_token,
    "login": login_from,
    "log": lambda text: guard(None, "", {"event": text, "about": [text]}),
    **{
        f"answer: {kind.kind}": answer(kind)
        for kind in (
            *(Email(), Username(suggest="Zoé"), Person([*NAMES.items()], "lieu.fr"), Admission()),
            *(Choice(OPTIONS), Many(OPTIONS), Room([*NAMES.items()], {}), Language(("fr", "en")), Done()),
            *(Date(lambda: date(2027, 3, 1)), Page(), Invitees(), Member(_known, "lieu.fr"), Verdict()),
            *(Recipient(("person", "mail"), [*NAMES.items()]), Listed(), Text(VERBATIM), YesNo(), Members(_known)),
        )
    },
    "answer: path": answer(ChoiceOrPath(OPTIONS)),
    "answer: several": answer(Targets(Member(_known, "lieu.fr"))),
    "amount": amount_said,
}


async def timed(door: Read, text: str) -> float:
    """Seconds of the processor for one reading, of so many that they can be measured."""
    count = 1
    while True:
        begun = time.process_time()
        for _ in range(count):
            result = door(text)
            if isinstance(result, Awaitable):
                await result
        spent = time.process_time() - begun
        if spent > ENOUGH:
            return spent / count
        count *= 4


async def measured(name: str) -> dict[str, tuple[float, float]]:
    """By what the text is made of: seconds for a short and for a long one; again, where they are far from each other,
    because the machine may have been busy."""
    door, found = DOORS[name], {}
    for (unit, short), (_, long) in zip(texts(LONGEST // TIMES), texts(LONGEST), strict=True):
        little, much = await timed(door, short), await timed(door, long)
        for _ in range(5):
            if much > TIMES * 1.5 * little:
                little, much = max(little, await timed(door, short)), min(much, await timed(door, long))
        found[unit] = (little, much)
    return found


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    print(json.dumps({name: asyncio.run(measured(name)) for name in sys.argv[1:]}))
