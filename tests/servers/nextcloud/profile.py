"""The long description of an account, with the fields of each version in their order."""

from __future__ import annotations

from typing import Any

from .memory import Account, Memory

QUOTA = -3
DISK = 80 * 2**30  # what is free of it is an account's room on the older version, where it has no quota
SCOPED = {
    "avatar": "v2-federated",
    "email": "v2-federated",
    "displayname": "v2-federated",
    "pronouns": "v2-federated",
}
LATER = ("firstLoginTimestamp", "lastLoginTimestamp", "bluesky", "pronouns", "timezone")
CONTACT = ("phone", "address", "website", "twitter", "bluesky", "fediverse", "organisation", "role", "headline")
SCOPES = ("avatar", "email", "displayname", *CONTACT, "biography", "profile_enabled", "pronouns")


def profile(memory: Memory, account: Account, *, scopes: bool, storage: bool) -> dict[str, Any]:
    fields = {
        "enabled": account.enabled,
        "storageLocation": f"/var/www/data/{account.id}",
        "id": account.id,
        "firstLoginTimestamp": account.last_login,
        "lastLoginTimestamp": account.last_login,
        "lastLogin": account.last_login * 1000,
        "backend": account.backend,
        "subadmin": account.subadmin,
        "quota": _quota(memory, account),
        "manager": "",
        "email": account.email,
        "additional_mail": [],
        "displayname": account.name,
        "display-name": account.name,
        **dict.fromkeys(CONTACT, ""),
        "phone": account.phone,
        "biography": "",
        "profile_enabled": "1",
        "pronouns": "",
        "groups": account.groups,
        "language": account.language,
        "locale": account.locale,
        "timezone": "",
        "notify_email": None,
        "backendCapabilities": {"setDisplayName": True, "setPassword": True},
    }
    if scopes:
        fields |= {f"{name}Scope": SCOPED.get(name, "v2-local") for name in SCOPES} | {"additional_mailScope": []}
    absent = (() if storage else ("storageLocation",)) + (() if memory.modern else LATER)
    return {name: value for name, value in fields.items() if name.removesuffix("Scope") not in absent}


def _quota(memory: Memory, account: Account) -> dict[str, Any]:
    """Before its first sign-in, an account of the older version has no storage to measure."""
    if not memory.modern and not account.last_login:
        return {"quota": "none" if account.quota == QUOTA else account.quota, "used": 0}
    used, total = memory.used(account.id), account.quota
    if not memory.modern and total == QUOTA:
        total = used + DISK
    relative = round(100 * used / total, 2) if used and total > 0 else 0
    free = max(0, total - used) if total >= 0 else total
    return {"free": free, "used": used, "total": total, "relative": relative, "quota": account.quota}
