"""`/cloud/groups`, and who is in them or looks after them."""

from __future__ import annotations

from typing import Any

from .answers import Failure
from .call import Call
from .memory import ADMINS, Account

NOT_ADMIN = {
    True: "Logged in account must be an admin, a sub admin or gotten special right to access this setting",
    False: "Logged in account must be an admin",
}


def user_groups(call: Call, login: str) -> Any:
    account = call.governed(login, self_too=True)
    return {"groups": account.groups if call.who.is_admin else sorted({*account.groups} & {*call.who.subadmin})}


def join(call: Call, login: str) -> Any:
    account, group = _membership(call, login)
    if group not in account.groups:
        account.groups.append(group)
    return []


def leave(call: Call, login: str) -> Any:
    account, group = _membership(call, login)
    if not call.who.is_admin and {*account.groups} & {*call.who.subadmin} == {group}:
        raise Failure(105, "Not viable to remove user from the last group you are sub-admin of")
    account.groups = [other for other in account.groups if other != group]
    return []


def _membership(call: Call, login: str) -> tuple[Account, str]:
    group, account = call.form.get("groupid", ""), call.memory.find(login)
    if group not in call.memory.groups:
        raise Failure(102)
    if account is None:
        raise Failure(103)
    if not call.who.is_admin and group not in call.who.subadmin:
        raise Failure(104)
    return account, group


def subadmins(call: Call, login: str) -> Any:
    call.admin_only(NOT_ADMIN)
    account = call.memory.find(login)
    if account is None:
        raise Failure(404, "User does not exist")
    return account.subadmin


def add_subadmin(call: Call, login: str) -> Any:
    call.admin_only(NOT_ADMIN)
    group, account = call.form.get("groupid", ""), call.memory.find(login)
    if account is None:
        raise Failure(101, "User does not exist")
    if group not in call.memory.groups:
        raise Failure(102, "Group does not exist")
    account.subadmin += [group] if group not in account.subadmin else []
    return []


def list_groups(call: Call) -> Any:
    """By what they are called, too; only their ids are told."""
    if not call.who.is_admin and not call.who.subadmin:
        raise Failure(403, "Logged in account must be at least a sub admin")
    return {"groups": sorted(call.memory.groups_like(call.query.get("search", "")))}


def details(call: Call) -> Any:
    if not call.who.is_admin:
        raise Failure(403, NOT_ADMIN[call.memory.modern])
    return {"groups": [_detail(call, group) for group in sorted(call.memory.groups_like(call.query.get("search", "")))]}


def _detail(call: Call, group: str) -> dict[str, Any]:
    of_all = {"usercount": len(call.memory.members(group)), "disabled": 0, "canAdd": True, "canRemove": True}
    return {"id": group, "displayname": call.memory.shown.get(group, group), **of_all}


def create_group(call: Call) -> Any:
    call.admin_only(NOT_ADMIN)
    group = call.form.get("groupid", "")
    if not group:
        raise Failure(101, "Invalid group name")
    if group in call.memory.groups:
        raise Failure(102, "group exists")
    call.memory.groups.append(group)
    return []


def delete_group(call: Call, group: str) -> Any:
    call.admin_only(NOT_ADMIN)
    if group not in call.memory.groups:
        raise Failure(101)
    if group == ADMINS:
        raise Failure(102)
    call.memory.groups.remove(group)
    for account in call.memory.accounts.values():
        account.groups = [other for other in account.groups if other != group]
    return []


def members(call: Call, group: str) -> Any:
    if group not in call.memory.groups:
        raise Failure(404, "The requested group could not be found")
    if not call.who.is_admin and group not in call.who.subadmin:
        raise Failure(403)
    return {"users": call.memory.members(group)}
