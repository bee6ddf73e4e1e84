"""Where the bench takes place: one homeserver without rate limits, both bots, and the people who speak with them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from tests.bench.people import Caller, Ear
from tests.bench.rivals import Ours, Rival, Trivial
from tests.servers.synapse import Synapse

PASSWORD = "password-of-conciergerie"
AT_ONCE = 4  # requests that build rooms: more only wait for each other in the homeserver


class Place:
    """`async with Place(folder)`: everybody has an account; each bot has its own rooms, with `alix` and the ear in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.synapse = Synapse(folder / "synapse", sync_cache=False)
        self.rooms: dict[str, list[str]] = {"ours": [], "trivial": [], "nobody": []}
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
        self.alix, self.bot, self.other, self._listener = [
            await self.person(name) for name in ("alix", "conciergerie", "echo", "listener")
        ]
        self.ours = Ours(self.folder / "bot", self.synapse, self.bot.account, PASSWORD)
        self.trivial = Trivial(self.folder, self.synapse, self.other.account)
        for rival in self.rivals:
            self._stack.push_async_callback(rival.stop)
        self.ear = await self._stack.enter_async_context(Ear(self._listener))

    @property
    def rivals(self) -> tuple[Rival, Rival]:
        return self.ours, self.trivial

    async def person(self, name: str) -> Caller:
        return Caller(self._http, self.synapse.base_url, await self.synapse.register(name))

    async def ear_of(self, who: Caller) -> Ear:
        """Another ear, open as long as the place."""
        return await self._stack.enter_async_context(Ear(who))

    async def add_rooms(self, whose: str, count: int) -> None:
        """Rooms for one bot, heard by the ear."""
        bots = {"ours": [self.bot], "trivial": [self.other], "nobody": []}[whose]
        made = [self.room([*bots, self._listener], name=f"Salon {whose} {number}") for number in range(count)]
        self.rooms[whose] += await asyncio.gather(*made)

    async def crowd(self, count: int) -> None:
        """Have both bots in at least so many rooms; in the new ones, nothing happens."""
        for bot in (self.bot, self.other):
            known = await bot.rooms()
            await asyncio.gather(*(self._enter(bot, room) for room in self._owners if room not in known))
        missing = count - len(await self.bot.rooms())
        await asyncio.gather(*(self.room([self.bot, self.other], name=f"Salon {n}") for n in range(missing)))

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

    async def _enter(self, bot: Caller, room: str) -> None:
        async with self._slots:
            await bot.join(room)

    async def _encrypt(self, room: str, owner: Caller) -> None:
        async with self._slots:
            await owner.put(room, "state/m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
