"""What `doctor` and `setup` want to know: would this server take a mail of ours. No mail is sent."""

from __future__ import annotations

from integrations.errors import Refused, Rejected, Unavailable
from integrations.findings import Finding, away

from .client import Client, Exchange

TO_BE_TOLD = ("enough", "unknown-sender")
ANYBODY = "nobody@example.org"  # of no server (RFC 2606); only whether it would be passed on is asked


async def check(client: Client, sender: str) -> list[Finding]:
    """As far as the server lets us come: a line, the sign-in, the address that we write from."""
    words = {"server": client.server.host, "sender": sender}
    try:
        async with client.line() as exchange:
            await exchange.from_(sender)
            answered = await _takes_answers(exchange, sender)
            if not client.server.user:
                await _relays(exchange)
    except Unavailable as trouble:
        return [away("mail", trouble)]
    except Refused as refusal:
        return [Finding(refusal.code, False, {**words, **refusal.words})]
    hints = {"mail-in-clear": client.server.is_overheard, "mail-unanswerable": not answered}
    return [Finding("mail-ready", True, words), *(Finding(code, True) for code, is_so in hints.items() if is_so)]


async def _takes_answers(exchange: Exchange, sender: str) -> bool:
    """Whether somebody who answers a mail of ours reaches anybody: that a server does not say so yet is no trouble.
    Raises what many servers have against the sender, and say only here."""
    try:
        await exchange.to(sender)
    except Rejected:
        return False
    except Unavailable as later:
        if later.cause in TO_BE_TOLD:
            raise
        return True
    return True


async def _relays(exchange: Exchange) -> None:
    """Without a sign-in, a server may take mails for its own people alone. Raises NotPermitted("mail-relay")."""
    try:
        await exchange.to(ANYBODY)
    except Refused as no:
        if no.code == "mail-relay":
            raise
    except Unavailable:
        return
