"""An account suspended, given back, or closed: one act, with a line for what each service did and could not do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from bot.errors import Refused
from bot.services.service import NONE, WHOLE
from bot.talk.outages import Reading, Told, tried
from bot.talk.talk import Talk

from .keys import Keys, LookedAt, against_a_concierge, forget, protected, shown, whose

SOON = timedelta(minutes=1)
UNUSED: Told = {"is": NONE}  # says nothing of somebody who is here under another address
NOTED = {"suspend": "suspended", "reactivate": "reactivated", "close": "closed"}


async def suspend(talk: Talk, keys: Keys) -> None:
    row = await whose(talk, keys, to_close=True)
    if row is None:
        return
    await talk.confirm("suspend", who=await shown(talk, keys, row), login=row["login"])
    if not await against_a_concierge(talk, keys, row, "suspend"):
        return
    await talk.do("paused", keys.ownership.own, keys.lieu.id, "conciergerie", "pause", row["login"], row["person"])
    await _everywhere(talk, keys, row, "suspend", doors(keys, row, open=False))


async def reactivate(talk: Talk, keys: Keys) -> None:
    row = await whose(talk, keys)
    if row is None:
        return
    if not await talk.look("is-paused", keys.owns, "conciergerie", row["login"], "pause"):
        await talk.say("not-suspended", who=row["name"])
        return
    await talk.do("unpaused", keys.ownership.disown, keys.lieu.id, "conciergerie", "pause", row["login"])
    await _everywhere(talk, keys, row, "reactivate", doors(keys, row, open=True))


async def close(talk: Talk, keys: Keys) -> None:
    """For good, of what was suspended before."""
    row = await whose(talk, keys, to_close=True)
    if row is None:
        return
    if not await talk.look("is-paused", keys.owns, "conciergerie", row["login"], "pause"):
        await talk.say("suspend-first", who=row["name"])
        return
    who = await shown(talk, keys, row)
    elsewhere = await talk.look("elsewhere", _lives_elsewhere, keys, row)
    await talk.confirm("close-partly" if elsewhere else "close", who=who, login=row["login"])
    if not await talk.seconded("close", about=who):
        return
    if not await talk.look("as-agreed", _as_agreed, keys, row, talk.person):
        await talk.say("not-as-agreed", who=row["name"])
        return
    acts = {service: one.close for service, one in keys.accounts(row).items() if one.close}
    closed = await _everywhere(talk, keys, row, "close", acts)
    await talk.do("forget", forget, keys, row, closed)


async def _lives_elsewhere(keys: Keys, row: LookedAt) -> bool:
    """Whether their Matrix account cannot be closed from here; not known now, it is told afterwards."""
    if keys.synapse is None or not row["address"]:
        return False
    return bool((await tried(keys.synapse.accounts.delegated)).get("is"))


async def _as_agreed(keys: Keys, row: LookedAt, by: str) -> bool:
    """Still suspended, the lieu's, and of somebody who may be closed out: days may lie between asking and a yes."""
    ours = await keys.owns("directory", row["login"]) and await keys.owns("conciergerie", row["login"], "pause")
    return ours and not await protected(keys, row, by)


# -- what each service is asked


def doors(keys: Keys, row: LookedAt, *, open: bool) -> dict[str, Reading]:
    return {service: partial(one.set_open, open) for service, one in keys.accounts(row).items()}


# -- one after the other, whatever happens to the others


async def _everywhere(talk: Talk, keys: Keys, row: LookedAt, verb: str, acts: Mapping[str, Reading]) -> list[str]:
    """The services that did it."""
    told = {service: await talk.do(service, tried, act) for service, act in acts.items()}
    known = {service: answer for service, answer in told.items() if answer != UNUSED or row["address"] == row["person"]}
    lines = [_line(talk, verb, service, answer) for service, answer in known.items()] + _left(talk, keys, row, verb)
    whole = "done" if all(_is_whole(answer) for answer in told.values()) else "partly"
    await talk.say("done", what=talk.phrase(f"accounts.{verb}.{whole}", who=row["name"]), lines=lines)
    talk.note(NOTED[verb], row["person"], login=row["login"])
    away = [service for service, answer in told.items() if "away" in answer]
    if away:
        await talk.rest("a-moment", SOON)
    late = [service for service in away if await _finish(talk, keys, row, verb, service, acts[service])]
    return [*(service for service, answer in told.items() if _is_whole(answer)), *late]


def _is_whole(told: Told) -> bool:
    return told.get("is") in WHOLE


async def _finish(talk: Talk, keys: Keys, row: LookedAt, verb: str, service: str, act: Reading) -> bool:
    """What was away is tried until it is back, unless the contrary was asked meanwhile."""
    try:
        made = await talk.do("later", _unless_changed, keys, row["login"], verb, act, item=service)
    except Refused as no:
        await talk.refused(no, item=service)
        return False
    if made:
        await talk.say("caught-up", item=service, who=row["name"], line=_line(talk, verb, service, {"is": made}))
    return made in WHOLE


async def _unless_changed(keys: Keys, login: str, verb: str, act: Reading) -> Any:
    paused = await keys.owns("conciergerie", login, "pause")
    return await act() if paused is (verb != "reactivate") else ""


def _line(talk: Talk, verb: str, service: str, told: Told) -> str:
    if "is" in told:
        return talk.phrase(f"accounts.{verb}.{service}-{told['is']}")
    if "away" in told:
        return talk.phrase("line-away", service=talk.service(service))
    why = talk.because(Refused(told["refused"], **told["words"]))
    return talk.phrase("line-refused", service=talk.service(service), why=why)


def _left(talk: Talk, keys: Keys, row: LookedAt, verb: str) -> list[str]:
    """What the bot cannot do, and who can."""
    lines = []
    if keys.synapse is None:
        lines.append(talk.phrase("left-no-administration"))
    elif row["address"] != row["person"]:
        local = keys.facts.own_login(row["person"])
        lines.append(talk.phrase("left-address-not-ours" if local else "left-elsewhere", person=row["person"]))
    if keys.cloud is not None and keys.cloud.accounts.source == "sso":
        lines.append(talk.phrase("left-cloud-follows"))
    elif keys.cloud is not None and (verb == "close" or not row["cloud"]):
        lines.append(talk.phrase("left-cloud-stays" if row["cloud"] else "left-cloud-not-ours"))
    return lines
