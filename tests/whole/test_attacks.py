"""The worst of `tests/attacks`, on real servers, with the bot as its own process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.servers.lieu import EmbeddedLieu
from tests.servers.person import Heard, Person

from .test_doors import invite, membership, said_in

People = Callable[..., Awaitable[Person]]
AIDE = "aide"


async def alone_with(bot: str, eve: Person) -> str:
    room = await eve.create_room(preset="trusted_private_chat", is_direct=True, invite=[bot])
    await eve.next(room, membership(bot, "join"))
    return room


def helps(bot: str) -> Callable[[Heard], bool]:
    """It answers « aide »."""
    return lambda one: one.sender == bot and one.type == "m.room.message" and "!langue" in one.body


async def test_an_ordinary_account_does_not_stop_the_bot_and_gets_no_services(
    sso_lieu: EmbeddedLieu, person: People
) -> None:
    """Eve writes the message on which it stood still, echoes what it says, and asks for a lieu and thirty accounts."""
    synapse, bot = sso_lieu.synapse, sso_lieu.account.user_id
    eve, ines = await person("eve", at=synapse), await person(at=synapse, account=sso_lieu.host)
    room = await alone_with(bot, eve)

    endless = " " * 20_000 + '<a href="https://matrix.to/#/' + "a" * 20_000
    await eve.say(room, AIDE, format="org.matrix.custom.html", formatted_body=endless)
    await eve.next(room, helps(bot))

    before = len(await said_in(eve, room, bot))
    for n in range(20):
        await eve.say(room, f"blabla {n}")
    await eve.say(room, AIDE)
    await eve.next(room, helps(bot))
    assert len(await said_in(eve, room, bot)) - before <= 4, "three words that are lost, and the help"

    mails = len(sso_lieu.house.mails.messages)
    space = await eve.create_room(name="Le Phare", creation_content={"type": "m.space"})
    await invite(eve, space, bot)
    hosting = await ines.join((await ines.invited()).room_id)
    card = await ines.next(hosting, lambda one: one.type == "m.room.message" and eve.user_id in one.body)
    invited = "\n".join(f"Personne Numéro{n} personne{n}@example.org" for n in range(30))
    await eve.say(room, f"!inviter {invited}")
    await ines.react(hosting, card.event_id, "❌")
    await eve.next(space, membership(bot, "leave"))
    await eve.say(room, AIDE)
    await eve.next(room, helps(bot))
    assert len(sso_lieu.house.mails.messages) == mails
    assert await sso_lieu.accounts.with_email("personne0@example.org") == []
