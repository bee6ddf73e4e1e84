"""`doctor` and `setup` say why a service lets nobody in, and what mends it: each cause in a sentence of its own."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from bot.arrivals.page_addresses import KEY
from bot.operator.doctor import findings
from bot.operator.doctor.homeserver_checks import account, homeserver
from bot.operator.doctor.page_checks import pages
from bot.operator.doctor.sentences import AWAY, SENTENCES, mending, say
from bot.operator.doctor.service_checks import check_of
from bot.services.nextcloud import NEXTCLOUD
from bot.services.registry import SERVICES
from bot.settings import Settings
from integrations.findings import Finding
from tests.servers.certificates import Authority
from tests.servers.ill_server import LINES, IllServer, line_of
from tests.servers.nextcloud.standin import StandIn
from tests.servers.ports import free_port

JSON = {"Content-Type": "application/json"}


pytestmark = pytest.mark.usefixtures("trusted")


def settings(matrix: str, folder: Path, **more: str) -> Settings:
    token = secrets.token_hex(8)
    given = {"MATRIX_HOMESERVER": matrix, "MATRIX_USER": "@bot:exemple.fr", "MATRIX_ACCESS_TOKEN": token}
    return Settings.load({**given, "DATA_DIR": str(folder), **more}, None)


async def of_matrix(url: str, folder: Path) -> list[Finding]:
    return await findings(settings(url, folder), checks=(homeserver, account))


@pytest.mark.parametrize("cause", LINES)
async def test_what_the_homeserver_s_certificate_lacks(cause: str, authority: Authority, tmp_path: Path) -> None:
    async with IllServer().running(line_of(cause, authority, tmp_path)) as url:
        found = await of_matrix(url, tmp_path / "data")
    assert [finding.code for finding in found] == [f"matrix-{cause}"] * 2
    assert [say(finding).title for finding in found] == ["homeserver", "account"]


@pytest.mark.parametrize(
    ("server", "codes"),
    [
        (IllServer(502), ["matrix-proxy", "matrix-proxy"]),
        (IllServer(200, body=b"<html>Element</html>"), ["not-a-homeserver", "matrix-address"]),
        (IllServer(302, {"Location": "https://sso.exemple.fr/"}), ["matrix-portal", "matrix-portal"]),
        (IllServer(401, {"Content-Type": "text/html", "WWW-Authenticate": "Basic"}), ["matrix-gate", "matrix-gate"]),
        (IllServer(403, {"Content-Type": "text/html"}), ["matrix-gate", "matrix-gate"]),
        (IllServer(401, JSON, b'{"errcode": "M_UNKNOWN_TOKEN"}'), ["not-a-homeserver", "matrix-credentials"]),
        (IllServer(401, JSON, b'{"errcode": "M_USER_LOCKED"}'), ["not-a-homeserver", "matrix-locked"]),
        (IllServer(429, JSON, b'{"errcode": "M_LIMIT_EXCEEDED"}'), ["matrix-limited", "matrix-limited"]),
        (IllServer(500, JSON, b'{"errcode": "M_UNKNOWN"}'), ["matrix-broken", "matrix-broken"]),
    ],
    ids=lambda one: str(one.status) if isinstance(one, IllServer) else "",
)
async def test_what_stands_where_the_homeserver_should(server: IllServer, codes: list[str], tmp_path: Path) -> None:
    async with server.running() as url:
        found = await of_matrix(url, tmp_path)
    assert [finding.code for finding in found] == codes
    assert all(say(finding).sign == "✗" for finding in found)


def test_a_refused_token_says_which_setting_mends_it() -> None:
    """« Give us new credentials »: what befalls any service stood over what this one says."""
    assert "MATRIX_PASSWORD" in mending("matrix", "credentials", {})
    assert "{" not in mending("matrix", "credentials", {})


async def test_a_name_where_only_the_well_known_tells_where_it_is(tmp_path: Path) -> None:
    body = json.dumps({"m.homeserver": {"base_url": "https://matrix.exemple.fr/"}}).encode()
    async with IllServer(200, JSON, body).running() as url:
        found = await of_matrix(url, tmp_path)
    assert (found[0].code, found[0].words["to"]) == ("homeserver-elsewhere", "https://matrix.exemple.fr")
    assert "set MATRIX_HOMESERVER to https://matrix.exemple.fr" in say(found[0]).words


async def test_where_nobody_listens_and_a_name_that_leads_nowhere(tmp_path: Path) -> None:
    assert (await of_matrix(f"http://127.0.0.1:{free_port()}", tmp_path))[0].code == "matrix-nobody"
    assert (await of_matrix("https://matrix.invalid", tmp_path))[0].code in {"matrix-name", "matrix-lookup"}


async def test_mails_that_do_not_leave_nextcloud_are_in_the_table(tmp_path: Path) -> None:
    cloud = StandIn()
    cloud.add_account("bot", groups=["admin"], email="bot@exemple.fr")
    cloud.weather.mail_down = True
    async with cloud.running() as url:
        of_cloud = {"NEXTCLOUD_URL": url, "NEXTCLOUD_USER": "bot", "NEXTCLOUD_APP_PASSWORD": cloud.app_password("bot")}
        found = await findings(settings("http://127.0.0.1:9", tmp_path, **of_cloud), checks=(check_of(NEXTCLOUD),))
    (row,) = [say(finding) for finding in found if finding.code == "nextcloud-mails-stuck"]
    assert (row.sign, row.title) == ("✗", "Nextcloud mails")


def test_every_cause_has_its_sentence_for_every_service_and_names_the_setting() -> None:
    for name in ("matrix", *(service.name for service in SERVICES)):
        for cause in AWAY:
            title, _, mend = SENTENCES[f"{name}-{cause}"]
            assert title
            assert mend
            assert "SETTING" not in mend
    assert "NEXTCLOUD_URL" in SENTENCES["nextcloud-name"][2]
    assert "MATRIX_HOMESERVER" in SENTENCES["matrix-name"][2]
    assert mending("matrix", "name", {"host": "nuage.invalid"}).startswith("nobody knows the name nuage.invalid")
    assert mending("matrix", "", {}).startswith("no answer")


@pytest.mark.parametrize("cause", LINES)
async def test_what_the_certificate_of_the_public_pages_lacks(cause: str, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(secrets.token_bytes(32))
    async with IllServer().running(line_of(cause, authority, tmp_path)) as url:
        given = settings("http://127.0.0.1:9", tmp_path, PUBLIC_URL=url, HTTP_LISTEN="127.0.0.1:8009")
        found = await findings(given, checks=(pages,))
    assert [finding.code for finding in found] == [f"pages-{cause}"]
