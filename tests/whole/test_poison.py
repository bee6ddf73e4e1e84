"""Words that kill the process: three times, then everybody else is served; whoever hosts the bot releases them once it
is mended. And safe mode, as it is typed."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from tests.servers.bot_process import BotProcess
from tests.servers.lieu import Lieu
from tests.servers.synapse import Synapse

from .conftest import Settle, unique
from .poisoned import POISON

PATIENCE = 60.0


class PoisonedProcess(BotProcess):
    """`poisoned`, or as it is once it is mended; as a host types it."""

    poisoned = True

    def argv(self, name: str, *more: str) -> list[str]:
        argv = super().argv(name, *more)
        return [sys.executable, "-m", "tests.whole.poisoned", *argv[3:]] if self.poisoned else argv


async def told(bot: BotProcess, *words: str) -> str:
    argv = [*bot.argv("aside")[:3], "aside", *words, "--env-file", str(bot.env_file)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, env=bot.environment, cwd=bot.root, stdout=pipe)
    said, _ = await process.communicate()
    assert process.returncode == 0, said
    return said.decode()


async def test_poisoned_words_are_put_aside_and_all_others_are_answered(
    synapse: Synapse, settle: Settle, tmp_path: Path
) -> None:
    async with Lieu(tmp_path / "lieu", synapse, bot_name=unique("conciergerie")) as lieu:
        lieu.bot = bot = PoisonedProcess(tmp_path / "lieu", lieu.settings())
        bot.more = ()
        await bot.start()
        place = await settle("La Rosée", lieu)
        anne, office = place.anne.person, place.office

        await anne.say(office, f"!aide {POISON}")
        await anne.say(office, "!aide motx")
        for _ in range(3):
            assert await bot.ended() == -signal.SIGKILL
            bot.launch()

        def bodies() -> list[str]:
            return [one.body for one in anne.messages(office) if one.sender == lieu.account.user_id]

        def both() -> bool:
            return all(any(words in body for body in bodies()) for words in ("motx", "malgré trois essais"))

        await anne.until(both, timeout=PATIENCE, what="the notice, and the answer to what came after")
        assert not any(POISON in body for body in bodies())
        await anne.say(office, "!état")
        await anne.next(office, "est mis de côté", timeout=PATIENCE)
        line = await told(bot)
        assert line.startswith("1  event $")
        assert "the bot died of it three times" in line
        assert POISON not in line + bot.log.read_text()

        await bot.stop()
        bot.poisoned = False
        await bot.start()
        await told(bot, "release", "1")
        await anne.next(office, POISON, timeout=PATIENCE)
        assert await told(bot) == "Nothing is aside.\n"

        await bot.stop()
        bot.more = ("--safe",)
        bot.launch()
        await anne.say(office, "!aide moty")
        await anne.say(office, "!état")
        await anne.next(office, "Mode de secours", timeout=PATIENCE)
        assert "waits for the end of safe mode" in await told(bot)
        await bot.stop()
        bot.more = ()
        await bot.start()
        await anne.next(office, "moty", timeout=PATIENCE)
        await bot.stop()
