"""What the bot relies on, of the stand-ins and (`pytest -m live`) of a real server alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected
from integrations.nextcloud import CREATE, EDIT, EDIT_FILE, READ

from .lieu import Lieu, live, stand_in

SOON, PAST = ((date.today() + timedelta(days=days)).isoformat() for days in (5, -2))


@pytest.fixture(params=["34.0.1", "29.0.1", pytest.param("live", marks=pytest.mark.live)])
async def lieu(request: pytest.FixtureRequest) -> AsyncIterator[Lieu]:
    async with live() if request.param == "live" else stand_in(request.param) as lieu:
        yield lieu


async def test_nothing_stands_in_the_way(lieu: Lieu) -> None:
    assert [finding for finding in await lieu.cloud.check() if not finding.ok] == []


async def test_a_folder_and_its_parents(lieu: Lieu) -> None:
    inner = f"{lieu.folder}/Été à la Forge — projet & co'"
    assert await lieu.cloud.folders.ensure(inner) == {"created": True}
    assert await lieu.cloud.folders.ensure(inner) == {"created": False}
    assert await lieu.cloud.shares.all(inner) == []


async def test_a_folder_is_looked_into_renamed_and_binned(lieu: Lieu) -> None:
    before, after = f"{lieu.folder}/Été à la Forge", f"{lieu.folder}/Hiver & co'"
    await lieu.cloud.folders.ensure(before)
    (found,) = await lieu.cloud.files.entries(lieu.folder)
    assert (found["name"], found["is_folder"]) == ("Été à la Forge", True)
    for _ in range(2):
        assert await lieu.cloud.files.move(before, after, id=found["id"]) == {"moved": True}
    assert await lieu.cloud.files.bin(after, id=found["id"]) == {"binned": True}
    assert await lieu.cloud.files.bin(after, id=found["id"]) == {"binned": False}
    assert await lieu.cloud.files.entries(lieu.folder) == []


async def test_a_share_with_the_group(lieu: Lieu) -> None:
    await lieu.cloud.folders.ensure(lieu.folder)
    made = await lieu.cloud.shares.ensure(lieu.folder, group=lieu.group, permissions=READ)
    assert made["created"]
    for _ in range(2):
        assert await lieu.cloud.shares.ensure(lieu.folder, group=lieu.group) == {"id": made["id"], "created": False}
    (share,) = await lieu.cloud.shares.all(lieu.folder)
    assert (share["kind"], share["to"], share["permissions"]) == ("group", lieu.group, EDIT)
    for _ in range(2):
        assert await lieu.cloud.shares.remove(made["id"]) == {"removed": True}
    assert await lieu.cloud.shares.all(lieu.folder) == []


async def test_a_share_with_a_person(lieu: Lieu) -> None:
    await lieu.cloud.folders.ensure(lieu.folder)
    made = await lieu.cloud.shares.ensure(lieu.folder, person=lieu.person, permissions=READ)
    (share,) = await lieu.cloud.shares.all(lieu.folder)
    assert share == {
        "id": made["id"],
        "kind": "person",
        "to": lieu.person,
        "group": "",
        "path": f"/{lieu.folder}",
        "is_folder": True,
        "permissions": READ,
        "expires": "",
        "label": "",
        "url": "",
        "hides_download": False,
        "locked": False,
    }


async def test_a_link_and_a_deposit(lieu: Lieu) -> None:
    await lieu.cloud.folders.ensure(lieu.folder)
    link = await lieu.cloud.links.ensure(
        lieu.folder, "4f2", label="Essai", expires=SOON, hides_download=True, locked=True
    )
    assert await lieu.cloud.links.ensure(lieu.folder, "4f2", expires=SOON, hides_download=True, locked=True) == link
    assert (link["permissions"], link["expires"], link["hides_download"], link["locked"]) == (READ, SOON, True, True)
    told = await lieu.cloud.links.lock(link["id"], "essai")
    assert told not in str(await lieu.cloud.shares.all(lieu.folder))
    for _ in range(2):
        deposit = await lieu.cloud.links.ensure_deposit(lieu.folder, "5a1", expires=SOON, locked=True)
        assert deposit["permissions"] == CREATE
    changed = await lieu.cloud.shares.change(link["id"], permissions=EDIT, label="Autre essai", hides_download=False)
    assert (changed["permissions"], changed["label"], changed["hides_download"]) == (EDIT, "Autre essai", False)
    mine = {share["id"] for share in await lieu.cloud.shares.all()}
    assert mine >= {link["id"], deposit["id"]}
    await lieu.cloud.shares.remove(link["id"])
    assert await lieu.cloud.shares.get(link["id"]) is None


async def test_a_file_is_shared_to_read_and_to_change(lieu: Lieu) -> None:
    file = f"{lieu.folder}/Affiche d'été.txt"
    await lieu.cloud.folders.ensure(lieu.folder)
    await _put(lieu, file)
    kept = {"permissions": EDIT_FILE, "expires": SOON}
    for _ in range(2):
        await lieu.cloud.shares.ensure(file, person=lieu.person, **kept)
        await lieu.cloud.shares.ensure(file, group=lieu.group, **kept)
        link = await lieu.cloud.links.ensure(file, "4f2", hides_download=True, **kept)
    shares = await lieu.cloud.shares.all(file)
    assert sorted(share["kind"] for share in shares) == ["group", "link", "person"]
    assert {(s["path"], s["is_folder"], s["permissions"]) for s in shares} == {(f"/{file}", False, EDIT_FILE)}
    assert link["hides_download"]
    changed = await lieu.cloud.shares.change(link["id"], permissions=READ, expires="", hides_download=False)
    assert (changed["permissions"], changed["expires"], changed["hides_download"]) == (READ, "", False)
    with pytest.raises(NotPermitted):
        await lieu.cloud.shares.change(link["id"], permissions=EDIT)
    assert await lieu.cloud.shares.get(link["id"]) == changed


@pytest.mark.parametrize("expires", ["", SOON])
async def test_nobody_deposits_into_a_file(lieu: Lieu, expires: str) -> None:
    await lieu.cloud.folders.ensure(lieu.folder)
    await _put(lieu, f"{lieu.folder}/notes.txt")
    with pytest.raises(Refused):
        await lieu.cloud.links.ensure_deposit(f"{lieu.folder}/notes.txt", "5a1", expires=expires)
    assert await lieu.cloud.shares.all(f"{lieu.folder}/notes.txt") == []


async def _put(lieu: Lieu, path: str) -> None:
    answer = await lieu.cloud.client.send("PUT", await lieu.cloud.webdav.address(path.split("/")), content=b"bonjour")
    assert answer.status == 201


async def test_a_change_is_whole_or_is_not(lieu: Lieu) -> None:
    await lieu.cloud.folders.ensure(lieu.folder)
    made = await lieu.cloud.shares.ensure(lieu.folder, person=lieu.person, permissions=READ, expires=SOON)
    with pytest.raises(Rejected):
        await lieu.cloud.shares.change(made["id"], permissions=EDIT, expires=PAST)
    kept = await lieu.cloud.shares.get(made["id"])
    assert kept
    assert (kept["permissions"], kept["expires"]) == (READ, SOON)
    changed = await lieu.cloud.shares.change(made["id"], permissions=EDIT, expires="")
    assert (changed["permissions"], changed["expires"]) == (EDIT, "")
    assert await lieu.cloud.shares.get(made["id"]) == changed


async def test_what_is_not_there(lieu: Lieu) -> None:
    with pytest.raises(NotFound, match="nextcloud-folder"):
        await lieu.cloud.shares.ensure(lieu.folder, group=lieu.group)
    await lieu.cloud.folders.ensure(lieu.folder)
    with pytest.raises(NotFound, match="nextcloud-account"):
        await lieu.cloud.shares.ensure(lieu.folder, person=lieu.login)
    with pytest.raises(NotFound, match="nextcloud-group"):
        await lieu.cloud.shares.ensure(lieu.folder, group=lieu.login)
    with pytest.raises(NotFound, match="nextcloud-group"):
        await lieu.cloud.groups.members(lieu.login)


async def test_a_group_that_is_there_and_its_members(lieu: Lieu) -> None:
    assert await lieu.cloud.groups.ensure(lieu.group) is False
    assert lieu.person in await lieu.cloud.groups.members(lieu.group)
    assert await lieu.cloud.groups.ensure_member(lieu.person, lieu.group) == {"member": True}


async def test_somebody_who_never_signed_in(lieu: Lieu) -> None:
    if lieu.makes_accounts:
        with pytest.raises(NotFound, match="nextcloud-account"):
            await lieu.cloud.groups.ensure_member(lieu.login, lieu.group)
    else:
        assert await lieu.cloud.groups.ensure_member(lieu.login, lieu.group) == {"member": False, "pending": True}


async def test_an_account(lieu: Lieu) -> None:
    if not lieu.makes_accounts:
        pytest.skip("accounts come from the SSO there")
    wanted = (lieu.login, "Essai de la conciergerie", f"{lieu.login}@example.org")
    assert await lieu.cloud.accounts.ensure(*wanted, group=lieu.group) == {"created": True}
    assert await lieu.cloud.accounts.ensure(*wanted, group=lieu.group) == {"created": False}
    assert await lieu.cloud.groups.ensure_member(lieu.login, lieu.group) == {"member": True}
    with pytest.raises(Conflict):
        await lieu.cloud.accounts.ensure(lieu.login.upper(), "Une autre", "autre@example.org", group=lieu.group)


async def test_a_folder_is_found_again_by_its_number_wherever_people_put_it(lieu: Lieu) -> None:
    await lieu.cloud.folders.ensure(f"{lieu.folder}/Atelier/Bois")
    seen = await lieu.cloud.files.entry(f"{lieu.folder}/Atelier")
    assert seen is not None
    id, where = seen["id"], lieu.cloud.whereabouts
    assert (await where.path(id), await where.binned(id)) == (f"{lieu.folder}/Atelier", None)
    await lieu.cloud.files.move(f"{lieu.folder}/Atelier", f"{lieu.folder}/Été — 100 % & bois", id=id)
    assert await where.path(id) == f"{lieu.folder}/Été — 100 % & bois"
    await lieu.cloud.files.bin(f"{lieu.folder}/Été — 100 % & bois", id=id)
    binned = await where.binned(id)
    assert await where.path(id) is None
    assert binned is not None
    assert binned["path"] == f"{lieu.folder}/Été — 100 % & bois"
    await lieu.cloud.folders.ensure(f"{lieu.folder}/Été — 100 % & bois")  # its name is taken meanwhile
    for _ in range(2):
        assert await where.restore(id) == f"{lieu.folder}/Été — 100 % & bois (restored)"
    assert await lieu.cloud.files.entry(f"{lieu.folder}/Été — 100 % & bois (restored)/Bois") is not None
    assert (await where.path("999999999"), await where.binned("999999999")) == (None, None)


async def test_a_folder_whose_place_is_gone_comes_back_to_the_home(lieu: Lieu) -> None:
    await lieu.cloud.folders.ensure(f"{lieu.folder}/Atelier {lieu.folder}")
    ids = [await _id(lieu, path) for path in (f"{lieu.folder}/Atelier {lieu.folder}", lieu.folder)]
    await lieu.cloud.files.bin(f"{lieu.folder}/Atelier {lieu.folder}", id=ids[0])
    await lieu.cloud.files.bin(lieu.folder, id=ids[1])
    assert await lieu.cloud.whereabouts.restore(ids[0]) == f"Atelier {lieu.folder}"
    await lieu.cloud.files.bin(f"Atelier {lieu.folder}", id=ids[0])


async def _id(lieu: Lieu, path: str) -> str:
    seen = await lieu.cloud.files.entry(path)
    assert seen is not None
    return seen["id"]
