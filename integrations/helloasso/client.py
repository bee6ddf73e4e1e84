"""The one way in: the association's key, pages, and refusals told as ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.http import Answer, Http
from integrations.oauth import ClientCredentials, NoTokens, UnknownClient, unexpected

SERVICE = "helloasso"
SHUT = 900.0  # seconds between two looks whether a human has mended it
LIMITED = 600.0  # where it says that we ask too much, and not for how long
PAGE, MOST_PAGES = 100, 200
LONGEST = 2**22  # bytes of a page
Json = dict[str, Any]


class Client:
    """Requests of an association; see `HelloAsso` for what it takes."""

    def __init__(
        self,
        url: str,
        organization: str,
        client_id: str,
        secret: str,
        *,
        transport: Any,
        read_timeout: float,
        pace: float,
        clock: Callable[[], float],
    ) -> None:
        self._http = Http(SERVICE, url, transport=transport, read=read_timeout, longest=LONGEST)
        token_url = f"{url.rstrip('/')}/oauth2/token"
        self._token = ClientCredentials(
            self._http, token_url, client_id, secret, in_body=True, refreshes=True, clock=clock
        )
        self._organization, self._pace = organization, pace

    async def close(self) -> None:
        await self._http.close()

    def of_organization(self, path: str) -> str:
        return f"/v5/organizations/{segment(self._organization)}/{path}"

    async def get(self, address: str, **query: Any) -> Json:
        """The object that is answered; every refusal is raised."""
        answer = await self._asked(address, query)
        if answer.status == 401 and not answer.is_page and self._token.forget():  # a token may end before its time
            answer = await self._asked(address, query)
        row = answer.json()
        if answer.status == 200 and isinstance(row, dict):
            return row
        raise self._failure(answer)

    async def _asked(self, address: str, query: Json) -> Answer:
        try:
            headers = {"Authorization": f"Bearer {await self._token.get()}"}
        except UnknownClient:
            raise NotPermitted("helloasso-credentials") from None
        except NoTokens:
            raise NotPermitted("helloasso-token-url") from None
        return await self._http("GET", address, params=query, headers=headers, limited=LIMITED)

    async def rows(self, address: str, **query: Any) -> AsyncIterator[Json]:
        """All rows of all pages. The last page is the one without rows: there is a token for the next one even then.

        Raises Unavailable where the pages go round in circles, Refused where there are too many.
        """
        token, seen = "", set[str]()
        for _ in range(MOST_PAGES):
            told = await self.get(address, pageSize=PAGE, **query, **({"continuationToken": token} if token else {}))
            rows = told.get("data")
            if not isinstance(rows, list):
                raise Unavailable(SERVICE, SHUT, cause="broken")
            for row in rows:
                if isinstance(row, dict):
                    yield row
            token = text(dict_in(told, "pagination").get("continuationToken"))
            if not rows or not token:
                return
            if token in seen:
                raise Unavailable(SERVICE, SHUT, cause="broken")
            if seen:  # most have one page, and the empty one
                await asyncio.sleep(self._pace)
            seen.add(token)
        raise Refused("helloasso-too-many")

    def _failure(self, answer: Answer) -> Exception:
        if answer.status == 401 and not answer.is_page:
            return Unavailable(SERVICE, SHUT, cause="credentials")
        if answer.status == 403 and not answer.is_page:  # a key is for one association
            return NotPermitted("helloasso-organization", organization=self._organization)
        if answer.status == 404 and not answer.is_page:
            return NotFound("helloasso-not-found", organization=self._organization)
        if answer.status == 400:
            return Rejected("helloasso-rejected")
        return unexpected(self._http, answer)


def segment(value: str) -> str:
    """One piece of an address, whatever it contains."""
    return quote(value, safe="")


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def dict_in(row: Json, name: str) -> Json:
    found = row.get(name)
    return found if isinstance(found, dict) else {}
