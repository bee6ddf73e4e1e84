"""Which OCS address is answered by what, and which of them ask for the password."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import federation, groups, passwords, sharing, team_folders, told, users
from .identity import EDITS_PER_WINDOW, SHARES_PER_WINDOW
from .memory import Policy

SHARES = "/apps/files_sharing/api/v1/shares"
REMOTES = "/apps/files_sharing/api/v1/remote_shares"
POLICY = "/apps/password_policy/api/v1"
STORAGES = "/apps/files_external/api/v1"


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handle: Callable[..., Any]
    guarded: bool
    limit: int | None


def _route(method: str, pattern: str, handle: Callable[..., Any], *, limit: int | None = None) -> Route:
    guarded = pattern.startswith("/cloud/") and method != "GET"
    return Route(method, re.compile(pattern), handle, guarded, limit)


ROUTES = (
    _route("GET", "/cloud/user", users.whoami),
    _route("GET", "/cloud/users", users.list_users),
    _route("POST", "/cloud/users", users.create_user),
    _route("GET", "/cloud/users/details", users.list_details),
    _route("GET", "/cloud/users/([^/]+)", users.get_user),
    _route("PUT", "/cloud/users/([^/]+)", users.edit_user, limit=EDITS_PER_WINDOW),
    _route("DELETE", "/cloud/users/([^/]+)", users.delete_user),
    _route("PUT", "/cloud/users/([^/]+)/(enable|disable)", users.enable_user),
    _route("POST", "/cloud/users/([^/]+)/welcome", users.welcome),
    _route("GET", "/cloud/users/([^/]+)/groups", groups.user_groups),
    _route("POST", "/cloud/users/([^/]+)/groups", groups.join),
    _route("DELETE", "/cloud/users/([^/]+)/groups", groups.leave),
    _route("GET", "/cloud/users/([^/]+)/subadmins", groups.subadmins),
    _route("POST", "/cloud/users/([^/]+)/subadmins", groups.add_subadmin),
    _route("GET", "/cloud/groups", groups.list_groups),
    _route("GET", "/cloud/groups/details", groups.details),
    _route("POST", "/cloud/groups", groups.create_group),
    _route("DELETE", "/cloud/groups/([^/]+)", groups.delete_group),
    _route("GET", "/cloud/groups/([^/]+)/users", groups.members),
    _route("GET", SHARES, sharing.list_shares),
    _route("POST", SHARES, sharing.create_share, limit=SHARES_PER_WINDOW),
    _route("GET", f"{SHARES}/([^/]+)", sharing.get_share),
    _route("PUT", f"{SHARES}/([^/]+)", sharing.update_share),
    _route("DELETE", f"{SHARES}/([^/]+)", sharing.delete_share),
    _route("GET", "/apps/files_sharing/api/v1/sharees", told.sharees),
    _route("GET", f"{STORAGES}/mounts", team_folders.mounts),
    _route("GET", f"{REMOTES}/pending", federation.pending),
    _route("POST", f"{REMOTES}/pending/([^/]+)", federation.accept),
    _route("DELETE", f"{REMOTES}/pending/([^/]+)", federation.decline),
    _route("GET", REMOTES, federation.accepted),
    _route("GET", f"{REMOTES}/([^/]+)", federation.one),
    _route("DELETE", f"{REMOTES}/([^/]+)", federation.quit),
    _route("GET", f"{POLICY}/generate", passwords.generate),
    _route("POST", f"{POLICY}/validate", passwords.validate),
)


def switched_off(policy: Policy) -> tuple[str, ...]:
    """Where apps would answer that are not there."""
    apps = {POLICY: policy.password_app, STORAGES: policy.storages_app}
    return tuple(address for address, on in apps.items() if not on)


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    hits = ((route, route.pattern.fullmatch(path)) for route in ROUTES if route.method == method)
    return next(((route, hit.groups()) for route, hit in hits if hit), None)
