"""The bearer token of a service: fixed, or asked from its OAuth server and kept in memory only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from integrations.errors import NotPermitted, Unavailable
from integrations.http import Http

EARLY = 60.0
DEFAULT_LIFETIME = 300.0


class Token(Protocol):
    async def get(self) -> str: ...

    def forget(self) -> bool:
        """The service refused this token: True where another one may be asked for."""


@dataclass(slots=True)
class FixedToken:
    value: str = field(repr=False)

    async def get(self) -> str:
        return self.value

    def forget(self) -> bool:
        return False


class ClientCredentials:
    """RFC 6749 §4.4. Asked when needed, again a minute before it ends, again when the service refuses it."""

    def __init__(
        self, http: Http, url: str, client_id: str, secret: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._http, self._url, self._client, self._clock = http, url, (client_id, secret), clock
        self._value = ""
        self._until = 0.0

    async def get(self) -> str:
        if not self._value or self._clock() >= self._until:
            await self._ask()
        return self._value

    def forget(self) -> bool:
        self._value = ""
        return True

    async def _ask(self) -> None:
        asked = self._clock()
        answer = await self._http("POST", self._url, data={"grant_type": "client_credentials"}, auth=self._client)
        if answer.status in (400, 401, 403, 404):
            raise NotPermitted("directory-credentials")
        given = answer.json()
        if answer.status != 200 or not isinstance(given, dict) or not isinstance(given.get("access_token"), str):
            raise Unavailable(self._http.service)
        lifetime = given.get("expires_in")
        self._until = asked + (lifetime if isinstance(lifetime, int | float) else DEFAULT_LIFETIME) - EARLY
        self._value = given["access_token"]
