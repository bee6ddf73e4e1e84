"""With which account of the directory (its SSO) somebody may sign in to the Matrix account that they have."""

from __future__ import annotations

from integrations.errors import Conflict, Refused, Unavailable

from .accounts import Accounts
from .client import SERVICE, V1, rows, segment, text

SSO = "m.login.sso"


class Identities(Accounts):
    """An identity is a provider and the subject that it knows; it opens one account alone."""

    async def providers(self) -> list[str]:
        """The ids of the SSOs with which people sign in here; none to be seen where the accounts live elsewhere."""
        if await self.delegated():
            return []
        flows = rows((await self._call("GET", "/_matrix/client/v3/login")).get("flows"))
        offered = [one for flow in flows if flow.get("type") == SSO for one in rows(flow.get("identity_providers"))]
        return [id for one in offered if (id := text(one.get("id")))]

    async def holder(self, provider: str, subject: str) -> str | None:
        """Whose account this identity opens."""
        row = await self._look(f"{V1}/auth_providers/{segment(provider)}/users/{segment(subject)}")
        return text(row.get("user_id")) or None if row else None

    async def link(self, user: str, provider: str, subject: str) -> None:
        """Let this identity open this account, besides those that do already.

        Raises `Conflict("identity")` where it opens somebody else's, `Refused("has-other-identity")` where another
        subject of this provider opens this one.
        """
        holder = await self.holder(provider, subject)
        if holder == user:
            return
        if holder:
            raise Conflict("identity")
        own = (await self._known(user))["identities"]
        if any(theirs == provider for theirs, _ in own):
            raise Refused("has-other-identity")
        await self._put_identities(user, [*own, [provider, subject]])
        seen = [provider, subject] in (await self._known(user))["identities"]
        if not seen or await self.holder(provider, subject) != user:
            raise Unavailable(SERVICE, unknown=True)

    async def unlink(self, user: str, provider: str, subject: str) -> None:
        """Take one identity back; the others stay."""
        own = (await self._known(user))["identities"]
        if [provider, subject] in own:
            await self._put_identities(user, [one for one in own if one != [provider, subject]])

    async def _put_identities(self, user: str, identities: list[list[str]]) -> None:
        """The list is replaced as a whole."""
        wanted = [{"auth_provider": provider, "external_id": subject} for provider, subject in identities]
        await self._change(user, {"external_ids": wanted})
