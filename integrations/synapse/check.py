"""What `doctor` wants to know: does this token administer, and are the accounts this homeserver's own."""

from __future__ import annotations

from integrations.errors import Refused, Unavailable
from integrations.findings import Finding, away

from .accounts import Accounts
from .client import V2, Client


async def check(client: Client, accounts: Accounts) -> list[Finding]:
    try:
        await client.call("GET", f"{V2}/users", limit=1, guests="false")
        delegated = await accounts.delegated()
    except Unavailable as trouble:
        return [away("synapse", trouble)]
    except Refused as refusal:
        return [Finding(refusal.code, False, refusal.words)]
    return [Finding("synapse-admin", True), *([Finding("synapse-delegated", True)] if delegated else [])]
