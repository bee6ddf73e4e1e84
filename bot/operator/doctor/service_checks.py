"""What the services say of themselves, those of each lieu too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.operator.doctor.homeserver_checks import Patient
from bot.services.directory import DIRECTORY, is_homeserver, is_on_homeserver
from bot.services.keycloak_settings import KeycloakSettings
from bot.services.registry import SERVICES
from bot.services.service import Service
from integrations.directory import Directory
from integrations.errors import Refused, Unavailable
from integrations.findings import Finding, away
from integrations.http import Http
from integrations.synapse.back_channel import hears


def check_of(service: Service[Any, Any]) -> Callable[[Patient], Awaitable[list[Finding]]]:
    """The common one, and those that lieux have for themselves; one that is away hides no other."""

    async def check(patient: Patient) -> list[Finding]:
        common = patient.settings.services[service]
        own = {lieu.prefix: lieu.chosen[service] for lieu in patient.settings.lieux if lieu.chosen[service] != common}
        looks = map(service.examine, (common, *own.values()))
        found = await asyncio.gather(*looks, return_exceptions=True)
        return [finding for of, some in zip(("", *own), found, strict=True) for finding in _said(of, some)]

    check.__name__ = service.name  # what it is called where it does not answer
    check.__doc__ = "Whether it is set up, lets the bot in, and can do what lieux ask of it; each lieu's own too."
    return check


def _said(of: str, found: Iterable[Finding] | BaseException) -> Iterable[Finding]:
    if isinstance(found, Unavailable) and of:
        found = [away(found.service, found)]
    if isinstance(found, BaseException):
        raise found
    return [replace(finding, words={**finding.words, "of": of}) for finding in found] if of else found


async def accounts(patient: Patient) -> list[Finding]:
    """Where people have theirs, as the settings of two services say it together."""
    told = {"": patient.settings.services.source} | {lieu.prefix: lieu.chosen.source for lieu in patient.settings.lieux}
    return [
        Finding(f"accounts-{source}", True, {"of": of} if of else {})
        for of, source in told.items()
        if source in ("nextcloud", "both", "apart") and not (of and source == told[""])
    ]


async def sign_out(patient: Patient) -> list[Finding]:
    """Whether Matrix follows where a Keycloak signs somebody out: of two settings, the one that can be asked for."""
    settings = patient.settings
    chosen = {"": settings.services[DIRECTORY]} | {lieu.prefix: lieu.chosen[DIRECTORY] for lieu in settings.lieux}
    http, told = Http("matrix", settings.matrix.homeserver, read=10.0), []
    try:
        for of, one in chosen.items():
            if isinstance(one, KeycloakSettings) and not (of and one == chosen[""]):
                heard = await hears(http, one.realm)
                told += [Finding(f"sign-out-{heard}", True, {"of": of} if of else {})] if heard != "untold" else []
    except Unavailable:  # the homeserver's own check says so
        return []
    finally:
        await http.close()
    return told


async def homes(patient: Patient) -> list[Finding]:
    """Whether accounts of a homeserver are those of the bot's own: newcomers are invited by that name."""
    settings, told = patient.settings, []
    chosen = {"": settings.services[DIRECTORY]} | {lieu.prefix: lieu.chosen[DIRECTORY] for lieu in settings.lieux}
    for of, one in chosen.items():
        if one is not None and is_on_homeserver(one) and not (of and one == chosen[""]):
            theirs, ours = await _home(DIRECTORY.build(one, None)), settings.matrix.server
            if theirs and theirs != ours:
                told += [Finding("accounts-elsewhere", False, {"theirs": theirs, "ours": ours, "of": of})]
    return told


async def _home(directory: Directory) -> str:
    """The name of the homeserver that has these accounts; empty where it is not told, which its own check says."""
    try:
        return await directory.server() if is_homeserver(directory) else ""
    except (Refused, Unavailable):
        return ""
    finally:
        await directory.close()


CHECKS = (*map(check_of, SERVICES), accounts, sign_out, homes)
