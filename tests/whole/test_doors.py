"""Where the bot stays: only where somebody with the right invited it, and again where it is invited again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.demo.actor import Actor
from tests.demo.host import allow
from tests.servers.element import Element
from tests.servers.federation import Federation
from tests.servers.person import Heard, Person
from tests.servers.synapse import Synapse

from .conftest import Open, unique, untold

People = Callable[..., Awaitable[Person]]


def membership(bot: str, wanted: str) -> Callable[[Heard], bool]:
    """The bot's membership becomes this."""
    return lambda one: one.type == "m.room.member" and one.state_key == bot and one.content["membership"] == wanted


async def invite(host: Person, room: str, bot: str) -> None:
    await host.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": bot})


async def said_in(host: Person, room: str, bot: str) -> list[str]:
    return [one.body for one in host.timeline(room) if one.sender == bot and one.type == "m.room.message"]


async def test_it_leaves_without_a_word_whoever_has_no_right(synapse: Synapse, open_lieu: Open, person: People) -> None:
    """A member without power may invite in this space; that gives the bot no right to be there."""
    bot = (await open_lieu(synapse)).account.user_id
    owner, member = await person("owner"), await person("member")
    space = await owner.create_room(
        name="La Rosée",
        creation_content={"type": "m.space"},
        invite=[member.user_id],
        power_level_content_override={"invite": 0},
    )
    await member.join(space)
    await invite(member, space, bot)
    await owner.next(space, membership(bot, "join"))
    await owner.next(space, membership(bot, "leave"))
    assert await said_in(owner, space, bot) == []
    await invite(owner, space, bot)
    await owner.next(space, membership(bot, "join"))
    assert (await owner.invited(lambda one: one.is_direct)).sender == bot, "it stays with whoever has the right"


async def test_it_declines_people_of_servers_that_are_not_the_lieus(
    federation: Federation, open_lieu: Open, person: People
) -> None:
    bot = (await open_lieu(federation.here)).account.user_id
    neighbour = await person("neighbour", at=federation.there)
    space = await neighbour.create_room(name="Ailleurs", creation_content={"type": "m.space"})
    await invite(neighbour, space, bot)
    await neighbour.next(space, membership(bot, "leave"))
    joined = [one for one in neighbour.timeline(space) if membership(bot, "join")(one)]
    assert joined == [], "it need not enter to know"


async def test_it_comes_back_to_the_lieu_that_had_sent_it_away(
    synapse: Synapse, open_lieu: Open, person: People
) -> None:
    """In the middle of the installation: it stops there, and begins anew when it is invited again."""
    lieu = await open_lieu(synapse)
    bot = lieu.account.user_id
    anne = Actor("Anne", await person(unique("anne")), untold)
    ines = Actor("Inès", await person(account=lieu.host), untold)
    space = await anne.person.create_room(name="La Rosée", creation_content={"type": "m.space"})
    await invite(anne.person, space, bot)
    await allow(ines, anne.person.user_id)
    room = await anne.person.join((await anne.person.invited(lambda one: one.is_direct)).room_id)
    anne.follow(room, "en privé")
    await anne.hears(room, "talk.right-space")
    await Element(anne.person).make_administrator(space, bot)
    await anne.hears(room, "install.charter")
    body = {"user_id": bot, "reason": "Plus tard"}
    await anne.person.call("POST", f"/_matrix/client/v3/rooms/{space}/kick", body)
    await anne.hears(room, "talk.sent-away")
    await invite(anne.person, space, bot)
    await anne.hears(room, "install.hello")
    await anne.converses(room, (("install.charter", "❌"), ("install.approval", "✅")))
    await anne.hears(room, "install.office")
