"""What `doctor` and `setup` want to know: would this server take a mail of ours. No mail is sent."""

from __future__ import annotations

from integrations.errors import Refused, Unavailable
from integrations.findings import Finding, away

from .client import Client, Exchange


async def check(client: Client, sender: str) -> list[Finding]:
    """As far as the server lets us come: a line, the sign-in, the address that we write from."""
    words = {"server": client.server.host, "sender": sender}
    try:
        async with client.line() as exchange:
            await exchange.from_(sender)
            answered = await _takes_answers(exchange, sender)
    except Unavailable as trouble:
        return [away("mail", trouble)]
    except Refused as refusal:
        return [Finding(refusal.code, False, {**words, **refusal.words})]
    hints = {"mail-in-clear": client.server.is_overheard, "mail-unanswerable": not answered}
    return [Finding("mail-ready", True, words), *(Finding(code, True) for code, is_so in hints.items() if is_so)]


async def _takes_answers(exchange: Exchange, sender: str) -> bool:
    """Whether somebody who answers a mail of ours reaches anybody: that a server does not say so yet is no trouble."""
    try:
        await exchange.to(sender)
    except Refused:
        return False
    except Unavailable:
        return True
    return True
