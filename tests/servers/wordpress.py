"""A private WordPress on a free loopback port, with its own database and a server that catches its mails.

Debian's packages: PHP and MariaDB are installed where that is allowed, WordPress itself is unpacked and runs as it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.servers import apt
from tests.servers.mailcatcher import MailCatcher
from tests.servers.parent import ends_with_parent
from tests.servers.plain_http import plain_http
from tests.servers.ports import STEP, answers, free_port

PHP, MARIADB = Path("/usr/bin/php"), Path("/usr/sbin/mariadbd")
PACKAGES = "php-cli", "php-mysql", "mariadb-server-core"
LACKING = "the WordPress tests"
ANNE, BOT = "anne", "conciergerie"
START = 60.0
QUICK = (
    "--skip-networking",
    "--skip-grant-tables",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=32M",
    "--performance-schema=off",
    *(["--user=root"] if os.geteuid() == 0 else []),
)

CONFIGURATION = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_ENVIRONMENT_TYPE', 'local');  // application passwords over http
define('WP_HOME', '{url}');
define('WP_SITEURL', '{url}');
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('AUTH_SALT', '{salt}');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
"""

MAILS = """<?php
add_action('phpmailer_init', function ($mailer) {
    $mailer->isSMTP();
    $mailer->Host = '127.0.0.1';
    $mailer->Port = {port};
    $mailer->SMTPAutoTLS = false;
});
add_filter('wp_mail_from', function () { return 'site@lieu.example'; });
"""

BREAKS = """<?php
$at = WP_CONTENT_DIR . '/breaks-at';
if (is_file($at)) add_action(file_get_contents($at), function () use ($at) {
    unlink($at);
    throw new Error('of a plugin');
}, 1);
"""

ROUTER = """<?php
$path = __DIR__ . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (is_file($path)) return false;
$_SERVER['SCRIPT_NAME'] = '/index.php';
require __DIR__ . '/index.php';
"""

FURNISH = """<?php
mysqli_query(mysqli_connect('localhost', 'root', '', '', 0, '{socket}'), 'CREATE DATABASE wordpress');
$_SERVER['HTTP_HOST'] = '{host}';
define('WP_INSTALLING', true);
require __DIR__ . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('La Rosée', '{anne}', 'anne@lieu.example', true, '', wp_generate_password());
global $wp_rewrite;
$wp_rewrite->set_permalink_structure('/%postname%/');
flush_rewrite_rules();
$bot = wp_insert_user(['user_login' => '{bot}', 'user_email' => 'bot@lieu.example',
    'user_pass' => wp_generate_password(), 'role' => 'administrator']);
[$password] = WP_Application_Passwords::create_new_application_password($bot, ['name' => 'conciergerie']);
echo json_encode(['version' => get_bloginfo('version'), 'password' => $password]);
"""

FILES = {
    "wp-config.php": CONFIGURATION,
    "wp-content/mu-plugins/mails.php": MAILS,
    "wp-content/mu-plugins/breaks.php": BREAKS,
    "router.php": ROUTER,
    "furnish.php": FURNISH,
}


def ensure_there(folder: Path) -> str:
    """Why there is no WordPress in this folder, empty where there is one."""
    for binary in (PHP, MARIADB):
        if reason := apt.ensure_installed(binary, *PACKAGES, lacking=LACKING):
            return reason
    speaks = subprocess.run([PHP, "-r", "exit(extension_loaded('mysqli') ? 0 : 1);"], check=False)
    if speaks.returncode:
        return f"this PHP speaks to no database: `sudo apt-get install php-mysql`, to have {LACKING}"
    return apt.unpacked("wordpress", folder)


@dataclass(frozen=True, slots=True)
class Written:
    """An article, as it is in the database."""

    author: int
    status: str


class WordPress:
    """`async with WordPress(folder) as site:` where `ensure_there` has put it. `password` is an application password of
    the account `BOT`, an administrator."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "usr/share/wordpress"
        self.port, self.mails = free_port(), MailCatcher()
        self.url = f"http://127.0.0.1:{self.port}"
        self.version = self.password = ""
        self._short = tempfile.TemporaryDirectory(prefix="wp-")  # a socket's path may not be long
        self._socket = Path(self._short.name) / "db"
        self._running: list[subprocess.Popen[bytes]] = []

    async def __aenter__(self) -> WordPress:
        await self.mails.start()
        try:
            await self._install()
            await answers(f"{self.url}/wp-json/", within=START, alive=self._is_alive, log=str(self._log))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait)
        await self.mails.stop()
        self._short.cleanup()

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _is_alive(self) -> bool:
        return all(process.poll() is None for process in self._running)

    def _start(self, *command: str | Path) -> None:
        with self._log.open("ab") as log:
            self._running.append(
                subprocess.Popen(
                    command,
                    cwd=self.root,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    preexec_fn=ends_with_parent,
                )
            )

    async def _install(self) -> None:
        words = {"socket": self._socket, "url": self.url, "host": f"127.0.0.1:{self.port}", "port": self.mails.port}
        words |= {"salt": secrets.token_hex(), "anne": ANNE, "bot": BOT}
        for file, text in FILES.items():
            (self.root / file).parent.mkdir(exist_ok=True)
            (self.root / file).write_text(_filled(text, words))
        (self.folder / "data").mkdir()
        # Nobody reaches the socket but us, so that there is nobody to tell apart, nor tables of users to be made.
        self._start(MARIADB, "--no-defaults", f"--datadir={self.folder / 'data'}", f"--socket={self._socket}", *QUICK)
        async with asyncio.timeout(START):
            while not self._socket.exists():
                assert self._is_alive(), self._log.read_text()
                await asyncio.sleep(STEP)
        furnished = json.loads(await asyncio.to_thread(self._furnish))
        self.version, self.password = furnished["version"], furnished["password"]
        self._start(PHP, "-S", f"127.0.0.1:{self.port}", "router.php")

    def _furnish(self) -> str:
        done = subprocess.run([PHP, "furnish.php"], cwd=self.root, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    # -- what whoever administers it does by hand

    def client(self) -> httpx.AsyncClient:
        return plain_http(base_url=self.url, auth=(BOT, self.password), timeout=30)

    def breaks_at(self, hook: str) -> None:
        """The next request that comes to this action of WordPress ends there, as by a bug of some plugin."""
        (self.root / "wp-content" / "breaks-at").write_text(hook)

    @property
    def has_broken(self) -> bool:
        return not (self.root / "wp-content" / "breaks-at").exists()

    def is_mended(self) -> None:
        (self.root / "wp-content" / "breaks-at").unlink(missing_ok=True)

    async def accounts(self, email: str) -> list[dict[str, Any]]:
        """Those with this address: `id`, `username`, `roles`."""
        query = {"context": "edit", "_fields": "id,username,email,roles", "per_page": 100, "search": email}
        async with self.client() as http:
            rows: list[dict[str, Any]] = (await http.get("/wp-json/wp/v2/users", params=query)).json()
        return [row for row in rows if row["email"] == email]

    async def adds(self, login: str, email: str, role: str) -> str:
        """An account that was there before the bot. Its id."""
        body = {"username": login, "email": email, "roles": [role], "password": secrets.token_hex()}
        async with self.client() as http:
            answer = await http.post("/wp-json/wp/v2/users", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def writes(self, author: str, kind: str = "posts", status: str = "publish") -> str:
        """Something of theirs. Its id."""
        async with self.client() as http:
            body = {"title": "Atelier", "content": "samedi", "status": status, "author": int(author)}
            answer = await http.post(f"/wp-json/wp/v2/{kind}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def written(self, id: str, kind: str = "posts") -> Written:
        async with self.client() as http:
            row = (await http.get(f"/wp-json/wp/v2/{kind}/{id}", params={"context": "edit"})).json()
        return Written(row["author"], row["status"])


def _filled(text: str, words: Mapping[str, object]) -> str:
    """PHP has braces of its own."""
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
