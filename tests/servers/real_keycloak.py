"""Keycloak itself, in its development mode on a free loopback port, for `pytest -m live`.

Its distribution comes from Maven Central, or from the repository that MAVEN_REPOSITORY names, once (176 MB), and is
kept built in the user's cache: the first start takes two minutes, the next ones a quarter of one. It needs Java 17.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.servers import apt
from tests.servers.parent import ends_with_parent
from tests.servers.plain_http import plain_http
from tests.servers.ports import answers, free_port

VERSION = "26.7.3"
NAME = f"keycloak-quarkus-dist-{VERSION}.zip"
WHERE = f"org/keycloak/keycloak-quarkus-dist/{VERSION}/{NAME}"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
CENTRAL = "https://repo1.maven.org/maven2"
MAVEN = Path.home() / ".m2/repository"  # what Maven itself has brought
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "conciergerie"
JAVA = Path("/usr/bin/java")
START = 400.0  # seconds; it builds itself first, where it never ran before
REALM = "lieu"
FORM = re.compile(r'<form[^>]*\baction="([^"]+)"')
LINK = re.compile(r'<a[^>]*\bhref="([^"]*action-token[^"]*)"')


def ensure_here() -> str:
    """Why it cannot be started here, empty where it can."""
    if why := apt.ensure_installed(JAVA, "openjdk-17-jre-headless", lacking="Keycloak"):
        return why
    with _alone():
        if _home().is_dir():
            return ""
        archive = MAVEN / WHERE
        if not archive.is_file():
            archive = CACHE / NAME
            if why := _download(archive):
                return why
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            return f"{archive} is not the Keycloak {VERSION} that is tested: its sum is another"
        _unpack(archive)
    return ""


def _home() -> Path:
    return CACHE / f"keycloak-{VERSION}"


@contextmanager
def _alone() -> Iterator[None]:
    """Tests run side by side."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "keycloak.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(to: Path) -> str:
    address = f"{os.environ.get('MAVEN_REPOSITORY', CENTRAL).rstrip('/')}/{WHERE}"
    part = to.with_suffix(".part")
    try:
        with part.open("wb") as file, httpx.stream("GET", address, follow_redirects=True, timeout=60) as answer:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                file.write(piece)
    except httpx.HTTPError as error:
        part.unlink()
        by_hand = f"mvn dependency:get -Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip -Dtransitive=false"
        where = "the repository of MAVEN_REPOSITORY" if "MAVEN_REPOSITORY" in os.environ else "Maven Central"
        return f"{where} does not give it ({type(error).__name__}): name another in MAVEN_REPOSITORY, or `{by_hand}`"
    part.rename(to)
    return ""


def _unpack(archive: Path) -> None:
    """Whole, or not at all."""
    folder = CACHE / "unpacking"
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    (folder / f"keycloak-{VERSION}/bin/kc.sh").chmod(0o755)
    (folder / f"keycloak-{VERSION}").rename(_home())
    folder.rmdir()


class RealKeycloak:
    """`async with RealKeycloak(folder, smtp_port=…) as server:` serves the realm `lieu` at `server.url`, in memory: the
    bot is the client `bot`, `synapse` one of people. `public` is the address that it was told people know."""

    public = "http://sso.example.org"

    def __init__(self, folder: Path, *, smtp_port: int) -> None:
        self.folder, self.smtp_port = folder, smtp_port
        self.port, self.secret = free_port(), secrets.token_urlsafe(16)
        self._password = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._http = plain_http(base_url=self.url, timeout=60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "keycloak.log"

    async def __aenter__(self) -> RealKeycloak:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [
            str(_home() / "bin/kc.sh"), "start-dev", "--db=dev-mem", "--http-host=127.0.0.1",
            f"--http-port={self.port}", f"--hostname={self.public}", "--log-level=warn", "--health-enabled=false",
        ]  # fmt: skip
        of_admin = {"KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": self._password}
        more = of_admin | {"JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m", "JAVA_HOME": ""}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=os.environ | more, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=ends_with_parent,
            )  # fmt: skip
        try:
            await answers(f"{self.url}/realms/master", within=START, alive=self.is_alive, log=str(self.log))
            await self._seed()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        if self._process:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                await asyncio.to_thread(self._process.wait, 20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                await asyncio.to_thread(self._process.wait)
            self._process = None

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    # -- what its administrator does

    async def admin(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """In the realm; the JSON that is answered, or the id of what was made."""
        grant = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": self._password}
        token = await self._http.post("/realms/master/protocol/openid-connect/token", data=grant)
        headers = {"Authorization": f"Bearer {token.raise_for_status().json()['access_token']}"}
        where = path if path.startswith("/admin") else f"/admin/realms/{REALM}{path}"
        answer = await self._http.request(method, where, json=body, params=query, headers=headers)
        answer.raise_for_status()
        made = answer.headers.get("location", "").rpartition("/")[2]
        return answer.json() if answer.content else made

    async def _seed(self) -> None:
        smtp = {"host": "127.0.0.1", "port": str(self.smtp_port), "from": "sso@example.org"}
        await self.admin("POST", "/admin/realms", {
            "realm": REALM, "enabled": True, "internationalizationEnabled": True, "supportedLocales": ["fr", "en"],
            "defaultLocale": "fr", "bruteForceProtected": True, "failureFactor": 3, "smtpServer": smtp,
            "sslRequired": "none",
        })  # fmt: skip
        await self.add_bot("bot", "manage-users")
        await self.admin("POST", "/clients", {
            "clientId": "synapse", "secret": self.secret, "publicClient": False, "directAccessGrantsEnabled": True,
            "redirectUris": ["*"],
        })  # fmt: skip

    async def add_bot(self, name: str, *roles: str) -> str:
        """A client with a service account that has these roles over the realm; the id of that account."""
        client = await self.admin("POST", "/clients", {
            "clientId": name, "secret": self.secret, "serviceAccountsEnabled": True, "publicClient": False,
            "standardFlowEnabled": False,
        })  # fmt: skip
        account = (await self.admin("GET", f"/clients/{client}/service-account-user"))["id"]
        (management,) = await self.admin("GET", "/clients", clientId="realm-management")
        every = await self.admin("GET", f"/clients/{management['id']}/roles")
        given = [{"id": role["id"], "name": role["name"]} for role in every if role["name"] in roles]
        await self.admin("POST", f"/users/{account}/role-mappings/clients/{management['id']}", given)
        return str(account)

    async def permit(self, account: str, kind: str, scopes: list[str], *of: str) -> None:
        """What a service account may do with all « Groups » or « Users », or with those alone (by their ids)."""
        await self.admin("PUT", "", {"adminPermissionsEnabled": True})
        (client,) = await self.admin("GET", "/clients", clientId="admin-permissions")
        server = f"/clients/{client['id']}/authz/resource-server"
        name = secrets.token_hex(4)
        policy = await self.admin("POST", f"{server}/policy/user", {"name": name, "users": [account]})
        row = {"name": f"{kind} {name}", "resourceType": kind, "scopes": scopes, "policies": [policy["id"]]}
        await self.admin("POST", f"{server}/permission/scope", row | ({"resources": list(of)} if of else {}))

    # -- what people do

    async def sign_in(self, username: str, password: str) -> str:
        """Why they do not enter, empty where they do."""
        grant = {"grant_type": "password", "client_id": "synapse", "client_secret": self.secret}
        answer = await self._http.post(
            f"/realms/{REALM}/protocol/openid-connect/token",
            data=grant | {"username": username, "password": password, "scope": "openid"},
        )
        return str(answer.json().get("error_description", "")) if answer.status_code != 200 else ""

    async def follow(self, link: str, password: str) -> bool:
        """The link of a mail, and the pages behind it: whether a password could be chosen there."""
        browser = _Browser(self._http)
        page = await browser.open("GET", link)
        if onward := LINK.search(page):
            page = await browser.open("GET", unescape(onward[1]))
        if "password-new" not in page or not (form := FORM.search(page)):
            return False
        chosen = {"password-new": password, "password-confirm": password}
        page = await browser.open("POST", unescape(form[1]), chosen)
        return "password-new" not in page


class _Browser:
    """Its cookies go over http too, to where the server really is: they are marked as secure all the same."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http, self._cookies = http, dict[str, str]()

    async def open(self, method: str, url: str, form: dict[str, str] | None = None) -> str:
        for _ in range(8):
            parts = urlsplit(url)
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
            where = f"{parts.path}?{parts.query}"
            answer = await self._http.request(method, where, data=form, headers=headers, follow_redirects=False)
            for cookie in answer.headers.get_list("set-cookie"):
                name, _, value = cookie.partition(";")[0].partition("=")
                self._cookies[name] = value
            self._http.cookies.clear()
            if not answer.is_redirect:
                return answer.text
            url, method, form = urljoin(url, answer.headers["location"]), "GET", None
        raise RuntimeError("redirects without end")
