"""The first password on Canaille: its anonymous page, which mails the person a link that lives ten minutes.

https://canaille.readthedocs.io — the link is never shown to us, and the page says “sent” whatever happened; but a new
link is written on the account, so the account's version proves that there is one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

from integrations.errors import Refused, Unavailable
from integrations.http import Answer, Http

from .scim_client import ScimClient
from .scim_resources import Row, modified, text

LONGEST_PAGE = 100_000  # characters, before and with the form
LINK_LIFETIME = 600
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class CanaillePages:
    """`browser` opens a fresh anonymous session on the web pages; `pause` waits (seconds)."""

    browser: Callable[[], Http]
    link_lifetime: int = LINK_LIFETIME
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def send_link(self, client: ScimClient, account: Row, login: str) -> None:
        """Mail a link that replaces any earlier one.

        Raises `Refused("already-has-password")`, and `Refused("link-not-renewed")` where the account shows none.
        """
        before = await self._settled(client, account)
        failure = await self._fill_in(login)
        after, _ = await client.fetch("Users", account)
        if text(after, "meta", "version") == text(before, "meta", "version"):
            raise failure or Refused("link-not-renewed")

    async def _settled(self, client: ScimClient, account: Row) -> Row:
        """The account, not written in this very second: versions change once a second and would hide the new link."""
        row, now = await client.fetch("Users", account)
        written = modified(row)
        if not (now and written) or now - written < SECOND:
            await self.pause(1.0)
        return row

    async def _fill_in(self, login: str) -> Unavailable | None:
        browser = self.browser()
        try:
            await _send(browser, f"/firstlogin/{quote(login, safe='')}")
        except Unavailable as trouble:
            return trouble
        finally:
            await browser.close()
        return None


async def _send(browser: Http, page: str) -> None:
    token = csrf_token(_shown(browser, await browser("GET", page)))
    if not token:
        raise Unavailable(browser.service)
    _shown(browser, await browser("POST", page, data={"csrf_token": token}))


def csrf_token(page: str) -> str:
    """What the form of a page sends with itself, or nothing."""
    form = _Form()
    try:
        form.feed(page[:LONGEST_PAGE])
    except (AssertionError, ValueError):  # of markup that no HTML has, of a number without end
        return ""
    return form.token


class _Form(HTMLParser):
    token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "input" and told.get("name") == "csrf_token" and not self.token:
            self.token = told.get("value") or ""


def _shown(browser: Http, answer: Answer) -> str:
    if answer.status == 404:
        raise Refused("already-has-password")
    if answer.status != 200:
        raise Unavailable(browser.service, unknown=True)
    return answer.text
