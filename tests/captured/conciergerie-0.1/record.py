"""Made `bot.sqlite.xz` and `homeserver.json.xz` on the code of commit a44ad9a0, the last one with the first schema.

    git worktree add --detach /tmp/first a44ad9a0; cd /tmp/first
    PYTHONPATH=. PYTHON tests/captured/conciergerie-0.1/record.py FOLDER

That bot plays on its own small stage, and stops in the middle: whatever it was asking is open in the file. The memory
of the homeserver is beside it, for today's stage to go on with.
"""

import asyncio
import json
import lzma
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.talk.scenery import scenery  # type: ignore[import-not-found]
from tests.talk.transcript import Player, parse  # type: ignore[import-not-found]

from bot.store import inbox  # type: ignore[attr-defined]

PLAY = """\
Jusqu’au milieu
lieu : La Rosée
concierges : Anne, Bob
membres : Marc
autres : Zoé @zoe:ailleurs.fr, Lou @lou:ailleurs.fr, Tom @tom:ailleurs.fr, Eva @eva:ailleurs.fr
salons : Place du village, Atelier, Jardin
salons ouverts : Place du village
salons au choix : Atelier, Jardin
présentations : Place du village
charte : Ici, on prend soin du lieu et les uns des autres.
accord : oui
comptes : oui
---
[Conciergerie]
Anne : !inviter @eva:ailleurs.fr
Anne clique ✅
[Eva en privé]
Eva entre
Eva : Eva
Eva clique ✅
Eva clique ✅
Eva : eva@exemple.fr
Eva : passer
Eva : rien
Eva : non
Eva clique ✅
[Conciergerie]
Bob clique ✅
Anne : !inviter @lou:ailleurs.fr
Anne clique ✅
[Lou en privé]
Lou entre
Lou : Lou
Lou clique ✅
Lou clique ✅
Lou : lou@exemple.fr
Lou : Le jardin
Lou : 2
Lou : oui
Lou clique ✅
[Conciergerie]
Anne : !inviter @zoe:ailleurs.fr
Anne clique ✅
[Zoé en privé]
Zoé entre
Zoé : Zoé
Zoé clique ✅
[Conciergerie]
Anne : !inviter @tom:ailleurs.fr
Bob : !installer charte
"""


async def main(folder: Path) -> None:
    _, header, acts = parse(PLAY)
    with tempfile.TemporaryDirectory() as made:
        async with scenery(header, Path(made)) as scene:
            player = Player(scene)
            for first, *below in acts:
                await player.act(first, below)
                player.write_answers()
            stage = scene.stage
            print("\n".join(player.lines))
            # This came with the last sync of that process, which has not looked at it.
            last = stage.happens(stage.matrix.directs["@zoe:ailleurs.fr"], "@zoe:ailleurs.fr", "m.room.message",
                                 {"msgtype": "m.text", "body": "zoe.martin"})  # fmt: skip
            await stage.database.write(inbox.receive, [last], "s1", stage.clock.now())
            matrix = stage.matrix
            homeserver = {
                "clock": stage.clock.at,
                "next": next(matrix.ids),
                "names": matrix.names,
                "made": matrix.made,
                "sent": matrix.sent,
                "directs": matrix.directs,
                "accounts": sorted(scene.directory.accounts),
                "rooms": [vars(room) for room in matrix.rooms.values()],
            }
        folder.mkdir(exist_ok=True)
        file = Path(made) / "bot.sqlite"
        with closing(sqlite3.connect(file)) as database:  # all of it in this one file
            database.execute("PRAGMA journal_mode = DELETE")
        (folder / "bot.sqlite.xz").write_bytes(lzma.compress(file.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
        told = json.dumps(homeserver, ensure_ascii=False, indent=1)
        (folder / "homeserver.json.xz").write_bytes(lzma.compress(told.encode()))


asyncio.run(main(Path(sys.argv[1])))
