"""Every conversation of `tests/conversations`, played: what the bot says is what a concierge has read and agreed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage.transcript import FOLDER, play

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_conversation_is_as_it_was_read(file: Path) -> None:
    assert await play(file) == file.read_text()


def test_no_conversation_tells_of_an_accident() -> None:
    """« Quelque chose s’est mal passé » is never what a transcript means to show."""
    assert [file.stem for file in FILES if "mal passé" in file.read_text()] == []
