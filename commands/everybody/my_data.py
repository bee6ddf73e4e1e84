"""`!mes-données`, `!effacer-mes-données`: what is kept of whoever asks, of them alone, lieu by lieu."""

from __future__ import annotations

from bot.arrivals.personal_data import PersonalData
from bot.people import Place
from bot.talk import VERBATIM, Choice, Option, Role, Text, command, hours
from bot.talk.talk import Talk

ALONE = frozenset({Place.DIRECT})


@command("my-data", action="own-data", role=Role.STRANGER, places=ALONE, takes=("who",), within=hours(1))
async def my_data(talk: Talk, personal_data: PersonalData) -> None:
    await _of_a_lieu(talk, personal_data, "own-data", "only-yours")


@command("erase-my-data", action="own-data", takes=("who",), within=hours(1))
async def erase_my_data(talk: Talk, personal_data: PersonalData) -> None:
    await _of_a_lieu(talk, personal_data, "erase-me", "only-yours-erased")


async def _of_a_lieu(talk: Talk, personal_data: PersonalData, dialogue: str, refusal: str) -> None:
    if talk.was_given("who"):
        who = await talk.ask("who", Text(VERBATIM, pointed=True))
        if who != talk.person and not talk.means("my_data.words.mine", who):
            await talk.say(f"my_data.{refusal}")
            return
    lieux = await talk.look("lieux", personal_data.lieux, talk.person)
    if not lieux:
        await talk.say("nothing")
        return
    which = str(lieux[0][0])
    if len(lieux) > 1:
        which = await talk.ask("which", Choice([Option(str(id), name) for id, name in lieux]))
    await talk.begin(dialogue, talk.person, talk.room, lieu=int(which))
