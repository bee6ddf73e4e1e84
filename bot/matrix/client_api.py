"""One homeserver as an address and a token: a request goes out, JSON or one of our errors comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote, urlencode

import aiohttp
from yarl import URL

from bot.errors import CredentialsRefused, MatrixRefused, Moved, Unavailable
from bot.matrix.asking import about_to_ask
from bot.matrix.untrusted_json import dicts, pruned, strings
from integrations.causes import BEHIND_A_PROXY, answered_instead, cause_of
from integrations.errors import is_elsewhere, leads_to

LIMIT = 60.0
PATIENCE = 5.0
LOCKED = 60.0
PROXIES = BEHIND_A_PROXY | {503}


class SoftLogout(Exception):
    """The token has run out, but the device lives: a new sign-in gives it another token."""


class TooFast(Unavailable):
    """The homeserver asks for patience: it would have answered."""


class AuthWanted(MatrixRefused):
    """The request needs a proof as well, mostly the account's password (user-interactive authentication).

    `stages` are the proofs that the homeserver takes; `session` continues the request.
    """

    def __init__(self, session: str, stages: frozenset[str] = frozenset()) -> None:
        self.session, self.stages = session, stages
        super().__init__("M_UNAUTHORIZED", 401)


def path(*parts: str, under: str = "/_matrix/client/v3") -> str:
    """`path("rooms", room_id, "state")`: every part quoted, so that no id can lead elsewhere."""
    return "/".join((under, *(quote(part, safe="") for part in parts)))


class ClientApi:
    """Requests to one homeserver as one account. The token never shows in a log, a repr or an exception, and goes
    nowhere else: no redirect is followed, no cookie kept, no proxy of the environment asked.

    `renew` puts a new token here when the old one has run out.
    """

    def __init__(self, homeserver: str, token: str = "") -> None:
        self.homeserver = homeserver.rstrip("/")
        self.token = token
        self.renew: Callable[[], Awaitable[object]] | None = None
        self._renewing = asyncio.Lock()
        self._http: aiohttp.ClientSession | None = None

    async def call(
        self, method: str, path: str, body: Any = None, *, limit: float = LIMIT, **query: Any
    ) -> dict[str, Any]:
        """Send one request and return its JSON object; `limit` in seconds.

        Raises `MatrixRefused` (no, and it stays no), `Unavailable` (later; `Moved`: the address is another one),
        `CredentialsRefused` (the token is dead).
        """
        answer = await self.fetch(method, path, body, limit=limit, **query)
        if not isinstance(answer, dict):
            raise Unavailable("matrix", PATIENCE, cause="address")
        return answer

    async def fetch(self, method: str, path: str, body: Any = None, *, limit: float = LIMIT, **query: Any) -> Any:
        """Like `call`, for the few answers that are not an object (the whole state of a room is a list)."""
        data = None if body is None else json.dumps(body).encode()
        return await self._request(method, _with(path, query), data, "application/json", limit)

    async def upload(self, data: bytes, content_type: str, filename: str = "") -> str:
        """Store a file on the homeserver; returns its mxc address."""
        query = {"filename": filename} if filename else {}
        address = _with("/_matrix/media/v3/upload", query)
        answer = await self._request("POST", address, data, content_type, LIMIT)
        if not isinstance(answer, dict) or not isinstance(answer.get("content_uri"), str):
            raise Unavailable("matrix", PATIENCE)
        return str(answer["content_uri"])

    async def download(self, server: str, media: str, most: int) -> bytes:
        """A file on the homeserver; `MatrixRefused("M_TOO_LARGE")` where it has more than `most` bytes."""
        try:
            return await self._downloaded("/_matrix/client/v1/media", server, media, most)
        except MatrixRefused as no:
            if no.errcode != "M_UNRECOGNIZED":
                raise
        return await self._downloaded("/_matrix/media/v3", server, media, most)  # a homeserver of before 2024

    async def _downloaded(self, under: str, server: str, media: str, most: int) -> bytes:
        address = path("download", server, media, under=under)
        return bytes(await self._request("GET", address, None, "application/json", LIMIT, most))

    async def _request(self, *request: Any) -> Any:
        await about_to_ask()
        used = self.token
        try:
            return await self._once(*request)
        except SoftLogout:
            await self._renewed(used)
        try:
            return await self._once(*request)
        except SoftLogout:
            raise CredentialsRefused("matrix") from None

    async def _renewed(self, used: str) -> None:
        """Have another token than `used`; of many requests that find it dead, one does the work."""
        async with self._renewing:
            if self.token == used:
                if self.renew is None:
                    raise CredentialsRefused("matrix")
                await self.renew()

    async def _once(
        self, method: str, address: str, data: bytes | None, content_type: str, limit: float, most: int | None = None
    ) -> Any:
        headers = {"Content-Type": content_type}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = URL(self.homeserver + address, encoded=True)
        try:
            asking = self._open().request(method, url, data=data, headers=headers, allow_redirects=False)
            async with asyncio.timeout(limit), asking as reply:
                if 300 <= reply.status < 400:
                    unknown = method != "GET" and reply.status < 307
                    raise self._moved(address, reply.headers.get("Location", ""), unknown=unknown)
                if most is not None and reply.status == 200:
                    return await _file(reply, most)
                answer = _json(await reply.read())
                if not isinstance(answer, dict | list) and reply.status in PROXIES:
                    cause = answered_instead(reply.status, reply.headers.get("Content-Type", ""))
                    raise Unavailable("matrix", PATIENCE, unknown=method != "GET", cause=cause)
                return _sorted(reply.status, answer, address)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            cause, host = cause_of(error), url.host or ""
            raise Unavailable("matrix", PATIENCE, unknown=method != "GET", cause=cause, host=host) from None

    def _moved(self, address: str, location: str, *, unknown: bool) -> Moved:
        portal = is_elsewhere(self.homeserver, address, location)
        return Moved("matrix", leads_to(self.homeserver, address, location), unknown=unknown, portal=portal)

    def _open(self) -> aiohttp.ClientSession:
        if self._http is None or self._http.closed:
            # No limit of its own: what hangs for one lieu must leave a connection to the others, and to the sync.
            free = aiohttp.TCPConnector(limit=0)
            self._http = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),
                connector=free,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._http

    async def close(self) -> None:
        if self._http:
            await self._http.close()


async def _file(reply: aiohttp.ClientResponse, most: int) -> bytes:
    found = bytearray()
    async for piece in reply.content.iter_chunked(65_536):
        found += piece
        if len(found) > most:
            raise MatrixRefused("M_TOO_LARGE", 413)
    return bytes(found)


def _with(path: str, query: dict[str, Any]) -> str:
    told = {name: _plain(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(told, doseq=True)}" if told else path


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _json(body: bytes) -> Any:
    try:
        return _loaded(body)
    except (ValueError, RecursionError):
        return None


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError:  # what somebody wrote is no reason not to hear the others
        return json.loads(pruned(body))


def _sorted(status: int, answer: Any, address: str) -> Any:
    """The answer of a request that went well, or the error that says what can be done."""
    if 200 <= status < 300:
        return answer
    said = answer if isinstance(answer, dict) else {}
    errcode = said.get("errcode")
    if status == 429:
        raise TooFast("matrix", _delay(said), cause="limited")
    if errcode == "M_USER_LOCKED":
        raise Unavailable("matrix", LOCKED, cause="locked")
    if errcode == "M_UNKNOWN_TOKEN":
        raise SoftLogout if said.get("soft_logout") is True else CredentialsRefused("matrix")
    if status >= 500:
        raise Unavailable("matrix", PATIENCE, cause="broken")
    if not (isinstance(errcode, str) or "flows" in said):
        raise Unavailable("matrix", PATIENCE, cause="gate" if status in (401, 403, 407) else "address")
    if status == 401 and isinstance(said.get("flows"), list):
        stages = (stage for flow in dicts(said["flows"]) for stage in strings(flow.get("stages")))
        raise AuthWanted(str(said.get("session", "")), frozenset(stages))
    raise MatrixRefused(str(errcode), status, *_asked_of_a_room(address))


def _asked_of_a_room(address: str) -> tuple[str, str]:
    """The room that a request was about, and what was asked of it: (`!id`, `invite`); empty where it was none."""
    parts = [unquote(part) for part in address.partition("?")[0].split("/")]
    if "join" in parts[:-1]:
        return parts[-1], "join"
    if "rooms" not in parts[:-2]:
        return "", ""
    room_id, act, *more = parts[parts.index("rooms") + 1 :]
    return room_id, more[0] if act in ("state", "send") and more else act


def _delay(said: dict[str, Any]) -> float:
    wanted = said.get("retry_after_ms")
    return max(wanted / 1000, 0.1) if isinstance(wanted, int | float) else PATIENCE
