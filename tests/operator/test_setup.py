"""`setup` with somebody who answers, before real services: what is checked, what is written, what can be put right."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import secrets
import select
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.client import Client
from bot.operator.setup import setup
from bot.operator.setup.env_file import write
from bot.operator.setup.sections import STEPS
from bot.services.directory import DIRECTORY, SynapseAccounts
from bot.services.mail import MAIL
from bot.services.nextcloud import NEXTCLOUD
from bot.settings import LANGUAGES, NAMES, Secret, Settings
from bot.store.database import Database
from tests.servers.keycloak_admin import KeycloakAdmin
from tests.servers.mail_server import MailServer
from tests.servers.nextcloud.standin import StandIn
from tests.servers.ports import free_port
from tests.servers.slapd import Slapd, ensure_installed
from tests.servers.slapd_furnishings import GUICHET
from tests.servers.synapse import Synapse

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Visitor:
    """Somebody with an answer to each question, by a word that is in it; several answers are given in turn."""

    def __init__(self, **answers: str | bool | list[str | bool]) -> None:
        self.answers = {words.replace("_", " "): answer for words, answer in answers.items()}
        self.read: list[str] = []
        self.asked: list[str] = []

    def _answer(self, words: str, otherwise: str | bool) -> str | bool:
        self.asked.append(words)
        for known, answer in self.answers.items():
            if known in words.lower():
                if isinstance(answer, list):
                    return answer.pop(0) if answer else otherwise
                return answer
        return otherwise

    def is_there(self) -> bool:
        return True

    def title(self, words: str) -> None:
        self.read.append(words)

    def say(self, words: str) -> None:
        self.read.append(words)

    def text(self, words: str, default: str) -> str:
        return str(self._answer(words, default))

    def secret(self, words: str, default: str) -> str:
        return str(self._answer(words, default))

    def choose(self, words: str, options: Sequence[str], default: str) -> str:
        said = str(self._answer(words, default))
        assert said in options
        return said

    def confirm(self, words: str, default: bool) -> bool:
        return bool(self._answer(words, default))


@pytest.fixture
async def name(synapse: Synapse) -> str:
    name = f"bot-{secrets.token_hex(4)}"
    await synapse.register(name)
    return name


def visitor(synapse: Synapse, name: str, folder: Path, **more: str | bool | list[str | bool]) -> Visitor:
    answers: dict[str, str | bool | list[str | bool]] = {
        "where_matrix": synapse.base_url,
        "whole_address": synapse.user_id(name),
        "folder": str(folder / "data"),
        "its_password,": f"password-of-{name}",
        "change_these": False,
    }
    return Visitor(**answers | more)


async def test_the_bot_is_signed_in_once_and_its_password_forgotten(
    synapse: Synapse, name: str, tmp_path: Path
) -> None:
    person, file = visitor(synapse, name, tmp_path), tmp_path / "bot.env"
    await setup(file, person)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "password-of" not in file.read_text() + "".join(person.read)
    settings = Settings.load({}, file)
    assert (settings.matrix.user, settings.language) == (synapse.user_id(name), "fr")
    assert "✓ signed in, and the device is signed" in person.read
    again = await Client.open(synapse.base_url, settings.matrix.user, settings.data_dir)
    assert again.user_id == settings.matrix.user
    await again.close()


async def test_where_accounts_are_the_homeservers_its_administrator_is_asked_for(
    synapse: Synapse, name: str, tmp_path: Path
) -> None:
    administrator = await synapse.register(f"{name}-admin", admin=True)
    answers = {"sso_is_spoken_to": "synapse", "access_token_of_an_administrator": administrator.access_token}
    person = visitor(synapse, name, tmp_path, **answers)
    await setup(tmp_path / "bot.env", person)
    settings = Settings.load({}, tmp_path / "bot.env")
    assert settings.services[DIRECTORY] == SynapseAccounts(synapse.base_url, Secret(administrator.access_token))
    assert administrator.access_token not in "".join(person.read)
    assert any("choose their first password on the page" in said for said in person.read)


async def test_whoever_installs_it_is_asked_about_new_lieux(synapse: Synapse, name: str, tmp_path: Path) -> None:
    answers = {"your_own_matrix_address": ["ines", "@ines:example.org"], "change_these": [True]}
    person = visitor(synapse, name, tmp_path, **answers)
    await setup(tmp_path / "bot.env", person)
    assert "✗ OPERATORS: ines must be a whole Matrix address, like @ines:example.org" in person.read
    assert Settings.load({}, tmp_path / "bot.env").operators == ("@ines:example.org",)


async def test_a_mail_is_sent_to_whoever_sets_up_and_nothing_is_kept_that_does_not_arrive(
    synapse: Synapse, name: str, tmp_path: Path
) -> None:
    async with MailServer(credentials=("bot@exemple.fr", "p@ss")).running() as server:
        right = f"smtp://bot%40exemple.fr:p%40ss@127.0.0.1:{server.port}"
        answers: dict[str, str | bool | list[str | bool]] = {
            "mails_in_the_lieu": True,
            "takes_them:": [right.replace("p%40ss", "wrong"), right, right],
            "who_they_come": "Conciergerie <bot@exemple.fr>",
            "test_mail": ["ines", "ines@exemple.fr"],
            "change_these": [True, True],
        }
        person = visitor(synapse, name, tmp_path, **answers)
        await setup(tmp_path / "bot.env", person)
    read = "\n".join(person.read)
    assert "✗ mail server: refuses the name or the password of SMTP_URL (“" in read
    assert "✓ mail server: 127.0.0.1 takes mails from bot@exemple.fr" in read
    assert "✗ test mail: that is no e-mail address" in read
    assert "✓ test mail: given to the server for ines@exemple.fr" in read
    assert [mail.to for mail in server.mails] == [("ines@exemple.fr",)]
    assert "p@ss" not in read
    assert "p%40ss" not in read
    assert Settings.load({}, tmp_path / "bot.env").services[MAIL] is not None


async def test_a_wrong_password_is_said_at_once_and_asked_again(synapse: Synapse, name: str, tmp_path: Path) -> None:
    passwords = ["wrong", f"password-of-{name}"]
    person = visitor(synapse, name, tmp_path, **{"its_password,": passwords, "change_these": [True]})
    await setup(tmp_path / "bot.env", person)
    said = [words for words in person.read if "refuses this password" in words or "signed in, and" in words]
    assert said == [
        "✗ the homeserver refuses this password or token: mend it, and MATRIX_USER",
        "✓ signed in, and the device is signed",
    ]


async def test_an_access_token_does_without_a_password(synapse: Synapse, name: str, tmp_path: Path) -> None:
    token = (await synapse.login(name)).access_token
    person = visitor(synapse, name, tmp_path, **{"its_password,": "", "its_access_token": token})
    await setup(tmp_path / "bot.env", person)
    assert dotenv_values(tmp_path / "bot.env")["MATRIX_ACCESS_TOKEN"] == token
    assert "✓ signed in, and the device is signed" in person.read


async def test_each_service_is_checked_right_after_its_answers(synapse: Synapse, name: str, tmp_path: Path) -> None:
    cloud = StandIn()
    cloud.add_account("bot", "real", groups=["lieu"], subadmin=["lieu"])
    async with cloud.running() as url:
        good = cloud.app_password("bot")
        person = visitor(
            synapse,
            name,
            tmp_path,
            have_a_nextcloud=True,
            **{"its_address": url, "account there": "bot", "an app password": ["wrong", good], "real password": "real"},
            who_makes="bot",
            change_these=[True, False],
        )
        await setup(tmp_path / "bot.env", person)
    read = "\n".join(person.read)
    assert read.index("✗ Nextcloud account: refused") < read.index("✓ Nextcloud account: signed in as bot")
    assert read.index("✓ Nextcloud account") < read.index("Habits")
    kept = Settings.load({}, tmp_path / "bot.env").services[NEXTCLOUD]
    assert (kept.app_password.reveal(), kept.accounts) == (good, "bot")


async def test_impossible_answers_are_asked_again_until_they_are_possible(
    synapse: Synapse, name: str, tmp_path: Path
) -> None:
    person = visitor(synapse, name, tmp_path, time_zone=["Europe/Lutece", "Europe/Brussels"], change_these=True)
    await setup(tmp_path / "bot.env", person)
    assert any("Europe/Lutece" in words for words in person.read)
    assert Settings.load({}, tmp_path / "bot.env").timezone.key == "Europe/Brussels"


async def test_a_service_that_is_down_may_be_left_for_later(name: str, synapse: Synapse, tmp_path: Path) -> None:
    person = visitor(
        synapse,
        name,
        tmp_path,
        how_the_lieu="ldap",
        its_address=f"ldap://127.0.0.1:{free_port()}",
        entry_that="cn=bot",
        branch_of="ou=x",
        **{"its password": "p"},
    )
    await setup(tmp_path / "bot.env", person)
    assert any(words.startswith("✗ directory") for words in person.read)
    assert dotenv_values(tmp_path / "bot.env")["LDAP_BIND_DN"] == "cn=bot"


async def test_a_keycloak_is_looked_at_and_whether_matrix_follows_it_is_tried(
    synapse: Synapse, name: str, tmp_path: Path
) -> None:
    async with KeycloakAdmin("https://sso.example.org") as sso:
        server_side = sso.of(sso.add_person("ines", email="ines@example.org"))
        server_side.sessions["open"] = 0
        person = visitor(
            synapse,
            name,
            tmp_path,
            how_the_lieu="keycloak",
            **{"its address, as people": sso.at, "the realm of": ["leiu", "lieu", "lieu"], "the bot's client": "bot"},
            **{"the client's secret": sso.clients["bot"].secret, "a username of yours": ["personne", "ines"]},
            change_these=[True, True],
        )
        await setup(tmp_path / "bot.env", person)
    read = "\n".join(person.read)
    assert "✗ directory: has no realm of this name" in read
    assert "✗ sign-out: nobody has this username" in read
    assert "✓ sign-out: done in Keycloak" in read
    assert "Has Element been signed out too?" in person.asked
    assert not server_side.sessions
    assert Settings.load({}, tmp_path / "bot.env").services[DIRECTORY].realm == "lieu"


async def test_a_software_that_speaks_ldap_is_named_and_the_rest_is_known(
    synapse: Synapse, name: str, tmp_path: Path
) -> None:
    if reason := await asyncio.to_thread(ensure_installed):
        pytest.skip(f"LDAP NOT TESTED: {reason}")
    async with Slapd(tmp_path / "tree", furnishing=GUICHET) as server:
        person = visitor(
            synapse,
            name,
            tmp_path,
            how_the_lieu="ldap",
            which_software="guichet",
            its_address=server.url,
            entry_that=server.bot_dn,
            **{"its password": server.bot_password, "also take accounts": True, "what the sso calls": "renater"},
        )
        await setup(tmp_path / "bot.env", person)
    assert "✓ directory: answers" in person.read
    assert any(words.startswith("· directory locks: this software locks nobody") for words in person.read)
    assert any(words.startswith("· accounts of elsewhere: the pages name") for words in person.read)
    assert not any(words.startswith("✗ directory") for words in person.read)
    kept = Settings.load({}, tmp_path / "bot.env").services[DIRECTORY]
    assert (kept.kind, kept.users_dn, kept.rdn) == ("guichet", server.users_dn, "cn")
    assert "LDAP_USERS_DN" not in dotenv_values(tmp_path / "bot.env")


async def test_what_the_environment_says_is_not_asked_and_counts_at_once(
    synapse: Synapse, name: str, tmp_path: Path
) -> None:
    """As in a container, which knows where its data are: a session in another folder would be lost with it."""
    (tmp_path / "password").write_text(f"password-of-{name}\n")
    environ = {
        "DATA_DIR": str(tmp_path / "volume"),
        "HTTP_LISTEN": "0.0.0.0:8009",
        "MATRIX_PASSWORD_FILE": str(tmp_path / "password"),
        "LANGUAGE": "en_GB:en",  # the shell's
        "HOME": "/root",
    }
    (tmp_path / "bot.env").write_text("DATA_DIR='data'\n")
    person = visitor(synapse, name, tmp_path)
    await setup(tmp_path / "bot.env", person, environ)
    assert "· of the environment, which wins: DATA_DIR, HTTP_LISTEN, MATRIX_PASSWORD_FILE" in person.read
    words = " ".join(person.asked)
    assert not [asked for asked in ("Folder for its data", "Its password", "Serve health") if asked in words]
    assert "What the bot speaks" in words
    assert (tmp_path / "volume" / "session.json").is_file()
    assert "✓ signed in, and the device is signed" in person.read
    written = dotenv_values(tmp_path / "bot.env")
    assert not written.keys() & {*environ} - {"LANGUAGE"}
    assert written["LANGUAGE"] == "fr"
    Settings.load(environ, tmp_path / "bot.env")


async def test_a_second_time_offers_the_first_answers(synapse: Synapse, name: str, tmp_path: Path) -> None:
    await setup(tmp_path / "bot.env", visitor(synapse, name, tmp_path, time_zone="Europe/Brussels"))
    with (tmp_path / "bot.env").open("a") as file:
        file.write("HTTPS_PROXY='http://proxy'\n")
    before = dotenv_values(tmp_path / "bot.env")
    await setup(tmp_path / "bot.env", Visitor())
    assert dotenv_values(tmp_path / "bot.env") == before


async def test_a_running_bot_keeps_its_session(synapse: Synapse, name: str, tmp_path: Path) -> None:
    await setup(tmp_path / "bot.env", visitor(synapse, name, tmp_path))
    session = (tmp_path / "data" / "session.json").read_text()
    database = await Database.open(tmp_path / "data" / "bot.sqlite")
    person = visitor(synapse, name, tmp_path)
    await setup(tmp_path / "bot.env", person)
    await database.close()
    assert any("is running" in words for words in person.read)
    assert (tmp_path / "data" / "session.json").read_text() == session


@pytest.mark.parametrize("replace", [False, True])
async def test_from_another_folder_the_running_bots_identity_is_not_replaced_without_a_word(
    synapse: Synapse, name: str, tmp_path: Path, replace: bool
) -> None:
    """Typed in the wrong folder, as happens: people would see a red shield beside every word of the bot."""
    await setup(tmp_path / "bot.env", visitor(synapse, name, tmp_path))
    (tmp_path / "b").mkdir()
    before = await account(synapse, tmp_path)
    person = visitor(synapse, name, tmp_path / "b", replace_its_identity=replace)
    await setup(tmp_path / "b" / "bot.env", person)
    assert any("is in use already" in words for words in person.read)
    assert any("Replace its identity?" in words for words in person.asked)
    assert ((await account(synapse, tmp_path)) == before) is not replace
    assert ("✓ signed in, and the device is signed" in person.read) is replace
    assert (tmp_path / "b" / "data" / "session.json").exists() is replace


async def account(synapse: Synapse, folder: Path) -> tuple[int, object]:
    """How many devices it has, and its identity."""
    session = json.loads((folder / "data" / "session.json").read_text())
    token, user = session["access_token"], session["user_id"]
    devices = await synapse.call("GET", "/_matrix/client/v3/devices", token=token)
    keys = await synapse.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {user: []}}, token=token)
    return len(devices["devices"]), keys["master_keys"][user]["keys"]


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "setup"]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": root},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "bot.example.env" in done.stderr
    assert not (tmp_path / "bot.env").exists()


def test_every_setting_is_asked_or_kept() -> None:
    assert {name for step in STEPS for name in step.section.names} == set(NAMES)


@given(value=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_what_is_written_is_read_back(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("env") / "bot.env"
    write(file, {"MATRIX_PASSWORD": value, "COMMAND_PREFIX": "!"}, NOW)
    assert dotenv_values(file, interpolate=False) == {"MATRIX_PASSWORD": value, "COMMAND_PREFIX": "!"}


def test_at_a_real_terminal(tmp_path: Path) -> None:
    """Typed keys, a password that does not show, Enter for the defaults."""
    keys = [
        ("Where Matrix clients connect", "http://127.0.0.1:9"),
        ("whole address", "@bot:example.org"),
        ("Folder for its data [data]", ""),
        ("to sign in once", "swordfish"),
        ("Change these answers? [Y/n]", "n"),
        ("a Synapse", ""),
        ("have a Nextcloud", ""),
        (", none) [none]", ""),
        ("mails in the lieu's name", ""),
        ("a site on WordPress", ""),
        ("contacts in Odoo", ""),
        ("memberships at HelloAsso", ""),
        (f"speaks at first ({', '.join(LANGUAGES)}) [fr]", "klingon"),
        (f"✗ one of {', '.join(LANGUAGES)}", "en"),
        ("Time zone [Europe/Paris]", ""),
        ("Your own Matrix address", "@ines:example.org"),
        ("may invite the bot", ""),
        ("health and metrics", ""),
        ("encrypted copy", ""),
        ("have public pages", ""),
    ]
    shown = typed(tmp_path, keys)
    assert "bot.env is written" in shown
    assert "swordfish" not in shown
    assert dotenv_values(tmp_path / "bot.env")["LANGUAGE"] == "en"


def typed(folder: Path, keys: list[tuple[str, str]]) -> str:
    """Run setup on a pseudo-terminal, typing each answer once its question is there; what was shown."""
    ours, theirs = pty.openpty()
    env = {"PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "dumb", "COLUMNS": "200"}
    command = [sys.executable, "-m", "bot", "setup"]
    process = subprocess.Popen(command, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        shown = ""
        for question, answer in keys:
            asked = len(shown)
            while not (question in shown[asked:] and shown.endswith(": ")):
                more = read(ours)
                assert more, f"setup ended after:\n{shown}"
                shown += more
            os.write(ours, f"{answer}\n".encode())
        while more := read(ours):
            shown += more
        return shown
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read(terminal: int) -> str:
    """What comes next, or nothing when the other side is gone."""
    asked = select.poll()
    asked.register(terminal, select.POLLIN)
    assert asked.poll(20_000), "setup waits for another answer"
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:
        return ""
