"""The one way to a file of ChatonsInfos, wherever somebody says that it is: of what everybody can reach, soon, small,
and on foot, for a redirect is an address like any other."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

from integrations.errors import Moved, NotFound, Rejected, Unavailable
from integrations.http import Http
from integrations.outbound import Outside

from .properties import properties

SERVICE = "chatons"
LONGEST = 64 * 1024  # bytes
PATIENCE = 5.0  # seconds for a file, however often it has moved
MOVES = 3
PATH = re.compile(r"/(?!/)[A-Za-z0-9._~%!$&'()*+,;=:@/-]*(?:\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]*)?")
HEADERS = {"User-Agent": "Conciergerie (reads ChatonsInfos)", "Accept": "text/plain, */*"}


async def read(url: str, outside: Outside) -> dict[str, str]:
    """Raises `Refused` for an address that is not asked, and for what is there and no such file; `Unavailable`."""
    try:
        async with asyncio.timeout(PATIENCE):
            return properties(await _body(url, outside))
    except TimeoutError:
        raise Unavailable(SERVICE) from None


async def _body(url: str, outside: Outside) -> bytes:
    for _ in range(MOVES + 1):
        origin, path = _cut(url)
        at = await outside.machine(origin)
        http = Http(SERVICE, origin, headers=HEADERS, read=PATIENCE, at=at, longest=LONGEST, packed=False)
        try:
            answer = await http("GET", path)
        except Moved as moved:
            if not moved.to:
                raise
            url = moved.to if moved.cause == "portal" else f"{moved.to}{path}"
            continue
        finally:
            await http.close()
        if answer.status != 200:
            raise NotFound
        return answer.body
    raise Unavailable(SERVICE)


def _cut(url: str) -> tuple[str, str]:
    """« https://chaton.example » and « /infos.properties ». Raises `Rejected` for what may be read in two ways."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Rejected from None
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    if parts.fragment or {".", ".."} & set(parts.path.split("/")) or not PATH.fullmatch(path):
        raise Rejected
    return f"{parts.scheme}://{parts.netloc}", path
