"""Team folders and external storages: apps whose addresses answer beside the OCS ones, in their own way."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from .answers import Json, failure, nothing, ocs
from .call import Call
from .memory import TeamFolder

TEAM = "/index.php/apps/groupfolders/folders"
STORAGES = "/index.php/apps/files_external/globalstorages"
NOT_ADMIN = "Logged in user must be an admin, a sub admin or gotten special right to access this setting"
NO_TEAM_FOLDER = "Groupfolder not found"
ALL = 31
NGINX = """<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx/1.22.1</center>
</body>
</html>
"""


class Permanent(Exception):
    """A refusal: the newer version says it in JSON, the older one in a status line that no proxy passes on."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__(status, message)


def serve(call: Call, method: str, path: str, *, confirmed: bool) -> Response:
    if method != "GET" and call.memory.modern and not confirmed:
        return failure(403, "Password confirmation is required", v=1)
    if method != "GET" and not _governs(call):
        return failure(403, NOT_ADMIN, v=1) if call.memory.modern else _broken()
    try:
        return ocs(_done(call, method, path.removeprefix(TEAM)), v=1)
    except Permanent as no:
        if not call.memory.modern:
            return _broken()
        return Json({"message": no.message}, no.status) if no.message else nothing(no.status)
    except KeyError:
        return Json({"message": NO_TEAM_FOLDER}, 404) if call.memory.modern else failure(404, "", v=1)


def _governs(call: Call) -> bool:
    return call.who.is_admin or call.who.has_team_folders


def _broken() -> Response:
    return Response(NGINX, 502, {"content-type": "text/html"})


def _done(call: Call, method: str, route: str) -> Any:
    if not route:
        return _list(call) if method == "GET" else _create(call)
    id, *rest = route.strip("/").split("/")
    folder = call.memory.team_folders[int(id)]
    if method == "GET":
        return _told(call, folder)
    _change(call, folder, method, rest)
    return {"success": True, **({"folder": _told(call, folder)} if call.memory.modern else {})}


def _list(call: Call) -> Any:
    """A group admin sees those of its groups (source)."""
    seen = [f for f in call.memory.team_folders.values() if _governs(call) or {*f.groups} & {*call.who.subadmin}]
    if call.memory.modern or not seen:
        return [_told(call, folder) for folder in seen]
    return {str(folder.id): _told(call, folder) for folder in seen}


def _create(call: Call) -> Any:
    name = call.form.get("mountpoint")
    if name is None:
        raise Permanent(400, "")
    if call.memory.modern and any(folder.name == name for folder in call.memory.team_folders.values()):
        raise Permanent(400, "Mount point already exists")
    folder = call.memory.team_folder(name or "/")
    return _told(call, folder) if call.memory.modern else {"id": folder.id}


def _change(call: Call, folder: TeamFolder, method: str, rest: list[str]) -> None:
    match method, rest:
        case "POST", ["groups"]:
            if call.form["group"] in folder.groups:
                raise Permanent(400, "Group already assigned to this Groupfolder")
            folder.groups[call.form["group"]] = ALL
        case "POST", ["groups", group]:
            folder.groups |= {group: int(call.form["permissions"])} if group in folder.groups else {}
        case "DELETE", ["groups", group]:
            folder.groups.pop(group, None)
        case "POST", ["quota"]:
            asked = call.form["quota"]
            folder.quota = int(asked) if re.fullmatch(r"-?\d+", asked) else 0


def _told(call: Call, folder: TeamFolder) -> dict[str, Any]:
    named = {g: {"displayName": g, "permissions": bits, "type": "group"} for g, bits in folder.groups.items()}
    told = {
        "id": folder.id,
        "mount_point": folder.name,
        "quota": folder.quota,
        "acl": folder.acl,
        "size": 0,
        "groups": folder.groups or [],
        "group_details": named or [],
        "manage": folder.manage,
    }
    return told | ({"acl_default_no_permission": False} if call.memory.modern else {})


def storages(call: Call) -> Response:
    """Storages of the whole server, for its administrators; the older version hears no application here."""
    if not call.memory.modern:
        return Json({"message": "CSRF check failed"}, 412)
    return Json([_config(storage.id, storage.name, storage.groups) for storage in call.memory.storages])


def mounts(call: Call) -> Any:
    """What an account sees of them."""
    options = {} if call.memory.modern else {"mountOptions": {"enable_sharing": False}}
    seen = [one for one in call.memory.storages if not one.groups or {*one.groups} & {*call.who.groups}]
    return [
        {
            "id": one.id,
            "type": "dir",
            "name": one.name,
            "path": "",
            "permissions": 1,
            "scope": "system",
            "backend": "Nextcloud (WebDAV)" if call.memory.modern else "Nextcloud",
            "class": "owncloud",
            "config": _config(one.id, one.name, one.groups) | options,
        }
        for one in seen
    ]


def _config(id: int, name: str, groups: list[str]) -> dict[str, Any]:
    options = {"host": "http://cloud-b.example", "password": "__unmodified__", "root": "", "secure": False, "user": "d"}
    return {
        "id": id,
        "mountPoint": f"/{name}",
        "backend": "owncloud",
        "authMechanism": "password::password",
        "backendOptions": options,
        "priority": 100,
        "applicableGroups": groups,
        "userProvided": False,
        "type": "system",
    }
