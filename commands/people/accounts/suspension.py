"""An account suspended, given back, or closed: one act, with a line for what each service did and could not do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from bot.errors import Refused
from bot.services import opened_words
from bot.services.directory import is_homeserver, is_nextcloud
from bot.services.nextcloud import makes_accounts
from bot.services.registry import OPENINGS
from bot.services.service import NONE, WHOLE
from bot.talk.outages import Reading, Told, tried
from bot.talk.talk import Talk
from integrations.directory import Directory

from .lookup import LookedAt, Tools, against_a_concierge, forget, pause_of, protected, shown, whose
from .private_word import REACTIVATE, tell_them, ways_to, ways_unless_known

SOON = timedelta(minutes=1)
UNUSED: Told = {"is": NONE}  # says nothing of somebody who is here under another address
NOTED = {"suspend": "suspended", "reactivate": "reactivated", "close": "closed"}


async def suspend(talk: Talk, tools: Tools) -> None:
    row = await whose(talk, tools, to_close=True, opened=True)
    if row is None:
        return
    who, acts = await shown(talk, tools, row), switches(tools, row, open=False)
    ways = await talk.look("ways", ways_unless_known, tools, row, acts)
    word = _word(talk, ways)
    if row["login"]:
        besides = _besides(talk, tools, row, "suspend")
        await talk.confirm("suspend", who=who, login=row["login"], besides=besides, word=word)
    else:
        accounts = [opened_words.account(talk, service) for service in row.get("accounts", {})]
        await talk.confirm("suspend-opened", who=who, accounts=accounts, word=word)
    if not await against_a_concierge(talk, tools, row, "suspend"):
        return
    await talk.do("paused", tools.ownership.own, tools.lieu.id, "conciergerie", "pause", pause_of(row), row["person"])
    await _everywhere(talk, tools, row, "suspend", acts, ways)


def _word(talk: Talk, ways: str) -> str:
    """How the person hears of it."""
    return talk.phrase(f"accounts.word-{ways}")


def _besides(talk: Talk, tools: Tools, row: LookedAt, verb: str) -> str:
    """Which other accounts of theirs will be touched."""
    accounts = [opened_words.account(talk, service) for service in row.get("accounts", {})]
    if row["cloud"] and not is_nextcloud(tools.directory):
        accounts.append(talk.phrase("besides-cloud"))
    if verb == "suspend" and (contact := row.get("contact")) and contact["user"]:
        accounts.append(talk.phrase("besides-odoo"))
    return talk.phrase("besides", accounts=accounts) if accounts else ""


async def reactivate(talk: Talk, tools: Tools) -> None:
    row = await whose(talk, tools, opened=True)
    if row is None:
        return
    if not await talk.look("is-paused", tools.owns, "conciergerie", pause_of(row), "pause"):
        await _unbar(talk, tools, row)
        return
    await talk.do("unpaused", tools.ownership.disown, tools.lieu.id, "conciergerie", "pause", pause_of(row))
    acts = switches(tools, row, open=True)
    ways = await talk.look("ways", ways_to, tools, row, "reactivate", acts)
    await _everywhere(talk, tools, row, "reactivate", acts, ways)


async def _unbar(talk: Talk, tools: Tools, row: LookedAt) -> None:
    """Whom nobody suspended, the directory may keep out for a while, after too many wrong passwords."""
    if not await talk.look("is-barred", _is_barred, tools.directory, row["login"]):
        await talk.say("not-suspended", who=row["name"])
        return
    try:
        await talk.do("unbar", tools.directory.unbar, row["login"])
    except Refused as no:
        await talk.refused(no)
        return
    await talk.say("unbarred", who=row["name"])
    talk.note("unbarred", row["person"], login=row["login"])


async def _is_barred(directory: Directory, login: str) -> bool:
    """Whoever has no account of the lieu there is nobody to ask about."""
    if not login or "unbar" not in await directory.capabilities():
        return False
    return await directory.barred(login) is not None


async def close(talk: Talk, tools: Tools) -> None:
    """For good, of what was suspended before."""
    row = await whose(talk, tools, to_close=True)
    if row is None:
        return
    if not await talk.look("is-paused", tools.owns, "conciergerie", row["login"], "pause"):
        await talk.say("suspend-first", who=row["name"])
        return
    who = await shown(talk, tools, row)
    elsewhere = await talk.look("elsewhere", _lives_elsewhere, tools, row)
    besides = _besides(talk, tools, row, "close")
    acts = {service: one.close for service, one in tools.accounts(row).items() if one.close}
    ways = await talk.look("ways", ways_to, tools, row, "suspend", acts)
    words = {"who": who, "login": row["login"], "besides": besides, "word": _word(talk, ways)}
    if is_nextcloud(tools.directory):
        await talk.confirm("close-cloud", **words)
    elif is_homeserver(tools.directory):
        await talk.confirm("close-messaging", **words)
    else:
        await talk.confirm("close-partly" if elsewhere else "close", **words)
    if not await talk.seconded("close", about=who):
        return
    if not await talk.look("as-agreed", _as_agreed, tools, row, talk.person):
        await talk.say("not-as-agreed", who=row["name"])
        return
    closed = await _everywhere(talk, tools, row, "close", acts, ways)
    opened = row.get("accounts", {})  # what is left of those is a human's: their name may be somebody else's one day
    await talk.do("forget", forget, tools, row, [*closed, *opened])


async def _lives_elsewhere(tools: Tools, row: LookedAt) -> bool:
    """Whether their Matrix account cannot be closed from here; not known now, it is told afterwards."""
    if tools.synapse is None or not row["address"] or is_homeserver(tools.directory):
        return False
    return bool((await tried(tools.synapse.accounts.delegated)).get("is"))


async def _as_agreed(tools: Tools, row: LookedAt, by: str) -> bool:
    """Still suspended, the lieu's, and of somebody who may be closed out: days may lie between asking and a yes."""
    ours = await tools.owns("directory", row["login"]) and await tools.owns("conciergerie", row["login"], "pause")
    return ours and not await protected(tools, row, by)


# -- what each service is asked


def switches(tools: Tools, row: LookedAt, *, open: bool) -> dict[str, Reading]:
    acts: dict[str, Reading] = {name: partial(one.set_open, open) for name, one in tools.accounts(row).items()}
    if (contact := row.get("contact")) and contact["user"]:
        acts["odoo"] = partial(tools.contacts.set_account, contact, open)
    return acts


# -- one after the other, whatever happens to the others


async def _everywhere(
    talk: Talk, tools: Tools, row: LookedAt, verb: str, acts: Mapping[str, Reading], ways: str
) -> list[str]:
    """The services that did it. The person hears of a door while they can be there to hear it."""
    opens = verb == REACTIVATE
    if not opens:
        await tell_them(talk, tools, row, verb, ways)
    told = {service: await talk.do(service, tried, act) for service, act in acts.items()}
    known = {service: answer for service, answer in told.items() if answer != UNUSED or row["address"] == row["person"]}
    lines = [_line(talk, verb, service, answer) for service, answer in known.items()] + _left(talk, tools, row, verb)
    lines += [_word(talk, ways)] if opens else []
    whole = "done" if all(_is_whole(answer) for answer in told.values()) else "partly"
    await talk.say("done", what=talk.phrase(f"accounts.{verb}.{whole}", who=row["name"]), lines=lines)
    talk.note(NOTED[verb], row["person"], login=row["login"])
    if opens:
        await tell_them(talk, tools, row, verb, ways)
    away = [service for service, answer in told.items() if "away" in answer]
    if away:
        await talk.rest("a-moment", SOON)
    late = [service for service in away if await _finish(talk, tools, row, verb, service, acts[service])]
    return [*(service for service, answer in told.items() if _is_whole(answer)), *late]


def _is_whole(told: Told) -> bool:
    return told.get("is") in WHOLE


async def _finish(talk: Talk, tools: Tools, row: LookedAt, verb: str, service: str, act: Reading) -> bool:
    """What was away is tried until it is back, unless the contrary was asked meanwhile."""
    try:
        made = await talk.do("later", _unless_changed, tools, pause_of(row), verb, act, item=service)
    except Refused as no:
        await talk.refused(no, item=service)
        return False
    if made:
        await talk.say("caught-up", item=service, who=row["name"], line=_line(talk, verb, service, {"is": made}))
    return made in WHOLE


async def _unless_changed(tools: Tools, pause: str, verb: str, act: Reading) -> Any:
    paused = await tools.owns("conciergerie", pause, "pause")
    return await act() if paused is (verb != "reactivate") else ""


def _line(talk: Talk, verb: str, service: str, told: Told) -> str:
    if "is" in told and service in OPENINGS:
        return talk.phrase(f"accounts.{verb}.opened-{told['is']}", service=talk.service(service))
    if "is" in told:
        return talk.phrase(f"accounts.{verb}.{service}-{told['is']}")
    if "away" in told:
        if why := talk.away(told):
            return talk.phrase("line-away-because", why=why)
        return talk.phrase("line-away", service=talk.service(service))
    why = talk.because(Refused(told["refused"], **told["words"]))
    return talk.phrase("line-refused", service=talk.service(service), why=why)


def _left(talk: Talk, tools: Tools, row: LookedAt, verb: str) -> list[str]:
    """What the bot cannot do, and who can."""
    if not row["login"]:
        return []
    lines = []
    if tools.synapse is None and not is_homeserver(tools.directory):
        lines.append(talk.phrase("left-no-administration"))
    elif row["address"] != row["person"]:
        local = tools.facts.own_login(row["person"])
        lines.append(talk.phrase("left-address-not-ours" if local else "left-elsewhere", person=row["person"]))
    if tools.cloud is not None and tools.cloud.accounts.source == "sso":
        lines.append(talk.phrase("left-cloud-follows"))
    elif makes_accounts(tools.cloud, tools.directory) and (verb == "close" or not row["cloud"]):
        lines.append(talk.phrase("left-cloud-stays" if row["cloud"] else "left-cloud-not-ours"))
    return lines
