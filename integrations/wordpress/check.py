"""What `doctor` and `setup` want to know: can this bot look after accounts of this site, and what would mend it."""

from __future__ import annotations

from integrations.errors import NotPermitted, Refused, Unavailable
from integrations.findings import Finding, away

from .client import SERVICE, Client, mapping, text

NEEDED = ("list_users", "create_users", "edit_users", "promote_users", "delete_users")


async def check(client: Client) -> list[Finding]:
    """From the outside in; stops at the first thing without which the rest cannot be known. Changes nothing."""
    try:
        return await _check(client)
    except Unavailable as trouble:
        return [away(SERVICE, trouble)]
    except Refused as refusal:
        return [_told(refusal)]


async def _check(client: Client) -> list[Finding]:
    told = await client.index()
    found = [Finding("wordpress-reachable", True)]
    if client.is_plain:
        found.append(Finding("wordpress-plain", True))
    if "application-passwords" not in mapping(told.get("authentication")):
        return [*found, _told(NotPermitted("wordpress-no-application-passwords"))]
    me = await client.whoami()
    may = mapping(me.get("capabilities"))
    lacking = [right for right in NEEDED if may.get(right) is not True]
    account = text(me.get("username"))
    if lacking:
        return [*found, _told(NotPermitted("wordpress-rights", account=account, rights=", ".join(lacking)))]
    return [*found, Finding("wordpress-rights", True, {"account": account})]


def _told(no: Refused) -> Finding:
    return Finding(no.code, False, no.words)
