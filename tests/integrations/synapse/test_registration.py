"""Passes with which people make an account on the homeserver."""

from __future__ import annotations

import secrets
import time

import pytest

from integrations.errors import Rejected
from integrations.synapse import Synapse as Admin


async def test_a_pass_is_made_once_and_found_again(admin: Admin) -> None:
    token, soon = secrets.token_hex(8), round(time.time() * 1000) + 3_600_000
    made = await admin.registration.ensure(token, uses=5, expires=soon)
    assert made == {"token": token, "uses": 5, "pending": 0, "completed": 0, "expires": soon}
    assert await admin.registration.ensure(token, uses=99) == made
    assert await admin.registration.get(token) == made


async def test_a_pass_in_the_past_or_of_a_strange_name_is_refused(admin: Admin) -> None:
    for token, expires in ((secrets.token_hex(8), 1), ("un mot de passe", None)):
        with pytest.raises(Rejected):
            await admin.registration.ensure(token, expires=expires)
