"""What a homeserver and people with a browser meet of `KeycloakAdmin`: the page that signs in, and then who did. It
answers as Keycloak's documentation says (OpenID Connect, with the userinfo endpoint: no signed token)."""

from __future__ import annotations

import secrets
from html import escape
from typing import Any
from urllib.parse import urlencode

from aiohttp import BasicAuth, web

from tests.servers.keycloak import Person
from tests.servers.keycloak_admin import KeycloakAdmin

DOORS = "/realms/lieu/protocol/openid-connect"
PAGE = '<form action="{action}" method="post"><p>{said}</p><input name="username"><input name="password"></form>'


class KeycloakPages(KeycloakAdmin):
    """`matrix` is an entry of Synapse's `oidc_providers`, by which its people sign in to Matrix."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._secret = secrets.token_urlsafe(16)
        self._codes: dict[str, Person] = {}
        self._signed_in: dict[str, Person] = {}

    @property
    def matrix(self) -> dict[str, Any]:
        names = {"localpart_template": "{{ user.preferred_username }}", "display_name_template": "{{ user.name }}"}
        return {
            "idp_id": "sso",
            "idp_name": "Le lieu",
            "issuer": f"{self.at}/realms/lieu",
            "client_id": "matrix",
            "client_secret": self._secret,
            "scopes": ["openid", "profile", "email"],
            "discover": False,
            "authorization_endpoint": f"{self.at}{DOORS}/auth",
            "token_endpoint": f"{self.at}{DOORS}/token",
            "userinfo_endpoint": f"{self.at}{DOORS}/userinfo",
            "user_profile_method": "userinfo_endpoint",
            "skip_verification": True,  # Synapse accepts an issuer over http only so
            "user_mapping_provider": {"config": {"subject_claim": "sub"} | names},
        }

    def routes(self) -> list[web.RouteDef]:
        own = [web.get(f"{DOORS}/auth", self._page), web.post(f"{DOORS}/auth", self._enters)]
        return [*own, web.get(f"{DOORS}/userinfo", self._who), *super().routes()]

    async def _page(self, request: web.Request, said: str = "") -> web.Response:
        page = PAGE.format(action=escape(request.path_qs), said=escape(said))
        return web.Response(text=page, content_type="text/html")

    async def _enters(self, request: web.Request) -> web.Response:
        form = await request.post()
        username = str(form["username"])
        if why := self.sign_in(username, str(form["password"])):
            return await self._page(request, why)
        code = secrets.token_urlsafe(16)
        self._codes[code] = next(one for one in self.people.values() if one.username == username)
        back = urlencode({"code": code, "state": request.query["state"]})
        raise web.HTTPFound(f"{request.query['redirect_uri']}?{back}")

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("grant_type") != "authorization_code":
            return await super()._token(request)
        client = BasicAuth.decode(request.headers["authorization"])
        person = self._codes.pop(str(form.get("code")), None)
        if (client.login, client.password) != ("matrix", self._secret) or person is None:
            return web.json_response({"error": "invalid_grant", "error_description": "Code not valid"}, status=400)
        token = secrets.token_urlsafe(16)
        self._signed_in[token] = person
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 300})

    async def _who(self, request: web.Request) -> web.Response:
        person = self._signed_in.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if person is None or not person.active:
            return web.json_response({"error": "invalid_token"}, status=401)
        whole = f"{person.given} {person.family}".strip()
        told = {"sub": person.id, "preferred_username": person.username, "name": whole, "email": person.email}
        return web.json_response(told | {"email_verified": self.of(person).verified})
