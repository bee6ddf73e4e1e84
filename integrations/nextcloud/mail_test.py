"""Whether the mails that Nextcloud sends leave it: those to people with whom something is shared, and of new accounts.

It answers "OK" to all of these whether its mail server takes them or not (29.0.1 and 34.0.1); only the test of its own
administration page tells, to administrators alone.
"""

from __future__ import annotations

import asyncio

from integrations.errors import Refused, Unavailable
from integrations.findings import Finding

from .client import Client
from .ocs import mapping, text

TEST = "/index.php/settings/admin/mailtest"
PATIENCE = 10.0  # seconds: a mail server that says nothing is as good as none


async def try_mails(client: Client) -> list[Finding]:
    """Have it send one to the bot's own address there, where the bot may; else what a human does. Says nothing where
    Nextcloud lets nobody in, which is told elsewhere."""
    try:
        return [await _tried(client)]
    except (Refused, Unavailable):
        return []


async def _tried(client: Client) -> Finding:
    address = text(mapping((await client.get("/cloud/user")).data).get("email"))
    if not address:
        return Finding("nextcloud-mails-untried", True)
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await client.send("POST", TEST)
    except TimeoutError:
        return Finding("nextcloud-mails-stuck", False)
    if answer.status == 200:
        return Finding("nextcloud-mails-leave", True, {"address": address})
    return Finding("nextcloud-mails-stuck", False) if answer.status == 400 else Finding("nextcloud-mails-untold", True)
