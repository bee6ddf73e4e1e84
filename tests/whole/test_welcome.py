"""The whole welcome, on each kind of lieu: every step happens, and is read back from the servers."""

from __future__ import annotations

from tests.demo.newcomers import ByMail
from tests.demo.play import Play
from tests.demo.read_back import read_back
from tests.servers.lieu import EmbeddedLieu


def untold(room: str, who: str, what: str) -> None:
    """Nobody watches."""


async def test_with_an_sso(lieu: EmbeddedLieu) -> None:
    """The bot dies between the acts, and nobody notices."""
    play = Play(lieu, ByMail(lieu.house), untold)
    try:
        for act in play.acts():
            await play.play(act)
            await lieu.bot.restart()
        rows = await read_back(play.welcome)
        assert all(row.is_there for row in rows), rows
    finally:
        await play.end()
