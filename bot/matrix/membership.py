"""Who comes into a room and who leaves it, the bot itself included. Doing twice what is done changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress

import structlog

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix.facts import Facts, server_of
from bot.matrix.wire import path

log = structlog.get_logger(__name__)

HERE, AWAY = ("join", "invite"), ("leave", "none")
MODERATOR = 50


class Membership(Facts):
    async def invite(self, room_id: str, person: str, *, direct: bool = False) -> str:
        """`invited`, or `already` when the person is in the room or invited. Raises Refused("banned")."""
        before = await self.membership(room_id, person)
        if before in HERE:
            return "already"
        if before == "ban":
            raise Refused("banned")
        try:
            await self._invite(room_id, person, direct)
        except MatrixRefused:
            if await self.membership(room_id, person) in HERE:
                return "already"  # somebody was quicker
            raise
        return "invited"

    async def _invite(self, room_id: str, person: str, direct: bool) -> None:
        if direct:  # only so can an invitation to a room that exists say that it is a private conversation
            content = {"membership": "invite", "is_direct": True}
            await self._client.call("PUT", path("rooms", room_id, "state", "m.room.member", person), content)
        else:
            await self._client.call("POST", path("rooms", room_id, "invite"), {"user_id": person})

    async def join(self, room_id: str, via: Sequence[str] = ()) -> None:
        """Enter a room; `via` are servers that are in it: the id of a new room does not tell any."""
        await self._client.call("POST", path("join", room_id), {}, via=list(via) or None)

    async def enter(self, room_id: str, via: Sequence[str] = ()) -> bool:
        """Be in a room; False where it does not let the bot in. `via` as in `join`."""
        try:
            if await self.membership(room_id, self.me) == "join":
                return True
        except MatrixRefused as refusal:
            if refusal.status not in (403, 404):
                raise
        try:
            await self.join(room_id, via)
        except MatrixRefused:
            return False
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
                await self.membership(room_id, self.me)
        except Unavailable:
            return room_id not in await self.joined()
        return False

    async def kick(self, room_id: str, person: str, reason: str = "") -> None:
        await self._put_out("kick", room_id, person, reason, ("leave", "none", "ban"))

    async def ban(self, room_id: str, person: str, reason: str = "") -> None:
        await self._put_out("ban", room_id, person, reason, ("ban",))

    async def unban(self, room_id: str, person: str) -> None:
        await self._put_out("unban", room_id, person, "", ("join", "invite", "leave", "none", "knock"))

    async def _put_out(self, act: str, room_id: str, person: str, reason: str, wanted: Collection[str]) -> None:
        if await self.membership(room_id, person) in wanted:
            return
        body = {"user_id": person} | _because(reason)
        try:
            await self._client.call("POST", path("rooms", room_id, act), body)
        except MatrixRefused:
            if await self.membership(room_id, person) not in wanted:
                raise

    async def redact(self, room_id: str, event_id: str, reason: str = "") -> None:
        """Take an event's content away, once: its own id makes the transaction's."""
        txn_id = hashlib.sha256(f"redact {event_id}".encode()).hexdigest()
        await self._client.redact(room_id, event_id, txn_id, reason or None)

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
            await self.join(room_id, via=[server_of(inviter)])
            here = await self.membership(room_id, inviter) == "join"  # the levels may name somebody who never came
            right = here and (await self.powers(room_id)).of(inviter) >= level
        except MatrixRefused as refusal:
            log.info("invitation-gone", room=room_id, errcode=refusal.errcode)
            await self.leave(room_id)
            return "gone"
        return "kept" if right else await self._decline(room_id, "no-right", why)

    async def _decline(self, room_id: str, verdict: str, why: Callable[[str], str]) -> str:
        await self.leave(room_id, why(verdict))
        return verdict


def _because(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}
