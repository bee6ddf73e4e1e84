"""Every kind of envelope, from the wrong sender, in the wrong network, in the wrong room, about the wrong request:
nothing changes, nothing is said. The letters are made from the schemas, so that a new kind is tried as well."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from bot.network.authority import RULES
from bot.network.envelope import KINDS, BadEnvelope, check, validator
from bot.store.database import Tx
from tests.network.clouds import Pact, pact
from tests.network.lieux import Lieux, Place
from tests.network.two import Two

pytestmark = pytest.mark.sampled(12)

Json = dict[str, Any]
MALLORY = "@mallory:ailleurs.fr"
# What these say is heard, understood as such, or counted: not what anybody does because of it.
BESIDE = ("inbox", "sync", "outbox", "spent", "conversations", "steps", "made_rooms", "rooms", "people", "held")


def variants(kind: str) -> Iterator[Json]:
    """Each value that a choice has, once; fields that are not required as well, where they name somebody."""
    schema = validator(kind).schema
    choices = {name: told["enum"] for name, told in schema["properties"].items() if "enum" in told}
    for values in itertools.product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


LETTERS = [(kind, chosen) for kind in KINDS for chosen in variants(kind) if chosen.get("kind", "other") == "other"]
NAMED = [f"{kind}:{chosen.get('state', '')}" for kind, chosen in LETTERS]


@dataclass
class Post:
    """La Rosée asks, Le Moulin helps; La Forge keeps another network in which Le Moulin is, too. Who is looked at is
    Le Moulin."""

    two: Pact
    forge: Place
    other_room: str
    theirs: str  # a request of Le Moulin

    def letter(self, kind: str, chosen: Json, *, lieu: str, bot: str, request: str, other: str) -> Json:
        """As its schema wants it, in the name of this lieu."""
        schema = validator(kind).schema
        filled: Json = {}
        for name, told in schema["properties"].items():
            wanted = name in schema["required"] or name in ("with", "room", "people", "text", "deleted")
            if wanted and name not in chosen:
                filled[name] = self._value(name, told, lieu, bot, request, other)
        body = filled | chosen
        check(kind, body)
        return body

    def _value(self, name: str, told: Json, lieu: str, bot: str, request: str, other: str) -> Any:
        match name:
            case "v":
                return 1
            case "lieu":
                return lieu
            case "request" | "id":
                return request
            case "with":
                return [other] if told.get("type") == "array" else other
            case "room":
                return self.two.moulin.office.room_id
            case "people":
                return ["@eve:ailleurs.fr"]
            case "card":
                return {"v": 1, "bot": bot, "name": "Un lieu"}
            case "seq" | "rev":
                return 90
        kinds = {"string": "Envoyez un chèque", "integer": 90, "boolean": False, "array": [], "object": {}}
        return kinds[told["type"]]

    async def state(self) -> Json:
        """All that the database of Le Moulin's bot holds of its lieux and of their network."""
        return await self.two.moulin.stage.database.read(self._state)

    def _state(self, tx: Tx) -> Json:
        tables = [row["name"] for row in tx.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        here = tx.execute("SELECT id FROM networks WHERE name = 'Touraine'").fetchone()["id"]
        elsewhere = {row["id"] for row in tx.execute("SELECT id FROM requests WHERE network != ?", (here,))}

        def is_ours(row: Json) -> bool:
            return row.get("network", here) == here and row.get("request") not in elsewhere

        found = {name: [dict(row) for row in tx.execute(f"SELECT * FROM {name}")] for name in tables}
        return {name: [row for row in rows if is_ours(row)] for name, rows in found.items() if name not in BESIDE}

    def heard(self, *, but_cards: bool = False) -> Json:
        """All that Le Moulin's bot says anywhere, besides that it ignores somebody."""
        said = {}
        for room in self.two.lieux.rooms.values():
            events = [e for e in room.events if e["sender"] == self.two.moulin.stage.me]
            said[room.room_id] = [
                str(e["content"])
                for e in events
                if "a voulu parler au nom d’un lieu" not in e["content"].get("body", "")
                and not (but_cards and _is_card(e))
            ]
        return said


def _is_card(event: Json) -> bool:
    return "Un lieu" in event["content"].get("body", "") or event["type"] == "m.reaction"


@pytest.fixture
async def post(lieux: Lieux) -> AsyncIterator[Post]:
    async with AsyncExitStack() as stack:
        two = await pact(lieux, stack, "", "")
        await lieux.ask(two.moulin, "un escabeau")
        theirs = str(two.envelopes("request")[-1]["id"])
        forge = await lieux.build("La Forge", "forge.fr")
        network = await lieux.network(forge, two.moulin, name="Fournaise", town="Loches")
        await two.answer("On en a une")
        yield Post(two, forge, network, theirs)


async def tries(post: Post, room_id: str, sender: str, kind: str, body: Json) -> None:
    """In this room, and below the request as well."""
    post.two.lieux.rooms[room_id].members.setdefault(sender, "join")
    await post.two.lieux.write(sender, room_id, "…", **{f"org.conciergerie.{kind}": body})


def test_every_kind_has_its_rule() -> None:
    """And none is in the table that no letter can be."""
    assert {f"{kind}/{chosen['state']}" if kind == "state" else kind for kind, chosen in LETTERS} == set(RULES)


@pytest.mark.parametrize(("kind", "chosen"), LETTERS, ids=NAMED)
async def test_the_wrong_sender_the_wrong_room_the_wrong_network(post: Post, kind: str, chosen: Json) -> None:
    two = post.two
    home, helper = two.request.partition(".")[0], str(two.envelopes("offer")[0]["lieu"])
    rosee, me = two.rosee.stage.me, two.moulin.stage.me
    names = {"lieu": home, "request": two.request, "other": helper, "bot": rosee}
    honest = post.letter(kind, chosen, **names)
    before, said = await post.state(), post.heard()

    # whoever is in the room: a person, and the bot of a third lieu, in the name of La Rosée
    for sender in (MALLORY, post.forge.stage.me):
        await tries(post, two.room.room_id, sender, kind, honest)
    # her own bot, in every room but the one in which bots speak; an office is hers to speak in, and no network's
    space = next(room.room_id for room in two.lieux.rooms.values() if room.space and room.name == "Touraine")
    for room_id in (space, two.moulin.hall.room_id, two.moulin.office.room_id, two.moulin.lieu.space):
        await tries(post, room_id, rosee, kind, honest)
    assert await post.state() == before
    assert post.heard() == said

    # another network, whose keeper declares there whom it likes
    networks = post.forge.stage.bot.network.networks
    (row,) = await networks.of(post.forge.lieu.id)
    await networks.administration.declare(row["network"], home, {"v": 1, "bot": post.forge.stage.me, "name": "Un lieu"})
    await two.lieux.settle()
    said = post.heard(but_cards=True)
    posed = post.letter(kind, chosen, **(names | {"bot": post.forge.stage.me}))
    for seq in (1, 2, 90):
        numbered = posed | {name: seq for name in ("seq", "rev") if name in posed}
        await tries(post, post.other_room, post.forge.stage.me, kind, numbered)
    assert await post.state() == before
    assert post.heard(but_cards=True) == said
    assert me not in {post.forge.stage.me, rosee}


OF_OTHERS = [(kind, chosen) for kind, chosen in LETTERS if kind in ("request", "offer", "state")]


@pytest.mark.parametrize(("kind", "chosen"), OF_OTHERS, ids=[f"{k}:{c.get('state', '')}" for k, c in OF_OTHERS])
async def test_the_wrong_request(post: Post, kind: str, chosen: Json) -> None:
    """A lieu in its own name, about what is not its own to say: the request of Le Moulin, to which La Rosée said
    nothing, or her own, which she does not help herself with."""
    two = post.two
    home, helper = two.request.partition(".")[0], str(two.envelopes("offer")[0]["lieu"])
    rosee = two.rosee.stage.me
    if kind == "request":
        body = post.letter(kind, chosen, lieu=helper, bot=rosee, request=post.theirs, other=home)
    elif kind == "offer":
        body = post.letter(kind, chosen, lieu=home, bot=rosee, request=two.request, other=helper)
    else:  # with a lieu that is neither the one that asked nor itself
        body = post.letter(kind, chosen, lieu=home, bot=rosee, request=post.theirs, other="tiers")
    before, said = await post.state(), post.heard()
    for seq in (1, 2):
        await tries(post, two.room.room_id, rosee, kind, body | {n: seq for n in ("seq", "rev") if n in body})
    after = await post.state()
    if (kind, chosen.get("state")) == ("state", "closed"):  # heard, of what was never begun
        before.pop("streams"), after.pop("streams")
    assert after == before
    assert post.heard() == said


def deep(levels: int) -> Any:
    told: Any = 1
    for _ in range(levels):
        told = [told]
    return told


ODD: list[Json] = [
    {"seq": 1.0},
    {"seq": True},
    {"seq": 10**400},
    {"seq": float("nan")},
    {"more": 2**53},
    {"more": -(2**60)},
    {"more": 0.5},
    {"more": float("inf")},
    {"more": deep(50)},
    {"more": deep(5000)},
    {"more": "\ud83d"},
    {"text": "\udc00"},
    {"to": ["tiers"] * 200},
    {"gone": list(range(1, 300))},
    {"id": "../../x"},
    {"request": "3/abc.1"},
    {"lieu": "a/b"},
    {"v": 1.0},
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_what_is_no_plain_letter_is_not_read(odd: Json) -> None:
    """Fractions, infinities, numbers that other programs read as others, depths without end, halves of characters."""
    body: Json = {"v": 1, "request": "a.1", "lieu": "a", "seq": 1, "id": "l1", "text": "Bonjour"}
    check("message", body)
    with pytest.raises(BadEnvelope):
        check("message", body | odd)


@pytest.mark.parametrize("odd", ODD[:12], ids=range(12))
async def test_an_odd_letter_is_settled_at_once(lieux: Lieux, odd: Json) -> None:
    """Neither tried again and again, nor in the way of the next one."""
    two = await Two.meet(lieux)
    await two.ask()
    if not _can_travel(odd):
        return
    body = {"v": 1, "request": two.envelopes("request")[0]["id"], "lieu": two.envelopes("hello")[0]["lieu"]}
    await two.forge(two.moulin.stage.me, "message", body | {"seq": 1, "id": "l1", "text": "Bonjour"} | odd)
    waiting = "SELECT count(*) AS n FROM inbox WHERE status IN ('waiting', 'aside')"
    found = await two.rosee.stage.database.read(lambda tx: tx.execute(waiting).fetchone())
    assert found["n"] == 0
    assert not [said for said in two.here() if "Bonjour" in said]


def _can_travel(odd: Json) -> bool:
    """What even the inbox does not take never comes so far."""
    try:
        json.loads(json.dumps(odd, allow_nan=False))
    except (ValueError, RecursionError):
        return False
    return True
