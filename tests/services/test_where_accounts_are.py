"""Where people of a lieu have their accounts: one choice, said by the settings, and told by `doctor`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.lieux import Choices, Lieu
from bot.operator.doctor.sentences import say
from bot.operator.doctor.service_checks import accounts
from bot.services.directory import DIRECTORY, is_homeserver, is_nextcloud
from bot.services.nextcloud import NEXTCLOUD, makes_accounts
from bot.services.service import Holder
from bot.services.tenancy import build
from bot.settings import Settings

LEAST = {"MATRIX_HOMESERVER": "https://m.example.org", "MATRIX_USER": "@bot:example.org", "MATRIX_PASSWORD": "p"}
CLOUD = {"NEXTCLOUD_URL": "https://c.example.org", "NEXTCLOUD_USER": "bot", "NEXTCLOUD_APP_PASSWORD": "s"}
SCIM = {"DIRECTORY": "scim", "SCIM_URL": "https://sso.example.org/scim/v2", "SCIM_TOKEN": "t"}
SYNAPSE = {"DIRECTORY": "synapse", "MATRIX_ADMIN_TOKEN": "t"}
MAS = {"DIRECTORY": "mas", "MAS_URL": "https://a.example.org", "MAS_CLIENT_ID": "c", "MAS_CLIENT_SECRET": "s"}
BOT = {"NEXTCLOUD_ACCOUNTS": "bot"}
LIEU = Lieu(1, "!s:example.org", "La Rosée", Choices(group="la.rosee"))


def loaded(*settings: dict[str, str]) -> Settings:
    together = dict(LEAST)
    for some in settings:
        together |= some
    return Settings.load(together, None)


@pytest.mark.parametrize(
    ("settings", "source"),
    [
        ((), "none"),
        ((CLOUD,), "none"),
        ((SCIM,), "sso"),
        ((CLOUD, SCIM), "sso"),
        ((CLOUD, BOT), "nextcloud"),
        ((CLOUD, BOT, {"DIRECTORY": "none"}), "nextcloud"),
        ((CLOUD, BOT, SCIM), "both"),
        ((SYNAPSE,), "homeserver"),
        ((CLOUD, SYNAPSE), "homeserver"),
        ((CLOUD, BOT, SYNAPSE), "apart"),
        ((MAS,), "homeserver"),
    ],
)
async def test_one_place_has_them(settings: tuple[dict[str, str], ...], source: str) -> None:
    chosen = loaded(*settings).services
    assert chosen.source == source
    services = build(chosen, ()).of(LIEU, [LIEU])
    directory, cloud = services[DIRECTORY], services[NEXTCLOUD]
    assert services.has(DIRECTORY) is (source != "none")
    assert is_nextcloud(directory) is (source == "nextcloud")
    assert is_homeserver(directory) is (source in ("homeserver", "apart"))
    assert makes_accounts(cloud, directory) is (source in ("both", "apart"))
    await services.close()


async def test_an_account_that_is_both_is_paused_once() -> None:
    services = build(loaded(CLOUD, BOT).services, ()).of(LIEU, [LIEU])
    assert [*services.accounts_of(Holder("zoe", "", cloud=False))] == ["nextcloud"]
    both = services.accounts_of(Holder("zoe", "", cloud=True))
    assert [*both] == ["nextcloud"], "of a time with an SSO"
    assert both["nextcloud"].close
    await services.close()


@pytest.mark.parametrize("settings", [(SYNAPSE,), (MAS,), (MAS, {"MATRIX_ADMIN_TOKEN": "t"})])
async def test_an_account_of_the_homeserver_is_paused_once(settings: tuple[dict[str, str], ...]) -> None:
    """Whoever keeps it, and whether the bot administers the homeserver besides."""
    services = build(loaded(CLOUD, BOT, *settings).services, ()).of(LIEU, [LIEU])
    zoe = Holder("zoe", "@zoe:example.org", cloud=True)
    found = services.accounts_of(zoe)
    assert {name: one.ref for name, one in found.items()} == {"synapse": "zoe", "nextcloud": "zoe"}
    await services.close()


async def test_lieux_that_share_a_nextcloud_are_neighbours_still() -> None:
    """What each looks through is its own, and what is behind is the same."""
    services = build(loaded(CLOUD, BOT).services, ())
    other = Lieu(2, "!o:example.org", "Le Phare", Choices(group="le.phare"))
    ours, theirs = services.of(LIEU, [LIEU, other]), services.of(other, [LIEU, other])
    assert ours[NEXTCLOUD] is theirs[NEXTCLOUD]
    assert ours[DIRECTORY] is not theirs[DIRECTORY]
    await services.close()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ((SCIM, CLOUD), []),
        ((CLOUD, BOT), ["live in Nextcloud"]),
        ((CLOUD, BOT, SCIM), ["live in the SSO"]),
        ((CLOUD, BOT, {"LIEU_PHARE_NEXTCLOUD_URL": "none"}), ["live in Nextcloud"]),
        ((SCIM, CLOUD, {"LIEU_PHARE_DIRECTORY": "none"}, BOT), ["live in the SSO", "live in Nextcloud"]),
    ],
)
async def test_the_operator_reads_which(settings: tuple[dict[str, str], ...], told: list[str]) -> None:
    patient: Any = SimpleNamespace(settings=loaded(*settings))
    said = [say(finding) for finding in await accounts(patient)]
    assert [words in one.words for one, words in zip(said, told, strict=True)] == [True] * len(told)
    assert all(one.sign == "✓" for one in said)
