"""The keys of the lieu: does what a concierge asks about people take longer where there are many of them?

The bot on a real SQLite, with a Matrix and services that answer at once: only what it does itself is measured.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure, latency, median, times
from tests.stage.transcript_header import BOT, Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:lieu.fr", "salons": "Place", "comptes": "oui"}
FEW, MANY = 5, 5_000
SHARES = 50
SAME_ORDER = 10.0
LEAVING = LIEU | {
    "membres": "Marc",
    "comptes connus": "Marc",
    "comptes du lieu": "Marc",
    "nextcloud": "oui",
    "nextcloud du lieu": "Marc",
    "administration": "oui",
}
WARM_UP = 2
ASKED = {"!membres": "`!membres`", "!membres Zoé": "a person’s sheet"}


async def measure(samples: int) -> list[Figure]:
    few, many = await _lieu_of(FEW, samples), await _lieu_of(MANY, samples)
    one, fifty = [[await _departure(shares) for _ in range(samples)] for shares in (1, SHARES)]
    ratio = median(fifty) / median(one)
    shown = f"{latency(one)}; {latency(fifty)}"
    departure = Figure(f"a departure with 1 share, and with {SHARES}", shown, ratio=times(ratio))
    return [*(_figure(ASKED[line], few[line], many[line]) for line in ASKED), departure]


def _figure(name: str, few: list[float], many: list[float]) -> Figure:
    ratio = median(many) / median(few)
    title = f"{name} with {FEW} members, and with {MANY:,}"
    shown = f"{latency(few)}; {latency(many)}"
    return Figure(title, shown, ratio=times(ratio), wanted="the same order", met=ratio < SAME_ORDER)


async def _lieu_of(members: int, samples: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory(prefix="conciergerie-bench-") as folder:
        async with scenery(LIEU, Path(folder)) as scene:
            _crowd(scene, members)
            return {line: [await _ask(scene, line) for _ in range(samples + WARM_UP)][WARM_UP:] for line in ASKED}


def _crowd(scene: Scenery, members: int) -> None:
    others = {f"@membre{n}:lieu.fr": f"Membre {n}" for n in range(members - 2)}
    scene.stage.matrix.names |= others
    scene.rooms["La Rosée"].members |= dict.fromkeys([*others, scene.people["Zoé"]], "join")


async def _ask(scene: Scenery, line: str) -> float:
    """Seconds from the command to the answer, in the conciergerie."""
    office = scene.rooms["Conciergerie"].room_id
    before = len(scene.stage.said(office))
    start = time.perf_counter()
    await scene.stage.write(scene.people["Anne"], office, line)
    took = time.perf_counter() - start
    assert len(scene.stage.said(office)) > before
    await scene.stage.write(scene.people["Anne"], office, "annuler")
    return took


async def _departure(shares: int) -> float:
    """Seconds from the yes to the last line of the checklist, read back from every service."""
    with tempfile.TemporaryDirectory(prefix="conciergerie-bench-") as folder:
        async with scenery(LEAVING, Path(folder)) as scene:
            await _give(scene, shares - 1)  # one is there already
            office, anne = scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
            for line in ("!départ marc", "tout de suite", "passer"):
                await scene.stage.write(anne, office, line)
            start = time.perf_counter()
            await scene.stage.write(anne, office, "oui")
            took = time.perf_counter() - start
            assert scene.nextcloud
            assert [share for share in scene.nextcloud.shares() if share.to == "marc"] == []
            return took


async def _give(scene: Scenery, shares: int) -> None:
    """More shares, without the limit that a real server has on making them."""
    assert scene.nextcloud
    for n in range(shares):
        scene.nextcloud.add_folder(BOT, f"Dossier {n}")
        share = scene.nextcloud.memory.share(0, BOT, f"/Dossier {n}", "marc", 15)
        await scene.stage.bot.ownership.own(1, "nextcloud", "share", share.id, scene.people["Marc"])
