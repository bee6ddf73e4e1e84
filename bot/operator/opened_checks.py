"""Which accounts and contacts a lieu that moves here brings along: the site and the Odoo may be others than where it
was, and there a number is somebody else's. Each must have the e-mail address of whose it is said to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from bot.services import member_contacts
from bot.services.odoo import ODOO
from bot.services.registry import SERVICES
from bot.services.service import Guest, Service
from bot.services.tenancy import Services
from bot.store.lieu_rows import Row
from bot.store.ownership import ACCOUNT
from integrations.errors import NotFound

LONGEST_NUMBER = 9  # digits
CONTACT_KINDS = (
    *(member_contacts.CONTACT, member_contacts.MADE, member_contacts.TAGGED),
    *(member_contacts.WOKEN, member_contacts.USER),
)
Kept = dict[tuple[str, str], set[str]]
"""By service and kind, what is the lieu's."""


def concerned() -> Iterator[Service[Any, Any]]:
    """The services that are looked at here."""
    yield from (service for service in SERVICES if service.openings)
    yield ODOO


async def shown(owned: Collection[Row], emails: Mapping[str, Collection[str]], services: Services) -> Kept:
    """Of what a file calls its own (`owned`), what these `services` show to be of people who have these `emails`, by
    their Matrix address. Raises Unavailable."""
    kept: Kept = {}
    for service in concerned():
        if services.has(service):
            mine = [row for row in owned if row["service"] == service.name]
            looked = _contacts if service is ODOO else _accounts
            kept |= await looked(service, services[service], mine, emails)
    return kept


async def _accounts(
    service: Service[Any, Any], part: Any, owned: Collection[Row], emails: Mapping[str, Collection[str]]
) -> Kept:
    """Whoever has been given more there by a human is a human's."""
    found = set[str]()
    for row in owned:
        if row["kind"] == ACCOUNT and service.openings:
            with suppress(NotFound):
                seen = await service.openings.look(part, row["ref"])
                guests = [Guest("", "", email) for email in emails.get(row["person"], ())]
                if seen and not seen["more"]:
                    theirs = [await service.openings.is_whose(part, row["ref"], guest) for guest in guests]
                    found |= {row["ref"]} if any(theirs) else set()
    return {(service.name, ACCOUNT): found}


async def _contacts(
    service: Service[Any, Any], odoo: Any, owned: Collection[Row], emails: Mapping[str, Collection[str]]
) -> Kept:
    """With all that was done to those contacts."""
    theirs = dict[str, str]()
    for row in owned:
        if row["kind"] == member_contacts.CONTACT and _is_number(row["ref"]):
            with suppress(NotFound):
                for email in emails.get(row["person"], ()):
                    if any(f"{one['id']}" == row["ref"] for one in await odoo.contacts.with_email(email)):
                        theirs[row["ref"]] = row["person"]
    kept: Kept = {(service.name, kind): set() for kind in CONTACT_KINDS}
    for row in owned:
        contact, _, tag = row["ref"].partition("/")
        is_one = _is_number(tag) if row["kind"] == member_contacts.TAGGED else not tag
        if row["kind"] in CONTACT_KINDS and is_one and contact in theirs and theirs[contact] == row["person"]:
            kept[service.name, row["kind"]].add(row["ref"])
    return kept


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER and int(text) > 0
