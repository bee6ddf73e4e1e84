"""`talk.write`: rows of ours that a step makes are written with its note, and with the answer on which they rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.database import Tx
from bot.talk import VERBATIM, Text
from bot.talk.talk import Talk
from tests.stage.rehearsal import Rehearsal


def _note(tx: Tx, name: str) -> list[str]:
    tx.execute("INSERT INTO noted VALUES (?)", (name,))
    return _noted(tx)


def _noted(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.execute("SELECT name FROM noted")]


async def notes(talk: Talk) -> None:
    name = await talk.ask("name", Text(VERBATIM))
    found = await talk.write("note", _note, name)
    await talk.ask("again", Text(VERBATIM))
    await talk.say("done", what=found)


async def opened(path: Path) -> Rehearsal:
    play = await Rehearsal.open(path, notes)
    await play.database.write(lambda tx: tx.execute("CREATE TABLE noted (name)"))
    await play.start()
    return play


async def test_it_is_written_with_the_answer_before_it_and_once(tmp_path: Path) -> None:
    play = await opened(tmp_path)
    before = play.database.writes
    await play.hear("name", "Zoé")
    assert play.database.writes == before + 2  # the answer and what rests on it; what is asked next
    await play.hear("again", "oui")
    assert await play.said() == ["name", "again", "done Zoé"]
    assert await play.database.read(_noted) == ["Zoé"]
    await play.close()


async def test_where_it_cannot_be_written_nothing_was_heard(tmp_path: Path) -> None:
    play = await opened(tmp_path)

    def fails() -> None:
        play.database.before_commit = lambda: None
        raise OSError(28, "no room")

    play.database.before_commit = fails
    with pytest.raises(OSError, match="no room"):
        await play.hear("name", "Zoé")
    assert (await play.steps())["name"].status == "asked"
    assert await play.database.read(_noted) == []
    await play.hear("name", "Zoé")
    assert await play.database.read(_noted) == ["Zoé"]
    await play.close()


async def test_what_is_written_has_its_answer_whatever_fails_behind_it(tmp_path: Path) -> None:
    play, commits = await opened(tmp_path), 0

    def fails() -> None:
        nonlocal commits
        commits += 1
        if commits == 2:
            raise OSError(28, "no room")

    play.database.before_commit = fails
    with pytest.raises(OSError, match="no room"):
        await play.hear("name", "Zoé")
    assert (await play.steps())["name"].status == "done"
    assert await play.database.read(_noted) == ["Zoé"]
    await play.engine.resume()
    await play.engine.idle()
    assert await play.said() == ["name", "again"]
    assert await play.database.read(_noted) == ["Zoé"]
    await play.close()
