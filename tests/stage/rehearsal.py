"""The engine alone, with scripts of a test and a real SQLite file: what it says is read from the outbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bot.lieux import Lieu, Lieux
from bot.people import People
from bot.store import conversations
from bot.store.attempts import attempts_beside
from bot.store.conversations import Conversation, Step
from bot.store.database import Database, Tx
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.script import Function, Script, dialogue, rights_of
from bot.words import Words
from commands import ALL
from tests.stage import stage
from tests.stage.migrated import open_migrated
from tests.stage.stage import DAY, Clock, FakeMatrix, FakeRoom

Open = Callable[..., Any]  # the fixture `rehearse`: functions → a Rehearsal that has begun
ZOE, ANNE, ROOM, OFFICE = "@zoe:lieu.fr", "@anne:lieu.fr", "!room", "!office"
STEPS = ("hello", "name", "colour", "summary", "done", "again", "sure", "greeting", "bye")


@cache
def words() -> Words:
    """The French catalogue, and a sentence for each step that the tests speak: its own name."""
    found = stage.words()
    french = found.catalogues["fr"]
    own = {f"scripts.{step}": (step,) for step in STEPS} | {f"scripts.{step}.label": (step,) for step in STEPS}
    own |= {"scripts.summary": ("summary {answers}",), "scripts.done": ("done {what}",)}
    own |= {"scripts.secret": ("secret {secret}",)}
    return Words({"fr": replace(french, messages={**french.messages, **own})}, found.now)


def script(function: Function, name: str = "play", action: str = "help", **policies: Any) -> Script:
    """A script whose sentences are those above, wherever it was written."""
    function.__module__ = "tests.scripts"
    return dialogue(name, action=action, **policies)(function)


class Ledger:
    """Acts that remember how often they were done, and what is to befall them."""

    def __init__(self, *fates: Exception) -> None:
        self.done: list[Any] = []
        self.fates = list(fates)

    async def act(self, what: Any = None) -> Any:
        self.done.append(what)
        if self.fates:
            raise self.fates.pop(0)
        return what


class Rehearsal:
    """One conversation of Zoé in her room, with a lieu whose office is `OFFICE`, and Anne its concierge."""

    def __init__(self, database: Database, scripts: Iterable[Script], clock: Clock) -> None:
        self.database, self.clock, self.matrix = database, clock, FakeMatrix()
        space = FakeRoom("!space", "La Rosée", space=True, members={ANNE: "join"}, levels={ANNE: 100})
        self.matrix.world.rooms[space.room_id] = space
        self.lieux = Lieux(database)
        people = People(database, self.lieux, self.matrix.facts, rights_of(ALL), lambda: clock.now() / 1000)
        around = Context(
            database=database,
            words=words(),
            people=people,
            lieux=self.lieux,
            provide=self._provide,
            membership=self._membership,
            whisper=self._whisper,
            missing=self.matrix.missing_rights.explain,
            posted=lambda: None,
            now=clock.now,
            attempts=attempts_beside(database),
            language="fr",
        )
        self.engine = Engine(scripts, around)
        self.here: set[tuple[str, str]] = set()
        self.elsewhere = "none"  # what whoever is not in a room is there
        self.whispered: dict[str, str] = {}
        self.fates: list[Exception] = []  # of what is whispered: the answers are lost
        self.events = 0
        self.id = 0

    @classmethod
    async def open(cls, path: Path, *functions: Function, clock: Clock | None = None, **policies: Any) -> Rehearsal:
        """The first function is « play », with these policies; the others go by their own name."""
        scripts = [script(play, **policies) for play in functions[:1]]
        scripts += [script(other, other.__name__) for other in functions[1:]]
        rehearsal = cls(await open_migrated(path / "bot.sqlite", Database), scripts, clock or Clock())
        if await rehearsal.lieux.get(1) is None:
            await rehearsal.lieux.create("!space", "La Rosée", language="fr", zone="Europe/Paris", now=1)
            await rehearsal.lieux.choose(1, office=OFFICE)
        keys = {ZOE: 100, ANNE: 100}
        space = FakeRoom("!space", "La Rosée", True, members=dict.fromkeys(keys, "join"), levels=keys)
        rehearsal.matrix.world.rooms["!space"] = space
        return rehearsal

    async def _provide(self, kind: type, lieu: Lieu | None) -> object:
        return lieu

    async def _membership(self, room_id: str, person: str) -> str:
        return "join" if (room_id, person) in self.here else self.elsewhere

    async def _whisper(self, room_id: str, content: dict[str, Any], txn_id: str) -> None:
        """As a homeserver does: one transaction id, one message."""
        self.whispered.setdefault(txn_id, content["body"])
        if self.fates:
            raise self.fates.pop(0)

    async def close(self) -> None:
        await self.database.close()

    # -- what happens

    async def start(self, **args: Any) -> None:
        conversation = Conversation("play", ZOE, ROOM, "$cause", 1, args or None)
        self.id = conversation.id
        await self.engine.start(conversation)
        await self.engine.idle()

    def event(self) -> str:
        self.events += 1
        return f"$event{self.events}"

    async def hear(self, key: str, text: str, by: str = ZOE, event_id: str | None = None, **more: Any) -> bool:
        raw = {"text": text, "by": by, "name": by[1:].partition(":")[0], "event_id": event_id or self.event()}
        raw |= more
        heard = await self.engine.hear(self.id, key, raw)
        await self.engine.idle()
        return heard

    async def wait(self, days: float) -> None:
        self.clock.at += round(days * DAY)
        await self.engine.tick()
        await self.engine.idle()

    # -- what there is

    async def said(self, room_id: str = ROOM) -> list[str]:
        """The first line of every message, in order; an edit begins with "* "."""
        rows = await self.database.read(_messages, room_id)
        return [str(json.loads(content)["body"]).split("\n")[0] for content in rows]

    async def steps(self) -> dict[str, Step]:
        return await self.database.read(conversations.steps, self.id)

    async def conversation(self) -> Conversation:
        found = await self.database.read(conversations.conversation, self.id)
        assert found is not None
        return found

    async def status(self) -> str:
        return (await self.conversation()).status


def _messages(tx: Tx, room_id: str) -> list[str]:
    query = "SELECT content FROM outbox WHERE room_id = ? AND type = 'm.room.message' ORDER BY seq"
    return [row["content"] for row in tx.execute(query, (room_id,))]
