"""A folder is shared once with a group or a person, with the permissions that were asked."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest

from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.nextcloud import EDIT, READ, Nextcloud
from tests.integrations.trouble import Trouble
from tests.servers.nextcloud import StandIn

from .conftest import BOT, GROUP, Clock


@pytest.fixture(autouse=True)
def folder(server: StandIn) -> None:
    server.add_folder(BOT, "Accueil")


async def test_a_folder_is_shared_with_a_group_once(cloud: Nextcloud, server: StandIn) -> None:
    first = await cloud.shares.ensure("Accueil", group=GROUP)
    assert first["created"]
    assert await cloud.shares.ensure("/Accueil", group=GROUP) == {"id": first["id"], "created": False}
    assert [(s.type, s.to, s.path, s.permissions) for s in server.shares()] == [(1, GROUP, "/Accueil", EDIT)]


async def test_a_folder_is_shared_with_a_person(cloud: Nextcloud) -> None:
    made = await cloud.shares.ensure("Accueil", person="dave", permissions=READ)
    (share,) = await cloud.shares.all("Accueil")
    assert share == await cloud.shares.get(made["id"])
    assert (share["kind"], share["to"], share["path"], share["permissions"]) == ("person", "dave", "/Accueil", READ)


async def test_all_that_the_bot_shares_is_told(cloud: Nextcloud) -> None:
    await cloud.folders.ensure("Photos")
    for folder in ("Accueil", "Photos"):
        await cloud.shares.ensure(folder, group=GROUP)
    assert sorted(share["path"] for share in await cloud.shares.all()) == ["/Accueil", "/Photos"]


async def test_what_one_person_alone_has_is_told(cloud: Nextcloud) -> None:
    await cloud.shares.ensure("Accueil", group=GROUP)
    made = await cloud.shares.ensure("Accueil", person="dave")
    assert [share["id"] for share in await cloud.shares.with_person("Dave")] == [made["id"]]
    assert await cloud.shares.with_person("carol") == []


async def test_what_somebody_shares_is_told_as_far_as_it_is_seen(cloud: Nextcloud, server: StandIn) -> None:
    await cloud.shares.ensure("Accueil", group=GROUP)
    for folder in ("Recettes", "Journal", "Photos"):
        server.add_folder("carol", folder)
    server.memory.share(1, "carol", "/Recettes", GROUP, READ)
    server.memory.share(0, "carol", "/Photos", BOT, READ)
    server.memory.share(0, "carol", "/Journal", "dave", READ)
    assert sorted(await cloud.shares.given_by("Carol")) == ["Photos", "Recettes"]
    assert await cloud.shares.given_by("dave") == []
    server.memory.policy.sharing = False
    assert await cloud.shares.given_by("carol") == []


async def test_other_permissions_are_put_on_the_same_share(cloud: Nextcloud, server: StandIn) -> None:
    first = await cloud.shares.ensure("Accueil", group=GROUP, permissions=READ)
    again = await cloud.shares.ensure("Accueil", group=GROUP, permissions=EDIT)
    assert again == {"id": first["id"], "created": False}
    assert [share.permissions for share in server.shares()] == [EDIT]


async def test_a_share_is_removed_and_again(cloud: Nextcloud, server: StandIn) -> None:
    made = await cloud.shares.ensure("Accueil", group=GROUP)
    assert await cloud.shares.remove(made["id"]) == {"removed": True}
    assert await cloud.shares.remove(made["id"]) == {"removed": True}
    assert server.shares() == []


async def test_the_hash_of_a_link_is_never_repeated(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.share(3, BOT, "/Accueil", None, 17, password="Visite-Guidee-2026!")
    (link,) = await cloud.shares.all("Accueil")
    assert (link["kind"], link["to"]) == ("link", "")


@pytest.mark.parametrize(
    ("recipient", "code"),
    [({"group": "absent"}, "nextcloud-group"), ({"person": "absent"}, "nextcloud-account")],
)
async def test_an_unknown_recipient_is_told(cloud: Nextcloud, recipient: dict[str, str], code: str) -> None:
    with pytest.raises(NotFound) as refusal:
        await cloud.shares.ensure("Accueil", **recipient)
    assert refusal.value.code == code


async def test_an_unknown_folder_is_told(cloud: Nextcloud) -> None:
    with pytest.raises(NotFound) as refusal:
        await cloud.shares.ensure("Absent", group=GROUP)
    assert refusal.value.code == "nextcloud-folder"


async def test_sharing_with_oneself_is_refused_before_asking(cloud: Nextcloud, server: StandIn) -> None:
    with pytest.raises(Rejected) as refusal:
        await cloud.shares.ensure("Accueil", person=BOT.upper())
    assert refusal.value.code == "share-self"
    assert not any(method == "POST" for method, _ in server.asked)


@pytest.mark.parametrize("permissions", [0, 2, 4, 32, -1])
async def test_impossible_permissions_are_refused(cloud: Nextcloud, permissions: int) -> None:
    with pytest.raises(Rejected):
        await cloud.shares.ensure("Accueil", group=GROUP, permissions=permissions)


async def test_sharing_switched_off_is_told_apart(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.policy.group_sharing = False
    with pytest.raises(NotPermitted) as refusal:
        await cloud.shares.ensure("Accueil", group=GROUP)
    assert refusal.value.code == "nextcloud-group-sharing-off"
    server.memory.policy.sharing = False
    for call in (cloud.shares.ensure("Accueil", group=GROUP), cloud.shares.remove("1")):
        with pytest.raises(NotPermitted) as refusal:
            await call
        assert refusal.value.code == "nextcloud-sharing-off"


async def test_sharing_within_ones_groups_only(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.policy.own_groups_only = True
    with pytest.raises(Refused) as refusal:
        await cloud.shares.ensure("Accueil", person="dave")
    assert refusal.value.code == "nextcloud-share-right"


async def test_the_limit_of_the_server_is_never_met(cloud: Nextcloud, server: StandIn, clock: Clock) -> None:
    for number in range(18):
        server.add_account(f"p{number}")
        await cloud.shares.ensure("Accueil", person=f"p{number}")
        clock.now += 10
    with pytest.raises(Unavailable) as wait:
        await cloud.shares.ensure("Accueil", person="carol")
    assert wait.value.retry_after == 600 - 180
    clock.now += wait.value.retry_after
    assert (await cloud.shares.ensure("Accueil", person="carol"))["created"]


@pytest.mark.parametrize("kind", ["person", "link", "federated"])
async def test_an_end_that_is_demanded_is_not_taken_away(cloud: Nextcloud, server: StandIn, kind: str) -> None:
    policy = server.memory.policy
    policy.link_days = policy.internal_days = policy.remote_days = 7
    type, to = {"person": (0, "carol"), "link": (3, None), "federated": (6, "dave@https://cloud.example")}[kind]
    last = (date.today() + timedelta(days=7)).isoformat()
    id = server.memory.share(type, BOT, "/Accueil", to, 1, expires=last).id
    for day in ("", (date.today() + timedelta(days=8)).isoformat()):
        with pytest.raises(Rejected, match="share-date"):
            await cloud.shares.change(id, expires=day)
    assert [share.expires for share in server.shares()] == [last]


async def test_what_ended_is_nowhere(cloud: Nextcloud, server: StandIn) -> None:
    past = (date.today() - timedelta(days=1)).isoformat()
    id = server.memory.share(0, BOT, "/Accueil", "carol", 1, expires=past).id
    theirs = Nextcloud(server.url, "carol", server.app_password("carol"))
    assert await theirs.files.entries("") == []
    assert await cloud.shares.all("Accueil") == []
    assert await cloud.shares.get(id) is None
    assert await cloud.shares.remove(id) == {"removed": True}
    server.memory.shares[id].expires = (date.today() + timedelta(days=1)).isoformat()
    assert [(entry["name"], entry["permissions"]) for entry in await theirs.files.entries("")] == [("Accueil", "SGDNV")]
    with pytest.raises(NotPermitted):
        await theirs.folders.ensure("Accueil/Dedans")
    await theirs.close()


async def test_a_page_instead_of_a_list_is_no_list(server: StandIn, clock: Clock) -> None:
    """Seen on version 29: a page, for one share of all whose file was lost."""
    trouble = Trouble()
    cloud = Nextcloud(server.url, BOT, server.app_password(BOT), clock=clock, transport=trouble)
    trouble.before("GET", "/shares", httpx.Response(404, text="<!DOCTYPE html>\n<html></html>"))
    with pytest.raises(Unavailable):
        await cloud.shares.all()
    assert await cloud.shares.all() == []
    await cloud.close()


async def test_a_day_that_is_refused_is_not_an_unknown_group(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.policy.internal_days = 7
    beyond, within = ((date.today() + timedelta(days=days)).isoformat() for days in (8, 3))
    for day in ("2020-01-01", beyond):
        with pytest.raises(Rejected, match="share-date"):
            await cloud.shares.ensure("Accueil", group=GROUP, expires=day)
    with pytest.raises(NotFound, match="nextcloud-group"):
        await cloud.shares.ensure("Accueil", group="inconnu", expires=within)
    assert server.shares() == []
