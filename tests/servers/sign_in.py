"""Signing in to Matrix through the SSO, as a person with a browser and a Matrix client does."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.servers import synapse_config
from tests.servers.canaille import Canaille, CanailleVisitor
from tests.servers.synapse import Account, Synapse

APP = "http://localhost/app"


async def trust(synapse: Synapse, sso: Canaille) -> None:
    """Let people of `sso` sign in to `synapse`, which must not have been started yet."""
    client = await sso.register("Matrix", [f"{synapse.base_url}/_synapse/client/oidc/callback"])
    synapse.oidc_providers = [synapse_config.oidc(sso.issuer, client.id, client.secret)]


async def sso_sign_in(synapse: Synapse, visitor: CanailleVisitor, login: str, password: str) -> Account:
    """From the client's button to a new device: Synapse, the pages of the SSO, and back with a login token."""
    browsers_trust_loopback(visitor)
    start = f"{synapse.base_url}/_matrix/client/v3/login/sso/redirect?{urlencode({'redirectUrl': APP})}"
    back = await visitor.sign_in(start, login, password)
    tokens = parse_qs(urlsplit(back).query).get("loginToken")
    if not tokens:
        raise RuntimeError(f"{login} came back to {back} without a login token: {visitor.page[:500]}")
    body = {"type": "m.login.token", "token": tokens[0], "initial_device_display_name": "Navigateur"}
    made = await synapse.call("POST", "/_matrix/client/v3/login", body)
    return Account(made["user_id"], made["access_token"], made["device_id"])


def browsers_trust_loopback(visitor: CanailleVisitor) -> None:
    """Synapse marks its cookies as secure, and browsers send those over http too when the server is this machine."""
    browser = visitor._browser

    async def trust_cookies(response: httpx.Response) -> None:
        for cookie in browser.cookies.jar:
            cookie.secure = False

    browser.event_hooks = {"request": [], "response": [trust_cookies]}
