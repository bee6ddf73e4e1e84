"""The server goes away at the worst moments; the same call finishes the work when it is back, without doubling it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from integrations.errors import NotPermitted, Refused, Unavailable, Unsupported
from integrations.nextcloud import CREATE, Nextcloud
from integrations.nextcloud.limits import FIRST, LONGEST
from tests.servers.ill_server import IllServer
from tests.servers.nextcloud import StandIn
from tests.servers.nextcloud.identity import CONFIRMED_FOR, GUESSES

from .conftest import BOT, GROUP, PASSWORD, Clock

pytestmark = pytest.mark.sampled(20)

Make = Callable[[Nextcloud], Awaitable[Any]]
WRITES: dict[str, Make] = {
    "group": lambda cloud: cloud.groups.ensure("compagnons"),
    "member": lambda cloud: cloud.groups.ensure_member("dave", GROUP),
    "account": lambda cloud: cloud.accounts.ensure("noe", "Noé", "noe@example.org", group=GROUP),
    "folder": lambda cloud: cloud.folders.ensure("Projets"),
    "share": lambda cloud: cloud.shares.ensure("Accueil", group=GROUP),
    "share-by-mail": lambda cloud: cloud.shares.ensure_mail("Accueil", "ami@example.org"),
    "link": lambda cloud: cloud.links.ensure("Accueil", "4f2", label="Visiteurs"),
}
every_write = pytest.mark.parametrize("make", WRITES.values(), ids=WRITES.keys())


def made(server: StandIn) -> dict[str, Any]:
    """Everything that the writes above leave behind, once each."""
    return {
        "groups": server.groups(),
        "users": sorted(server.users()),
        "folders": server.folders(BOT),
        "shares": [(share.type, share.to, share.label) for share in server.shares()],
        "mails": server.memory.mails,
    }


@pytest.fixture
async def impatient(server: StandIn, clock: Clock) -> AsyncIterator[Nextcloud]:
    """An administrator's bot that waits half a second for an answer."""
    server.memory.accounts[BOT].groups.append("admin")
    server.add_folder(BOT, "Accueil")
    secret = server.app_password(BOT)
    cloud = Nextcloud(server.url, BOT, secret, password=PASSWORD, accounts_from="bot", clock=clock, read_timeout=0.5)
    yield cloud
    await cloud.close()


@every_write
@pytest.mark.parametrize("after", ["fails", "hangs"])
async def test_a_lost_answer_is_looked_up(impatient: Nextcloud, server: StandIn, make: Make, after: Any) -> None:
    if server.memory.modern:
        await impatient.groups.ensure("avant")  # so that it is the write, not the confirmation, that is struck
    server.weather.after_writing = after
    await make(impatient)
    once = made(server)
    assert server.weather.writes == 0
    await make(impatient)
    assert made(server) == once


@every_write
async def test_down_then_up(impatient: Nextcloud, server: StandIn, make: Make) -> None:
    await server.down()
    with pytest.raises(Unavailable) as lost:
        await make(impatient)
    assert not lost.value.unknown
    await server.up()
    await make(impatient)


@every_write
@pytest.mark.parametrize("knob", ["maintenance", "limited"])
async def test_patience_is_asked(impatient: Nextcloud, server: StandIn, make: Make, knob: str) -> None:
    setattr(server.weather, knob, True)
    with pytest.raises(Unavailable) as wait:
        await make(impatient)
    assert wait.value.retry_after == (30 if knob == "maintenance" else 600)
    server.weather.clear()
    await make(impatient)


@pytest.mark.parametrize("struck", [1, 2])
async def test_a_deposit_is_finished_wherever_it_was_interrupted(
    impatient: Nextcloud, server: StandIn, struck: int
) -> None:
    """The link is looked up; whether it became write-only is asked again."""
    server.weather.after_writing, server.weather.writes = "fails", struck
    for _ in range(struck):
        with contextlib.suppress(Unavailable):
            await impatient.links.ensure_deposit("Accueil", "4f2")
    made = await impatient.links.ensure_deposit("Accueil", "4f2")
    assert server.weather.writes == 0
    assert [(share.id, share.permissions) for share in server.shares()] == [(made["id"], CREATE)]


async def test_slow_is_not_broken(impatient: Nextcloud, server: StandIn) -> None:
    server.weather.slow = 0.1
    assert (await impatient.folders.ensure("Projets"))["created"]


async def test_one_write_at_a_time(impatient: Nextcloud, server: StandIn) -> None:
    """Two writes that meet are one too many for a Nextcloud on SQLite."""
    server.weather.slow = 0.01
    await asyncio.gather(
        *(impatient.folders.ensure(f"Dossier {number}") for number in range(4)),
        *(impatient.groups.ensure(f"groupe {number}") for number in range(4)),
    )
    assert len(server.folders(BOT)) == 1 + 4
    assert server.most_writes_at_once == 1


async def test_the_bot_asks_its_own_name_once(cloud: Nextcloud, server: StandIn) -> None:
    for number in range(3):
        await cloud.folders.ensure(f"Dossier {number}")
    assert server.asked.count(("GET", "/ocs/v2.php/cloud/user")) == 1


async def test_the_status_answers_during_maintenance(cloud: Nextcloud, server: StandIn) -> None:
    server.weather.maintenance = True
    assert await cloud.client.status() == {
        "version": server.memory.version,
        "maintenance": True,
        "upgrade": False,
    }


async def test_refused_credentials_are_said_once_to_the_server(cloud: Nextcloud, server: StandIn) -> None:
    """Eleven bad tries would shut out everybody behind the bot's address."""
    server.memory.accounts[BOT].app_passwords.clear()
    for _ in range(20):
        with pytest.raises(Unavailable) as refusal:
            await cloud.client.whoami()
        assert (refusal.value.cause, cloud.client.refused) == ("credentials", "nextcloud-credentials")
    assert len(server.asked) == 1


async def test_an_account_that_is_enabled_again_is_let_in_without_a_restart(
    cloud: Nextcloud, server: StandIn, clock: Clock
) -> None:
    server.memory.accounts[BOT].enabled = False
    with pytest.raises(Unavailable):
        await cloud.client.whoami()
    server.memory.accounts[BOT].enabled = True
    with pytest.raises(Unavailable):
        await cloud.client.whoami()
    clock.now += FIRST
    assert (await cloud.folders.ensure("Projets"))["created"]
    assert cloud.client.refused is None


async def test_nobody_need_ask_for_the_bot_to_notice(cloud: Nextcloud, server: StandIn, clock: Clock) -> None:
    server.memory.accounts[BOT].enabled = False
    with pytest.raises(Unavailable):
        await cloud.client.whoami()
    server.memory.accounts[BOT].enabled = True
    clock.now += FIRST
    await cloud.client.look_again()
    assert cloud.client.refused is None


async def test_what_is_asked_again_never_shuts_the_address_out(
    impatient: Nextcloud, server: StandIn, clock: Clock
) -> None:
    """A whole day, asked for something every minute: first the account, then its password are not accepted."""
    account = server.memory.accounts[BOT]
    of_password = [(True, "un autre")] if server.memory.modern else []  # the older version asks for none
    for enabled, password in ((False, PASSWORD), *of_password):
        account.enabled, account.password = enabled, password
        tries: list[float] = []
        for _ in range(24 * 60):
            before = len(server.asked)
            with contextlib.suppress(Refused, Unavailable):
                await impatient.client.look_again()
                await impatient.client.confirm()
            asked = server.asked[before:]
            tries += [clock.now for _, path in asked if enabled == path.endswith("/confirm")]
            server.identities.guesses = 0
            clock.now += 60
        assert 40 < len(tries) < 60
        assert all(sum(at <= other < at + 1800 for other in tries) <= GUESSES // 2 for at in tries)
        account.enabled = True
        clock.now += LONGEST


async def test_a_password_that_is_right_again_is_said_again(
    impatient: Nextcloud, server: StandIn, clock: Clock
) -> None:
    if not server.memory.modern:
        pytest.skip("this version asks for no password")
    account = server.memory.accounts[BOT]
    account.password = "un autre"
    for _ in range(20):
        with pytest.raises(NotPermitted) as refusal:
            await impatient.groups.ensure("compagnons")
        assert refusal.value.code == impatient.client.refused == "nextcloud-password-wrong"
        assert "nextcloud-password-wrong" in [finding.code for finding in await impatient.check()]
    assert [path.endswith("/confirm") for _, path in server.asked].count(True) == 1
    account.password = PASSWORD
    clock.now += FIRST
    assert await impatient.groups.ensure("compagnons")
    assert impatient.client.refused is None


async def test_an_address_that_was_shut_out_is_let_in_when_that_is_over(cloud: Nextcloud, server: StandIn) -> None:
    server.identities.guesses = GUESSES + 1
    with pytest.raises(Unavailable):
        await cloud.client.whoami()
    server.identities.guesses = 0
    assert (await cloud.client.whoami())["id"] == BOT


async def test_an_app_that_is_enabled_is_seen_without_a_restart(impatient: Nextcloud, server: StandIn) -> None:
    server.memory.policy.team_folders = False
    with pytest.raises(Unsupported):
        await impatient.team_folders.all()
    server.memory.policy.team_folders = True
    assert await impatient.team_folders.all() == []


async def test_a_nextcloud_that_is_upgraded_is_spoken_to_as_the_new_one(clock: Clock) -> None:
    server = StandIn("29.0.1", clock=clock)
    server.add_account(BOT, PASSWORD, groups=["admin"])
    async with server.running() as url:
        cloud = Nextcloud(url, BOT, server.app_password(BOT), password=PASSWORD, clock=clock)
        assert await cloud.groups.ensure("avant")
        server.memory.version, server.memory.modern = "34.0.1", True
        assert await cloud.groups.ensure("après")
        await cloud.close()


async def test_the_password_is_confirmed_when_asked_and_not_more(
    cloud: Nextcloud, server: StandIn, clock: Clock
) -> None:
    for login in ("dave", "erin", "frank"):
        server.add_account(login) if login != "dave" else None
        await cloud.groups.ensure_member(login, GROUP)
        clock.now += CONFIRMED_FOR / 2
    confirmations = sum(path.endswith("/apppassword/confirm") for _, path in server.asked)
    assert confirmations == (2 if server.memory.modern else 0)
    assert len(server.groups()[GROUP]) == 5


@pytest.mark.parametrize("server", ["34.0.1"], indirect=True)
async def test_a_missing_or_wrong_password_is_told_and_not_tried_again(server: StandIn, clock: Clock) -> None:
    for password, code in ((None, "nextcloud-password-needed"), ("faux", "nextcloud-password-wrong")):
        cloud = Nextcloud(server.url, BOT, server.app_password(BOT), password=password, clock=clock)
        server.asked.clear()
        for _ in range(3):
            with pytest.raises(NotPermitted) as refusal:
                await cloud.groups.ensure_member("dave", GROUP)
            assert refusal.value.code == code
        confirmations = sum(path.endswith("/confirm") for _, path in server.asked)
        assert confirmations == (0 if password is None else 1)
        await cloud.close()


async def test_no_secret_is_in_an_error(cloud: Nextcloud, server: StandIn) -> None:
    secrets = {PASSWORD, *server.memory.accounts[BOT].app_passwords}
    server.trusted = False
    with pytest.raises(Unavailable) as refusal:
        await cloud.groups.ensure(GROUP)
    assert not any(secret in repr(refusal.value) for secret in secrets)


# -- why it lets nobody in is told, and once that is mended the same call goes through

SHUT: dict[str, Callable[[StandIn], object]] = {
    "maintenance": lambda server: setattr(server.weather, "maintenance", True),
    "upgrade": lambda server: setattr(server.weather, "upgrade", True),
    "untrusted": lambda server: setattr(server, "trusted", False),
    "limited": lambda server: setattr(server.weather, "limited", True),
    "throttled": lambda server: setattr(server.identities, "guesses", GUESSES + 1),
    "credentials": lambda server: setattr(server.memory.accounts[BOT], "enabled", False),
}


@every_write
@pytest.mark.parametrize("cause", SHUT)
async def test_the_cause_is_told_whatever_was_asked(
    impatient: Nextcloud, server: StandIn, clock: Clock, make: Make, cause: str
) -> None:
    SHUT[cause](server)
    with pytest.raises(Unavailable) as lost:
        await make(impatient)
    assert (lost.value.cause, lost.value.unknown) == (cause, False)
    server.weather.clear()
    server.trusted = server.memory.accounts[BOT].enabled = True
    server.identities.guesses = 0
    clock.now += FIRST
    await make(impatient)


async def test_a_password_that_does_not_arrive_is_not_a_wrong_one(server: StandIn) -> None:
    """The web server keeps the header to itself, or the account's own password is not enough."""
    cloud = Nextcloud(server.url, BOT, server.app_password(BOT))
    cloud.client._http._client.auth = None
    with pytest.raises(Unavailable) as lost:
        await cloud.client.whoami()
    assert (lost.value.cause, cloud.client.refused) == ("unheard", None)
    await cloud.close()


PAGE = {"Content-Type": "text/html"}


@pytest.mark.parametrize(
    ("status", "cause"), [(200, "address"), (403, "blocked"), (404, "address"), (401, "gate"), (500, "broken")]
)
async def test_a_page_that_is_not_nextcloud(status: int, cause: str) -> None:
    """A parked name, a firewall, a proxy that asks for its own password, a web server without PHP."""
    async with IllServer(status, PAGE, b"<html>Welcome to nginx!</html>").running() as url:
        cloud = Nextcloud(url, BOT, "secret")
        assert [finding.code for finding in await cloud.check()] == [f"nextcloud-{cause}"]
        with pytest.raises(Unavailable) as lost:
            await cloud.client.whoami()
        assert lost.value.cause == cause
        await cloud.close()


async def test_a_nextcloud_that_nobody_installed() -> None:
    said = b'{"installed": false, "maintenance": false, "needsDbUpgrade": false, "version": "34.0.1.2"}'
    async with IllServer(200, {"Content-Type": "application/json"}, said).running() as url:
        cloud = Nextcloud(url, BOT, "secret")
        assert [finding.code for finding in await cloud.check()] == ["nextcloud-not-installed"]
        await cloud.close()
