"""How often one address may do something within an hour. In memory: whoever restarts the bot forgives everybody."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_network

from bot.web.proxies import Address

HOUR = 3600.0  # seconds
MOST_KEPT = 20_000  # of askers: who has been quiet for longest is forgotten first


class Limits:
    """`clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_kept: int = MOST_KEPT) -> None:
        self._clock = clock
        self._most_kept = most_kept
        self._hours: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def within(self, what: str, who: str, most: int) -> bool:
        """Count it; False where they did it `most` times already in the hour that began with the first of them."""
        now = self._clock()
        begun, times = self._hours.pop((what, who), (now, 0))
        if now - begun >= HOUR:
            begun, times = now, 0
        self._hours[what, who] = begun, min(times + 1, most + 1)
        if len(self._hours) > self._most_kept:
            self._hours.popitem(last=False)
        return times < most

    def __len__(self) -> int:
        return len(self._hours)


def household(address: Address | None) -> str:
    """One asker: an address, or the network of IPv6 that a provider gives to one home."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
