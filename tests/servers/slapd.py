"""A private OpenLDAP on a free loopback port, run without root, with the overlays that real installations have.

The binary is Debian's `slapd` package; `ensure_installed` gets it where that is allowed, without starting a service.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.parent import ends_with_parent
from tests.servers.ports import free_port

BINARY = Path("/usr/sbin/slapd")
POLICY = Path("/usr/sbin/policy-rc.d")
FORBID = "#!/bin/sh\nexit 101\n"
SUFFIX = "dc=lieu,dc=example"
HOW = "no slapd here: run the tests as root once, or `sudo apt-get install slapd`, to have the LDAP tests"
START = 60.0

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload unique
{module}
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw {admin_password}
directory {folder}/data
maxsize 16777216
overlay memberof
overlay refint
refint_attributes member memberOf
overlay unique
unique_uri ldap:///ou=users,{suffix}?mail?sub
{ppolicy}
{start}
access to attrs=userPassword by dn.exact="{bot}" =w by self =xw by anonymous auth by * none
access to * by dn.exact="{bot}" write by users read by * none
"""

TREE = """\
dn: {suffix}
objectClass: dcObject
objectClass: organization
dc: lieu
o: Le lieu

dn: {bot}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: bot
userPassword: {bot_password}

dn: ou=users,{suffix}
objectClass: organizationalUnit
ou: users

dn: ou=groups,{suffix}
objectClass: organizationalUnit
ou: groups
"""

POLICY_ENTRY = """
dn: cn=default,{suffix}
objectClass: applicationProcess
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdLockout: {lockout}
"""


class Slapd:
    """`async with Slapd(folder) as server:` serves at `server.url`; the bot is `bot_dn` with `bot_password`.

    `lockout` is the policy's `pwdLockout`, None where there is no policy; without `overlay` nobody obeys one; `old`:
    the bot cannot write what keeps somebody out whatever the password, as before 2.5.
    """

    bot_dn = f"cn=bot,{SUFFIX}"
    admin_dn = f"cn=admin,{SUFFIX}"
    users_dn = f"ou=users,{SUFFIX}"
    groups_dn = f"ou=groups,{SUFFIX}"

    def __init__(
        self,
        folder: Path,
        *,
        ppolicy: bool = True,
        overlay: bool = True,
        lockout: str | None = "TRUE",
        old: bool = False,
    ) -> None:
        self.folder = folder
        self.bot_password, self.admin_password = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.port = 0
        self._ppolicy, self._overlay, self._lockout, self._old = ppolicy, ppolicy and overlay, lockout, old
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Serve; after a `stop`, on the same port and with the same people."""
        if not (self.folder / "slapd.conf").exists():
            await self._prepare()
        self.port = self.port or free_port()
        with (self.folder / "slapd.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(BINARY),
                "-f",
                str(self.folder / "slapd.conf"),
                "-h",
                self.url,
                "-d",
                "0",
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_parent,
            )
        await self._listening()

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        if self._process:
            await self._process.wait()
        self._process = None

    async def __aenter__(self) -> Slapd:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _prepare(self) -> None:
        (self.folder / "data").mkdir(parents=True)
        (self.folder / "slapd.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder, suffix=SUFFIX, admin=self.admin_dn, admin_password=self.admin_password,
                bot=self.bot_dn,
                module="moduleload ppolicy" if self._ppolicy else "",
                ppolicy=f'overlay ppolicy\nppolicy_default "cn=default,{SUFFIX}"' if self._overlay else "",
                start="access to attrs=pwdStartTime by * none" if self._old else "",
            )
        )  # fmt: skip
        tree = (TREE + (POLICY_ENTRY if self._ppolicy and self._lockout else "")).format(
            suffix=SUFFIX, bot=self.bot_dn, bot_password=self.bot_password, lockout=self._lockout
        )
        adding = await asyncio.create_subprocess_exec(
            str(BINARY), "-T", "add", "-f", str(self.folder / "slapd.conf"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await adding.communicate(tree.encode())
        if adding.returncode:
            raise RuntimeError(f"slapadd: {output.decode(errors='replace')}")

    async def _listening(self) -> None:
        """slapd says nothing when it is ready: knock until the door opens."""
        assert self._process
        async with asyncio.timeout(START):
            while self._process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return await writer.wait_closed()
        raise RuntimeError(f"slapd did not start: see {self.folder / 'slapd.log'}")


def ensure_installed() -> str:
    """Why there is no slapd, empty where there is one. As root on Debian it is installed, its service is not."""
    if BINARY.exists():
        return ""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return HOW
    with _alone(), _services_forbidden() as forbidden:
        if forbidden and not BINARY.exists() and not _install():
            _apt("update")
            _install()
    return "" if BINARY.exists() else f"{HOW} (apt-get could not install it)"


@contextmanager
def _alone() -> Iterator[None]:
    """Tests run side by side, and apt does not."""
    with (Path(tempfile.gettempdir()) / "conciergerie-slapd.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install() -> bool:
    selection = b"slapd slapd/no_configuration boolean true\n"
    subprocess.run(["debconf-set-selections"], input=selection, check=False, capture_output=True)
    done = _apt("install", "-y", "--no-install-recommends", "slapd")
    if done and shutil.which("update-rc.d"):
        subprocess.run(["update-rc.d", "slapd", "disable"], check=False, capture_output=True)
    return done


def _apt(*arguments: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return (
        subprocess.run(["apt-get", "-q", *arguments], env=environment, check=False, capture_output=True).returncode == 0
    )


@contextmanager
def _services_forbidden() -> Iterator[bool]:
    """Debian starts a service as soon as it is installed, unless this file says no. A file of others is left alone."""
    if POLICY.exists():
        answer = subprocess.run([str(POLICY), "slapd", "start"], check=False, capture_output=True)
        yield answer.returncode == 101
        return
    POLICY.write_text(FORBID)
    POLICY.chmod(0o755)
    try:
        yield True
    finally:
        POLICY.unlink()
