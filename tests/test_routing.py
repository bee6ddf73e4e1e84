"""What kind of room an event is from is looked at once, and whoever it is for hears of it: nobody else is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.routing import Routing
from bot.store import inbox, rooms
from bot.store.database import Database
from bot.store.inbox import Event
from bot.store.rooms import Kind
from tests.network.lieux import Lieux
from tests.network.two import Two

ME = "@conciergerie:moulin.fr"
KNOWN = """
INSERT INTO networks (id, space, room_id, name) VALUES (1, '!réseau', '!coordination', 'Touraine');
INSERT INTO lieux (id, space, name, choices, created_at) VALUES
    (7, '!lieu', 'Le Moulin', '{"office": "!office", "hall": "!salon"}', 1);
INSERT INTO people (person, direct) VALUES ('@zoe:moulin.fr', '!zoe');
INSERT INTO requests (id, network, wire, home, rev, state, body, opened_at, changed_at) VALUES
    ('rosee.1', 1, 'rosee.1', 'rosee', 1, 'agreed', '{}', 1, 1),
    ('rosee.2', 1, 'rosee.2', 'rosee', 1, 'open', '{}', 1, 1);
INSERT INTO cards (request, lieu, number, room_id, txn, rev) VALUES ('rosee.1', 7, 1, '!office', 'card', 1);
INSERT INTO projects (request, lieu, title, room_id, status, since, entered) VALUES
    ('rosee.1', 7, 'Un', '!projet', 'open', 1, 1), ('rosee.2', 7, 'Deux', '!fini', 'closed', 1, 1);
INSERT INTO moved_rooms (room_id, space, heir) VALUES ('!parti', '!ancien', '@autre:moulin.fr');
INSERT INTO rooms (room_id, joined_at) SELECT room, 1 FROM (SELECT '!réseau' AS room UNION VALUES
    ('!coordination'), ('!lieu'), ('!office'), ('!salon'), ('!zoe'), ('!projet'), ('!fini'), ('!parti'));
INSERT INTO rooms (room_id, encrypted) VALUES ('!secret', 1);
INSERT INTO successions (old, new, by, name, status, at) VALUES
    ('!avant', '!salon', '@anne:moulin.fr', 'Salon', 'done', 1), ('!salon', '!après', '@anne:moulin.fr', '', 'shut', 1);
"""
HOME = {"!salon": Kind.HERE, "!zoe": Kind.DIRECT, "!ailleurs": Kind.UNKNOWN, "!lieu": Kind.SPACE}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "bot.sqlite")
    await database.write(lambda tx: [tx.execute(one) for one in KNOWN.split(";\n") if one])
    yield database
    await database.close()


class Ear:
    """Writes down what it hears; it settles what `settles` names."""

    def __init__(self, name: str, heard: list[str], settles: set[str]) -> None:
        self._name, self._heard, self._settles = name, heard, settles

    def __getattr__(self, verb: str) -> Any:
        async def hear(*_: object) -> bool:
            self._heard.append(f"{self._name}.{verb}")
            return self._heard[-1] in self._settles

        return hear


class Ears:
    """A routing whose every listener writes down what it hears."""

    def __init__(self, database: Database, *settles: str) -> None:
        self.heard: list[str] = []
        names = ("handover", "admissions", "request_listener", "project_listener")
        network: Any = SimpleNamespace(**{name: self._ear(name, settles) for name in names})
        ears = (self._ear(name, settles) for name in ("dispatcher", "members", "lists", "following"))
        dispatcher, members, lists, following = ears
        self.routing = Routing(ME, database, dispatcher, members, lists, network, following)

    def _ear(self, name: str, settles: tuple[str, ...]) -> Any:
        return Ear(name, self.heard, {*settles})

    async def hear(self, room_id: str, type: str = "m.room.message", **more: Any) -> list[str]:
        content = more.pop("content", {"msgtype": "m.text", "body": "!aide"})
        await self.routing.hear(Event("$1", room_id, "@zoe:moulin.fr", 1, type, content, **more))
        return self.heard


KINDS = {
    "!avant": Kind.UPGRADED,
    "!parti": Kind.MOVED,
    "!réseau": Kind.NETWORK,
    "!coordination": Kind.NETWORK,
    "!lieu": Kind.SPACE,
    "!zoe": Kind.DIRECT,
    "!projet": Kind.PROJECT,
    "!fini": Kind.HERE,
    "!office": Kind.HERE,
    "!salon": Kind.HERE,
    "!secret": Kind.UNKNOWN,
    "!ailleurs": Kind.UNKNOWN,
}


@pytest.mark.parametrize("room_id", KINDS)
async def test_each_room_is_of_one_kind(database: Database, room_id: str) -> None:
    room = await database.read(rooms.classify, room_id)
    assert room.kind is KINDS[room_id]
    assert (room.network is not None) is (room.kind is Kind.NETWORK)
    assert room.heir == ("@autre:moulin.fr" if room_id == "!parti" else "")
    assert room.shows_requests is (room_id == "!office")
    assert room.encrypted is (room_id == "!secret")


# -- whoever it is for


@pytest.mark.parametrize("type", ["m.room.message", "m.reaction", "m.room.redaction", "m.room.encrypted"])
@pytest.mark.parametrize("room_id", HOME)
async def test_at_home_nobody_is_asked_in_vain(database: Database, room_id: str, type: str) -> None:
    assert await Ears(database).hear(room_id, type) == ["dispatcher.hear"]


async def test_one_query_tells_who_hears_what_is_said_at_home(database: Database) -> None:
    asked: list[str] = []
    await database.read(lambda tx: tx.set_trace_callback(asked.append))
    await Ears(database).hear("!salon")
    await database.read(lambda tx: tx.set_trace_callback(None))
    assert len([query for query in asked if "SELECT" in query]) == 1


async def test_below_a_card_lieux_are_asked_first(database: Database) -> None:
    assert await Ears(database).hear("!office") == ["request_listener.below_card", "dispatcher.hear"]
    assert await Ears(database, "request_listener.below_card").hear("!office") == ["request_listener.below_card"]


@pytest.mark.parametrize("type", ["m.room.message", "m.room.member", "m.room.power_levels", "org.conciergerie.lieu"])
async def test_in_a_network_s_rooms_no_lieu_is_spoken_for(database: Database, type: str) -> None:
    assert await Ears(database).hear("!coordination", type) == ["admissions.in_network", "request_listener.in_network"]
    assert await Ears(database, "admissions.in_network").hear("!réseau", type) == ["admissions.in_network"]


@pytest.mark.parametrize("type", ["m.room.message", "m.room.member", "m.space.child"])
async def test_where_another_bot_is_at_home_now_there_is_silence(database: Database, type: str) -> None:
    assert await Ears(database).hear("!parti", type) == ["handover.hear"]


async def test_a_room_that_was_upgraded_is_followed_whatever_it_is(database: Database) -> None:
    for room_id in KINDS:
        assert await Ears(database).hear(room_id, "m.room.tombstone", state_key="") == ["following.hear"]
    for type in ("m.room.message", "m.reaction", "m.room.encrypted"):
        assert await Ears(database).hear("!avant", type) == ["dispatcher.in_upgraded"]
    assert await Ears(database).hear("!avant", "m.room.member", state_key="@zoe:moulin.fr") == []


async def test_in_a_project_s_room_the_people_of_others_are_theirs(database: Database) -> None:
    assert await Ears(database).hear("!projet") == ["project_listener.hear", "dispatcher.hear"]
    assert await Ears(database, "project_listener.hear").hear("!projet", "m.reaction") == ["project_listener.hear"]
    assert await Ears(database).hear("!fini") == ["dispatcher.hear"], "that one is over"


async def test_who_enters_a_lieu_is_heard_of_twice_and_in_a_room_once(database: Database) -> None:
    came: dict[str, Any] = {"content": {"membership": "join"}, "state_key": "@eve:ailleurs.fr"}
    assert await Ears(database).hear("!lieu", "m.room.member", **came) == ["lists.arrived", "members.member"]
    assert await Ears(database).hear("!salon", "m.room.member", **came) == ["members.member"]
    assert await Ears(database).hear("!projet", "m.room.member", **came) == ["members.member"]


async def test_only_the_space_of_a_lieu_shows_its_rooms(database: Database) -> None:
    assert await Ears(database).hear("!lieu", "m.space.child", state_key="!neuf") == ["members.child"]
    assert await Ears(database).hear("!salon", "m.space.child", state_key="!neuf") == []


async def test_rules_and_rights_may_come_from_any_room(database: Database) -> None:
    assert await Ears(database).hear("!ailleurs", "m.policy.rule.user", state_key="rule") == ["lists.rule"]
    assert await Ears(database).hear("!zoe", "m.room.power_levels", state_key="") == [
        "following.gained",
        "members.levels",
    ]
    assert await Ears(database).hear("!salon", "m.room.name", state_key="") == []


async def test_where_the_bot_is_invited_the_room_says_what_it_is(database: Database) -> None:
    invited: dict[str, Any] = {"content": {"membership": "invite"}, "state_key": ME}
    asked = ["following.invited", "admissions.invited", "project_listener.invited", "members.member"]
    for n, settles in enumerate(asked, 1):
        assert await Ears(database, settles).hear("!ailleurs", "m.room.member", **invited) == asked[:n]
    gone = invited | {"content": {"membership": "leave"}}
    assert await Ears(database).hear("!ailleurs", "m.room.member", **gone) == ["members.member"]


# -- whoever would have it otherwise

CLAIMS = {
    "what moved is handed over, whatever network it was": (
        "INSERT INTO moved_rooms VALUES ('!coordination', '!réseau', '@autre:moulin.fr')",
        "!coordination",
        Kind.MOVED,
    ),
    "a network that calls a lieu its room": ("UPDATE networks SET room_id = '!lieu'", "!lieu", Kind.NETWORK),
    "a partner that calls a direct conversation its project": (
        "UPDATE projects SET room_id = '!zoe' WHERE request = 'rosee.1'",
        "!zoe",
        Kind.DIRECT,
    ),
    "a partner that calls the lieu its project": (
        "UPDATE projects SET room_id = '!lieu' WHERE request = 'rosee.1'",
        "!lieu",
        Kind.SPACE,
    ),
    "a project that nobody entered": ("UPDATE projects SET entered = 0", "!projet", Kind.HERE),
}


@pytest.mark.parametrize("claim", CLAIMS)
async def test_a_room_that_claims_two_kinds_is_the_first_of_them(database: Database, claim: str) -> None:
    change, room_id, kind = CLAIMS[claim]
    await database.write(lambda tx: tx.execute(change))
    assert (await database.read(rooms.classify, room_id)).kind is kind


@pytest.mark.parametrize("room_id", ["!secret", "!coordination", "!parti", "!projet"])
async def test_what_is_in_clear_where_all_is_encrypted_is_nobody_s_word(database: Database, room_id: str) -> None:
    await database.write(rooms.encrypted, room_id)
    assert await Ears(database).hear(room_id) == ["dispatcher.in_clear"]
    heard = await Ears(database).hear(room_id, encrypted=True)
    assert heard
    assert "dispatcher.in_clear" not in heard


async def test_an_office_that_a_partner_calls_its_project_stays_one(tmp_path: Path) -> None:
    """Its people are answered there, as ever."""
    lieux = Lieux(tmp_path)
    two = await Two.meet(lieux)
    await two.ask()
    office = two.moulin.office.room_id
    change = (
        "INSERT INTO projects (request, lieu, title, room_id, status, since, entered) SELECT id, ?, '', ?, 'open', 1, 1"
    )
    await two.moulin.stage.database.write(
        lambda tx: tx.execute(f"{change} FROM requests", (two.moulin.lieu.id, office))
    )
    assert (await two.moulin.stage.database.read(rooms.classify, office)).kind is Kind.PROJECT
    before = len(two.there())
    await lieux.write("@eve:ailleurs.fr", office, "!aide")
    await lieux.write(two.moulin.concierge, office, "!lieu")
    assert len(two.there()) > before
    await lieux.close()


async def test_an_invitation_into_a_network_that_does_not_say_so_is_settled(tmp_path: Path) -> None:
    """We are in it: what its server shows of it now changes nothing."""
    lieux = Lieux(tmp_path)
    two = await Two.meet(lieux)
    space = next(room for room in lieux.rooms.values() if room.network and room.space)
    stage = two.moulin.stage
    event = Event("$encore", space.room_id, two.rosee.stage.me, 1, "m.room.member", {"membership": "invite"}, stage.me)
    await stage.hear(event)
    assert not await stage.database.read(inbox.turns, 1)
    await lieux.close()
