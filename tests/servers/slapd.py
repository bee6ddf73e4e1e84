"""A private OpenLDAP on a free loopback port, run without root, with the overlays that real installations have.

The binary is Debian's `slapd` package; `ensure_installed` gets it where that is allowed, without starting a service.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from tests.servers import apt
from tests.servers.parent import ends_with_parent
from tests.servers.ports import free_port
from tests.servers.slapd_furnishings import Furnishing

BINARY = Path("/usr/sbin/slapd")
SUFFIX = "dc=lieu,dc=example"
UNCONFIGURED = "slapd slapd/no_configuration boolean true\n"
START = 60.0

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
moduleload unique
{module}
{everywhere}
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
{database}
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
    the bot cannot write what keeps somebody out whatever the password, as before 2.5. `everywhere` and `database` are
    more lines of its configuration; with a `furnishing` it is like the LDAP of other software, and all of these are not
    asked. With a `certificate` (its file, that of its key), it encrypts: whoever asks for it
    at `url`, and everybody at `private_url` and, as if it were another machine, at `other_url`.
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
        everywhere: str = "",
        database: str = "",
        certificate: tuple[Path, Path] | None = None,
        furnishing: Furnishing | None = None,
    ) -> None:
        self.folder = folder
        self._furnishing = furnishing
        if furnishing:
            self.bot_dn, self.admin_dn = furnishing.bot, f"cn=admin,{furnishing.suffix}"
            self.users_dn, self.groups_dn = furnishing.users, furnishing.groups
        self.bot_password, self.admin_password = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self.port = 0
        self._ppolicy, self._overlay, self._lockout, self._old = ppolicy, ppolicy and overlay, lockout, old
        self._everywhere, self._database, self._encrypts = everywhere, database, certificate is not None
        if certificate:
            self._everywhere += "\nTLSCertificateFile {}\nTLSCertificateKeyFile {}".format(*certificate)
        self._private_port = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def private_url(self) -> str:
        return f"ldaps://localhost:{self._private_port}"

    @property
    def other_url(self) -> str:
        """The bot takes 127.0.0.1, ::1 and localhost for its own machine, and no other address."""
        return f"ldap://127.0.0.2:{self.port}"

    async def start(self) -> None:
        """Serve; after a `stop`, on the same port and with the same people."""
        if not (self.folder / "slapd.conf").exists():
            await self._prepare()
        self.port = self.port or free_port()
        self._private_port = self._private_port or free_port()
        private = [self.private_url.replace("localhost", "127.0.0.1")] if self._encrypts else []
        with (self.folder / "slapd.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(BINARY),
                "-f",
                str(self.folder / "slapd.conf"),
                "-h",
                " ".join([self.url, self.other_url, *private]),
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
        if self._furnishing:
            return await self._fill(*self._furnished(self._furnishing))
        tree = (TREE + (POLICY_ENTRY if self._ppolicy and self._lockout else "")).format(
            suffix=SUFFIX, bot=self.bot_dn, bot_password=self.bot_password, lockout=self._lockout
        )
        await self._fill(
            CONFIGURATION.format(
                folder=self.folder, suffix=SUFFIX, admin=self.admin_dn, admin_password=self.admin_password,
                bot=self.bot_dn,
                module="moduleload ppolicy" if self._ppolicy else "",
                ppolicy=f'overlay ppolicy\nppolicy_default "cn=default,{SUFFIX}"' if self._overlay else "",
                start="access to attrs=pwdStartTime by * none" if self._old else "",
                everywhere=self._everywhere, database=self._database,
            ),
            tree,
        )  # fmt: skip
        return None

    def _furnished(self, furnishing: Furnishing) -> tuple[str, str]:
        holes = {"suffix": furnishing.suffix, "folder": self.folder, "bot": self.bot_dn, "admin": self.admin_dn}
        holes |= {"bot_password": self.bot_password, "admin_password": self.admin_password}
        return furnishing.configuration.format(**holes), furnishing.tree.format(**holes)

    async def _fill(self, configuration: str, tree: str) -> None:
        (self.folder / "slapd.conf").write_text(configuration)
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
    absent = apt.ensure_installed(BINARY, "slapd", lacking="the LDAP tests", answers=UNCONFIGURED)
    if not absent and shutil.which("update-rc.d"):
        subprocess.run(["update-rc.d", "slapd", "disable"], check=False, capture_output=True)
    return absent
