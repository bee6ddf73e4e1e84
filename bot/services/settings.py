"""Settings of the services: those that all lieux of the bot have in common, and those that one lieu has for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from bot.services.directory import DIRECTORY, is_on_homeserver
from bot.services.environment import SCOPE, Sources
from bot.services.nextcloud import NEXTCLOUD
from bot.services.registry import NAMES, SERVICES
from bot.services.service import P, S, Service
from bot.words import fold

SPACE = "SPACE"  # of one lieu only: which space it is, whatever its name
GROUP, FOLDER = "GROUP", "FOLDER"  # of one lieu only: what is its own although it was there before
OF_LIEU = re.compile(rf"({SCOPE}[A-Z0-9_]+?_)({'|'.join((*NAMES, SPACE, GROUP, FOLDER))})")


@dataclass(frozen=True, slots=True, repr=False)
class Chosen:
    """The settings of all the services of a lieu: `chosen[NEXTCLOUD]` is None where it has none."""

    of: Mapping[Service[Any, Any], object] = field(default_factory=dict)

    def __getitem__(self, service: Service[S, P]) -> S | None:
        return cast("S | None", self.of.get(service))

    @property
    def source(self) -> str:
        """Where people have their accounts: in the `sso`, `both` (there, and made in Nextcloud beforehand), in
        `nextcloud` itself, on the `homeserver`, `apart` (there, and others in Nextcloud), or in `none` of the lieu's.
        """
        cloud, sso = self[NEXTCLOUD], self[DIRECTORY] is not None
        in_cloud = cloud is not None and cloud.accounts == "bot"
        if is_on_homeserver(self[DIRECTORY]):
            return "apart" if in_cloud else "homeserver"
        if in_cloud:
            return "both" if sso else "nextcloud"
        return "sso" if sso else "none"


@dataclass(frozen=True, slots=True)
class OfLieu:
    """The services of one lieu: each is its own, or the common one. `prefix` is how its settings begin, and `whose`
    the id of its space, or the name that it has in the settings; `group` and `folder` are given to it, whoever had them
    before."""

    prefix: str
    whose: str
    chosen: Chosen
    group: str = ""
    folder: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it says which space it is, whatever anybody is called."""
        return self.whose != self.prefix[len(SCOPE) : -1]


def setting_name(lieu: str) -> str:
    """How a lieu is called in the settings: LA_ROSEE for « La Rosée »."""
    return re.sub(r"[^A-Z0-9]+", "_", fold(lieu).upper()).strip("_")


def common(sources: Sources) -> Chosen:
    return Chosen({service: service.read(sources) for service in SERVICES})


def of_lieux(sources: Sources, otherwise: Chosen) -> tuple[OfLieu, ...]:
    """Each service is set wholly for a lieu, or not at all: a password never goes to another one's address."""
    return tuple(_of_lieu(sources.within(prefix), prefix, otherwise) for prefix in sources.prefixes)


def _of_lieu(sources: Sources, prefix: str, otherwise: Chosen) -> OfLieu:
    own = [service for service in SERVICES if any(sources.any_of(start) for start in service.starts)]
    own += [service for service in SERVICES if service.part_of in own and service not in own]
    chosen = Chosen({service: service.read(sources) if service in own else otherwise[service] for service in SERVICES})
    whose = sources.text(SPACE) or prefix[len(SCOPE) : -1]
    return OfLieu(prefix, whose, chosen, sources.text(GROUP), sources.text(FOLDER).strip("/"))
