"""`/health` for a supervisor, `/metrics` for Prometheus, and whatever else is mounted, on a small HTTP server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.settings import Listen
from bot.supervision.health import Health

PATIENCE = 30.0  # seconds until a connection that asks for nothing is closed, or one that does not come to its point
LONGEST = 16_384  # bytes that may be sent to us: a form of a few lines


@asynccontextmanager
async def serve(
    health: Health, listen: Listen, mount: Callable[[web.Application], None] | None = None
) -> AsyncIterator[int]:
    """Answer on `listen` while inside, and what else is mounted there; gives the port."""
    application = _application(health)
    if mount:
        mount(application)
    runner = web.AppRunner(application, access_log=None, handle_signals=False, keepalive_timeout=PATIENCE)
    await runner.setup()
    try:
        await web.TCPSite(runner, listen.host, listen.port, reuse_address=True).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _application(health: Health) -> web.Application:
    async def tell(_request: web.Request) -> web.Response:
        reasons = health.reasons()
        return web.json_response({"ok": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def measure(_request: web.Request) -> web.Response:
        return web.Response(body=await health.metrics(), headers={"Content-Type": "text/plain; version=0.0.4"})

    application = web.Application(client_max_size=LONGEST)
    application.add_routes([web.get("/health", tell), web.get("/metrics", measure)])
    return application
