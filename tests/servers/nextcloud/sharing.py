"""The OCS Share API: folders shared with a person, a group, or whoever has a link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from . import federation, passwords
from .answers import Failure
from .call import Call
from .memory import Mail, Share
from .told import ALL, CREATE, GROUP, LINK, MAIL, PERSON, READ, REMOTE, RESHARE, told

GONE = "Wrong share ID, share does not exist"
EDITABLE = ("permissions", "password", "expireDate", "label", "note", "hideDownload", "publicUpload", "attributes")


def list_shares(call: Call) -> Any:
    _api_is_on(call)
    if call.query.get("shared_with_me") == "true":
        return [told(call, s, as_guest=True) for s in _sorted(call) if _reaches(call, s)]
    path = call.query.get("path")
    if path is not None:
        _node(call, path)
    mine = (share for share in _sorted(call) if share.owner == call.who.id and not _ended(call, share))
    return [told(call, share) for share in mine if path is None or share.path == path]


def get_share(call: Call, id: str) -> Any:
    return [told(call, _mine(call, id))]


async def delete_share(call: Call, id: str) -> Any:
    share = _mine(call, id)
    del call.memory.shares[share.id]
    if share.type == REMOTE:
        await federation.unshare(call, share)
    return []


async def create_share(call: Call) -> Any:
    _api_is_on(call)
    path = call.form.get("path")
    if not path:
        raise Failure(404, "Please specify a file or folder path")
    _node(call, path)
    type = call.form.get("shareType", "")
    if type == "9" or (type == "6" and not call.memory.policy.federation):
        where = f"/{call.who.id}/files{path}"
        raise Failure(403, f"Sharing {where} failed because the back end does not allow shares from type {type}")
    make = MAKERS.get(type)
    if make is None:
        raise Failure(400, "Unknown share type")
    before = set(call.memory.shares)
    share = make(call, path)
    if share.type == REMOTE and not await federation.offer(call, share):
        del call.memory.shares[share.id]
        away = "maybe the server is currently unreachable or uses a self-signed certificate."
        raise Failure(403, _opaque(call, f"Sharing {_name(path)} failed, could not find {share.to}, {away}"))
    return told(call, share, fresh=share.id not in before)


def _with_person(call: Call, path: str) -> Share:
    expires = _expiry(call, call.form.get("expireDate"))
    to = call.memory.find(call.form.get("shareWith", ""))
    if to is None:
        raise Failure(404, "Please specify a valid account to share with")
    _not_past(call, expires)
    if to is call.who:
        raise Failure(403, "Cannot share with yourself")
    if call.memory.policy.own_groups_only and not {*to.groups} & {*call.who.groups}:
        raise Failure(403, _opaque(call, "Sharing is only allowed with group members"))
    return _same_or_new(call, PERSON, path, to.id, expires)


def _with_group(call: Call, path: str) -> Share:
    if not call.memory.policy.group_sharing:
        raise Failure(404, "Group sharing is disabled by the administrator")
    to = call.form.get("shareWith", "")
    if to not in call.memory.groups:
        raise Failure(404, "Please specify a valid group")
    if call.memory.policy.own_groups_only and to not in call.who.groups:
        raise Failure(403, _opaque(call, "Sharing is only allowed within your own groups"))
    return _same_or_new(call, GROUP, path, to, _expiry(call, call.form.get("expireDate")))


def _same_or_new(call: Call, type: int, path: str, to: str, expires: str | None) -> Share:
    """Repeating a share gives the one that is there, deaf to new values."""
    mine = (s for s in call.memory.shares.values() if s.owner == call.who.id)
    same = next((s for s in mine if (s.type, s.path, s.to) == (type, path, to)), None)
    permissions = int(call.form.get("permissions", ALL)) | READ
    note = call.form.get("note", "")
    return same or call.memory.share(type, call.who.id, path, to, permissions, expires=expires, note=note)


def _with_link(call: Call, path: str) -> Share:
    if not call.memory.policy.links:
        raise Failure(404, "Public link sharing is disabled by the administrator")
    permissions = _link_permissions(call)
    expires = _link_expiry(call, call.form.get("expireDate"))
    password = call.form.get("password") or None
    if call.memory.policy.link_password and not password:
        raise Failure(403, "Passwords are enforced for link and mail shares")
    passwords.check(password or "", call.language, code=400 if call.memory.modern else 403)
    more = {name: call.form.get(name, "") for name in ("label", "note")}
    return call.memory.share(LINK, call.who.id, path, None, permissions, expires=expires, password=password, **more)


def _with_mail(call: Call, path: str) -> Share:
    to, expires = call.form.get("shareWith", ""), _link_expiry(call, call.form.get("expireDate"))
    if "@" not in to:
        raise (
            Failure(404, "Please specify a valid email address")
            if call.memory.modern
            else Failure(403, "Share not found")
        )
    _not_twice(call, MAIL, path, to)
    password = call.form.get("password") or None
    if call.memory.policy.link_password and not password:
        raise Failure(403, "Passwords are enforced for link and mail shares")
    call.memory.mails += [Mail(to, with_link=True)]
    return call.memory.share(MAIL, call.who.id, path, to, _link_permissions(call), expires=expires, password=password)


def _with_remote(call: Call, path: str) -> Share:
    to, permissions = call.form.get("shareWith", ""), int(call.form.get("permissions", ALL))
    if not federation.CLOUD_ID.fullmatch(to):
        raise Failure(403, "Invalid cloud id")
    _not_twice(call, REMOTE, path, to)
    expires = _expiry(call, call.form.get("expireDate"))
    _not_past(call, expires)
    return call.memory.share(REMOTE, call.who.id, path, to, permissions, expires=expires)


def _not_twice(call: Call, type: int, path: str, to: str) -> None:
    mine = [s for s in call.memory.shares.values() if s.owner == call.who.id]
    if any((s.type, s.path, s.to) == (type, path, to) for s in mine):
        said = f"Sharing {_name(path)} failed, because this item is already shared with the account {to}"
        raise Failure(403, _opaque(call, said))


MAKERS: dict[str, Callable[[Call, str], Share]] = {
    "0": _with_person,
    "1": _with_group,
    "3": _with_link,
    "4": _with_mail,
    "6": _with_remote,
}


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _link_permissions(call: Call) -> int:
    """A drop box (4) is readable on the older version, and everywhere when `publicUpload` is said too."""
    upload = call.form.get("publicUpload") == "true"
    asked = int(call.form.get("permissions", READ))
    if (upload or asked & CREATE) and not call.memory.policy.link_upload:
        said = "Public upload disabled by the administrator" if call.memory.modern else "Public upload is not allowed"
        raise Failure(403, said)
    if upload:
        return ALL
    return asked if asked == CREATE and call.memory.modern else asked | READ | RESHARE


def _link_expiry(call: Call, value: str | None) -> str | None:
    days, expires = call.memory.policy.link_days, _expiry(call, value)
    _not_past(call, expires)
    if days is None:
        return expires
    last = call.today() + timedelta(days=days)
    if expires and date.fromisoformat(expires) > last:
        raise Failure(404, f"Cannot set expiration date more than {days} days in the future")
    return expires or last.isoformat()


def update_share(call: Call, id: str) -> Any:
    share = _mine(call, id)
    if not {*EDITABLE} & {*call.form}:
        raise Failure(400, "Wrong or no update parameter given")
    for name in EDITABLE:
        if name in call.form:
            _edit(call, share, name, call.form[name])
    return told(call, share)


def _edit(call: Call, share: Share, name: str, value: str) -> None:
    if name == "permissions":
        deaf = call.memory.policy.deposits_stay_readable and int(value) == CREATE
        asked, by_link = share.permissions if deaf else int(value), share.type in (LINK, MAIL)
        share.permissions = asked | RESHARE if by_link and asked != CREATE else asked
    elif name == "expireDate":
        expires = _expiry(call, value)
        _not_past(call, expires)
        share.expires = expires
    elif name == "password":
        passwords.check(value, call.language, code=400 if call.memory.modern else 403)
        share.password = value or None
    elif name == "hideDownload":
        share.hide_download = value == "true"
    elif name in ("label", "note"):
        setattr(share, name, value)


def _expiry(call: Call, value: str | None) -> str | None:
    try:
        return date.fromisoformat(value).isoformat() if value else None
    except ValueError:
        said = "Invalid date. Format must be" if call.memory.modern else "Invalid date, date format must be"
        raise Failure(404, f"{said} YYYY-MM-DD") from None


def _ended(call: Call, share: Share) -> bool:
    """The newer version shares until the evening of the last day, the older one until the evening before."""
    if not share.expires:
        return False
    last = date.fromisoformat(share.expires)
    return last < call.today() or (last == call.today() and not call.memory.modern)


def _not_past(call: Call, expires: str | None) -> None:
    if expires and date.fromisoformat(expires) < call.today():
        raise Failure(404, "Expiration date is in the past")


def _opaque(call: Call, plainly: str) -> str:
    return "Failed to create share." if call.memory.modern else plainly


def _api_is_on(call: Call) -> None:
    if not call.memory.policy.sharing:
        raise Failure(404, "Share API is disabled")


def _mine(call: Call, id: str) -> Share:
    _api_is_on(call)
    share = call.memory.shares.get(id)
    if share is None or share.owner != call.who.id or _ended(call, share):
        raise Failure(404, GONE)
    return share


def _node(call: Call, path: str) -> Any:
    node = call.memory.homes[call.who.id].get(path.strip("/"))
    if node is None:
        raise Failure(404, "Wrong path, file/folder does not exist")
    return node


def _sorted(call: Call) -> list[Share]:
    return sorted(call.memory.shares.values(), key=lambda share: (share.type, int(share.id)))


def _reaches(call: Call, share: Share) -> bool:
    return share.to == call.who.id if share.type == PERSON else share.type == GROUP and share.to in call.who.groups
