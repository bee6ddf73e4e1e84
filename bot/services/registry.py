"""The services that a lieu may have. Whatever is said or done of all of them goes through this list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.services.directory import DIRECTORY
from bot.services.helloasso import HELLOASSO
from bot.services.institutional_sign_in import INSTITUTIONAL_SIGN_IN
from bot.services.mail import MAIL
from bot.services.nextcloud import NEXTCLOUD
from bot.services.odoo import ODOO
from bot.services.service import Openings, Service
from bot.services.synapse import SYNAPSE
from bot.services.wordpress import WORDPRESS

SERVICES: tuple[Service[Any, Any], ...] = (
    *(NEXTCLOUD, DIRECTORY, INSTITUTIONAL_SIGN_IN, SYNAPSE, MAIL),
    *(WORDPRESS, ODOO, HELLOASSO),
)

SECRETS = tuple(name for service in SERVICES for name in service.secrets)
NAMES = tuple(name for service in SERVICES for name in service.names)


def _turn(service: Service[Any, Any]) -> int:
    return service.accounts.turn if service.accounts else 0


WITH_ACCOUNTS = tuple(sorted((service for service in SERVICES if service.accounts), key=_turn))
OPENINGS: Mapping[str, Openings[Any]] = {service.name: service.openings for service in SERVICES if service.openings}
