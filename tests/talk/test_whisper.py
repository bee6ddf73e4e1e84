"""A secret is told once, in private, and kept nowhere: not in the replay log, not among the letters."""

from __future__ import annotations

from pathlib import Path

from bot.errors import Unavailable
from bot.talk import VERBATIM, Text
from bot.talk.talk import Talk
from tests.stage.rehearsal import ROOM, Open

SECRET = "Kq7m-Xw2p-Rt9v"


async def secret(of: str) -> str:
    return f"{SECRET}-{of}"


async def tells(talk: Talk) -> None:
    name = await talk.ask("name", Text(VERBATIM))
    await talk.whisper("secret", ROOM, secret, name)
    await talk.say("bye")


def kept(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.glob("bot.sqlite*"))


async def test_a_secret_is_told_and_not_kept(rehearse: Open, tmp_path: Path) -> None:
    rehearsal = await rehearse(tells)
    await rehearsal.hear("name", "lien")
    assert list(rehearsal.whispered.values()) == [f"secret {SECRET}-lien"]
    assert await rehearsal.said() == ["name", "bye"]
    assert (await rehearsal.steps())["secret"].status == "done"
    assert b"lien" in kept(tmp_path)
    assert SECRET.encode() not in kept(tmp_path)


async def test_a_secret_of_which_the_answer_was_lost_is_told_once(rehearse: Open, tmp_path: Path) -> None:
    """The same secret under the same transaction id: the homeserver takes it for the one that it has."""
    rehearsal = await rehearse(tells)
    rehearsal.fates = [Unavailable("matrix", 1, unknown=True)]
    await rehearsal.hear("name", "lien")
    assert await rehearsal.said() == ["name"]
    await rehearsal.wait(1)
    assert list(rehearsal.whispered.values()) == [f"secret {SECRET}-lien"]
    assert await rehearsal.said() == ["name", "bye"]
    assert SECRET.encode() not in kept(tmp_path)
