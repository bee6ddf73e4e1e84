"""The scenes of a transcript with several lieux: each with its own bot, or two with one, and the rooms that they share.

A header tells first what is so everywhere, then of each lieu what is its own, from `lieu : …` on. `serveur` is its
homeserver, `bot` its bot's Matrix id or « celui de … », `réseau` the network in which it is already, `ville` where it
says to be. `hors champ` names rooms that are not shown: a network's own, where only bots speak.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from tests.stage.lieu_services import BOT, equip
from tests.stage.several_bots import Federation
from tests.stage.transcript_header import Scenery, operators
from tests.stage.world import server

Header = Mapping[str, str]


def headers(lines: Sequence[str]) -> list[dict[str, str]]:
    """One for each lieu, with what is so everywhere."""
    pairs = [(name, said) for name, _, said in (line.partition(" : ") for line in lines if line.strip())]
    starts = [n for n, (name, _) in enumerate(pairs) if name == "lieu"]
    if len(starts) < 2:
        return [dict(pairs)]
    ends = [*starts[1:], len(pairs)]
    return [dict(pairs[: starts[0]] + pairs[start:end]) for start, end in zip(starts, ends, strict=True)]


@asynccontextmanager
async def neighbours(told: Sequence[Header], path: Path) -> AsyncIterator[tuple[Federation, list[Scenery]]]:
    async with AsyncExitStack() as stack:
        federation, scenes = Federation(path), list[Scenery]()
        stack.push_async_callback(federation.close)
        for header in told:
            housemate = next((one for one in scenes if header.get("bot") == f"celui de {one.lieu}"), None)
            scene = _beside(header, housemate) if housemate else await _alone(header, federation, stack)
            if scenes:
                scene.people, scene.rooms = scenes[0].people, scenes[0].rooms
            await _set(scene)
            scenes.append(scene)
        _connect(scenes)
        _share_rooms(federation, scenes)
        await _join(federation, [scene for scene in scenes if scene.header.get("réseau")])
        yield federation, scenes


async def _alone(header: Header, federation: Federation, stack: AsyncExitStack) -> Scenery:
    me = header.get("bot", f"@conciergerie:{header.get('serveur', 'lieu.fr')}")
    assert me not in federation.houses, f"{me} is there already"
    equipment = await equip(stack, header, federation.clock)
    stage = await federation.open(me, equipment.services, operators=operators(header, server(me)))
    stage.matrix.takes_codes = equipment.takes_codes
    return Scenery(stage, header, equipment)


def _beside(header: Header, housemate: Scenery) -> Scenery:
    """Two lieux of one process: one bot, one homeserver, the same services with a group each."""
    scene = replace(housemate, header=header)
    if scene.nextcloud:
        account = scene.nextcloud.memory.accounts[BOT]
        for groups in (account.groups, account.subadmin, scene.nextcloud.memory.groups):
            groups.append(scene.group)
    return scene


async def _set(scene: Scenery) -> None:
    """People and rooms go by their names in the whole transcript."""
    names = [written.partition(" @")[0] for kind in ("concierges", "membres") for written in scene.listed(kind)]
    taken = [each for each in [*names, scene.lieu, *scene.listed("salons")] if each in scene.people | scene.rooms]
    assert taken == [], f"twice in this transcript: {taken}"
    await scene.set(f"Conciergerie · {scene.lieu}")


def _connect(scenes: Sequence[Scenery]) -> None:
    """The clouds reach each other."""
    clouds = {id(scene.nextcloud): scene.nextcloud for scene in scenes if scene.nextcloud}.values()
    for cloud in clouds:
        others = [other for other in clouds if other is not cloud]
        cloud.mounts |= {other.public.replace("https", "all"): httpx.ASGITransport(other) for other in others}


def _share_rooms(federation: Federation, scenes: Sequence[Scenery]) -> None:
    """Rooms in which all bots and concierges are; those of the first lieu command."""
    first = scenes[0]
    for name in first.listed("salons communs"):
        room = first.rooms[name] = federation.room(name)
        room.members = dict.fromkeys(
            [id for scene in scenes for id in (*scene.ids("concierges"), scene.stage.me)], "join"
        )
        room.levels = dict.fromkeys([*first.ids("concierges"), first.stage.me], 100)


async def _join(federation: Federation, scenes: Sequence[Scenery]) -> None:
    """The first lieu makes the network, the others ask to enter and are let in, all in their own rooms."""
    for n, scene in enumerate(scenes):
        concierge, office = _office(scene)
        line = f"!réseau rejoindre {await _address(scenes[0])}" if n else f"!réseau créer {scene.header['réseau']}"
        for said in (line, scene.header.get("ville", "passer")):
            await federation.write(concierge, office, said)
        moderator, there = _office(scenes[0])
        await federation.click(moderator, there, "✅")


def _office(scene: Scenery) -> tuple[str, str]:
    return scene.ids("concierges")[0], scene.rooms[f"Conciergerie · {scene.lieu}"].room_id


async def _address(scene: Scenery) -> str:
    spaces = [room.room_id for room in scene.stage.world.rooms.values() if room.network and room.space]
    return await scene.stage.matrix.network_rooms.address(spaces[-1])
