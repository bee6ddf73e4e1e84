"""`bot.env` on disk: whole or not at all, mode 0600, and read back as it was meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bot.services.registry import SERVICES
from bot.settings import NAMES, SECRETS
from bot.store import whole_file

HEAD = "# Written by `conciergerie setup`, {at:%Y-%m-%d}. Every setting is explained in bot.example.env.\n"


def write(file: Path, answers: Mapping[str, str], at: datetime) -> None:
    """Replace `file`; what it held besides our settings is kept."""
    known = [name for name in sorted(NAMES, key=_family) if answers.get(name)]
    others = [name for name in answers if name not in NAMES]
    lines = [f"{name}={_quoted(answers[name])}\n" for name in (*known, *others)]
    whole_file.write(file, HEAD.format(at=at) + "".join(lines))


def _family(name: str) -> tuple[int, int]:
    families = ("MATRIX_", "DATA_", *(start for service in SERVICES for start in service.starts))
    family = next((place for place, start in enumerate(families) if name.startswith(start)), len(families))
    return family, name in SECRETS


def _quoted(value: str) -> str:
    """As python-dotenv reads it, and systemd's EnvironmentFile too."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
