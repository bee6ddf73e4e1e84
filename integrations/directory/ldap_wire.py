"""One bound connection to an LDAP server, blocking, with its refusals told as ours. The only file that knows ldap3."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Literal
from urllib.parse import urlsplit

from ..errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable
from .ldap_rows import Entry
from .none import unsupported

with warnings.catch_warnings():  # ldap3 still asks pyasn1 for names that have changed
    warnings.simplefilter("ignore", DeprecationWarning)
    from ldap3 import NONE, SAFE_SYNC, Connection, Server, Tls
    from ldap3.core.exceptions import LDAPException, LDAPSocketOpenError
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn

SERVICE = "directory"
CONNECT, READ = 5, 30
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
OK, TOO_MANY, UNKNOWN_ATTRIBUTE, HAS_IT_NOT, HAS_IT, MISSING, EXISTS, CLASS_VIOLATION = 0, 4, 17, 16, 20, 32, 68, 65
CREDENTIALS = frozenset({48, 49, 50})
UNACCEPTABLE = frozenset({19, 21, 34, 53, 64, 65})

Change = Literal["MODIFY_ADD", "MODIFY_DELETE", "MODIFY_REPLACE"]


class Door:
    """Where the tree is and who we are there. A connection in clear is upgraded first, but on this very machine."""

    def __init__(self, url: str, bind_dn: str, password: str) -> None:
        self.bind_dn = bind_dn
        self._password = password
        self._url = url
        self._clear = url.startswith("ldap://") and urlsplit(url).hostname not in LOOPBACK

    @contextmanager
    def open(self) -> Iterator[Tree]:
        """A new `Server` each time: after an outage it goes on refusing by itself for minutes."""
        server = Server(self._url, get_info=NONE, connect_timeout=CONNECT, tls=Tls(validate=ssl.CERT_REQUIRED))
        connection = Connection(
            server, self.bind_dn, self._password, client_strategy=SAFE_SYNC, receive_timeout=READ, check_names=False
        )
        try:
            self._bind(connection)
            yield Tree(connection)
        finally:
            _leave(connection)

    def _bind(self, connection: Connection) -> None:
        try:
            connection.open()
            if self._clear:
                connection.start_tls()
            bound, result, *_ = connection.bind()
        except LDAPException:
            raise Unavailable(SERVICE) from None
        if not bound:
            raise NotPermitted("directory-credentials") if result["result"] in CREDENTIALS else Unavailable(SERVICE)


class Tree:
    """Writes raise `Unavailable(unknown=True)` where the line broke after the request had left."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        except LDAPException:
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
        except LDAPException:
            raise Unavailable(SERVICE, unknown=True) from None
        return _accept(result, fine)


def name_below(parent: str, attribute: str, value: str) -> str:
    return f"{attribute}={escape_rdn(value)},{parent}"


def _accept(result: Mapping[str, Any], fine: tuple[int, ...] = ()) -> int:
    """RFC 4511 appendix A: a result code as our tree of errors has it."""
    code = int(result["result"])
    if code == OK or code in fine:
        return code
    raise _failure(code, str(result.get("message", "")))


def _failure(code: int, message: str) -> Exception:
    if code in CREDENTIALS:
        return NotPermitted("directory-not-permitted")
    if code == MISSING:
        return NotFound("directory-not-found")
    if code == EXISTS:
        return Conflict("login")
    if code == UNKNOWN_ATTRIBUTE:
        return unsupported("lock")
    if code in UNACCEPTABLE:
        return Rejected("directory-rejected", reason="".join(c for c in message if c.isprintable())[:200])
    return Unavailable(SERVICE)


def _leave(connection: Connection) -> None:
    """Politely where the line still holds; the library forgets the socket of a line that broke."""
    line = connection.socket
    with suppress(LDAPException):
        connection.unbind()
    if line:
        line.close()
