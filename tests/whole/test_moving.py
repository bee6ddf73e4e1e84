"""A lieu goes to a bot of its own while its request is open, on two real homeservers, by the operator's commands."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.demo.actor import PATIENCE
from tests.servers.bot_process import BotProcess
from tests.servers.federation import Federation

from .conftest import Open, Settle, unique
from .network import LASER, ask, card, meet, says, thread


async def run(bot: BotProcess, *words: str) -> str:
    done = await asyncio.to_thread(
        subprocess.run, bot.argv(*words), env=bot.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
async def own(federation: Federation, tmp_path: Path) -> AsyncIterator[tuple[str, BotProcess]]:
    """A bot on the other homeserver that has never run: La Rosée changes its server too."""
    name = unique("conciergerie")
    account = await federation.there.register(name)
    settings = {"MATRIX_HOMESERVER": federation.there.base_url, "MATRIX_USER": account.user_id, "DIRECTORY": "none"}
    settings |= {"MATRIX_PASSWORD": f"password-of-{name}", "ALLOWED_SERVERS": federation.here.server_name}
    bot = BotProcess(tmp_path / name, settings)
    yield account.user_id, bot
    await bot.stop()


@pytest.mark.parametrize("keeper", ["La Rosée", "Le Moulin"])
async def test_a_lieu_has_another_bot_and_its_request_goes_on(
    federation: Federation,
    open_lieu: Open,
    settle: Settle,
    own: tuple[str, BotProcess],
    tmp_path: Path,
    keeper: str,
) -> None:
    lieux = await asyncio.gather(open_lieu(federation.here), open_lieu(federation.there))
    rosee, moulin = await asyncio.gather(*map(settle, ("La Rosée", "Le Moulin"), lieux))
    await meet(*((rosee, moulin) if keeper == "La Rosée" else (moulin, rosee)))
    await ask(rosee, LASER)
    theirs, (heir, bot), file = await card(moulin, LASER), own, str(tmp_path / "rosee.json")
    await rosee.lieu.bot.stop()
    assert "no longer here" in await run(rosee.lieu.bot, "export", "La Rosée", file, "--to", heir)
    await rosee.lieu.bot.start()
    assert "La Rosée is here, asleep" in await run(bot, "import", file)
    await bot.start()
    anne, other = rosee.anne.person, moulin.anne.person
    await anne.call("POST", f"/_matrix/client/v3/rooms/{rosee.space}/invite", {"user_id": heir})
    if keeper == "Le Moulin":
        await moulin.anne.converses(
            moulin.office, [("lieu_admission.let-in", "✅"), ("lieu_admission.other-bot", "✅")]
        )
    anew = await anne.next(
        rosee.office, lambda heard: heard.sender == heir and "Notre demande" in heard.body, timeout=PATIENCE
    )
    await other.say_in_thread(moulin.office, theirs, "On en a deux")
    line = await anne.next(rosee.office, says("On en a deux"), timeout=PATIENCE)
    assert (line.sender, thread(line.content)) == (heir, anew.event_id)
    await anne.say_in_thread(rosee.office, anew.event_id, "Samedi matin ?")
    back = await other.next(moulin.office, says("Samedi matin"), timeout=PATIENCE)
    assert thread(back.content) == theirs
    assert "✓ La Rosée" in await run(bot, "journal")
