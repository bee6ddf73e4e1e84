"""Somebody leaves the lieu and every room of it, and cannot come back by themselves."""

from __future__ import annotations

from bot.arrivals.arrivals import Arrivals, end_way_in
from bot.arrivals.full_names import addressed
from bot.arrivals.members import Members
from bot.errors import Refused
from bot.lieux import Lieu
from bot.moderation.ban_lists import BanLists
from bot.moderation.bans import ban_everywhere
from bot.moderation.scope import Scope
from bot.talk import PERHAPS_ASKING, Text, YesNo, dialogue, hours
from bot.talk.ports import Conversations, Membership, PolicyLists
from bot.talk.talk import Talk


@dialogue("exclude", action="moderate", within=hours(1))
async def exclude(
    talk: Talk,
    lieu: Lieu,
    scope: Scope,
    membership: Membership,
    arrivals: Arrivals,
    conversations: Conversations,
    lists: BanLists,
    policy_lists: PolicyLists,
    members: Members,
    about: str,
    name: str,
    listed: str | None = None,
    applied: bool = False,
) -> None:
    """`listed`: a ban list gave this reason, and a concierge agreed already; `applied`: the lieu had, once for all."""
    reason, publish = listed, False
    own = await talk.look("own-list", lists.own, lieu.id)
    address = await addressed(talk, members, lieu, about, name)
    if reason is None:
        reason = await talk.ask("moderation.reason", Text(PERHAPS_ASKING, max=500), who=name)
        publish = own is not None and await talk.ask("publish", YesNo(), who=name)
        await talk.confirm("sure", who=name, address=address, lieu=lieu.name, reason=reason)
    if not applied and not await talk.seconded("exclude", about=f"{name} ({address})"):
        return
    if spared := await talk.look("spared", scope.spared, lieu, about, talk.person):
        await talk.say(f"moderation.{spared}", who=name)
        return
    done = await talk.do("ban", ban_everywhere, scope, membership, lieu, about)
    if not done["rooms"]:
        await talk.say("moderation.nowhere", who=name)
        return
    await talk.do("stop", end_way_in, arrivals, conversations, lieu, about, str(talk.id))
    talk.note("excluded", about, reason=reason)
    await talk.say("done", n=done["rooms"], who=name)
    if done["refused"]:
        await talk.say("moderation.could-not", rooms=done["refused"])
    if own and publish:
        await _publish(talk, policy_lists, own, about, reason)
    await talk.begin("tell", about, talk.room, what="excluded", by=talk.person, reason=reason)


async def _publish(talk: Talk, policy_lists: PolicyLists, own: str, about: str, reason: str) -> None:
    try:
        await talk.do("publish", policy_lists.publish, own, about, reason)
        await talk.say("published")
    except Refused:
        await talk.say("unpublished")
