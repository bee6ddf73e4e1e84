"""Who is asking: passwords, app passwords, sessions in which a password was confirmed, and patience with guesses."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from .memory import Account, Memory

COOKIE = "nc_session"
GUESSES = 10
CONFIRMED_FOR = 30 * 60.0
WINDOW = 600.0
SHARES_PER_WINDOW, EDITS_PER_WINDOW = 20, 50


class Unknown(Exception):
    """Nobody, or somebody with bad credentials (`wrong`)."""

    def __init__(self, *, wrong: bool) -> None:
        self.wrong = wrong
        super().__init__(wrong)


class Guessing(Exception):
    """Too many bad passwords from this address: everybody waits."""


def token_of(request: Request) -> str:
    """What another server shows for a folder that is shared with it, as though it were a login."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return _pair(secret)[0] if scheme.lower() == "basic" else ""


def _pair(secret: str) -> tuple[str, str]:
    login, _, password = base64.b64decode(secret).decode().partition(":")
    return login, password


@dataclass
class Caller:
    """An account behind one request. `confirmed`: its real password was shown, now or less than half an hour ago."""

    account: Account
    session: str
    confirmed: bool


@dataclass
class Identities:
    memory: Memory
    clock: Callable[[], float]
    guesses: int = 0
    confirmed_at: dict[str, float] = field(default_factory=dict)
    calls: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def caller(self, request: Request) -> Caller:
        """Who is asking. Raises `Guessing`, `Unknown`."""
        if self.guesses > GUESSES:
            raise Guessing
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        found = {"basic": self._basic, "bearer": self._bearer}.get(scheme.lower(), lambda _: None)(secret)
        if found is None:
            raise Unknown(wrong=False)
        account, real = found
        session = request.cookies.get(COOKIE) or secrets.token_hex(16)
        fresh = self.clock() - self.confirmed_at.get(session, float("-inf")) < CONFIRMED_FOR
        return Caller(account, session, real or fresh)

    def confirm(self, caller: Caller, password: str) -> bool:
        if not password or password != caller.account.password:
            return False
        self.confirmed_at[caller.session] = self.clock()
        return True

    def within_limit(self, what: str, account: Account, limit: int) -> bool:
        """Count one call; False when there were too many of its kind in the last ten minutes."""
        now = self.clock()
        recent = [at for at in self.calls.get((what, account.id), []) if at > now - WINDOW]
        self.calls[what, account.id] = [*recent, now] if len(recent) < limit else recent
        return len(recent) < limit

    def _basic(self, secret: str) -> tuple[Account, bool] | None:
        login, password = _pair(secret)
        account = self.memory.find(login)
        known = account is not None and account.enabled
        if account and known and password in account.app_passwords:
            return account, not self.memory.modern  # before 30, this was proof enough
        if account and known and password and password == account.password:
            return None if account.app_password_only else (account, True)
        self.guesses += 1
        if self.guesses > GUESSES:
            raise Guessing
        raise Unknown(wrong=True)

    def _bearer(self, secret: str) -> tuple[Account, bool] | None:
        owners = (a for a in self.memory.accounts.values() if a.enabled and secret in a.app_passwords)
        return next(((account, False) for account in owners), None)
