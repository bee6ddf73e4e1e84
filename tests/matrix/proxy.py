"""A reverse proxy before a real homeserver, as a lieu has one: it can be told to answer something else first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

Answer = tuple[int, dict[str, Any] | str]
Rule = Callable[[str, str], Answer | None]


class Proxy:
    """`rule(method, path)` is the answer to give instead of the homeserver's, or None to ask it. All is counted.

    `change(path, answer)` is what it makes of the homeserver's answers.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.requests: list[tuple[str, str]] = []
        self.rule: Rule = lambda method, path: None
        self.change: Callable[[str, Any], Any] | None = None
        self.url = ""

    async def __aenter__(self) -> Proxy:
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{rest:.*}", self._serve)
        self._http = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._http.close()

    def count(self, pattern: str) -> int:
        return sum(bool(re.search(pattern, path)) for _, path in self.requests)

    async def _serve(self, request: web.Request) -> web.Response:
        self.requests.append((request.method, request.raw_path))
        answer = self.rule(request.method, request.raw_path)
        if answer:
            status, body = answer
            return (
                web.json_response(body, status=status)
                if isinstance(body, dict)
                else web.Response(status=status, text=body)
            )
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        url = URL(self._upstream + request.raw_path, encoded=True)
        async with self._http.request(request.method, url, data=await request.read(), headers=headers) as reply:
            if self.change and reply.content_type == "application/json":
                return web.json_response(self.change(request.path, await reply.json()), status=reply.status)
            return web.Response(status=reply.status, body=await reply.read(), content_type=reply.content_type)
