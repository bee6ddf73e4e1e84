"""HTTP as a tester speaks it to the servers that the tests start: on this machine, and without TLS."""

from __future__ import annotations

from typing import Any

import httpx


def plain_http(**asked: Any) -> httpx.AsyncClient:
    """A client of httpx, as it is `asked`. It reads no authorities: that lasts longer than most requests."""
    return httpx.AsyncClient(trust_env=False, verify=False, **asked)
