"""What the Matrix Authentication Service is to a Synapse: it keeps the accounts, and says whose a token is.

A stand-in, held to what version 1.22 was read and measured to do; the Synapse that delegates to it is real.
"""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from tests.servers.ports import free_port
from tests.servers.synapse import Account, Synapse

EVERYTHING = "urn:matrix:client:api:*"
DEVICE = "urn:matrix:client:device:"
ADMINISTERS = "urn:synapse:admin:*"


class AuthenticationService:
    """`async with AuthenticationService() as mas:` serves; a Synapse with `more=mas.settings` delegates to it."""

    def __init__(self) -> None:
        self.port, self.secret = free_port(), secrets.token_urlsafe(16)
        self._tokens: dict[str, dict[str, Any]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def settings(self) -> dict[str, Any]:
        own = {"enabled": True, "endpoint": self.url, "secret": self.secret}
        return {"matrix_authentication_service": own, "password_config": {"enabled": False}}

    async def __aenter__(self) -> AuthenticationService:
        application = web.Application()
        application.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._describe),
                web.post("/oauth2/introspect", self._introspect),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def register(self, synapse: Synapse, name: str, *, admin: bool = False) -> Account:
        """Make an account, which the service makes on the homeserver too, and sign it in."""
        await self._tell(synapse, "provision_user", {"localpart": name, "set_displayname": name})
        return await self.sign_in(synapse, name, admin=admin)

    async def sign_in(self, synapse: Synapse, name: str, *, admin: bool = False) -> Account:
        """A new session, whatever Synapse has written of the account."""
        token, device = secrets.token_urlsafe(16), secrets.token_hex(5).upper()
        await self._tell(synapse, "upsert_device", {"localpart": name, "device_id": device})
        scope = [EVERYTHING, DEVICE + device, *([ADMINISTERS] if admin else [])]
        self._tokens[token] = {"active": True, "username": name, "scope": " ".join(scope), "expires_in": 300}
        return Account(synapse.user_id(name), token, device)

    async def _tell(self, synapse: Synapse, what: str, body: dict[str, Any]) -> None:
        await synapse.call("POST", f"/_synapse/mas/{what}", body, token=self.secret)

    async def _describe(self, _request: web.Request) -> web.Response:
        return web.json_response({"issuer": self.url, "account_management_uri": f"{self.url}account"})

    async def _introspect(self, request: web.Request) -> web.Response:
        token = str((await request.post()).get("token"))
        return web.json_response(self._tokens.get(token, {"active": False}))
