"""`/cloud/users`: who may see, make, change and delete whom."""

from __future__ import annotations

import re
from typing import Any

from . import passwords
from .answers import Failure
from .call import Call
from .memory import Account, Mail, Memory
from .profile import QUOTA, profile

NAME = re.compile(r"[a-zA-Z0-9 _.@\-']*")
LANGUAGES = frozenset({"en", "fr", "de", "es", "it", "nl", "pt", "br", "oc"})
UNITS = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
SAID = 'Only the following characters are allowed in an Login: "a-z", "A-Z", "0-9", spaces and "_.@-\'"'
PLAIN_KEYS = {"displayname": "name", "locale": "locale", "phone": "phone", "language": "language"}


def whoami(call: Call) -> Any:
    return profile(call.memory, call.who, scopes=True, storage=True)


def list_users(call: Call) -> Any:
    if not call.who.is_admin and not call.who.subadmin:
        raise Failure(403, "Logged in account must be at least a sub admin")
    search = call.query.get("search", "").casefold()
    seen = [a for a in call.memory.accounts.values() if call.governs(a) or a is call.who]
    found = sorted(a.id for a in seen if any(search in text.casefold() for text in _searchable(call, a)))
    offset = int(call.query.get("offset", 0))
    return {"users": found[offset:][: int(call.query.get("limit", len(found)))]}


def _searchable(call: Call, account: Account) -> list[str]:
    return [account.id, account.name, *([account.email or ""] if call.who.is_admin else [])]


def list_details(call: Call) -> Any:
    """Of a group's administrator, their groups alone; without an e-mail address to search by."""
    told = {
        login: profile(call.memory, call.memory.accounts[login], scopes=False, storage=call.who.is_admin)
        for login in list_users(call)["users"]
    }
    return {"users": told or []}


def mail_link(memory: Memory, login: str) -> None:
    """Somebody who forgot their password, or has none; whoever asks is told the same whatever became of it."""
    account = memory.find(login)
    if account and account.enabled and account.email and memory.policy.mail_works:
        memory.mails.append(Mail(account.email, with_link=True))


def get_user(call: Call, login: str) -> Any:
    account = call.memory.find(login)
    if account is None:
        raise Failure(404, "User does not exist")
    if not call.governs(account) and account is not call.who:
        raise Failure(998)
    return profile(call.memory, account, scopes=account is call.who, storage=call.who.is_admin)


def create_user(call: Call) -> Any:
    login, groups, email = call.form.get("userid", ""), call.many("groups"), call.form.get("email", "")
    if not login and call.memory.policy.generated_ids:
        login = f"auto{len(call.memory.accounts)}"
    if call.memory.find(login):
        raise Failure(102, "User already exists")
    _check_groups(call, groups)
    password = call.form.get("password", "")
    if not password and not email:
        raise Failure(108, _no_address(call))
    if call.memory.policy.email_required and not email:
        raise Failure(110, "Required email address was not provided")
    passwords.check(password, call.language)
    _check_login(call, login)
    account = call.memory.add(Account(login, password or "never told", call.form.get("displayName", ""), groups=groups))
    _finish(call, account, email)
    return {"id": login}


def _finish(call: Call, account: Account, email: str) -> None:
    """What comes after the account exists; a failure here leaves it half made."""
    if call.half_create():
        raise Failure(101, "Bad request")
    account.quota = _quota(call, call.form.get("quota", "none"))
    account.language = _language(call, call.form.get("language", "en"))
    account.email = email or None
    if email and not call.memory.policy.mail_works and not call.memory.modern:
        raise Failure(101, "Bad request")
    if email and call.memory.policy.mail_works:
        call.memory.mails.append(Mail(email, with_link=not call.form.get("password")))


def _check_groups(call: Call, groups: list[str]) -> None:
    for group in groups:
        if group not in call.memory.groups:
            raise Failure(104, f"Group {group} does not exist")
        if not call.who.is_admin and group not in call.who.subadmin:
            raise Failure(105, f"Insufficient privileges for group {group}")
    if not call.who.is_admin and not call.who.subadmin:
        raise Failure(403, "Logged in account must be at least a sub admin")
    if not groups and not call.who.is_admin:
        raise Failure(106, "No group specified (required for sub-admins)")


def _check_login(call: Call, login: str) -> None:
    if not NAME.fullmatch(login):
        raise Failure(101, SAID)
    if not login.strip():
        raise Failure(101, "A valid Login must be provided")
    if login != login.strip():
        raise Failure(101, "Login contains whitespace at the beginning or at the end")
    if not login.strip("."):
        raise Failure(101, "Login must not consist of dots only")
    if len(login) > 64 and call.memory.modern:
        raise Failure(101, "Username is too long")


def _no_address(call: Call) -> str:
    if call.memory.modern:
        return "An email address is required, to send a password link to the user."
    return "To send a password link to the user an email address is required."


def _invalid(call: Call) -> int:
    return 101 if call.memory.modern else 102


def _quota(call: Call, value: str) -> int:
    if value in ("none", "default"):
        return QUOTA
    size = re.fullmatch(r"(\d+) ?([KMGT]?B?)", value)
    if not size or size[2] not in UNITS:
        raise Failure(_invalid(call), f"Invalid quota value: {value}")
    return int(size[1]) * UNITS[size[2]]


def _language(call: Call, value: str) -> str:
    if value not in LANGUAGES:
        raise Failure(_invalid(call), "Invalid language")
    return value


def edit_user(call: Call, login: str) -> Any:
    account, key, value = call.governed(login), call.form.get("key", ""), call.form.get("value", "")
    if key in PLAIN_KEYS:
        setattr(account, PLAIN_KEYS[key], value)
    elif key == "email":
        _edit_email(call, account, value)
    elif key == "quota":
        account.quota = _quota(call, value)
    elif key == "password":
        passwords.check(value, call.language, code=107 if call.memory.modern else 103)
        account.password = value
    else:
        raise Failure(113 if call.memory.modern else 103)
    return []


def _edit_email(call: Call, account: Account, value: str) -> None:
    if "@" not in value:
        raise Failure(_invalid(call))
    account.email = value


def enable_user(call: Call, login: str, verb: str) -> Any:
    if call.memory.find(login) is None:
        raise Failure(101)
    call.governed(login).enabled = verb == "enable"
    return []


def delete_user(call: Call, login: str) -> Any:
    account = call.governed(login, self_too=True)
    if account is call.who:
        raise Failure(101)
    call.memory.remove(account)
    return []


def welcome(call: Call, login: str) -> Any:
    account = call.governed(login)
    if not account.email:
        raise Failure(101, "Email address not available")
    if call.memory.policy.mail_works:
        call.memory.mails.append(Mail(account.email, with_link=False))
    return []
