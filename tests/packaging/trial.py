"""Inès tries the bot at `http://localhost:8008`, in Element: `python -m tests.packaging.trial install|ask`.

A process of its own: the trial's ports are those of the engine's network (`Engine.beside`).
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.demo.actor import Actor
from tests.demo.place import QUESTIONS
from tests.servers.element import Element
from tests.servers.person import Person
from tests.servers.synapse import Synapse

BOT = "@conciergerie:localhost"


def told(room: str, who: str, what: str) -> None:
    print(f"{room} | {who}: {what}", flush=True)


async def install(ines: Actor) -> None:
    """She makes a space, invites the bot, and says yes where it asks her."""
    element = Element(ines.person)
    space = await element.create_space("La Rosée")
    await element.create_first_room(space, "Place du village")
    await element.invite(space, BOT)
    room = await ines.person.join((await ines.person.invited(lambda one: one.is_direct)).room_id)
    ines.follow(room, "en privé")
    await ines.hears(room, "talk.right-space")
    await element.make_administrator(space, BOT)
    await ines.converses(room, QUESTIONS)
    await ines.hears(room, "install.done")
    await ines.person.join((await ines.person.invited(lambda one: "Conciergerie" in one.name)).room_id)


async def ask(ines: Actor) -> None:
    """Another day, in the conciergerie."""
    mine = ines.person
    (office,) = [
        room
        for room in mine.rooms()
        if any(one.type == "m.room.name" and "Conciergerie" in one.content["name"] for one in mine.timeline(room))
    ]
    ines.follow(office, "Conciergerie")
    await ines.says(office, "!état")
    await ines.hears(office, "state.report")


async def main(act: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        synapse = Synapse(Path(folder))  # for its address alone: it runs already
        synapse.base_url, synapse.server_name = "http://127.0.0.1:8008", "localhost"
        async with Person(synapse, await synapse.login("ines", "a-trial-only")) as person:
            await {"install": install, "ask": ask}[act](Actor("Inès", person, told))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
