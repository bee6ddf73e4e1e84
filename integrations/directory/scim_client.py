"""Requests of SCIM 2.0 with their token, filters that are never believed, pages, and answers read warily."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import quote

from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable, reason
from integrations.http import Answer, Http
from integrations.oauth import NoTokens, Token, UnknownClient, unexpected

from .lacking import unsupported
from .scim_resources import Row, in_utc, objects, quoted, text

Kind = Literal["Users", "Groups"]

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
CANAILLE = "https://canaille.readthedocs.io"
KEYCLOAK = re.compile(r"/realms/[^/]+/scim/v2/?\Z")
MEDIA = "application/scim+json"
OTHER_AUDIENCE = "Invalid token audience"  # how Keycloak calls a token that is good, but not for SCIM
PAGES = 200
REMEMBER = 300.0  # seconds
LONGEST = 2**25  # bytes of all pages together: some ten thousand people


class ScimClient:
    """Reads raise; writes *return* what went wrong, because the caller must look before believing it."""

    def __init__(self, http: Http, token: Token, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.http, self._token, self._clock = http, token, clock
        self._config: Row = {}
        self._until = float("-inf")

    async def config(self, *, fresh: bool = False) -> Row:
        """The ServiceProviderConfig (RFC 7643 §5), empty where the server has none; remembered for a few minutes, since
        servers are upgraded while the bot runs."""
        if fresh or self._clock() >= self._until:
            answer = await self._call("GET", "/ServiceProviderConfig")
            self._config = {} if answer.status == 404 else self._row(answer)
            self._until = self._clock() + REMEMBER
        return self._config

    async def answers(self) -> None:
        """One light reading: of the ServiceProviderConfig, or of one person where there is none. Whatever is no SCIM
        (RFC 7644 §3.1: it says which by `schemas`) is somebody in its place."""
        try:
            answer = await self._call("GET", "/ServiceProviderConfig")
            if answer.status == 404:
                answer = await self._call("GET", "/Users", params={"startIndex": "1", "count": "1"})
        except NotPermitted as no:
            if no.code == "directory-token-url":  # nobody is there who would give any
                raise Unavailable(self.http.service) from None
            raise
        told = answer.json()
        if answer.status == 404 and not answer.is_page and (text(told, "error") or text(told, "detail")):
            raise NotPermitted("directory-no-scim")
        if answer.status == 404 or (answer.status == 200 and (not isinstance(told, dict) or "schemas" not in told)):
            raise unexpected(self.http, answer)
        self._row(answer)

    async def supports(self, feature: str) -> bool:
        found = (await self.config()).get(feature)
        return isinstance(found, dict) and found.get("supported") is True

    async def is_canaille(self) -> bool:
        return str((await self.config()).get("documentationUri", "")).startswith(CANAILLE)

    def is_keycloak(self) -> bool:
        """By its address: nothing that it says of itself names it."""
        return KEYCLOAK.search(self.http.url) is not None

    async def find(self, kind: Kind, attribute: str, value: str, *told: str) -> list[Row]:
        """Candidates among which the resources with this value are, if there are any: to be checked by the caller.

        `told`: the attributes to be told, which are asked for because a server need not tell all of itself (RFC 7644
        §3.9): Keycloak says who is in a group only then.
        """
        if not await self.supports("filter"):
            by_name = attribute == "userName" and await self.is_canaille()
            return await (self._named(value) if by_name else self.everything(kind, *told))
        try:
            return await self._pages(kind, *told, filter=f"{attribute} eq {quoted(value)}")
        except Rejected:  # this attribute cannot be searched here
            return await self.everything(kind, *told)

    async def everything(self, kind: Kind, *told: str) -> list[Row]:
        return await self._pages(kind, *told)

    async def fetch(self, kind: Kind, row: Row) -> tuple[Row, datetime | None]:
        """The resource as it is now, and what the server's clock says."""
        answer = await self._read(f"/{kind}/{_path(row)}")
        return self._row(answer), _clock(answer)

    async def create(self, kind: Kind, row: Row) -> Exception | None:
        return await self._write("POST", f"/{kind}", row)

    async def replace(self, kind: Kind, row: Row, path: str, value: object) -> Exception | None:
        return await self.change(kind, row, {"op": "replace", "path": path, "value": value})

    async def change(self, kind: Kind, row: Row, operation: Row) -> Exception | None:
        """Make one change (RFC 7644 §3.5.2), if nobody else changed the resource since it was read."""
        version = text(row, "meta", "version")
        etags = version and await self.supports("etag")
        return await self._write(
            "PATCH",
            f"/{kind}/{_path(row)}",
            {"schemas": [PATCH], "Operations": [operation]},
            {"If-Match": version} if etags else {},
        )

    async def delete(self, kind: Kind, row: Row) -> Exception | None:
        return await self._write("DELETE", f"/{kind}/{_path(row)}")

    async def _named(self, username: str) -> list[Row]:
        """Canaille ignores filters but answers by username."""
        if not username.strip("."):
            return []
        try:
            return [self._row(await self._read(f"/Users/{quote(username, safe='')}"))]
        except NotFound:
            return []

    async def _pages(self, kind: Kind, *told: str, **query: str) -> list[Row]:
        """Every row, page after page. No `count`: Canaille answers it with an error."""
        rows: list[Row] = []
        query |= {"attributes": ",".join(told)} if told else {}
        read = 0
        for _ in range(PAGES):
            start = {"startIndex": str(len(rows) + 1)} if rows else {}
            answer = await self._list(f"/{kind}", query | start)
            page, read = self._row(answer), read + len(answer.body)
            if read > LONGEST:
                raise Refused("directory-too-many")
            given = [row for row in objects(page.get("Resources")) if text(row, "id")]
            rows += given
            if not given or len(rows) >= _count(page.get("totalResults")):
                break
        return rows

    async def _list(self, path: str, query: Mapping[str, str]) -> Answer:
        """There always is one, were it empty: where there is none, SCIM is not to be had."""
        try:
            return await self._read(path, params=query)
        except NotFound:
            raise NotPermitted("directory-no-scim") from None

    async def _read(self, path: str, **request: Any) -> Answer:
        answer = await self._call("GET", path, **request)
        if answer.status != 200:
            raise self._failure(answer)
        return answer

    async def _write(
        self, method: str, path: str, body: Row | None = None, headers: Row | None = None
    ) -> Exception | None:
        content = {"content": json.dumps(body)} if body else {}
        try:
            answer = await self._call(method, path, headers={"Content-Type": MEDIA} | (headers or {}), **content)
        except Unavailable as trouble:
            return trouble
        return None if answer.status in (200, 201, 202, 204) else self._failure(answer)

    async def _call(self, method: str, path: str, **request: Any) -> Answer:
        """A token says what its owner might do when it was asked for: refused, another one may say more."""
        answer = await self._call_once(method, path, **request)
        if answer.status in (401, 403) and self._token.forget():
            answer = await self._call_once(method, path, **request)
        return answer

    async def _call_once(self, method: str, path: str, *, headers: Row | None = None, **request: Any) -> Answer:
        try:
            token = await self._token.get()
        except UnknownClient:
            raise NotPermitted("directory-credentials") from None
        except NoTokens:
            raise NotPermitted("directory-token-url") from None
        own = {"Accept": f"{MEDIA}, application/json", "Authorization": f"Bearer {token}"}
        return await self.http(method, path, headers=own | (headers or {}), **request)

    def _row(self, answer: Answer) -> Row:
        row = answer.json()
        if answer.status != 200 or not isinstance(row, dict):
            raise self._failure(answer)
        return row

    def _failure(self, answer: Answer) -> Exception:
        """RFC 7644 §3.12. What is not clearly a refusal may pass, and may have been carried out."""
        if answer.status == 400:
            return Rejected("directory-rejected", reason=_detail(answer))
        if answer.status == 404:
            return NotFound("directory-not-found")
        if answer.status in (405, 501):
            return unsupported("accounts")
        if answer.status == 409:
            return Conflict("login")  # nothing else is unique in SCIM (RFC 7643 §4.1.1)
        if answer.status in (401, 403) and not answer.is_page:  # on a page it is somebody who stands before the server
            return self._lack(answer)
        return unexpected(self.http, answer)

    def _lack(self, answer: Answer) -> NotPermitted:
        if answer.status == 403:
            return NotPermitted("directory-not-permitted")
        if _detail(answer) == OTHER_AUDIENCE:
            return NotPermitted("directory-audience")
        if self._token.forget():  # the credentials were good for a token
            return NotPermitted("directory-token-refused")
        return NotPermitted("directory-credentials")


def _clock(answer: Answer) -> datetime | None:
    try:
        return in_utc(parsedate_to_datetime(answer.headers.get("date", "")))
    except ValueError:
        return None


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _path(row: Row) -> str:
    return quote(text(row, "id"), safe="")


def _detail(answer: Answer) -> str:
    return reason(text(answer.json(), "detail"))
