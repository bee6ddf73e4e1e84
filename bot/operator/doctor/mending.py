"""What `doctor --fix` mends: what is surely meant, here, and can be read back. The data themselves it leaves alone."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.backups.in_clear import left_beside, remove_left
from bot.operator.doctor.homeserver_checks import Patient, lift_limits, limits
from bot.operator.doctor.instance import copies_beside, is_everybodys, is_private, of_others
from bot.services.synapse import SYNAPSE
from bot.settings import Settings
from integrations.errors import Refused, Unavailable

Ask = Callable[[str], bool]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Mending:
    """`is_needed` reads whether there is something to mend, and is asked again once it is; `wants` is the question."""

    name: str
    wants: Callable[[Patient], str]
    is_needed: Callable[[Patient], Awaitable[bool]]
    mend: Callable[[Patient], Awaitable[None]]


async def fix(settings: Settings, ask: Ask, tell: Tell, env_file: Path | None = None) -> None:
    """Offer each thing that can be mended, mend it upon a yes, and say what is seen afterwards."""
    async with Patient.of(settings, env_file) as patient:
        offered = [one for one in MENDINGS if await _seen(one, patient)]
        for one in offered:
            if ask(one.wants(patient)):
                tell(await _mended(one, patient))
    if not offered:
        tell("There is nothing here that doctor could mend.")


async def _seen(one: Mending, patient: Patient) -> bool:
    try:
        return await one.is_needed(patient)
    except (OSError, Refused, Unavailable):  # the table says so
        return False


async def _mended(one: Mending, patient: Patient) -> str:
    try:
        await one.mend(patient)
        left = await one.is_needed(patient)
    except OSError as error:
        return f"✗ {one.name}: not mended, {error.filename or 'the system'} refuses ({error.strerror})"
    except (Refused, Unavailable):
        return f"? {one.name}: it could not be seen whether it is mended; see below"
    return f"✗ {one.name}: not mended" if left else f"✓ {one.name}: mended"


# -- on this machine


def _shown(patient: Patient) -> list[Path]:
    """What others than the bot may read, and holds keys or passwords."""
    folder, env = patient.settings.data_dir, patient.env_file
    found = [env] if env and is_everybodys(env) else []
    if folder.is_dir() and not is_private(folder):
        found += [path for path in (folder, *folder.iterdir()) if not is_private(path)]
    return found


async def _hide(patient: Patient) -> None:
    for path in _shown(patient):
        path.chmod(path.stat().st_mode & (0o770 if path == patient.env_file else 0o700))


async def _is_shown(patient: Patient) -> bool:
    return bool(_shown(patient))


async def _is_of_others(patient: Patient) -> bool:
    return bool(of_others(patient.settings.data_dir))


async def _give_back(patient: Patient) -> None:
    """To whoever has the folder: a command that root typed leaves its files behind."""
    folder = patient.settings.data_dir
    whose = folder.stat()
    for path in of_others(folder):
        os.chown(path, whose.st_uid, whose.st_gid, follow_symlinks=False)


async def _has_copies(patient: Patient) -> bool:
    return bool(copies_beside(patient.settings.data_dir))


async def _drop_copies(patient: Patient) -> None:
    for path in copies_beside(patient.settings.data_dir):
        path.unlink()


async def _has_left(patient: Patient) -> bool:
    return bool(left_beside(patient.settings.data_dir))


async def _remove_left(patient: Patient) -> None:
    remove_left(patient.settings.data_dir)


# -- on the homeserver


async def _is_limited(patient: Patient) -> bool:
    if not patient.settings.services[SYNAPSE]:
        return False  # nobody who could lift them
    return any(one.code == "limits" and not one.ok for one in await limits(patient))


async def _lift(patient: Patient) -> None:
    await lift_limits(patient)


MENDINGS = (
    Mending(
        "private",
        lambda patient: f"Keep others from reading {_listed(_shown(patient))}?",
        _is_shown,
        _hide,
    ),
    Mending(
        "owners",
        lambda patient: f"Give {_listed(of_others(patient.settings.data_dir))} back to whoever owns the data folder?",
        _is_of_others,
        _give_back,
    ),
    Mending(
        "copies",
        lambda patient: f"Delete {_listed(copies_beside(patient.settings.data_dir))}, from before earlier upgrades?",
        _has_copies,
        _drop_copies,
    ),
    Mending(
        "restores",
        lambda patient: (
            f"Remove {_listed(left_beside(patient.settings.data_dir))}, which a killed restore left in clear?"
        ),
        _has_left,
        _remove_left,
    ),
    Mending("limits", lambda _: "Take the homeserver's rate limits off the bot?", _is_limited, _lift),
)


def _listed(paths: list[Path]) -> str:
    return ", ".join(str(path) for path in paths)
