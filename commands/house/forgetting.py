"""A night would forget at once what has gathered for long: the clock may be wrong, or the bot was away. Before anything
goes, the conciergerie is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from bot.lieux import Lieu
from bot.retention.nights import Much, Nights
from bot.talk import PRIVATE, Role, Verdict, days, dialogue
from bot.talk.talk import Silence, Talk


@dialogue("forget-much", action="keeping", role=Role.CONCIERGE, places=PRIVATE, silence="")
async def forget_much(talk: Talk, lieu: Lieu, nights: Nights, much: list[Much], today: str) -> None:
    lines = [talk.phrase(f"line-{each['kind']}", **_shown(each)) for each in much]
    answer = Verdict(yes="forgetting.forget", no="forgetting.keep")
    try:
        decided = await talk.ask(
            "sure", answer, of="keeping", remind=days(2), within=days(14), day=date.fromisoformat(today), lines=lines
        )
    except Silence:
        return  # nothing goes, and it is asked again in a while
    if decided.what == "no":
        await talk.say("kept")
        return
    await talk.do("agree", nights.agree, lieu.id, much)
    talk.note("agreed-forgetting", by=decided.by)
    await talk.say("agreed")


def _shown(much: Much) -> dict[str, Any]:
    """How many, and from when to when."""
    since, until = (datetime.fromtimestamp(much[name] / 1000, UTC).date() for name in ("oldest", "cutoff"))
    return {"n": much["n"], "since": since, "until": until}
