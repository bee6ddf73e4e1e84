"""A homeserver that is away, slow, limited, or did the work and lost its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from integrations.errors import Unavailable
from integrations.synapse import Synapse as Admin
from tests.integrations.trouble import Trouble
from tests.servers.synapse import Account

LOCK = "/_synapse/admin/v2/users/"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_reading_that_fails_may_be_tried_again(
    shaky: Admin, trouble: Trouble, zoe: Account, status: int
) -> None:
    trouble.before("GET", LOCK, httpx.Response(status))
    with pytest.raises(Unavailable) as away:
        await shaky.accounts.get(zoe.user_id)
    assert not away.value.unknown
    assert (await shaky.accounts.get(zoe.user_id) or {})["user"] == zoe.user_id


async def test_a_limit_says_how_long(shaky: Admin, trouble: Trouble, zoe: Account) -> None:
    limited = httpx.Response(429, headers={"Retry-After": "7"}, json={"errcode": "M_LIMIT_EXCEEDED"})
    trouble.before("PUT", LOCK, limited)
    with pytest.raises(Unavailable) as away:
        await shaky.accounts.lock(zoe.user_id, True)
    assert (away.value.retry_after, away.value.unknown) == (7.0, False)
    assert not (await shaky.accounts.get(zoe.user_id) or {})["locked"]


ACTS: dict[str, tuple[str, str, Callable[[Admin, str], Awaitable[object]]]] = {
    "lock": ("PUT", "/v2/users/", lambda admin, user: admin.accounts.lock(user, True)),
    "suspend": ("PUT", "/suspend/", lambda admin, user: admin.accounts.suspend(user, True)),
    "log out": ("POST", "/delete_devices", lambda admin, user: admin.accounts.log_out(user)),
    "deactivate": ("POST", "/deactivate/", lambda admin, user: admin.accounts.deactivate(user)),
    "link": ("PUT", "/v2/users/", lambda admin, user: admin.identities.link(user, "oidc-sso", user)),
    "pass": ("POST", "/registration_tokens/new", lambda admin, user: admin.registration.ensure(user[1:12], uses=3)),
}


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("silence"), httpx.Response(502), httpx.Response(500)], ids=str)
@pytest.mark.parametrize("name", ACTS)
async def test_an_act_whose_answer_was_lost_is_finished_by_repeating_it(
    shaky: Admin, admin: Admin, trouble: Trouble, zoe: Account, name: str, lost: httpx.Response | Exception
) -> None:
    method, path, act = ACTS[name]
    trouble.after(method, path, lost)
    with pytest.raises(Unavailable) as away:
        await act(shaky, zoe.user_id)
    assert away.value.unknown
    done = await state(admin, zoe.user_id)
    await act(shaky, zoe.user_id)
    assert await state(admin, zoe.user_id) == done


async def state(admin: Admin, user: str) -> list[object]:
    return [
        await admin.accounts.get(user),
        await admin.accounts.devices(user),
        await admin.registration.get(user[1:12]),
    ]


async def test_a_homeserver_that_is_away_is_said_to_be(administrator: Account) -> None:
    away = Admin("http://127.0.0.1:9", administrator.access_token)
    assert [(finding.code, finding.ok) for finding in await away.check()] == [("synapse-nobody", False)]
    with pytest.raises(Unavailable):
        await away.accounts.get(administrator.user_id)
    await away.close()
