"""What exists after the play, asked of each server with its own API and nobody's word taken for it."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tests.demo.play import EMAIL, Play
from tests.servers.lieu import EmbeddedLieu


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    where: str
    seen: str
    is_there: bool


async def read_back(lieu: EmbeddedLieu, play: Play) -> list[Row]:
    return [await _account(lieu), await _matrix_account(lieu), *await _rooms(play), *await _cloud(lieu)]


async def _account(lieu: EmbeddedLieu) -> Row:
    async with httpx.AsyncClient() as http:
        ask = {"grant_type": "client_credentials", "scope": "openid"}
        token = (
            await http.post(lieu.house.sso.token_url, data=ask, auth=(lieu.house.sso.bot.id, lieu.house.sso.bot.secret))
        ).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        user = (await http.get(f"{lieu.house.sso.scim_url}/Users/zoe.martin", headers=headers)).json()
    emails = [each["value"] for each in user.get("emails", [])]
    groups = [each.get("display", each.get("value")) for each in user.get("groups", [])]
    return Row("account", "Canaille, SCIM", f"{user.get('userName')} {emails} {groups}", emails == [EMAIL])


async def _matrix_account(lieu: EmbeddedLieu) -> Row:
    name = lieu.synapse.user_id("zoe.martin")
    profile = await lieu.synapse.call("GET", f"/_matrix/client/v3/profile/{name}")
    return Row("Matrix account", "Synapse", f"{name} ({profile.get('displayname')})", True)


async def _rooms(play: Play) -> list[Row]:
    joined = (await play.zoe.person.call("GET", "/_matrix/client/v3/joined_rooms"))["joined_rooms"]
    encryption = await play.zoe.person.call("GET", f"/_matrix/client/v3/rooms/{play.direct}/state/m.room.encryption/")
    rooms = {"La Rosée (space)": play.space} | play.rooms
    return [
        Row("private room", "Synapse", str(encryption.get("algorithm")), play.direct in joined),
        *(Row(name, "Synapse", "joined" if id in joined else "absent", id in joined) for name, id in rooms.items()),
    ]


async def _cloud(lieu: EmbeddedLieu) -> list[Row]:
    headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=lieu.cloud_url, auth=("admin", "admin"), headers=headers) as http:
        members = (await http.get("/ocs/v2.php/cloud/groups/la.rosee/users?format=json")).json()["ocs"]["data"]["users"]
    async with httpx.AsyncClient(
        base_url=lieu.cloud_url, auth=("conciergerie", "real-password"), headers=headers
    ) as http:
        path = "/ocs/v2.php/apps/files_sharing/api/v1/shares?format=json"
        shares = (await http.get(path)).json()["ocs"]["data"]
    shared = [f"{share['path']} → {share['share_with']}" for share in shares]
    return [
        Row("group la.rosee", "Nextcloud, OCS", ", ".join(members), "zoe.martin" in members),
        Row("folder shared", "Nextcloud, OCS", ", ".join(shared), "/La Rosée → la.rosee" in shared),
    ]
