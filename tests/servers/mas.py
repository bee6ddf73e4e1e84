"""What the Matrix Authentication Service is to a Synapse: it keeps the accounts, and says whose a token is.

A stand-in, held to what version 1.22 was read and measured to do; the Synapse that delegates to it is real.
"""

from __future__ import annotations

import secrets
from typing import Any

from aiohttp import web

from tests.servers.mas_administration import CLIENT, Administration
from tests.servers.ports import free_port
from tests.servers.synapse import Account, Synapse

EVERYTHING = "urn:matrix:client:api:*"
DEVICE = "urn:matrix:client:device:"
ADMINISTERS = "urn:synapse:admin:*"


class AuthenticationService:
    """`async with AuthenticationService() as mas:` serves; a Synapse with `more=mas.settings` delegates to it, and is
    the `homeserver` that `administration` tells of what it does."""

    homeserver: Synapse

    def __init__(self) -> None:
        self.port, self.secret = free_port(), secrets.token_urlsafe(16)
        self._tokens: dict[str, dict[str, Any]] = {}
        self._sessions: dict[str, tuple[str, str]] = {}  # of a token: whose, and which
        self.administration = Administration(
            tell=lambda what, body: self._tell(self.homeserver, what, body),
            taken=self._is_taken,
            server_name=lambda: self.homeserver.server_name,
        )

    @property
    def client(self) -> tuple[str, str]:
        """The id and the secret of one that may administer."""
        return CLIENT, self.administration.secret

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
                *self.administration.routes(),
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

    async def enter(self, name: str, password: str) -> Account | None:
        """Somebody signs in with their password; None where they are not let in."""
        row = self.administration.named(name)
        user = next((id for id, each in self.administration.users.items() if each is row), "")
        if not self.administration.lets_in(user) or self.administration.passwords.get(user) != password:
            return None
        account = await self.sign_in(self.homeserver, name)
        self._sessions[account.access_token] = user, self.administration.begin(user, account.device_id)
        return account

    async def _is_taken(self, name: str) -> bool:
        path = f"/_synapse/mas/is_localpart_available?localpart={name}"
        try:
            await self.homeserver.call("GET", path, token=self.secret)
        except RuntimeError as refusal:
            if "M_USER_IN_USE" not in str(refusal):
                raise
            return True
        return False

    async def _tell(self, synapse: Synapse, what: str, body: dict[str, Any]) -> None:
        await synapse.call("POST", f"/_synapse/mas/{what}", body, token=self.secret)

    async def _describe(self, _request: web.Request) -> web.Response:
        return web.json_response({"issuer": self.url, "account_management_uri": f"{self.url}account"})

    async def _introspect(self, request: web.Request) -> web.Response:
        token = str((await request.post()).get("token"))
        if token in self._sessions and not self.administration.lets_in(*self._sessions[token]):
            return web.json_response({"active": False})
        return web.json_response(self._tokens.get(token, {"active": False}))
