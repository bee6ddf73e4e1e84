"""The one way in: who the bot is, one write at a time, confirmation of the password, and what was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from integrations.errors import NotPermitted, Refused, Unavailable
from integrations.http import Answer, Http, instead

from .limits import CircuitBreaker
from .ocs import NO_ENVELOPE, Reply, mapping, read, text, texts

SERVICE = "nextcloud"
WINDOW = 600.0  # seconds in which the server counts calls
WHO = "/cloud/user"
SHUT = 60.0  # seconds between two looks whether a human has mended it
UNTRUSTED = 15  # what `/status.php` calls a name that is none of Nextcloud's own
PAGES = "/index.php/"  # an upgrade that waits is shown there, and answers 200
NOBODY = "Current user is not logged in"  # what it says to whoever shows no password (not translated)
SHARING = "/apps/files_sharing/"  # there, version 29 shows a page for what is not found

Form = Mapping[str, Any]
T = TypeVar("T")


class Client:
    """Requests of one account with an app password; see `Nextcloud` for what it takes."""

    def __init__(
        self,
        url: str,
        user: str,
        app_password: str,
        *,
        password: str | None,
        clock: Callable[[], float],
        transport: Any,
        read_timeout: float,
    ) -> None:
        headers = {"OCS-APIRequest": "true", "Accept": "application/json"}
        self._http = Http(
            SERVICE, url, headers=headers, auth=(user, app_password), transport=transport, read=read_timeout, why=_why
        )
        self._password = password
        self.url = url  # what people are told
        self.base = url.rstrip("/")
        self.clock = clock
        self.writing = asyncio.Lock()
        self._entry, self._confirming = CircuitBreaker(clock), CircuitBreaker(clock)
        self._id: str | None = None

    async def status(self) -> dict[str, Any]:
        """`{"version", "maintenance", "upgrade"}` from `/status.php`, which answers even during maintenance. Raises
        `Unavailable` with the cause where it is none of a Nextcloud that we may ask."""
        answer = await self._http("GET", "/status.php")
        if answer.status >= 500:
            raise self._shut("broken")
        document = mapping(answer.json())
        if document.get("code") == UNTRUSTED:
            raise self._shut("untrusted")
        if "installed" not in document:
            raise self._shut({401: "gate", 403: "blocked"}.get(answer.status, "address"))
        if document["installed"] is not True:
            raise self._shut("not-installed")
        maintenance, upgrade = document.get("maintenance") is True, document.get("needsDbUpgrade") is True
        return {"version": text(document.get("versionstring")), "maintenance": maintenance, "upgrade": upgrade}

    async def capabilities(self) -> dict[str, Any]:
        """What the server says that it can do, as it says it."""
        return mapping(mapping((await self.get("/cloud/capabilities")).data).get("capabilities"))

    async def whoami(self) -> dict[str, Any]:
        """`{"id", "groups", "subadmin"}` of the bot's own account. `id` is not always what it signs in with."""
        data = mapping((await self.get(WHO)).data)
        self._id = text(data.get("id"))
        return {"id": self._id, "groups": texts(data.get("groups")), "subadmin": texts(data.get("subadmin"))}

    @property
    def refused(self) -> str | None:
        """Of what the server did not accept at the last try, the code; nothing where all is well."""
        if self._entry.is_open:
            return "nextcloud-credentials"
        return "nextcloud-password-wrong" if self._confirming.is_open else None

    async def look_again(self) -> None:
        """Whether what was refused is accepted by now, if it is time to ask. Raises what it is told."""
        if self._entry.is_open:
            await self._enter()
        if self._confirming.is_open:
            await self.confirm()

    @property
    def has_password(self) -> bool:
        """Whether the real password is known, and may be confirmed with."""
        return bool(self._password)

    async def close(self) -> None:
        await self._http.close()

    async def me(self) -> str:
        """The id of the bot's own account, asked once."""
        return self._id or text((await self.whoami())["id"])

    async def get(self, route: str, **query: Any) -> Reply:
        """What an OCS route answers. Raises `NotPermitted("nextcloud-right")`, `Refused("nextcloud-unexpected")`."""
        reply = await self.ocs("GET", route, params=query)
        return reply if reply.ok else failed(reply)

    async def look(self, route: str, **query: Any) -> Reply | None:
        """Like `get`, None for what does not exist or may not be seen: Nextcloud does not tell them apart."""
        reply = await self.ocs("GET", route, params=query)
        if reply.status == 404 or reply.code in (404, 998):
            return None
        return reply if reply.ok else failed(reply)

    async def write(self, method: str, route: str, form: Form | None = None) -> Reply:
        """One write at a time: an SQLite-backed Nextcloud loses half of those that meet. Refusals are the caller's."""
        async with self.writing:
            reply = await self.ocs(method, route, form=form)
            if reply.wants_password:
                await self.confirm()
                reply = await self.ocs(method, route, form=form)
            if reply.wants_password:
                raise NotPermitted("nextcloud-confirmation")
            return reply

    async def confirm(self) -> bool:
        """Say the real password once for this cookie session; the server remembers for 30 minutes. False where it is
        one that never asks."""
        if not self._password:
            raise NotPermitted("nextcloud-password-needed")
        if not self._confirming.lets_through():  # each wrong try counts against the whole address of the bot
            raise NotPermitted("nextcloud-password-wrong")
        reply = await self.ocs("PUT", "/core/apppassword/confirm", form={"password": self._password})
        if not reply.ok and reply.status != 404:
            self._confirming.refused()
            raise NotPermitted("nextcloud-password-wrong")
        self._confirming.accepted()
        return reply.ok

    async def ocs(self, method: str, route: str, *, params: Form | None = None, form: Form | None = None) -> Reply:
        """One OCS request, and the envelope of its answer: what it refuses is the caller's to tell."""
        query = {"format": "json", **(params or {})}
        answer = await self.send(method, f"/ocs/v2.php{route}", params=query, data=dict(form) if form else None)
        reply = read(answer)
        if reply.code == NO_ENVELOPE and answer.status == 404 and route.startswith(SHARING):
            return Reply(404, 404, "", None)
        if reply.code == NO_ENVELOPE:
            await self._tell_apart()
            if route == WHO:  # what everybody may ask: somebody before it answers in its place
                raise self._shut("blocked")
            raise Refused("nextcloud-unexpected", status=str(answer.status), answer="")
        return reply

    async def send(self, method: str, path: str, **request: Any) -> Answer:
        """One request, unless credentials were refused before: eleven bad tries shut everybody's address out."""
        if self._entry.is_open:
            await self._enter()
        answer = await self._ask(method, path, **request)
        if answer.status == 401:
            raise self._not_let_in(answer)
        if answer.status == 507:
            raise Refused("nextcloud-full")
        if answer.status >= 500:
            raise Unavailable(SERVICE, unknown=method not in ("GET", "PROPFIND"), cause="broken")
        if answer.is_page and (answer.status == 400 or (answer.status == 200 and path.startswith(PAGES))):
            await self._tell_apart()
        return answer

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        try:
            return await self._http(method, path, limited=WINDOW, **request)
        except Unavailable as trouble:
            if trouble.cause in ("proxy", "busy"):
                await self._tell_apart(trouble)
            raise

    async def _tell_apart(self, trouble: Unavailable | None = None) -> None:
        """Raises the cause that `/status.php` tells; nothing where that is well. It may change between two tries: a
        maintenance ends, an upgrade is finished."""
        told = await self.status()
        cause = "upgrade" if told["upgrade"] else "maintenance" if told["maintenance"] else ""
        if cause:
            raise Unavailable(SERVICE, trouble.retry_after if trouble else 30.0, cause=cause)

    def _not_let_in(self, answer: Answer) -> Unavailable:
        """Whose the refusal is: Nextcloud's, which then is not asked again for a while, or of somebody before it."""
        if answer.is_page:
            return self._shut("gate")
        if "www-authenticate" not in answer.headers and "997" in answer.text and NOBODY in answer.text:
            return self._shut("unheard")
        self._entry.refused()
        self._id = None  # who is let in again may be called otherwise
        return self._shut("credentials")

    def _shut(self, cause: str) -> Unavailable:
        host = urlsplit(self.base).netloc.rpartition("@")[2]
        return Unavailable(SERVICE, SHUT, cause=cause, host=host)

    async def _enter(self) -> None:
        """After a refusal: a look at who the bot is, now and then, tells whether it is known again."""
        if not self._entry.lets_through():
            raise self._shut("credentials")
        answer = await self._ask("GET", f"/ocs/v2.php{WHO}", params={"format": "json"})
        if not read(answer).ok:
            raise self._shut("credentials")
        self._entry.accepted()


def _why(answer: Answer) -> str:
    """A 429 with words is about passwords, and holds for the whole address; one without is about the calls."""
    return "throttled" if answer.status == 429 and read(answer).code == 429 else instead(answer)


async def settle(write: Awaitable[T], look: Callable[[], Awaitable[T | None]]) -> T:
    """Await a write; where its outcome is unknown, look for its effect instead of repeating it."""
    try:
        return await write
    except Unavailable as lost:
        found = await look() if lost.unknown else None
        if found is None:
            raise
        return found


def segment(value: str) -> str:
    """One piece of an address, whatever it contains."""
    return quote(value, safe="")


def failed(reply: Reply) -> Reply:
    """Raises what a refusal means that no route has a meaning of its own for."""
    if reply.code == 403:
        raise NotPermitted("nextcloud-right")
    raise Refused("nextcloud-unexpected", status=str(reply.status), answer=str(reply.code))
