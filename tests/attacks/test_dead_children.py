"""A space shows rooms that nobody can enter: their servers are gone, or never were. Whoever may write into the space
of a lieu puts hundreds of them there, and the homeserver would be asked about each for ever."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest

from bot.errors import MatrixRefused, Unavailable
from bot.matrix.backoff import Unreached
from bot.matrix.client import Client
from bot.matrix.client_api import TooFast
from bot.matrix.facts import Facts
from bot.matrix.homeserver import Homeserver
from bot.matrix.membership import TRIES
from bot.store.database import Database
from tests.stage.furnished_lieux import ANNE, ZOE, lieu
from tests.stage.stage import Stage

ME, SPACE, HERE, DEAD = "@conciergerie:lieu.fr", "!space", "!here", "!dead"


class Dead:
    """One space with a room in which the bot is, and hundreds of which nobody knows anything any more. It answers as
    Synapse does: of itself at once, of the dead never, in the words of its own server errors."""

    user_id = ME

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.away = self.limited = self.mended = False

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        return await self.fetch(method, path, body, **query)

    async def fetch(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        kind = path.rpartition("/")[2] if "hierarchy" in path or "joined_rooms" in path else path.split("/")[4]
        kind = "invite" if body and body.get("membership") == "invite" else kind
        self.asked[kind] += 1
        if self.away:
            raise Unavailable("matrix", 5)
        if kind == "joined_rooms":
            return {"joined_rooms": [SPACE, HERE]}
        if kind == "hierarchy" and self.mended:
            return {"rooms": [{"room_id": SPACE}, {"room_id": HERE, "name": "Atelier"}, {"room_id": "!far"}]}
        if path.endswith("/rooms/%21space/state"):
            shown = [HERE, *(f"{DEAD}{n}" for n in range(300))]
            return [{"type": "m.space.child", "state_key": one, "content": {"via": ["mort.example"]}} for one in shown]
        if path.endswith("/rooms/%21here/state"):
            return [{"type": "m.room.name", "state_key": "", "content": {"name": "Atelier"}}]
        if kind == "join" and path.endswith("0"):
            raise MatrixRefused("M_FORBIDDEN", 403)  # shut, not dead
        if path.startswith("/_matrix/client/v3/rooms/%21here/state/m.room.member") and method == "GET":
            raise MatrixRefused("M_NOT_FOUND", 404)
        raise TooFast("matrix", 5) if self.limited else Unavailable("matrix", 5)


class Time:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def house(server: Dead, time: Time | None = None) -> Homeserver:
    found, unreached = Homeserver(cast(Client, server), cast(Database, None)), Unreached(clock=time or Time())
    found.facts._unreached = found.membership._unreached = found.network_rooms._unreached = unreached
    found.membership._silent = Unreached(900.0, time or Time())
    return found


async def test_a_space_that_cannot_be_listed_is_what_we_see_of_it(server: Dead) -> None:
    """Its own homeserver asks three hundred dead servers, and we wait for it in vain: moderation would stand still."""
    matrix = house(server)
    for _ in range(50):
        assert [(child.room_id, child.name) for child in await matrix.facts.children(SPACE)] == [(HERE, "Atelier")]
    assert server.asked["hierarchy"] == 1
    assert not [path for path in server.asked if DEAD in path]


async def test_it_is_asked_again_later_and_less_and_less(server: Dead) -> None:
    time = Time()
    matrix = house(server, time)
    for _ in range(30 * 24 * 60):
        time.at += 60.0
        if not matrix.facts._unreached.rests(SPACE):
            await matrix.facts.children(SPACE)
    assert server.asked["hierarchy"] < 45
    server.mended, time.at = True, time.at + 86_400.0
    assert [child.room_id for child in await matrix.facts.children(SPACE)] == [HERE, "!far"]
    await matrix.facts.children(SPACE)
    assert server.asked["hierarchy"] < 50


@pytest.mark.parametrize("ask", [Facts.name, Facts.members, Facts.powers, Facts.is_encrypted, Facts.link])
async def test_of_a_dead_room_there_is_no_answer_to_wait_for(server: Dead, ask: Any) -> None:
    with pytest.raises(MatrixRefused):
        await ask(house(server).facts, f"{DEAD}1")


async def test_a_dead_room_is_knocked_at_three_times(server: Dead) -> None:
    """A hundred scripts want to enter it, each until it answers."""
    matrix = house(server)
    for _ in range(100):
        with_patience = TRIES
        while with_patience:
            try:
                assert not await matrix.membership.enter(f"{DEAD}1", ["mort.example"])
                break
            except Unavailable:
                with_patience -= 1
        assert with_patience
    assert server.asked["join"] == TRIES


async def test_an_invitation_to_a_dead_room_ends(server: Dead) -> None:
    matrix, verdicts = house(server), []
    while not verdicts:
        try:
            verdicts.append(await matrix.membership.keep_invitation(DEAD, "@eve:mort.example", ["mort.example"], str))
        except Unavailable:
            assert server.asked["join"] < TRIES
    assert verdicts == ["gone"]


async def test_a_network_that_shows_only_shut_and_dead_rooms_is_left_alone(server: Dead) -> None:
    """The bot looks for its coordination room among them: at each look it wanted to enter all of them, for ever."""
    matrix, looks = house(server), 0
    while looks < 200:
        looks += 1
        try:
            assert await matrix.network_rooms.coordination(SPACE) is None
        except Unavailable:
            continue
    assert server.asked["join"] <= 50 * 12


async def test_whoever_comes_from_a_server_that_is_gone_is_not_invited_for_ever(server: Dead) -> None:
    """Mallory enters the lieu and switches her server off; then sixty of hers. It may be an outage: it is waited for, a
    few questions an hour for all of them together; after half a day, no more."""
    time, refused = Time(), 0
    matrix = house(server, time)
    for second in range(0, 86_400, 30):
        time.at = float(second)
        for n in range(3):
            try:
                await matrix.membership.invite(HERE, f"@mallory{second % 60 + n}:mort.example", direct=True)
            except Unavailable:
                assert second <= 43_200 + 900
            except MatrixRefused:
                refused += 1
    assert refused
    assert server.asked["invite"] < 120


async def test_a_homeserver_that_is_away_itself_is_waited_for(server: Dead) -> None:
    """An outage of our own is no death of others: nothing is forgotten."""
    matrix, server.away = house(server), True
    for _ in range(10):
        far = matrix.membership.invite(HERE, "@zoe:mort.example")
        for ask in (
            matrix.facts.children(SPACE),
            matrix.facts.name(f"{DEAD}1"),
            matrix.membership.enter(f"{DEAD}1", []),
            far,
        ):
            with pytest.raises(Unavailable):
                await ask
    server.away = False
    assert not matrix.facts._unreached.times(f"{DEAD}1")


async def test_a_homeserver_that_wants_patience_gets_it(server: Dead) -> None:
    matrix, server.limited = house(server), True
    for _ in range(10):
        for ask in (
            matrix.facts.children(SPACE),
            matrix.facts.name(f"{DEAD}1"),
            matrix.membership.enter(f"{DEAD}1", []),
        ):
            with pytest.raises(TooFast):
                await ask


@pytest.fixture
def server() -> Dead:
    return Dead()


# -- in a lieu


async def test_three_hundred_dead_children_are_nothing_to_a_lieu(stage: Stage) -> None:
    """Each was a conversation that read the whole space."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    space = rooms["space"]
    for n in range(300):
        await stage.event(space.room_id, ANNE, "m.space.child", {"via": ["mort.example"]}, state_key=f"!mort{n}:x")
    assert stage.matrix.listed <= 1
    assert stage.said(rooms["office"].room_id) == []


async def test_where_somebody_is_silenced_three_hundred_children_are_looked_at_together(stage: Stage) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    space, office = rooms["space"], rooms["office"].room_id
    space.members[ZOE], space.levels[stage.me] = "ban", 100
    stage.matrix.bans.add((space.room_id, ZOE))
    for n in range(300):
        await stage.event(space.room_id, ANNE, "m.space.child", {"via": ["mort.example"]}, state_key=f"!mort{n}:x")
    last = stage.matrix.room("Atelier", parent=space.room_id)
    last.members, last.levels = {stage.me: "join"}, {stage.me: 100}
    await stage.event(space.room_id, ANNE, "m.space.child", {"via": ["lieu.fr"]}, state_key=last.room_id)
    await stage.wait(1 / 24)
    assert stage.matrix.listed < 60
    assert last.members[ZOE] == "ban"
    assert "Atelier" in stage.last(office)


async def test_a_newcomer_whose_server_is_away_keeps_nobody_waiting_at_the_door(stage: Stage) -> None:
    """Mallory enters and switches her server off: the bot wanted to invite her, again and again, and heard nothing else
    of the space meanwhile."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    stage.world.cut.add("mort.example")
    rooms["space"].members["@mallory:mort.example"] = rooms["space"].members[ZOE] = "join"
    joins = {"membership": "join"}
    for who in ("@mallory:mort.example", ZOE):
        await stage.hear(stage.happens(rooms["space"].room_id, who, "m.room.member", joins, state_key=who))
    assert list(stage.matrix.directs) == [ZOE]
    stage.world.cut.clear()
    await stage.wait(1 / 24)
    assert list(stage.matrix.directs) == [ZOE, "@mallory:mort.example"]
