"""`!parler`: somebody wants a human. A card in the conciergerie, answered from its thread, told in private."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import addressed
from bot.arrivals.members import Members
from bot.hosting.operators import Operators
from bot.lieux import Lieu
from bot.matrix.passages import Said
from bot.people import People
from bot.talk import Choice, Mention, Option, Passage, Place, Role, YesNo, command, days, dialogue, hours
from bot.talk.budgets import Budget, Budgets, of_lieu, of_person
from bot.talk.calls import LINES, LONGEST, said_in, words_of
from bot.talk.command_line import Origin
from bot.talk.ports import Calls, Facts
from bot.talk.talk import Talk

# In an hour: cards of one person, beyond which they try later, and of a lieu, which wait for their turn.
OF_ONE, OF_LIEU = Budget("calls", 10), Budget("call-cards", 20)
REMIND, QUIET = days(1), days(7)
ROUNDS = 100
OPEN = ("invited", "answering", "approval", "opening")


@command("speak", action="speak", role=Role.STRANGER, places={Place.DIRECT}, takes=("what",), within=hours(1))
async def speak(talk: Talk, calls: Calls, operators: Operators, people: People, said: Origin) -> None:
    about = await _which(talk, calls, operators, people)
    if about is None:
        return
    id, name = about
    given = talk.was_given("what")
    what = await talk.ask("what", Passage(max=LONGEST), lieu=name)
    source = said["event_id"] if given else talk.said_in("what")
    await talk.begin("call", talk.person, talk.room, threaded=False, lieu=int(id), what=what, source=source)


@dialogue("pass-on", action="speak", within=hours(1))
async def pass_on(
    talk: Talk, calls: Calls, operators: Operators, people: People, given: dict[str, str], said: Origin
) -> None:
    """They said something that the bot does not understand: the concierges may, if they want that."""
    about = await _which(talk, calls, operators, people)
    if about is None:
        return
    id, name = about
    wanted = await talk.ask("sure", YesNo(), lieu=name)
    if wanted:
        what = {"text": given["what"], **said.get("said", {})}
        what |= {"attachment": said["attachment"]} if "attachment" in said else {}
        await talk.begin(
            "call", talk.person, talk.room, threaded=False, lieu=int(id), what=what, source=said["event_id"]
        )
    else:
        await talk.say("not-passed")


async def _which(talk: Talk, calls: Calls, operators: Operators, people: People) -> list[str] | None:
    """[id, name] of the lieu whose concierges are meant; None where there are none, which is said."""
    known = await talk.look("about", calls.about, talk.person, talk.room)
    lieux: list[list[str]] = known["lieux"]
    if len(lieux) > 1:
        chosen = await talk.ask("which", Choice([Option(id, name) for id, name in lieux]))
        return next(one for one in lieux if one[0] == chosen)
    if lieux:
        return lieux[0]
    if known["keeps"]:
        await talk.say("keeper", lieux=known["keeps"])
        return None
    hosts = [(one, await talk.look("host", people.name, one, item=one)) for one in operators.people]
    await talk.say("nobody" if hosts else "nobody-at-all", people=[Mention(*one) for one in hosts])
    return None


@dialogue("call", action="speak")
async def call(
    talk: Talk,
    lieu: Lieu,
    calls: Calls,
    arrivals: Arrivals,
    members: Members,
    facts: Facts,
    budgets: Budgets,
    what: Said | str,
    source: str,
) -> None:
    """What somebody wants to say, or to know, goes to the conciergerie. Then comes again what they were being asked."""
    fresh = False
    if not await talk.look("reached", calls.reached, lieu):
        await _name_concierges(talk, lieu, calls)
    elif pause := await talk.look("line", budgets.wait, LINES, of_person(talk.person), source):
        await talk.say("enough", pause=timedelta(seconds=pause))
    elif await talk.do("add", calls.add, lieu, talk.person, source, what):
        await talk.say("passed-too", notice=True, lieu=lieu.name)
    elif pause := await talk.look("turn", budgets.wait, OF_ONE, of_person(talk.person), f"{talk.id}"):
        await talk.say("enough", item="cards", pause=timedelta(seconds=pause))
    else:
        fresh = True
        await talk.say("passed", lieu=lieu.name)
    await talk.do("again", calls.ask_again, talk.person, talk.room, f"{talk.id}")
    if fresh:
        await _open(talk, lieu, calls, arrivals, members, facts, budgets, what, source)


async def _name_concierges(talk: Talk, lieu: Lieu, calls: Calls) -> None:
    """The conciergerie has no room, or the bot is not in it."""
    found = await talk.look("concierges", calls.concierges, lieu)
    people = [Mention(*one) for one in found]
    await talk.say("no-office" if people else "no-office-nobody", lieu=lieu.name, people=people)


async def _open(
    talk: Talk,
    lieu: Lieu,
    calls: Calls,
    arrivals: Arrivals,
    members: Members,
    facts: Facts,
    budgets: Budgets,
    what: Said | str,
    source: str,
) -> None:
    guest = await talk.look("guest", arrivals.of_person, lieu.id, talk.person)
    named = guest["name"] if guest else None
    who = named if named else await talk.look("name", facts.display_name, talk.person)
    address = await addressed(talk, members, lieu, talk.person, who)
    while pause := await talk.look("card-turn", budgets.wait, OF_LIEU, of_lieu(lieu.id), f"{talk.id}"):
        await talk.rest("queue", timedelta(seconds=pause))
        if await talk.do("add-later", calls.add, lieu, talk.person, source, what):
            return
    host = guest["invited_by"] if guest and guest["status"] in OPEN else None
    told: dict[str, Any] = {"what": what, "who": who, "address": address, "room": talk.room, "source": source}
    await talk.begin("called", talk.person, str(lieu.office), host=host if host != talk.person else None, **told)
    talk.note("called")


@dialogue("called", action="answer-call", lasting=True)
async def called(
    talk: Talk,
    lieu: Lieu,
    calls: Calls,
    what: Said | str,
    who: str,
    address: str,
    room: str,
    source: str,
    host: str | None = None,
) -> None:
    """In the conciergerie. What is said below the card, and in private, is passed on by `bot.talk.calls`."""
    line = said_in(what)
    mentions, file = [host] if host else [], line.get("attachment")
    await talk.say("card", mentions=mentions, attachment=file, who=who, person=address, what=words_of(line))
    await talk.rest("first-day", REMIND)
    seen = await talk.look("first-seen", calls.seen, talk.id, QUIET.total_seconds())
    if not seen["answered"]:
        await talk.say("remind", below="card", who=who)
    warned = False
    for _ in range(ROUNDS):
        seen = await talk.look("seen", calls.seen, talk.id, QUIET.total_seconds())
        if seen["left"] > 0:
            await talk.rest("wait", timedelta(seconds=seen["left"]))
        elif seen["answered"] or warned:
            break
        else:
            warned = True
            found = await talk.look("concierges", calls.concierges, lieu)
            await talk.say("unanswered", to=room, lieu=lieu.name, people=[Mention(*one) for one in found])
            await talk.rest("still", QUIET)
    await talk.say("over", notice=True, below="card", who=who)
