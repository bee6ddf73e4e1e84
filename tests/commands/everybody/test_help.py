"""`!aide` is a menu: what it shows can be typed as it stands, and leads where its line says."""

from __future__ import annotations

import re

import pytest

from bot.people import Place
from tests.stage.furnished_lieux import ANNE, MARC, lieu
from tests.stage.stage import FakeRoom, Stage, words

LANGUAGES = ("fr", "fr@vous", "en")


@pytest.fixture
async def rooms(stage: Stage) -> dict[str, FakeRoom]:
    rooms = await lieu(stage, "La Rosée", ANNE)
    for room in rooms.values():
        room.members[MARC] = "join"
    return rooms


async def says(stage: Stage, room: str, line: str, by: str = ANNE) -> str:
    before = len(stage.said(room))
    await stage.write(by, room, line)
    return "\n".join(stage.said(room)[before:])


def lines(told: str) -> list[str]:
    """What can be typed, of each line of the menu."""
    return re.findall(r"^• (![^—]+) — ", told, re.MULTILINE)


async def test_the_menu_has_the_five_that_are_asked_most_and_a_line_for_each_topic(
    stage: Stage, rooms: dict[str, FakeRoom]
) -> None:
    found = lines(await says(stage, rooms["office"].room_id, "!aide"))
    assert found[:5] == ["!inviter", "!suivi", "!membres", "!annonce", "!état"]
    assert len(found) == 5 + len(stage.bot.table.sections())
    assert all(line.startswith("!aide ") for line in found[5:])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_line_of_the_menu_leads_to_its_topic_and_back_to_each_command(
    stage: Stage, rooms: dict[str, FakeRoom], language: str
) -> None:
    office, table = rooms["office"].room_id, stage.bot.table
    (found,) = await stage.bot.lieux.all()
    await stage.bot.lieux.choose(found.id, language=language)
    menu = await says(stage, office, "!aide")
    shown = [await says(stage, office, line) for line in lines(menu)[5:]]
    every = {line for told in shown for line in lines(told)}
    assert every == {table.code(script, language).text for script in table.commands}
    for told in shown:
        example = told.splitlines()[-1].split(" ")[1]
        assert example in every or f"!{example}" in every, "what tells more is one of these"
    for script in table.commands:
        word = words().word(language, f"command.{script.name}.word")
        long = await says(stage, office, f"!aide {word}")
        assert long not in shown, f"« {word} » is a command, and no topic"
        stage.clock.at += 3_600_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_topic_is_called_like_a_command(stage: Stage, language: str) -> None:
    table = stage.bot.table
    topics = [words().word(language, f"help.section.{name}") for name in table.sections()]
    commands = {words().word(each, f"command.{one.name}.word") for one in table.commands for each in LANGUAGES}
    assert len({*topics}) == len(topics)
    assert not commands & {*topics}


@pytest.mark.parametrize("who", [ANNE, MARC])
async def test_before_everybody_only_what_everybody_may_ask_is_shown(
    stage: Stage, rooms: dict[str, FakeRoom], who: str
) -> None:
    table = stage.bot.table
    told = await says(stage, rooms["room"].room_id, "!aide", by=who)
    by_line = {table.code(script, "fr").text: script for script in table.commands}
    shown = [by_line[line] for line in lines(told)]
    assert shown
    assert all([await stage.bot.people.may(MARC, each.action, (await stage.bot.lieux.all())[0]) for each in shown])
    assert ("concierges se demande" in told) is (who == ANNE)
    assert any(Place.ROOM in stage.bot.people.rights[each.action].places for each in shown)


@pytest.mark.parametrize("about", ["pour inviter quelqu’un", "!inviter", "inviter ?", "l’invitation", "INVITER"])
async def test_a_command_is_found_in_what_is_asked_of_it(stage: Stage, rooms: dict[str, FakeRoom], about: str) -> None:
    assert "Zoé Martin" in await says(stage, rooms["office"].room_id, f"!aide {about}")


async def test_a_slip_is_helped_and_nothing_is_said_twice(stage: Stage, rooms: dict[str, FakeRoom]) -> None:
    told = await says(stage, rooms["office"].room_id, "!aide invitr")
    assert "!aide inviter" in told
    assert lines(told) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("suprimer", "supprimer"),
        ("Supprimmer", "supprimer"),
        ("suprimer quelqu’un", "supprimer quelqu’un"),
        ("réactivr", "réactiver"),
    ],
)
async def test_a_slip_in_people_s_own_words_finds_what_they_mean(
    stage: Stage, rooms: dict[str, FakeRoom], typed: str, meant: str
) -> None:
    office = rooms["office"].room_id
    told = await says(stage, office, f"!aide {typed}")
    assert told.replace(typed, meant) == await says(stage, office, f"!aide {meant}")


async def test_nobody_is_helped_to_what_is_not_theirs(stage: Stage, rooms: dict[str, FakeRoom]) -> None:
    for about in ("inviter", "invitr", "personnes"):
        told = await says(stage, rooms["room"].room_id, f"!aide {about}", by=MARC)
        assert "!inviter" not in told
        assert "!compte" not in told
