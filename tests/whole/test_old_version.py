"""The first bot of all, a process on a real homeserver, is stopped in the middle; today's goes on with its data.

Its code comes out of the history: where that is not here (a shallow clone), nothing is tried, and that is said.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from tests.demo.actor import PATIENCE, Actor
from tests.demo.sentences import APART, plain
from tests.servers.bot_process import ROOT, BotProcess
from tests.servers.lieu import Lieu
from tests.servers.person import Heard, Person
from tests.servers.synapse import Synapse

from .conftest import unique, untold

pytestmark = pytest.mark.full

FIRST = "a44ad9a0"  # the last commit with the first schema: `captured/conciergerie-0.1` is of it
PARTS = ("bot", "commands", "integrations", "locales")
CHARTER = "Ici, on prend soin du lieu et les uns des autres."
V3 = "/_matrix/client/v3/rooms"
INSTALLED = (
    ("install.office", "1"),
    ("install.language", "1"),
    ("install.zone", "Paris"),
    ("install.charter", CHARTER),
    ("install.approval", "✅"),
    ("install.open", "Atelier"),
    ("install.offered", "Jardin"),
    ("install.hall", "Atelier"),
    ("install.sign-in", "passer"),
    ("install.summary", "✅"),
)
NAMED = (("welcome.name", "Lou"), ("welcome.charter", "✅"))
ANSWERED = (
    ("welcome.wish", "Le jardin"),
    ("welcome.rooms", "1"),
    ("welcome.introduced", "oui"),
    ("welcome.summary", "✅"),
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its code."""
    archive = ["git", "-C", str(ROOT), "archive", FIRST, *PARTS]
    done = subprocess.run(archive, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"THE HISTORY IS NOT HERE ({FIRST}): no upgrade from the first bot was tried")
    folder = tmp_path_factory.mktemp("first")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


class Before:
    """The lieu as it was with that bot, whose words are those of its own catalogue."""

    anne: Actor
    space: str
    office: str

    def __init__(self, lieu: Lieu, root: Path, stack: AsyncExitStack) -> None:
        self.lieu, self._stack = lieu, stack
        with (root / "locales/fr.po").open("rb") as file:
            self._said = {_one(message.id): _one(message.string) for message in read_po(file)}

    def part_of(self, key: str) -> str:
        return max((piece.strip() for piece in APART.split(plain(self._said[key]))), key=len)

    async def comes(self, name: str) -> Actor:
        account = await self.lieu.synapse.register(unique(name.lower()))
        return Actor(name, await self._stack.enter_async_context(Person(self.lieu.synapse, account)), untold)

    async def hears(self, who: Actor, room: str, key: str) -> str:
        """The question that was heard, to click on."""
        part = self.part_of(key)

        def is_it(one: Heard) -> bool:
            return one.type == "m.room.message" and not one.replaces and part in plain(one.body)

        heard = await who.person.next(room, is_it, timeout=PATIENCE)
        return heard.event_id

    async def converses(self, who: Actor, room: str, script: tuple[tuple[str, str], ...]) -> None:
        for key, answer in script:
            question = await self.hears(who, room, key)
            if answer == "✅":
                await who.person.react(room, question, answer)
            else:
                await who.person.say(room, answer)

    async def direct(self, who: Actor) -> str:
        room = await who.person.join((await who.person.invited(lambda one: one.is_direct)).room_id)
        who.follow(room, "en privé")
        return room

    async def install(self) -> None:
        """As one had to then: the bot has power everywhere before it is asked in."""
        self.anne = await self.comes("Anne")
        anne, bot = self.anne.person, self.lieu.account.user_id
        how: dict[str, Any] = {"preset": "private_chat", "power_level_content_override": {"users": {bot: 100}}}
        self.space = await anne.create_room(name="La Rosée", creation_content={"type": "m.space"}, **how)
        for name in ("Atelier", "Jardin"):
            room = await anne.create_room(name=name, **how)
            via = {"via": [self.lieu.synapse.server_name]}
            await anne.call("PUT", f"{V3}/{self.space}/state/m.space.child/{room}", via)
            await anne.call("POST", f"{V3}/{room}/invite", {"user_id": bot})
        await anne.call("POST", f"{V3}/{self.space}/invite", {"user_id": bot})
        await self.converses(self.anne, await self.direct(self.anne), INSTALLED)
        self.office = await anne.join((await anne.invited(lambda one: "Conciergerie" in one.name)).room_id)
        self.anne.follow(self.office, "Conciergerie")

    async def invite(self, who: Actor) -> None:
        await self.anne.person.say(self.office, f"!inviter {who.person.user_id}")
        await self.converses(self.anne, self.office, (("invite.summary", "✅"),))


def _one(words: str | tuple[str, ...] | list[str] | None) -> str:
    """Of those of one and of many, the first."""
    return words if isinstance(words, str) else (words or [""])[0]


def process(lieu: Lieu, root: Path = ROOT, **more: str) -> BotProcess:
    """A bot of this lieu in its one folder."""
    settings = {name: value for name, value in lieu.settings().items() if name != "OPERATORS"}
    bot = BotProcess(lieu.folder / "bot", settings | more, root=root, port=lieu.bot.port)
    if root != ROOT:
        bot.more = ()  # it knows no safe mode
    return bot


@pytest.fixture
async def before(first: Path, synapse: Synapse, tmp_path: Path) -> AsyncIterator[Before]:
    """Installed, and its bot runs."""
    async with AsyncExitStack() as stack:
        lieu = await stack.enter_async_context(Lieu(tmp_path, synapse, bot_name=unique("conciergerie")))
        there = Before(lieu, first, stack)
        lieu.bot = process(lieu, first)
        await lieu.bot.start()
        await there.install()
        yield there


def command(bot: BotProcess, *told: str) -> tuple[int, str]:
    """Today's program, on the data of `bot`."""
    done = subprocess.run(
        bot.argv(*told),
        cwd=ROOT,
        env=bot.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


async def test_what_was_under_way_is_ended_by_the_bot_of_today(before: Before) -> None:
    """Lou waits for the concierges, Zoé is in the middle of her answers, Anne is asked whether to invite Tom."""
    lieu, anne, office = before.lieu, before.anne, before.office
    lou, zoe, tom = [await before.comes(name) for name in ("Lou", "Zoe", "Tom")]
    await before.invite(lou)
    lou_room = await before.direct(lou)
    await before.converses(lou, lou_room, (*NAMED, *ANSWERED))
    waits = await before.hears(anne, office, "welcome.approve")
    await before.invite(zoe)
    zoe_room = await before.direct(zoe)
    await before.converses(zoe, zoe_room, NAMED)
    await before.hears(zoe, zoe_room, "welcome.wish")
    await anne.person.say(office, f"!inviter {tom.person.user_id}")
    to_confirm = await before.hears(anne, office, "invite.summary")
    asked = len(zoe.person.messages(zoe_room))
    assert await lieu.bot.stop() == 0
    await zoe.person.say(zoe_room, "Souder")  # nobody hears it yet

    lieu.bot = process(lieu, OPERATORS=lieu.host.user_id)
    code, told = command(lieu.bot, "doctor", "--before-upgrade")
    assert (code, "3 under way, which go on" in told) == (0, True), told
    await lieu.bot.start()

    zoe.follow(zoe_room, "en privé")
    # The space opens « Jardin » to its members: today nobody has to choose it beforehand.
    await zoe.converses(zoe_room, (("welcome.introduced", "non"), ("welcome.summary", "✅")))
    await zoe.hears(zoe_room, "welcome.pending")
    again = [one.body for one in zoe.person.messages(zoe_room)[asked:] if before.part_of("welcome.wish") in one.body]
    assert again == [], "what was answered while no bot ran is not asked again"
    await anne.person.react(office, waits, "✅")
    await lou.reads(lou_room, "welcome.done")
    await anne.person.react(office, to_confirm, "✅")
    await tom.hears(await before.direct(tom), "welcome.name")
    assert command(lieu.bot, "journal", "--verify")[0] == 0
    assert [line for line in logged(lieu.bot) if line["level"] == "error"] == []


def logged(bot: BotProcess) -> list[dict[str, str]]:
    return [json.loads(line) for line in bot.log.read_text().splitlines() if line.startswith("{")]


async def test_back_again_what_was_under_way_goes_on_with_the_bot_of_before(before: Before, first: Path) -> None:
    lieu = before.lieu
    zoe = await before.comes("Zoe")
    await before.invite(zoe)
    room = await before.direct(zoe)
    await before.converses(zoe, room, NAMED)
    await before.hears(zoe, room, "welcome.wish")
    await lieu.bot.stop()
    lieu.bot = process(lieu, OPERATORS=lieu.host.user_id)
    await lieu.bot.start()
    await lieu.bot.stop()

    lieu.bot = process(lieu, first)
    lieu.bot.launch()
    assert await lieu.bot.ended() == 76, "data of a newer bot"
    (copy,) = lieu.bot.data.glob("bot.before-*")
    code, told = command(lieu.bot, "restore", str(copy))
    assert code == 0, told
    await lieu.bot.start()
    await zoe.person.say(room, "Souder")
    await before.hears(zoe, room, "welcome.rooms")
