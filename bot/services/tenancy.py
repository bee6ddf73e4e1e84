"""From the settings of services to the services themselves, and which of them each lieu has; nothing is asked yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, cast

from bot.errors import Refused, Unavailable
from bot.lieux import Choices, Lieu, Lieux
from bot.services.directory import DIRECTORY, is_homeserver, is_nextcloud
from bot.services.nextcloud import NEXTCLOUD
from bot.services.registry import SERVICES, WITH_ACCOUNTS
from bot.services.service import Accounts, Holder, P, S, Service
from bot.services.settings import Chosen, OfLieu, setting_name
from bot.services.synapse import SYNAPSE
from integrations.directory.cloud_accounts import NextcloudDirectory
from integrations.outbound import Outside


@dataclass(frozen=True, slots=True)
class AccountHandle:
    """Somebody's account in one service."""

    _accounts: Accounts[Any]
    _part: object
    ref: str

    async def set_open(self, is_open: bool) -> str:
        """What it was seen to do."""
        return await self._accounts.set_open(self._part, self.ref, is_open)

    async def state(self) -> str:
        """open · none · anything else is shut."""
        return await self._accounts.state(self._part, self.ref)

    async def is_open(self) -> bool:
        return await self.state() == "open"

    @property
    def close(self) -> Callable[[], Awaitable[str]] | None:
        """For good; None where that is nobody's but the service's own."""
        close = self._accounts.close
        return partial(close, self._part, self.ref) if close else None


async def _tells(accounts: Accounts[Any], part: object) -> bool:
    if accounts.last_seen is None or accounts.tells is None:
        return accounts.last_seen is not None
    try:
        return await accounts.tells(part)
    except Unavailable:
        return True
    except Refused:
        return False


@dataclass(frozen=True, slots=True)
class Services:
    """What lieux have in common: `services[NEXTCLOUD]`, or what stands in its place. `own`: what some have instead, by
    the id of their space, or by their name in the settings. `group`, `folder`: of one lieu alone, what whoever hosts
    the bot gives it, if it was there before."""

    parts: Mapping[Service[Any, Any], object] = field(default_factory=dict)
    group: str = ""
    folder: str = ""
    own: Mapping[str, Services] = field(default_factory=dict)

    def __getitem__(self, service: Service[S, P]) -> P:
        return cast("P", self.parts.get(service, service.absent))

    def has(self, service: Service[Any, Any]) -> bool:
        return self[service] is not service.absent

    def of(self, lieu: Lieu | None, served: Collection[Lieu]) -> Services:
        """Those of this lieu, where it is one of those `served`. By its name alone it has them as long as there is no
        other lieu: what one calls itself must not open, or shut, what is another's."""
        if lieu is None or lieu.id not in [one.id for one in served]:
            return NOTHING
        for space in (lieu.space, lieu.origin):  # that was upgraded since the settings were written
            if (own := self.own.get(space)) is not None:
                return self._apart(own, served).within(lieu.choices)
        if (own := self.own.get(setting_name(lieu.name))) is None:
            return self._apart(self, served).within(lieu.choices)
        return own.within(lieu.choices) if len(served) == 1 else NOTHING

    def _apart(self, chosen: Services, served: Collection[Lieu]) -> Services:
        """Without what is in common though it is one lieu's alone, where there are others."""
        common = [self[service] for service in self.parts if service.is_one_lieus and self.has(service)]
        if not common or len(served) == 1:
            return chosen
        return replace(chosen, parts={service: part for service, part in chosen.parts.items() if part not in common})

    def within(self, choices: Choices) -> Services:
        """Without an SSO, a Nextcloud in which the bot makes accounts is where a lieu has its own, in its group."""
        cloud = self[NEXTCLOUD]
        if self.has(DIRECTORY) or cloud is None or cloud.accounts.source != "bot":
            return self
        return replace(self, parts={**self.parts, DIRECTORY: NextcloudDirectory(cloud, choices.group, choices.quota)})

    def handed(self) -> dict[type, object]:
        """What scripts may ask for, by type."""
        return {kind: part for service in SERVICES for kind, part in service.handed(self[service]).items()}

    def accounts_of(self, holder: Holder) -> dict[str, AccountHandle]:
        """Somebody's account in each service that the lieu made one in, by the service, in the order of their turns."""
        found: dict[str, AccountHandle] = {}
        for service in WITH_ACCOUNTS:
            if service.accounts and self.has(service) and (ref := service.accounts.ref(self[service], holder)):
                found.setdefault(self._of_accounts(service), AccountHandle(service.accounts, self[service], ref))
        return found

    async def tell_last_seen(self) -> dict[str, bool]:
        """Of each service in which accounts are, whether it says when somebody was there last; of one that does not
        answer now, it is believed."""
        found: dict[str, bool] = {}
        for service in WITH_ACCOUNTS:
            if service.accounts and self.has(service):
                name = self._of_accounts(service)
                found[name] = found.get(name, False) or await _tells(service.accounts, self[service])
        return found

    async def last_seen(self, holder: Holder) -> dict[str, int]:
        """When somebody was there last (ms), by the services that know it. Raises Unavailable."""
        found: dict[str, int] = {}
        for service in WITH_ACCOUNTS:
            if service.accounts and service.accounts.last_seen and self.has(service):
                with suppress(Refused):  # what one may not ask is not known
                    found[service.name] = await service.accounts.last_seen(self[service], holder)
        return {name: at for name, at in found.items() if at}

    def _of_accounts(self, service: Service[Any, Any]) -> str:
        """The one in which they are: of a directory that is in Nextcloud, or on the homeserver, that one."""
        directory = self[DIRECTORY]
        if service is not DIRECTORY:
            return service.name
        return SYNAPSE.name if is_homeserver(directory) else NEXTCLOUD.name if is_nextcloud(directory) else service.name

    def _every(self) -> Iterator[tuple[Service[Any, Any], Any]]:
        """Each part, once."""
        houses = (self, *self.own.values())
        found = [(service, one[service]) for one in houses for service in SERVICES if one.has(service)]
        yield from {id(part): (service, part) for service, part in found}.values()

    def refusals(self) -> list[str]:
        """What does not let the bot in, in a sentence for the operator each."""
        refused = [(service.name, service.refused(part)) for service, part in self._every()]
        return [f"{name}: {why}: see `conciergerie doctor`" for name, why in refused if why]

    async def look_again(self) -> None:
        """Whether what did not let the bot in does by now: nobody may ask for anything for days."""
        for service, part in self._every():
            if service.look_again is not None:
                with suppress(Refused, Unavailable):
                    await service.look_again(part)

    async def close(self) -> None:
        for _, part in self._every():
            await part.close()


NOTHING = Services()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A lieu of the bot among the others."""

    services: Services
    lieux: Lieux
    chosen: Services

    def given(self, kind: str) -> str:
        return {"group": self.chosen.group, "folder": self.chosen.folder}[kind]

    async def neighbours(self, lieu: int) -> list[Lieu]:
        """The other lieux that have a service of this one, those that sleep too: they may come back."""
        return await self._with_one_of(lieu, SERVICES)

    async def sharing(self, lieu: int, service: str) -> list[Lieu]:
        """Those that have this one, by its name."""
        return await self._with_one_of(lieu, [one for one in SERVICES if one.name == service])

    async def _with_one_of(self, lieu: int, services: Collection[Service[Any, Any]]) -> list[Lieu]:
        every = [*await self.lieux.all(), *await self.lieux.asleep()]
        return [one for one in every if one.id != lieu and self._shares(self.services.of(one, every), services)]

    def _shares(self, theirs: Services, services: Collection[Service[Any, Any]]) -> bool:
        return any(self.chosen.has(service) and self.chosen[service] is theirs[service] for service in services)

    async def has_cloud_alone(self) -> bool:
        """Whether no other lieu has the same Nextcloud."""
        served = await self.lieux.all()
        return sum(self.services.of(lieu, served)[NEXTCLOUD] is self.chosen[NEXTCLOUD] for lieu in served) == 1


def build(common: Chosen, lieux: Collection[OfLieu], trusted: Collection[str] = ()) -> Services:
    """What is set up alike is one and the same. `trusted` are machines of other clouds, which may be shared with
    wherever they are, as our own may. Raises ImportError for LDAP without the extra `[ldap]`."""
    clouds = [chosen[NEXTCLOUD] for chosen in (common, *(lieu.chosen for lieu in lieux))]
    outside = Outside([cloud.url for cloud in clouds if cloud], trusted)

    @cache
    def part(service: Service[Any, Any], settings: Any, _written: int) -> object:
        return service.absent if settings is None else service.build(settings, outside)

    def parts(chosen: Chosen) -> Mapping[Service[Any, Any], object]:
        """What is one lieu's alone is its own where it was written for it, be it like what is in common."""
        return {
            service: part(service, chosen[service], id(chosen[service]) if service.is_one_lieus else 0)
            for service in SERVICES
        }

    own = {one.whose: Services(parts(one.chosen), one.group, one.folder) for one in lieux}
    return Services(parts(common), own=own)
