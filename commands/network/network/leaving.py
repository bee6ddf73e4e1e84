"""`!réseau quitter`: whoever has the only keys gives them to another lieu first."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.network.networks import Networks
from bot.store.networks import OwnNetwork
from bot.talk.pagination import pick
from bot.talk.talk import Talk

from .keys import named, network_of, options


async def leave(talk: Talk, lieu: Lieu, networks: Networks, rows: list[OwnNetwork]) -> None:
    row = await network_of(talk, rows)
    name = row["name"]
    if row["status"] == "declared" and not await _is_sure(talk, lieu, networks, row):
        return
    await talk.do("leave", networks.leave, lieu, row["network"], f"{talk.id:x}")
    talk.note("network-left", network=name)
    await talk.say("left", name=name)


async def _is_sure(talk: Talk, lieu: Lieu, networks: Networks, row: OwnNetwork) -> bool:
    others = await talk.look("others", networks.others, lieu, row["network"])
    if not others or not row["keeps"] or any(one["card"].get("keeper") is True for one in others):
        await talk.confirm("sure-leave" if others else "sure-leave-last", name=row["name"])
        return True
    heir = await pick(talk, "heir", options(others))
    if heir is None:
        return False
    await talk.confirm("sure-leave-keys", name=row["name"], who=named(heir, others))
    await talk.do("entrust", networks.administration.entrust, row["network"], heir)
    return True
