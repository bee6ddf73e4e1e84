"""The services that a lieu may have. Whatever is said or done of all of them goes through this list."""

from __future__ import annotations

from typing import Any

from bot.services.directory import DIRECTORY
from bot.services.mail import MAIL
from bot.services.nextcloud import NEXTCLOUD
from bot.services.service import Service
from bot.services.synapse import SYNAPSE

SERVICES: tuple[Service[Any, Any], ...] = (NEXTCLOUD, DIRECTORY, SYNAPSE, MAIL)

SECRETS = tuple(name for service in SERVICES for name in service.secrets)
NAMES = tuple(name for service in SERVICES for name in service.names)


def _turn(service: Service[Any, Any]) -> int:
    return service.accounts.turn if service.accounts else 0


WITH_ACCOUNTS = tuple(sorted((service for service in SERVICES if service.accounts), key=_turn))
