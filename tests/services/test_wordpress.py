"""A lieu's site in the settings, of all lieux or of one; and the acts of its service on a real one."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from bot.errors import BadSettings, Refused
from bot.lieux import Choices, Lieu
from bot.services.service import DONE, WITH_FILES, Guest
from bot.services.tenancy import build
from bot.services.wordpress import WORDPRESS, change, close, free, holds, is_whose, look, make
from bot.settings import Settings
from integrations.wordpress import WordPress
from tests.servers import wordpress as real

LEAST = {"MATRIX_HOMESERVER": "https://m.example.org", "MATRIX_USER": "@bot:example.org", "MATRIX_PASSWORD": "p"}
SITE = {
    "WORDPRESS_URL": "https://site.example.org/",
    "WORDPRESS_USER": "conciergerie",
    "WORDPRESS_APP_PASSWORD": "abcd efgh",
}


def of_phare(settings: dict[str, str]) -> dict[str, str]:
    return {f"LIEU_LE_PHARE_{name}": value for name, value in settings.items()}


async def test_each_lieu_has_its_own_site_or_the_common_one() -> None:
    own = SITE | {"WORDPRESS_URL": "https://phare.example.org", "WORDPRESS_APP_PASSWORD": "other"}
    settings = Settings.load(LEAST | SITE | of_phare(own), None)
    services = build(settings.services, settings.lieux)
    rosee = Lieu(1, "!r:example.org", "La Rosée", Choices())
    phare = Lieu(2, "!p:example.org", "Le Phare", Choices())
    sites = [services.of(lieu, [lieu])[WORDPRESS] for lieu in (rosee, phare)]
    assert [site.client.url for site in sites if site] == ["https://site.example.org", "https://phare.example.org"]
    await services.close()


async def test_a_lieu_may_have_none_where_the_others_have_one() -> None:
    settings = Settings.load(LEAST | SITE | of_phare({"WORDPRESS_URL": "none"}), None)
    services = build(settings.services, settings.lieux)
    phare = Lieu(2, "!p:example.org", "Le Phare", Choices())
    assert not services.of(phare, [phare]).has(WORDPRESS)
    await services.close()


@pytest.mark.parametrize("missing", SITE)
def test_a_password_is_never_for_another_s_address(missing: str) -> None:
    """A lieu's site is set wholly, or not at all."""
    given = of_phare({name: value for name, value in SITE.items() if name != missing})
    with pytest.raises(BadSettings, match=f"LIEU_LE_PHARE_{missing} is missing"):
        Settings.load(LEAST | SITE | given, None)


async def test_the_acts_of_the_service_on_a_real_site(wordpress: real.WordPress) -> None:
    site, name = WordPress(wordpress.url, real.BOT, wordpress.password), f"zoe-{secrets.token_hex(4)}"
    guest = Guest("Zoé Martin", name, f"{name}@exemple.fr")
    await free(site, guest)
    seen = await make(site, guest, "author", False)
    assert (seen["login"], seen["choice"], seen["more"]) == (name, "author", False)
    with pytest.raises(Refused):
        await free(site, guest)
    with pytest.raises(Refused):
        await make(site, guest, "author", False)
    assert (await make(site, guest, "author", True))["ref"] == seen["ref"]
    assert await is_whose(site, seen["ref"], replace(guest, email=guest.email.upper()))
    assert not await is_whose(site, seen["ref"], replace(guest, email=f"autre-{guest.email}"))
    await change(site, seen["ref"], "")
    assert (await look(site, seen["ref"]) or seen)["choice"] == ""
    await wordpress.writes(seen["ref"])
    assert dict(await holds(site, seen["ref"])) == {"posts": 1, "pages": 0, "media": 0}
    assert await close(site, seen["ref"], "") == WITH_FILES
    heir = await make(site, Guest("Bob", f"bob-{name}", f"bob-{name}@exemple.fr"), "subscriber", False)
    assert await close(site, seen["ref"], heir["ref"]) == DONE
    assert await look(site, seen["ref"]) is None
    assert (await holds(site, heir["ref"]))["posts"] == 1
    assert await close(site, seen["ref"], heir["ref"]) == DONE, "as after a death in between"
    await site.close()
