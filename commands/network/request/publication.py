"""A request leaves for the other lieux: at once, or when a concierge said yes."""

from __future__ import annotations

from datetime import timedelta

from bot.store.networks import Wire
from bot.talk import VERBATIM, Text, Verdict, days
from bot.talk.talk import Silence, Talk

from .outcomes import Tools

PATIENCE = timedelta(minutes=30)


async def send(talk: Talk, tools: Tools, network: int, content: Wire, card: Wire, whom: str) -> None:
    if not await _is_approved(talk, tools, content, card, whom):
        return
    publish = tools.requests.publish
    told = await talk.write("publish", publish, tools.lieu, network, talk.id, content, talk.room, talk.person)
    talk.note("request-made", number=str(told["number"]))
    me, number = tools.facts.me, told["number"]
    await talk.begin("watch-request", me, talk.room, number=number, asker=talk.person, token=talk.id)
    await talk.say("sent", n=told["others"], number=told["number"])


async def _is_approved(talk: Talk, tools: Tools, content: Wire, card: Wire, whom: str) -> bool:
    """A member's request waits for a concierge, where the lieu wants that."""
    lieu, requests = tools.lieu, tools.requests
    if lieu.office is None or not (lieu.choices.approve_requests or talk.is_asked(step="approve")):
        return True
    if await talk.look("concierge", tools.people.may, talk.person, "tend-requests", lieu, apart=True):
        return True
    await talk.say("to-approve")
    if "attachment" in content:
        await talk.picture("attached", requests.attachment(lieu, content["attachment"]), to=lieu.office)
    try:
        verdict = await talk.ask(
            "approve",
            Verdict(),
            to=lieu.office,
            of="tend-requests",
            remind=days(1),
            within=days(7),
            who=talk.who,
            whom=whom,
            card=requests.preview(lieu, content, card),
        )
    except Silence:
        await talk.say("not-looked-at")
        return False
    if verdict.what == "no":
        await _refuse(talk, lieu.office, verdict.by)
    return bool(verdict.what == "yes")


async def _refuse(talk: Talk, office: str, by: str) -> None:
    try:
        why = await talk.ask(
            "why-not",
            Text(VERBATIM, max=500),
            to=office,
            of=by,
            optional=True,
            default="",
            within=PATIENCE,
            who=talk.who,
        )
    except Silence:
        why = ""
    if why:
        await talk.say("refused-because", mentions=[talk.person], why=why)
        await talk.say("passed-on", to=office, who=talk.who)
    else:
        await talk.say("refused", mentions=[talk.person])
    talk.note("request-refused", talk.person, by=by)
