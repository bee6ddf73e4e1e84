"""The same for every script that asks others: whenever a conversation of `tests/conversations` waits for somebody else,
its person changes each of their earlier answers in each way, and the other one says yes to what they were asked before.

Either the change is refused, and what was shown is done; or the yes does nothing.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.people import BY_ANOTHER
from bot.store import outbox
from bot.store.database import Tx
from tests.stage import transcript_pages
from tests.stage.transcript import FOLDER, scene
from tests.stage.transcript_acts import Player
from tests.stage.transcript_header import Scenery
from tests.stage.transcript_lieux import headers

pytestmark = pytest.mark.sampled(1)

OTHERS = "s.kind = 'ask' AND s.status = 'asked' AND s.\"of\" != c.person AND c.status = 'open'"


@dataclass(frozen=True)
class Moment:
    """After so many acts of a file, this conversation of one of its lieux asks somebody else."""

    file: Path
    acts: int
    lieu: int
    conversation: int
    dialogue: str
    key: str


def head_of(file: Path) -> tuple[str, str]:
    """With a second concierge, and everything decided in twos, in a lieu that stands alone."""
    head, _, body = file.read_text().partition("\n---\n")
    told = headers(head.splitlines()[1:])
    if len(told) > 1 or "concierges" not in told[0] or "actes à deux" in told[0]:
        return head, body
    names = told[0]["concierges"]
    extra = "" if "," in names else ", Claude Second"
    head = head.replace(f"concierges : {names}", f"concierges : {names}{extra}")
    return f"{head}\nactes à deux : close, delete, exclude", body


@asynccontextmanager
async def playing(file: Path, most: int | None = None) -> AsyncIterator[tuple[Player, AsyncIterator[int]]]:
    head, body = head_of(file)
    acts = transcript_pages.acts(body.splitlines())[:most]
    async with scene(head) as player:

        async def played() -> AsyncIterator[int]:
            for n, (first, *below) in enumerate(acts, 1):
                await player.play(first, below)
                yield n

        yield player, played()


async def moments_of(file: Path) -> list[Moment]:
    """The first moments at which each question of others is open after an answer of its person's own."""
    found: dict[tuple[int, int, str], Moment] = {}
    async with playing(file) as (player, acts):
        try:
            async for n in acts:
                for lieu, one in enumerate(player.scenes):
                    for id, dialogue, key in await one.stage.database.read(_waiting):
                        found.setdefault((lieu, id, key), Moment(file, n, lieu, id, dialogue, key))
        except (AssertionError, StopIteration, KeyError, IndexError, ValueError):
            pass  # decided in twos, it goes another way than it was written; or the bot stops: as far as it goes
    return list(found.values())


def _waiting(tx: Tx) -> list[tuple[int, str, str]]:
    own = "EXISTS (SELECT 1 FROM steps a WHERE a.conversation = c.id AND a.kind = 'ask' AND a.status = 'done'"
    query = f"SELECT c.id, c.dialogue, s.key FROM steps s JOIN conversations c ON c.id = s.conversation WHERE {OTHERS}"
    return [(r["id"], r["dialogue"], r["key"]) for r in tx.execute(f'{query} AND {own} AND a."by" = c.person)')]


# -- what is tried at such a moment


@dataclass
class Play:
    player: Player
    moment: Moment

    @property
    def scene(self) -> Scenery:
        return self.player.scenes[self.moment.lieu]

    def read(self, query: str, *values: Any) -> Any:
        return self.scene.stage.database.read(lambda tx: [dict(row) for row in tx.execute(query, values)])

    async def person(self) -> str:
        rows = await self.read("SELECT person FROM conversations WHERE id = ?", self.moment.conversation)
        return str(rows[0]["person"])

    async def rows(self) -> dict[str, dict[str, Any]]:
        rows = await self.read("SELECT * FROM steps WHERE conversation = ?", self.moment.conversation)
        return {row["key"]: row for row in rows}

    async def own(self) -> dict[str, Any]:
        """What its person answered."""
        person = await self.person()
        rows = (await self.rows()).values()
        mine = [row for row in rows if row["kind"] == "ask" and row["by"] == person and row["of"] == person]
        return {row["key"]: (row["status"], json.loads(row["value"] or "{}").get("is")) for row in mine}

    async def said(self) -> list[tuple[str, str]]:
        """The events with which its person answered, and their rooms; the command's own line is none."""
        person = await self.person()
        cause = (await self.read("SELECT cause FROM conversations WHERE id = ?", self.moment.conversation))[0]["cause"]
        rows = [row for row in (await self.rows()).values() if row["by"] == person and row["raw"]]
        ids = dict.fromkeys(json.loads(row["raw"])["event_id"] for row in rows if row["kind"] == "ask")
        return [(id, room) for id in ids if id != cause and (room := self.room_of(id))]

    def room_of(self, event_id: str) -> str:
        rooms = self.player.rooms.values()
        return next((r.room_id for r in rooms if any(e["event_id"] == event_id for e in r.events)), "")

    async def question(self) -> tuple[str, str]:
        """The event that asks, and its room."""
        row = (await self.rows())[self.moment.key]
        txn = json.loads(row["value"])["txn"]
        return str(await self.scene.stage.database.read(outbox.event_of, txn)), str(row["room_id"])

    async def other(self) -> str:
        """Somebody who may answer it."""
        row, person = (await self.rows())[self.moment.key], await self.person()
        if str(row["of"]).startswith("@"):
            return str(row["of"])
        lieu = (await self.read("SELECT lieu FROM conversations WHERE id = ?", self.moment.conversation))[0]["lieu"]
        bot = self.scene.stage.bot
        found = await bot.lieux.get(lieu)
        everybody = [id for id in {**self.scene.people}.values() if id != person or row["of"] not in BY_ANOTHER]
        may = [id for id in everybody if await bot.people.may(id, row["of"], found)]
        return sorted(may, key=lambda id: id == person)[0]

    async def all(self) -> list[Any]:
        """Everything that was done or begun for this conversation."""
        begun = await self.read("SELECT cause FROM conversations WHERE cause GLOB ?", f"{self.moment.conversation}/*")
        rows = await self.read(
            "SELECT key, status, value FROM steps WHERE conversation = ? ORDER BY key", self.moment.conversation
        )
        return [begun, rows]


async def edit(play: Play, text: str, event_id: str, room: str) -> None:
    await play.player.doors.edit(await play.person(), room, event_id, text)


async def delete(play: Play, text: str, event_id: str, room: str) -> None:
    await play.player.doors.delete(await play.person(), room, event_id)


async def back(play: Play, text: str, event_id: str, room: str) -> None:
    """« retour », as often as there is something to take back, and another answer."""
    await play.player.doors.write(await play.person(), room, "!retour")
    await play.player.doors.write(await play.person(), room, text)


async def back_and_edit(play: Play, text: str, event_id: str, room: str) -> None:
    """« retour » opens a question again, at which « modifier » names another answer."""
    person = await play.person()
    await play.player.doors.write(person, room, "!retour")
    for label in ("texte", "personne", "date", "genre", "raison"):
        await play.player.doors.write(person, room, f"modifier {label}")
    await play.player.doors.write(person, room, text)


WAYS = {"edit": edit, "delete": delete, "back": back, "back-and-edit": back_and_edit}
TEXTS = ("Tout autre chose", "2")


async def tried(moment: Moment, way: str, text: str, which: int) -> bool:
    """Whether there was such an answer to change."""
    async with playing(moment.file, moment.acts) as (player, acts):
        async for _ in acts:
            pass
        play = Play(player, moment)
        said = await play.said()
        if which >= len(said):
            return False
        before, (question, room), other = await play.own(), await play.question(), await play.other()
        await WAYS[way](play, text, *said[which])
        after = await play.own()
        if after == before:
            return True  # it could not be changed any more: a yes is to what was shown
        for words in ("✅", "oui"):
            known = await play.all()
            if words == "✅":
                await player.doors.click(other, room, "✅", on=question)
            else:
                await player.doors.reply(other, room, question, words)
            assert await play.all() == known, f"{other} said yes to {before}, and it became {after}"
        return True


# Each question that somebody else answers after its person has answered something, and a conversation that comes there.
KNOWN = {
    ("account", "talk.second"): "compte",
    ("exclude", "talk.second"): "moderer",
    ("folders", "talk.second"): "dossier-a-deux",
    ("request", "approve"): "demande-accord",
    ("request", "why-not"): "demande-accord",
    ("welcome", "approve"): "accueil-complet",
}


def step_of(moment: Moment) -> tuple[str, str]:
    return moment.dialogue, moment.key.partition("#")[0].partition("[")[0]


@pytest.mark.soak
async def test_every_script_that_asks_others_after_its_person_is_known_here() -> None:
    """A new one is to be added: the test below then tries it."""
    files = sorted(FOLDER.glob("*.txt"))
    assert {step_of(moment) for file in files for moment in await moments_of(file)} == {*KNOWN}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("asked", KNOWN, ids="-".join)
async def test_a_yes_is_to_what_was_shown(asked: tuple[str, str], way: str) -> None:
    found = [one for one in await moments_of(FOLDER / f"{KNOWN[asked]}.txt") if step_of(one) == asked]
    assert found
    for text in TEXTS:
        which = 0
        while await tried(found[0], way, text, which):
            which += 1
        assert which or not await said_by_its_person(found[0])


async def said_by_its_person(moment: Moment) -> list[tuple[str, str]]:
    async with playing(moment.file, moment.acts) as (player, acts):
        async for _ in acts:
            pass
        return await Play(player, moment).said()
