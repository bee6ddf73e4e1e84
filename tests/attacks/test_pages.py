"""What strangers do to pages that anybody can open."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from io import StringIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot.arrivals.page_addresses import ARRIVAL, Tokens
from bot.matrix.backoff import Unreached
from bot.matrix.client_api import ClientApi
from bot.matrix.facts import Facts
from bot.settings import Listen
from bot.store import lieu_rows
from bot.supervision import http_server
from bot.supervision.health import Health
from bot.supervision.http_server import serve
from bot.supervision.log import configure
from bot.web import guard
from bot.web.limits import HOUR, Limits, household
from bot.web.proxies import Proxies
from bot.web.site import Site
from tests.attacks.elsewhere import Elsewhere
from tests.stage.stage import words
from tests.stage.transcript_header import PAGE_KEY
from tests.web.door import PAGES, Door

OpenDoor = Callable[..., Awaitable[Door]]


def headers(*told: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(told))


# -- links that are guessed, used again, used elsewhere


async def test_no_part_of_a_link_can_be_changed(door: Door) -> None:
    path = await door.invite()
    start = path.rindex("/") + 1
    for at in range(start, len(path)):
        other = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]
        assert (await door.http.get(other)).status in (404, 429)
    assert "Zoé" in await door.read(path)  # and whoever was mistaken is not shut out


async def test_the_last_letter_of_a_link_has_no_twin(door: Door) -> None:
    """Base64 says the same thing in several ways where its last letter is not full."""
    token = Tokens(PAGE_KEY).of(ARRIVAL, 1)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [last for last in letters if Tokens(PAGE_KEY).read(ARRIVAL, token[:-1] + last)] == [token[-1]]


@pytest.mark.parametrize(
    "token", ["0-", "-", "00001-x", "９-" + "A" * 24, "zzzzzzzzzzzzz-" + "A" * 24, "1-" + "A" * 25]
)
async def test_a_link_of_another_shape_is_none(door: Door, token: str) -> None:
    await door.invite()
    assert (await door.http.get(f"{await door.lieu_path()}/bienvenue/{token}")).status == 404


async def test_a_link_for_another_purpose_opens_nothing(door: Door) -> None:
    await door.invite()
    id = (await door.arrival())["id"]
    for purpose in ("proof", "proven", "confirmation", "join", ARRIVAL, ""):
        token = Tokens(PAGE_KEY).of(purpose, id)
        assert (await door.http.get(f"{await door.lieu_path()}/bienvenue/{token}")).status == 404


async def test_a_link_opens_nothing_in_another_lieu(open_door: OpenDoor) -> None:
    door = await open_door(autre_lieu="Le Moulin")
    path = await door.invite()
    other = (await door.scene.stage.bot.lieux.all())[1]
    address = (await door.scene.stage.bot.page_addresses.of_lieu(other)).removeprefix(PAGES)
    response = await door.http.get(path.replace(await door.lieu_path(), address))
    assert response.status == 404
    assert "Zoé" not in await response.text()


async def test_a_link_of_somebody_whose_lieu_went_is_not_the_next_ones(open_door: OpenDoor) -> None:
    """The ids of a lieu that is handed over are given again: Zoé's old link must not be Léo's, who chooses a password
    with his."""
    door = await open_door(autre_lieu="Le Moulin")
    stage, (ours, other) = door.scene.stage, await door.scene.stage.bot.lieux.all()
    mine = await door.lieu_path()
    id = await stage.bot.arrivals.expect(other.id, "@zoe:lieu.fr", "@anne:lieu.fr", name="Zoé")
    old = await stage.bot.page_addresses.of_arrival(other, id)
    await stage.database.write(lieu_rows.forget, other.id, [], "@autre:ailleurs.fr")
    stage.clock.at += 1
    again = await stage.bot.arrivals.expect(ours.id, "@leo:lieu.fr", "@anne:lieu.fr", name="Léo")
    assert again == id
    assert (await door.http.get(f"{mine}/bienvenue/{old.rpartition('/')[2]}")).status == 404
    theirs = await stage.bot.page_addresses.of_arrival(ours, again)
    assert "Léo" in await door.read(theirs.removeprefix(PAGES))


async def test_what_opens_nothing_tells_nothing(door: Door) -> None:
    """A link that never was, one that is over, one of somebody else's: the same answer, to the letter."""
    over = await door.invite()
    await door.becomes("declined")
    never = over[:-1] + ("A" if over[-1] != "A" else "B")
    told = [await (await door.http.get(path)).text() for path in (over, never)]
    assert told[0] == told[1]


async def test_whoever_guesses_is_told_to_wait_and_nobody_else_is(door: Door) -> None:
    path, lieu = await door.invite(), await door.lieu_path()
    seen = [
        (await door.http.get(f"{lieu}/bienvenue/{n}-{'A' * 24}", headers={"X-Forwarded-For": "192.0.2.1"})).status
        for n in range(guard.WRONG + 5)
    ]
    assert seen == [404] * guard.WRONG + [429] * 5
    assert "Zoé" in await door.read(path, **{"X-Forwarded-For": "192.0.2.1"})
    other = await door.http.get(f"{lieu}/bienvenue/1-{'A' * 24}", headers={"X-Forwarded-For": "192.0.2.2"})
    assert other.status == 404


# -- other sites, and their forms


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://evil.lieu.fr"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "https://bienvenue.lieu.fr.elsewhere.example"},
        {"Sec-Fetch-Site": "SAME-ORIGIN"},
    ],
)
async def test_another_sites_page_presses_no_button(door: Door, sent: dict[str, str]) -> None:
    path = await door.invite()
    assert (await door.http.post(path, headers=sent)).status == 403
    assert len(door.mails) == 1


@pytest.mark.parametrize("sent", [{}, {"Origin": "null"}, {"Origin": PAGES}, {"Sec-Fetch-Site": "none"}])
async def test_browsers_of_every_age_press_ours(door: Door, sent: dict[str, str]) -> None:
    path = await door.invite()
    assert (await door.http.post(path, headers=sent)).status == 200
    assert len(door.mails) == 2


async def test_a_cookie_is_neither_given_nor_read(door: Door) -> None:
    response = await door.http.get(await door.invite())
    assert "Set-Cookie" not in response.headers


# -- words of somebody's


async def test_somebodys_words_are_no_markup(open_door: OpenDoor) -> None:
    markup = '<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7*7 }}[a](javascript:alert(3))'
    door = await open_door()
    bot, lieu = door.scene.stage.bot, await door.lieu()
    path = await door.invite()
    await bot.arrivals.change((await door.arrival())["id"], name=markup.replace(" ", "\u00a0"))
    await bot.lieux.choose(lieu.id, hours=markup, hours_note=markup)
    await door.scene.stage.database.write(lambda tx: tx.execute("UPDATE lieux SET name = ?", (markup,)))
    door.scene.space.topic = markup
    door.scene.stage.matrix.sign_in = {"sso": True, "password": False, "providers": [markup]}
    door.scene.stage.matrix.names[door.scene.stage.me] = markup
    for page in (await door.read(path), await door.read(await door.lieu_path())):
        assert "<script" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert "49" not in page.replace("{{ 7*7 }}", "")
        assert "&lt;script&gt;" in page


async def test_words_that_turn_around_are_straightened(door: Door) -> None:
    door.scene.space.topic = "Ouvert\u202efermé\u2066"
    page = await door.read(await door.lieu_path())
    assert "Ouvertfermé" in page


async def test_what_is_asked_for_is_not_said_back(door: Door) -> None:
    for path in ("/<b>x</b>", "/%3Cscript%3E", "/la-rosee/bienvenue/<i>", "/?q=<b>", "/x%0d%0aSet-Cookie:a=b"):
        response = await door.http.get(URL(path, encoded=True))
        page = await response.text()
        assert "<b>" not in page
        assert "script" not in page.lower()
        assert "Set-Cookie" not in response.headers


async def test_a_host_that_lies_makes_no_link(door: Door) -> None:
    """Links are made of PUBLIC_URL alone: a mail or a code that leads elsewhere would give the secret away."""
    path = await door.invite()
    lies = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert "evil" not in await door.read(path, **lies)
    moved = await door.http.get("/La-Rosee", headers=lies, allow_redirects=False)
    assert moved.headers["Location"] == f"{PAGES}/la-rosee"


class Stranger:
    """What asks a homeserver as somebody without an account."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def call_as_stranger(self, method: str, path: str, body: Any) -> Any:
        api = ClientApi(self._url)
        with_answer = await api.call(method, path, body)
        await api.close()
        return with_answer


FLOWS: list[Any] = [
    None,
    {"m.login.sso": 1},
    [{"type": ["m.login.sso"]}, {"type": {}}, 7, {"type": "m.login.sso", "identity_providers": "all"}],
    [{"type": "m.login.sso", "identity_providers": [{"name": {}}, {"name": "A\n\u202eB" + "x" * 10_000}] * 50}],
]


@pytest.mark.parametrize("flows", FLOWS, ids=range(len(FLOWS)))
async def test_a_homeserver_that_lies_of_its_sign_ins_breaks_no_page(flows: object) -> None:
    async with Elsewhere(json.dumps({"flows": flows}).encode()) as there:
        client: Any = Stranger(there.url)
        told = await Facts(client, Unreached()).sign_in()
    assert len(json.dumps(told)) < 3000
    assert not any(set("\n\u202e") & set(name) for name in told["providers"])


# -- paths


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/%2e%2e/style.css",
        "/..%2f..%2fbot.env",
        "/la-rosee/../../pages.key",
        "/la-rosee%2fbienvenue%2f1",
        "/la-rosee%00",
        "/%00",
        "/la-rosee/bienvenue/%00",
        "/style.css/",
        "/" + "a" * 6000,
        "/" + "%C3%A9" * 1000,
        "/%ff%fe",
        "//evil.example/",
        "/la-rosee//bienvenue",
        "/templates/newcomer.html",
        "/.well-known/matrix/client",
    ],
)
async def test_a_path_leads_nowhere_but_to_pages(door: Door, path: str) -> None:
    await door.lieu_path()
    url = URL(str(door.http.make_url("/"))[:-1] + path, encoded=True)
    response = await door.http.session.get(url, allow_redirects=False)
    assert response.status in (404, 301)
    assert response.headers.get("Location", PAGES).startswith(PAGES)
    if response.status == 404:
        page = await response.text()
        assert "Il n’y a rien ici" in page or "Ce lien ne sert plus" in page


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "PROPFIND", "FOO"])
async def test_no_other_method_does_anything(door: Door, method: str) -> None:
    path = await door.lieu_path()
    response = await door.http.request(method, path)
    assert response.status in (400, 405)
    assert "Traceback" not in await response.text()


# -- too much, too slow


async def test_a_huge_form_is_not_read(door: Door) -> None:
    path = await door.invite()
    form = {"Content-Type": guard.FORM}
    assert (await door.http.post(path, data=b"a" * 1_000_000, headers=form)).status == 413

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"a" * 1000

    assert (await door.http.post(path, data=drip(), headers=form)).status == 413
    assert len(door.mails) == 1


async def test_only_a_form_is_a_form(door: Door) -> None:
    path = await door.invite()
    assert (await door.http.post(path, json={"a": 1})).status == 415
    assert len(door.mails) == 1


@pytest.mark.parametrize(
    ("sent", "body", "status"),
    [
        ({"Content-Type": f"{guard.FORM}; charset=nope"}, b"name=a", 415),
        ({"Content-Type": f"{guard.FORM}; charset=idna"}, b"name=a", 415),
        ({"Content-Type": f"{guard.FORM}; charset=UTF-8"}, b"name=a", 200),
        ({"Content-Type": guard.FORM}, b"name=\xff", 400),
        ({"Content-Type": guard.FORM}, b"name=%ed%a0%80", 200),
        ({"Content-Type": guard.FORM, "Content-Encoding": "gzip"}, b"no gzip", 415),
        ({"Content-Type": guard.FORM, "Content-Encoding": "nope"}, b"name=a", 415),
    ],
)
async def test_a_form_that_cannot_be_read_breaks_no_page(
    door: Door, sent: dict[str, str], body: bytes, status: int
) -> None:
    """What any stranger may send fills no log with errors."""
    path, log = await door.invite(), StringIO()
    url = door.http.make_url("/")
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    configure("warning", log)
    try:
        reader, writer = await asyncio.open_connection(url.host, url.port)
        with closing(writer):
            writer.write(
                f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
            )
            assert f" {status} ".encode() in await reader.readline()
    finally:
        configure()
    assert "broke" not in log.getvalue()


async def test_whoever_drips_a_form_is_let_go(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SLOWEST_FORM", 0.2)
    path, url = await door.invite(), door.http.make_url("/")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {guard.FORM}\r\nContent-Length: 50\r\n\r\na=".encode()
    )
    async with asyncio.timeout(20):
        assert b"408" in await reader.readline()
    writer.close()
    assert len(door.mails) == 1


@pytest.mark.parametrize("begun", [b"", b"GET /la-ro", b"GET /la-rosee HTTP/1.1\r\nHost: x\r\nX-Slow: a"])
async def test_whoever_never_comes_to_the_point_is_hung_up(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "PATIENCE", 0.3)
    async with served(Site(PAGES, words())) as address:
        url = URL(address)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(begun)
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()


async def test_a_flood_is_told_to_wait_and_takes_no_room() -> None:
    now = 0.0
    limits = Limits(lambda: now, most_kept=100)
    for n in range(10_000):
        limits.within("act", f"192.0.2.{n}", 5)
    assert len(limits) == 100
    assert [limits.within("act", "me", 3) for _ in range(5)] == [True, True, True, False, False]
    assert limits.within("page", "me", 3)
    now = HOUR
    assert limits.within("act", "me", 3)


async def test_a_home_of_ipv6_is_one_asker() -> None:
    askers = {household(Proxies().asker(f"2001:db8:1:2:{n:x}::1", headers())) for n in range(1, 100)}
    assert askers == {"2001:db8:1:2::/64"}


async def test_ten_thousand_presses_are_few_mails(door: Door) -> None:
    path = await door.invite()
    statuses = [(await door.press(path)).status for _ in range(guard.ACTS + 20)]
    assert statuses.count(200) == guard.ACTS
    assert len(door.mails) == 2


# -- proxies that lie


@pytest.mark.parametrize(
    ("peer", "told", "asker"),
    [
        ("198.51.100.7", [("X-Forwarded-For", "192.0.2.1")], "198.51.100.7"),  # no proxy of ours
        ("127.0.0.1", [("X-Forwarded-For", "192.0.2.1")], "192.0.2.1"),
        ("::1", [("X-Forwarded-For", "2001:db8::1")], "2001:db8::1"),
        ("10.0.0.2", [("X-Forwarded-For", "192.0.2.1")], "192.0.2.1"),  # listed
        ("10.0.0.3", [("X-Forwarded-For", "192.0.2.1")], "10.0.0.3"),
        ("127.0.0.1", [("X-Forwarded-For", "127.0.0.1, 192.0.2.9, 192.0.2.1")], "192.0.2.1"),  # invented at its left
        ("127.0.0.1", [("X-Forwarded-For", "192.0.2.9"), ("X-Forwarded-For", "192.0.2.1")], "192.0.2.1"),
        ("127.0.0.1", [("X-Forwarded-For", "192.0.2.1, 10.0.0.2")], "192.0.2.1"),
        ("127.0.0.1", [("X-Forwarded-For", "192.0.2.1:4711")], "192.0.2.1"),
        ("127.0.0.1", [("X-Forwarded-For", "[2001:db8::1]:4711")], "2001:db8::1"),
        ("127.0.0.1", [("X-Forwarded-For", "::ffff:192.0.2.1")], "192.0.2.1"),
        ("127.0.0.1", [("X-Forwarded-For", "unknown")], "127.0.0.1"),
        ("127.0.0.1", [("X-Forwarded-For", "")], "127.0.0.1"),
        ("127.0.0.1", [("X-Forwarded-For", "192.0.2.1, <script>")], "127.0.0.1"),
        ("127.0.0.1", [("Forwarded", 'for=192.0.2.9, for="[2001:db8::1]:4711";proto=https')], "2001:db8::1"),
        ("127.0.0.1", [("Forwarded", "for=_hidden")], "127.0.0.1"),
        ("127.0.0.1", [("Forwarded", "for=192.0.2.9"), ("X-Forwarded-For", "192.0.2.1")], "192.0.2.1"),
        ("127.0.0.1", [("X-Real-IP", "192.0.2.9")], "127.0.0.1"),
        ("127.0.0.1", [("X-Forwarded-For", ", ".join(["10.0.0.2"] * 5000))], "10.0.0.2"),
        ("", [], "None"),
    ],
)
def test_who_asks_is_the_first_that_is_not_ours(peer: str, told: list[tuple[str, str]], asker: str) -> None:
    assert str(Proxies([ip_network("10.0.0.2/32")]).asker(peer, headers(*told))) == asker


@given(st.lists(st.text(max_size=40), max_size=5), st.sampled_from(["X-Forwarded-For", "Forwarded"]))
def test_whatever_a_proxy_says_somebody_asks(told: list[str], name: str) -> None:
    lines = [(name, line.replace("\n", "").replace("\r", "")) for line in told]
    assert Proxies().asker("127.0.0.1", headers(*lines)) is not None


# -- what is inside stays there


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    well = Health()
    well.synced()
    async with serve(well, Listen("127.0.0.1", 0), site.mount) as port:
        yield f"http://127.0.0.1:{port}"


async def test_health_and_metrics_are_not_for_who_comes_through_the_proxy(door: Door) -> None:
    traces: list[dict[str, str]] = [
        {"X-Forwarded-For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "192.0.2.1"},
        {"Host": "bienvenue.lieu.fr"},
        {"Host": "Bienvenue.Lieu.fr:443"},
        {"Host": "bienvenue.lieu.fr."},
        {"Host": "[::1"},
    ]
    async with served(Site(PAGES, words())) as address:
        for path, trace in itertools.product(("/health", "/metrics", "//metrics", "/metrics/", "/%6detrics"), traces):
            asked = await door.http.session.get(URL(address + path, encoded=True), headers=trace)
            assert asked.status == 404 or "conciergerie_" not in await asked.text(), (path, trace)
            assert asked.status in (404, 503), (path, trace)
        assert (await door.http.session.get(f"{address}/health")).status == 200
        assert "conciergerie_" in await (await door.http.session.get(f"{address}/metrics")).text()


async def test_before_the_bot_is_there_the_pages_say_that_they_come(door: Door) -> None:
    async with served(Site(PAGES, words())) as address:
        asked = await door.http.session.get(f"{address}/la-rosee")
        assert asked.status == 503
        assert asked.headers["Retry-After"]
        assert "Un instant" in await asked.text()


async def test_a_page_that_breaks_says_nothing_of_what_is_secret(door: Door, tmp_path: Path) -> None:
    log = StringIO()
    configure("debug", log)
    try:
        path = await door.invite()
        token = path.rpartition("/")[2]
        await door.scene.stage.database.write(lambda tx: tx.execute("DROP TABLE password_links"))
        for answer in (await door.http.get(path), await door.press(path)):
            page = await answer.text()
            assert answer.status == 500
            assert "Quelque chose s’est cassé" in page
            assert "sqlite" not in page.lower()
        url = door.http.make_url("/")
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(f"GET {path} HTTP/9.9\r\n\0{token}: x\r\n\r\n".encode())
        with closing(writer):
            assert b"400" in await reader.readline()
        said = log.getvalue()
        assert "a page broke" in said
        assert token not in said
        assert token.partition("-")[2] not in said
    finally:
        configure()


async def test_every_answer_bears_what_keeps_it_safe(door: Door) -> None:
    path = await door.invite()
    for asked in (path, await door.lieu_path(), "/", "/style.css", "/nothing", "/La-Rosee"):
        response = await door.http.get(asked, allow_redirects=False)
        for name, value in guard.HEADERS.items():
            assert response.headers.get(name) == value, (asked, name)
        assert "aiohttp" not in json.dumps(dict(response.headers))


async def test_only_who_has_the_key_is_told_who_is_connected(door: Door) -> None:
    for token in ("x", Tokens(b"another key").of("proof", 7), Tokens(PAGE_KEY).of("proven", 7)):
        assert (await door.http.get(f"/proof/{token}")).status == 404
    told: dict[str, Any] = await (await door.http.get(f"/proof/{Tokens(PAGE_KEY).of('proof', 7)}")).json()
    assert told == {"answer": Tokens(PAGE_KEY).of("proven", 7), "peer": "127.0.0.1", "believed": True, "named": False}
