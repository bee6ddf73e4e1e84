"""`!membres adopter`: whoever was there before the bot, with the account that seems theirs, becomes somebody of the
lieu; `!membres rendre` takes it back. The accounts themselves stay as they are."""

from __future__ import annotations

from functools import partial

from bot.arrivals.members import Members, search
from bot.lieux import Lieu
from bot.services.adoption import Candidate, Found
from bot.services.ownership import Ownership
from bot.talk import PRIVATE, Many, Option, Role, Whom, days, dialogue, hours
from bot.talk.outages import tried
from bot.talk.pagination import Nobody, Somebody, pick_person
from bot.talk.talk import Talk

from .taking import take
from .ticked_list import Tools, about, chosen

MOST = 150  # at once: each of them is a step or two
BATCH = 40  # in one question to whoever hosts the bot


@dialogue("adopt", action="adopt", role=Role.CONCIERGE, places=PRIVATE, within=hours(1))
async def adopt(talk: Talk, tools: Tools) -> None:
    if not await talk.look("has-accounts", tools.adoption.has_accounts):
        await talk.say("no-directory-cloud" if tools.adoption.cloud else "no-directory", lieu=tools.lieu.name)
        return
    hosts = await talk.look("hosts", tools.people.may, talk.person, "operate", None, apart=True)
    found = await talk.look("found", tools.adoption.found, hosts)
    rows, lines = found["rows"], _counted(talk, found)
    if not rows:
        await talk.say("nobody", lieu=tools.lieu.name, lines=lines or [talk.phrase("nobody-else")])
        return
    shared = found["shared"] and not hosts
    if shared and await talk.look("operators", tools.operators.room) is None:
        await talk.say("no-host", lieu=tools.lieu.name)
        return
    await talk.say("found-shared" if shared else "found", n=len(rows), lieu=tools.lieu.name)
    if lines:
        await talk.say("besides", lines=lines)
    wanted = (await chosen(talk, tools, rows))[:MOST]
    if not wanted:
        await talk.say("none-adopted")
    elif not hosts and await talk.look("shared", tools.adoption.is_shared):  # another lieu may have come meanwhile
        await _ask_the_host(talk, tools, wanted)
    else:
        await take(talk, tools, wanted)


async def _ask_the_host(talk: Talk, tools: Tools, wanted: list[Candidate]) -> None:
    room = await talk.look("their-room", tools.operators.room)
    if room is None:
        await talk.say("no-host", lieu=tools.lieu.name)
        return
    await talk.do("ask-host", tools.adoption.ask, wanted, talk.person)
    for first in range(0, len(wanted), BATCH):
        some = wanted[first : first + BATCH]
        await talk.begin("adoption-wanted", talk.person, room, item=str(first), rows=some, back=talk.room)
    await talk.say("host-asked", n=len(wanted))


def _counted(talk: Talk, found: Found) -> list[str]:
    counts = {"here": found["here"], "waiting": found["waiting"], "without": found["without"], "apart": found["apart"]}
    partial = [talk.phrase("partial")] if found.get("partial") else []
    return [*(talk.phrase(name, n=n) for name, n in counts.items() if n), *partial]


@dialogue("adoption-offer", action="adopt")
async def adoption_offer(talk: Talk, tools: Tools) -> None:
    """At the end of the installation, in the conciergerie: how many were there before, if there are any. Nothing waits
    for a service that is away: the command looks again."""
    told = await talk.look("before", tried, partial(tools.adoption.found, False))
    found: Found | None = told.get("is")
    if found is not None and found["rows"]:
        await talk.say("offer", n=len(found["rows"]))


# -- several lieux have the same accounts


@dialogue("adoption-wanted", action="adopt")
async def adoption_wanted(talk: Talk, tools: Tools, rows: list[Candidate], back: str) -> None:
    """Whoever hosts the bot says, in their room, which of them are this lieu's; `back` is where it was asked for."""
    await talk.known_as(tools.facts.display_name, talk.person)
    theirs = await talk.ask(
        "wanted",
        Many([Option(row["login"], _shown(talk, tools, row), name=row["login"]) for row in rows]),
        of="operate",
        remind=days(1),
        n=len(rows),
        lieu=tools.lieu.name,
        space=tools.lieu.space,
        who=talk.who,
        person=talk.person,
    )
    given = [row for row in rows if row["login"] in theirs]
    if others := [row["name"] for row in rows if row not in given]:
        await talk.say("not-entrusted", to=back, who=others)
    if not given:
        await talk.say("kept-apart")
        return
    await talk.do("answered", tools.adoption.answered, given)
    await talk.say("entrusted", n=len(given), lieu=tools.lieu.name)
    await take(talk, tools, given, to=back)


def _shown(talk: Talk, tools: Tools, row: Candidate) -> str:
    """Whether the lieu's group, which others look after, says so too."""
    who = about(talk, tools, row)
    return who if row["grouped"] else talk.phrase("in-space", who=who)


# -- and back


@dialogue("give-back", action="adopt", within=hours(1))
async def give_back(talk: Talk, lieu: Lieu, members: Members, ownership: Ownership, said: str) -> None:
    """`said`: whom, as far as the command says it."""
    adopted = await talk.look("adopted", _adopted, lieu, members, ownership)
    if not adopted:
        await talk.say("nobody-adopted", lieu=lieu.name)
        return
    said = said or await talk.ask("whom", Whom())
    everybody = talk.means("talk.words.all", said)
    rows = adopted if everybody else await _meant(talk, lieu, members, ownership, said)
    if not rows:
        return
    await talk.confirm("sure", n=len(rows), who=[row["name"] for row in rows], lieu=lieu.name)
    paused = await talk.look("paused", ownership.owned, lieu.id, "conciergerie", "pause")
    given = [row for row in rows if row["login"] not in paused]
    for row in given:
        await talk.do("give-back", ownership.give_back, lieu.id, row["person"], item=row["person"])
        talk.note("unadopted", row["person"], login=row["login"])
    if len(given) < len(rows):
        await talk.say("paused", who=[row["name"] for row in rows if row not in given])
    if given:
        await talk.say("given-back", n=len(given), who=[row["name"] for row in given], lieu=lieu.name)


async def _meant(talk: Talk, lieu: Lieu, members: Members, ownership: Ownership, said: str) -> list[Somebody]:
    rows = partial(_named, lieu, members, ownership, said)
    try:
        row = await pick_person(talk, "which-one", rows, _label, alone=True, said=said)
    except Nobody:
        await talk.say("nobody-of-that-name", said=said)
        return []
    return [row] if row else []


async def _named(lieu: Lieu, members: Members, ownership: Ownership, said: str) -> list[Somebody]:
    return search(await _adopted(lieu, members, ownership), said)


async def _adopted(lieu: Lieu, members: Members, ownership: Ownership) -> list[Somebody]:
    """Each person once, with the login of their account."""
    names = {row["person"]: row["name"] for row in await members.known(lieu)}
    rows = await ownership.adopted(lieu.id)
    logins = {str(row["person"]): row["ref"] for row in rows if row["service"] != "matrix"}
    return [{"person": who, "name": names.get(who, login), "login": login} for who, login in logins.items()]


def _label(row: Somebody) -> str:
    return f"{row['name']} · {row['login']}"
