"""A Nextcloud in which the accounts of a lieu live, where there is no SSO: its own users, as a `Directory`."""

from __future__ import annotations

from integrations.domains import same_email
from integrations.errors import Conflict, NotFound, NotPermitted, Protected, Refused
from integrations.findings import Finding
from integrations.nextcloud import Nextcloud
from integrations.nextcloud.accounts import AccountDict as InCloud

from . import Account, AccountDict, Capability, FirstLogin, Hold
from .lacking import Lacking

ABLE: frozenset[Capability] = frozenset({"accounts", "change", "delete", "first-login", "groups", "lock"})
FRESH = 10.0  # seconds for which a list of everybody is believed


class NextcloudDirectory(Lacking):
    """A view of `cloud`, which somebody else closes. Accounts are made in `group`, which the bot looks after: a group's
    administrator makes none elsewhere, and is shown nobody outside of its groups. `quota`: how many bytes their files
    may take, 0 for what Nextcloud gives."""

    def __init__(self, cloud: Nextcloud, group: str, quota: int = 0) -> None:
        self._cloud, self._group, self._quota = cloud, group, quota
        self._listed: tuple[float, list[InCloud]] | None = None

    async def capabilities(self) -> frozenset[Capability]:
        return ABLE

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        """By address, one looks through everybody: to a group's administrator, a search tells nothing of addresses."""
        if "" in (username, email):
            return ()
        if username is None:
            rows = await self._list()
        else:
            named = await self._cloud.accounts.get(username)
            rows = [named] if named else []
        return tuple(_account(row) for row in rows if email is None or same_email(row["email"], email))

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        """Nextcloud mails the link to the first password by itself, to whoever has one made."""
        found = await self._cloud.accounts.get(login)
        if found is not None:
            if not same_email(found["email"], email):
                raise Conflict("login", login=login)
            return _account(found).to_dict(), False
        await self._must_be_free(login, email)
        self._listed = None
        made = await self._cloud.accounts.ensure(login, name, email, group=self._group, quota=self._quota)
        (account,) = await self.find(username=login)
        return account.to_dict(), bool(made["created"])

    async def set_email(self, login: str, email: str) -> None:
        if await self._cloud.accounts.get(login) is None:
            raise NotFound("nextcloud-account", login=login)
        await self._must_be_free(login, email)
        self._listed = None
        await self._cloud.accounts.set_email(login, email)

    async def set_name(self, login: str, name: str) -> None:
        self._listed = None
        await self._cloud.accounts.set_name(login, name)

    async def start_first_login(self, login: str) -> FirstLogin:
        """By the page for forgotten passwords, which mails a link again; else that page is named."""
        found = await self._cloud.accounts.get(login)
        if found is None:
            raise NotFound("nextcloud-account", login=login)
        if found["seen"]:
            raise Refused("already-has-password")
        if not found["enabled"]:
            raise Refused("nextcloud-account-shut", login=login)  # it would mail nothing, and say that it did
        lives = await self._cloud.accounts.mail_link(login)
        if lives is None:
            return FirstLogin("external", link=f"{self._cloud.client.url}/login")
        return FirstLogin("mail", lives)

    async def set_active(self, login: str, active: bool) -> None:
        await self._cloud.accounts.set_enabled(login, active, ours=True)

    async def hold(self, login: str | None = None) -> Hold:
        return "shut"

    async def ensure_group(self, name: str) -> None:
        await self._cloud.groups.ensure(name)

    async def set_member(self, group: str, login: str, member: bool) -> None:
        if not member:
            found = await self._cloud.accounts.get(login)
            if found and await self._cloud.groups.among([group], found["groups"]):
                await self._cloud.groups.remove_member(login, group)
            return
        if await self._cloud.accounts.get(login) is None:
            raise NotFound("nextcloud-account", login=login)
        await self._cloud.groups.ensure(group)
        await self._cloud.groups.ensure_member(login, group)

    async def groups_of(self, login: str) -> tuple[str, ...]:
        """By their ids, and the lieu's own as the lieu calls it."""
        found = await self._cloud.accounts.get(login)
        if not found:
            return ()
        own = await self._cloud.groups.among([self._group], found["groups"]) if self._group else ()
        return tuple(sorted({*found["groups"], *own}))

    async def members_of(self, group: str) -> tuple[str, ...]:
        try:
            return tuple(sorted(await self._cloud.groups.members(group)))
        except (NotFound, NotPermitted):  # who administers Nextcloud is not shown to whoever administers a group
            return ()

    async def group_names(self) -> frozenset[str]:
        return frozenset(await self._cloud.groups.names())

    async def has_group(self, name: str) -> bool:
        return bool(await self._cloud.groups.called(name))

    async def logins(self) -> frozenset[str]:
        return frozenset(account.login for account in await self.everybody())

    async def everybody(self) -> tuple[Account, ...]:
        return tuple(map(_account, await self._cloud.accounts.everybody()))

    async def subject(self, login: str) -> str | None:
        """A Nextcloud that signs people in elsewhere calls them by their username."""
        if await self._cloud.accounts.get(login) is None:
            raise NotFound("nextcloud-account", login=login)
        return login

    async def delete(self, login: str) -> None:
        """Only an account in which nobody ever was. Raises `Protected("nextcloud-account-used")` for what holds files:
        whoever administers Nextcloud hands them over first."""
        if not await self._cloud.accounts.remove_unused(login):
            raise Protected("nextcloud-account-used", login=login)

    async def is_free(self, login: str) -> bool:
        return await self._cloud.accounts.is_free(login)

    async def check(self) -> tuple[Finding, ...]:
        """How it is, is told of Nextcloud itself."""
        return (Finding("directory-nextcloud", ok=True),)

    async def answers(self) -> None:
        await self._cloud.answers()

    async def close(self) -> None:
        """There is nothing of its own to close."""

    async def _list(self) -> list[InCloud]:
        """Everybody; whoever looks for eighty people one after the other asks once."""
        now = self._cloud.client.clock()
        if self._listed is None or now - self._listed[0] >= FRESH:
            self._listed = now, await self._cloud.accounts.everybody()
        return self._listed[1]

    async def _must_be_free(self, login: str, email: str) -> None:
        """Nextcloud itself lets several people have one address; before something is written, it is looked at anew."""
        self._listed = None
        if any(account.login != login for account in await self.find(email=email)):
            raise Conflict("email")


def _account(row: InCloud) -> Account:
    return Account(row["login"], row["name"], row["email"], row["enabled"], row["login"])
