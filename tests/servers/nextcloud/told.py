"""How shares, and those one may share with, are told."""

from __future__ import annotations

from typing import Any

from . import mounts
from .call import Call
from .memory import CREATE, DELETE, GROUP, LINK, MAIL, PERSON, READ, REMOTE, Node, Share


def sharees(call: Call) -> Any:
    search = call.query.get("search", "").casefold()
    kinds = ("users", "groups", "remotes", "remote_groups", "emails", "circles", "rooms")
    nobody: dict[str, Any] = {kind: [] for kind in kinds}
    found = [a for a in call.memory.accounts.values() if search in a.id.casefold() or search in a.name.casefold()]
    users = [_sharee(account.id, account.name) for account in found]
    groups = [_group(one, call.memory.shown.get(one, one)) for one in call.memory.groups_like(search)]
    if not call.memory.policy.group_sharing or str(GROUP) not in call.query.get("shareType[]", str(GROUP)):
        groups = []
    exact = [one for one in groups if search in (one["label"].casefold(), one["value"]["shareWith"].casefold())]
    others = [one for one in groups if one not in exact]
    shown = {**nobody, "users": users, "groups": others, "lookup": [], "lookupEnabled": not call.memory.modern}
    return {"exact": {**nobody, "groups": exact}, **shown}


def _group(id: str, name: str) -> dict[str, Any]:
    return {"label": name, "value": {"shareType": GROUP, "shareWith": id}}


def _sharee(id: str, name: str) -> dict[str, Any]:
    value = {"shareType": PERSON, "shareWith": id}
    unique = {"shareWithDisplayNameUnique": id, "status": []}
    return {"label": name, "subline": "", "icon": "icon-user", "value": value, **unique}


def told(call: Call, share: Share, *, fresh: bool = False, as_guest: bool = False) -> dict[str, Any]:
    """A share in the server's words: many, some of them only for its owner, its type or its version."""
    owner, node = call.memory.accounts[share.owner], _node(call, share)
    modern, name = call.memory.modern, "/" + share.path.rpartition("/")[2]
    mounted = as_guest or bool(node.offer)
    mount = {"is-mount-root": mounted, "mount-type": "shared" if mounted else ""} if modern else {}
    held = READ | DELETE if as_guest else mounts.granted(call.memory, node) & ~(0 if node.is_folder else CREATE)
    rights = {} if as_guest and not modern else {"item_permissions": held}
    return {
        "id": share.id,
        "share_type": share.type,
        "uid_owner": owner.id,
        "displayname_owner": owner.name,
        "permissions": share.permissions,
        "can_edit": not as_guest,
        "can_delete": True,
        "stime": 1795373190,
        "parent": None,
        "expiration": share.expires and f"{share.expires} {'23:59:59' if modern else '00:00:00'}",
        "token": share.token,
        "uid_file_owner": owner.id,
        "note": share.note,
        "label": share.label if modern or fresh or share.type in (LINK, MAIL, REMOTE) else None,
        "displayname_file_owner": owner.name,
        "path": name if as_guest else share.path,
        "item_type": "folder" if node.is_folder else "file",
        **rights,
        **mount,
        "mimetype": node.kind,
        "has_preview": False,
        "storage_id": f"shared::{name}" if mounted else f"home::{owner.id}",
        "storage": 10,
        "item_source": node.id,
        "file_source": node.id,
        "file_parent": -1 if node.offer else _parent(call, share).id,
        "file_target": name if share.type != MAIL else None if modern else "",
        "item_size": -1 if node.offer else 0,
        "item_mtime": 1795373189,
        **_recipient(call, share),
        "mail_send": int(fresh and share.type != REMOTE),
        "hide_download": int(share.hide_download),
        "attributes": None,
    }


def _node(call: Call, share: Share) -> Node:
    return share.hollow or call.memory.homes[share.owner][share.path.strip("/")]


def _parent(call: Call, share: Share) -> Node:
    return call.memory.homes[share.owner][share.path.strip("/").rpartition("/")[0]]


def _recipient(call: Call, share: Share) -> dict[str, Any]:
    if share.type == LINK:
        secret = share.password and ("redacted" if call.memory.modern else "<argon2-hash>")
        link = {"send_password_by_talk": False, "url": f"{call.address}/s/{share.token}"}
        return {"share_with": secret, "share_with_displayname": "(Shared link)", "password": secret, **link}
    if share.type == MAIL:
        locked = {"password": share.password and "redacted", "password_expiration_time": None}
        return {"share_with": share.to, "share_with_displayname": share.to, "send_password_by_talk": False} | locked
    if share.type == REMOTE:
        trust = {"is_trusted_server": False} if call.memory.modern else {}
        return {"share_with": share.to, "share_with_displayname": "", **trust}
    if share.type == GROUP:
        return {"share_with": share.to, "share_with_displayname": call.memory.shown.get(str(share.to), share.to)}
    name = call.memory.accounts[str(share.to)].name
    return {"share_with": share.to, "share_with_displayname": name, "share_with_displayname_unique": share.to}
