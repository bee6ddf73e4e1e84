"""Sign in while the password is at hand: afterwards the session is kept, and the password need not be."""

from __future__ import annotations

from bot.doctor.house import is_running
from bot.errors import CredentialsRefused, MatrixRefused, Moved, Unavailable
from bot.matrix.client import Client
from bot.matrix.identity import State, ensure_signed
from bot.settings import Secret, Settings
from bot.setup.asking import Asking

SEEDS = "seeds.json"
KEEP = "Keep the password in the settings too? (It is needed again only if the session is lost)"


async def sign_in(settings: Settings, asking: Asking, answers: dict[str, str]) -> bool:
    """Leave a signed-in, signed device in the data folder; False where that failed (it was said)."""
    if is_running(settings.data_dir):
        asking.say("· the bot is running: its session is left as it is")
        return True
    try:
        state = await _enter(settings)
    except CredentialsRefused:
        asking.say("✗ the homeserver refuses this password or token")
    except Moved as moved:
        asking.say(f"✗ the homeserver sends us to {moved.to or 'another address'}: if that is yours, write it instead")
    except Unavailable:
        asking.say("✗ the homeserver does not answer")
    except MatrixRefused as refusal:
        asking.say(f"✗ the homeserver refuses ({refusal.errcode})")
    else:
        return _said(state, asking, answers)
    return False


async def _enter(settings: Settings) -> State:
    matrix, folder = settings.matrix, settings.data_dir
    password = _revealed(matrix.password)
    client = await Client.open(
        matrix.homeserver, matrix.user, folder, password=password, access_token=_revealed(matrix.access_token)
    )
    try:
        return (await ensure_signed(client, folder / SEEDS, password)).state
    finally:
        await client.close()


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


def _said(state: State, asking: Asking, answers: dict[str, str]) -> bool:
    signed = state is State.SIGNED
    asking.say("✓ signed in, and the device is signed" if signed else f"✗ signed in, but the device is not ({state})")
    if answers.get("MATRIX_PASSWORD") and not asking.confirm(KEEP, False):
        del answers["MATRIX_PASSWORD"]
    return signed
