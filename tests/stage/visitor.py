"""Somebody who is not on Matrix yet: reads the pages of a lieu, fills in forms and presses buttons, in a browser that
knows no scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import page_parts
from bot.supervision.http_server import LONGEST
from bot.web.site import Site
from tests.stage.stage import Stage, words

READING = 20_000  # milliseconds in which somebody fills in a form
TOLD = ("h1", "dt", "dd", "blockquote")  # what a transcript shows of a page, with whatever is said in the end
Http = TestClient[web.Request, web.Application]


@asynccontextmanager
async def serving(stage: Stage, url: str) -> AsyncIterator[Http]:
    """The pages of a bot, under the paths of their `url`."""
    site, application = Site(url, words()), web.Application(client_max_size=LONGEST)
    site.mount(application)
    site.open(page_parts(stage.bot, stage.matrix, site))
    async with TestClient(TestServer(application)) as http:
        yield http


class Seen(HTMLParser):
    """What is on a page: the text of some elements, the fields of its form, and its buttons by what is on them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.told: list[str] = []
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, dict[str, str]] = {}
        self._inside: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "input":
            self.fields[known["name"]] = known.get("value", "")
        elif tag not in ("meta", "link", "br", "path"):
            self._inside.append((tag, known))
        if tag == "textarea":
            self.fields[known["name"]] = ""

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split(" ")).strip()
        tag, known = self._inside[-1] if self._inside else ("", {})
        if text and tag == "button":
            self.buttons[text] = {known["name"]: known["value"]} if "name" in known else {}
        elif tag == "textarea":
            self.fields[known["name"]] = data.removeprefix("\n")
        elif text and (tag in TOLD or "lead" in known.get("class", "") or known.get("role") in ("alert", "status")):
            self.told.append(text)


@dataclass
class Visitor:
    stage: Stage
    http: Http
    headers: dict[str, str] = field(default_factory=dict)
    path: str = ""
    status: int = 0
    html: str = ""
    sent: dict[str, str] = field(default_factory=dict)

    async def open(self, address: str) -> Seen:
        self.path = urlsplit(address).path
        return await self._seen("GET")

    async def press(self, button: str = "", **filled: str) -> Seen:
        """The button that says so, or the only one; the form is sent with what was `filled` in."""
        page = Seen(self.html)
        with_it = page.buttons[button or next(iter(page.buttons))]
        self.stage.clock.at += READING
        self.sent = page.fields | filled | with_it
        return await self.send_again()

    async def send_again(self) -> Seen:
        """What was sent, by a finger that trembles."""
        seen = await self._seen("POST", self.sent)
        await self.stage.settle()
        return seen

    async def _seen(self, method: str, data: dict[str, str] | None = None) -> Seen:
        async with self.http.request(method, self.path, data=data, headers=self.headers) as response:
            self.status, self.html = response.status, await response.text()
        return Seen(self.html)
