"""One bound connection to an LDAP server, blocking, with its refusals told as ours. The only file that knows ldap3."""

from __future__ import annotations

import secrets
import socket
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from integrations.causes import cause_of
from integrations.domains import is_loopback
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable, reason

from .lacking import unsupported
from .ldap_entries import POLICY, Entry

with warnings.catch_warnings():  # ldap3 still asks pyasn1 for names that have changed
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3 import NONE, SAFE_SYNC, Connection, Server, Tls
    from ldap3.core.exceptions import LDAPInvalidDnError, LDAPSocketOpenError, LDAPStartTLSError
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn, parse_dn

SERVICE = "directory"
CONNECT, READ = 5, 30
OK, ELSEWHERE, HAS_IT_NOT, UNKNOWN_ATTRIBUTE, HAS_IT, MISSING, NO_NAME = 0, 10, 16, 17, 20, 32, 34
FORBIDDEN, UNWILLING, CLASS_VIOLATION, EXISTS = 50, 53, 65, 68
TOO_MANY = frozenset({3, 4, 11})  # limits: of time, of entries that are shown, of entries that are looked at
WANTS_TLS = frozenset({8, 13})
CREDENTIALS = frozenset({48, 49, 50})
NOBODY = CREDENTIALS | {NO_NAME}  # what was given is no name at all
BUSY = frozenset({51, 52})
UNACCEPTABLE = frozenset({19, 21, 53, 64, 65})
FAILURES: Mapping[int, Callable[[], Refused]] = {
    ELSEWHERE: lambda: Refused("directory-referral"),
    MISSING: lambda: NotFound("directory-not-found"),
    NO_NAME: lambda: NotFound("directory-not-found"),  # as a branch in the settings may be written
    EXISTS: lambda: Conflict("login"),
    UNKNOWN_ATTRIBUTE: lambda: unsupported("lock"),
}

POLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"  # a control: the server says what its policy makes of a sign-in
IS_LOCKED = b"\x81\x01\x01"

WRITES_NOTHING = ("directory-referral", "directory-rejected")  # what a copy answers, with and without its original
ANY = "(objectClass=*)"

Scope = Literal["BASE", "SUBTREE"]
Change = Literal["MODIFY_ADD", "MODIFY_DELETE", "MODIFY_REPLACE"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """What became of a sign-in: whether a policy of passwords was `asked`, and said that the account is locked."""

    asked: bool
    refused: bool


class Connector:
    """Where the tree is and who we are there. A connection in clear is upgraded first, but on this very machine.

    A referral is never followed: whoever may write one in the tree would be told the bot's password. `controls`: the
    server may be asked what its policy of passwords makes of a sign-in.
    """

    def __init__(self, url: str, bind_dn: str, password: str, *, controls: bool = True) -> None:
        self.bind_dn = bind_dn
        self._controls = [(POLICY_CONTROL, False, None)] if controls else None
        self._password = password
        self.url = url
        at = urlsplit(url)
        self._clear = at.scheme == "ldap" and not is_loopback(at.hostname)
        self._host = at.hostname or ""

    @contextmanager
    def open(self) -> Iterator[Tree]:
        """One of ours, bound."""
        with self._line(self.bind_dn, self._password) as connection:
            result = self._bind(connection)
            if result["result"] != OK:
                raise NotPermitted("directory-credentials") if result["result"] in NOBODY else _failure(result)
            yield Tree(connection, _sign_in(result))

    def greet(self) -> None:
        """Ask to come in as nobody, whatever becomes of it. Raises `Unavailable`."""
        with self._line("", "") as connection:
            self._bind(connection)

    def sign_in_as(self, dn: str) -> SignIn:
        """Try to sign in as somebody whose account is locked, with a password that nobody has."""
        with self._line(dn, secrets.token_urlsafe()) as connection:
            return _sign_in(self._bind(connection))

    @contextmanager
    def _line(self, dn: str, password: str) -> Iterator[Connection]:
        """A new `Server` each time: after an outage it goes on refusing by itself for minutes."""
        server = Server(self.url, get_info=NONE, connect_timeout=CONNECT, tls=Encryption())
        connection = Connection(
            server,
            dn,
            password,
            client_strategy=SAFE_SYNC,
            receive_timeout=READ,
            check_names=False,
            auto_referrals=False,
        )
        try:
            yield connection
        finally:
            _leave(connection)

    def _bind(self, connection: Connection) -> Mapping[str, Any]:
        try:
            self._look_up(connection)
            connection.open()
            private = not self._clear or connection.start_tls()
            _, result, *_ = connection.bind(controls=self._controls) if private else (False, {})
        except Exception as error:
            raise self._broken(error, connection.server.tls.trouble) from None
        if not private:
            raise Unavailable(SERVICE, cause="not-private")
        told: Mapping[str, Any] = result
        return told

    def _look_up(self, connection: Connection) -> None:
        """The library itself keeps nothing of why a name leads nowhere."""
        if not self.url.startswith("ldapi"):
            socket.getaddrinfo(self._host, connection.server.port, type=socket.SOCK_STREAM)

    def _broken(self, error: Exception, of_tls: Exception | None) -> Unavailable:
        asked = isinstance(error, LDAPStartTLSError) and of_tls is None  # to encrypt, which it does not
        causes = [cause_of(one) for one in ([of_tls] if of_tls else _of_each_address(error))]
        return Unavailable(SERVICE, cause="not-private" if asked else next(filter(None, causes), ""), host=self._host)


class Encryption(Tls):
    """The server is believed by Python's own checks, of whose refusals the cause is kept: the library's own tell words
    alone, and leave the line open."""

    trouble: Exception | None = None

    def wrap_socket(self, connection: Connection, do_handshake: bool = False) -> None:
        context = ssl.create_default_context()
        name = connection.server.host
        try:
            wrapped = context.wrap_socket(connection.socket, server_hostname=name, do_handshake_on_connect=do_handshake)
        except Exception as error:
            self.trouble = error
            raise
        connection.socket = wrapped


class Tree:
    """Writes raise `Unavailable(unknown=True)` where the line broke after the request had left.

    The library stumbles over answers that are not what it knows, each time with another error of Python's own.
    """

    def __init__(self, connection: Connection, own: SignIn) -> None:
        self._connection = connection
        self.own = own  # what became of our own sign-in

    def search(self, base: str, classes: str, attributes: list[str], **wanted: str) -> list[Entry]:
        """The entries of this class below `base` whose attributes have these values, exactly. Raises `NotFound`."""
        parts = "".join(f"({name}={escape_filter_chars(value)})" for name, value in wanted.items())
        return self._read(base, f"(&(objectClass={classes}){parts})", "SUBTREE", attributes)

    def entry(self, dn: str, classes: str, attributes: list[str]) -> Entry | None:
        """The one of this name, if it is of this class."""
        try:
            return next(iter(self._read(dn, f"(objectClass={classes})", "BASE", attributes)), None)
        except NotFound:
            return None

    def is_copy(self, branch: str) -> bool:
        """Whether what is read there cannot be written, as in a copy of another server: told by whatever becomes of a
        change of what is not there."""
        if self._leads_elsewhere(branch):
            return False
        nothing = name_below(branch, "cn", secrets.token_hex(8))
        try:
            self._write("modify", nothing, {"description": [("MODIFY_REPLACE", ["-"])]})
        except Refused as no:
            return no.code in WRITES_NOTHING
        return False

    def may_take(self, attribute: str, value: str, branch: str, classes: str) -> bool:
        """Whether this could be taken from entries of this class below `branch`: told by whatever becomes of it where
        it is not. True where there are none to try it on."""
        _, _, rows, _ = self._ask(branch, f"(objectClass={classes})", "SUBTREE", ["cn"], size_limit=1)
        for row in [row for row in rows or [] if row.get("type") == "searchResEntry"][:1]:
            try:
                self.change(str(row["dn"]), attribute, "MODIFY_DELETE", [value], fine=(HAS_IT_NOT,))
            except NotPermitted:
                return False
            except Refused:
                return True
        return True

    def has_any(self, branch: str, classes: str, attributes: Sequence[str]) -> bool:
        """Whether an entry of this class below `branch` shows one of these attributes."""
        either = "".join(f"({name}=*)" for name in attributes)
        _, _, rows, _ = self._ask(branch, f"(&(objectClass={classes})(|{either}))", "SUBTREE", ["cn"], size_limit=1)
        return any(row.get("type") == "searchResEntry" for row in rows or [])

    def _leads_elsewhere(self, branch: str) -> bool:
        try:
            self._read(branch, ANY, "BASE", ["cn"])
        except Refused:
            return True
        return False

    def knows(self, attribute: str) -> bool:
        """Whether the server's schema has this attribute."""
        root = self._read("", ANY, "BASE", ["subschemaSubentry"])
        schema = root[0].first("subschemaSubentry") if root else ""
        found = self._read(schema, ANY, "BASE", ["attributeTypes"]) if schema else []
        return any(f"'{attribute}'" in line for entry in found for line in entry.all("attributeTypes"))

    def policies(self, around: str) -> list[Entry]:
        """The policies of passwords that we may read, in the tree of which `around` is a part."""
        root = self._read("", ANY, "BASE", ["namingContexts"])
        trees = [tree for tree in (root[0].all("namingContexts") if root else ()) if is_below(around, tree)]
        return [found for tree in trees for found in self.search(tree, POLICY, ["pwdLockout"])]

    def add(self, dn: str, classes: str | Sequence[str], attributes: Mapping[str, str]) -> None:
        self._write("add", dn, classes if isinstance(classes, str) else list(classes), dict(attributes))

    def change(self, dn: str, attribute: str, change: Change, values: list[str], *, fine: tuple[int, ...] = ()) -> int:
        """The result code: 0, or one of those that are `fine`."""
        return self._write("modify", dn, {attribute: [(change, values)]}, fine=fine)

    def delete(self, dn: str) -> None:
        self._write("delete", dn, fine=(MISSING,))

    def _read(self, base: str, wanted: str, scope: Scope, attributes: list[str]) -> list[Entry]:
        _, result, rows, _ = self._ask(base, wanted, scope, attributes)
        if result["result"] in TOO_MANY:
            raise Refused("directory-too-many")
        _accept(result)
        return [Entry.read(row) for row in rows or [] if row.get("type") == "searchResEntry"]

    def _ask(self, base: str, wanted: str, scope: Scope, attributes: list[str], **how: Any) -> tuple[Any, ...]:
        try:
            found: tuple[Any, ...] = self._connection.search(base, wanted, scope, attributes=attributes, **how)
        except Exception:
            raise Unavailable(SERVICE) from None
        return found

    def _write(self, verb: str, *arguments: Any, fine: tuple[int, ...] = ()) -> int:
        try:
            _, result, _, _ = getattr(self._connection, verb)(*arguments)
        except LDAPSocketOpenError:
            raise Unavailable(SERVICE) from None
        except Exception:
            raise Unavailable(SERVICE, unknown=True) from None
        return _accept(result, fine)


def name_below(parent: str, attribute: str, value: str) -> str:
    return f"{attribute}={escape_rdn(value)},{parent}"


def plain(dn: str) -> str:
    """As servers write it, without the spaces of « ou=users, dc=lieu »; as it is, where it is no name of an entry."""
    try:
        return "".join(f"{name}={value}{joint}" for name, value, joint in parse_dn(dn, strip=True))
    except LDAPInvalidDnError:
        return dn


def is_below(dn: str, tree: str) -> bool:
    return f",{dn}".casefold().endswith(f",{tree}".casefold())


def _of_each_address(error: Exception) -> list[BaseException]:
    """Where a name has several, the library tells what became of each beside what it says itself."""
    tried = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], list) else []
    return [one for one, _ in tried] or [error]


def _sign_in(result: Mapping[str, Any]) -> SignIn:
    told = (result.get("controls") or {}).get(POLICY_CONTROL)
    value = (told or {}).get("value") or b""
    return SignIn(told is not None, result["result"] in CREDENTIALS and value.endswith(IS_LOCKED))


def _accept(result: Mapping[str, Any], fine: tuple[int, ...] = ()) -> int:
    """RFC 4511 appendix A: a result code as our tree of errors has it."""
    code = int(result["result"])
    if code == OK or code in fine:
        return code
    raise _failure(result)


def _failure(result: Mapping[str, Any]) -> Exception:
    code = int(result["result"])
    if code in WANTS_TLS:
        return Unavailable(SERVICE, cause="tls-demanded")
    if code in BUSY:
        return Unavailable(SERVICE, cause="busy")
    if code in CREDENTIALS:
        return NotPermitted("directory-not-permitted")
    if code in FAILURES:
        return FAILURES[code]()
    if code in UNACCEPTABLE:
        return Rejected("directory-rejected", reason=reason(str(result.get("message", ""))))
    return Unavailable(SERVICE)


def _leave(connection: Connection) -> None:
    """Politely where the line still holds; the library forgets the socket of a line that broke."""
    line = connection.socket
    with suppress(Exception):
        connection.unbind()
    if line:
        line.close()
