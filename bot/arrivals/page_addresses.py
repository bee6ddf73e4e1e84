"""The addresses of the public pages: short ones that are written on posters, and secret ones that go into mails."""

from __future__ import annotations

import hmac
import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path

from bot.lieux import Lieu
from bot.store import arrivals, page_names, password_links
from bot.store.arrivals import Arrival
from bot.store.database import Database
from bot.store.whole_file import whole
from bot.words import fold

KEY, KEY_BYTES = "pages.key", 32  # in the data folder
LONGEST_NAME = 40
LONGEST_TYPED = 200  # characters of which a name is made
RESERVED = frozenset({"health", "metrics", "proof", "style"})
TOKEN = re.compile(r"([0-9a-z]{1,13})-([A-Za-z0-9_-]{24})")
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
HIGHEST = 2**63 - 1  # an id
ARRIVAL = "arrival"


class Tokens:
    """Words that nobody can guess, each of which stands for one row of ours: made from a key, so none is kept anywhere,
    and the same row has the same one in every mail. `purpose` is what the row is: a token opens nothing else."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, purpose: str, id: int) -> str:
        return f"{_base36(id)}-{self._proof(purpose, id)}"

    def read(self, purpose: str, token: str) -> int | None:
        """The id of the row; None for whatever we did not make."""
        id = claimed(token)
        return id if id is not None and hmac.compare_digest(token, self.of(purpose, id)) else None

    def _proof(self, purpose: str, id: int) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, f"{purpose}/{id}".encode(), sha256)[:18]).decode()


def claimed(token: str) -> int | None:
    """The row for which it wants to stand, true or not; None where it has not the shape of one."""
    found = TOKEN.fullmatch(token)
    id = int(found[1], 36) if found else None
    return None if id is None or id > HIGHEST else id


class PageAddresses:
    """`public_url` is where the host serves the pages, without its last slash; empty where there are none: then every
    address is empty too."""

    def __init__(self, database: Database, public_url: str, key: bytes) -> None:
        self._database = database
        self.public_url = public_url
        self.tokens = Tokens(key)

    async def of_lieu(self, lieu: Lieu) -> str:
        """The lieu's own page: once it was told it stays the same, whatever the lieu is called later."""
        if not self.public_url:
            return ""
        known = await self._database.read(page_names.name_of, lieu.id)
        name = known or await self._database.write(page_names.of_lieu, lieu.id, _wanted(lieu.name))
        return f"{self.public_url}/{name}"

    async def of_arrival(self, lieu: Lieu, arrival: int) -> str:
        """The page of one newcomer, for their eyes only; empty for somebody who is no newcomer of this lieu."""
        page, row = await self.of_lieu(lieu), await self._database.read(arrivals.get, arrival)
        if not page or row is None or row["lieu"] != lieu.id:
            return ""
        return f"{page}/bienvenue/{self.tokens.of(await self._purpose(row), arrival)}"

    async def arrival_of(self, token: str) -> Arrival | None:
        """Whose page it is; None for whatever we did not make."""
        id = claimed(token)
        row = None if id is None else await self._database.read(arrivals.get, id)
        return row if row and self.tokens.read(await self._purpose(row), token) is not None else None

    async def _purpose(self, row: Arrival) -> str:
        """Of its token: a lieu that goes, and a backup, give the same id to somebody else later. An address that was
        replaced by another one opens nothing."""
        turn = await self._database.read(password_links.turn, row["id"])
        return f"{ARRIVAL}/{row['lieu']}/{row['created_at']}{f'/{turn}' if turn else ''}"

    async def lieu_of(self, name: str) -> int | None:
        """The lieu whose page has this name."""
        return await self._database.read(page_names.lieu_of, name)


def key_in(folder: Path) -> bytes:
    """The key of the tokens, made at the first call: without it, the links in earlier mails open nothing. Half of one
    would let others make tokens: it is made anew."""
    file = folder / KEY
    if not file.exists() or file.stat().st_size != KEY_BYTES:
        with whole(file) as fresh:
            fresh.write(os.urandom(KEY_BYTES))
    return file.read_bytes()


def short_name(name: str) -> str:
    """ "La Rosée" → "la-rosee": what can be typed of it on any keyboard."""
    return re.sub(r"[^a-z0-9]+", "-", fold(name[:LONGEST_TYPED])).strip("-")[:LONGEST_NAME].strip("-")


def _wanted(name: str) -> Iterator[str]:
    """ "La Rosée" → "la-rosee", "la-rosee-2"…"""
    base = short_name(name)
    if not base or base in RESERVED:
        base = f"lieu-{base}".strip("-")
    yield base
    yield from (f"{base}-{n}" for n in count(2))


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits
