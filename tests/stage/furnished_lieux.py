"""Lieux furnished by hand, with the fewest rooms and people, and what their journal says."""

from __future__ import annotations

from bot.store.database import Tx
from tests.stage.stage import ME, FakeRoom, Stage

ANNE, BERTHE, MARC, ZOE = "@anne:lieu.fr", "@berthe:lieu.fr", "@marc:lieu.fr", "@zoe:ailleurs.fr"


async def lieu(stage: Stage, name: str, concierge: str) -> dict[str, FakeRoom]:
    """A lieu with its conciergerie and an open room."""
    space = stage.matrix.room(name, space=True)
    space.members, space.levels = {concierge: "join", ME: "join"}, {concierge: 100}
    rooms = {"space": space}
    for kind in ("office", "room"):
        rooms[kind] = stage.matrix.room(f"{kind} · {name}", parent=space.room_id)
        rooms[kind].members, rooms[kind].levels = dict(space.members), {ME: 100}
    made = await stage.bot.lieux.create(space.room_id, name, language="fr", zone="Europe/Paris", now=1)
    await stage.bot.lieux.choose(
        made.id,
        installed=True,
        approval=True,
        office=rooms["office"].room_id,
        open_rooms=[rooms["room"].room_id],
    )
    return rooms


async def acts(stage: Stage) -> list[tuple[str, str, str]]:
    """By whom, what, about whom."""

    def look(tx: Tx) -> list[tuple[str, str, str]]:
        return [(r["by"], r["what"], r["about"]) for r in tx.execute("SELECT * FROM acts ORDER BY seq")]

    return await stage.database.read(look)


async def journal(stage: Stage) -> list[tuple[str, str | None]]:
    """What, about whom."""
    return [(what, about) for _, what, about in await acts(stage)]
