"""Sign in while the password is at hand: afterwards the session is kept, and the password need not be."""

from __future__ import annotations

from collections.abc import MutableMapping

from bot.app import data, enter
from bot.errors import CredentialsRefused, DataUnusable, MatrixRefused, Unavailable
from bot.matrix.cross_signing import State
from bot.matrix.session import AccountInUse
from bot.operator.doctor.instance import is_running
from bot.operator.doctor.sentences import mending
from bot.operator.setup.terminal import Asking
from bot.settings import Settings

REPLACE = "Replace its identity? (Only if nobody needs the earlier one: a bot that runs with it loses people's trust)"
KEEP = "Keep the password in the settings too? (It is needed again only if the session is lost)"


async def sign_in(settings: Settings, asking: Asking, answers: MutableMapping[str, str]) -> bool:
    """Leave a signed-in, signed device in the data folder; False where that failed (it was said)."""
    if is_running(settings.data_dir):
        asking.say("· the bot is running: its session is left as it is")
        return True
    try:
        state = await _entered(settings, asking)
    except DataUnusable as why:
        asking.say(f"✗ {why}")
    except CredentialsRefused:
        asking.say("✗ the homeserver refuses this password or token: mend it, and MATRIX_USER")
    except Unavailable as away:
        asking.say(f"✗ the homeserver: {mending('matrix', away.cause, away.words)}")
    except MatrixRefused as refusal:
        asking.say(f"✗ the homeserver refuses ({refusal.errcode})")
    else:
        return _said(state, asking, answers)
    return False


async def _entered(settings: Settings, asking: Asking) -> State:
    """An account that is in use may be the running bot's, or have been made in a client: only its owner knows."""
    try:
        return await _enter(settings)
    except AccountInUse as used:
        asking.say(f"✗ {used}")
        if not asking.confirm(REPLACE, False):
            raise
    return await _enter(settings, new=True)


async def _enter(settings: Settings, *, new: bool = False) -> State:
    async with data(settings, new=new) as database:
        client, state = await enter(settings, database, new=new)
        await client.close()
        return state


def _said(state: State, asking: Asking, answers: MutableMapping[str, str]) -> bool:
    signed = state is State.SIGNED
    asking.say("✓ signed in, and the device is signed" if signed else f"✗ signed in, but the device is not ({state})")
    if answers.get("MATRIX_PASSWORD") and not asking.confirm(KEEP, False):
        del answers["MATRIX_PASSWORD"]
    return signed
