"""Every kind of answer that a homeserver, or what stands before it, can give; sorted by what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from bot.errors import CredentialsRefused, MatrixRefused, Unavailable
from bot.matrix.client_api import AuthWanted, ClientApi, path

TOKEN = "syt_secret"


class Homeserver:
    """Answers everything with `answer` (status, body) and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: tuple[int, Any] = (200, {})
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.asleep = asyncio.Event()
        self.asleep.set()

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        self.bodies.append(await request.read())
        await self.asleep.wait()
        status, body = self.answer
        text = isinstance(body, str)
        return web.Response(status=status, text=body) if text else web.json_response(body, status=status)


@pytest_asyncio.fixture
async def server() -> Homeserver:
    return Homeserver()


@pytest_asyncio.fixture
async def api(server: Homeserver) -> AsyncIterator[ClientApi]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", server.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    api = ClientApi(f"http://{host}:{port}/", TOKEN)
    yield api
    await api.close()
    server.asleep.set()
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "seconds"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}, 2.5),
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": "soon"}, 5.0),
        (429, "slow down", 5.0),
        (500, {"errcode": "M_UNKNOWN"}, 5.0),
        (502, "<html>", 5.0),
        (503, "", 5.0),
        (404, "<html>no such page: the proxy, not Matrix", 5.0),
        (403, ["a list"], 5.0),
        (200, "<html>please accept the terms", 5.0),
        (200, ["a list"], 5.0),
        (200, "[" * 100_000, 5.0),
        (401, {"errcode": "M_USER_LOCKED", "soft_logout": True}, 60.0),
    ],
)
async def test_what_may_pass_is_unavailable(
    api: ClientApi, server: Homeserver, status: int, body: Any, seconds: float
) -> None:
    server.answer = (status, body)
    with pytest.raises(Unavailable) as problem:
        await api.call("GET", path("sync"))
    assert (problem.value.service, problem.value.retry_after) == ("matrix", seconds)


@pytest.mark.parametrize(
    ("status", "errcode"), [(400, "M_BAD_JSON"), (403, "M_FORBIDDEN"), (404, "M_NOT_FOUND"), (413, "M_TOO_LARGE")]
)
async def test_what_stays_no_is_refused(api: ClientApi, server: Homeserver, status: int, errcode: str) -> None:
    server.answer = (status, {"errcode": errcode, "error": "no"})
    with pytest.raises(MatrixRefused) as refusal:
        await api.call("PUT", path("rooms", "!a"), {})
    assert (refusal.value.errcode, refusal.value.status) == (errcode, status)


async def test_a_dead_token_is_fatal_and_never_shown(api: ClientApi, server: Homeserver) -> None:
    server.answer = (401, {"errcode": "M_UNKNOWN_TOKEN", "error": f"unknown {TOKEN}", "soft_logout": False})
    with pytest.raises(CredentialsRefused) as refused:
        await api.call("GET", path("sync"))
    assert TOKEN not in f"{refused.value!r} {refused.value.__cause__!r} {api!r}"
    assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


async def test_a_token_that_ran_out_is_fatal_where_it_cannot_be_renewed(api: ClientApi, server: Homeserver) -> None:
    server.answer = (401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True})
    with pytest.raises(CredentialsRefused):
        await api.call("GET", path("sync"))


async def test_a_question_for_the_password_carries_its_session(api: ClientApi, server: Homeserver) -> None:
    server.answer = (401, {"flows": [{"stages": ["m.login.password"]}], "session": "abc"})
    with pytest.raises(AuthWanted) as wanted:
        await api.call("POST", path("keys", "device_signing", "upload"), {})
    assert wanted.value.session == "abc"
    assert wanted.value.stages == {"m.login.password"}


async def test_nobody_at_the_address(api: ClientApi) -> None:
    nobody = ClientApi("http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await nobody.call("GET", path("sync"))
    await nobody.close()


@pytest.mark.parametrize(("method", "unknown"), [("GET", False), ("PUT", True)])
async def test_an_answer_that_never_comes(api: ClientApi, server: Homeserver, method: str, unknown: bool) -> None:
    server.asleep.clear()
    with pytest.raises(Unavailable) as problem:
        await api.call(method, path("sync"), limit=0.05)
    assert problem.value.unknown is unknown


async def test_ids_cannot_lead_elsewhere(api: ClientApi, server: Homeserver) -> None:
    await api.call("GET", path("rooms", "!a/../../admin?x#y%2e", "state", ""), via=["a", "b"], lazy=True, since=None)
    assert server.asked[0].raw_path == (
        "/_matrix/client/v3/rooms/%21a%2F..%2F..%2Fadmin%3Fx%23y%252e/state/?via=a&via=b&lazy=true"
    )


async def test_a_list_is_an_answer_where_it_is_expected(api: ClientApi, server: Homeserver) -> None:
    server.answer = (200, [{"type": "m.room.create"}])
    assert await api.fetch("GET", path("rooms", "!a", "state")) == [{"type": "m.room.create"}]


async def test_a_file_is_sent_as_it_is(api: ClientApi, server: Homeserver) -> None:
    server.answer = (200, {"content_uri": "mxc://lieu/abc"})
    assert await api.upload(b"\x89PNG", "image/png", "invitation é.png") == "mxc://lieu/abc"
    assert (server.bodies[0], server.asked[0].content_type) == (b"\x89PNG", "image/png")
    assert server.asked[0].query["filename"] == "invitation é.png"
