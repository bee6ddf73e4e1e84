"""Two lieux of one bot, each with the services that its settings give it: nobody is handed another's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from bot.lieux import Lieu
from bot.matrix.client_api import ClientApi
from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.lieu_rooms import own_settings, unproven
from bot.operator.doctor.sentences import say
from bot.operator.doctor.service_checks import check_of
from bot.services.directory import DIRECTORY
from bot.services.nextcloud import NEXTCLOUD
from bot.services.settings import setting_name
from bot.services.tenancy import NOTHING, Services, build
from bot.settings import Settings
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import StandIn
from tests.stage.stage import FakeRoom, Stage
from tests.stage.transcript_header import BOT
from tests.talk.test_rights import ANNE, BERTHE, lieu

PASSWORD = "q7Xw2-application"


def served(*names: str) -> list[Lieu]:
    return [Lieu(n, f"!{n}:lieu.fr", name) for n, name in enumerate(names, 1)]


def test_the_only_lieu_has_its_own_by_its_name() -> None:
    (phare,) = lieux = served("Le Phare")
    own = Services()
    services = Services(own={"LE_PHARE": own})
    assert services.of(phare, lieux) is own
    assert services.of(None, lieux) is NOTHING
    assert services.of(phare, []) is NOTHING, "it is no lieu any more"


@pytest.mark.parametrize("other", ["Le Phare", "le phare !", "La Rosée"])
def test_a_name_gives_nothing_as_soon_as_there_is_another_lieu(other: str) -> None:
    first, second = lieux = served("Le Phare", other)
    own = Services()
    services = Services(own={"LE_PHARE": own})
    assert services.of(first, lieux) is NOTHING
    assert services.of(second, lieux) is (services if other == "La Rosée" else NOTHING)


def test_a_space_makes_sure_whose_they_are() -> None:
    first, second = lieux = served("Le Phare", "Le Phare")
    own = Services()
    services = Services(own={first.space: own})
    assert services.of(first, lieux) is own
    assert services.of(second, lieux) is services


def settings(**more: str) -> Settings:
    least = {"MATRIX_HOMESERVER": "https://m.example", "MATRIX_USER": "@c:m.example", "MATRIX_PASSWORD": "p"}
    return Settings.load(least | more, None)


def cloud_settings(url: str, of: str = "") -> dict[str, str]:
    return {f"{of}NEXTCLOUD_URL": url, f"{of}NEXTCLOUD_USER": BOT, f"{of}NEXTCLOUD_APP_PASSWORD": PASSWORD}


async def test_what_is_set_up_alike_is_one_and_the_same() -> None:
    chosen = settings(**cloud_settings("https://a.example"), **cloud_settings("https://b.example", "LIEU_B_"))
    services = build(chosen.services, chosen.lieux)
    own = services.own["B"]
    assert own[NEXTCLOUD] is not services[NEXTCLOUD]
    assert own[DIRECTORY] is services[DIRECTORY]
    await services.close()


Two = tuple[Stage, dict[str, tuple[StandIn, dict[str, FakeRoom], str]]]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    """La Rosée and Le Phare, each with its own Nextcloud, where another cloud offers a folder."""
    async with AsyncExitStack() as stack:
        houses, own = {}, {}
        for name in ("La Rosée", "Le Phare"):
            server = StandIn()
            server.add_account(BOT, "un mot de passe", name="Concierge")
            server.memory.accounts[BOT].app_passwords.add(PASSWORD)
            told = {"remote": "https://nuage.moulin.fr/", "remote_id": "1", "token": "t", "owner": "moulin"}
            server.memory.offer(**told, name=f"/Plans pour {name}", user=BOT)
            server.mounts = {"all://nuage.moulin.fr": httpx.ASGITransport(StandIn())}
            url = await stack.enter_async_context(server.running())
            own[name] = Services({NEXTCLOUD: Nextcloud(url, BOT, PASSWORD, read_timeout=3)})
            houses[name] = server
        stage = await Stage.open(tmp_path, Services(own=own))
        stack.push_async_callback(stage.services.close)
        stack.push_async_callback(stage.close)
        here, there = await lieu(stage, "La Rosée", ANNE), await lieu(stage, "Le Phare", BERTHE)
        for name, rooms in (("La Rosée", here), ("Le Phare", there)):
            own[rooms["space"].room_id] = own.pop(name)
        yield (
            stage,
            {
                "La Rosée": (houses["La Rosée"], here, ANNE),
                "Le Phare": (houses["Le Phare"], there, BERTHE),
            },
        )


async def says(two: Two, name: str, command: str) -> str:
    stage, houses = two
    _, rooms, concierge = houses[name]
    office = rooms["office"].room_id
    before = len(stage.said(office))
    await stage.write(concierge, office, command)
    return "\n".join(stage.said(office)[before:])


@pytest.mark.parametrize(("name", "other"), [("La Rosée", "Le Phare"), ("Le Phare", "La Rosée")])
async def test_what_is_offered_to_a_lieu_is_shown_to_it_alone(two: Two, name: str, other: str) -> None:
    told = await says(two, name, "!reçus")
    assert f"Plans pour {name}" in told
    assert f"Plans pour {other}" not in told


async def test_two_lieux_with_one_cloud_do_not_know_whose_an_offer_is(two: Two) -> None:
    stage, _ = two
    own = stage.services.own
    assert isinstance(own, dict)
    here, there = own
    own[there] = own[here]
    for name in ("La Rosée", "Le Phare"):
        assert "Plans pour" not in await says(two, name, "!reçus")


async def test_the_state_is_that_of_its_own_services(two: Two) -> None:
    two[1]["La Rosée"][0].weather.maintenance = True
    assert "✗ Nextcloud" in await says(two, "La Rosée", "!état")
    assert "✓ Nextcloud" in await says(two, "Le Phare", "!état")


async def test_doctor_says_whose_they_are_and_how_each_is(two: Two, tmp_path: Path) -> None:
    stage, houses = two
    spaces = {rooms["space"].room_id: setting_name(name) for name, (_, rooms, _) in houses.items()}
    clouds = {spaces[space]: own[NEXTCLOUD] for space, own in stage.services.own.items()}
    more = {"DATA_DIR": str(tmp_path)}
    for name, cloud in clouds.items():
        assert cloud
        more |= cloud_settings(cloud.client.url, f"LIEU_{name}_")
    more |= {"LIEU_LE_MOULIN_DIRECTORY": "none", "LIEU_LA_ROSEE_SPACE": houses["La Rosée"][1]["space"].room_id}
    houses["Le Phare"][0].weather.maintenance = True
    patient = Patient(settings(**more), ClientApi("https://m.example"), None)
    rows = {say(finding).title: say(finding) for finding in await own_settings(patient)}
    assert (rows["LIEU_LA_ROSEE_…: settings"].sign, rows["LIEU_LA_ROSEE_…: settings"].words) == ("✓", "for La Rosée")
    assert rows["LIEU_LE_PHARE_…: settings"].sign == "✗", "there are two lieux: a name is not enough"
    assert "LIEU_LE_PHARE_SPACE=!" in rows["LIEU_LE_PHARE_…: settings"].words
    assert rows["LIEU_LE_MOULIN_…: settings"].sign == "✗"
    told = [say(finding) for finding in await check_of(NEXTCLOUD)(patient)]
    assert "LIEU_LE_PHARE_…: Nextcloud" in {row.title for row in told if row.sign == "✗"}
    assert "LIEU_LA_ROSEE_…: Nextcloud account" in {row.title for row in told if row.sign == "✓"}


async def test_doctor_lists_what_nobody_proved_to_be_a_lieus(two: Two, tmp_path: Path) -> None:
    """Kept by an earlier version, which did not look what was there before."""
    stage, _ = two
    rosee, phare = await stage.bot.lieux.all()
    await stage.bot.lieux.choose(rosee.id, group="admin", folder="/")
    await stage.bot.lieux.choose(phare.id, group="phare", folder="Le Phare")
    await stage.bot.ownership.own(phare.id, "nextcloud", "group", "phare")
    patient = Patient(settings(DATA_DIR=str(tmp_path)), ClientApi("https://m.example"), None)
    rows = {say(finding).title: say(finding).sign for finding in await unproven(patient)}
    assert rows == {"La Rosée: group admin": "✗", "La Rosée: folder /": "✗", "Le Phare: folder Le Phare": "·"}
