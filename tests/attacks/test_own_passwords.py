"""Somebody wants the account of a newcomer who chooses their first password on their page, or wants to read it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from bot.supervision.log import configure
from tests.stage.memory_synapse import MemorySynapse
from tests.web.door import ZOE, Door

OpenDoor = Callable[..., Awaitable[Door]]
GOOD, OTHER = "trois chats dorment", "je suis une voleuse"
CAMILLE = "@camille.roy:lieu.fr"
DAY = 86_400_000


class Own:
    """Zoé was invited; `path` is that of her page."""

    def __init__(self, door: Door, path: str) -> None:
        self.door, self.path = door, path
        assert door.scene.synapse
        self.synapse: MemorySynapse = door.scene.synapse

    async def choose(self, password: str = GOOD, again: str | None = None, path: str = "", **headers: str) -> str:
        """What the page says then."""
        return await (await self.post(password, again, path, **headers)).text()

    async def post(self, password: str, again: str | None = None, path: str = "", **headers: str) -> ClientResponse:
        filled = {"password": password, "again": password if again is None else again}
        told = {"Sec-Fetch-Site": "same-origin", **headers}
        return await self.door.http.post(path or self.path, data=filled, headers=told)

    @property
    def chosen(self) -> dict[str, str]:
        """The passwords that people have by now."""
        return self.synapse.chosen


@pytest.fixture
async def own(open_door: OpenDoor) -> Own:
    door = await open_door(comptes="sur la messagerie", autres="Zoé @zoe.martin:lieu.fr")
    return Own(door, await door.invite())


@pytest.fixture
def log() -> Iterator[StringIO]:
    told = StringIO()
    configure("debug", told)
    yield told
    configure()


async def test_it_is_chosen_once(own: Own) -> None:
    assert "Connecte-toi avec ton mot de passe" in await own.choose()
    assert own.chosen == {ZOE: GOOD}
    for _ in range(2):
        page = await own.choose(OTHER)
        assert 'type="password"' not in page
    assert own.chosen == {ZOE: GOOD}


async def test_two_at_the_same_moment_are_one(own: Own) -> None:
    passwords = own.synapse.passwords
    passwords.quick.clear()
    presses = [asyncio.ensure_future(own.post(f"{GOOD} {n}")) for n in range(3)]
    while not passwords.given:
        await own.door.read(own.path)
    await own.door.read(own.path)  # the others have come too
    passwords.quick.set()
    assert {answer.status for answer in await asyncio.gather(*presses)} == {200}
    assert [own.chosen] == [{ZOE: one} for one in passwords.given]


async def test_the_page_of_somebody_else_chooses_theirs_alone(own: Own) -> None:
    hers = await own.door.invite("Camille Roy camille@exemple.fr", CAMILLE)
    await own.choose(path=hers)
    assert own.chosen == {CAMILLE: GOOD}
    for name in ("login", "username", "person"):
        data = {"password": OTHER, "again": OTHER, name: "zoe.martin"}
        await own.door.http.post(hers, data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.chosen == {CAMILLE: GOOD}


async def test_a_link_that_was_replaced_opens_nothing(own: Own) -> None:
    await own.door.office_says("!suivi Zoé renvoyer l’invitation")
    fresh = await own.door.newcomer()
    assert fresh != own.path
    assert (await own.post(OTHER)).status == 404
    assert (await own.door.http.get(own.path)).status == 404
    assert own.chosen == {}
    await own.choose(path=fresh)
    assert own.chosen == {ZOE: GOOD}


async def test_a_link_is_not_good_for_ever(own: Own) -> None:
    own.door.scene.stage.clock.at += 14 * DAY + 1
    assert "trop ancien" in await own.choose(OTHER)
    assert 'type="password"' not in await own.door.read(own.path)
    assert own.chosen == {}
    await own.door.office_says("!suivi Zoé renvoyer l’invitation")
    await own.choose(path=await own.door.newcomer())
    assert own.chosen == {ZOE: GOOD}


async def test_another_invitation_gives_nobody_the_password_of_an_account_that_has_one(own: Own) -> None:
    """A concierge who reads the text of an invitation would have the account of whoever was invited before."""
    await own.choose()
    await own.door.becomes("cancelled")
    again = await own.door.invite()
    assert again != own.path
    await own.choose(OTHER, path=again)
    assert own.chosen == {ZOE: GOOD}
    await own.door.office_says("!suivi Zoé renvoyer l’invitation")
    await own.choose(OTHER, path=await own.door.newcomer())
    assert own.chosen == {ZOE: GOOD}


async def test_whoever_was_in_the_account_keeps_it(own: Own) -> None:
    """They may have chosen theirs elsewhere: by whoever administers the homeserver, for instance."""
    own.synapse.sessions[ZOE] = {"téléphone"}
    await own.choose(OTHER)
    own.synapse.sessions.clear()
    own.synapse.visits[ZOE] = 1
    await own.choose(OTHER)
    assert own.chosen == {}


async def test_an_account_of_before_is_nobodys_to_open(own: Own) -> None:
    """It has the password that its person chose, whatever the lieu calls its own."""
    lieu = await own.door.lieu()
    ownership = own.door.scene.stage.bot.ownership
    await ownership.disown(lieu.id, "directory", "account", "zoe.martin")
    assert (await own.post(OTHER)).status == 404
    assert await ownership.adopt(lieu.id, ZOE, {"directory": "zoe.martin"}, [])
    await own.choose(OTHER)
    assert own.chosen == {}


@pytest.mark.parametrize("state", ["admin", "locked", "suspended", "deactivated", "program"])
async def test_an_account_that_became_something_else_is_left_alone(own: Own, state: str) -> None:
    own.synapse.known[ZOE][state] = True  # type: ignore[literal-required]
    page = await own.choose(OTHER)
    assert own.chosen == {}
    assert "La personne qui t’a invité·e" in page or "Dis-le à la personne" in page


@pytest.mark.parametrize("path", ["cancelled", "declined"])
async def test_whoever_does_not_come_chooses_nothing(own: Own, path: str) -> None:
    await own.door.becomes(path)
    assert (await own.post(OTHER)).status == 404
    assert own.chosen == {}


async def test_another_site_does_not_choose_it(own: Own) -> None:
    assert (await own.post(OTHER, **{"Sec-Fetch-Site": "cross-site"})).status == 403
    assert own.chosen == {}


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("", "", "Écris ton mot de passe, deux fois"),
        ("bref", "bref", "au moins 10 caractères"),
        (GOOD, OTHER, "ne sont pas les mêmes"),
        ("a" * 201, "a" * 201, "trop long"),
        ("z" * 100_000, "z", "trop long"),
        ("abababababab", "abababababab", "trop facile"),
        ("Zoe.Martin" + " ", "Zoe.Martin" + " ", "trop facile"),
        ("zoe@exemple.fr", "zoe@exemple.fr", "trop facile"),
        ("trois chats\x00dorment", "trois chats\x00dorment", "ne s’écrit pas au clavier"),
        ("trois chats\ndorment", "trois chats\ndorment", "ne s’écrit pas au clavier"),
        ("trois chats\u202edorment", "trois chats\u202edorment", "ne s’écrit pas au clavier"),
    ],
)
async def test_what_is_no_password_is_not_taken(own: Own, password: str, again: str, said: str) -> None:
    answer = await own.post(password, again)
    page = await answer.text()
    if answer.status == 413:  # longer than any form
        assert len(password) > 10_000
    else:
        assert answer.status == 422
        assert said in page.replace("\u202f", " ")
    for typed in {password, again} - {"", "zoe@exemple.fr"}:
        assert typed not in page
    assert own.chosen == {}


async def test_what_the_homeserver_wants_more_is_said(own: Own) -> None:
    own.synapse.passwords.least = 30
    assert "au moins 30 caractères" in await own.choose()
    assert own.chosen == {}


async def test_whoever_tries_without_end_waits(own: Own) -> None:
    for _ in range(30):
        await own.choose("court")
    assert "souffle un peu" in await own.choose()
    assert own.chosen == {}


async def test_while_the_homeserver_is_away_nothing_changes(own: Own) -> None:
    own.synapse.down = True
    assert "rien n’est changé" in await own.choose()
    assert "rien n’est changé" in await own.door.read(own.path)
    own.synapse.down = False
    await own.choose()
    assert own.chosen == {ZOE: GOOD}


async def test_an_answer_that_was_lost_is_asked_again(own: Own) -> None:
    own.synapse.passwords.lost = 1
    assert "peut-être enregistré" in await own.choose()
    await own.choose()
    assert own.chosen == {ZOE: GOOD}
    await own.choose(OTHER)
    assert own.chosen == {ZOE: GOOD}


async def test_it_is_kept_nowhere(own: Own, log: StringIO, tmp_path: Path) -> None:
    """Whatever becomes of it, an error of ours too."""
    own.synapse.passwords.lost = 1
    pages = [await own.choose(), await own.choose(GOOD, OTHER), await own.choose("court " + GOOD, OTHER)]
    give, own.synapse.passwords.give = own.synapse.passwords.give, _breaks  # type: ignore[method-assign]
    answer = await own.post(GOOD)
    assert answer.status == 500
    own.synapse.passwords.give = give  # type: ignore[method-assign]
    pages += [await answer.text(), await own.choose(), await own.door.read(own.path)]
    assert own.chosen == {ZOE: GOOD}
    await own.door.office_says("!journal", "!suivi")
    told = log.getvalue()
    assert "a page broke" in told
    assert GOOD not in told + "".join(pages)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.suffix == ".sqlite" or "bot" in file.name for file in files)
    for file in files:
        assert GOOD.encode() not in file.read_bytes(), file


async def _breaks(user: str, password: str) -> None:
    raise RuntimeError(f"{user} wants {password}")
