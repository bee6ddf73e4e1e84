"""What keeps HelloAsso away has its sentence for whoever hosts the bot, and one for concierges; and whose it is."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from bot.lieux import Choices, Lieu, Lieux
from bot.matrix.client_api import ClientApi
from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.lieu_rooms import own_settings
from bot.operator.doctor.sentences import SENTENCES, say
from bot.operator.doctor.service_checks import check_of
from bot.services.helloasso import HELLOASSO
from bot.services.nextcloud import NEXTCLOUD
from bot.services.tenancy import build
from bot.settings import Settings
from bot.store.data_folder import DATABASE
from bot.store.database import Database
from integrations.findings import Finding
from tests.servers.helloasso import HelloAssoServer
from tests.stage.stage import words

CODE = "\n".join(file.read_text() for file in Path("integrations/helloasso").glob("*.py"))
REFUSALS = {*re.findall(r'(?:NotPermitted|Refused|NotFound|Rejected)\(\s*"(helloasso-[a-z-]+)"', CODE)}
FOUND = {*re.findall(r'Finding\(\s*"(helloasso-[a-z-]+)"', CODE)}
LEAST = {"MATRIX_HOMESERVER": "https://m.example", "MATRIX_USER": "@c:m.example", "MATRIX_PASSWORD": "p"}


def key(of: str = "", organization: str = "la-rosee") -> dict[str, str]:
    told = {"ORGANIZATION": organization, "CLIENT_ID": "client", "CLIENT_SECRET": "hunter2"}
    return {f"{of}HELLOASSO_{name}": value for name, value in told.items()}


def lieu(id: int, name: str) -> Lieu:
    return Lieu(id, f"!{id}:lieu.fr", name, Choices(installed=True))


@pytest.mark.parametrize("code", sorted(REFUSALS | FOUND | {"helloasso-unreachable"}))
def test_whoever_installed_the_bot_reads_what_mends_it(code: str) -> None:
    assert len(REFUSALS) == 6
    assert code in SENTENCES
    said = say(Finding(code, code == "helloasso-ready", {"organization": "x", "forms": "x", "there": "y"}))
    assert len(said.words) > 20
    assert "?" not in said.words.replace("version of it?", "")


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_concierge_reads_who_can_mend_a_refusal(code: str) -> None:
    assert words().has(f"errors.{code}")


async def test_doctor_looks_at_it_and_tells_no_secret() -> None:
    async with HelloAssoServer() as server:
        there = LEAST | key() | {"HELLOASSO_URL": server.url, "HELLOASSO_CLIENT_SECRET": server.secret}
        patient = Patient(Settings.load(there, None), ClientApi("https://m.example"), None)
        (well,) = [say(finding) for finding in await check_of(HELLOASSO)(patient)]
        assert (well.sign, well.words) == ("✓", "HelloAsso tells who joins, by these forms: adhesion")
        wrong = Patient(Settings.load(there | {"HELLOASSO_ORGANIZATION": "le-phare"}, None), patient.api, None)
        (ill,) = [say(finding) for finding in await check_of(HELLOASSO)(wrong)]
        assert ill.sign == "✗"
        assert "does not open le-phare" in ill.words
        assert server.secret not in f"{well} {ill}"


def has(chosen: Settings, one: Lieu, served: Collection[Lieu]) -> bool:
    return build(chosen.services, chosen.lieux).of(one, served).has(HELLOASSO)


def test_an_association_is_one_lieus() -> None:
    """A guest of the bot has the Nextcloud of its host, and not the names of its members."""
    rosee, phare = lieu(1, "La Rosée"), lieu(2, "Le Phare")
    cloud = {"NEXTCLOUD_URL": "https://c.example", "NEXTCLOUD_USER": "bot", "NEXTCLOUD_APP_PASSWORD": "p"}
    common = Settings.load(LEAST | cloud | key(), None)
    assert has(common, rosee, [rosee])
    assert not has(common, rosee, [rosee, phare])
    assert build(common.services, common.lieux).of(phare, [rosee, phare]).has(NEXTCLOUD)
    own = {f"LIEU_LA_ROSEE_{name}": value for name, value in cloud.items()} | {"LIEU_LA_ROSEE_SPACE": rosee.space}
    inherited = Settings.load(LEAST | own | key(), None)
    assert has(inherited, rosee, [rosee])
    assert not has(inherited, rosee, [rosee, phare])
    given = Settings.load(LEAST | key("LIEU_LA_ROSEE_") | {"LIEU_LA_ROSEE_SPACE": rosee.space}, None)
    assert has(given, rosee, [rosee, phare])
    assert not has(given, phare, [rosee, phare])
    twice = Settings.load(LEAST | key() | key("LIEU_LA_ROSEE_") | {"LIEU_LA_ROSEE_SPACE": rosee.space}, None)
    assert has(twice, rosee, [rosee, phare])  # « once more », as doctor has it written
    assert not has(twice, phare, [rosee, phare])


async def test_doctor_says_that_it_is_nobodys(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / DATABASE)
    patient = Patient(
        Settings.load(LEAST | key() | {"DATA_DIR": str(tmp_path)}, None), ClientApi("https://m.example"), None
    )
    for n, told in enumerate(([], ["helloasso-shared"]), 1):
        await Lieux(database).create(f"!{n}:lieu.fr", f"Lieu {n}", language="fr", zone="Europe/Paris", now=1)
        assert [finding.code for finding in await own_settings(patient)] == told
    mended = LEAST | key() | key("LIEU_UN_") | {"LIEU_UN_SPACE": "!1:lieu.fr", "DATA_DIR": str(tmp_path)}
    patient = Patient(Settings.load(mended, None), ClientApi("https://m.example"), None)
    assert [finding.code for finding in await own_settings(patient)] == ["lieu-settings"]
    await database.close()
