"""Somebody asks to come, on the page of the lieu: once their address is known, the conciergerie says yes, no, or asks
them something first. What they are told goes by mail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import emailed
from bot.arrivals.join_door import JoinDoor
from bot.arrivals.join_requests import JoinRequests
from bot.arrivals.page_addresses import PageAddresses
from bot.errors import NotPermitted
from bot.lieux import Lieu, Lieux
from bot.mail.mails import Mails
from bot.store.arrivals import GOING_ON
from bot.store.join_requests import JoinRequest, Waiting
from bot.talk import Admission, Ruling, Verdict, days, dialogue
from bot.talk.answers.verdict import Decided
from bot.talk.dictation import dictated
from bot.talk.outages import tried
from bot.talk.ports import Facts
from bot.talk.talk import Silence, Talk
from integrations.directory import Directory

AGAIN, TRIES = timedelta(minutes=30), 96  # a mail that no server takes now
GATHER = timedelta(minutes=10)  # until it is told how many they are
BELOW = timedelta(seconds=30)  # the next card comes below the questions about those of before
AT_ONCE, ROUNDS = 8, 20
AGAIN_TOLD = {"asked": "confirm", "confirmed": "waits", "declined": "declined"}  # whoever asks twice: by which mail


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about join requests are handed."""

    lieu: Lieu
    lieux: Lieux
    facts: Facts
    directory: Directory
    arrivals: Arrivals
    addresses: PageAddresses
    door: JoinDoor
    requests: JoinRequests
    mails: Mails | None


# -- whose address is it


@dialogue("join-mail", action="admit", silence="")
async def join_mail(talk: Talk, tools: Tools, request: int) -> None:
    """Whoever has the address says whether it was them; nobody else hears of it before."""
    if not await _mailed(talk, "mail", _first_mail, tools, request, f"{talk.id:x}"):
        await talk.do("drop", tools.requests.drop, request)


async def _first_mail(tools: Tools, request: int, key: str) -> str:
    """What they are told depends on what is known of the address, which is theirs alone to know."""
    row = await tools.requests.get(request)
    if row is None or row["status"] not in AGAIN_TOLD:
        return "nothing"
    if row["status"] != "asked":
        return await _send(tools, row, AGAIN_TOLD[row["status"]], key)
    account = await tools.directory.find(email=row["email"])
    if account:
        person = tools.facts.local(account[0].login)
        sent = await _send(tools, row, "account", key, **await _their_way(tools, person))
        if sent == "sent":
            await tools.requests.drop(request)
        return sent
    sent = await _send(tools, row, "confirm", key, page=await tools.door.address(tools.lieu, request))
    if sent == "sent":
        await tools.requests.mailed(request)
    return sent


async def _their_way(tools: Tools, person: str) -> dict[str, str]:
    """Somebody who is on the way here has a page of their own; all others can knock, and members walk in."""
    arrival = await tools.arrivals.of_person(tools.lieu.id, person)
    is_on_the_way = arrival is not None and arrival["status"] in GOING_ON
    page = await tools.addresses.of_arrival(tools.lieu, arrival["id"]) if arrival and is_on_the_way else ""
    return {"page": page, "space": await tools.facts.link(tools.lieu.space), "person": person}


async def _send(tools: Tools, row: JoinRequest, what: str, key: str, **told: str) -> str:
    if tools.mails is None:
        return "later"
    try:
        return await tools.mails.joining(what, row["email"], row["language"], f"{what}-{key}", row["name"], **told)
    except NotPermitted:  # the host has something to mend, which `doctor` and `!état` tell
        return "later"


async def _mailed(talk: Talk, step: str, mail: Callable[..., Awaitable[str]], *args: Any, **kwargs: Any) -> bool:
    """Whether it left. Tried for two days, without a word to anybody: a server that is away is told by `!état`."""
    untold = 0
    for _ in range(TRIES):
        told = await talk.do(step, tried, partial(mail, *args, **kwargs))
        done = told.get("is", "later" if told.get("away") else "refused")
        untold += done == "untold"
        if done != "later" and (done != "untold" or untold > 1):  # it was given the mail twice
            return done != "refused"
        await talk.rest(f"{step}-again", AGAIN)
    return False


# -- the conciergerie decides


@dialogue("join-request", action="admit", silence="")
async def join_request(talk: Talk, tools: Tools, request: int) -> None:
    row = await talk.look("request", tools.requests.get, request)
    if row is None or row["status"] != "confirmed":
        return
    told: dict[str, Any] = {"who": row["name"], "email": emailed(talk, row["email"])}
    try:
        ruling = await _ruling(talk, row, told)
        while ruling.what == "ask":
            if await _asked_first(talk, tools, row, ruling.by):
                return
            ruling = await _ruling(talk, row, told)
    except Silence:
        await talk.do("expired", tools.requests.settle, request, "expired")
        await talk.say("undecided", **told)
        await _mailed(talk, "expired-mail", _undecided_mail, tools, row, f"{talk.id:x}")
        return
    if ruling.what == "yes":
        await _admit(talk, tools, row, ruling)
    else:
        await _decline(talk, tools, row, ruling)


async def _undecided_mail(tools: Tools, row: JoinRequest, key: str) -> str:
    return await _send(tools, row, "undecided", key, page=await tools.addresses.of_lieu(tools.lieu))


async def _ruling(talk: Talk, row: JoinRequest, told: dict[str, Any]) -> Ruling:
    message = _message(talk, row)
    return await talk.ask("decide", Admission(), of="admit", remind=days(2), within=days(30), message=message, **told)


def _message(talk: Talk, row: JoinRequest) -> str:
    word = talk.phrase("with-word", word=row["word"]) if row["word"] else talk.phrase("without-word")
    if row["question"] is None:
        return word
    asked, said = row["question"], row["answer"]
    answer = talk.phrase("answered", asked=asked, said=said) if said else talk.phrase("unanswered", asked=asked)
    return f"{word}\n\n{answer}"


async def _admit(talk: Talk, tools: Tools, row: JoinRequest, ruling: Ruling) -> None:
    """From here on it is an invitation, by whoever said yes."""
    await talk.do("admitted", tools.requests.settle, row["id"], "admitted")
    talk.note("join-admitted", by=ruling.by, who=row["name"])
    await talk.begin(
        "invite-asker", ruling.by, talk.room, name=row["name"], email=row["email"], language=row["language"]
    )


async def _decline(talk: Talk, tools: Tools, row: JoinRequest, ruling: Ruling) -> None:
    """Said kindly, once, with a word of the concierge's where they have one."""
    await talk.do("declined", tools.requests.settle, row["id"], "declined")
    talk.note("join-declined", by=ruling.by, who=row["name"])
    word = await dictated(talk, "word", "send-word", of=ruling.by, who=row["name"])
    await talk.say("declined-said", who=row["name"])
    if not await _mailed(talk, "declined-mail", _send, tools, row, "declined", f"{talk.id:x}", quote=word):
        await talk.say("unmailed", who=row["name"])


# -- something is asked first


async def _asked_first(talk: Talk, tools: Tools, row: JoinRequest, by: str) -> bool:
    """The concierge's question goes by mail; its answer begins another card. False where they ask nothing after all."""
    asked = await dictated(talk, "question", "send-question", of=by, who=row["name"])
    if not asked:
        return False
    await talk.do("put", tools.requests.put, row["id"], asked)
    await talk.say("question-sent", who=row["name"])
    await talk.begin("join-question", talk.person, talk.room, request=row["id"])
    return True


@dialogue("join-question", action="admit", silence="")
async def join_question(talk: Talk, tools: Tools, request: int) -> None:
    """Whoever does not answer is asked about again all the same."""
    if await _mailed(talk, "mail", _question_mail, tools, request, f"{talk.id:x}"):
        await talk.rest("answer", days(7))
    row = await talk.look("then", tools.requests.get, request)
    if row is None or row["status"] != "confirmed" or row["answer"] is not None:
        return
    await talk.do("unanswered", tools.requests.unanswered, request)
    await talk.begin("join-request", talk.person, talk.room, request=request)


async def _question_mail(tools: Tools, request: int, key: str) -> str:
    row = await tools.requests.get(request)
    if row is None or row["status"] != "confirmed":
        return "nothing"
    page = await tools.door.address(tools.lieu, request)
    return await _send(tools, row, "question", key, page=page, quote=row["question"] or "")


# -- many at once


@dialogue("join-wave", action="admit", silence="")
async def join_wave(talk: Talk, tools: Tools) -> None:
    """More ask than can be asked about one by one: they are seen a few at a time, or the form is closed."""
    await talk.rest("gather", GATHER)
    closed = await talk.look("closed", _is_closed, tools)
    for _ in range(ROUNDS):
        waiting = await talk.look("waiting", tools.requests.waiting, tools.lieu.id)
        if not waiting:
            await talk.say("wave-gone")
            return
        try:
            verdict = await _verdict(talk, waiting, closed=closed)
        except Silence:
            await talk.do("expired", tools.requests.settle_all, _ids(waiting), "expired")
            await talk.say("wave-undecided", n=len(waiting))
            return
        if verdict.what == "yes":
            if await _seen(talk, waiting):
                return
        elif closed:
            await _refuse_all(talk, tools, waiting, verdict.by)
            return
        else:
            await _close(talk, tools, verdict.by)
            closed = True
            continue
        await talk.rest("then", BELOW)
    await talk.begin("join-wave", talk.person, talk.room)


async def _verdict(talk: Talk, waiting: list[Waiting], *, closed: bool) -> Decided:
    told: dict[str, Any] = {"n": len(waiting), "names": _names(talk, waiting), "few": AT_ONCE}
    if closed:
        refuse = Verdict(yes="join_request.see", no="join_request.refuse")
        return await talk.ask("wave-closed", refuse, of="admit", remind=days(2), within=days(30), **told)
    close = Verdict(yes="join_request.see", no="join_request.close")
    return await talk.ask("wave", close, of="admit", remind=days(2), within=days(30), **told)


def _names(talk: Talk, waiting: list[Waiting]) -> list[str]:
    names, others = [row["name"] for row in waiting[:AT_ONCE]], len(waiting) - AT_ONCE
    return [*names, talk.phrase("others", n=others)] if others > 0 else names


def _ids(waiting: list[Waiting]) -> list[int]:
    return [row["id"] for row in waiting]


async def _seen(talk: Talk, waiting: list[Waiting]) -> bool:
    """A card for each of the first; True where there are no others."""
    for row in waiting[:AT_ONCE]:
        await talk.begin("join-request", talk.person, talk.room, item=str(row["id"]), request=row["id"])
    return len(waiting) <= AT_ONCE


async def _is_closed(tools: Tools) -> bool:
    return tools.lieu.choices.form_closed


async def _close(talk: Talk, tools: Tools, by: str) -> None:
    """Nobody can ask any more, until a concierge wants it again. Whoever asked already is not forgotten."""
    await talk.do("close-form", tools.lieux.choose, tools.lieu.id, form_closed=True)
    talk.note("form-closed", by=by)
    await talk.begin("join-closed", talk.person, talk.room)


async def _refuse_all(talk: Talk, tools: Tools, waiting: list[Waiting], by: str) -> None:
    """Without a mail to each: they were told that one comes with a yes."""
    await talk.do("refuse-all", tools.requests.settle_all, _ids(waiting), "declined")
    talk.note("join-declined-many", by=by, n=str(len(waiting)))
    await talk.say("refused-all", n=len(waiting))


@dialogue("join-closed", action="admit", silence="")
async def join_closed(talk: Talk, tools: Tools) -> None:
    """As long as it is closed, one click opens it."""
    verdict = await talk.ask("reopen", Verdict(), of="admit", remind=days(7))
    if verdict.what == "no":
        await talk.say("stays-closed")
        return
    await talk.do("open-form", tools.lieux.choose, tools.lieu.id, form_closed=False)
    talk.note("form-opened", by=verdict.by)
    await talk.say("reopened")
