"""Names of machines, and e-mail addresses: as every program asks them, and as people read them.

IDNA 2008, not the one that Python has built in: that one asks `strasse.de` for « straße.de », which is another owner's.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

import idna

LONGEST = 253
SCHEME = re.compile(r"https?://", re.IGNORECASE)
THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
OURS = frozenset("œæßøłđŀ")  # of the alphabet of our languages, and not of a plain letter with a mark


def asked(name: str) -> str:
    """A name in ASCII and small letters, without a last dot; empty where no machine can be called so."""
    if name.isascii():
        return name.lower().rstrip(".")
    try:
        return idna.encode(name.rstrip("."), uts46=True, std3_rules=True).decode() if len(name) <= LONGEST else ""
    except UnicodeError:
        return ""


def url_asked(url: str) -> str:
    """The address of a service, its machine as it is asked; as it is where that is none."""
    try:
        parts = urlsplit(url)
        name = asked(parts.hostname or "")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url
    return url if url.isascii() or not name or "@" in parts.netloc else parts._replace(netloc=name + port).geturl()


def is_loopback(host: str | None) -> bool:
    """Whether it is this very machine: what listens at another address of 127.0.0.0/8 may lead elsewhere."""
    return host in THIS_MACHINE


def read(name: str) -> str:
    """A name as its owner writes it: « straße.de » for `xn--strae-oqa.de`."""
    try:
        return idna.decode(name) if "xn--" in name and len(name) <= LONGEST else name
    except UnicodeError:
        return name


def is_odd(name: str) -> bool:
    """Whether it has letters that are not of our alphabet, and may look like those that are: « exаmple.fr »."""
    return not all(map(_is_ours, unicodedata.normalize("NFC", read(name))))


def email_asked(address: str) -> str:
    """An e-mail address as it travels, and as two of them are compared: no provider in use tells capitals apart."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local.lower()}{at}{asked(domain) or domain.lower()}"


def email_read(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{read(domain)}"


def same_email(one: str, other: str) -> bool:
    """Whether both reach the same person."""
    return email_asked(one) == email_asked(other)


def cloud_asked(cloud_id: str) -> str:
    """Somebody of another cloud, as clouds compare them: « Zoe@https://Nuage.fr/ » is « zoe@nuage.fr »."""
    person, at, address = cloud_id.strip().rpartition("@")
    host, slash, path = SCHEME.sub("", address).rstrip("/").partition("/")
    name, colon, port = host.partition(":")
    return f"{person.lower()}{at}{asked(name) or name.lower()}{colon}{port}{slash}{path.lower()}"


def _is_ours(char: str) -> bool:
    return char.isascii() or char in OURS or unicodedata.normalize("NFD", char)[0].isascii()
