"""Files of ChatonsInfos on loopback, made up with the documented keys: as many hosts write them, and as somebody might
who means us no good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

HEAD = "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{more}Connection: close\r\n\r\n"
FEDERATION = "/chatons.properties"
GONE = b"404 Not Found"


@dataclass(frozen=True)
class Endless:
    """A body of such pieces, with so many seconds between two."""

    piece: bytes = b"x" * 65536
    pause: float = 0.0


@dataclass(frozen=True)
class Silent:
    """It takes the question, and says nothing."""


@dataclass(frozen=True)
class Said:
    """An answer with a status and headers of its own."""

    status: str = "200 OK"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Page = str | bytes | Endless | Silent | Said


@dataclass
class ChatonsFiles:
    """`pages` by their paths; `asked` are the paths that somebody asked for, and `reached` are told of some of them;
    `down`: nobody answers."""

    pages: dict[str, Page] = field(default_factory=dict)
    reached: dict[str, asyncio.Event] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False
    url: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Its origin, an address in clear."""
        told = set[asyncio.Task[None]]()

        async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            told.add(task)
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._answer(reader, writer)
            writer.close()
            told.discard(task)

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self.url
        finally:
            server.close()
            for task in [*told]:
                task.cancel()
            await asyncio.gather(*told, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ")[1].decode("latin-1")
        self.asked.append(path)
        if path in self.reached:
            self.reached[path].set()
        page = None if self.down else self.pages.get(path)
        match page:
            case Silent():
                await reader.read()
            case Endless(piece, pause):
                writer.write(HEAD.format(status="200 OK", more="").encode())
                while True:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause)
            case Said(status, headers, body):
                more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                writer.write(HEAD.format(status=status, more=more).encode() + body)
            case None:
                status = "503 Down" if self.down else "404 Not Found"
                writer.write(HEAD.format(status=status, more="").encode() + GONE)
            case _:
                body = page.encode() if isinstance(page, str) else page
                writer.write(HEAD.format(status="200 OK", more=f"Content-Length: {len(body)}\r\n").encode() + body)
        await writer.drain()

    # -- what is written there

    def federation(self, *names: str) -> None:
        """Whose members have their files in folders of these names."""
        subs = {f"subs.{name}": f"{self.url}/{name}/organization.properties" for name in names}
        self.pages[FEDERATION] = lines({"file.class": "Federation", "federation.name": "CHATONS", **subs})

    def chaton(self, folder: str, name: str, services: Mapping[str, Mapping[str, str]], **told: str) -> None:
        """A member, and the file of each service; of `told`, `__` is a point: `geolocation__latitude`."""
        own = {f"organization.{key.replace('__', '.')}": value for key, value in told.items()}
        subs = {f"subs.{key}": f"{self.url}/{folder}/{key}.properties" for key in services}
        page = {"file.class": "Organization", "organization.name": name, **own, **subs}
        self.pages[f"/{folder}/organization.properties"] = lines(page)
        for key, service in services.items():
            self.pages[f"/{folder}/{key}.properties"] = lines({"file.class": "Service", **service})

    def furnish(self) -> None:
        """Some hosts of a few towns: near and far, full, away, over, and one who does not say where."""
        self.chaton(
            "petit",
            "Le Petit Chaton",
            {
                "odoo": service("Gestion", "Odoo", "https://odoo.petit-chaton.example/", "Member;Client"),
                "visio": service("Visio", "Jitsi Meet", "https://visio.petit-chaton.example/", "None"),
            },
            contact__email="contact@petit-chaton.example",
            website="https://petit-chaton.example/",
            **at("47,39", "0,69", "Tours"),
        )
        self.chaton(
            "minou",
            "Minou Libre",
            {
                "odoo": service("ERP", "odoo", "https://erp.minou.example/", "Client"),
                "nuage": service("Nuage", "Nextcloud", "https://nuage.minou.example/", "Free;Client"),
                "bbb": service("Réunions", "Big Blue Button", "https://bbb.minou.example/", "Member"),
                "jitsi": service("Petites réunions", "Jitsi Meet", "https://jitsi.minou.example/", "None"),
            },
            contact__url="https://minou.example/contact",
            website="https://minou.example/",
            **at("47.2184", "-1.5536", "Nantes"),
        )
        self.chaton(
            "griffe",
            "À la Griffe",
            {"odoo": service("Odoo", "Odoo", "https://odoo.griffe.example/", "Member")},
            website="https://griffe.example/",
            status__level="IDLE",
        )
        shut = {"service.registration.load": "FULL"}
        odoo, toot = (service(name, name, "https://complet.example/", "Member") | shut for name in ("Odoo", "Mastodon"))
        self.chaton("complet", "Complet", {"odoo": odoo, "toot": toot}, **at("47.3", "0.6", "Tours"))
        gone = service("Odoo", "Odoo", "https://parti.example/", "Member")
        self.chaton("parti", "Parti", {"odoo": gone}, enddate="2020-01-01")
        self.chaton("absent", "Absent", {"odoo": gone}, status__level="AWAY")
        self.federation("petit", "minou", "griffe", "complet", "parti", "absent")


def service(name: str, software: str, website: str, registration: str) -> dict[str, str]:
    told = {"name": name, "website": website, "registration": registration, "registration.load": "OPEN"}
    return {**{f"service.{key}": value for key, value in told.items()}, "software.name": software}


def at(latitude: str, longitude: str, town: str) -> dict[str, str]:
    return {"geolocation__latitude": latitude, "geolocation__longitude": longitude, "geolocation__address": town}


def lines(told: Mapping[str, str]) -> str:
    return "\n".join(["# [File]", *_lines(told), ""])


def _lines(told: Mapping[str, str]) -> Iterator[str]:
    for key, value in told.items():
        yield f"{key} = {value}"
