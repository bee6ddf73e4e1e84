"""They are the lieu's from now on, one after the other: what is so already stays so, what is no more so is left."""

from __future__ import annotations

from typing import Any

from bot.services.adoption import Candidate
from bot.talk.talk import Talk

from .ticked_list import Tools

STRIDE = 10  # between two lines of progress
NAMED = 8


async def take(talk: Talk, tools: Tools, wanted: list[Candidate], *, to: str | None = None) -> None:
    """Looked at again: who has become somebody else's while this was asked is not taken."""
    rows = await talk.look("still", tools.adoption.still, wanted)
    taken = list[str]()
    for n, row in enumerate(rows, 1):
        if to is None and len(rows) > STRIDE and (n % STRIDE == 0 or n == len(rows)):
            await talk.show("progress", done=n, total=len(rows))
        if await talk.do("take", tools.adoption.take, row, item=row["login"]):
            talk.note("adopted", tools.adoption.holder(row), login=row["login"])
            taken.append(row["login"])
    left = [row["name"] for row in wanted if row["login"] not in taken]
    if left:
        await talk.say("left", to=to, n=len(left), who=left)
    if not taken:
        return
    names = [row["name"] for row in rows if row["login"] in taken]
    words: dict[str, Any] = {"n": len(names), "lieu": tools.lieu.name}
    if len(names) > NAMED:
        await talk.say("done-many", to=to, **words)
    else:
        await talk.say("done", to=to, who=names, **words)
