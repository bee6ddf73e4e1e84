"""The YunoHost package, as far as it goes without a YunoHost: its manifest, its scripts, its templates."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jsonschema import Draft7Validator

from bot import __version__
from bot.services.directory import DIRECTORY
from bot.services.nextcloud import NEXTCLOUD
from bot.settings import Settings
from integrations.directory.ldap_kinds import KINDS
from tests.packaging.tools import shellcheck
from tests.servers.bot_process import BotProcess
from tests.servers.synapse import Synapse

ROOT = Path(__file__).parents[2]
PACKAGE, DATA = ROOT / "packaging/yunohost", ROOT / "tests/data"
SCRIPTS = ("install", "remove", "upgrade", "backup", "restore", "change_url")
HOSTILE = r"""a'b"c\d $HOME `id` # {{ x }} é"""
ANSWERS = {
    "app": "conciergerie",
    "install_dir": "/var/www/conciergerie",
    "data_dir": "/home/yunohost.app/conciergerie",
    "domain": "rosee.example",
    "path": "/bienvenue",
    "port": "8009",
    "operator": "@ines:rosee.example",
    "matrix_user": "@conciergerie:rosee.example",
    "matrix_homeserver": "https://matrix.rosee.example",
    "matrix_password": HOSTILE,
    "matrix_access_token": "",
    "account": "conciergerie",
    "account_password": HOSTILE,
    "nextcloud_app_password": HOSTILE,
    "nextcloud_url": "https://rosee.example/nextcloud",
    "language": "fr@vous",
}


def manifest() -> dict[str, Any]:
    return tomllib.loads((PACKAGE / "manifest.toml").read_text("utf-8"))


def test_the_manifest_is_one() -> None:
    schema = json.loads((DATA / "yunohost-manifest-v2.schema.json").read_text())
    wrong = [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in Draft7Validator(schema).iter_errors(manifest())
    ]
    assert wrong == []
    assert manifest()["version"].partition("~")[0] == __version__


def test_the_schema_refuses_what_is_none() -> None:
    schema = json.loads((DATA / "yunohost-manifest-v2.schema.json").read_text())
    assert not Draft7Validator(schema).is_valid(manifest() | {"version": "0.1.0"})


def test_the_scripts_are_as_shellcheck_wants_them() -> None:
    done = shellcheck("-x", "_common.sh", *SCRIPTS, cwd=PACKAGE / "scripts")
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_scripts_call_helpers_that_there_are() -> None:
    known = set((DATA / "yunohost-helpers-2.1.txt").read_text().split())
    told = {name for path in (PACKAGE / "scripts").iterdir() for name in re.findall(r"\bynh_\w+", path.read_text())}
    assert len(told) > 10
    assert sorted(told - known) == []


def settings_of(tmp_path: Path, **answers: str) -> Settings:
    made = jinja2.Template((PACKAGE / "conf/bot.env.j2").read_text("utf-8")).render(ANSWERS | answers)
    (tmp_path / "bot.env").write_text(made)
    return Settings.load({}, tmp_path / "bot.env")


def test_the_settings_are_those_of_a_yunohost(tmp_path: Path) -> None:
    made = settings_of(tmp_path)
    assert made.matrix.password is not None
    assert made.matrix.password.reveal() == HOSTILE
    assert made.pages.public_url == "https://rosee.example/bienvenue"
    assert made.data_dir == Path("/home/yunohost.app/conciergerie/data")
    assert (made.http_listen.port if made.http_listen else 0) == 8009
    assert made.operators == ("@ines:rosee.example",)
    directory, cloud = made.services[DIRECTORY], made.services[NEXTCLOUD]
    assert (directory.kind, directory.url) == ("yunohost", "ldap://127.0.0.1")
    assert directory.bind_dn == "uid=conciergerie,ou=users,dc=yunohost,dc=org"
    assert (directory.users_dn, directory.groups_dn) == ("ou=users,dc=yunohost,dc=org", "ou=groups,dc=yunohost,dc=org")
    assert directory.password.reveal() == HOSTILE
    assert KINDS["yunohost"].can == {"lookup"}, "what its README says of it"
    assert (cloud.url, cloud.user, cloud.app_password.reveal()) == (ANSWERS["nextcloud_url"], "conciergerie", HOSTILE)


def test_a_session_takes_the_place_of_a_password_that_nobody_takes(tmp_path: Path) -> None:
    made = settings_of(tmp_path, matrix_access_token="syt_of_the_bot").matrix
    assert made.password is None
    assert made.access_token is not None
    assert made.access_token.reveal() == "syt_of_the_bot"


def test_what_a_yunohost_lacks_is_left_out(tmp_path: Path) -> None:
    made = settings_of(tmp_path, account_password="", nextcloud_url="", path="/")
    assert made.pages.public_url == "https://rosee.example"
    assert (made.services[DIRECTORY], made.services[NEXTCLOUD]) == (None, None)


def filled(name: str, path: str = "/bienvenue") -> str:
    """As YunoHost's `ynh_config_add` does it."""
    text = (PACKAGE / "conf" / name).read_text()
    text = text.replace("__PATH__/", "/") if path == "/" else text
    for key, value in (ANSWERS | {"path": path}).items():
        text = text.replace(f"__{key.upper()}__", value)
    return text


@pytest.mark.parametrize("name", ["nginx.conf", "systemd.service"])
def test_every_hole_of_a_template_is_filled(name: str) -> None:
    assert re.findall(r"__[A-Z_]+__", filled(name)) == []


def test_its_unit_is_ours_but_for_where_things_are() -> None:
    ours = set((ROOT / "packaging/systemd/conciergerie.service").read_text().splitlines())
    theirs = set((PACKAGE / "conf/systemd.service").read_text().splitlines())
    assert {line for line in theirs - ours if "__" not in line} == {"ProtectHome=tmpfs"}, "data are below /home there"
    assert {line.partition("=")[0] for line in ours - theirs} == {
        "Description", "User", "WorkingDirectory", "ExecStart", "StateDirectory", "StateDirectoryMode",
        "ProtectHome",
    }  # fmt: skip


def registered(server: Synapse, user: str, secret: str = "") -> subprocess.CompletedProcess[str]:
    known = str(json.loads((server.folder / "homeserver.yaml").read_text())["registration_shared_secret"])
    command = [sys.executable, "-I", PACKAGE / "scripts/register.py", server.base_url, user]
    environment = {"REGISTRATION_SECRET": secret or known, "MATRIX_PASSWORD": HOSTILE}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


async def test_an_account_is_made_for_the_bot_in_a_real_synapse(synapse: Synapse) -> None:
    user = synapse.user_id("conciergerie-of-yunohost")
    assert registered(synapse, user, "wrong").returncode == 1
    made = registered(synapse, user)
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    assert (await synapse.login(user, HOSTILE)).user_id == user
    again = registered(synapse, user)
    assert again.returncode == 1, "an account that is there is somebody's"
    assert HOSTILE not in again.stderr


async def test_where_nobody_signs_in_by_a_password_the_bot_is_given_a_session(tmp_path: Path) -> None:
    """As in YunoHost's Synapse, whose people come by its own portal."""
    async with Synapse(tmp_path, more={"password_config": {"enabled": False}}) as server:
        user = server.user_id("conciergerie")
        made = registered(server, user)
        assert made.returncode == 0, made.stderr
        whose = await server.call("GET", "/_matrix/client/v3/account/whoami", token=made.stdout.strip())
        assert whose["user_id"] == user
        settings = {"MATRIX_HOMESERVER": server.base_url, "MATRIX_USER": user, "DIRECTORY": "none"}
        bot = BotProcess(tmp_path / "bot", settings | {"MATRIX_ACCESS_TOKEN": made.stdout.strip()})
        try:
            await bot.start()
        finally:
            await bot.stop()


SOUGHT = """
source _common.sh
setting_of() { case "$2" in *secret) echo secret-of-synapse ;; *) echo rosee.example ;; esac; }
ynh_string_random() { echo secret-that-is-drawn; }
python3() { echo secret-of-a-session; }
app=conciergerie data_dir=/nowhere YNH_APP_BASEDIR=/nowhere matrix_user="$1" matrix_password="$2"
set -o errexit -o nounset -o xtrace
find_homeserver
: the next line
"""


@pytest.mark.parametrize("given", [("", ""), ("@bot:rosee.example", "secret-of-the-account")])
def test_no_line_with_a_secret_is_traced(given: tuple[str, str]) -> None:
    """YunoHost keeps what a shell says of each line that it runs; its own helpers hide theirs."""
    command = ["bash", "-c", SOUGHT, "bash", *given]
    done = subprocess.run(command, cwd=PACKAGE / "scripts", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "+ : the next line" in done.stderr
    assert "secret-" not in done.stderr
