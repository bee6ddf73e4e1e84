"""Whether a Synapse signs out whoever their SSO does (OpenID Connect Back-Channel Logout 1.0), asked as anybody may.

It is handed a token that nobody signed, and that it never obeys: one that does not listen says so before it looks.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit

from integrations.http import Answer, Http

Hears = Literal["yes", "no", "untold"]

SIGN_IN = "/_matrix/client/v3/login"
BACK_CHANNEL = "/_synapse/client/oidc/backchannel_logout"
ANYWHERE = "https://localhost/"  # where somebody would come back to
MOST = 8  # ways to sign in


async def hears(http: Http, realm: str) -> Hears:
    """Of the Keycloak's realm by which it signs people in; untold where it does not. Raises `Unavailable`."""
    for provider in _providers((await http("GET", SIGN_IN)).json())[:MOST]:
        issuer, path, asked = await _sent_to(http, provider)
        client = parse_qs(asked).get("client_id", [""])[0]
        if path.endswith(f"/realms/{quote(realm, safe='')}") and client:
            token = f"{_encoded({'alg': 'none'})}.{_encoded({'iss': issuer, 'aud': client})}."
            return _heard(await http("POST", BACK_CHANNEL, data={"logout_token": token}))
    return "untold"


def _providers(told: object) -> list[str]:
    flows = told.get("flows") if isinstance(told, dict) else None
    found = [
        provider.get("id")
        for flow in (flows if isinstance(flows, list) else [])
        if isinstance(flow, dict) and isinstance(flow.get("identity_providers"), list)
        for provider in flow["identity_providers"]
        if isinstance(provider, dict)
    ]
    return [id for id in found if isinstance(id, str)]


async def _sent_to(http: Http, provider: str) -> tuple[str, str, str]:
    """The issuer, its path, and what is asked of it. Called by another name than its own, Synapse first sends back to
    that: it is told that name, and asked at the same machine."""
    way = f"{SIGN_IN}/sso/redirect/{quote(provider, safe='')}?redirectUrl={quote(ANYWHERE, safe='')}"
    to = _location(await http("GET", way, redirects=True))
    if urlsplit(to).path.endswith(urlsplit(way).path):
        named = {"Host": urlsplit(to).netloc, "X-Forwarded-Proto": urlsplit(to).scheme}
        to = _location(await http("GET", way, redirects=True, headers=named))
    issuer = to.partition("/protocol/openid-connect/auth")[0]
    return issuer, urlsplit(issuer).path, urlsplit(to).query


def _location(answer: Answer) -> str:
    to = answer.headers.get("location", "")
    try:
        urlsplit(to)
    except ValueError:
        return ""
    return to


def _heard(answer: Answer) -> Hears:
    told = answer.json()
    said = told.get("error") if isinstance(told, dict) else None
    if answer.status != 400 or not isinstance(said, str):
        return "untold"
    if "disabled" in said:
        return "no"
    return "yes" if said == "Invalid logout_token" else "untold"


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
