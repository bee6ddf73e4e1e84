"""Somebody looks after several lieux and asked in private: which one is it about?"""

from __future__ import annotations

from typing import Any

from bot.talk import Choice, Option, dialogue
from bot.talk.talk import Talk


@dialogue("which-lieu", action="help")
async def which_lieu(
    talk: Talk,
    command: str,
    lieux: list[list[str]],
    line: dict[str, str],
    said: dict[str, Any] | None = None,
    named: dict[str, str] | None = None,
) -> None:
    which = await talk.ask("which", Choice([Option(id, name) for id, name in lieux]))
    await talk.begin(command, talk.person, talk.room, lieu=int(which), given=line, said=said or {}, named=named or {})
