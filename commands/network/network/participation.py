"""`!réseau créer`, `rejoindre` and `quitter`: whoever has the only keys gives them to another lieu first."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.network.networks import Networks, invitation
from bot.network.towns import in_town
from bot.store.networks import OwnNetwork, Wire
from bot.talk import PERHAPS_UNSAID, STATED, Choice, Option, Text
from bot.talk.pagination import pick
from bot.talk.talk import Talk

from .keyholders import named, network_of, options

OTHER = "other"


async def create(talk: Talk, lieu: Lieu, networks: Networks, rows: list[OwnNetwork]) -> None:
    name = await talk.ask("name", Text(STATED, max=60))
    card = await _card(talk, rows)
    await talk.confirm("sure", name=name, answers=talk.answers()[1:])  # but the first, which is what to do
    made = await talk.do("create", networks.create, lieu, f"network/{talk.id}", name, talk.phrase("topic"), card)
    talk.note("network-made", network=name)
    await talk.say("made", name=name, address=made["address"])


async def join(talk: Talk, lieu: Lieu, networks: Networks, rows: list[OwnNetwork]) -> None:
    address = await _address(talk, [row for row in rows if row["status"] == "invited"])
    card = await _card(talk, rows)
    asked = await talk.do("join", networks.ask_in, lieu, address, talk.phrase("reason", lieu=lieu.name), card)
    if any(row["network"] == asked["network"] and row["status"] == "declared" for row in rows):
        await talk.say("already-in", name=asked["name"])
        return
    talk.note("network-asked", network=asked["name"])
    await talk.say("asked", name=asked["name"])
    if asked["how"] == "asked" and lieu.office:
        await talk.begin(
            "at-the-door", talk.person, lieu.office, network=asked["network"], name=asked["name"], since=asked["since"]
        )


async def _address(talk: Talk, invited: list[OwnNetwork]) -> str:
    """Where one goes: an invitation that waits, or an address."""
    if invited and not talk.was_given("address"):
        options = [Option(str(row["network"]), row["name"]) for row in invited]
        chosen = await talk.ask("invited", Choice([*options, Option(OTHER, key="network.other")]))
        if chosen != OTHER:
            row = next(row for row in invited if str(row["network"]) == chosen)
            return invitation(row["space"], row["choices"]["by"])
    return await talk.ask("address", Text(PERHAPS_UNSAID, max=500, pointed=True))


async def _card(talk: Talk, rows: list[OwnNetwork]) -> Wire:
    """What others see of the lieu, besides its name: what they see already in another network, or its town."""
    for row in rows:
        if row["choices"].get("card"):
            return dict(row["choices"]["card"])
    return await in_town(talk, {}, await talk.ask("town", Text(STATED, max=100), optional=True, default=""))


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
