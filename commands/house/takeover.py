"""A group or a folder that was there before a lieu asked for it: whoever hosts the bot says if it is the lieu's."""

from __future__ import annotations

from typing import Any

from bot.lieux import Lieu
from bot.services.claims import EXISTED, GROUP, Claims
from bot.talk import YesNo, days, dialogue
from bot.talk.ports import Facts
from bot.talk.talk import Talk


@dialogue("claim", action="install")
async def claim(talk: Talk, lieu: Lieu, facts: Facts, claims: Claims, kind: str, name: str, back: str) -> None:
    """In the operators' room; `back` is where it was asked for."""
    await talk.known_as(facts.display_name, talk.person)
    asked: dict[str, Any] = {
        "name": name,
        "lieu": lieu.name,
        "space": lieu.space,
        "who": talk.who,
        "person": talk.person,
    }
    if kind == GROUP:
        n = await talk.look("count", claims.count, name)
        yes = await talk.ask("group", YesNo(), of="operate", remind=days(1), n=n, **asked)
    else:
        yes = await talk.ask("folder", YesNo(), of="operate", remind=days(1), **asked)
    stands = await talk.look("stands", claims.standing, kind, name) if yes else "no"
    if stands not in ("", EXISTED):
        await talk.do("refused", claims.answered, kind, name, False)
        await talk.say(f"install.{kind}-not-given", to=back, name=name)
        return
    await talk.do("give", claims.give, kind, name, talk.person)
    await talk.do("given", claims.answered, kind, name, True)
    talk.note(f"{kind}-given", name=name)
    await talk.say("done", name=name, lieu=lieu.name)
    await talk.say(f"install.{kind}-given", to=back, name=name)
