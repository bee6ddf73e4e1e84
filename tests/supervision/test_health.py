"""Health and metrics, asked over HTTP as a supervisor and Prometheus do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from bot import __version__
from bot.app import Report, Services
from bot.services.nextcloud import NEXTCLOUD
from bot.settings import Listen
from bot.store import outbox
from bot.store.backlog import counts
from bot.store.database import Database
from bot.supervision.health import STALE, Health
from bot.supervision.http_server import serve
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import StandIn
from tests.servers.plain_http import plain_http

LETTER = outbox.Letter("!r:example.org", "t1", "m.room.message", {"body": "bonjour"})


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "bot.sqlite")
    yield opened
    await opened.close()


async def ask(health: Health, path: str) -> httpx.Response:
    async with serve(health, Listen("127.0.0.1", 0)) as port, plain_http() as http:
        return await http.get(f"http://127.0.0.1:{port}{path}")


async def test_healthy_while_the_homeserver_answers() -> None:
    clock = Clock()
    health = Health(clock)
    assert (await ask(health, "/health")).json() == {"ok": False, "reasons": ["no sync yet"]}
    health.synced()
    answer = await ask(health, "/health")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "reasons": []})
    clock.now += 300
    answer = await ask(health, "/health")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["last sync 300 s ago"])


async def test_a_broken_part_is_said_until_it_is_mended() -> None:
    health = Health(Clock())
    health.synced()
    health.broken("identity", "the device is not signed")
    answer = await ask(health, "/health")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["the device is not signed"])
    health.mended("identity")
    assert (await ask(health, "/health")).status_code == 200


async def test_a_service_that_does_not_let_the_bot_in_is_said_until_it_does() -> None:
    """Its account was disabled, then enabled; nobody asks for anything meanwhile."""
    clock, server = Clock(), StandIn()
    server.add_account("concierge")
    async with server.running() as url:
        cloud = Nextcloud(url, "concierge", server.app_password("concierge"), clock=clock)
        services = Services({NEXTCLOUD: cloud})
        health = Health(clock, refusals=services.refusals)
        health.synced()
        told = Report(services, health)
        server.memory.accounts["concierge"].enabled = False
        matrix, nextcloud = await told.report()
        assert matrix == {"code": "matrix", "ok": True}
        assert (nextcloud["ok"], nextcloud["why"]) == (False, "nextcloud-credentials")
        answer = await ask(health, "/health")
        assert (answer.status_code, len(answer.json()["reasons"])) == (503, 1)
        assert "nextcloud-credentials" in answer.json()["reasons"][0]
        server.memory.accounts["concierge"].enabled = True
        clock.now += 60
        await services.look_again()
        assert (await ask(health, "/health")).status_code == 200
        assert (await told.report())[1] == {"code": "nextcloud", "ok": True}
        await services.close()


async def test_metrics_count_what_happens_and_what_waits(database: Database) -> None:
    clock = Clock()

    async def counted() -> dict[str, int]:
        return {**await database.read(counts), "free": 9, "wanted": 10, "errors full": 2, "errors ill": 0}

    health = Health(clock, counted)
    health.synced(3)
    clock.now += 7
    health.tally("retried")
    await database.write(outbox.post, LETTER, 1)
    lines = (await ask(health, "/metrics")).text.splitlines()
    for line in (
        "conciergerie_events_received_total 3.0",
        "conciergerie_messages_sent_total 0.0",
        "conciergerie_sends_retried_total 1.0",
        "conciergerie_letters_waiting 1.0",
        "conciergerie_conversations_open 0.0",
        "conciergerie_events_aside 0.0",
        "conciergerie_sync_age_seconds 7.0",
        "conciergerie_data_free_bytes 9.0",
        "conciergerie_data_wanted_bytes 10.0",
        'conciergerie_data_errors_total{kind="full"} 2.0',
        'conciergerie_data_errors_total{kind="ill"} 0.0',
        f'conciergerie_build_info{{version="{__version__}"}} 1.0',
    ):
        assert line in lines


async def test_two_bots_in_one_process_do_not_count_together() -> None:
    one, other = Health(Clock()), Health(Clock())
    one.tally("sent")
    assert b"conciergerie_messages_sent_total 0.0" in await other.metrics()


async def test_nothing_else_is_served() -> None:
    assert (await ask(Health(), "/")).status_code == 404


def test_a_homeserver_that_lets_nobody_in_is_said_with_its_cause() -> None:
    clock = Clock()
    health = Health(clock)
    health.synced()
    health.away("certificate-expired")
    clock.now += STALE + 1
    assert health.reasons() == [f"last sync {STALE + 1:.0f} s ago (certificate-expired)"]
    health.synced()
    assert health.reasons() == []
