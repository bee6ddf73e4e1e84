"""Where the bench takes place: one homeserver without rate limits, the bots, and the people who speak with them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from tests.bench.figures import OURS
from tests.bench.people import Caller, Ear
from tests.bench.rivals import TRIVIAL, Echo, LineUp, Ours, Rival
from tests.servers.synapse import Synapse

AT_ONCE = 4  # requests that build rooms: more only wait for each other in the homeserver


class Place:
    """`async with Place(folder, line_up, rooms)`: everybody has an account, and each bot so many rooms of its own, with
    one of as many people, who speaks there, and the ear in. No bot runs yet; each has run once."""

    def __init__(self, folder: Path, line_up: LineUp, rooms: int) -> None:
        self.folder = folder
        self.synapse = Synapse(folder / "synapse", sync_cache=False)
        self.bots: dict[str, Caller] = {}
        self.rooms: dict[str, list[str]] = {}
        self.versions: list[Ours] = []
        self.echoes: list[Echo] = []
        self._line_up, self._count = line_up, rooms
        self._owners: dict[str, Caller] = {}
        self._stack = AsyncExitStack()
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def __aenter__(self) -> Place:
        try:
            await self._stack.enter_async_context(self.synapse)
            await self._furnish()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _furnish(self) -> None:
        self._http = await self._stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        self.people = [await self.person(f"person-{number}") for number in range(self._count)]
        self.alix, self._listener = self.people[0], await self.person("listener")
        self.ear = await self._stack.enter_async_context(Ear(self._listener))
        for number, name in enumerate(self._line_up.names):
            self.bots[name] = await self.person(f"bot-{number}")
            members = [self.bots[name], self._listener]
            rooms = [self.room(members, who, name=f"Salon {n} {name}") for n, who in enumerate(self.people)]
            self.rooms[name] = await asyncio.gather(*rooms)
        for rival in self._engage():
            self._stack.push_async_callback(rival.stop)
            await rival.start()  # it signs in, and makes its files, which it does only once
            await rival.stop()

    def _engage(self) -> list[Rival]:
        for number, version in enumerate(self._line_up.versions):
            account = self.bots[version.name].account
            password = f"password-of-bot-{number}"
            how = {"name": version.name, "root": version.root}
            self.versions.append(Ours(self.folder / f"bot-{number}", self.synapse, account, password, **how))
        for number, (name, program) in enumerate(self._line_up.echoes.items()):
            account = self.bots[name].account
            self.echoes.append(Echo(self.folder / f"echo-{number}", self.synapse, account, name=name, program=program))
        return self.rivals

    @property
    def rivals(self) -> list[Rival]:
        return [*self.versions, *self.echoes]

    @property
    def ours(self) -> Ours:
        return self.versions[0]

    @property
    def trivial(self) -> Rival:
        return next(each for each in self.echoes if each.name == TRIVIAL)

    @property
    def bot(self) -> Caller:
        """The account of ours."""
        return self.bots[OURS]

    async def stop(self) -> None:
        """All bots."""
        await asyncio.gather(*(rival.stop() for rival in self.rivals))

    async def ask(self, rival: Rival, room: str = "") -> float:
        """Seconds from a command to its answer, in the first of the bot's rooms or another."""
        room = room or self.rooms[rival.name][0]
        return await self.ear.answer(room, rival.user_id, lambda: self.speaker(room).say(room, rival.command))

    def speaker(self, room: str) -> Caller:
        """Who asks the bot there."""
        return self._owners[room]

    def forgive(self) -> None:
        """Our bot answers somebody thirty commands an hour, which the bench is done with in seconds."""
        for version in self.versions:
            version.forgive()

    async def person(self, name: str) -> Caller:
        return Caller(self._http, self.synapse.base_url, await self.synapse.register(name))

    async def ear_of(self, who: Caller) -> Ear:
        """Another ear, open as long as the place."""
        return await self._stack.enter_async_context(Ear(who))

    async def crowd(self, count: int) -> None:
        """Have every bot in at least so many rooms; in the new ones, where they all are, nothing happens."""
        bots, missing = list(self.bots.values()), count - len(await self.bot.rooms())
        await asyncio.gather(*(self.room(bots, name=f"Salon {n}") for n in range(missing)))

    async def encrypt(self) -> None:
        """Every room but those in which the bots are spoken to."""
        used = {room for rooms in self.rooms.values() for room in rooms}
        await asyncio.gather(*(self._encrypt(room, owner) for room, owner in self._owners.items() if room not in used))

    async def room(self, members: list[Caller], owner: Caller | None = None, **body: object) -> str:
        owner = owner or self.alix
        async with self._slots:
            room_id = await owner.create(**body)
            for member in members:
                await member.join(room_id)
        self._owners[room_id] = owner
        return room_id

    async def _encrypt(self, room: str, owner: Caller) -> None:
        async with self._slots:
            await owner.put(room, "state/m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
