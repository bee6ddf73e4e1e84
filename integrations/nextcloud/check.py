"""What `doctor` and `setup` want to know: can this bot do its work in this Nextcloud, and what would mend it."""

from __future__ import annotations

import re
from typing import Any

from integrations.errors import NotPermitted, Refused, Unavailable
from integrations.findings import Finding, away

from .client import Client, segment
from .groups import Source
from .ocs import mapping, text, texts

OLDEST = 29
SAMPLE = 8
HASHED_ID = re.compile(r"[0-9a-f]{64}")


async def check(client: Client, accounts_from: Source) -> list[Finding]:
    """From the outside in; stops at the first thing without which the rest cannot be known. Changes nothing."""
    try:
        return await _check(client, accounts_from)
    except Unavailable as trouble:
        return [away("nextcloud", trouble)]
    except Refused as refusal:
        return [Finding(refusal.code, False, refusal.words)]


async def _check(client: Client, accounts_from: Source) -> list[Finding]:
    status = await client.status()
    version = text(status["version"])
    found = [Finding("nextcloud-version", _major(version) >= OLDEST, {"version": version})]
    if status["upgrade"] or status["maintenance"]:
        return [*found, Finding("nextcloud-upgrade" if status["upgrade"] else "nextcloud-maintenance", False)]
    me = await client.whoami()
    found += [Finding("nextcloud-credentials", True, {"account": me["id"]}), _rights(me, accounts_from)]
    found += [await _confirmation(client, me), *await _where_accounts_come_from(client, me, accounts_from)]
    return [*found, *_sharing(await client.capabilities())]


def _rights(me: dict[str, Any], accounts_from: Source) -> Finding:
    """Where groups come with the sign-in, the bot needs no right but to share."""
    if "admin" in me["groups"]:
        return Finding("nextcloud-rights-admin", True)
    if me["subadmin"]:
        return Finding("nextcloud-rights-subadmin", True, {"groups": ", ".join(me["subadmin"])})
    return Finding("nextcloud-rights-none", accounts_from == "sso")


async def _confirmation(client: Client, me: dict[str, Any]) -> Finding:
    """Whether writes pass: with the password by saying it, without by joining a group that one is in."""
    if client.has_password:
        try:
            asked = await client.confirm()
        except NotPermitted as refusal:
            return Finding(refusal.code, False)
        return Finding("nextcloud-confirmation-ready" if asked else "nextcloud-confirmation-not-needed", True)
    governed = [group for group in me["groups"] if group in me["subadmin"] or "admin" in me["groups"]]
    if not governed:
        return Finding("nextcloud-confirmation-unknown", True)
    form = {"groupid": governed[0]}
    reply = await client.ocs("POST", f"/cloud/users/{segment(me['id'])}/groups", form=form)
    code = "nextcloud-password-needed" if reply.wants_password else "nextcloud-confirmation-not-needed"
    return Finding(code, not reply.wants_password)


async def _where_accounts_come_from(client: Client, me: dict[str, Any], accounts_from: Source) -> list[Finding]:
    """People's accounts tell: those of an SSO or a directory are not kept in Nextcloud's own database."""
    people = [person for person in await _people(client) if text(person.get("id")) != me["id"]]
    foreign = [person for person in people if text(person.get("backend")) not in ("", "Database")]
    if not people:
        return [Finding("nextcloud-accounts-unknown", True, {"setting": accounts_from})]
    needs = "sso" if foreign else "bot"
    found = [Finding(f"nextcloud-accounts-{needs}", needs == accounts_from, {"setting": accounts_from})]
    hashed = any(HASHED_ID.fullmatch(text(person.get("id"))) for person in foreign)
    return found + [Finding("nextcloud-ids-hashed", False)] * hashed


async def _people(client: Client) -> list[dict[str, Any]]:
    """A few accounts, as far as the bot may see any."""
    listed = await client.ocs("GET", "/cloud/users", params={"limit": SAMPLE})
    logins = texts(mapping(listed.data).get("users"))[:SAMPLE]
    replies = [await client.look(f"/cloud/users/{segment(login)}") for login in logins]
    return [mapping(reply.data) for reply in replies if reply]


def _sharing(capabilities: dict[str, Any]) -> list[Finding]:
    sharing = mapping(capabilities.get("files_sharing"))
    groups = mapping(sharing.get("group")).get("enabled") is True
    return [
        Finding("nextcloud-sharing", sharing.get("api_enabled") is True),
        Finding("nextcloud-group-sharing", groups),
    ]


def _major(version: str) -> int:
    major = version.partition(".")[0]
    return int(major) if major.isascii() and major.isdigit() else 0
