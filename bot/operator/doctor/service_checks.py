"""What the services say of themselves, those of each lieu too: Nextcloud, the directory and its mails, the homeserver's
accounts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from bot.operator.doctor.homeserver import Patient
from bot.services import registry
from bot.settings import Administration, Chosen, Ldap, Nextcloud, Scim
from integrations.errors import Unavailable
from integrations.findings import Finding

T = TypeVar("T")


async def nextcloud(patient: Patient) -> Iterable[Finding]:
    return await _each(patient, lambda chosen: chosen.nextcloud, _nextcloud)


async def synapse(patient: Patient) -> Iterable[Finding]:
    """What the homeserver's administration is for: pausing accounts, linking them, telling who was not seen."""
    return await _each(patient, lambda chosen: chosen.administration, _synapse)


async def directory(patient: Patient) -> Iterable[Finding]:
    """The directory's own findings; whether its mails arrive, only a person can see."""
    return await _each(patient, lambda chosen: chosen.directory, _directory)


async def _each(
    patient: Patient, part: Callable[[Chosen], T], look: Callable[[T], Awaitable[Iterable[Finding]]]
) -> list[Finding]:
    """The common one, and those that lieux have for themselves; one that is away hides no other."""
    common = part(patient.settings.services)
    own = {lieu.prefix: part(lieu.chosen) for lieu in patient.settings.lieux if part(lieu.chosen) != common}
    found = await asyncio.gather(look(common), *map(look, own.values()), return_exceptions=True)
    return [finding for of, some in zip(("", *own), found, strict=True) for finding in _said(of, some)]


def _said(of: str, found: Iterable[Finding] | BaseException) -> Iterable[Finding]:
    if isinstance(found, Unavailable) and of:
        found = [Finding("no-answer", False, {"about": found.service})]
    if isinstance(found, BaseException):
        raise found
    return [replace(finding, words={**finding.words, "of": of}) for finding in found] if of else found


async def _nextcloud(chosen: Nextcloud | None) -> Iterable[Finding]:
    cloud = registry.cloud(chosen)
    if cloud is None:
        return [Finding("nextcloud-none", True)]
    try:
        return await cloud.check()
    finally:
        await cloud.close()


async def _synapse(chosen: Administration | None) -> Iterable[Finding]:
    admin = registry.synapse(chosen)
    if admin is None:
        return [Finding("synapse-none", True)]
    try:
        return await admin.check()
    finally:
        await admin.close()


async def _directory(chosen: Scim | Ldap | None) -> Iterable[Finding]:
    try:
        directory = registry.directory(chosen)
    except ImportError:
        return [Finding("ldap-missing", False)]
    try:
        found = list(await directory.check())
    finally:
        await directory.close()
    mails = any(finding.code == "directory-mails-links" for finding in found)
    return [*found, Finding("mails", True)] if mails else found


SERVICES = (nextcloud, directory, synapse)
