"""What the lieu's services say of themselves: Nextcloud, the directory and its mails, the homeserver's accounts."""

from __future__ import annotations

from collections.abc import Iterable

from bot import services
from bot.doctor.homeserver import Patient
from integrations.findings import Finding


async def nextcloud(patient: Patient) -> Iterable[Finding]:
    cloud = services.cloud(patient.settings.nextcloud)
    if cloud is None:
        return [Finding("nextcloud-none", True)]
    try:
        return await cloud.check()
    finally:
        await cloud.close()


async def synapse(patient: Patient) -> Iterable[Finding]:
    """What the homeserver's administration is for: pausing accounts, linking them, telling who was not seen."""
    admin = services.synapse(patient.settings.matrix)
    if admin is None:
        return [Finding("synapse-none", True)]
    try:
        return await admin.check()
    finally:
        await admin.close()


async def directory(patient: Patient) -> Iterable[Finding]:
    """The directory's own findings; whether its mails arrive, only a person can see."""
    try:
        chosen = services.directory(patient.settings.directory)
    except ImportError:
        return [Finding("ldap-missing", False)]
    try:
        found = list(await chosen.check())
    finally:
        await chosen.close()
    mails = any(finding.code == "directory-mails-links" for finding in found)
    return [*found, Finding("mails", True)] if mails else found


SERVICES = (nextcloud, directory, synapse)
