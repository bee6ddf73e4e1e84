"""Who comes into a room and who leaves it, the bot itself included. Doing twice what is done changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

import structlog

from bot.errors import MatrixRefused, MissingRight, NotInvited, ServerAway, Unavailable
from bot.matrix.backoff import Unreached
from bot.matrix.client import Client
from bot.matrix.client_api import TooFast, path
from bot.matrix.facts import Facts, server_of

log = structlog.get_logger(__name__)

TRIES = 3  # at a room that our homeserver does not reach: it may be the network between, for a moment
HALF_A_DAY, SOON = 43_200.0, 60.0  # seconds
HERE, AWAY = ("join", "invite"), ("leave", "none")
MODERATOR = 50
EARLY = (1.0, 4.0, 15.0)  # seconds: an invitation may be here before the server that it comes from has noted it
POLICIES = ("m.room.policy", "org.matrix.msc4284.policy")  # of a server that reads what is sent before others do


class Membership:
    """Raises MatrixRefused where the bot may not, Unavailable where nobody answers. `unreached` are rooms that the
    homeserver did not reach."""

    def __init__(self, client: Client, facts: Facts, unreached: Unreached) -> None:
        self._client, self._facts, self._unreached = client, facts, unreached
        self._silent = Unreached(longest=900.0)  # servers of people

    async def invite(self, room_id: str, person: str, *, direct: bool = False, reason: str = "", name: str = "") -> str:
        """`invited`, or `already` when the person is in the room or invited. Raises `NotInvited`, each with its reason,
        and `MatrixRefused` where the bot itself has not the right. Some clients show the `reason`. `name`: of somebody
        whom a private room calls by their address otherwise, for they were never on Matrix.

        A server that ours does not reach is asked a few times an hour, whoever of it is to be invited (`ServerAway`),
        and given up when it was silent for half a day.
        """
        before = await self._facts.membership(room_id, person)
        if before in HERE:
            return "already"
        if before == "ban":
            raise NotInvited("banned", "M_BAD_STATE")
        there = server_of(person)
        if self._silent.rests(there):
            raise self._silence(there)
        try:
            await self._invite(room_id, person, direct, reason, name)
        except MatrixRefused as refusal:
            if await self._facts.membership(room_id, person) in HERE:
                return "already"  # somebody was quicker
            raise await self._why_not(room_id, person, refusal) from None
        except TooFast:
            raise
        except Unavailable:
            if await self._facts.membership(room_id, person) in HERE:
                return "invited"
            if there == self._facts.server:
                raise
            self._silent.failed(there)
            raise self._silence(there) from None
        self._silent.answered(there)
        return "invited"

    def _silence(self, server: str) -> Exception:
        """What to make of a server that does not answer."""
        gone = self._silent.since(server) > HALF_A_DAY
        return NotInvited("server-gone", "M_UNKNOWN", 502, server=server) if gone else ServerAway(server, SOON)

    async def _why_not(self, room_id: str, person: str, refusal: MatrixRefused) -> MatrixRefused:
        """What a homeserver says in one word, M_FORBIDDEN, of whatever stands in the way: the bot's own right is the
        one that it can look up."""
        said, there = (refusal.errcode, refusal.status), server_of(person)
        match refusal.errcode:
            case "M_INVITE_BLOCKED":  # MSC4380, and MSC4155 before it
                return NotInvited("invitations-blocked", *said)
            case "M_BAD_STATE":
                return NotInvited("banned", *said)
            case "M_UNSUPPORTED_ROOM_VERSION" | "M_INCOMPATIBLE_ROOM_VERSION":
                return NotInvited("server-too-old", *said, server=there)
        if refusal.errcode != "M_FORBIDDEN" or not (await self._facts.powers(room_id)).allows(self._facts.me, "invite"):
            return refusal
        for policy in POLICIES:
            if (via := (await self._facts.state(room_id, policy) or {}).get("via")) and isinstance(via, str):
                return NotInvited("policy-refused", server=via)
        return refusal if there == self._facts.server else NotInvited("server-refuses", server=there)

    async def _invite(self, room_id: str, person: str, direct: bool, reason: str, name: str) -> None:
        if direct:  # only so can an invitation to a room that exists say that it is a private conversation
            content = {"membership": "invite", "is_direct": True} | _because(reason)
            content |= {"displayname": name} if name else {}
            await self._client.call("PUT", path("rooms", room_id, "state", "m.room.member", person), content)
        else:
            await self._client.call("POST", path("rooms", room_id, "invite"), {"user_id": person} | _because(reason))

    async def join(self, room_id: str, via: Sequence[str] = ()) -> None:
        """Enter a room; `via` are servers that are in it: the id of a new room does not tell any."""
        await self._client.call("POST", path("join", room_id), {}, via=list(via) or None)

    async def enter(self, room_id: str, via: Sequence[str] = ()) -> bool:
        """Be in a room; False where it does not let the bot in. `via` as in `join`."""
        if await self._facts.is_in(room_id):
            return True
        try:
            return await self.reach(room_id, via)
        except MatrixRefused:
            return False

    async def enter_all(self, rooms: Mapping[str, str]) -> None:
        """Be in these rooms (id → name). Raises MissingRight with those that do not let the bot in."""
        shut = {room_id: name for room_id, name in rooms.items() if not await self.enter(room_id)}
        if shut:
            raise MissingRight(shut, outside=True)

    async def reach(self, room_id: str, via: Sequence[str]) -> bool:
        """Join; False where our homeserver, which itself answers, did not reach the room three times: it is asked for
        again after growing pauses, and never for ever."""
        if self._unreached.rests(room_id) and self._unreached.times(room_id) >= TRIES:
            return False
        try:
            await self.join(room_id, via)
        except TooFast:
            raise
        except Unavailable:
            if room_id in await self._facts.joined():  # the answer was lost, or the homeserver itself is away
                return True
            if self._unreached.failed(room_id) < TRIES:
                raise
            return False
        self._unreached.answered(room_id)
        return True

    async def leave(self, room_id: str, reason: str = "") -> None:
        """Leave a room, or decline the invitation to it; people see the reason beside it."""
        try:
            await self._client.call("POST", path("rooms", room_id, "leave"), _because(reason))
        except MatrixRefused as refusal:
            if refusal.status not in (403, 404):
                raise
        except Unavailable:
            if not await self._has_declined(room_id):
                raise

    async def _has_declined(self, room_id: str) -> bool:
        """Synapse answers 500 to whatever is asked of a room elsewhere whose invitation was declined."""
        try:
            with suppress(MatrixRefused):
                await self._client.call("GET", path("rooms", room_id, "state", "m.room.member", self._facts.me))
        except Unavailable:
            return room_id not in await self._facts.joined()
        return False

    async def kick(self, room_id: str, person: str, reason: str = "") -> None:
        await self._put_out("kick", room_id, person, reason, ("leave", "none", "ban"))

    async def ban(self, room_id: str, person: str, reason: str = "") -> None:
        await self._put_out("ban", room_id, person, reason, ("ban",))

    async def unban(self, room_id: str, person: str) -> None:
        await self._put_out("unban", room_id, person, "", ("join", "invite", "leave", "none", "knock"))

    async def _put_out(self, act: str, room_id: str, person: str, reason: str, wanted: Collection[str]) -> None:
        if await self._facts.membership(room_id, person) in wanted:
            return
        body = {"user_id": person} | _because(reason)
        try:
            await self._client.call("POST", path("rooms", room_id, act), body)
        except MatrixRefused:
            if await self._facts.membership(room_id, person) not in wanted:
                raise

    async def keep_invitation(
        self,
        room_id: str,
        inviter: str,
        allowed_servers: Collection[str],
        why: Callable[[str], str],
        level: int = MODERATOR,
    ) -> str:
        """Enter, and stay only where the inviter has the right: their server is allowed, they are there themselves,
        with at least this `level`, as the server tells right after joining. Elsewhere leave, with the sentence that
        `why` has for it.

        `kept`, or why the bot is not there: `wrong-server`, `no-right`, `gone` (the invitation is no longer valid).
        """
        if server_of(inviter) not in allowed_servers:
            return await self._decline(room_id, "wrong-server", why)
        try:
            if not await self._follow(room_id, server_of(inviter)):
                return "gone"
            # The levels may name somebody who never came.
            here = await self._facts.membership(room_id, inviter) == "join"
            right = here and (await self._facts.powers(room_id)).of(inviter) >= level
        except MatrixRefused as refusal:
            log.info("invitation-gone", room=room_id, errcode=refusal.errcode)
            await self.leave(room_id)
            return "gone"
        return "kept" if right else await self._decline(room_id, "no-right", why)

    async def _follow(self, room_id: str, server: str) -> bool:
        """As `reach`, by way of the server that an invitation comes from. It is told to us first and written down there
        afterwards: for a moment, that server does not know of it. Raises MatrixRefused where it never does."""
        for pause in EARLY if server != self._facts.server else ():
            try:
                return await self.reach(room_id, [server])
            except MatrixRefused as refusal:
                if refusal.errcode != "M_FORBIDDEN":
                    raise
                await asyncio.sleep(pause)
        return await self.reach(room_id, [server])

    async def _decline(self, room_id: str, verdict: str, why: Callable[[str], str]) -> str:
        await self.leave(room_id, why(verdict))
        return verdict


def _because(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}
