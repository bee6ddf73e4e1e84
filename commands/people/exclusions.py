"""Several people at once, and whole servers, leave the lieu: one recapitulation, then one act each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from bot.arrivals.arrivals import Arrivals, end_way_in
from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.facts import server_of
from bot.moderation.ban_lists import BanLists
from bot.moderation.bans import ban_everywhere, lift_everywhere, named_list
from bot.moderation.globs import host, matches
from bot.moderation.scope import Done, NamedRoom, Scope, everywhere
from bot.moderation.silences import Silences
from bot.talk import PERHAPS_ASKING, Text, YesNo, dialogue, hours
from bot.talk.ports import Conversations, Facts, Membership, Moderation, PolicyLists
from bot.talk.talk import Talk

AT_ONCE = 40  # a conversation is replayed whole at each step: another one goes on with the rest
SHOWN = 8
STRIDE = 5  # people between two lines of progress
OWN_SERVER = "own-server"
INSIDE = ("join", "invite", "knock")


class Outcast(TypedDict):
    """Somebody to exclude, or a pattern of servers to shut; `inside`: they are in the lieu, and are told."""

    id: str
    name: str
    reason: str
    inside: bool


class Spared(TypedDict):
    name: str
    why: str


class Seen(TypedDict):
    """Who is meant, as things are now: `out` already (and nowhere inside, where an earlier exclusion lacked a right),
    `spared`, and the patterns that mean `nobody` here for now."""

    people: list[Outcast]
    servers: list[Outcast]
    out: list[Outcast]
    spared: list[Spared]
    nobody: list[str]


@dataclass(frozen=True, slots=True)
class Tools:
    """What excluding several is handed."""

    lieu: Lieu
    scope: Scope
    facts: Facts
    membership: Membership
    moderation: Moderation
    arrivals: Arrivals
    conversations: Conversations


@dialogue("exclude-several", action="moderate", within=hours(1))
async def exclude_several(
    talk: Talk, tools: Tools, silences: Silences, policy_lists: PolicyLists, lists: BanLists, found: dict[str, Any]
) -> None:
    seen = await talk.look("seen", _seen, tools, found["targets"], talk.person)
    beside = _beside(talk, seen, found["twice"], found["unread"])
    everybody = [*seen["people"], *seen["servers"]]
    if not everybody:
        await talk.say("nobody-left", beside=beside)
        if seen["out"]:
            await _lift(talk, tools, silences, policy_lists, lists, seen["out"])
        return
    reason = ""
    if any(not one["reason"] for one in everybody):
        reason = await talk.ask("reason", Text(PERHAPS_ASKING, max=500), n=len(everybody))
    lines = [_line(talk, one, reason) for one in everybody]
    n, lieu = len(everybody), tools.lieu.name
    await talk.confirm("sure", n=n, lieu=lieu, lines=lines, beside=beside)
    about = talk.phrase("about", n=n, who=[one["id"] for one in everybody])
    if await talk.seconded("exclude", about=about):
        outcasts: list[Outcast] = [{**one, "reason": one["reason"] or reason} for one in everybody]
        await _exclude_some(talk, tools, outcasts, before=0, trouble=[])


@dialogue("exclude-rest", action="moderate")
async def exclude_rest(talk: Talk, tools: Tools, outcasts: list[Outcast], before: int, trouble: list[str]) -> None:
    """The others of a long list, after those who were excluded `before`."""
    await _exclude_some(talk, tools, outcasts, before=before, trouble=trouble)


async def _exclude_some(
    talk: Talk, tools: Tools, outcasts: Sequence[Outcast], *, before: int, trouble: list[str]
) -> None:
    """`trouble`: what could not be done so far."""
    now, rest, trouble = outcasts[:AT_ONCE], outcasts[AT_ONCE:], [*trouble]
    done = before
    for n, one in enumerate(now, 1):
        if len(outcasts) > STRIDE and n % STRIDE == 1:
            await talk.show("progress", done=done, of=before + len(outcasts))
        problem = await _exclude(talk, tools, one)
        trouble += [problem] if problem else []
        done += not problem
    if rest:
        more: dict[str, Any] = {"outcasts": rest, "before": done, "trouble": trouble}
        await talk.begin("exclude-rest", talk.person, talk.room, **more)
        return
    await talk.say("done" if done else "none", n=done, lieu=tools.lieu.name)
    if trouble:
        await talk.say("trouble", lines=trouble)


async def _exclude(talk: Talk, tools: Tools, one: Outcast) -> str:
    """What stands in the way; nothing of it in that of the others."""
    id, name, item = one["id"], one["name"], one["id"]
    if not id.startswith("@"):
        if await talk.look("host-of-spared", _hosts_spared, tools, id, talk.person, item=item):
            return talk.phrase("left-alone", who=name, why=_why(talk, "server"))
        done = await _tried(talk, "shut", item, _shut, tools, id)
        if done["rooms"]:
            talk.note("server-shut", server=id, reason=one["reason"])
    elif spared := await talk.look("spared", tools.scope.spared, tools.lieu, id, talk.person, item=item):
        return talk.phrase("left-alone", who=name, why=_why(talk, spared))
    else:
        done = await _tried(talk, "ban", item, ban_everywhere, tools.scope, tools.membership, tools.lieu, id)
    if not done["rooms"]:
        return talk.phrase("refused", who=name)
    if id.startswith("@"):
        await talk.do("stop", end_way_in, tools.arrivals, tools.conversations, tools.lieu, id, str(talk.id), item=item)
        talk.note("excluded", id, reason=one["reason"])
        if one["inside"]:
            told: dict[str, Any] = {"what": "excluded", "by": talk.person, "reason": one["reason"]}
            await talk.begin("tell", id, talk.room, item=item, **told)
    return talk.phrase("refused-in", who=name, rooms=done["refused"]) if done["refused"] else ""


async def _tried(talk: Talk, step: str, item: str, act: Any, *args: Any) -> Done:
    try:
        done: Done = await talk.do(step, act, *args, item=item, one_of_many=True)
    except Refused:
        return {"rooms": 0, "refused": []}
    return done


async def _hosts_spared(tools: Tools, pattern: str, by: str) -> bool:
    """Whether somebody who is to stay would be cut off with these servers: they may have come, or been given the keys,
    since the recapitulation."""
    here, _ = await _people(tools)
    meant = [one for one in here if matches(pattern, host(server_of(one)))]
    return any([await tools.scope.spared(tools.lieu, one, by) for one in meant])


async def _shut(tools: Tools, pattern: str) -> Done:
    """To whoever has an account there, or makes one tomorrow."""
    if tools.scope.means_us(pattern):
        return {"rooms": 0, "refused": []}
    rooms = await tools.scope.rooms(tools.lieu)
    refused = await everywhere(rooms, lambda room_id: tools.moderation.shut_server(room_id, pattern))
    return {"rooms": len(rooms) - len(refused), "refused": refused}


# -- all of them are out already


async def _lift(
    talk: Talk, tools: Tools, silences: Silences, policy_lists: PolicyLists, lists: BanLists, out: list[Outcast]
) -> None:
    """Whoever pastes the same list again may want it undone."""
    ids = [one["id"] for one in out]
    if not await talk.ask("lift", YesNo(), n=len(out), who=ids):
        return
    about = talk.phrase("about", n=len(ids), who=ids)
    if not await talk.seconded("lift", needed="exclude" in tools.lieu.choices.two, about=about):
        return
    name = talk.phrase("lists.list-name", lieu=tools.lieu.name)
    own = named_list(await talk.look("own-list", lists.own, tools.lieu.id), name)
    trouble = []
    for one in out:
        refused = await talk.do("open", _open, tools, silences, policy_lists, one["id"], own, item=one["id"])
        if one["id"].startswith("@"):
            talk.note("lifted", one["id"])
        else:
            talk.note("server-opened", server=one["id"])
        trouble += [talk.phrase("refused-in", who=one["name"], rooms=refused)] if refused else []
    await talk.say("lifted", n=len(out))
    if trouble:
        await talk.say("trouble", lines=trouble)


async def _open(
    tools: Tools, silences: Silences, policy_lists: PolicyLists, id: str, own: list[NamedRoom]
) -> list[str]:
    """The names of the rooms where it could not be lifted."""
    if id.startswith("@"):
        return await lift_everywhere(tools.scope, tools.membership, silences, policy_lists, tools.lieu, id, "ban", own)
    rooms = await tools.scope.rooms(tools.lieu)
    return await everywhere(rooms, lambda room_id: tools.moderation.open_server(room_id, id))


# -- who is meant


async def _seen(tools: Tools, targets: list[dict[str, str]], by: str) -> Seen:
    here, out = await _people(tools)
    shut = await tools.moderation.shut_servers(tools.lieu.space)
    seen: Seen = {"people": [], "servers": [], "out": [], "spared": [], "nobody": []}
    met = dict[str, bool]()  # whether each is spared
    for target in targets:
        id, reason, servers = target["id"], target["reason"], _servers(target["id"])
        pattern = bool(servers) or bool({*"*?"} & {*id})
        known = [*here, *sorted(out - here.keys())] if pattern else []
        meant = [one for one in known if matches(servers or id, host(server_of(one)) if servers else one)]
        meant = meant if pattern else [id]
        ours = bool(servers) and tools.scope.means_us(servers)
        for one in meant:
            name = here.get(one) or (one if pattern else target["name"])
            if one not in met:
                why = await tools.scope.spared(tools.lieu, one, by) or OWN_SERVER * ours
                met[one] = bool(why)
                if why:
                    seen["spared"].append({"name": name, "why": why})
                elif one in out and one not in here:
                    seen["out"].append({"id": one, "name": name, "reason": "", "inside": False})
                else:
                    seen["people"].append({"id": one, "name": name, "reason": reason, "inside": one in here})
        if servers in shut:
            seen["out"].append({"id": servers, "name": servers, "reason": "", "inside": False})
        elif servers and not ours and any(met[one] for one in meant):
            seen["spared"].append({"name": servers, "why": "server"})
        elif servers and not ours:
            seen["servers"].append({"id": servers, "name": servers, "reason": reason, "inside": False})
        elif not meant:
            seen["nobody"].append(id)
    return seen


def _servers(id: str) -> str:
    """The servers that a target means whole, if it does."""
    return "" if id.startswith("@") and not id.startswith("@*:") else host(id.removeprefix("@*:"))


async def _people(tools: Tools) -> tuple[dict[str, str], set[str]]:
    """The names of those who are somewhere in the lieu, and who is shut out of its space."""
    here, out = dict[str, str](), set[str]()
    for room in await tools.scope.rooms(tools.lieu):
        try:
            rows = await tools.facts.people(room["room_id"])
        except Refused:
            continue  # the bot is not there
        here |= {
            row["person"]: row["name"] for row in rows if row["membership"] in INSIDE and row["person"] not in here
        }
        out |= {row["person"] for row in rows if row["membership"] == "ban"} if room["is_space"] else set()
    return here, out


def _line(talk: Talk, one: Outcast, reason: str) -> str:
    kind = "server" if not one["id"].startswith("@") else "stranger" if one["name"] == one["id"] else "person"
    return talk.phrase(f"line-{kind}", who=one["name"], id=one["id"], reason=one["reason"] or reason)


def _beside(talk: Talk, seen: Seen, twice: list[str], unread: list[str]) -> list[str]:
    """What else there is to say of those who were named."""
    kept: dict[str, list[str]] = {}
    for one in seen["spared"]:
        kept.setdefault(one["why"], []).append(one["name"])
    lines = [talk.phrase("left-alone", who=_some(talk, names), why=_why(talk, why)) for why, names in kept.items()]
    out = [one["name"] for one in seen["out"]]
    lines += [talk.phrase("out", n=len(out), who=_some(talk, out))] if out else []
    lines += [talk.phrase("twice", n=len(twice), who=_some(talk, twice))] if twice else []
    lines += [talk.phrase("nobody", what=each) for each in seen["nobody"]]
    return lines + [talk.phrase("unread", what=each) for each in unread]


def _some(talk: Talk, names: list[str]) -> list[str]:
    """Those of a long list who come first, and how many there are besides."""
    more = len(names) - SHOWN
    return names if more <= 1 else [*names[:SHOWN], talk.phrase("others", n=more)]


def _why(talk: Talk, spared: str) -> str:
    return talk.phrase(f"exclusions.kept.{spared}")
