"""With which account of the directory (its SSO) somebody may sign in to the Matrix account that they have."""

from __future__ import annotations

from integrations.errors import Conflict, Refused, Unavailable

from .accounts import Accounts
from .client import SERVICE, V1, Client, rows, segment, text

SSO = "m.login.sso"


class Identities:
    """An identity is a provider and the subject that it knows; it opens one account alone."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client, self._accounts = client, accounts

    async def providers(self) -> list[str]:
        """The ids of the SSOs with which people sign in here; none to be seen where the accounts live elsewhere."""
        if await self._accounts.delegated():
            return []
        flows = rows((await self._client.call("GET", "/_matrix/client/v3/login")).get("flows"))
        offered = [one for flow in flows if flow.get("type") == SSO for one in rows(flow.get("identity_providers"))]
        return [id for one in offered if (id := text(one.get("id")))]

    async def holder(self, provider: str, subject: str) -> str | None:
        """Whose account this identity opens."""
        row = await self._client.look(f"{V1}/auth_providers/{segment(provider)}/users/{segment(subject)}")
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
        own = (await self._accounts.known(user))["identities"]
        if any(theirs == provider for theirs, _ in own):
            raise Refused("has-other-identity")
        wanted = [{"auth_provider": each, "external_id": theirs} for each, theirs in [*own, [provider, subject]]]
        await self._accounts.change(user, {"external_ids": wanted})  # the list is replaced as a whole
        seen = [provider, subject] in (await self._accounts.known(user))["identities"]
        if not seen or await self.holder(provider, subject) != user:
            raise Unavailable(SERVICE, unknown=True)
