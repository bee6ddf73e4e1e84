"""A real Synapse for tests and the demo: a child process on loopback, with SQLite, in a folder of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
import subprocess
import sys
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers import synapse_config as config
from tests.servers.certificates import Authority
from tests.servers.parent import ends_with_parent
from tests.servers.plain_http import plain_http
from tests.servers.ports import answers, free_port

START, STOP = 90.0, 10.0


class Account(NamedTuple):
    user_id: str
    access_token: str
    device_id: str


class Synapse:
    """One homeserver. With an `authority` it federates with the others that have the same one; they reach it at its
    `federation_port`, or at the port `reached_at` that leads there.

    `limits="default"` keeps Synapse's own rate limits; `oidc` is one entry of its `oidc_providers`, which may be set
    until `start`; `more` are further settings, as in homeserver.yaml.
    """

    def __init__(
        self,
        folder: Path,
        *,
        authority: Authority | None = None,
        reached_at: int = 0,
        limits: str = "none",
        oidc: dict[str, Any] | None = None,
        sync_cache: bool = True,
        more: dict[str, Any] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.log = folder, folder / "synapse.log"
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.federation_port = free_port() if authority else 0
        self.server_name = f"localhost:{reached_at or self.federation_port or self.port}"
        self.oidc_providers = [oidc] if oidc else []
        self._authority = authority
        self._choices = ({} if limits == "default" else config.WITHOUT_LIMITS) | (more or {})
        if not sync_cache:
            self._choices["caches"] = {"sync_response_cache_duration": "0"}
        self._secret = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None

    def _write(self) -> None:
        settings = config.homeserver(self.folder, self.server_name, self.base_url, self._secret)
        settings |= {"listeners": [config.client_listener(self.port)]} | self._choices
        if self._authority:
            listener, network = config.federation(self.federation_port, self.folder, self._authority)
            settings["listeners"].append(listener)
            settings |= network
        if self.oidc_providers:
            settings["oidc_providers"] = self.oidc_providers
        (self.folder / "homeserver.yaml").write_text(json.dumps(settings, indent=1))
        (self.folder / "log.yaml").write_text(json.dumps(config.logging(self.log)))
        key = self.folder / "signing.key"
        if not key.exists():
            seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            key.write_text(f"ed25519 a_{secrets.token_hex(2)} {seed}\n")

    def for_another_process(self) -> Synapse:
        """The same server as a neighbour of the process that started it knows it: to be used, not ended."""
        neighbour = copy(self)
        neighbour._process = None
        return neighbour

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> Synapse:
        """Start the process and wait until it answers. A folder that was already used keeps its accounts and rooms."""
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(self.folder / "homeserver.yaml")]
        self._write()
        direct = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=direct, stdout=log, stderr=log, preexec_fn=ends_with_parent
            )
        try:
            await answers(f"{self.base_url}/health", within=START, alive=self.is_alive, log=str(self.log))
        except BaseException:
            await self.kill()
            raise
        return self

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def stop(self) -> None:
        """Ask it to end, and insist after a while."""
        if self._process:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.wait, STOP)
            except subprocess.TimeoutExpired:
                await self.kill()
            self._process = None

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
            self._process = None

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def __aenter__(self) -> Synapse:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def user_id(self, name: str) -> str:
        return f"@{name}:{self.server_name}"

    async def register(self, name: str, password: str | None = None, admin: bool = False) -> Account:
        """Make an account and sign it in; its password is `password-of-<name>` unless another is given."""
        password = password or f"password-of-{name}"
        path = "/_synapse/admin/v1/register"
        nonce = (await self.call("GET", path))["nonce"]
        parts = (nonce, name, password, "admin" if admin else "notadmin")
        mac = hmac.new(self._secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac}
        made = await self.call("POST", path, body)
        return Account(made["user_id"], made["access_token"], made["device_id"])

    async def login(self, name: str, password: str | None = None) -> Account:
        """Sign in once more (`name`, or the whole address): a new device of the same person."""
        name = name.removeprefix("@").split(":")[0]
        who = {"type": "m.id.user", "user": name}
        body = {"type": "m.login.password", "identifier": who, "password": password or f"password-of-{name}"}
        made = await self.call("POST", "/_matrix/client/v3/login", body)
        return Account(made["user_id"], made["access_token"], made["device_id"])

    async def call(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """One request as a tester makes it: the answer's JSON, or an exception that shows what the server said."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with plain_http(base_url=self.base_url, timeout=60) as http:
            answer = await http.request(method, path, json=body, headers=headers)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None
