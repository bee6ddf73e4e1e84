"""Two lieux of one process: nobody sees that they share a bot."""

from __future__ import annotations

from pathlib import Path

from tests.talk.transcript import FOLDER, play


async def test_a_request_looks_the_same_where_both_lieux_have_one_bot(tmp_path: Path) -> None:
    alone = (FOLDER / "demande-entre-deux-lieux.txt").read_text()
    together = alone.replace("serveur : moulin.fr", "bot : celui de La Rosée")
    assert together != alone
    file = tmp_path / "one.txt"
    file.write_text(together)
    assert await play(file) == together
