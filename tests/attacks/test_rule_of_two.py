"""Two accounts of one person, or one person whom nobody can say no to: the rule of two is not got around.

A lieu has chosen that excluding, closing and binning take two concierges. Whoever wants to do it alone (or holds one
concierge's session) gives the keys to a second account of theirs, switches the rule off, puts the other concierges out
through the bot, or lets what was decided together be undone by one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import people as store
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc, Anne bis",
    "salons": "Place",
    "comptes": "oui",
    "comptes connus": "Anne, Bob, Marc",
    "comptes du lieu": "Anne, Bob, Marc",
    "administration": "oui",
    "actes à deux": "close, exclude, delete",
}
HOUR = 1 / 24  # of a day


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def says(scene: Scenery, *lines: str, by: str = "Anne") -> str:
    """All that the bot says in the conciergerie meanwhile."""
    before = len(scene.stage.said(office(scene)))
    for line in lines:
        await scene.stage.write(scene.people[by], office(scene), line)
    return "\n".join(scene.stage.said(office(scene))[before:])


async def excludes(scene: Scenery, by: str = "Anne") -> str:
    """As far as one concierge gets."""
    return await says(scene, "!modérer Marc", "exclure", "Il insulte tout le monde", "oui", by=by)


async def clicks(scene: Scenery, who: str, key: str = "✅") -> None:
    await scene.stage.click(scene.people[who], office(scene), key)


async def has_keys(scene: Scenery, who: str, level: int = 100) -> None:
    """Somebody with power gives it in a Matrix client, or takes it."""
    scene.space.levels[scene.people[who]] = level
    scene.rooms["Conciergerie"].members[scene.people[who]] = "join"
    content = {"users": dict(scene.space.levels)}
    await scene.stage.event(scene.space.room_id, scene.people["Anne"], "m.room.power_levels", content, state_key="")


def is_excluded(scene: Scenery, who: str = "Marc") -> bool:
    return scene.space.members[scene.people[who]] == "ban"


async def rule(scene: Scenery) -> set[str]:
    return set((await scene.stage.bot.lieux.all())[0].choices.two)


# -- a second account


async def test_whoever_has_just_been_given_the_keys_does_not_second(scene: Scenery) -> None:
    """Anne makes her other account a concierge, asks, and says « oui » with the other one."""
    await has_keys(scene, "Anne bis")
    await excludes(scene)
    await clicks(scene, "Anne bis")
    assert not is_excluded(scene)
    await clicks(scene, "Bob")
    assert is_excluded(scene)


async def test_neither_does_it_by_a_reply(scene: Scenery) -> None:
    await has_keys(scene, "Anne bis")
    await excludes(scene)
    card = scene.stage.last_question(office(scene))
    await scene.stage.reply(scene.people["Anne bis"], office(scene), card, "oui")
    assert not is_excluded(scene)


async def test_they_are_told_from_when_their_yes_counts(scene: Scenery) -> None:
    """An honest concierge of this morning clicked, or replied, and saw nothing happen."""
    await has_keys(scene, "Anne bis")
    await excludes(scene)
    card, before = scene.stage.last_question(office(scene)), len(scene.stage.said(office(scene)))
    await clicks(scene, "Anne bis")
    assert "depuis moins d’un jour" in "\n".join(scene.stage.said(office(scene))[before:])
    before = len(scene.stage.said(office(scene)))
    await scene.stage.reply(scene.people["Anne bis"], office(scene), card, "oui")
    assert "depuis moins d’un jour" in "\n".join(scene.stage.said(office(scene))[before:])
    before = len(scene.stage.said(office(scene)))
    await clicks(scene, "Marc")
    assert len(scene.stage.said(office(scene))) == before


@pytest.mark.parametrize(
    ("gets_the_keys", "how"), [(True, "Dès qu’une autre personne aura les clés"), (False, "Personne n’a à répondre")]
)
async def test_a_question_that_nobody_may_answer_yet_says_so(scene: Scenery, gets_the_keys: bool, how: str) -> None:
    """« Un clic suffit » stood below it, and whoever clicked saw that it did not."""
    await has_keys(scene, "Bob", 0)
    if gets_the_keys:
        await has_keys(scene, "Anne bis")
    await excludes(scene)
    card = scene.stage.said(office(scene))[-1]
    assert how in card
    assert "suffit" not in card


async def test_a_day_later_they_may(scene: Scenery) -> None:
    """That two accounts are one person, nobody can know: a day is what the others have to see it."""
    await has_keys(scene, "Anne bis")
    await scene.stage.wait(23 * HOUR)
    await excludes(scene)
    await clicks(scene, "Anne bis")
    assert not is_excluded(scene)
    await scene.stage.wait(2 * HOUR)
    await clicks(scene, "Anne bis")
    assert is_excluded(scene)


async def test_keys_that_were_lost_count_anew(scene: Scenery) -> None:
    await has_keys(scene, "Bob", 0)
    await scene.stage.wait(30)
    await has_keys(scene, "Bob")
    await excludes(scene)
    await clicks(scene, "Bob")
    assert not is_excluded(scene)


async def test_so_do_those_of_somebody_who_left_and_came_back(scene: Scenery) -> None:
    """Their level stays in the space while they are away; who comes back may be somebody else by now."""
    bob = scene.people["Bob"]
    await scene.stage.becomes(bob, scene.space.room_id, "leave")
    await scene.stage.wait(30)
    await scene.stage.becomes(bob, scene.space.room_id, "join")
    await excludes(scene)
    await clicks(scene, "Bob")
    assert not is_excluded(scene)


async def test_a_clock_that_is_set_back_opens_nothing(scene: Scenery) -> None:
    """The machine starts in 1970, as some do: the keys are not half a century old for that."""
    await says(scene, "!aide")  # on any other day
    right = scene.stage.clock.at
    scene.stage.clock.at = 1_000
    await has_keys(scene, "Anne bis")
    scene.stage.clock.at = right
    await excludes(scene)
    await clicks(scene, "Anne bis")
    assert not is_excluded(scene)


async def test_what_was_given_while_nobody_listened_counts_from_the_next_look(scene: Scenery) -> None:
    scene.space.levels[scene.people["Anne bis"]] = 100
    scene.rooms["Conciergerie"].members[scene.people["Anne bis"]] = "join"
    await scene.stage.bot.note_key_holders()
    await excludes(scene)
    await clicks(scene, "Anne bis")
    assert not is_excluded(scene)


async def test_a_lieu_of_yesterday_goes_on(scene: Scenery) -> None:
    """Before the first look nothing was written down: whoever has the keys then has had them as long as the bot."""
    lieu = (await scene.stage.bot.lieux.all())[0]

    def forgotten(tx: store.Tx) -> None:
        tx.execute("DELETE FROM keepers")
        tx.execute("UPDATE lieux SET keys_seen = 0")

    await scene.stage.database.write(forgotten)
    await scene.stage.bot.note_key_holders()
    assert set(await scene.stage.database.read(store.key_holders, lieu.id)) >= {
        scene.people["Anne"],
        scene.people["Bob"],
    }
    await excludes(scene)
    await clicks(scene, "Bob")
    assert is_excluded(scene)


async def test_whoever_asks_is_told_who_may_say_yes_and_from_when_on(scene: Scenery) -> None:
    await has_keys(scene, "Bob", 0)
    await has_keys(scene, "Bob")
    said = await excludes(scene)
    assert "Bob, à partir " in said
    await scene.stage.wait(25 * HOUR)
    await clicks(scene, "Bob")
    assert is_excluded(scene)


async def test_the_journal_says_who_did(scene: Scenery) -> None:
    await excludes(scene)
    await clicks(scene, "Bob")
    assert "Bob a donné son accord pour exclure Marc (@marc:lieu.fr) du lieu" in await says(scene, "!journal accord")


# -- the rule itself


async def test_the_rule_is_not_switched_off_by_one(scene: Scenery) -> None:
    await says(scene, "!installer deux", "aucun")
    assert await rule(scene) == {"close", "exclude", "delete"}
    await excludes(scene)
    assert not is_excluded(scene)


async def test_no_act_is_taken_out_of_it_by_one(scene: Scenery) -> None:
    said = await says(scene, "!installer deux", "1 3")
    assert "exclure quelqu’un du lieu" in said
    assert await rule(scene) == {"close", "exclude", "delete"}
    await clicks(scene, "Bob", "❌")
    assert await rule(scene) == {"close", "exclude", "delete"}


async def test_two_may_loosen_it_and_nothing_else_goes_with_it(scene: Scenery) -> None:
    """What somebody adds while the question waits is not taken away by a « oui » to something else."""
    await scene.stage.bot.lieux.choose(1, two=("close", "exclude"))
    await says(scene, "!installer deux", "1")
    await scene.stage.bot.lieux.choose(1, two=("close", "exclude", "delete"))
    await clicks(scene, "Bob")
    assert await rule(scene) == {"close", "delete"}


async def test_one_is_enough_to_tighten_it(scene: Scenery) -> None:
    await scene.stage.bot.lieux.choose(1, two=("close",))
    assert "C’est changé" in await says(scene, "!installer deux", "tout")
    assert await rule(scene) == {"close", "exclude", "delete"}


# -- the others


@pytest.mark.parametrize("lines", [("!compte suspendre bob", "oui"), ("!départ bob", "tout de suite", "oui")])
async def test_no_concierge_puts_another_one_out_alone(scene: Scenery, lines: tuple[str, ...]) -> None:
    """Alone, Anne would have to ask nobody."""
    assert scene.directory
    await has_keys(scene, "Marc")
    await scene.stage.wait(2)
    said = await says(scene, *lines)
    assert "qui a aussi les clés du lieu" in said
    assert scene.directory.accounts["bob"].active
    assert scene.space.members[scene.people["Bob"]] == "join"
    await clicks(scene, "Marc")
    assert not scene.directory.accounts["bob"].active


async def test_a_member_is_suspended_by_one(scene: Scenery) -> None:
    assert scene.directory
    await says(scene, "!compte suspendre marc", "oui")
    assert not scene.directory.accounts["marc"].active


async def test_what_two_decided_is_not_undone_by_one(scene: Scenery) -> None:
    await excludes(scene)
    await clicks(scene, "Bob")
    await says(scene, "!journal défaire", "1", "oui")
    assert is_excluded(scene)
    await clicks(scene, "Bob")
    assert not is_excluded(scene)


# -- alone


async def test_the_only_concierge_waits_for_a_week_that_is_announced(scene: Scenery) -> None:
    """Anne took Bob's keys in her client. A lieu is not locked for ever, and a week is enough to be seen."""
    await has_keys(scene, "Bob", 0)
    said = await excludes(scene)
    assert "dans sept jours" in said
    await clicks(scene, "Anne")
    await clicks(scene, "Bob")
    await scene.stage.wait(6.9)
    assert not is_excluded(scene)
    await scene.stage.wait(0.2)
    assert is_excluded(scene)


async def test_whoever_has_the_keys_again_by_then_is_asked_as_ever(scene: Scenery) -> None:
    await has_keys(scene, "Bob", 0)
    await excludes(scene)
    await scene.stage.wait(6)
    await has_keys(scene, "Bob")
    await scene.stage.wait(1.1)
    assert not is_excluded(scene)
    assert "je n’ai rien fait" in scene.stage.last(office(scene))


async def test_whoever_has_the_keys_again_says_no(scene: Scenery) -> None:
    await has_keys(scene, "Bob", 0)
    await excludes(scene)
    await has_keys(scene, "Bob")
    await scene.stage.wait(2)
    await clicks(scene, "Bob", "❌")
    await scene.stage.wait(8)
    assert not is_excluded(scene)
