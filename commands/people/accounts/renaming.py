"""A name that was mistyped, put right wherever the lieu's account says it; the username never changes."""

from __future__ import annotations

from bot.errors import Refused
from bot.services import opened_words
from bot.services.directory import is_homeserver, is_nextcloud
from bot.services.nextcloud import makes_accounts
from bot.talk import Name
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.synapse import Synapse

from .lookup import LookedAt, Tools, shown, whose

DONE, OWN, NONE = "done", "own", "none"


async def rename(talk: Talk, tools: Tools) -> None:
    row = await whose(talk, tools)
    if row is None:
        return
    if not await talk.look("able", _changes, tools.directory):
        await talk.say("rename-elsewhere", who=row["name"])
        return
    before = await talk.look("called", _called, tools, row)
    name = await talk.ask("name", Name(), who=before)
    who = await shown(talk, tools, {"person": row["person"], "name": before})
    await talk.confirm("rename", who=who, name=name, login=row["login"])
    try:
        await talk.do("directory", tools.directory.set_name, row["login"], name)
    except Refused as no:
        await talk.refused(no)
        return
    arrival = await talk.look("arrival", tools.arrivals.of_person, tools.lieu.id, row["person"])
    if arrival:
        await talk.do("arrival-name", tools.arrivals.change, arrival["id"], name=name)
    talk.note("renamed", row["person"], login=row["login"])
    lines = [await _on_matrix(talk, tools, row, before, name), await _in_cloud(talk, tools, row, name)]
    await talk.say("renamed", name=name, lines=[*filter(None, lines), *_left(talk, tools, row)])


async def _changes(directory: Directory) -> bool:
    return "change" in await directory.capabilities()


async def _called(tools: Tools, row: LookedAt) -> str:
    """As the directory has it."""
    found = await tools.directory.find(username=row["login"])
    return found[0].name if found else row["name"]


async def _on_matrix(talk: Talk, tools: Tools, row: LookedAt, before: str, name: str) -> str:
    """What somebody has chosen to be called in rooms is theirs."""
    if is_homeserver(tools.directory):
        return talk.phrase("renamed-synapse-done")
    if tools.synapse is None or not row["address"]:
        return talk.phrase("renamed-synapse-theirs")
    try:
        became = await talk.do("synapse", _in_rooms, tools.synapse, row["address"], before, name)
    except Refused as no:
        return talk.phrase("line-refused", service=talk.service("synapse"), why=talk.because(no))
    return "" if became == NONE else talk.phrase("renamed-synapse-done" if became == DONE else "renamed-synapse-theirs")


async def _in_rooms(synapse: Synapse, address: str, before: str, name: str) -> str:
    found = await synapse.accounts.get(address)
    if found is None:
        return NONE  # they will be called as the directory has them
    if found["name"] not in (before, name):
        return OWN
    await synapse.accounts.set_name(address, name)
    return DONE


async def _in_cloud(talk: Talk, tools: Tools, row: LookedAt, name: str) -> str:
    cloud = tools.cloud
    if cloud is None:
        return ""
    if is_nextcloud(tools.directory):
        return talk.phrase("renamed-cloud-done")
    if not makes_accounts(cloud, tools.directory):
        return talk.phrase("renamed-cloud-follows")
    if not row["cloud"]:
        return ""
    try:
        await talk.do("cloud", cloud.accounts.set_name, row["login"], name)
    except Refused as no:
        return talk.phrase("line-refused", service=talk.service("nextcloud"), why=talk.because(no))
    return talk.phrase("renamed-cloud-done")


def _left(talk: Talk, tools: Tools, row: LookedAt) -> list[str]:
    """Where a human writes it otherwise."""
    where = [opened_words.account(talk, service) for service in row.get("accounts", {})]
    where += [talk.service("odoo")] if row.get("contact") else []
    return [talk.phrase("renamed-left", where=where)] if where else []
