"""Which OCS address is answered by what, and which of them ask for the password."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import provisioning, sharing
from .identity import EDITS_PER_WINDOW, SHARES_PER_WINDOW

SHARES = "/apps/files_sharing/api/v1/shares"


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
    _route("GET", "/cloud/user", provisioning.whoami),
    _route("GET", "/cloud/users", provisioning.list_users),
    _route("POST", "/cloud/users", provisioning.create_user),
    _route("GET", "/cloud/users/([^/]+)", provisioning.get_user),
    _route("PUT", "/cloud/users/([^/]+)", provisioning.edit_user, limit=EDITS_PER_WINDOW),
    _route("DELETE", "/cloud/users/([^/]+)", provisioning.delete_user),
    _route("PUT", "/cloud/users/([^/]+)/(enable|disable)", provisioning.enable_user),
    _route("POST", "/cloud/users/([^/]+)/welcome", provisioning.welcome),
    _route("GET", "/cloud/users/([^/]+)/groups", provisioning.user_groups),
    _route("POST", "/cloud/users/([^/]+)/groups", provisioning.join),
    _route("DELETE", "/cloud/users/([^/]+)/groups", provisioning.leave),
    _route("GET", "/cloud/users/([^/]+)/subadmins", provisioning.subadmins),
    _route("POST", "/cloud/users/([^/]+)/subadmins", provisioning.add_subadmin),
    _route("GET", "/cloud/groups", provisioning.list_groups),
    _route("POST", "/cloud/groups", provisioning.create_group),
    _route("DELETE", "/cloud/groups/([^/]+)", provisioning.delete_group),
    _route("GET", "/cloud/groups/([^/]+)/users", provisioning.members),
    _route("GET", SHARES, sharing.list_shares),
    _route("POST", SHARES, sharing.create_share, limit=SHARES_PER_WINDOW),
    _route("GET", f"{SHARES}/([^/]+)", sharing.get_share),
    _route("PUT", f"{SHARES}/([^/]+)", sharing.update_share),
    _route("DELETE", f"{SHARES}/([^/]+)", sharing.delete_share),
    _route("GET", "/apps/files_sharing/api/v1/sharees", sharing.sharees),
)


def find(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    hits = ((route, route.pattern.fullmatch(path)) for route in ROUTES if route.method == method)
    return next(((route, hit.groups()) for route, hit in hits if hit), None)
