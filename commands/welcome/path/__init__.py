"""`!parcours`: what a newcomer is asked, in the lieu's own way, and what the answers open; read, changed, tried."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from bot.arrivals.arrival_path import LONGEST_SENTENCE, TEXTS, ArrivalPath, unknown_placeholders
from bot.talk import PERHAPS_ASKING, PRIVATE, Choice, Option, Role, Text, command, hours
from bot.talk.talk import Talk

from .outline import Tools, changed, read, text_name, which
from .own_question import add, change
from .versions import restore

FIRST, SECOND = range(1, 6), range(1, 8)  # days


@command(
    "path", action="path", role=Role.CONCIERGE, places=PRIVATE, takes=("act",), within=hours(1), silence="path.expired"
)
async def path(talk: Talk, tools: Tools) -> None:
    now = ArrivalPath.load(await talk.look("newest", tools.path_versions.newest, tools.lieu.id))
    acts = [act for act in ACTS if len(now.questions) >= QUESTIONS.get(act, 0)]
    act = await talk.ask("act", Choice([Option(name, key=f"path.act.{name}") for name in acts]))
    await ACTS[act](talk, tools, now)


async def _remove(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    question = await which(talk, now)
    await talk.confirm("remove-sure", question=question.text)
    await talk.do("remove", tools.path_versions.remove, tools.lieu.id, talk.person, asdict(question))
    await changed(talk, "removed", question.label)


async def _order(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    question = await which(talk, now)
    others = [Option(q.id, talk.phrase("behind", label=q.label)) for q in now.questions if q != question]
    first = Option("", key="path.place.first")
    behind = await talk.ask("place", Choice([first, *others]))
    await talk.do("move", tools.path_versions.move, tools.lieu.id, talk.person, asdict(question), behind)
    await changed(talk, "moved", question.label)


async def _waits(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    first = await talk.ask("remind", _days(talk, FIRST))
    second = await talk.ask("worry", _days(talk, SECOND))
    remind, worry = int(first), int(first) + int(second)
    await talk.confirm("waits-sure", remind=timedelta(days=remind), worry=timedelta(days=worry))
    await talk.do("wait", tools.path_versions.wait, tools.lieu.id, talk.person, remind, worry)
    await changed(talk, "waits")


def _days(talk: Talk, offered: range) -> Choice:
    return Choice([Option(str(n), talk.phrase("days", n=n)) for n in offered])


async def _try(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    """As a newcomer has it: in private."""
    room = await talk.do("direct", tools.rooms.direct, talk.person)
    if room != talk.room:
        await talk.say("tried-in-private")
    await talk.begin("trial", talk.person, room)


# -- what the bot says to newcomers, in the lieu's own words


async def _reword(talk: Talk, tools: Tools, now: ArrivalPath) -> None:
    key = await talk.ask("text-which", Choice([Option(key, key=f"path.text.{key.replace('.', '-')}") for key in TEXTS]))
    sentence = None if key in now.texts and await _given_back(talk) else await _sentence(talk, key)
    await talk.confirm(
        "text-sure" if sentence else "text-back-sure", name=text_name(talk, key), sentence=sentence or ""
    )
    await talk.do("reword", tools.path_versions.reword, tools.lieu.id, talk.person, key, sentence)
    await changed(talk, "reworded", key)


async def _given_back(talk: Talk) -> bool:
    options = [Option(name, key=f"path.text-act.{name}") for name in ("write", "give-back")]
    return await talk.ask("text-act", Choice(options)) == "give-back"


async def _sentence(talk: Talk, key: str) -> str:
    """The bot's sentence is shown as it is now, with the places that the bot fills."""
    places = {hole: f"{{{hole}}}" for hole in TEXTS[key]}
    holes = [talk.phrase(f"hole-{hole}", hole=place) for hole, place in places.items()]
    now = talk.phrase(key, **places)
    kind = Text(PERHAPS_ASKING, max=LONGEST_SENTENCE, lines=True)
    sentence = await talk.ask("sentence", kind, now=now, holes=holes)
    while unknown := unknown_placeholders(key, sentence):
        await talk.say("strangers", unknown=unknown, holes=holes)
        sentence = await talk.ask("sentence", kind, now=now, holes=holes)
    return sentence


ACTS = {
    "see": read,
    "add": add,
    "change": change,
    "remove": _remove,
    "order": _order,
    "texts": _reword,
    "waits": _waits,
    "try": _try,
    "versions": restore,
}
QUESTIONS = {"change": 1, "remove": 1, "order": 2}  # so many are needed
