"""What exists after a welcome, asked of each server with its own API and nobody's word taken for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.demo.page_text import page_text
from tests.demo.place import HALL, NAME, Place
from tests.demo.sentences import part_of
from tests.demo.welcome import Welcome
from tests.servers.lieu import CLOUD_PASSWORD, Lieu
from tests.servers.plain_http import plain_http


@dataclass(frozen=True, slots=True)
class Row:
    """`is_there`: exactly what should exist was seen."""

    what: str
    where: str
    seen: str
    is_there: bool


async def read_back(welcome: Welcome) -> list[Row]:
    rows = [*await _account(welcome), await _profile(welcome), *await _rooms(welcome), await _hall(welcome.place)]
    rows += [await _page(welcome.newcomer.page)] if welcome.newcomer.page else []
    return rows + (await _cloud(welcome) if welcome.place.lieu.cloud else [])


async def _account(welcome: Welcome) -> list[Row]:
    lieu, newcomer = welcome.place.lieu, welcome.newcomer
    if not lieu.accounts:
        return []
    found = await lieu.accounts.with_email(newcomer.email)
    groups = (welcome.place.group,) if lieu.cloud else ()
    seen = ", ".join(f"{each.login} <{' '.join(each.emails)}> in {' '.join(each.groups) or '—'}" for each in found)
    is_there = [(each.login, each.emails, each.groups) for each in found] == [
        (newcomer.login, (newcomer.email,), groups)
    ]
    return [Row("account", lieu.accounts.label, seen, is_there)]


async def _profile(welcome: Welcome) -> Row:
    name = welcome.newcomer.user_id
    profile = await welcome.zoe.person.call("GET", f"/_matrix/client/v3/profile/{name}")
    return Row("Matrix account", "Synapse", f"{name} ({profile.get('displayname')})", True)


async def _rooms(welcome: Welcome) -> list[Row]:
    """As the newcomer's homeserver and the bot's both tell it."""
    joined = (await welcome.zoe.person.call("GET", "/_matrix/client/v3/joined_rooms"))["joined_rooms"]
    state = f"/_matrix/client/v3/rooms/{welcome.direct}/state/m.room.encryption/"
    algorithm = str((await welcome.zoe.person.call("GET", state)).get("algorithm"))
    rows = [Row("private conversation", "Synapse", algorithm, welcome.direct in joined and "megolm" in algorithm)]
    for name, room in {f"{NAME} (space)": welcome.place.space, **welcome.place.rooms}.items():
        known = await _members(welcome.place, room)
        is_in = room in joined and welcome.newcomer.user_id in known
        rows.append(Row(name, "Synapse", "joined" if is_in else "absent", is_in))
    return rows


async def _members(place: Place, room: str) -> list[str]:
    return list((await place.anne.person.call("GET", f"/_matrix/client/v3/rooms/{room}/joined_members"))["joined"])


async def _hall(place: Place) -> Row:
    """The introduction, as it stands in the room's history."""
    path = f"/_matrix/client/v3/rooms/{place.rooms[HALL]}/messages?dir=b&limit=50"
    events = (await place.anne.person.call("GET", path))["chunk"]
    said = [event["content"].get("m.new_content", {}).get("body", "") for event in events]
    last = next((body.rsplit("\n", 1)[-1] for body in said if body), "")
    return Row("introduction", f"Synapse, {HALL}", last, "Anne" in last)


async def _page(address: str) -> Row:
    """The newcomer's page, opened again: it says where to go from here."""
    async with plain_http(headers={"Accept-Language": "fr"}) as browser:
        shown = page_text((await browser.get(address)).text)
    arrived = part_of("page.newcomer.where")
    return Row("page of the newcomer", "the bot, HTTP", arrived if arrived in shown else shown[:80], arrived in shown)


async def _cloud(welcome: Welcome) -> list[Row]:
    place, login = welcome.place, welcome.newcomer.login
    lieu, group = place.lieu, place.group
    users = (await ocs(lieu, "admin", "admin", f"cloud/groups/{group}/users"))["users"]
    given = await ocs(lieu, lieu.bot_name, CLOUD_PASSWORD, "apps/files_sharing/api/v1/shares")
    shares = [f"{share['path']} → {share['share_with']}" for share in given if share["share_with"] == group]
    return [
        Row(f"group {group}", "Nextcloud, OCS", ", ".join(users), users.count(login) == 1),
        Row("folder shared", "Nextcloud, OCS", ", ".join(shares), shares == [f"/{place.folder} → {group}"]),
    ]


async def ocs(lieu: Lieu, login: str, password: str, path: str) -> Any:
    """The data of one answer of Nextcloud."""
    headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
    async with plain_http(base_url=lieu.cloud_url, auth=(login, password), headers=headers) as http:
        return (await http.get(f"/ocs/v2.php/{path}?format=json")).json()["ocs"]["data"]
