"""Who asks, when people's browsers come through the host's reverse proxy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from multidict import CIMultiDictProxy

Address = IPv4Address | IPv6Address
Headers = CIMultiDictProxy[str]
HERE = tuple(map(ip_network, ("127.0.0.0/8", "::1/128")))
TRACES = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
FOR = re.compile(r"(?i)(?:^|;)\s*for\s*=\s*\"?([^;\",]+)")
PORT = re.compile(r":\d{1,5}$")
MOST = 20  # proxies one behind the other: what goes on beyond them is somebody's invention


class Proxies:
    """`trusted` are those whose word is taken, besides this machine's own."""

    def __init__(self, trusted: Iterable[IPv4Network | IPv6Network] = ()) -> None:
        self._trusted = (*HERE, *trusted)

    def asker(self, peer: str | None, headers: Headers) -> Address | None:
        """The first who is no proxy of ours, seen from here: what stands before it in the headers may be invented.

        None where the connection has no address.
        """
        known = _address(peer or "")
        for told in reversed(_chain(headers)):
            if known is None or not self.believes(known):
                return known
            if (further := _address(told)) is None:  # our own proxy says nothing that can be read
                return known
            known = further
        return known

    def believes(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def came_through_one(headers: Headers) -> bool:
    """Whether a proxy has left a trace: then it was perhaps not asked from inside."""
    return any(name in headers for name in TRACES)


def _chain(headers: Headers) -> Sequence[str]:
    """Who passed it on, the first one first. Where both headers are there, ours is the one that proxies write."""
    if "X-Forwarded-For" in headers:
        return list(_words(headers.getall("X-Forwarded-For")))[-MOST:]
    told = [FOR.search(word) for word in _words(headers.getall("Forwarded", ()))]
    return [found[1] if found else "" for found in told][-MOST:]


def _words(lines: Iterable[str]) -> Iterator[str]:
    return (word.strip() for line in lines for word in line.split(","))


def _address(told: str) -> Address | None:
    """Of `192.0.2.1`, `192.0.2.1:8080`, `2001:db8::1`, `[2001:db8::1]:8080`, `::ffff:192.0.2.1`."""
    bare = told.strip().strip('"')
    bare = bare[1:].partition("]")[0] if bare.startswith("[") else PORT.sub("", bare) if bare.count(":") == 1 else bare
    with suppress(ValueError):
        found = ip_address(bare)
        return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
    return None
