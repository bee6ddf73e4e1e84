"""A real Canaille (SSO: SCIM and OpenID Connect) on a free port; `CanailleVisitor` is a person using its pages."""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.canaille_visitor import CanailleVisitor, LinkExpired
from tests.servers.plain_http import plain_http

__all__ = ["Canaille", "CanailleVisitor", "Client", "LinkExpired"]

PROCESS = Path(__file__).with_name("canaille_process.py")
START = 60.0


@dataclass(frozen=True, slots=True)
class Client:
    """An OpenID Connect client: its id and secret are what a service is configured with."""

    id: str
    secret: str


class Canaille:
    """`async with Canaille(folder, smtp_port=…) as sso:` serves at `sso.url`; the folder keeps everything.

    `bot` may use SCIM (grant `client_credentials`). `sso.issuer` and `register()` are what Synapse needs.
    """

    def __init__(self, folder: Path, *, smtp_port: int, name: str = "Le lieu", port: int = 0) -> None:
        self.folder, self.port = folder, port
        self.bot = Client("bot", secrets.token_urlsafe(24))
        self._settings: dict[str, Any] = {
            "secret_key": secrets.token_urlsafe(24),
            "name": name,
            "smtp_port": smtp_port,
            "clients": [_bot(self.bot)],
        }
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    issuer = url

    @property
    def scim_url(self) -> str:
        return f"{self.url}/scim/v2"

    @property
    def token_url(self) -> str:
        return f"{self.url}/oauth/token"

    @property
    def log(self) -> Path:
        return self.folder / "canaille.log"

    async def start(self) -> None:
        """Serve; after a `stop`, on the same port and with the same accounts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "settings.json"
        file.write_text(json.dumps({**self._settings, "port": self.port}))
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", str(PROCESS), str(file), stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=log, cwd=self.folder,
            )  # fmt: skip
        assert self._process.stdout
        async with asyncio.timeout(START):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"Canaille did not start: see {self.log}")
        self.port = json.loads(line)["port"]

    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
        if self._process:
            await self._process.communicate()
        self._process = None

    async def __aenter__(self) -> Canaille:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def register(self, name: str, redirect_uris: list[str]) -> Client:
        """A client for signing in (authorization code); not trusted, so that people see the consent page."""
        request = {
            "client_name": name,
            "client_uri": "https://example.org",
            "redirect_uris": redirect_uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "openid profile email",
            "token_endpoint_auth_method": "client_secret_basic",
        }
        async with plain_http() as http:
            answer = (await http.post(f"{self.url}/oauth/register", json=request)).raise_for_status().json()
        return Client(answer["client_id"], answer["client_secret"])

    def age_link(self, login: str, minutes: int = 11) -> None:
        """As though the link last sent to this person were `minutes` older than it is."""
        with sqlite3.connect(self.folder / "canaille.sqlite") as database:
            database.execute(
                "UPDATE user SET one_time_password_emission_date = datetime(one_time_password_emission_date, ?)"
                " WHERE user_name = ?",
                (f"-{minutes} minutes", login),
            )
        database.close()


def _bot(client: Client) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "client_secret": client.secret,
        "client_name": "Conciergerie",
        "client_uri": "https://example.org",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": ["openid"],
    }
