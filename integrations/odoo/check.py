"""What `doctor` and `setup` want to know: can this bot do its work in this Odoo, and until when."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

from integrations.errors import Refused, Unavailable
from integrations.findings import Finding, away

from . import contacts, tags, users
from .client import NEWEST_OLD, Client, major
from .faults import SERVICE
from .values import linked, text

OLDEST = 14
SOON = 21  # days
NOBODY = "nobody@example.invalid"


async def check(client: Client, wanted: Literal["none", "portal"], now: datetime) -> list[Finding]:
    """From the outside in; stops at the first thing without which the rest cannot be known. Changes nothing."""
    found: list[Finding] = []
    try:
        await _outside(client, found)
        if all(finding.ok for finding in found):
            await _inside(client, wanted, now, found)
    except Unavailable as trouble:
        found.append(away(SERVICE, trouble))
    except Refused as refusal:
        found.append(Finding(refusal.code, False, refusal.words))
    return found


async def _outside(client: Client, found: list[Finding]) -> None:
    version = await client.version()
    found.append(Finding("odoo-version", major(version) >= OLDEST, {"version": version or "?"}))
    if client.login:
        found.append(Finding("odoo-leaving" if major(version) <= NEWEST_OLD else "odoo-login-needless", True))
    elif major(version) <= NEWEST_OLD:
        found.append(Finding("odoo-login-needed", False, {"version": version}))
    if not await client.is_healthy():
        found.append(Finding("odoo-database", False))


async def _inside(client: Client, wanted: Literal["none", "portal"], now: datetime, found: list[Finding]) -> None:
    me = await client.me()
    own = await client.read(users.MODEL, me, ["login", "email", "partner_id"]) or {}
    found.append(Finding("odoo-credentials", True, {"account": text(own.get("login")) or "?"}))
    await client.search(contacts.MODEL, [["email_normalized", "=", NOBODY]], contacts.FIELDS, archived=True)
    found.append(await _right(client, "contacts", contacts.MODEL))
    found.append(await _right(client, "tags", tags.MODEL))
    if wanted == "portal":
        found.append(await _right(client, "users", users.MODEL))
        found.append(Finding("odoo-invitations", bool(text(own.get("email"))) and linked(own.get("partner_id")) > 0))
    found.append(await _key(client, me, now))


async def _right(client: Client, what: str, model: str) -> Finding:
    """To make them, and to change them."""
    try:
        told = [await client.may(model, right) for right in ("create", "write")]
    except Refused:
        told = [None]
    if None in told:
        return Finding("odoo-rights-untold", True)
    return Finding(f"odoo-{what}", all(told))


async def _key(client: Client, me: int, now: datetime) -> Finding:
    """The first of the account's keys to expire may be ours: which is which, Odoo does not tell."""
    try:
        keys = await client.search("res.users.apikeys", [["user_id", "=", me]], ["name", "expiration_date"])
    except Refused:
        return Finding("odoo-key-untold", True)
    days = [day for key in keys if (day := _day(text(key.get("expiration_date"))))]
    if not keys:
        return Finding("odoo-key-untold", True)
    if not days:
        return Finding("odoo-key-lasts", True)
    first = min(days)
    left = (first - now.astimezone(UTC).date()).days
    return Finding("odoo-key", left > SOON, {"day": first.isoformat(), "days": str(left)})


def _day(written: str) -> date | None:
    """« 2027-02-27 14:47:57 », in UTC."""
    try:
        return datetime.fromisoformat(written).date()
    except ValueError:
        return None
