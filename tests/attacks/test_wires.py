"""Who: a server of the lieu that was taken over, or somebody who may write one entry in it. What: it names another
machine, and waits for the bot's password there. Why it must fail: what the bot knows is for one address alone."""

from __future__ import annotations

import ast
import asyncio
import base64
import contextlib
import re
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

import bot
from bot.errors import Moved
from bot.matrix.client import Client as MatrixClient
from bot.matrix.client_api import ClientApi, path
from bot.operator.doctor import findings
from bot.operator.doctor.homeserver_checks import homeserver, limits
from bot.operator.doctor.instance import lines
from bot.operator.doctor.sentences import say
from bot.operator.doctor.service_checks import CHECKS
from bot.operator.setup.sign_in import sign_in
from bot.settings import Settings
from integrations import storage
from integrations.directory.ldap import Ldap
from integrations.directory.ldap_connection import Connector, name_below
from integrations.directory.scim import connect
from integrations.errors import Refused, Unavailable, leads_to
from integrations.helloasso import HelloAsso
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse
from tests.attacks.elsewhere import Elsewhere, moved
from tests.servers.slapd import SUFFIX, Slapd, ensure_installed
from tests.tiers import examples

# -- HTTP: a redirect to another origin

STATUSES = [301, 302, 303, 307, 308]
SECRETS = ("s3cret", base64.b64encode(b"bot:s3cret").decode())

OTHERS = re.compile(r"^\s*(?:import|from) (?:urllib\.request|urllib3|requests|http\.client|smtplib|ftplib)\b", re.M)
OF_BUCKETS = "integrations/storage/s3_bucket.py"  # tried below, by itself

Client = Callable[[str], Awaitable[object]]


async def matrix_login(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await MatrixClient.open(url, "@bot:lieu.example", Path(folder), password="s3cret")


async def matrix_token(url: str) -> None:
    api = ClientApi(url, "s3cret")
    try:
        await api.call("GET", path("sync"))
    finally:
        await api.close()


async def matrix_upload(url: str) -> None:
    api = ClientApi(url, "s3cret")
    try:
        await api.upload(b"s3cret", "text/plain")
    finally:
        await api.close()


async def nextcloud(url: str) -> None:
    cloud = Nextcloud(url, "bot", "s3cret", password="s3cret")
    try:
        await cloud.client.whoami()
    finally:
        await cloud.close()


async def nextcloud_dav(url: str) -> None:
    cloud = Nextcloud(url, "bot", "s3cret")
    cloud.client._id = "bot"
    try:
        await cloud.files.entry("Lieu")
    finally:
        await cloud.close()


async def synapse(url: str) -> None:
    admin = Synapse(url, "s3cret")
    try:
        await admin.client.call("PUT", "/_synapse/admin/v2/users/@zoe:lieu.example", {"password": "s3cret"})
    finally:
        await admin.close()


async def scim_token(url: str) -> None:
    directory = connect(url, token="s3cret")
    try:
        await directory.find(username="zoe")
    finally:
        await directory.close()


async def scim_client(url: str) -> None:
    directory = connect("http://127.0.0.1:9", token_url=f"{url}/token", client_id="bot", client_secret="s3cret")
    try:
        await directory.find(username="zoe")
    finally:
        await directory.close()


async def helloasso(url: str) -> None:
    association = HelloAsso(url, "la-rosee", "client", "s3cret")
    try:
        await association.memberships()
    finally:
        await association.close()


CLIENTS: list[Client] = [
    matrix_login, matrix_token, matrix_upload, nextcloud, nextcloud_dav, synapse, scim_token, scim_client, helloasso,
]  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
async def test_nothing_follows_a_redirect(client: Client, status: int) -> None:
    """Whoever holds a service, its proxy or its name for an hour sends the bot on, and reads what it brings."""
    async with Elsewhere() as there, Elsewhere(says=lambda _: moved(f"{there.url}/_matrix/x", status)) as server:
        with pytest.raises(Moved) as told:
            await client(server.url)
        assert "s3cret" not in repr(told.value)
        assert any(secret in "".join(server.heard) for secret in SECRETS)
        assert there.heard == []
    assert told.value.to.startswith(there.url)


async def test_a_redirect_in_the_same_place_is_not_followed_either() -> None:
    """It would make a POST a GET, and a write that nobody did « done »."""
    async with Elsewhere(says=lambda _: moved("/other", 302)) as server:
        api = ClientApi(server.url, "s3cret")
        with pytest.raises(Moved) as told:
            await api.call("PUT", path("rooms", "!a:lieu.example", "send", "m.room.message", "1"), {})
        await api.close()
        assert len(server.heard) == 1
    assert told.value.unknown


@pytest.mark.parametrize(
    ("location", "to"),
    [
        ("https://nuage.example/status.php", "https://nuage.example"),
        ("https://nuage.example/cloud/status.php?a=b#c", "https://nuage.example/cloud"),
        ("//nuage.example/status.php", "http://nuage.example"),
        ("/cloud/status.php", "http://lieu.example/cloud"),
        ("https://bot:s3cret@nuage.example/status.php", "https://nuage.example"),
        ("javascript:alert(1)", ""),
        ("https://[", ""),
        ("https://nuage.example/\x1b[2J", ""),
        ("", "http://lieu.example"),
        ("https://nuage.example/" + "a" * 9999, "https://nuage.example/" + "a" * 178),
    ],
)
def test_what_is_said_of_a_redirect_is_an_address_and_nothing_else(location: str, to: str) -> None:
    assert leads_to("http://lieu.example", "/status.php", location) == to


async def test_doctor_and_setup_say_which_address_to_write(tmp_path: Path) -> None:
    async with Elsewhere() as there, Elsewhere(says=lambda asked: moved(there.url + asked.split()[1].decode())) as old:
        env = {
            "MATRIX_HOMESERVER": old.url, "MATRIX_USER": "@bot:lieu.example", "MATRIX_PASSWORD": "s3cret",
            "MATRIX_ADMIN_TOKEN": "s3cret", "DATA_DIR": str(tmp_path),
            "NEXTCLOUD_URL": old.url, "NEXTCLOUD_USER": "bot", "NEXTCLOUD_APP_PASSWORD": "s3cret",
            "DIRECTORY": "scim", "SCIM_URL": old.url, "SCIM_TOKEN": "s3cret",
        }  # fmt: skip
        bot = Settings.load(env, None)
        said = [say(found) for found in await findings(bot, checks=(homeserver, limits, *CHECKS))]
        asking = Silent()
        assert not await sign_in(bot, asking, env)
        assert there.heard == []
    told = [row for row in said if there.url in row.words and row.sign == "✗"]
    assert {row.title for row in told} == {"homeserver", "limits", "Nextcloud", "directory", "Matrix accounts"}
    assert there.url in asking.heard[0]


class Silent:
    """Whoever sits at the terminal: hears, and answers nothing."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, words: str) -> None:
        self.heard.append(words)


async def test_the_clients_secret_and_the_token_each_go_to_one_place() -> None:
    """The token's own server may be another one: each of them may be taken over alone."""
    given = b'{"access_token": "t0ken", "expires_in": 300, "Resources": [], "totalResults": 0}'
    async with Elsewhere(given) as sso, Elsewhere(given) as scim:
        directory = connect(scim.url, token_url=f"{sso.url}/token", client_id="bot", client_secret="s3cret")
        assert await directory.find(username="zoe") == ()
        await directory.close()
        assert "Bearer t0ken" in "".join(scim.heard)
        assert SECRETS[1] in "".join(sso.heard)
        assert not any(secret in "".join(scim.heard) for secret in SECRETS)
        assert "t0ken" not in "".join(sso.heard)


async def test_doctor_says_which_line_can_be_read_on_the_way(tmp_path: Path) -> None:
    env = {
        "MATRIX_HOMESERVER": "http://matrix.lieu.example", "MATRIX_USER": "@bot:lieu.example", "MATRIX_PASSWORD": "x",
        "DATA_DIR": str(tmp_path), "NEXTCLOUD_URL": "http://127.0.0.1:8080", "NEXTCLOUD_USER": "bot",
        "NEXTCLOUD_APP_PASSWORD": "x", "LIEU_LE_MOULIN_DIRECTORY": "scim", "LIEU_LE_MOULIN_SCIM_TOKEN": "x",
        "LIEU_LE_MOULIN_SCIM_URL": "http://sso.moulin.example",
    }  # fmt: skip
    said = [say(found) for found in await findings(Settings.load(env, None), checks=(lines,))]
    assert [row.title for row in said] == ["MATRIX_HOMESERVER", "LIEU_LE_MOULIN_SCIM_URL"]
    assert all("in clear" in row.words for row in said)


# -- HTTP: what the environment says


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
async def test_no_proxy_of_the_environment_is_told_anything(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A line in somebody's shell profile, and every password goes by another machine."""
    (tmp_path / ".netrc").write_text("default login bot password fr0m-netrc\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with Elsewhere() as there, Elsewhere() as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, there.url)
        with contextlib.suppress(Exception):
            await client(server.url)
        assert server.heard
        assert "fr0m-netrc" not in "".join(server.heard)
        assert there.heard == []


@pytest.mark.parametrize("status", STATUSES)
async def test_a_bucket_is_asked_where_it_is_and_nowhere_else(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Elsewhere() as there, Elsewhere(says=lambda _: moved(f"{there.url}/copies", status)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, there.url)
        bucket = storage.at(storage.place(f"s3://copies?endpoint={server.url}"), storage.Keys("key", "s3cret"))
        with pytest.raises(Unavailable):
            await asyncio.to_thread(bucket.items)
        assert server.heard
        assert "s3cret" not in "".join(server.heard)
        assert there.heard == []


def test_every_client_is_built_so_that_it_stays_where_it_was_sent() -> None:
    """Whoever adds one must say it, too: no redirects, nothing from the environment."""
    root, built = Path(bot.__file__).parents[1], []
    for file in [file for part in ("bot", "commands", "integrations") for file in (root / part).rglob("*.py")]:
        code = file.read_text()
        others = OTHERS.search(code)
        assert not others or file.relative_to(root).as_posix() == OF_BUCKETS, f"{file} speaks by another library"
        if not re.search("httpx|aiohttp", code):
            continue
        for call in [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]:
            name = ast.unparse(call.func)
            options = {word.arg: ast.unparse(word.value) for word in call.keywords}
            if name.startswith(("httpx.", "aiohttp.")) and name.endswith(("Client", "ClientSession", "Transport")):
                built.append(file.relative_to(root).as_posix())
                assert options.get("trust_env") == "False", f"{file}: {name}"
                assert name != "httpx.AsyncClient" or options.get("follow_redirects") == "False", f"{file}: {name}"
                assert name != "aiohttp.ClientSession" or "DummyCookieJar" in options["cookie_jar"], f"{file}: {name}"
            elif name.endswith((".request", ".stream")) and "aiohttp" in code:
                assert options.get("allow_redirects") == "False", f"{file}: {name}"
    assert {"bot/matrix/client_api.py", "integrations/http.py"} == set(built)


# -- LDAP: a referral


@pytest.fixture
async def tree(tmp_path: Path) -> AsyncIterator[Slapd]:
    if reason := await asyncio.to_thread(ensure_installed):
        pytest.skip(f"LDAP NOT TESTED: {reason}")
    async with Slapd(tmp_path / "tree") as server:
        yield server


def refers(server: Slapd, dn: str, port: int) -> None:
    """An entry that says: look over there."""
    with Connector(server.url, server.admin_dn, server.admin_password).open() as tree:
        attributes = {"ref": f"ldap://127.0.0.1:{port}/{dn}", dn.partition("=")[0]: dn.partition("=")[2].split(",")[0]}
        tree.add(dn, ["referral", "extensibleObject"], attributes)  # type: ignore[arg-type]


def bot_on(server: Slapd, users_dn: str, url: str = "") -> Ldap:
    who = {"bind_dn": server.bot_dn, "password": server.bot_password}
    return Ldap(url or server.url, **who, users_dn=users_dn, groups_dn=server.groups_dn)


async def test_a_branch_that_is_a_referral_is_told_no_password(tree: Slapd) -> None:
    """The branch of people was moved to the attacker's server: bind, password, everything would be said there."""
    async with Elsewhere() as there:
        branch = f"ou=ailleurs,{SUFFIX}"
        await asyncio.to_thread(refers, tree, branch, there.port)
        with pytest.raises(Refused) as refusal:
            await bot_on(tree, branch).find(username="zoe")
        (finding,) = await bot_on(tree, branch).check()
        assert there.heard == []
    assert refusal.value.code == finding.code == "directory-referral"
    assert tree.bot_password not in repr(refusal.value)


async def test_a_person_that_is_a_referral_is_not_written_to_elsewhere(tree: Slapd) -> None:
    """One entry is enough: whoever may write one below people waits for a new account, or a group, to be put there."""
    async with Elsewhere() as there:
        branch = f"ou=ailleurs,{SUFFIX}"
        await asyncio.to_thread(refers, tree, branch, there.port)
        await asyncio.to_thread(refers, tree, name_below(tree.users_dn, "uid", "zoe"), there.port)
        bot = bot_on(tree, tree.users_dn)
        assert await bot.find(username="zoe") == ()
        with pytest.raises(Refused):
            await bot.ensure_account("zoe", "Zoé Martin", "zoe@example.org")
        for write in ("add", "delete", "change"):
            with pytest.raises(Refused) as refusal:
                await asyncio.to_thread(wrote, tree, write, name_below(branch, "uid", "zoe"))
            assert refusal.value.code == "directory-referral"
        assert there.heard == []


def wrote(server: Slapd, verb: str, dn: str) -> None:
    with Connector(server.url, server.bot_dn, server.bot_password).open() as tree:
        if verb == "add":
            tree.add(dn, "inetOrgPerson", {"cn": "Zoé", "sn": "Zoé"})
        elif verb == "change":
            tree.change(dn, "mail", "MODIFY_REPLACE", ["zoe@example.org"])
        else:
            tree.delete(dn)


async def test_a_server_that_answers_the_password_itself_with_a_referral() -> None:
    """It need not know the password: it says « not here » to whoever brings it, and names a friend."""
    async with Elsewhere() as there:
        to = f"ldap://127.0.0.1:{there.port}/".encode()
        referral = b"\xa3" + bytes([len(to) + 2]) + b"\x04" + bytes([len(to)]) + to
        result = b"\x0a\x01\x0a\x04\x00\x04\x00" + referral
        async with Elsewhere(says=lambda asked: ldap_answer(asked, 0x61, result)) as server:
            door = Connector(f"ldap://127.0.0.1:{server.port}", "cn=bot", "s3cret")
            with pytest.raises((Refused, Unavailable)):
                await asyncio.to_thread(lambda: door.open().__enter__())
            assert "s3cret" in server.heard[0]
        assert there.heard == []


@given(st.binary(min_size=1, max_size=30))
@examples(40)
async def test_whatever_a_server_answers_is_at_worst_no_answer(said: bytes) -> None:
    """A server that was taken over answers what no server says: the conversation goes on, and is told so."""
    async with Elsewhere(says=lambda asked: ldap_answer(asked, 0x61, said)) as server:
        bot = Ldap(f"ldap://127.0.0.1:{server.port}", bind_dn="cn=b", password="x", users_dn="ou=u", groups_dn="ou=g")
        with pytest.raises((Refused, Unavailable)):
            await bot.find(username="zoe")


def ldap_answer(asked: bytes, tag: int, result: bytes) -> bytes:
    """To the message that was asked: its number is the second thing in it (RFC 4511 §4.1.1)."""
    answer = asked[2 : 4 + asked[3]] + bytes([tag, len(result)]) + result
    return bytes([0x30, len(answer)]) + answer


# -- LDAP: in clear


@pytest.mark.parametrize("scheme", ["ldap", "LDAP", "Ldap"])
async def test_no_password_in_clear_to_another_machine(scheme: str) -> None:
    """A server that is not this machine, and does not encrypt: whoever listens on the way must hear no password.

    Another address of loopback stands for the other machine: the bot takes 127.0.0.1, ::1 and localhost for its own.
    """
    refuses = b"\x0a\x01\x02\x04\x00\x04\x00"  # STARTTLS: protocolError
    async with Elsewhere(says=lambda asked: ldap_answer(asked, 0x78, refuses), host="127.0.0.2") as server:
        address = f"{scheme}://127.0.0.2:{server.port}"
        bot = Ldap(address, bind_dn="cn=bot", password="s3cret", users_dn="ou=u", groups_dn="ou=g")
        with pytest.raises(Unavailable):
            await bot.find(username="zoe")
        (finding,) = await bot.check()
        assert server.heard
        assert "s3cret" not in "".join(server.heard)
    assert finding.code == "directory-not-private"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library lets go of the socket so
@pytest.mark.parametrize("impostor", ["unknown", "of another name"])
async def test_a_certificate_that_is_not_the_servers(
    impostor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody on the way answers in its place, with a certificate that they made, or that is good for theirs."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost" if impostor == "unknown" else "moulin.example")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(tls)
    if impostor == "of another name":
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with Elsewhere(tls=tls) as there:
        url = f"ldaps://localhost:{there.port}"
        bot = Ldap(url, bind_dn="cn=bot", password="s3cret", users_dn="ou=u", groups_dn="ou=g")
        (finding,) = await bot.check()
        assert not any(there.heard)
    assert finding.code == f"directory-certificate-{'authority' if impostor == 'unknown' else 'name'}"
