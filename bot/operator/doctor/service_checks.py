"""What the services say of themselves, those of each lieu too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.operator.doctor.homeserver_checks import Patient
from bot.services.registry import SERVICES
from bot.services.service import Service
from integrations.errors import Unavailable
from integrations.findings import Finding


def check_of(service: Service[Any, Any]) -> Callable[[Patient], Awaitable[list[Finding]]]:
    """The common one, and those that lieux have for themselves; one that is away hides no other."""

    async def check(patient: Patient) -> list[Finding]:
        common = patient.settings.services[service]
        own = {lieu.prefix: lieu.chosen[service] for lieu in patient.settings.lieux if lieu.chosen[service] != common}
        looks = map(service.examine, (common, *own.values()))
        found = await asyncio.gather(*looks, return_exceptions=True)
        return [finding for of, some in zip(("", *own), found, strict=True) for finding in _said(of, some)]

    check.__name__ = service.name  # what it is called where it does not answer
    return check


def _said(of: str, found: Iterable[Finding] | BaseException) -> Iterable[Finding]:
    if isinstance(found, Unavailable) and of:
        found = [Finding("no-answer", False, {"about": found.service})]
    if isinstance(found, BaseException):
        raise found
    return [replace(finding, words={**finding.words, "of": of}) for finding in found] if of else found


CHECKS = tuple(map(check_of, SERVICES))
