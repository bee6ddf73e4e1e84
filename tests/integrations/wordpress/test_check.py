"""What `doctor` shows of a site: the first thing that is to be mended, and the sentence that says how."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from bot.operator.doctor.sentences import SENTENCES, say
from integrations.findings import Finding
from integrations.wordpress import WordPress
from tests.stage.memory_wordpress import PASSWORD, URL, USER, MemoryWordPress
from tests.stage.stage import words

CODE = "\n".join(file.read_text() for file in Path("integrations/wordpress").glob("*.py"))
REFUSALS = {*re.findall(r'(?:NotPermitted|Unsupported)\(\s*"(wordpress-[a-z-]+)"', CODE)}
CAUSES = {*re.findall(r'cause="([a-z-]+)"', CODE), "maintenance", "gate", "credentials"}


async def found(memory: httpx.AsyncBaseTransport, password: str = PASSWORD) -> list[Finding]:
    site = WordPress(URL, USER, password, transport=memory)
    try:
        return await site.check()
    finally:
        await site.close()


async def test_a_site_that_is_well() -> None:
    findings = await found(MemoryWordPress())
    assert [(finding.code, finding.ok) for finding in findings] == [
        ("wordpress-reachable", True),
        ("wordpress-rights", True),
    ]
    assert "no smaller right" in say(findings[-1]).words


@pytest.mark.parametrize(
    ("how", "codes"),
    [
        ({"plain": True}, ["wordpress-reachable", "wordpress-plain", "wordpress-rights"]),
        ({"application_passwords": False}, ["wordpress-reachable", "wordpress-no-application-passwords"]),
        ({"header_lost": True}, ["wordpress-credentials"]),
        ({"maintenance": True}, ["wordpress-maintenance"]),
        ({"database_down": True}, ["wordpress-broken"]),
        ({"down": True}, ["wordpress-unreachable"]),
    ],
)
async def test_what_is_wrong_is_named(how: dict[str, bool], codes: list[str]) -> None:
    assert [finding.code for finding in await found(MemoryWordPress(**how))] == codes


async def test_a_wrong_password_and_an_account_that_may_not() -> None:
    memory = MemoryWordPress()
    assert [finding.code for finding in await found(memory, "wrong")] == ["wordpress-credentials"]
    memory.bot.roles = ["editor"]
    rights = (await found(memory))[-1]
    assert (rights.code, rights.ok) == ("wordpress-rights", False)
    assert "create_users" in say(rights).words


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(404, html="<p>nothing here"), "wordpress-address"),
        (httpx.Response(200, html="<p>a home page"), "wordpress-address"),
        (httpx.Response(200, json={"namespaces": "wp/v2"}), "wordpress-address"),
        (httpx.Response(200, json=[1]), "wordpress-address"),
        (httpx.Response(401, html="<p>who are you?"), "wordpress-gate"),
        (httpx.Response(301, headers={"Location": "https://ailleurs.fr/wp-json/"}), "wordpress-moved"),
        (httpx.Response(502, html="<p>bad gateway"), "wordpress-proxy"),
    ],
)
async def test_what_stands_where_the_site_should(answer: httpx.Response, code: str) -> None:
    class Elsewhere(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert "authorization" not in request.headers, "whoever is there is not told the password"
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    assert [finding.code for finding in await found(Elsewhere())] == [code]


@pytest.mark.parametrize("code", sorted({*REFUSALS, *(f"wordpress-{cause}" for cause in CAUSES)}))
def test_whoever_installed_the_bot_reads_what_mends_it(code: str) -> None:
    assert code in SENTENCES
    said = say(Finding(code, False, {"to": "https://x", "host": "x", "account": "bot", "rights": "edit_users"}))
    assert said.sign == "✗"
    assert len(said.words) > 20


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_concierge_reads_who_can_mend_a_refusal(code: str) -> None:
    assert words().has(f"errors.{code}")


@pytest.mark.parametrize("cause", sorted(CAUSES))
def test_a_concierge_reads_who_can_mend_what_keeps_it_away(cause: str) -> None:
    assert words().has(f"talk.cause.wordpress-{cause}") or words().has(f"talk.cause.{cause}")
