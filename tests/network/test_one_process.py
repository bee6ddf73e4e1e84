"""Two lieux of one process: nobody sees that they share a bot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage.transcript import FOLDER, play


@pytest.mark.parametrize("name", ["entre-deux-lieux", "toute-une-vie", "maladresses", "qui-se-termine"])
async def test_a_request_looks_the_same_where_both_lieux_have_one_bot(tmp_path: Path, name: str) -> None:
    alone = (FOLDER / f"demande-{name}.txt").read_text()
    together = alone.replace("serveur : moulin.fr", "bot : celui de La Rosée")
    assert together != alone
    file = tmp_path / "one.txt"
    file.write_text(together)
    assert await play(file) == together
