"""Addresses that mails are sent to and from: in ASCII, as every server takes them, and nothing that reads two ways."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.policy import SMTP

from integrations.domains import asked
from integrations.errors import Rejected

LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
LONGEST_LOCAL, LONGEST = 64, 254


def mailbox(address: str) -> str:
    """As it travels. Raises `Rejected("mail-address")`: letters like « é » before the @, few servers take."""
    local, _, domain = address.strip().rpartition("@")
    name = asked(domain)
    found = f"{local}@{name}"
    plain = LOCAL.fullmatch(local) and DOMAIN.fullmatch(name)
    if not plain or len(local) > LONGEST_LOCAL or len(found) > LONGEST:
        raise Rejected("mail-address")
    return found


def sender_of(written: str) -> Address:
    """« Conciergerie <bot@example.org> », or the address alone. Raises `Rejected("mail-address")`."""
    try:
        header = SMTP.header_factory("From", written)
        (one,) = header.addresses
        local, _, domain = mailbox(one.addr_spec).rpartition("@")
        return Address(one.display_name, local, domain)
    except (ValueError, IndexError, AttributeError, MessageError):
        raise Rejected("mail-address") from None
