"""The bearer token of a service: fixed, or asked from its OAuth server and kept in memory only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import NotPermitted, Unavailable
from .http import Answer, Http

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


class UnknownClient(NotPermitted):
    """The OAuth server does not know the client, or not with this secret."""


class NoTokens(NotPermitted):
    """No tokens are given at that address."""


def no_token(answer: Answer) -> NotPermitted | None:
    """Why none was given, as any server says it (RFC 6749 §5.2)."""
    given = answer.json()
    if answer.status in (404, 405):
        return NoTokens()
    if answer.status in (400, 401, 403) and not answer.is_page:
        return UnknownClient()
    if answer.status == 200 and isinstance(given, dict) and not isinstance(given.get("access_token"), str):
        return NoTokens()
    return None


class ClientCredentials:
    """RFC 6749 §4.4. Asked when needed, again a minute before it ends, again when the service refuses it.

    `in_body`: the client says who it is among what it sends, and not in a header (§2.3.1). `refreshes`: a token that
    has ended is followed by another of the same grant (§6), as long as the server takes that. `refused` reads why there
    is none, where a server tells more of it than others. Raises what that says (UnknownClient and NoTokens, for which
    each service has its own words), and Unavailable.
    """

    def __init__(
        self,
        http: Http,
        url: str,
        client_id: str,
        secret: str,
        *,
        scope: str = "",
        in_body: bool = False,
        refreshes: bool = False,
        clock: Callable[[], float] = time.monotonic,
        refused: Callable[[Answer], NotPermitted | None] = no_token,
    ) -> None:
        self._http, self._url, self._client, self._clock, self._refused = http, url, (client_id, secret), clock, refused
        self._asked = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}
        self._in_body, self._refreshes = in_body, refreshes
        self._value = self._refresh = ""
        self._until = 0.0

    async def get(self) -> str:
        if not self._value or self._clock() >= self._until:
            await self._ask()
        return self._value

    def forget(self) -> bool:
        self._value = self._refresh = ""
        return True

    async def _ask(self) -> None:
        asked = self._clock()
        answer = await self._refreshed() if self._refresh else None
        if answer is None or answer.status != 200:
            answer = await self._granted(self._asked)
        if no := self._refused(answer):
            raise no
        given = answer.json()
        if answer.status != 200 or not isinstance(given, dict):
            raise unexpected(self._http, answer)
        if not isinstance(given.get("access_token"), str):
            raise NoTokens
        lifetime = given.get("expires_in")
        self._until = asked + (lifetime if isinstance(lifetime, int | float) else DEFAULT_LIFETIME) - EARLY
        self._value = given["access_token"]
        refresh = given.get("refresh_token")
        self._refresh = refresh if self._refreshes and isinstance(refresh, str) else ""

    async def _refreshed(self) -> Answer:
        refresh, self._refresh = self._refresh, ""  # each serves once
        return await self._granted({"grant_type": "refresh_token", "refresh_token": refresh})

    async def _granted(self, form: dict[str, Any]) -> Answer:
        if not self._in_body:
            return await self._http("POST", self._url, data=form, auth=self._client)
        client_id, secret = self._client
        return await self._http("POST", self._url, data={"client_id": client_id, "client_secret": secret, **form})


def unexpected(http: Http, answer: Answer) -> Unavailable:
    """An answer that is none of a service that works: its own trouble, or somebody who stands before it with a page."""
    if answer.status >= 500:
        return Unavailable(http.service, unknown=True, cause="broken")
    if answer.is_page and answer.status in (401, 403, 407):
        return Unavailable(http.service, cause="gate")
    if answer.is_page:
        return Unavailable(http.service, unknown=True, cause="portal", to=http.url)
    return Unavailable(http.service, unknown=True)
