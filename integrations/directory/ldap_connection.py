"""One bound connection to an LDAP server, blocking, with its refusals told as ours. The only file that knows ldap3."""

from __future__ import annotations

import secrets
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from integrations.domains import is_loopback
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable, reason

from .ldap_entries import POLICY, Entry
from .no_directory import unsupported

with warnings.catch_warnings():  # ldap3 still asks pyasn1 for names that have changed
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3 import NONE, SAFE_SYNC, Connection, Server, Tls
    from ldap3.core.exceptions import LDAPSocketOpenError, LDAPStartTLSError
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn

SERVICE = "directory"
CONNECT, READ = 5, 30
OK, TOO_MANY, ELSEWHERE, HAS_IT_NOT, UNKNOWN_ATTRIBUTE, HAS_IT, MISSING = 0, 4, 10, 16, 17, 20, 32
FORBIDDEN, CLASS_VIOLATION, EXISTS = 50, 65, 68
CREDENTIALS = frozenset({48, 49, 50})
UNACCEPTABLE = frozenset({19, 21, 34, 53, 64, 65})
FAILURES: Mapping[int, Callable[[], Refused]] = {
    ELSEWHERE: lambda: Refused("directory-referral"),
    MISSING: lambda: NotFound("directory-not-found"),
    EXISTS: lambda: Conflict("login"),
    UNKNOWN_ATTRIBUTE: lambda: unsupported("lock"),
}

POLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"  # a control: the server says what its policy makes of a sign-in
IS_LOCKED = b"\x81\x01\x01"

Change = Literal["MODIFY_ADD", "MODIFY_DELETE", "MODIFY_REPLACE"]


class NotPrivate(Unavailable):
    """No line to the server that nobody else can read: it does not encrypt, or its certificate is not good."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What became of a sign-in: whether a policy of passwords was `asked`, and said that the account is locked."""

    asked: bool
    refused: bool


class Connector:
    """Where the tree is and who we are there. A connection in clear is upgraded first, but on this very machine.

    A referral is never followed: whoever may write one in the tree would be told the bot's password.
    """

    def __init__(self, url: str, bind_dn: str, password: str) -> None:
        self.bind_dn = bind_dn
        self._password = password
        self._url = url
        at = urlsplit(url)
        self._clear = at.scheme == "ldap" and not is_loopback(at.hostname)

    @contextmanager
    def open(self) -> Iterator[Tree]:
        """One of ours, bound."""
        with self._line(self.bind_dn, self._password) as connection:
            result = self._bind(connection)
            if result["result"] != OK:
                raise NotPermitted("directory-credentials") if result["result"] in CREDENTIALS else _failure(result)
            yield Tree(connection, _sign_in(result))

    def sign_in_as(self, dn: str) -> SignIn:
        """Try to sign in as somebody whose account is locked, with a password that nobody has."""
        with self._line(dn, secrets.token_urlsafe()) as connection:
            return _sign_in(self._bind(connection))

    @contextmanager
    def _line(self, dn: str, password: str) -> Iterator[Connection]:
        """A new `Server` each time: after an outage it goes on refusing by itself for minutes."""
        server = Server(self._url, get_info=NONE, connect_timeout=CONNECT, tls=Tls(validate=ssl.CERT_REQUIRED))
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
            connection.open()
            private = not self._clear or connection.start_tls()
            _, result, *_ = connection.bind(controls=[(POLICY_CONTROL, False, None)]) if private else (False, {})
        except Exception as error:
            raise _broken(error, connection) from None
        if not private:
            raise NotPrivate(SERVICE)
        told: Mapping[str, Any] = result
        return told


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

    def knows(self, attribute: str) -> bool:
        """Whether the server's schema has this attribute."""
        root = self._read("", "(objectClass=*)", "BASE", ["subschemaSubentry"])
        schema = root[0].first("subschemaSubentry") if root else ""
        found = self._read(schema, "(objectClass=*)", "BASE", ["attributeTypes"]) if schema else []
        return any(f"'{attribute}'" in line for entry in found for line in entry.all("attributeTypes"))

    def policies(self, around: str) -> list[Entry]:
        """The policies of passwords that we may read, in the tree of which `around` is a part."""
        root = self._read("", "(objectClass=*)", "BASE", ["namingContexts"])
        trees = [tree for tree in (root[0].all("namingContexts") if root else ()) if _is_below(around, tree)]
        return [found for tree in trees for found in self.search(tree, POLICY, ["pwdLockout"])]

    def add(self, dn: str, object_class: str, attributes: Mapping[str, str]) -> None:
        self._write("add", dn, object_class, dict(attributes))

    def change(self, dn: str, attribute: str, change: Change, values: list[str], *, fine: tuple[int, ...] = ()) -> int:
        """The result code: 0, or one of those that are `fine`."""
        return self._write("modify", dn, {attribute: [(change, values)]}, fine=fine)

    def delete(self, dn: str) -> None:
        self._write("delete", dn, fine=(MISSING,))

    def _read(self, base: str, wanted: str, scope: Literal["BASE", "SUBTREE"], attributes: list[str]) -> list[Entry]:
        try:
            _, result, rows, _ = self._connection.search(base, wanted, scope, attributes=attributes)
        except Exception:
            raise Unavailable(SERVICE) from None
        if result["result"] == TOO_MANY:
            raise Refused("directory-too-many")
        _accept(result)
        return [Entry.read(row) for row in rows or [] if row.get("type") == "searchResEntry"]

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


def _is_below(dn: str, tree: str) -> bool:
    return f",{dn}".casefold().endswith(f",{tree}".casefold())


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


def _broken(error: Exception, connection: Connection) -> Unavailable:
    """A certificate that is not good is told as « no line » by the library, and in words of its own."""
    wrapping = isinstance(error, LDAPStartTLSError) or "wrapping" in str(connection.last_error)
    return NotPrivate(SERVICE) if wrapping else Unavailable(SERVICE)


def _failure(result: Mapping[str, Any]) -> Exception:
    code = int(result["result"])
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
