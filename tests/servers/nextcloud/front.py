"""The front desk: which part of the server answers a request, who is asking, and what the weather is like."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from . import files, routes, team_folders
from .answers import DavError, Failure, Json, dav_error, failure, nothing, ocs, old_failure, page
from .call import Call
from .identity import COOKIE, Caller, Guessing, Identities, Unknown
from .memory import Memory
from .weather import Weather

CAPTURED = Path(__file__).parents[2] / "captured"
READS = frozenset({"GET", "HEAD", "PROPFIND", "OPTIONS"})
BASIC = {"www-authenticate": 'Basic realm="Authorisation Required"'}
DAV_BASIC = {"www-authenticate": 'Basic realm="Nextcloud", charset="UTF-8"'}
MAINTENANCE = {"x-nextcloud-maintenance-mode": "1"}
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
        self.url = ""
        self._today = today
        self._writing = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append((request.method, request.url.path))
        with self._counted(request.method not in READS):
            await asyncio.sleep(self.weather.slow)
            response = await self._answer(request)
        struck = self.weather.strikes() if request.method not in READS and response.status_code < 300 else None
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
        if path == "/status.php":
            return JSONResponse(self._status())
        if self.weather.maintenance:
            return self._in_maintenance(path)
        if self.weather.limited:
            return nothing(429)
        if not self.trusted:
            return page(400)
        if path.startswith(files.ROOT):
            return await self._dav(request)
        if path.startswith(("/ocs/v1.php/", "/ocs/v2.php/")):
            return await self._ocs(request, int(path[6]), unquote(path[len("/ocs/v2.php") :]))
        if path.startswith((team_folders.TEAM, team_folders.STORAGES)):
            return await self._beside(request, unquote(path))
        return page(404)

    async def _beside(self, request: Request, path: str) -> Response:
        """Apps that answer outside of the OCS addresses."""
        try:
            caller = self.identities.caller(request)
        except Guessing:
            return self._at_the_door(429, "Reached maximum delay", 429)
        except Unknown:
            return failure(997, "Current user is not logged in", v=1)
        call = await self._call(request, caller)
        if path.startswith(team_folders.STORAGES):
            return team_folders.storages(call)
        response = team_folders.serve(call, request.method, path, confirmed=caller.confirmed)
        response.set_cookie(COOKIE, caller.session, httponly=True)
        return response

    def _status(self) -> dict[str, Any]:
        full = {"34.0.1": "34.0.1.2", "29.0.1": "29.0.1.1"}.get(self.memory.version, self.memory.version)
        state = {"installed": True, "maintenance": self.weather.maintenance, "needsDbUpgrade": False}
        name = {"version": full, "versionstring": self.memory.version, "edition": "", "productname": "Nextcloud"}
        return state | name | {"extendedSupport": False}

    def _in_maintenance(self, path: str) -> Response:
        if path.startswith(files.ROOT):
            exception = "OCA\\DAV\\Exception\\ServerMaintenanceMode"
            return dav_error(DavError(503, exception, "System is in maintenance mode."))
        if not path.startswith("/ocs/"):
            return page(503, MAINTENANCE | {"retry-after": "120"})
        return self._at_the_door(503, "Service unavailable", 503, MAINTENANCE)

    def _at_the_door(self, code: int, message: str, status: int, headers: dict[str, str] | None = None) -> Response:
        if self.memory.modern:
            return failure(code, message, headers=headers)
        return old_failure(code, message, status, headers)

    async def _dav(self, request: Request) -> Response:
        try:
            caller = self.identities.caller(request)
            return await files.serve(self.memory, caller.account, request, full=self.weather.full)
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
        response = await self._routed(request, caller, v, path)
        response.set_cookie(COOKIE, caller.session, httponly=True)
        return response

    async def _routed(self, request: Request, caller: Caller, v: int, path: str) -> Response:
        xml = "json" not in request.headers.get("accept", "json") and request.query_params.get("format") != "json"
        call = await self._call(request, caller)
        if path.startswith("/core/"):
            return self._core(request, caller, call, path)
        found = routes.find(request.method, path)
        if found is None:
            return self._no_route(request)
        route, arguments = found
        if route.guarded and not caller.confirmed:
            return failure(403, "Password confirmation is required", v=v, xml=xml)
        counted = route.limit and (self.memory.modern or route.method == "PUT")
        if counted and not self.identities.within_limit(route.pattern.pattern, caller.account, route.limit or 0):
            return nothing(429)
        try:
            return ocs(route.handle(call, *arguments), v=v, xml=xml)
        except Failure as error:
            return failure(error.code, error.message, v=v, xml=xml)

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
            address=self.url,
            today=self._today,
            half_create=self.weather.halves,
        )

    def _capable(self, known: bool) -> dict[str, Any]:
        name = "capabilities" if known else "capabilities_anonymous"
        recorded = json.loads((CAPTURED / f"nextcloud-{self.memory.version}" / f"{name}.json").read_text())
        told: dict[str, Any] = recorded["response"]["body"]["ocs"]["data"]
        if not known:
            return told
        sharing = told["capabilities"]["files_sharing"]
        sharing["api_enabled"] = self.memory.policy.sharing
        if not self.memory.policy.team_folders:
            del told["capabilities"]["groupfolders"]
        sharing["group"]["enabled"] = sharing["group_sharing"] = self.memory.policy.group_sharing
        return told


async def _form(request: Request) -> tuple[dict[str, str], dict[str, list[str]]]:
    if request.headers.get("content-type", "").startswith("application/json"):
        document = await request.json()
        lists = {name: value for name, value in document.items() if isinstance(value, list)}
        return {name: str(value) for name, value in document.items() if name not in lists}, lists
    if request.method in ("POST", "PUT", "DELETE"):
        form = parse_qs((await request.body()).decode(), keep_blank_values=True)
        return {name: values[-1] for name, values in form.items()}, form
    return {}, {}
