"""From the settings of services to the services themselves, and which of them each lieu has; nothing is asked yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu, Lieux
from bot.services import settings
from bot.talk.ports import Passes
from integrations.directory import Directory
from integrations.directory.no_directory import NoDirectory
from integrations.nextcloud import Nextcloud
from integrations.outbound import Outside
from integrations.synapse import Synapse


@dataclass(frozen=True, slots=True)
class Services:
    """What lieux have in common. `own`: what some have instead, by the id of their space, or by their name in the
    settings. `group`, `folder`: of one lieu alone, what whoever hosts the bot gives it, if it was there before."""

    directory: Directory
    cloud: Nextcloud | None
    passes: Passes | None = None
    synapse: Synapse | None = None
    group: str = ""
    folder: str = ""
    own: Mapping[str, Services] = field(default_factory=dict)

    def of(self, lieu: Lieu | None, served: Collection[Lieu]) -> Services:
        """Those of this lieu, where it is one of those `served`. By its name alone it has them as long as there is no
        other lieu: what one calls itself must not open, or shut, what is another's."""
        if lieu is None or lieu.id not in [one.id for one in served]:
            return NOTHING
        if (own := self.own.get(lieu.space)) is not None:
            return own
        if (own := self.own.get(settings.setting_name(lieu.name))) is None:
            return self
        return own if len(served) == 1 else NOTHING

    def clouds(self) -> list[Nextcloud]:
        """Every one, once."""
        found = [one.cloud for one in (self, *self.own.values()) if one.cloud is not None]
        return list({id(cloud): cloud for cloud in found}.values())

    def refusals(self) -> list[str]:
        """What does not let the bot in, in a sentence for the operator each."""
        return [
            f"nextcloud: {cloud.client.refused}: see `conciergerie doctor`"
            for cloud in self.clouds()
            if cloud.client.refused
        ]

    async def look_again(self) -> None:
        """Whether what did not let the bot in does by now: nobody may ask for anything for days."""
        for cloud in self.clouds():
            with suppress(Refused, Unavailable):
                await cloud.client.look_again()

    async def close(self) -> None:
        every = [self, *self.own.values()]
        parts = [part for one in every for part in (one.directory, one.cloud, one.synapse) if part is not None]
        for part in {id(part): part for part in parts}.values():
            await part.close()


NOTHING = Services(NoDirectory(), None)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A lieu of the bot among the others."""

    services: Services
    lieux: Lieux
    chosen: Services

    def given(self, kind: str) -> str:
        return {"group": self.chosen.group, "folder": self.chosen.folder}[kind]

    async def has_cloud_alone(self) -> bool:
        """Whether no other lieu has the same Nextcloud."""
        served = await self.lieux.all()
        return sum(self.services.of(lieu, served).cloud is self.chosen.cloud for lieu in served) == 1


def build(common: settings.Chosen, lieux: Collection[settings.OfLieu], trusted: Collection[str] = ()) -> Services:
    """What is set up alike is one and the same. `trusted` are machines of other clouds, which may be shared with
    wherever they are, as our own may. Raises ImportError for LDAP without the extra `[ldap]`."""
    addresses = [chosen.nextcloud.url for chosen in (common, *(lieu.chosen for lieu in lieux)) if chosen.nextcloud]
    outside = Outside(addresses, trusted)
    directories, clouds, administrations = cache(directory), cache(partial(cloud, outside=outside)), cache(synapse)

    def services(chosen: settings.Chosen) -> Services:
        admin = administrations(chosen.administration)
        codes = admin.registration if admin else None
        return Services(directories(chosen.directory), clouds(chosen.nextcloud), codes, admin)

    own = {one.whose: replace(services(one.chosen), group=one.group, folder=one.folder) for one in lieux}
    return replace(services(common), own=own)


def cloud(chosen: settings.Nextcloud | None, outside: Outside | None = None) -> Nextcloud | None:
    """A lieu's Nextcloud, or None for a lieu without one."""
    if chosen is None:
        return None
    password = chosen.password.reveal() if chosen.password else None
    return Nextcloud(
        chosen.url,
        chosen.user,
        chosen.app_password.reveal(),
        password=password,
        accounts_from=chosen.accounts,
        outside=outside,
    )


def directory(chosen: settings.Scim | settings.Ldap | None) -> Directory:
    """Where accounts live. Raises ImportError for LDAP without the extra `[ldap]`."""
    if isinstance(chosen, settings.Scim):
        return _scim(chosen)
    if isinstance(chosen, settings.Ldap):
        return _ldap(chosen)
    return NoDirectory()


def synapse(chosen: settings.Administration | None) -> Synapse | None:
    """A homeserver's administration, or None where the bot was not given it."""
    return Synapse(chosen.homeserver, chosen.token.reveal()) if chosen else None


def _scim(chosen: settings.Scim) -> Directory:
    from integrations.directory.scim import connect

    if chosen.token:
        return connect(chosen.url, token=chosen.token.reveal(), subject=chosen.subject)
    secret = chosen.client_secret.reveal() if chosen.client_secret else ""
    return connect(
        chosen.url,
        token_url=chosen.token_url,
        client_id=chosen.client_id,
        client_secret=secret,
        subject=chosen.subject,
    )


def _ldap(chosen: settings.Ldap) -> Directory:
    from integrations.directory.ldap import Ldap

    return Ldap(
        chosen.url,
        bind_dn=chosen.bind_dn,
        password=chosen.password.reveal(),
        users_dn=chosen.users_dn,
        groups_dn=chosen.groups_dn,
        rdn=chosen.rdn,
        subject=chosen.subject,
    )
