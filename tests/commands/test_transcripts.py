"""Every conversation of `tests/conversations`, played: what the bot says is what a concierge has read and agreed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage.transcript import FOLDER, play

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.sampled(90)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_conversation_is_as_it_was_read(file: Path) -> None:
    assert await play(file) == file.read_text()


def test_no_conversation_tells_of_an_accident() -> None:
    """« Quelque chose s’est mal passé » is never what a transcript means to show."""
    assert [file.stem for file in FILES if "mal passé" in file.read_text()] == []


def test_each_list_of_the_help_is_printed_in_one_transcript() -> None:
    """A new command changes that page, and not every conversation in which somebody asks for help."""
    whole, of_newcomers = "!aide inviter explique une commande", "quand le lieu est ouvert\n    • !langue — "
    for told, where in ((whole, "aide"), (of_newcomers, "mots-qui-guident")):
        assert [file.stem for file in FILES if told in file.read_text()] == [where]
