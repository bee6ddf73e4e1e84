"""`!parcours`: what a newcomer is asked, in the lieu's own way, and what the answers open; read, changed, tried."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from bot.arrivals.arrival_path import ArrivalPath
from bot.talk import PRIVATE, Choice, Option, Role, command, hours
from bot.talk.talk import Talk

from .desk import Desk
from .own_question import add, change
from .reading import changed, read, which
from .texts import reword
from .versions import restore

FIRST, SECOND = range(1, 6), range(1, 8)  # days


@command(
    "path", action="path", role=Role.CONCIERGE, places=PRIVATE, takes=("act",), within=hours(1), silence="path.expired"
)
async def path(talk: Talk, desk: Desk) -> None:
    now = ArrivalPath.load(await talk.look("newest", desk.path_versions.newest, desk.lieu.id))
    acts = [act for act in ACTS if len(now.questions) >= QUESTIONS.get(act, 0)]
    act = await talk.ask("act", Choice([Option(name, key=f"path.act.{name}") for name in acts]))
    await ACTS[act](talk, desk, now)


async def _remove(talk: Talk, desk: Desk, now: ArrivalPath) -> None:
    question = await which(talk, now)
    await talk.confirm("remove-sure", question=question.text)
    await talk.do("remove", desk.path_versions.remove, desk.lieu.id, talk.person, asdict(question))
    await changed(talk, "removed", question.label)


async def _order(talk: Talk, desk: Desk, now: ArrivalPath) -> None:
    question = await which(talk, now)
    others = [Option(q.id, talk.phrase("behind", label=q.label)) for q in now.questions if q != question]
    first = Option("", key="path.place.first")
    behind = await talk.ask("place", Choice([first, *others]))
    await talk.do("move", desk.path_versions.move, desk.lieu.id, talk.person, asdict(question), behind)
    await changed(talk, "moved", question.label)


async def _waits(talk: Talk, desk: Desk, now: ArrivalPath) -> None:
    first = await talk.ask("remind", _days(talk, FIRST))
    second = await talk.ask("worry", _days(talk, SECOND))
    remind, worry = int(first), int(first) + int(second)
    await talk.confirm("waits-sure", remind=timedelta(days=remind), worry=timedelta(days=worry))
    await talk.do("wait", desk.path_versions.wait, desk.lieu.id, talk.person, remind, worry)
    await changed(talk, "waits")


def _days(talk: Talk, offered: range) -> Choice:
    return Choice([Option(str(n), talk.phrase("days", n=n)) for n in offered])


async def _try(talk: Talk, desk: Desk, now: ArrivalPath) -> None:
    """As a newcomer has it: in private."""
    room = await talk.do("direct", desk.rooms.direct, talk.person)
    if room != talk.room:
        await talk.say("tried-in-private")
    await talk.begin("trial", talk.person, room)


ACTS = {
    "see": read,
    "add": add,
    "change": change,
    "remove": _remove,
    "order": _order,
    "texts": reword,
    "waits": _waits,
    "try": _try,
    "versions": restore,
}
QUESTIONS = {"change": 1, "remove": 1, "order": 2}  # so many are needed
