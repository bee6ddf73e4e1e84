"""Addresses that somebody gave, a person or another server: which of them may be asked at all, and at which machine.

From where the bot runs more can be reached than from where that somebody is: its own machine, the lieu's network, what
a hosting company tells its machines. So only what everybody can reach is asked, at the very machine that was looked
at: a name that is looked up again may lead elsewhere.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from .domains import asked, read
from .errors import Refused, Rejected

HTTPS = 443
PATIENCE = 10.0  # seconds for a name to be looked up
NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
OF_IPV4 = IPv6Network("64:ff9b::/96")  # how a network without IPv4 writes its addresses (RFC 6052)
# Not for everybody, though older Pythons think so (IANA's registries of special addresses).
SPECIAL = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")))
EVERYBODYS = IPv6Network("2000::/3")
# Whoever is asked may keep a name server that never answers: the bot's own services are not looked up by these.
_lookers = ThreadPoolExecutor(4, "outside")


class Outside:
    """`own` are addresses that the operator wrote for something else, `trusted` machines (by their names) that they
    named for this: both are asked wherever they are, in clear too."""

    def __init__(self, own: Iterable[str] = (), trusted: Iterable[str] = ()) -> None:
        self._own = frozenset(_origin(urlsplit(address)) for address in own)
        self._trusted = frozenset(map(asked, trusted))

    async def machine(self, address: str) -> str | None:
        """The IP address to ask there; None for what is trusted, which is asked by its name.

        Raises `Rejected("cloud-id")` for what is no plain address, `Refused("cloud-in-clear")`,
        `Refused("cloud-not-public")`, and `Refused("nextcloud-peer-away")` where the name leads nowhere.
        """
        parts = _plain(address)
        if _origin(parts) in self._own or asked(parts.hostname or "") in self._trusted:
            return None
        host = _host(parts)
        if parts.scheme != "https":
            raise Refused("cloud-in-clear", cloud=host)
        if parts.port not in (None, HTTPS) or not NAME.fullmatch(host):
            raise Refused("cloud-not-public", cloud=host)
        found = await _found(host)
        if not found:
            raise Refused("nextcloud-peer-away", cloud=host)
        if not all(map(is_public, found)):
            raise Refused("cloud-not-public", cloud=host)
        return str(found[0])


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether everybody can reach it, whatever IPv4 address is written within it."""
    if isinstance(address, IPv6Address):
        if address in OF_IPV4:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in EVERYBODYS:
            return False
    apart = address.is_multicast or address.is_reserved or any(address in block for block in SPECIAL)
    return address.is_global and not apart


def _plain(address: str) -> SplitResult:
    """Scheme, name, port and path, and nothing that two programs could read differently."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise Rejected("cloud-id") from None
    odd = parts.scheme not in ("https", "http") or "@" in parts.netloc or not parts.hostname
    climbs = {".", ".."} & set(parts.path.split("/"))
    read_whole = address.lower() == f"{parts.scheme}://{parts.netloc}{parts.path}".lower()  # no query, no mark, no tab
    if odd or climbs or not read_whole or not PATH.fullmatch(parts.path):
        raise Rejected("cloud-id")
    return parts


def _host(parts: SplitResult) -> str:
    """As it is looked up, in ASCII. Letters that programs do not all write there in the same way are refused: what was
    looked at here would not be what another one asks (« straße » is `strasse` for some, `xn--strae-oqa` for others)."""
    named = (parts.hostname or "").lower()
    host = asked(named)
    if not host or not (named.isascii() or (read(host) == named and _as_of_old(named) == host)):
        raise Rejected("cloud-id")
    return host


def _as_of_old(named: str) -> str:
    """As programs ask it that know the IDNA of 2003."""
    try:
        return named.encode("idna").decode().lower()
    except UnicodeError:
        return ""


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, asked(parts.hostname or ""), parts.port or (HTTPS if parts.scheme == "https" else 80)


async def _found(host: str) -> list[IPv4Address | IPv6Address]:
    look = partial(socket.getaddrinfo, host, HTTPS, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(PATIENCE):
            told = await asyncio.get_running_loop().run_in_executor(_lookers, look)
    except (OSError, TimeoutError, UnicodeError):
        return []
    return [ip_address(str(where[0]).partition("%")[0]) for *_, where in told]
