"""Why nobody answered, read from what the connection said of itself or from a page that somebody else answered.

A cause is one word, and the key of a sentence: what mends it, and who can. `""` is silence, of which nothing is known.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

EXPIRED, EARLY, UNKNOWN_SIGNER, OTHER_NAME = {10}, {9}, {2, 18, 19, 20, 21, 24, 27}, {62, 64}  # OpenSSL's own numbers
CERTIFICATES = {
    "certificate-expired": EXPIRED,
    "certificate-early": EARLY,
    "certificate-authority": UNKNOWN_SIGNER,
    "certificate-name": OTHER_NAME,
}
NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
BEHIND_A_PROXY = {502, 504, *range(520, 531)}  # what nginx and its like say, and Cloudflare
# Everything else lasts until a human has done something about it.
PASSING = {"", "nobody", "lookup", "proxy", "busy", "limited", "throttled", "maintenance", "broken", "later", "enough"}
DEEPEST = 10  # errors within an error


def cause_of(error: BaseException) -> str:
    """Of a connection that did not come about, or broke: see the sentences `talk.cause.…`."""
    for one in _within(error):
        if isinstance(one, ssl.SSLCertVerificationError) and (code := getattr(one, "verify_code", None)) is not None:
            return next((cause for cause, codes in CERTIFICATES.items() if code in codes), "certificate")
        if isinstance(one, ssl.SSLError) and not isinstance(one, ssl.SSLCertVerificationError):
            return "no-tls"
        if isinstance(one, socket.gaierror):
            return "name" if one.errno in NO_SUCH_NAME else "lookup"
        if isinstance(one, ConnectionRefusedError):
            return "nobody"
    return ""


def _within(error: BaseException) -> Iterator[BaseException]:
    """It, what it came from, and what is in it where several ways were tried: libraries wrap what a system said."""
    left = [error]
    for _ in range(DEEPEST):
        if not left:
            return
        one = left.pop(0)
        yield one
        if isinstance(one, BaseExceptionGroup):
            left += one.exceptions
        # aiohttp keeps what a certificate lacks beside, not behind.
        more = (getattr(one, "certificate_error", None), one.__cause__, one.__context__)
        left += [each for each in more if isinstance(each, BaseException)]


def answered_instead(status: int, content_type: str) -> str:
    """Who says that it cannot be now: a proxy in the place of what is behind it, or the service itself."""
    if status == 429:
        return "limited"
    is_page = content_type.startswith("text/html") or not content_type
    return "proxy" if status in BEHIND_A_PROXY or is_page else "busy"
