"""The OCS Share API: folders shared with a person, a group, or whoever has a link."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from datetime import date, timedelta
from typing import Any

from . import federation, mounts, passwords
from .answers import Failure, Lost
from .call import Call
from .memory import ALL, CREATE, DELETE, GROUP, LINK, MAIL, PERSON, READ, REMOTE, RESHARE, Mail, Policy, Share
from .places import received
from .told import told

GONE = "Wrong share ID, share does not exist"
EDITABLE = ("permissions", "password", "expireDate", "label", "note", "hideDownload", "publicUpload", "attributes")


def list_shares(call: Call) -> Any:
    _api_is_on(call)
    if call.query.get("shared_with_me") == "true":
        return [told(call, s, as_guest=True) for s in _sorted(received(call.memory, call.who.id, call.today()))]
    path = call.query.get("path")
    if path is not None:
        _node(call, path)
    mine = (share for share in _sorted(call.memory.shares.values()) if _is_mine(call, share))
    return [told(call, share) for share in mine if path is None or share.path == path]


def get_share(call: Call, id: str) -> Any:
    return [told(call, _mine(call, id))]


async def delete_share(call: Call, id: str) -> Any:
    """The newer version ends what is hollow, though it shows it no more; the older one is lost."""
    found = call.memory.shares.get(id)
    hollow = found if found and found.hollow and found.owner == call.who.id else None
    if hollow and not call.memory.modern:
        raise Lost
    share = hollow or _mine(call, id)
    del call.memory.shares[share.id]
    if share.type == REMOTE:
        await federation.unshare(call, share)
    return []


async def create_share(call: Call) -> Any:
    _api_is_on(call)
    path = call.form.get("path")
    if not path:
        raise Failure(404, "Please specify a file or folder path")
    node = _node(call, path)
    type = call.form.get("shareType", "")
    if int(call.form.get("permissions", READ)) & ~mounts.granted(call.memory, node):
        raise Failure(404, f"Cannot increase permissions of {path}")
    if node.offer and type == str(LINK) and not call.memory.modern:
        raise Failure(500, "Internal Server Error\n")
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
    _day(call, call.form.get("expireDate"))
    to = call.memory.find(call.form.get("shareWith", ""))
    if to is None:
        raise Failure(404, "Please specify a valid account to share with")
    expires = _end(call, PERSON)
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
    return _same_or_new(call, GROUP, path, to, _end(call, GROUP))


def _same_or_new(call: Call, type: int, path: str, to: str, expires: str | None) -> Share:
    """Repeating a share gives the one that is there, deaf to new values."""
    mine = (s for s in call.memory.shares.values() if s.owner == call.who.id)
    same = next((s for s in mine if (s.type, s.path, s.to) == (type, path, to)), None)
    permissions = _fitting(call, path, int(call.form.get("permissions", ALL)) | READ)
    note = call.form.get("note", "")
    return same or call.memory.share(type, call.who.id, path, to, permissions, expires=expires, note=note)


def _with_link(call: Call, path: str) -> Share:
    if not call.memory.policy.links:
        raise Failure(404, "Public link sharing is disabled by the administrator")
    permissions = _link_permissions(call, path)
    expires = _end(call, LINK)
    password = call.form.get("password") or None
    if call.memory.policy.link_password and not password:
        raise Failure(403, "Passwords are enforced for link and mail shares")
    passwords.check(password or "", call.language, code=400 if call.memory.modern else 403)
    more = {name: call.form.get(name, "") for name in ("label", "note")}
    return call.memory.share(LINK, call.who.id, path, None, permissions, expires=expires, password=password, **more)


def _with_mail(call: Call, path: str) -> Share:
    to, expires = call.form.get("shareWith", ""), _end(call, MAIL)
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
    return call.memory.share(
        MAIL, call.who.id, path, to, _link_permissions(call, path), expires=expires, password=password
    )


def _with_remote(call: Call, path: str) -> Share:
    to, permissions = call.form.get("shareWith", ""), _fitting(call, path, int(call.form.get("permissions", ALL)))
    if not federation.CLOUD_ID.fullmatch(to):
        raise Failure(403, "Invalid cloud id")
    _not_twice(call, REMOTE, path, to)
    return call.memory.share(REMOTE, call.who.id, path, to, permissions, expires=_end(call, REMOTE))


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


def _fitting(call: Call, path: str, permissions: int) -> int:
    """Nothing is made in a file, nor deleted from it."""
    return permissions if _node(call, path).is_folder else permissions & ~(CREATE | DELETE)


def _link_permissions(call: Call, path: str) -> int:
    """A drop box (4) is readable on the older version, and everywhere when `publicUpload` is said too."""
    upload = call.form.get("publicUpload") == "true"
    asked = int(call.form.get("permissions", READ))
    if (upload or asked & CREATE) and not call.memory.policy.link_upload:
        said = "Public upload disabled by the administrator" if call.memory.modern else "Public upload is not allowed"
        raise Failure(403, said)
    if upload:
        return ALL
    may = _fitting(call, path, asked if asked == CREATE and call.memory.modern else asked | READ | RESHARE)
    if not may:
        raise Failure(400, "Share must at least have READ or CREATE permissions")
    return may


def _days(policy: Policy, type: int) -> int | None:
    within = {PERSON: policy.internal_days, GROUP: policy.internal_days, REMOTE: policy.remote_days}
    return within.get(type, policy.link_days)


def _end(call: Call, type: int) -> str | None:
    """The day that was asked for, else the server's own, if it has one: « none » is an answer on the newer version."""
    value, policy = call.form.get("expireDate"), call.memory.policy
    days = _days(policy, type)
    asked = _checked(call, type, value)
    if asked or days is None or (value == "" and not policy.ends_enforced and call.memory.modern):
        return asked
    return (call.today() + timedelta(days=days)).isoformat()


def _checked(call: Call, type: int, value: str | None) -> str | None:
    asked, days = _day(call, value), _days(call.memory.policy, type)
    _not_past(call, asked)
    enforced = days is not None and call.memory.policy.ends_enforced
    if asked and enforced and date.fromisoformat(asked) > call.today() + timedelta(days=days or 0):
        raise Failure(404, f"Cannot set expiration date more than {days} days in the future")
    return asked


def update_share(call: Call, id: str) -> Any:
    """All that is asked, or nothing."""
    share = _mine(call, id)
    if not {*EDITABLE} & {*call.form}:
        raise Failure(400, "Wrong or no update parameter given")
    changed = copy(share)
    for name in EDITABLE:
        if name in call.form:
            _edit(call, changed, name, call.form[name])
    vars(share).update(vars(changed))
    return told(call, share)


def _edit(call: Call, share: Share, name: str, value: str) -> None:
    if name == "permissions":
        _not_too_much(call, share, int(value))
        deaf = call.memory.policy.deposits_stay_readable and int(value) == CREATE
        asked, by_link = share.permissions if deaf else int(value), share.type in (LINK, MAIL)
        share.permissions = asked | RESHARE if by_link and asked != CREATE else asked
    elif name == "expireDate":
        share.expires = _checked(call, share.type, value)
        if not value and _days(call.memory.policy, share.type) is not None and call.memory.policy.ends_enforced:
            raise Failure(400, _unchanged(call, "Expiration date is enforced"))
    elif name == "password":
        if not value and call.memory.policy.link_password:
            raise Failure(400, _unchanged(call, "Passwords are enforced for link and mail shares"))
        passwords.check(value, call.language, code=400 if call.memory.modern else 403)
        share.password = value or None
    elif name == "hideDownload":
        share.hide_download = value == "true"
    elif name == "note" or (name == "label" and share.type in (LINK, MAIL)):
        setattr(share, name, value)


def _not_too_much(call: Call, share: Share, permissions: int) -> None:
    if _fitting(call, share.path, permissions) == permissions:
        return
    if call.memory.modern:
        raise Failure(400, "Failed to update share.")
    if share.type in (LINK, MAIL) and permissions != CREATE:
        raise Failure(400, "Public upload is only possible for publicly shared folders")
    raise Failure(404, f"Cannot increase permissions of {share.path}")


def _day(call: Call, value: str | None) -> str | None:
    try:
        return date.fromisoformat(value).isoformat() if value else None
    except ValueError:
        said = "Invalid date. Format must be" if call.memory.modern else "Invalid date, date format must be"
        raise Failure(404, f"{said} YYYY-MM-DD") from None


def _not_past(call: Call, expires: str | None) -> None:
    first = call.today() + timedelta(days=not call.memory.modern)
    if expires and date.fromisoformat(expires) < first:
        raise Failure(404, "Expiration date is in the past")


def _opaque(call: Call, plainly: str) -> str:
    return "Failed to create share." if call.memory.modern else plainly


def _unchanged(call: Call, plainly: str) -> str:
    return "Failed to update share." if call.memory.modern else plainly


def _api_is_on(call: Call) -> None:
    if not call.memory.policy.sharing:
        raise Failure(404, "Share API is disabled")


def _mine(call: Call, id: str) -> Share:
    _api_is_on(call)
    share = call.memory.shares.get(id)
    if share is None or not _is_mine(call, share):
        raise Failure(404, GONE)
    return share


def _is_mine(call: Call, share: Share) -> bool:
    over = share.hollow or share.has_ended(call.today(), modern=call.memory.modern)
    return share.owner == call.who.id and not over


def _node(call: Call, path: str) -> Any:
    node = call.memory.homes[call.who.id].get(path.strip("/"))
    if node is None:
        raise Failure(404, "Wrong path, file/folder does not exist")
    return node


def _sorted(shares: Iterable[Share]) -> list[Share]:
    return sorted(shares, key=lambda share: (share.type, int(share.id)))
