"""Somebody with a browser in front of Canaille, or of an SSO that signs in as plainly: follows the link of the mail,
chooses a password, signs in."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.servers.plain_http import plain_http


class LinkExpired(Exception):
    """The link of the mail leads nowhere any more."""


class CanailleVisitor:
    """One browser (cookies kept) for the Canaille at `url`. `page` is the last page that was shown."""

    def __init__(self, url: str) -> None:
        self._sso = urlsplit(url).netloc
        self._browser = plain_http(headers={"Accept-Language": "fr"}, timeout=30)
        self.page = ""

    async def __aenter__(self) -> CanailleVisitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.aclose()

    async def set_password(self, link: str, password: str) -> None:
        """Follow the link of the first-password mail and choose this password. Raises `LinkExpired`."""
        url = await self._open("GET", link, {self._sso})
        form = Form(self.page)
        if "confirmation" not in form.names:
            raise LinkExpired(link)
        answer = form.hidden | {"password": password, "confirmation": password}
        await self._open("POST", urljoin(url, form.action), {self._sso}, answer)
        if "confirmation" in Form(self.page).names:
            raise ValueError("Canaille refused this password")

    async def sign_in(self, start: str, login: str, password: str) -> str:
        """Open `start` (any service that sends to Canaille), answer Canaille's pages, return the final address.

        An address that is neither on `start`'s host nor on Canaille's is returned without being fetched.
        """
        hosts = {self._sso, urlsplit(start).netloc}
        url = await self._open("GET", start, hosts)
        for _ in range(4):  # login, password, consent, and the end
            answer = self._answer(url, login, password)
            if not answer:
                return url
            url = await self._open("POST", urljoin(url, Form(self.page).action), hosts, answer)
        raise ValueError(f"Canaille refused the sign-in of {login} at {url}")

    def _answer(self, url: str, login: str, password: str) -> dict[str, str]:
        """What this person writes into the page of Canaille, nothing where there is nothing to write."""
        form = Form(self.page)
        known = {"login": login, "username": login, "password": password}
        asked = {name: known[name] for name in form.names if name in known}
        if "accept" in form.choices:
            asked["answer"] = "accept"
        return form.hidden | asked if asked and urlsplit(url).netloc == self._sso else {}

    async def _open(self, method: str, url: str, hosts: set[str], data: dict[str, str] | None = None) -> str:
        self.page = ""
        while urlsplit(url).netloc in hosts:
            answer = await self._browser.request(method, url, data=data)
            if not answer.has_redirect_location:
                self.page = answer.raise_for_status().text
                return url
            method, url, data = "GET", urljoin(url, answer.headers["location"]), None
        return url


class Form(HTMLParser):
    """The form of a page that carries a `csrf_token`: its `action`, `hidden` values, field `names`, `choices`."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.names: set[str] = set()
        self.choices: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.hidden:
            self.action = given.get("action", "")
        elif tag == "input" and given.get("type") == "hidden":
            self.hidden[given.get("name", "")] = given.get("value", "")
        elif tag == "input":
            self.names.add(given.get("name", ""))
        elif tag == "button":
            self.choices.add(given.get("value", ""))
