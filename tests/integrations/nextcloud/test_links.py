"""Links: found again by their key, write-only where they must be, and locked with a password that nobody keeps."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from integrations.errors import NotFound, NotPermitted, Rejected
from integrations.nextcloud import CREATE, EDIT, READ, Nextcloud
from tests.servers.nextcloud import StandIn

from .conftest import BOT

SOON = (date.today() + timedelta(days=5)).isoformat()
LATER = (date.today() + timedelta(days=60)).isoformat()


@pytest.fixture(autouse=True)
def folder(server: StandIn) -> None:
    server.add_folder(BOT, "Accueil")


async def test_a_link_is_made_once_for_its_key(cloud: Nextcloud, server: StandIn) -> None:
    first = await cloud.links.ensure("Accueil", "4f2", label="Visiteurs", expires=SOON, hides_download=True)
    assert await cloud.links.ensure("Accueil", "4f2", label="Visiteurs", expires=SOON, hides_download=True) == first
    assert await cloud.links.ensure("Accueil", "5a1") != first
    assert [share.label for share in server.shares()] == ["Visiteurs · 4f2", "· 5a1"]
    assert first["url"].startswith(server.url)
    assert (first["permissions"], first["expires"], first["hides_download"]) == (READ, SOON, True)
    assert not first["locked"]


async def test_an_interrupted_link_is_completed(cloud: Nextcloud, server: StandIn) -> None:
    begun = await cloud.links.ensure("Accueil", "4f2")
    done = await cloud.links.ensure("Accueil", "4f2", permissions=EDIT, expires=SOON, hides_download=True)
    assert done["id"] == begun["id"]
    assert (done["permissions"], done["expires"], done["hides_download"]) == (EDIT, SOON, True)


async def test_a_deposit_shows_nothing_to_whoever_deposits(cloud: Nextcloud, server: StandIn) -> None:
    made = await cloud.links.ensure_deposit("Accueil", "4f2", label="Photos de la fête")
    assert made["permissions"] == CREATE
    assert [share.permissions & READ for share in server.shares()] == [0]
    assert await cloud.links.ensure_deposit("Accueil", "4f2") == made


async def test_a_deposit_that_stays_readable_is_taken_away(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.policy.deposits_stay_readable = True
    server.memory.share(3, BOT, "/Accueil", None, 21, label="· 4f2")
    with pytest.raises(NotPermitted) as refusal:
        await cloud.links.ensure_deposit("Accueil", "4f2")
    assert refusal.value.code == "nextcloud-deposit-readable"
    assert server.shares() == []


async def test_a_locked_link_gets_a_password_to_tell(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.policy.link_password = True
    link = await cloud.links.ensure("Accueil", "4f2", locked=True)
    assert link["locked"]
    unknown = server.shares()[0].password
    told = await cloud.links.lock(link["id"], "conversation 1")
    assert server.shares()[0].password == told != unknown
    assert await cloud.links.lock(link["id"], "conversation 1") == told
    assert await cloud.links.lock(link["id"], "conversation 2") != told
    assert len(told) == 24
    repeated = str(await cloud.shares.all())
    assert told not in repeated
    assert str(unknown) not in repeated


async def test_a_link_without_the_password_that_is_demanded(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.policy.link_password = True
    with pytest.raises(Rejected) as refusal:
        await cloud.links.ensure("Accueil", "4f2")
    assert refusal.value.code == "share-password-missing"
    assert server.shares() == []


@pytest.mark.parametrize(
    ("switch", "code"),
    [
        ({"sharing": False}, "nextcloud-sharing-off"),
        ({"links": False}, "nextcloud-links-off"),
        ({"link_upload": False}, "nextcloud-uploads-off"),
        ({"link_days": 7}, "share-date"),
    ],
)
async def test_what_the_administration_does_not_allow(
    cloud: Nextcloud, server: StandIn, switch: dict[str, object], code: str
) -> None:
    server.memory.policy.__dict__.update(switch)
    with pytest.raises((NotPermitted, Rejected)) as refusal:
        await cloud.links.ensure("Accueil", "4f2", permissions=EDIT, expires=LATER)
    assert refusal.value.code == code
    assert server.shares() == []


async def test_a_link_to_no_folder(cloud: Nextcloud) -> None:
    with pytest.raises(NotFound) as refusal:
        await cloud.links.ensure("Absent", "4f2")
    assert refusal.value.code == "nextcloud-folder"


async def test_the_policies_are_read_before_anything_is_asked(cloud: Nextcloud, server: StandIn) -> None:
    free = await cloud.policies.read()
    assert (free.sharing, free.groups, free.links, free.uploads, free.mail, free.federation) == (True,) * 6
    assert (free.link_password, free.link_days, free.internal_days, free.remote_days) == (False, None, None, None)
    strict = {"link_password": True, "link_days": 7, "group_sharing": False, "federation": False}
    server.memory.policy.__dict__.update(strict)
    found = await cloud.policies.read()
    assert (found.link_password, found.link_days, found.groups, found.federation) == (True, 7, False, False)
    server.memory.policy.links = False
    closed = await cloud.policies.read()
    assert (closed.links, closed.uploads, closed.mail) == (False, False, False)


async def test_a_share_is_changed_and_read_back(cloud: Nextcloud, server: StandIn) -> None:
    link = await cloud.links.ensure("Accueil", "4f2", expires=SOON)
    changed = await cloud.shares.change(link["id"], permissions=EDIT, expires=LATER, label="Voisins")
    assert (changed["permissions"], changed["expires"], changed["label"]) == (EDIT, LATER, "Voisins")
    assert (await cloud.shares.change(link["id"], expires=""))["expires"] == ""
    assert (await cloud.shares.change(link["id"], hides_download=True))["hides_download"]
    assert await cloud.shares.get(link["id"]) == await cloud.shares.change(link["id"], label="Voisins")


async def test_a_change_that_is_refused_says_why(cloud: Nextcloud) -> None:
    link = await cloud.links.ensure("Accueil", "4f2")
    with pytest.raises(Rejected) as refusal:
        await cloud.shares.change(link["id"], expires="2020-01-01")
    assert refusal.value.code == "share-date"
    await cloud.shares.remove(link["id"])
    assert await cloud.shares.get(link["id"]) is None
    for change in (cloud.shares.change(link["id"], expires=SOON), cloud.links.lock(link["id"], "")):
        with pytest.raises(NotFound) as gone:
            await change
        assert gone.value.code == "nextcloud-share"


async def test_every_share_of_the_bot_and_those_of_one_folder(cloud: Nextcloud, server: StandIn) -> None:
    server.add_folder(BOT, "Atelier")
    for folder in ("Accueil", "Atelier"):
        await cloud.links.ensure(folder, "4f2")
    server.memory.share(3, "carol", "/", None, 17)
    assert [share["path"] for share in await cloud.shares.all()] == ["/Accueil", "/Atelier"]
    assert [share["path"] for share in await cloud.shares.all("Atelier")] == ["/Atelier"]


async def test_a_mail_goes_out_once(cloud: Nextcloud, server: StandIn) -> None:
    first = await cloud.shares.ensure_mail("Accueil", "ami@example.org", expires=SOON)
    assert first["created"]
    again = await cloud.shares.ensure_mail("Accueil", "ami@example.org", permissions=EDIT, expires=SOON)
    assert again == {"id": first["id"], "created": False}
    assert [mail.to for mail in server.memory.mails] == ["ami@example.org"]
    assert [(s.type, s.permissions & ~16, s.expires) for s in server.shares()] == [(4, EDIT, SOON)]


async def test_a_mail_where_a_password_is_demanded(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.policy.link_password = True
    assert (await cloud.shares.ensure_mail("Accueil", "ami@example.org"))["created"]
    assert server.shares()[0].password


async def test_passwords_need_no_policy_app(cloud: Nextcloud, server: StandIn) -> None:
    """A server without that app answers 404, and finds every password good."""
    link = await cloud.links.ensure("Accueil", "4f2")
    server.memory.policy.password_app = False
    assert len(await cloud.links.lock(link["id"], "conversation 1")) == 24
