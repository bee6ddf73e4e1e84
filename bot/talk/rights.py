"""Whether a conversation may still do anything: who asked has the right to it, and who said yes still has theirs."""

from __future__ import annotations

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.people import BY_ANOTHER
from bot.store.conversations import Conversation, Step
from bot.talk.context import Surroundings
from bot.talk.script import Script


async def is_rightful(
    around: Surroundings, script: Script, conversation: Conversation, lieu: Lieu | None, *, fresh: bool = False
) -> bool:
    """Whether its person may have this conversation, as things are now. What the bot begins, and what the lieu wants
    whoever asked for it, goes on. Raises Unavailable."""
    if script.lasting or script.standing or conversation.person == around.me:
        return True
    return await _may(around, conversation.person, script.action, lieu, fresh=fresh)


async def still_counts(
    around: Surroundings, script: Script, conversation: Conversation, lieu: Lieu | None, answer: Step, *, fresh: bool
) -> bool:
    """Whether what somebody else answered is still theirs to say. Raises Unavailable."""
    of, by = answer.of or "", answer.by or ""
    if by == around.me:
        return True
    if of in BY_ANOTHER and by == conversation.person:
        return False
    return await _may(around, by, script.action if of.startswith("@") else of, lieu, fresh=fresh)


async def _may(around: Surroundings, person: str, action: str, lieu: Lieu | None, *, fresh: bool) -> bool:
    try:
        return await around.people.may(person, action, lieu, fresh=fresh)
    except Refused as no:  # the homeserver does not tell us: no service has refused what the script is about
        raise Unavailable("matrix") from no
