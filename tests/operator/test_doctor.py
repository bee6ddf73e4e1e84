"""`doctor` before a real homeserver and a Nextcloud: well, ill in each way, and with everything down."""

from __future__ import annotations

import asyncio
import io
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest_asyncio
from rich.console import Console

from bot.lieux import Lieux
from bot.matrix.client import Client
from bot.matrix.cross_signing import ensure_signed
from bot.operator.doctor import examine, findings, table
from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.lieu_rooms import who_is_a_lieu
from bot.operator.doctor.sentences import SENTENCES, Said, say
from bot.operator.doctor.service_checks import homes
from bot.services.directory import DIRECTORY, SynapseAccounts
from bot.services.nextcloud import NEXTCLOUD, NextcloudSettings
from bot.services.registry import SERVICES
from bot.services.service import Service
from bot.services.settings import Chosen
from bot.services.synapse import SYNAPSE, SynapseSettings
from bot.settings import Listen, Secret, Settings
from bot.store import candidates
from bot.store.database import Database
from bot.supervision.health import Health
from bot.supervision.http_server import serve
from integrations.findings import Finding
from tests.servers.nextcloud.standin import StandIn
from tests.servers.ports import free_port
from tests.servers.synapse import Account, Synapse

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds, after which something hangs
Signs = dict[str, str]


@dataclass(frozen=True, slots=True)
class Installed:
    """A bot that was started once: signed in, signed, its database open as while it runs."""

    settings: Settings
    client: Client
    server: Synapse
    database: Database

    async def signs(self, **changes: object) -> Signs:
        return signs(await findings(replace(self.settings, **changes)))

    async def signs_with(self, service: Service, chosen: object) -> Signs:
        """Where one service is set up so, or not at all."""
        return await self.signs(services=Chosen({**self.settings.services.of, service: chosen}))

    async def admin(self, method: str, path: str, body: object = None) -> object:
        token = self.settings.services[SYNAPSE].token.reveal()
        return await self.server.call(method, path.replace("USER", self.client.user_id), body, token=token)


def signs(found: list[Finding]) -> Signs:
    return {finding.code: say(finding).sign for finding in found}


@pytest_asyncio.fixture(scope="module")
async def admin(synapse: Synapse) -> Account:
    return await synapse.register(f"admin-{secrets.token_hex(4)}", admin=True)


@pytest_asyncio.fixture
async def installed(synapse: Synapse, admin: Account, tmp_path: Path) -> AsyncIterator[Installed]:
    name, folder = f"bot-{secrets.token_hex(4)}", tmp_path / "data"
    user = (await synapse.register(name)).user_id
    environ = {
        "MATRIX_HOMESERVER": synapse.base_url,
        "MATRIX_USER": user,
        "MATRIX_PASSWORD": f"password-of-{name}",
        "MATRIX_ADMIN_TOKEN": admin.access_token,
        "DATA_DIR": str(folder),
        "OPERATORS": "@ines:example.org",
    }
    database = await Database.open(folder / "bot.sqlite")
    folder.chmod(0o700)
    client = await Client.open(synapse.base_url, user, folder, password=f"password-of-{name}")
    await ensure_signed(client, folder / "seeds.json", f"password-of-{name}")
    for file in folder.iterdir():
        file.chmod(0o600)
    yield Installed(Settings.load(environ, None), client, synapse, database)
    await client.close()
    await database.close()


async def test_a_bot_that_is_well(installed: Installed) -> None:
    await installed.admin("POST", "/_synapse/admin/v1/users/USER/override_ratelimit", {
        "messages_per_second": 0, "burst_count": 0,
    })  # fmt: skip
    found = await installed.signs()
    hints = {"nextcloud-none", "directory-none", "identity-providers-none", "mail-none", "pages-none"}
    hints |= {"backups-none", "helloasso-none", "odoo-none", "wordpress-none"}
    well = {"homeserver", "clock", "account", "device-signed", "one-time-keys", "fallback-key", "limits"}
    well |= {"data-whole", "private", "disk", "running", "last-sync", "letters", "aside", "synapse-admin", "operators"}
    assert found == dict.fromkeys(well, "✓") | dict.fromkeys(hints, "·")


async def test_it_may_be_asked_while_the_bot_runs_and_disturbs_nothing(installed: Installed) -> None:
    before = await installed.client.sync(None, timeout=0)
    sender = await installed.server.register(f"sender-{secrets.token_hex(4)}")
    letter = {"messages": {installed.client.user_id: {installed.client.device_id: {"hello": "you"}}}}
    await installed.server.call(
        "PUT", "/_matrix/client/v3/sendToDevice/org.example.hello/1", letter, token=sender.access_token
    )
    await findings(installed.settings)
    after = await installed.client.sync(before["next_batch"], timeout=5)
    assert [event["content"] for event in after["to_device"]["events"]] == [{"hello": "you"}]


async def test_limits_in_force_are_seen_and_lifted(installed: Installed) -> None:
    assert (await installed.signs())["limits"] == "✗"
    await examine(installed.settings, Console(file=io.StringIO()), lift=True)
    assert await installed.admin("GET", "/_synapse/admin/v1/users/USER/override_ratelimit") == {
        "messages_per_second": 0,
        "burst_count": 0,
    }
    assert (await installed.signs())["limits"] == "✓"


async def test_an_admin_token_that_is_none(installed: Installed) -> None:
    homeserver = installed.settings.matrix.homeserver
    not_admin = Secret(installed.client._api.token)
    refused = await installed.signs_with(SYNAPSE, SynapseSettings(homeserver, not_admin))
    assert (refused["admin-token"], refused["synapse-not-administrator"]) == ("✗", "✗")
    unknown = await installed.signs_with(SYNAPSE, SynapseSettings(homeserver, Secret("nothing")))
    assert (unknown["admin-token"], unknown["synapse-credentials"]) == ("✗", "✗")
    none = await installed.signs_with(SYNAPSE, None)
    assert (none["limits-unknown"], none["synapse-none"]) == ("·", "·")


async def test_accounts_of_another_homeserver_than_the_bots_own_are_told(installed: Installed) -> None:
    settings = installed.settings
    token = settings.services[SYNAPSE].token
    chosen = Chosen({**settings.services.of, DIRECTORY: SynapseAccounts(settings.matrix.homeserver, token)})
    for user, told in ((settings.matrix.user, []), ("@bot:ailleurs.example", ["accounts-elsewhere"])):
        asked = replace(settings, services=chosen, matrix=replace(settings.matrix, user=user))
        found = await findings(asked, checks=[homes])
        assert [finding.code for finding in found] == told


async def test_a_session_that_somebody_closed(installed: Installed) -> None:
    await installed.client.call("POST", "/_matrix/client/v3/logout")
    found = await findings(installed.settings)
    closed = [finding.words["about"] for finding in found if finding.code == "matrix-credentials"]
    assert closed == ["account", "device", "keys"]
    assert signs(found)["homeserver"] == "✓"


async def test_another_account_than_the_settings_say(installed: Installed) -> None:
    matrix = replace(installed.settings.matrix, user="@somebody:example.org")
    assert (await installed.signs(matrix=matrix))["account"] == "✗"


async def test_a_lost_signature(installed: Installed) -> None:
    seeds = installed.settings.data_dir / "seeds.json"
    seeds.rename(seeds.with_suffix(".away"))
    assert (await installed.signs())["device-unsigned"] == "✗"
    seeds.write_text('{"master": "%s", "self_signing": "%s", "user_signing": "%s"}' % (("ab" * 32,) * 3))
    assert (await installed.signs())["identity-replaced"] == "✗"


async def test_a_bot_without_keys_to_give(installed: Installed) -> None:
    me = installed.client
    thief = (await installed.server.register(f"thief-{secrets.token_hex(4)}")).access_token
    claim = {"one_time_keys": {me.user_id: {me.device_id: "signed_curve25519"}}}
    for _ in range(51):
        await installed.server.call("POST", "/_matrix/client/v3/keys/claim", claim, token=thief)
    found = await installed.signs()
    assert (found["one-time-keys"], found["fallback-key"]) == ("✗", "✗")


async def test_files_that_others_may_read(installed: Installed) -> None:
    (installed.settings.data_dir / "session.json").chmod(0o644)
    assert (await installed.signs())["private"] == "✓", "nobody comes through a private folder"
    installed.settings.data_dir.chmod(0o755)
    (found,) = [f for f in await findings(installed.settings) if f.code == "private"]
    assert (found.ok, found.words["files"]) == (False, "session.json")


async def test_a_bot_that_hears_no_more(installed: Installed) -> None:
    clock = iter((0.0, 500.0, 500.0, 500.0))
    health = Health(lambda: next(clock))
    health.synced()
    async with serve(health, Listen("127.0.0.1", 0)) as port:
        (found,) = [
            f
            for f in await findings(replace(installed.settings, http_listen=Listen("127.0.0.1", port)))
            if f.code == "last-sync"
        ]
    assert not found.ok


async def test_a_bot_that_was_never_started(synapse: Synapse, tmp_path: Path) -> None:
    environ = {"MATRIX_HOMESERVER": synapse.base_url, "MATRIX_USER": "@b:localhost", "MATRIX_PASSWORD": "p"}
    found = signs(await findings(Settings.load(environ | {"DATA_DIR": str(tmp_path / "none")}, None)))
    assert {code for code, sign in found.items() if sign == "✗"} == {"not-signed-in", "device-unsigned", "running"}
    assert not (tmp_path / "none").exists(), "looking makes nothing"


async def test_with_everything_down_it_says_so_and_ends(installed: Installed, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    environ = {
        "MATRIX_HOMESERVER": nowhere,
        "MATRIX_USER": installed.client.user_id,
        "DATA_DIR": str(shutil.copytree(installed.settings.data_dir, tmp_path / "copy")),
        "NEXTCLOUD_URL": nowhere,
        "NEXTCLOUD_USER": "bot",
        "NEXTCLOUD_APP_PASSWORD": "p",
        "DIRECTORY": "scim",
        "SCIM_URL": nowhere,
        "SCIM_TOKEN": "t",
    }
    drawn = io.StringIO()
    async with asyncio.timeout(PATIENCE):
        assert not await examine(Settings.load(environ, None), Console(file=drawn, width=200), limit=10)
    for words in ("homeserver ", "account ", "device ", "Nextcloud ", "directory "):
        assert re.search(rf"✗\s+{words}.*nobody listens", drawn.getvalue()), drawn.getvalue()


async def test_one_slow_check_holds_up_no_other(installed: Installed) -> None:
    async def quick(_patient: Patient) -> list[Finding]:
        return [Finding("account", True)]

    async def sleepy(_patient: Patient) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    async def broken(_patient: Patient) -> list[Finding]:
        raise KeyError("camille@example.org")

    async with asyncio.timeout(60):
        found = await findings(installed.settings, 0.2, (sleepy, broken, quick))
    assert [(f.code, f.words.get("about")) for f in found] == [
        ("no-answer", "sleepy"),
        ("check-broken", "broken"),
        ("account", None),
    ]


async def test_what_the_bot_may_not_do_in_a_lieu(installed: Installed) -> None:
    owner = (await installed.server.register(f"owner-{secrets.token_hex(4)}")).access_token
    me, call = installed.client, installed.server.call

    async def room(name: str, level: int) -> str:
        levels = {"users": {me.user_id: level}, "invite": 50}
        body = {"name": name, "preset": "public_chat", "power_level_content_override": levels}
        return (await call("POST", "/_matrix/client/v3/createRoom", body, token=owner))["room_id"]

    space, weak, unknown = await room("La Quincaillerie", 50), await room("Accueil", 0), await room("Cave", 0)
    lieux = Lieux(installed.database)
    lieu = await lieux.create(space, "La Quincaillerie", language="fr", zone="Europe/Paris", now=0)
    await lieux.choose(lieu.id, open_rooms=(weak, unknown))
    for room_id in (space, weak):
        await me.call("POST", f"/_matrix/client/v3/join/{room_id}", {})
    rows = [say(finding) for finding in await findings(installed.settings)]
    lines = {row.title: f"{row.sign} {row.words}" for row in rows}
    assert lines["La Quincaillerie: La Quincaillerie"] == "✓ the bot can do its work"
    assert lines["La Quincaillerie: Accueil"].startswith("✗ the bot cannot invite, remove people: raise")
    assert lines[f"La Quincaillerie: {unknown}"].startswith("✗ the bot is not in this room")


async def test_which_spaces_are_lieux_and_which_want_to_be(installed: Installed) -> None:
    lieux = Lieux(installed.database)
    await lieux.create("!serre:lieu.fr", "La Serre", language="fr", zone="Europe/Paris", now=0)
    await installed.database.write(candidates.ask, "!phare:lieu.fr", "Le Phare", "@eve:lieu.fr", 1)
    for hosts, sign, said in (((), "✗", "conciergerie lieux allow '!phare:lieu.fr'"), (("@i:l.fr",), "·", "the hosts")):
        patient = replace(installed.settings, operators=hosts)
        rows = {row.title: row for row in map(say, await findings(patient, checks=[who_is_a_lieu]))}
        assert rows["La Serre"].words == "is a lieu (!serre:lieu.fr)"
        assert (rows["Le Phare"].sign, said in rows["Le Phare"].words) == (sign, True)
        assert (rows["hosts"].sign == "✓") == bool(hosts)


async def test_what_nextcloud_says(installed: Installed) -> None:
    cloud = StandIn()
    cloud.add_account("bot", "real", groups=["lieu"], subadmin=["lieu"])
    async with cloud.running() as url:
        well = NextcloudSettings(url, "bot", Secret(cloud.app_password("bot")), Secret("real"), "bot")
        found = await installed.signs_with(NEXTCLOUD, well)
        assert (found["nextcloud-credentials"], found["nextcloud-confirmation-ready"]) == ("✓", "✓")
        unconfirmed = await installed.signs_with(NEXTCLOUD, replace(well, password=None))
        assert unconfirmed["nextcloud-password-needed"] == "✗"
        wrong = await installed.signs_with(NEXTCLOUD, replace(well, app_password=Secret("wrong")))
        assert wrong["nextcloud-credentials"] == "✗"


def test_every_code_has_its_sentence() -> None:
    rooms = ("bot/operator/doctor", "bot/services", "integrations")
    written = "".join(file.read_text() for room in rooms for file in (ROOT / room).rglob("*.py"))
    codes = set(re.findall(r'Finding\(\s*"([a-z-]+)"', written))
    codes |= {code for pair in re.findall(r'Finding\(\s*"([a-z-]+)" if .* else "([a-z-]+)"', written) for code in pair}
    codes |= {f"{service.name}-none" for service in SERVICES}
    assert len(codes) > 30
    assert codes - set(SENTENCES) == set()
    assert {code for code, (title, well, mend) in SENTENCES.items() if not title or not (well or mend)} == set()


def test_a_long_path_is_shown_to_its_end() -> None:
    path = "/srv/" + "/".join(f"folder-of-the-bot-{n}" for n in range(8)) + "/bot.sqlite"
    console = Console(width=60, record=True, file=io.StringIO())
    console.print(table([Said("✗", "data", f"{path} is damaged")]))
    shown = "".join(line.removeprefix("✗").removeprefix(" ").strip() for line in console.export_text().splitlines())
    assert "…" not in shown
    assert shown.endswith("bot.sqlite is damaged")
