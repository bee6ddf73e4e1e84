"""What a newcomer's answer asks of a human: said in the conciergerie until somebody says that it is done."""

from __future__ import annotations

from bot.talk import Done, days, dialogue
from bot.talk.talk import Talk


@dialogue("task", action="be-welcomed", silence="")
async def task(talk: Talk, name: str, what: str) -> None:
    by = await talk.ask("todo", Done(), of="task", remind=days(3), within=days(60), name=name, what=what)
    talk.note("task-done", talk.person, by=by, task=what)
