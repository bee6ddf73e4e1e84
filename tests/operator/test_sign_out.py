"""Whether Synapse listens where a Keycloak signs people out: a real one, which hears one realm and not another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.sentences import say
from bot.operator.doctor.service_checks import sign_out
from bot.settings import Settings
from integrations.http import Http
from integrations.synapse.back_channel import hears
from tests.servers.keycloak_admin import KeycloakAdmin
from tests.servers.ports import free_port
from tests.servers.synapse import Synapse


class WithKeys(KeycloakAdmin):
    """Synapse asks for the keys with which its tokens are signed, before it looks at one."""

    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), web.get("/keys", self._keys)]

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": []})


def provider(sso: KeycloakAdmin, realm: str, *, heard: bool) -> dict[str, Any]:
    issuer = f"{sso.at}/realms/{realm}"
    doors = {f"{door}_endpoint": f"{issuer}/protocol/openid-connect/{door}" for door in ("token", "userinfo")}
    return doors | {
        "idp_id": realm, "idp_name": realm, "issuer": issuer, "client_id": f"synapse of {realm}", "client_secret": "x",
        "authorization_endpoint": f"{issuer}/protocol/openid-connect/auth", "jwks_uri": f"{sso.at}/keys",
        "discover": False, "skip_verification": True, "backchannel_logout_enabled": heard,
    }  # fmt: skip


@pytest.fixture(scope="module")
async def sso() -> AsyncIterator[WithKeys]:
    async with WithKeys() as server:
        yield server


@pytest.fixture(scope="module")
async def homeserver(sso: WithKeys, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    providers = [provider(sso, "lieu", heard=True), provider(sso, "phare", heard=False)]
    more = {"oidc_providers": providers}
    async with Synapse(tmp_path_factory.mktemp("synapse"), more=more) as server:
        yield server


@pytest.mark.parametrize(("realm", "told"), [("lieu", "yes"), ("phare", "no"), ("ailleurs", "untold"), ("", "untold")])
async def test_of_each_realm_it_is_told_whether_it_is_heard(homeserver: Synapse, realm: str, told: str) -> None:
    for name in ("127.0.0.1", "localhost"):  # by the second, Synapse sends back to the name that it has
        http = Http("matrix", f"http://{name}:{homeserver.port}")
        assert await hears(http, realm) == told
        await http.close()


async def test_doctor_says_so(homeserver: Synapse, sso: WithKeys, tmp_path: Path) -> None:
    keycloak = {"DIRECTORY": "keycloak", "KEYCLOAK_URL": sso.at, "KEYCLOAK_CLIENT_ID": "bot"}
    keycloak |= {"KEYCLOAK_REALM": "lieu", "KEYCLOAK_CLIENT_SECRET": "x"}
    matrix = {"MATRIX_HOMESERVER": homeserver.base_url, "MATRIX_USER": "@bot:example.org", "MATRIX_PASSWORD": "x"}
    environ = matrix | keycloak | {"DATA_DIR": str(tmp_path)}
    own = {f"LIEU_PHARE_{name}": value for name, value in keycloak.items()} | {"LIEU_PHARE_KEYCLOAK_REALM": "phare"}
    async with Patient.of(Settings.load(environ | own, None)) as patient:
        found = await sign_out(patient)
    assert [(finding.code, finding.ok) for finding in found] == [("sign-out-yes", True), ("sign-out-no", True)]
    assert [say(finding).sign for finding in found] == ["·", "·"]
    assert "backchannel_logout_enabled" in say(found[1]).words
    nowhere = environ | {"MATRIX_HOMESERVER": f"http://127.0.0.1:{free_port()}"}
    async with Patient.of(Settings.load(nowhere, None)) as patient:
        assert await sign_out(patient) == []
