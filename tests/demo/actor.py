"""A person of the play: what they say and click, and what the bot answers, told as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.demo.sentences import part_of, plain
from tests.servers.person import Heard, Person

Line = Callable[[str, str, str], None]  # (room, who, what)
CLICKS = ("✅", "❌", "👋", "⏭")
PATIENCE = 60.0


@dataclass
class Actor:
    name: str
    person: Person
    line: Line
    rooms: dict[str, str] = field(default_factory=dict)
    _shown: dict[str, int] = field(default_factory=dict)
    _question: dict[str, str] = field(default_factory=dict)

    def follow(self, room_id: str, name: str) -> None:
        """What the bot says in this room is shown, under this name."""
        self.rooms[room_id] = name

    async def hears(self, room_id: str, *keys: str) -> None:
        """Wait for one of the sentences of the catalogue called so, and show all that was said up to there."""
        await self._next(room_id, keys, edited=False)

    async def reads(self, room_id: str, key: str) -> None:
        """The same, for what may stand in the place of something that was said before."""
        await self._next(room_id, (key,), edited=True)

    async def _next(self, room_id: str, keys: Iterable[str], *, edited: bool) -> None:
        wanted = [part_of(key) for key in keys]
        try:
            heard = await self.person.next(
                room_id, lambda one: any(part in self._words(one, edited) for part in wanted), timeout=PATIENCE
            )
        except TimeoutError:
            raise TimeoutError(f"{self.name} did not hear {wanted} in {self.rooms[room_id]}") from None
        self.show(room_id)
        self._question[room_id] = heard.event_id

    def _words(self, heard: Heard, edited: bool) -> str:
        """What the bot says for the first time, or over something else too; narrow spaces are spaces here."""
        said = heard.type == "m.room.message" and heard.sender != self.person.user_id
        return plain(heard.body) if said and (edited or not heard.replaces) else ""

    async def sees(self, room_id: str, key: str) -> None:
        """Wait until the question that was heard last was changed into the sentence called `key`."""
        await self.person.edited(room_id, self._question[room_id], part_of(key), timeout=PATIENCE)
        self.show(room_id)

    async def says(self, room_id: str, text: str) -> None:
        self.show(room_id)
        self.line(self.rooms[room_id], self.name, text)
        await self.person.say(room_id, text)

    async def clicks(self, room_id: str, key: str) -> None:
        """Click on the question that was heard last."""
        self.show(room_id)
        self.line(self.rooms[room_id], self.name, f"(clique sur {key})")
        await self.person.react(room_id, self._question[room_id], key)

    async def converses(self, room_id: str, script: Iterable[tuple[str, str]]) -> None:
        """Hear each question in turn, and answer it: with a click where the answer is something to click on."""
        for question, answer in script:
            await self.hears(room_id, question)
            await (self.clicks if answer in CLICKS else self.says)(room_id, answer)

    def show(self, room_id: str) -> None:
        """Show what the bot said here since the last time."""
        timeline = self.person.timeline(room_id)
        before = {one.event_id: one.body for one in timeline}
        for heard in timeline[self._shown.get(room_id, 0) :]:
            if heard.type == "m.room.message" and heard.sender != self.person.user_id:
                self.line(self.rooms[room_id], "Conciergerie", _changed(heard, before))
        self._shown[room_id] = len(timeline)


def _changed(heard: Heard, before: dict[str, str]) -> str:
    """A message; of an edited one, only the lines that are new."""
    if not heard.replaces:
        return heard.body
    old = before.get(heard.replaces, "").splitlines()
    return "✎ " + "\n".join(line for line in heard.body.splitlines() if line not in old)
