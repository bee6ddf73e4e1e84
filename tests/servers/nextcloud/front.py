"""The front desk: which part of the server answers a request, who is asking, and what the weather is like."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from . import federation, files, mounts, routes, team_folders, trash, users
from .answers import DavError, Failure, Json, Lost, dav_error, failure, nothing, ocs, old_failure, page
from .call import Call
from .identity import COOKIE, Caller, Guessing, Identities, Unknown, token_of
from .memory import Account, Mail, Memory, Policy
from .weather import Weather

CAPTURED = Path(__file__).parents[2] / "captured"
READS = frozenset({"GET", "HEAD", "PROPFIND", "OPTIONS"})
BASIC = {"www-authenticate": 'Basic realm="Authorisation Required"'}
DAV_BASIC = {"www-authenticate": 'Basic realm="Nextcloud", charset="UTF-8"'}
UNTRUSTED = {"error": "Trusted domain error.", "code": 15}
MAINTENANCE = {"x-nextcloud-maintenance-mode": "1"}
MAIL_TEST = "/index.php/settings/admin/mailtest"
NO_ADMIN = "Logged in account must be an admin, a sub admin or gotten special right to access this setting"
NO_ADDRESS = (
    "You need to set your account email before being able to send test emails. Go to {url}/index.php/settings/user for"
    " that."
)
NOT_SENT = (
    "A problem occurred while sending the email. Please revise your settings. (Error: Email could not be sent. Check"
    " your mail server log)"
)
NO_ROUTE = (
    "Invalid query, please check the syntax. API specifications are here: "
    "http://www.freedesktop.org/wiki/Specifications/open-collaboration-services.\n"
)


class Front:
    """Answers requests from memory, under the weather of the moment; an ASGI application."""

    def __init__(self, version: str, clock: Callable[[], float], today: Callable[[], date]) -> None:
        self.memory = Memory(version)
        self.weather = Weather()
        self.identities = Identities(self.memory, clock)
        self.asked: list[tuple[str, str]] = []
        self.most_writes_at_once = 0
        self.trusted = True
        self.url = self.public = ""  # where it is, and, if it has another one, the address that it tells
        self.mounts: dict[str, httpx.AsyncBaseTransport] = {}  # servers that are reached without a network
        self._today = today
        self._writing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append((request.method, request.url.path))
        with self._counted(request.method not in READS):
            await asyncio.sleep(self.weather.slow)
            response = await self._answer(request)
        asked = request.method not in READS and not request.url.path.startswith("/ocm/")
        struck = self.weather.strikes() if asked and response.status_code < 300 else None
        if struck == "hangs":
            await self.weather.closing.wait()
        elif struck == "fails":
            response = failure(996, "Internal Server Error")
        await response(scope, receive, send)

    @contextlib.contextmanager
    def _counted(self, writing: bool) -> Iterator[None]:
        self._writing += writing
        self.most_writes_at_once = max(self.most_writes_at_once, self._writing)
        try:
            yield
        finally:
            self._writing -= writing

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if not self.trusted:
            return JSONResponse(UNTRUSTED, 400) if path == "/status.php" else page(400)
        if path == "/status.php":
            return JSONResponse(self._status())
        if self.weather.maintenance or self.weather.upgrade:
            return self._in_maintenance(path) if self.weather.maintenance else self._to_be_upgraded(path)
        if self.weather.limited:
            return nothing(429)
        if path.startswith((files.ROOT, trash.BIN)) or request.method == "SEARCH":
            return await self._dav(request)
        if path.startswith(("/ocs/v1.php/", "/ocs/v2.php/")):
            return await self._ocs(request, int(path[6]), unquote(path[len("/ocs/v2.php") :]))
        if path.startswith((team_folders.TEAM, team_folders.STORAGES, MAIL_TEST)):
            return await self._beside(request, unquote(path))
        if (request.method, path) == ("POST", "/index.php/lostpassword/email"):
            return await self._lost_password(request)
        return await self._between_servers(request)

    async def _lost_password(self, request: Request) -> Response:
        """Since version 34, for applications too."""
        if not self.memory.modern:
            return Json({"message": "CSRF check failed"}, 412)
        form, _ = await _form(request)
        users.mail_link(self.memory, form.get("user", ""))
        return Json({"status": "success"}, 200)

    async def _beside(self, request: Request, path: str) -> Response:
        """Apps that answer outside of the OCS addresses."""
        try:
            caller = self.identities.caller(request)
        except Guessing:
            return self._at_the_door(429, "Reached maximum delay", 429)
        except Unknown:
            return failure(997, "Current user is not logged in", v=1)
        if path == MAIL_TEST:
            return self._mail_test(caller.account)
        call = await self._call(request, caller)
        if path.startswith(team_folders.STORAGES):
            return team_folders.storages(call)
        response = team_folders.serve(call, request.method, path, confirmed=caller.confirmed)
        response.set_cookie(COOKIE, caller.session, httponly=True)
        return response

    def _mail_test(self, account: Account) -> Response:
        if "admin" not in account.groups:
            return Json({"message": NO_ADMIN}, 403)
        if not account.email:
            return Json(NO_ADDRESS.format(url=self.url), 400)
        if self.weather.mail_down:
            return Json(NOT_SENT, 400)
        self.memory.mails.append(Mail(account.email, with_link=False))
        return Json([])

    async def _between_servers(self, request: Request) -> Response:
        """What other servers ask, without credentials."""
        match request.method, request.url.path:
            case "GET", "/ocm-provider/":
                return JSONResponse(federation.provider(self.memory, self.url))
            case "GET", "/.well-known/ocm":
                known = self.memory.modern
                told = federation.provider(self.memory, self.url) if known else {"message": "ocm not supported"}
                return Json(told, 200 if known else 404)
            case "POST", "/ocm/shares":
                known = federation.receive(self.memory, await request.json())
                return Json({"recipientDisplayName": ""}, 201) if known else Json({"message": "User not found"}, 400)
            case "POST", "/ocm/notifications":
                federation.hear(self.memory, await request.json())
                return Json([], 201)
        if request.url.path.startswith(mounts.PUBLIC):
            return await self._public(request)
        return page(404)

    async def _public(self, request: Request) -> Response:
        try:
            return await files.serve_public(self.memory, token_of(request), request, today=self._today())
        except DavError as error:
            return dav_error(error, DAV_BASIC if error.status == 401 else None)

    # Without certificates: stand-ins speak in clear, and reading the authorities takes 26 ms each time.

    async def _beyond(self, address: str, document: dict[str, Any]) -> bool:
        """Post to another server; whether it accepted."""
        try:
            async with httpx.AsyncClient(mounts=self.mounts, verify=False, timeout=5) as client:
                return (await client.post(address, json=document)).status_code == 201
        except httpx.HTTPError:
            return False

    async def _fetch(
        self, method: str, address: str, token: str, *, body: bytes | str = b"", headers: dict[str, str]
    ) -> httpx.Response | None:
        """Ask another server for what it shares under this token; nothing where it is away."""
        try:
            async with httpx.AsyncClient(mounts=self.mounts, verify=False, timeout=5) as client:
                return await client.request(method, address, auth=(token, ""), content=body, headers=headers)
        except httpx.HTTPError:
            return None

    def _status(self) -> dict[str, Any]:
        full = {"34.0.1": "34.0.1.2", "29.0.1": "29.0.1.1"}.get(self.memory.version, self.memory.version)
        state = {"installed": True, "maintenance": self.weather.maintenance}
        state["needsDbUpgrade"] = self.weather.upgrade
        name = {"version": full, "versionstring": self.memory.version, "edition": "", "productname": "Nextcloud"}
        return state | name | {"extendedSupport": False}

    def _in_maintenance(self, path: str) -> Response:
        if path.startswith(files.ROOT):
            exception = "OCA\\DAV\\Exception\\ServerMaintenanceMode"
            return dav_error(DavError(503, exception, "System is in maintenance mode."))
        if not path.startswith("/ocs/"):
            return page(503, MAINTENANCE | {"retry-after": "120"})
        return self._at_the_door(503, "Service unavailable", 503, MAINTENANCE)

    def _to_be_upgraded(self, path: str) -> Response:
        if path.startswith("/ocs/"):
            return self._at_the_door(503, "Service unavailable", 503, MAINTENANCE)
        return page(503 if path.startswith(files.ROOT) else 200)

    def _at_the_door(self, code: int, message: str, status: int, headers: dict[str, str] | None = None) -> Response:
        if self.memory.modern:
            return failure(code, message, headers=headers)
        return old_failure(code, message, status, headers)

    async def _dav(self, request: Request) -> Response:
        try:
            caller = self.identities.caller(request)
            if request.method == "SEARCH":
                return await trash.search(self.memory, caller.account, request)
            if request.url.path.startswith(trash.BIN):
                return await trash.serve(self.memory, caller.account, request)
            to = {"today": self._today(), "fetch": self._fetch, "beyond": self._beyond}
            return await files.serve(self.memory, caller.account, request, full=self.weather.full, **to)
        except Unknown:
            exception = "Sabre\\DAV\\Exception\\NotAuthenticated"
            return dav_error(DavError(401, exception, "Username or password was incorrect"), DAV_BASIC)
        except Guessing:
            return self._at_the_door(429, "Reached maximum delay", 429)
        except DavError as error:
            return dav_error(error, files.allowed(self.memory) if error.status == 405 else None)

    async def _ocs(self, request: Request, v: int, path: str) -> Response:
        if path == "/cloud/capabilities":
            return ocs(self._capable("authorization" in request.headers), v=v)
        try:
            caller = self.identities.caller(request)
        except Guessing:
            return self._at_the_door(429, "Reached maximum delay", 429)
        except Unknown as unknown:
            if unknown.wrong:
                return self._at_the_door(997, "Unauthorised", 401, BASIC)
            return failure(997, "Current user is not logged in", v=v)
        if request.headers.get("ocs-apirequest") != "true":
            return Json({"message": "CSRF check failed"}, 412)
        mails = len(self.memory.mails)
        response = await self._routed(request, caller, v, path)
        if self.weather.mail_down:
            del self.memory.mails[mails:]
        response.set_cookie(COOKIE, caller.session, httponly=True)
        return response

    async def _routed(self, request: Request, caller: Caller, v: int, path: str) -> Response:
        xml = "json" not in request.headers.get("accept", "json") and request.query_params.get("format") != "json"
        call = await self._call(request, caller)
        if path.startswith("/core/"):
            return self._core(request, caller, call, path)
        found = routes.find(request.method, path)
        if found is None or path.startswith(routes.switched_off(self.memory.policy)):
            return self._no_route(request)
        route, arguments = found
        if route.guarded and not caller.confirmed:
            return failure(403, "Password confirmation is required", v=v, xml=xml)
        counted = route.limit and (self.memory.modern or route.method == "PUT")
        if counted and not self.identities.within_limit(route.pattern.pattern, caller.account, route.limit or 0):
            return nothing(429)
        try:
            told = route.handle(call, *arguments)
            return ocs(await told if inspect.isawaitable(told) else told, v=v, xml=xml)
        except Failure as error:
            return failure(error.code, error.message, v=v, xml=xml)
        except Lost:
            return page(404)

    def _no_route(self, request: Request) -> Response:
        if self.memory.modern:
            return failure(998, NO_ROUTE)
        if request.query_params.get("format") == "json":
            return failure(404, NO_ROUTE)
        return old_failure(404, NO_ROUTE, 404)

    def _core(self, request: Request, caller: Caller, call: Call, path: str) -> Response:
        if (request.method, path) == ("PUT", "/core/apppassword/confirm") and self.memory.modern:
            right = self.identities.confirm(caller, call.form.get("password", ""))
            return ocs({"lastLogin": int(time.time())}) if right else failure(403, "")
        return self._no_route(request)

    async def _call(self, request: Request, caller: Caller) -> Call:
        form, lists = await _form(request)
        return Call(
            self.memory,
            caller.account,
            request.query_params,
            form,
            lists,
            language=request.headers.get("accept-language", "en")[:2],
            address=self.public or self.url,
            today=self._today,
            half_create=self.weather.halves,
            beyond=self._beyond,
            fetch=self._fetch,
        )

    def _capable(self, known: bool) -> dict[str, Any]:
        name = "capabilities" if known else "capabilities_anonymous"
        recorded = json.loads((CAPTURED / f"nextcloud-{self.memory.version}" / f"{name}.json").read_text())
        told: dict[str, Any] = recorded["response"]["body"]["ocs"]["data"]
        if not known:
            return told
        _regulate(told["capabilities"]["files_sharing"], self.memory.policy)
        if not self.memory.policy.team_folders:
            del told["capabilities"]["groupfolders"]
        return told


def _regulate(sharing: dict[str, Any], policy: Policy) -> None:
    """The switches of the administration page, as capabilities tell them."""
    sharing["api_enabled"] = policy.sharing
    sharing["group"]["enabled"] = sharing["group_sharing"] = policy.group_sharing
    sharing["federation"]["outgoing"] = policy.federation
    sharing["sharebymail"]["enabled"] = policy.mail_shares
    public = sharing["public"]
    public["upload"] = policy.link_upload
    public["password"]["enforced"] = policy.link_password
    within = {"": policy.link_days, "_internal": policy.internal_days, "_remote": policy.remote_days}
    for kind, days in within.items():
        if days is not None:
            public[f"expire_date{kind}"] = {"enabled": True, "days": days, "enforced": policy.ends_enforced}
    if not policy.links:
        sharing["public"] = {"enabled": False}


async def _form(request: Request) -> tuple[dict[str, str], dict[str, list[str]]]:
    if request.headers.get("content-type", "").startswith("application/json"):
        document = await request.json()
        lists = {name: value for name, value in document.items() if isinstance(value, list)}
        return {name: str(value) for name, value in document.items() if name not in lists}, lists
    if request.method in ("POST", "PUT", "DELETE"):
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in form.items()}, form
    return {}, {}
