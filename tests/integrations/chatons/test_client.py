"""One file, from somebody who may be slow, endless, or lead elsewhere."""

from __future__ import annotations

import gzip

import pytest

from integrations.chatons import client, read
from integrations.errors import NotFound, Refused, Rejected, Unavailable
from integrations.outbound import Outside
from tests.attacks.elsewhere import Elsewhere
from tests.servers.chatons import ChatonsFiles, Endless, Page, Said, Silent

FILE = "service.name = Visio\n"


async def test_a_file_is_read(files: ChatonsFiles, outside: Outside) -> None:
    files.pages["/a/visio.properties?inline=false"] = FILE
    assert await read(f"{files.url}/a/visio.properties?inline=false", outside) == {"service.name": "Visio"}


@pytest.mark.parametrize(
    "page",
    [
        b"a = " + b"x" * 10 * 2**20,
        b"a = " + b"x" * client.LONGEST,
        Endless(),
        Endless(b"a", 0.01),
        Silent(),
        Said("503 Busy"),
        Said("200 OK", {"Content-Length": "100"}, b"a = b"),
        Said("200 OK", {"Content-Encoding": "gzip"}, gzip.compress(b"a = b")),
        Said("302 Found", {"Location": "/a"}),
        Said("302 Found", {"Location": "http://["}),
        Said("302 Found"),
    ],
    ids=["10 MB", "one byte more", "endless", "drops", "silent", "busy", "cut", "packed", "round", "nowhere", "where"],
)
async def test_what_is_too_much_or_comes_too_late_is_nothing(files: ChatonsFiles, outside: Outside, page: Page) -> None:
    files.pages["/a"] = page
    with pytest.raises(Unavailable):
        await read(f"{files.url}/a", outside)


async def test_no_more_than_its_length_is_taken(files: ChatonsFiles, outside: Outside) -> None:
    files.pages["/a"] = "a = b\n" + "#" * (client.LONGEST - 6)
    assert await read(f"{files.url}/a", outside) == {"a": "b"}


@pytest.mark.parametrize(
    ("page", "why"), [(Said("404 Gone"), NotFound), (b"a\0b", Rejected), (Said("401 No"), NotFound)]
)
async def test_what_is_no_file_is_refused(
    files: ChatonsFiles, outside: Outside, page: Page, why: type[Refused]
) -> None:
    files.pages["/a"] = page
    with pytest.raises(why):
        await read(f"{files.url}/a", outside)


@pytest.mark.parametrize("to", ["/b/visio.properties", "{url}/b/visio.properties", "visio.properties?x=1", "/b/"])
async def test_a_file_that_has_moved_is_followed(files: ChatonsFiles, outside: Outside, to: str) -> None:
    files.pages["/a"] = Said("301 Moved", {"Location": to.format(url=files.url)})
    files.pages |= dict.fromkeys(("/b/visio.properties", "/visio.properties", "/b"), FILE)
    assert await read(f"{files.url}/a", outside) == {"service.name": "Visio"}


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:{port}/a",
        "https://127.0.0.1:{port}/a",
        "https://localhost/a",
        "file:///etc/passwd",
        "//[::1]/a",
    ],
)
async def test_nobody_is_led_inside_by_a_redirect(files: ChatonsFiles, outside: Outside, to: str) -> None:
    async with Elsewhere() as inside:
        files.pages["/a"] = Said("302 Found", {"Location": to.format(port=inside.port)})
        with pytest.raises((Refused, Unavailable)):
            await read(f"{files.url}/a", outside)
        assert inside.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://{there}/a", "https://{there}/a", "https://127.0.0.1/a", "https://localhost/a", "https://[::1]/a",
        "https://chaton.example/../a", "https://chaton.example/a#b", "https://chaton.example//evil.example/a",
        "https://u:p@127.0.0.1/a", "https://chaton.example/a b", "https://chaton.example/é", "ftp://chaton.example/a",
        "https://[", "file:///etc/passwd", "", "https://chaton.example/\r\nHost: x", "https://2130706433/a",
    ],
)  # fmt: skip
async def test_an_address_that_leads_inside_is_not_asked(url: str) -> None:
    async with Elsewhere() as there:
        with pytest.raises(Refused):
            await read(url.format(there=f"127.0.0.1:{there.port}"), Outside())
        assert there.heard == []


async def test_it_asks_for_nothing_that_grows(files: ChatonsFiles, outside: Outside) -> None:
    async with Elsewhere(b"a = b") as there:
        assert await read(f"{there.url}/a", Outside([there.url])) == {"a": "b"}
        assert "accept-encoding: identity" in there.heard[0].lower()
        assert "user-agent: conciergerie" in there.heard[0].lower()
