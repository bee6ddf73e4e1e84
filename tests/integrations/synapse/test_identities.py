"""An identity of the directory opens one Matrix account, and is never taken from somebody else."""

from __future__ import annotations

import secrets

import pytest

from integrations.directory.scim import connect
from integrations.errors import Conflict, NotFound, Refused
from integrations.synapse import Synapse as Admin
from tests.servers.house import House
from tests.servers.synapse import Account, Synapse

PASSWORD = "un mot de passe bien long"


async def test_an_identity_is_linked_once_and_taken_from_nobody(admin: Admin, synapse: Synapse, zoe: Account) -> None:
    marc, subject = await synapse.register(f"marc-{secrets.token_hex(4)}"), secrets.token_hex(4)
    for _ in range(2):
        await admin.identities.link(zoe.user_id, "oidc-sso", subject)
    assert await admin.identities.holder("oidc-sso", subject) == zoe.user_id
    with pytest.raises(Conflict) as taken:
        await admin.identities.link(marc.user_id, "oidc-sso", subject)
    assert taken.value.code == "identity-taken"
    with pytest.raises(Refused) as other:
        await admin.identities.link(zoe.user_id, "oidc-sso", f"{subject}2")
    assert other.value.code == "has-other-identity"
    await admin.identities.link(zoe.user_id, "oidc-university", subject)
    assert sorted((await admin.accounts.get(zoe.user_id) or {})["identities"]) == [
        ["oidc-sso", subject],
        ["oidc-university", subject],
    ]
    assert await admin.identities.holder("oidc-sso", subject) == zoe.user_id
    assert await admin.identities.holder("oidc-university", subject) == zoe.user_id


async def test_nobody_is_made_by_a_link(admin: Admin, synapse: Synapse) -> None:
    nobody = synapse.user_id(f"personne-{secrets.token_hex(4)}")
    with pytest.raises(NotFound):
        await admin.identities.link(nobody, "oidc-sso", "personne")
    assert await admin.accounts.get(nobody) is None


async def test_a_homeserver_without_sso_offers_none(admin: Admin) -> None:
    assert await admin.identities.providers() == []


async def test_somebody_with_a_linked_account_signs_in_to_the_one_they_had(house: House) -> None:
    """The whole point, through the real SSO: no second account is made."""
    name = secrets.token_hex(4)
    administrator = await house.synapse.register(f"admin-{name}", admin=True)
    before = await house.synapse.register(f"zoe-{name}")
    directory = connect(
        house.sso.scim_url,
        token_url=house.sso.token_url,
        client_id=house.sso.bot.id,
        client_secret=house.sso.bot.secret,
    )
    await directory.ensure_account(f"zoe.{name}", "Zoé", f"zoe.{name}@example.org")
    await directory.start_first_login(f"zoe.{name}")
    await house.choose_password(f"zoe.{name}@example.org", PASSWORD)
    subject = await directory.subject(f"zoe.{name}")
    assert subject
    await directory.close()
    admin = Admin(house.synapse.base_url, administrator.access_token)
    (provider,) = await admin.identities.providers()
    await admin.identities.link(before.user_id, provider, subject)
    assert [provider, subject] in (await admin.accounts.get(before.user_id) or {})["identities"]
    async with await house.sign_in(f"zoe.{name}", PASSWORD) as zoe:
        assert zoe.user_id == before.user_id
    assert await admin.accounts.get(house.synapse.user_id(f"zoe.{name}")) is None
    await admin.close()
