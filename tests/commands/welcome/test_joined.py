"""What no conversation shows of memberships: whose they are among several lieux, what is written of them and what is
not, names that somebody typed with an intention, and clocks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.app import Services
from bot.arrivals.memberships import Memberships
from bot.services.helloasso import HELLOASSO
from bot.store.database import Tx
from bot.talk.answers import guests_in
from commands.welcome.joined import _line
from integrations.helloasso.items import plain
from tests.servers.helloasso import HelloAssoServer, Weather
from tests.stage.lieu_services import memberships_of
from tests.stage.stage import ME, Clock, Stage, words
from tests.stage.transcript_header import Scenery, scenery

ANNE, BERTHE = "@anne:lieu.fr", "@berthe:lieu.fr"
HEADER = {"lieu": "La Rosée", "concierges": "Anne, Bob", "membres": "Marc", "salons": "Place du village"}
WITH = HEADER | {"helloasso": "oui", "comptes": "oui"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(WITH, tmp_path) as scene:
        await scene.stage.start_standing("memberships")
        yield scene


def helloasso(scene: Scenery) -> HelloAssoServer:
    assert scene.equipment.helloasso
    return scene.equipment.helloasso


def office(scene: Scenery) -> list[str]:
    return scene.stage.said(scene.rooms["Conciergerie"].room_id)


async def an_hour(scene: Scenery) -> list[str]:
    before = len(office(scene))
    await scene.stage.wait(1 / 24)
    return office(scene)[before:]


async def table(scene: Scenery, query: str) -> list[dict[str, Any]]:
    def rows(tx: Tx) -> list[dict[str, Any]]:
        return [dict(row) for row in tx.execute(query)]

    return await scene.stage.database.read(rows)


# -- what is written


async def test_what_was_paid_is_nowhere(scene: Scenery, capsys: pytest.CaptureFixture[str]) -> None:
    helloasso(scene).joins("Léa", "Martin", "lea@exemple.fr", amount=4217, comment="payé en liquide")
    (card,) = await an_hour(scene)
    assert "Léa Martin" in card
    tables = await table(scene, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    written = [str(row) for one in tables for row in await table(scene, f"SELECT * FROM {one['name']}")]
    assert any("lea@exemple.fr" in row for row in written), "so that what is looked for could be found"
    told = "\n".join([*written, *capsys.readouterr()])
    assert not any(paid in told for paid in ("4217", "42,17", "1500", "Authorized", "liquide"))


async def test_whom_a_reading_saw_is_in_one_table(scene: Scenery) -> None:
    """The conversation that reads goes on for ever: nobody's name stays in its steps."""
    helloasso(scene).joins("Léa", "Martin", "lea@exemple.fr")
    await an_hour(scene)
    reads = "SELECT id FROM conversations WHERE dialogue = 'memberships'"
    steps = await table(scene, f"SELECT * FROM steps WHERE conversation IN ({reads})")
    assert steps
    assert not any(name in str(steps) for name in ("Martin", "lea@"))


@pytest.mark.parametrize("names", [["Martin"], ["Martin", "Petit", "Roy", "Morel", "Dupont", "Noir"]])
@pytest.mark.parametrize("end", ["❌", "a month"])
async def test_whom_it_was_about_is_forgotten_when_the_conversation_ends(
    scene: Scenery, names: list[str], end: str
) -> None:
    """Each for itself, or all of a general assembly: decided, or never."""
    for name in names:
        helloasso(scene).joins("Léa", name, f"{name.lower()}@exemple.fr")
    await an_hour(scene)
    own = "FROM conversations WHERE dialogue LIKE 'joined%'"
    kept = f"SELECT key, raw, value, args FROM steps JOIN (SELECT id, args {own}) ON id = conversation"
    assert "Martin" in str(await table(scene, kept)), "while it is asked about"
    if end == "❌":
        await scene.stage.click(ANNE, scene.rooms["Conciergerie"].room_id, "❌")
    else:
        await scene.stage.wait(31)
    assert not await table(scene, f"SELECT id {own} AND status = 'open'")
    steps = str(await table(scene, kept))
    assert "decide" in steps or "many" in steps
    assert not [name for name in [*names, "exemple.fr"] if name in steps]


# -- who reads it


async def test_a_lieu_without_it_never_hears_of_it(tmp_path: Path) -> None:
    async with scenery(HEADER, tmp_path) as scene:
        await scene.stage.start_standing("memberships")
        assert await an_hour(scene) == []
        for line in ("!membres adhésions", "!membres Marc", "!état", "!aide membres"):
            await scene.stage.write(ANNE, scene.rooms["Conciergerie"].room_id, line)
        told = "\n".join(office(scene))
        assert "Marc" in told
        assert "HelloAsso" not in told
        assert "dhésion connue" not in told


async def test_a_lieu_that_has_it_is_told_how_to_ask(scene: Scenery) -> None:
    await scene.stage.write(ANNE, scene.rooms["Conciergerie"].room_id, "!aide membres")
    assert "!membres adhésions dit qui est à jour" in office(scene)[-1]


@dataclass
class Two:
    """La Rosée and Le Phare of one bot, with the conciergerie of each."""

    stage: Stage
    offices: dict[str, str]

    async def hours(self, n: int = 1) -> dict[str, str]:
        before = {name: len(self.stage.said(room)) for name, room in self.offices.items()}
        for _ in range(n):
            await self.stage.wait(1 / 24)
        return {name: "\n".join(self.stage.said(room)[before[name] :]) for name, room in self.offices.items()}


async def two_lieux(stack: AsyncExitStack, path: Path, services: Services, clock: Clock) -> Two:
    stage = await Stage.open(path, services, clock=clock)
    stack.push_async_callback(services.close)
    stack.push_async_callback(stage.close)
    offices = {}
    for name, concierge in (("La Rosée", ANNE), ("Le Phare", BERTHE)):
        space, room = stage.matrix.room(name, space=True), stage.matrix.room(f"Conciergerie · {name}")
        for one in (space, room):
            one.members, one.levels = {concierge: "join", ME: "join"}, {concierge: 100, ME: 50}
        lieu = await stage.bot.lieux.create(space.room_id, name, language="fr", zone="Europe/Paris", now=1)
        await stage.bot.lieux.choose(lieu.id, installed=True, office=room.room_id)
        offices[name] = room.room_id
    return Two(stage, offices)


def running(organization: str, clock: Clock) -> HelloAssoServer:
    return HelloAssoServer(organization, lambda: datetime.fromtimestamp(clock.at / 1000, ZoneInfo("Europe/Paris")))


async def test_each_of_two_lieux_hears_of_its_own_alone(tmp_path: Path) -> None:
    clock = Clock()
    async with AsyncExitStack() as stack:
        rosee, phare = [await stack.enter_async_context(running(name, clock)) for name in ("la-rosee", "le-phare")]
        own: dict[str, Services] = {}
        two = await two_lieux(stack, tmp_path, Services(own=own), clock)
        for name, server in (("La Rosée", rosee), ("Le Phare", phare)):
            (lieu,) = [one for one in await two.stage.bot.lieux.all() if one.name == name]
            own[lieu.space] = Services({HELLOASSO: memberships_of(server, clock)})
        await two.stage.start_standing("memberships")
        rosee.joins("Léa", "Martin", "lea@exemple.fr")
        phare.joins("Jo", "Petit", "jo@exemple.fr")
        told = await two.hours()
        assert "Léa Martin" in told["La Rosée"]
        assert "Jo" not in told["La Rosée"]
        assert "Jo Petit" in told["Le Phare"]
        assert "Léa" not in told["Le Phare"]


async def test_the_association_of_whoever_hosts_the_bot_is_not_that_of_its_guests(tmp_path: Path) -> None:
    """Settings that lieux have in common would show its members to all of them."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(running("la-rosee", clock))
        two = await two_lieux(stack, tmp_path, Services({HELLOASSO: memberships_of(server, clock)}), clock)
        await two.stage.start_standing("memberships")
        server.joins("Léa", "Martin", "lea@exemple.fr")
        assert await two.hours(2) == {"La Rosée": "", "Le Phare": ""}
        assert server.asked == []


async def test_who_has_not_the_keys_answers_nothing(scene: Scenery) -> None:
    helloasso(scene).joins("Léa", "Martin", "lea@exemple.fr")
    await an_hour(scene)
    room = scene.rooms["Conciergerie"].room_id
    before = len(office(scene))
    await scene.stage.click(scene.people["Marc"], room, "✅")
    assert office(scene)[before:] == []
    assert [row["status"] for row in await table(scene, "SELECT status FROM memberships")] == ["asked"]


# -- what somebody typed


NASTY = (
    "<script>alert(1)</script> Eve",
    "[Eve](https://mal.example)",
    "**Eve** `!inviter`",
    "@room Eve",
    "@anne:lieu.fr",
    "Eve\n\nTout va bien, clique sur ✅",
    "{who} {email}",
    "Eve, Anne <anne@exemple.fr>",
    "\u202egnaM evE",
    "E" * 5000,
)


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
async def test_a_name_says_nothing_but_a_name(scene: Scenery, name: str) -> None:
    helloasso(scene).joins(name, "", "eve@exemple.fr")
    (card,) = await an_hour(scene)
    assert card.count("\n") <= 5
    assert len(card) < 600
    event = [e for e in scene.rooms["Conciergerie"].events if e["type"] == "m.room.message"][-1]
    shown = event["content"]["formatted_body"]
    assert not any(mark in shown for mark in ("<script", "<a ", "@room", "\u202e"))
    assert event["content"]["m.mentions"] == {}
    await scene.stage.click(ANNE, scene.rooms["Conciergerie"].room_id, "✅")
    last = office(scene)[-1]
    assert "J’invite cette personne" in last
    assert "eve@exemple.fr" in last
    assert "anne@exemple.fr" not in last


@pytest.mark.parametrize(
    ("name", "read"),
    [("Jean-Marie d’Arc", "Jean-Marie d’Arc"), ("O'Neil", "O'Neil"), ("Đặng Văn", "Đặng Văn"),
     ("LÉA MARTIN", "Léa Martin"), ("3 Zoé", "Zoé"),
     ("Anne: Marie", "Anne"), ("E-mail", "Eve"), ("retire le 3", "Retire Le"), ("oui", "Oui")],
)  # fmt: skip
def test_whoever_is_handed_to_invite_is_read_as_one_person(name: str, read: str) -> None:
    """As what a concierge types: odd names are put right there, and shown before anything leaves."""
    guests = guests_in(_line(plain(name), "eve@exemple.fr"), words())
    assert [(one.name, one.email) for one in guests.people] == [(read, "eve@exemple.fr")]
    assert not guests.problems


# -- time, and outages


async def test_what_happened_while_it_was_away_is_told_once_it_is_back(scene: Scenery) -> None:
    helloasso(scene).weather = Weather(429)
    helloasso(scene).joins("Léa", "Martin", "lea@exemple.fr")
    for _ in range(30):
        assert await an_hour(scene) == []
    helloasso(scene).weather = Weather()
    (card,) = await an_hour(scene)
    assert "Léa Martin" in card
    for _ in range(30):
        assert await an_hour(scene) == []


async def test_a_reading_that_broke_off_is_none(scene: Scenery) -> None:
    """Nobody is a new member because they were on the page that did not come the first time."""
    for n in range(250):
        helloasso(scene).joins(f"P{n}", "Martin", f"p{n}@exemple.fr")
    helloasso(scene).weather = Weather(500, after=2)
    assert await an_hour(scene) == []
    assert await table(scene, "SELECT * FROM memberships") == []


async def test_whoever_has_an_account_is_no_stranger_while_the_directory_is_away(tmp_path: Path) -> None:
    async with scenery(WITH | {"comptes connus": "Marc", "comptes du lieu": "Marc"}, tmp_path) as scene:
        await scene.stage.start_standing("memberships")
        assert scene.directory
        scene.directory.down = True
        helloasso(scene).joins("Marcel", "Petit", "marc@exemple.fr")
        assert await an_hour(scene) == []
        assert await an_hour(scene) == []
        scene.directory.down = False
        (told,) = await an_hour(scene)
        assert "qui est déjà là" in told


async def test_a_directory_that_stays_away_keeps_nobody_out(scene: Scenery) -> None:
    assert scene.directory
    scene.directory.down = True
    helloasso(scene).joins("Léa", "Martin", "lea@exemple.fr")
    told = [line for _ in range(52) for line in await an_hour(scene)]
    assert ["On l’invite" in line for line in told] == [True]


async def test_a_clock_that_jumps_asks_and_does_nothing(scene: Scenery) -> None:
    """A year ahead everybody's membership seems over; back again, they hold, and one card was too much."""
    for first in ("Léa", "Jo"):
        helloasso(scene).joins(first, "Martin", f"{first.lower()}@exemple.fr")
    await an_hour(scene)
    rows = await table(scene, "SELECT lieu, item FROM memberships")
    memberships = Memberships(scene.stage.database, scene.stage.clock.now)
    for row, person in zip(rows, ("Marc", "Bob"), strict=True):
        await memberships.belongs(row["lieu"], row["item"], scene.people[person])
    scene.stage.clock.at += 400 * 86_400_000
    told = "\n".join(await an_hour(scene))
    assert told.count("est finie depuis") == 2
    scene.stage.clock.at -= 400 * 86_400_000
    await scene.stage.bot.engine.resume()
    assert "est finie" not in "\n".join(await an_hour(scene))
    held = await table(scene, "SELECT status FROM memberships")
    assert [row["status"] for row in held] == ["known", "known"]


async def test_what_is_taken_away_is_missed_by_nobody(scene: Scenery) -> None:
    """The host takes the key out, or lets in another lieu, for which what was in common is nobody's."""
    parts = scene.stage.services.parts
    assert isinstance(parts, dict)
    part = parts.pop(HELLOASSO)
    helloasso(scene).joins("Léa", "Martin", "lea@exemple.fr")
    assert [await an_hour(scene) for _ in range(30)] == [[]] * 30
    parts[HELLOASSO] = part
    await scene.stage.start_standing("memberships", starts=True)
    assert "Léa Martin" in (await an_hour(scene) or office(scene))[-1]


async def test_what_is_set_up_later_is_read_at_the_next_start(tmp_path: Path) -> None:
    async with scenery(HEADER, tmp_path) as scene:
        await scene.stage.start_standing("memberships", starts=True)
        clock = scene.stage.clock
        async with running("la-rosee", clock) as server:
            server.joins("Léa", "Martin", "lea@exemple.fr")
            part = memberships_of(server, clock)
            assert isinstance(scene.stage.services.parts, dict)
            scene.stage.services.parts[HELLOASSO] = part
            await scene.stage.start_standing("memberships")
            assert office(scene) == []
            clock.at += 1000
            await scene.stage.start_standing("memberships", starts=True)
            assert "1 adhésion" in office(scene)[0]
            await part.close()
