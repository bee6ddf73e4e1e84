"""Who has what in Nextcloud: the shares through which people reach a folder, or something in it."""

from __future__ import annotations

from datetime import date

from bot.lieux import Lieu
from bot.services.folder_tree import root_of
from bot.talk import dialogue, hours
from bot.talk.folder_paths import below
from bot.talk.pagination import read_out
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud, Share

READ, WRITE = 1, 2


@dialogue("holders", action="folders", within=hours(1))
async def holders(talk: Talk, lieu: Lieu, cloud: Nextcloud, path: str) -> None:
    root = root_of(lieu)
    shares = await talk.look("shares", _shares, cloud, path)
    if not shares:
        await talk.say("nobody", folder=below(path, root))
        return
    await read_out(talk, "who", [_line(talk, root, path, share) for share in shares], folder=below(path, root))


async def _shares(cloud: Nextcloud, path: str) -> list[Share]:
    return sorted(await cloud.shares.reaching(path), key=lambda share: (share["path"], share["kind"], share["to"]))


def _line(talk: Talk, root: str, path: str, share: Share) -> str:
    """« le groupe la.rosee : lire et modifier, par le dossier La Rosée »."""
    may = "write" if share["permissions"] & WRITE else "read" if share["permissions"] & READ else "drop"
    shared = share["path"].strip("/")
    words = {
        "who": talk.phrase(f"access.who.{share['kind']}", name=share.get("group") or share["to"]),
        "may": talk.phrase(f"access.may.{may}"),
        "place": below(shared, root) or shared,
    }
    above = f"{path}/".startswith(f"{shared}/")
    line = talk.phrase("line" if path == shared else "line-above" if above else "line-below", **words)
    return talk.phrase("until", line=line, day=date.fromisoformat(share["expires"])) if share["expires"] else line
