"""Who: whoever hands the operator a file and says « this is our lieu », or « this is your backup ». What: it names as
its own the accounts, groups, folders, shares, rooms and requests of others. Why it must fail: the file was written by
them; only the services know."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import random
import tarfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from bot.backups.archive import BackupFailed, restore
from bot.errors import Fatal
from bot.lieux import Choices, Lieux
from bot.network.outgoing import wire_id
from bot.operator.transfer import CannotMove, _sum, bring_in
from bot.services.directory import DIRECTORY
from bot.services.nextcloud import NEXTCLOUD
from bot.services.odoo import ODOO
from bot.services.tenancy import Services
from bot.services.wordpress import WORDPRESS
from bot.store import audit, erasures, lieu_rows, outbox, ownership, requests, successions
from bot.store.database import Database, Tx, migrations
from bot.store.erasures import Erasure
from bot.store.outbox import Letter
from integrations.nextcloud import Nextcloud
from integrations.odoo import Odoo as OdooClient
from tests.servers.nextcloud import StandIn
from tests.servers.odoo import Odoo
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.memory_wordpress import MemoryWordPress
from tests.tiers import examples

BOT, PASSWORD = "concierge", "un mot de passe bien long"
MOULIN = Choices(installed=True, office="!office:moulin.fr", group="moulin", folder="Lieux/Le Moulin")
EVE = Choices(installed=True, office="!office:eve.fr", group="eve", folder="Lieux/Eve")


def row_of(choices: Choices, **more: Any) -> dict[str, Any]:
    lieu = {"id": 5, "space": "!space:eve.fr", "name": "Chez Eve", "choices": json.dumps(choices.dump()), "words": "{}"}
    return lieu | {"created_at": 1, "left_at": None} | more


def ours(service: str, kind: str, ref: str) -> dict[str, Any]:
    return {"lieu": 5, "service": service, "kind": kind, "ref": ref, "person": None, "at": 1, "watcher": None}


def arrival(person: str, login: str) -> dict[str, Any]:
    known = {"id": 1, "lieu": 5, "person": person, "name": "Eve", "email": None, "login": login, "invited_by": person}
    return known | {"status": "welcomed", "room_id": None, "conversation": None, "created_at": 1, "changed_at": 1}


def written(path: Path, lieu: dict[str, Any] | None = None, **tables: list[dict[str, Any]]) -> Path:
    """A file as the command writes it, with a sum that is right: whoever writes the file makes the sum."""
    empty: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("arrivals", "owned", "acts", "cards", "networks", "network_lieux", "requests")
    }
    told = {"format": 1, "schema": len(migrations()), "rows": {"lieux": [lieu or row_of(EVE)], **empty, **tables}}
    path.write_text(json.dumps({"sha256": _sum(told), **told}))
    return path


@dataclass
class House:
    """A bot that serves Le Moulin, with an SSO and a Nextcloud where Eve's people have accounts as well."""

    data: Path
    services: Services
    cloud: StandIn
    directory: MemoryDirectory

    async def imports(self, file: Path, **how: Any) -> str:
        return await bring_in(self.data, file, self.services, **how)

    async def kept(self) -> dict[tuple[str, str], set[str]]:
        """What is Eve's now, by service and kind."""
        database = await Database.open(self.data / "bot.sqlite")
        lieu = await Lieux(database).of_space("!space:eve.fr")
        assert lieu is not None

        def read(tx: Tx) -> dict[tuple[str, str], set[str]]:
            found: dict[tuple[str, str], set[str]] = {}
            for row in tx.execute("SELECT service, kind, ref FROM owned WHERE lieu = ?", (lieu.id,)):
                found.setdefault((row["service"], row["kind"]), set()).add(row["ref"])
            return found

        found = await database.read(read)
        found[("", "group")], found[("", "folder")] = {lieu.choices.group}, {lieu.choices.folder}
        await database.close()
        return found

    async def forgets(self) -> None:
        """Eve has never been here."""
        database = await Database.open(self.data / "bot.sqlite")
        await database.write(lambda tx: tx.execute("DELETE FROM lieux WHERE space = '!space:eve.fr'").rowcount)
        await database.close()

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        database = await Database.open(self.data / "bot.sqlite")
        found = await database.read(lambda tx: [tuple(row) for row in tx.execute(query)])
        await database.close()
        return found


def meets(tx: Tx, lieu: int) -> None:
    """A network, a project there, and a private word with somebody."""
    tx.execute(
        "INSERT INTO networks (id, space, room_id, name) VALUES (1, '!touraine:moulin.fr', '!network:moulin.fr', 'x')"
    )
    tx.execute("INSERT INTO network_lieux VALUES (1, ?, 'declared', 1, '{}', 1)", (lieu,))
    tx.execute(
        "INSERT INTO requests (id, network, home, rev, state, body, opened_at, changed_at) VALUES"
        " ('y.1', 1, 'y', 1, 'agreed', '{}', 1, 1)"
    )
    tx.execute(
        "INSERT INTO projects (request, lieu, title, room_id, folder, offer, status, since) VALUES"
        " ('y.1', ?, 'x', '!project:moulin.fr', '', '', 'open', 1)",
        (lieu,),
    )
    tx.execute("INSERT INTO people VALUES ('@marc:moulin.fr', NULL, '!dm:x')")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    directory = MemoryDirectory()
    for login, group in (("marc", "moulin"), ("eve", "eve"), ("chef", "admin"), ("lise", "equipe")):
        await directory.ensure_account(login, login, f"{login}@example.org")
        await directory.set_member(group, login, True)
    await directory.set_member("eve", "chef", True)  # she put the administrator into her group, while she could
    server = StandIn("34.0.1")
    server.add_account(BOT, PASSWORD, groups=["lieu"], subadmin=["lieu"])
    for folder in ("Lieux", "Lieux/Le Moulin", "Lieux/Eve", "Comptes"):
        server.add_folder(BOT, folder)
    async with server.running() as url:
        cloud = Nextcloud(url, BOT, server.app_password(BOT), password=PASSWORD)
        database = await Database.open(tmp_path / "data" / "bot.sqlite")
        lieux = Lieux(database)
        lieu = await lieux.create("!space:moulin.fr", "Le Moulin", language="fr", zone="Europe/Paris", now=1)
        await lieux.choose(
            lieu.id, **{name: getattr(MOULIN, name) for name in ("office", "group", "folder", "installed")}
        )
        for service, kind, ref in (
            ("directory", "account", "marc"), ("directory", "group", "moulin.cles"), ("nextcloud", "share", "41"),
            ("matrix", "room", "!atelier:moulin.fr"),
        ):  # fmt: skip
            await database.write(ownership.own, lieu.id, service, kind, ref, None, 1)
        await database.write(meets, lieu.id)
        await database.close()
        yield House(tmp_path / "data", Services({DIRECTORY: directory, NEXTCLOUD: cloud}), server, directory)
        await cloud.close()


async def test_accounts_of_others_do_not_change_hands(house: House, tmp_path: Path) -> None:
    """Thirty accounts of the SSO in one file: whoever owns an account may pause, link and close it."""
    claimed = ["marc", "MARC", "chef", "lise", "eve", "root", "nobody"]
    file = written(
        tmp_path / "eve.json",
        owned=[ours("directory", "account", login) for login in claimed] + [ours("conciergerie", "pause", "marc")],
        arrivals=[arrival("@eve:eve.fr", "marc")],
    )
    told = await house.imports(file, word=True)
    kept = await house.kept()
    assert kept[("directory", "account")] == {"eve"}
    assert ("conciergerie", "pause") not in kept
    for login in ("marc", "chef", "lise", "root"):
        assert f"the account {login}: " in told
    assert await house.rows("SELECT login FROM arrivals") == [(None,)]


@pytest.mark.parametrize(
    "group", ["admin", "Admins", "moulin", "MOULIN", " moulin", "moulin.cles", "moulin.neuf", "ｍoulin"]
)
@pytest.mark.parametrize("word", [False, True])
async def test_groups_of_others_do_not_change_hands(house: House, tmp_path: Path, group: str, word: bool) -> None:
    """Whoever is welcomed is put into the lieu's group: in `admin` they would administer."""
    file = written(
        tmp_path / "eve.json",
        row_of(replace(EVE, group=group)),
        owned=[ours("directory", "group", group), ours("directory", "account", "marc")],
    )
    told = await house.imports(file, word=word)
    kept = await house.kept()
    assert kept[("", "group")] == {""}
    assert {("directory", "group"), ("directory", "account")}.isdisjoint(kept)
    assert "Not taken over" in told


@pytest.mark.parametrize(
    "folder",
    ["/", "", ".", "..", "Lieux", "Lieux/Le Moulin", "Lieux//Le Moulin", "lieux/le moulin", "Lieux/Le Moulin/Plans",
     "/Lieux/Le Moulin/", "Lieux/./Le Moulin", "Lieux/x/../Le Moulin", "Lieux/Le Moulin\u200b"],
)  # fmt: skip
@pytest.mark.parametrize("word", [False, True])
async def test_folders_of_others_do_not_change_hands(house: House, tmp_path: Path, folder: str, word: bool) -> None:
    """`!partage` lists and publishes what is in the lieu's folder."""
    file = written(
        tmp_path / "eve.json",
        row_of(replace(EVE, folder=folder)),
        owned=[ours("nextcloud", "folder", folder), ours("nextcloud", "share", "41")],
    )
    await house.imports(file, word=word)
    kept = await house.kept()
    assert kept[("", "folder")] == {""}
    assert {("nextcloud", "folder"), ("nextcloud", "share")}.isdisjoint(kept)


async def test_what_was_there_before_is_the_operators_to_give(house: House, tmp_path: Path) -> None:
    """Nobody's folder and nobody's group are not hers because she says so first."""
    claims = {"group": "equipe", "folder": "Comptes"}
    tables = {"owned": [ours("directory", "account", "lise"), ours("nextcloud", "folder", "Comptes")]}
    file = written(tmp_path / "eve.json", row_of(replace(EVE, **claims)), **tables)
    told = await house.imports(file)
    kept = await house.kept()
    assert (kept[("", "group")], kept[("", "folder")]) == ({""}, {""})
    assert ("directory", "account") not in kept
    assert "the group equipe: " in told
    assert "the folder Comptes: " in told
    (report,) = house.data.glob("not-taken-over-*.txt")
    assert report.stat().st_mode & 0o077 == 0
    assert "the folder Comptes: " in report.read_text()


async def test_an_honest_lieu_keeps_what_is_its_own(house: House, tmp_path: Path) -> None:
    """With the operator's word: the group, the accounts in it, the folder, the shares of it, and no more."""
    cloud = house.services[NEXTCLOUD]
    assert cloud is not None
    house.cloud.add_account("eve", groups=["eve"])
    house.cloud.add_account("marc", groups=["moulin"])
    mine = (await cloud.shares.ensure("Lieux/Eve", person="eve"))["id"]
    theirs = (await cloud.shares.ensure("Lieux/Le Moulin", person="marc"))["id"]
    file = written(
        tmp_path / "eve.json",
        owned=[ours("directory", "account", "eve"), ours("directory", "group", "eve.cles")]
        + [ours("nextcloud", "share", id) for id in (mine, theirs)],
        arrivals=[arrival("@eve:eve.fr", "eve")],
    )
    told = await house.imports(file, word=True)
    assert await house.kept() == {
        ("directory", "account"): {"eve"}, ("directory", "group"): {"eve.cles"}, ("nextcloud", "share"): {mine},
        ("", "group"): {"eve"}, ("", "folder"): {"Lieux/Eve"},
    }  # fmt: skip
    assert await house.rows("SELECT login FROM arrivals") == [("eve",)]
    assert "From now on it looks after" in told


async def test_an_adopted_account_can_be_given_back_by_the_bot_that_takes_over(house: House, tmp_path: Path) -> None:
    """The mark of it goes where the account goes; by itself it is nothing, and is not told of twice."""
    marks = [ours("directory", "adopted", login) for login in ("eve", "marc")] + [ours("matrix", "adopted", "@x:y.fr")]
    file = written(tmp_path / "eve.json", owned=[ours("directory", "account", "eve"), *marks])
    told = await house.imports(file, word=True)
    kept = await house.kept()
    assert kept["directory", "account"] == kept["directory", "adopted"] == {"eve"}
    assert ("matrix", "adopted") not in kept
    assert "the account eve" in told
    assert "adopted" not in told


async def test_a_lieu_brings_along_what_it_opened_and_no_address_is_told(house: House, tmp_path: Path) -> None:
    """Accounts on a site and contacts in Odoo are known by numbers, which are somebody else's where that is another."""
    site, server = MemoryWordPress(), Odoo()
    server.add_account("bot", "cle", email="bot@exemple.fr", manages=True)
    zoe, marc = site.add("zoe", "zoe@exemple.fr", "author"), site.add("marc", "marc@exemple.fr", "author")
    chief = site.add("chef", "chef@exemple.fr", "editor")
    contact, other = server.add_contact("Zoé", "zoe@exemple.fr"), server.add_contact("Marc", "marc@exemple.fr")
    people = {"@zoe:eve.fr": "zoe@exemple.fr", "@lea:eve.fr": "lea@exemple.fr", "@chef:eve.fr": "chef@exemple.fr"}
    known = [
        arrival(person, "") | {"id": n, "email": email, "login": None}
        for n, (person, email) in enumerate(people.items())
    ]
    claims = [("@zoe:eve.fr", zoe.id, contact), ("@lea:eve.fr", marc.id, other), ("@chef:eve.fr", chief.id, 999)]
    owned = [
        ours(service, kind, f"{ref}") | {"person": person}
        for person, account, number in claims
        for service, kind, ref in (
            ("wordpress", "account", account),
            *(("odoo", kind, number) for kind in ("contact", "made", "woken", "user")),
            ("odoo", "tagged", f"{number}/4"),
            ("odoo", "tagged", f"{number}/x"),
            ("conciergerie", "pause", person),
        )
    ]
    owned += [ours("wordpress", "begun", "@zoe:eve.fr zoe@exemple.fr"), ours("nextcloud", "account", "lea@exemple.fr")]
    file = written(tmp_path / "eve.json", arrivals=known, owned=owned)
    async with server.running() as url:
        odoo, way_in = OdooClient(url, server.database, "cle"), site.site()
        house.services = replace(house.services, parts={**house.services.parts, WORDPRESS: way_in, ODOO: odoo})
        for word, has in ((False, False), (True, True)):
            told = await house.imports(file, word=word)
            kept = await house.kept()
            assert kept.get(("wordpress", "account"), set()) == ({f"{zoe.id}"} if has else set())
            assert kept.get(("odoo", "contact"), set()) == ({f"{contact}"} if has else set())
            assert kept.get(("odoo", "tagged"), set()) == ({f"{contact}/4"} if has else set())
            assert kept.get(("odoo", "user"), set()) == ({f"{contact}"} if has else set())
            assert kept.get(("conciergerie", "pause"), set()) == ({"@zoe:eve.fr"} if has else set())
            assert f"the wordpress account {marc.id}: nothing here shows" in told
            assert "exemple.fr" not in told
            await house.forgets()
        await way_in.close()
        await odoo.close()


async def test_services_that_do_not_answer_show_nothing(house: House, tmp_path: Path) -> None:
    await house.cloud.down()
    file = written(tmp_path / "eve.json", owned=[ours("nextcloud", "share", "1")])
    with pytest.raises(CannotMove, match="does not answer"):
        await house.imports(file)
    assert await house.rows("SELECT name FROM lieux") == [("Le Moulin",)]


# -- rooms, names, networks


@pytest.mark.parametrize(
    "room",
    [
        "!office:moulin.fr",
        "!space:moulin.fr",
        "!atelier:moulin.fr",
        "!network:moulin.fr",
        "!project:moulin.fr",
        "!dm:x",
    ],
)
async def test_rooms_of_another_lieu_are_refused(house: House, tmp_path: Path, room: str) -> None:
    """In her office she commands; in a room that she owns she is given its levels; a silence is lifted in it."""
    silence = {"lieu": 5, "person": "@eve:eve.fr", "room_id": room, "before": "100", "level": -1, "until": 1}
    project = {"request": "x.1", "lieu": 5, "title": "x", "room_id": room, "folder": "", "offer": ""}
    path = {"lieu": 5, "number": 1, "at": 1, "by": "@eve:eve.fr", "what": "x", "about": ""}
    opens = {"questions": [{"id": "a", "text": "a", "label": "a", "kind": "yes-no", "options": [
        {"label": "yes", "opens": {"rooms": [[room, "L’atelier"]]}}]}]}  # fmt: skip
    files: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (row_of(replace(EVE, office=room)), {}),
        (row_of(replace(EVE, open_rooms=("!a:eve.fr", room))), {}),
        (row_of(EVE), {"owned": [ours("matrix", "room", room)]}),
        (row_of(EVE), {"silences": [silence]}),
        (row_of(EVE), {"projects": [project | {"status": "open", "since": 1}]}),
        (row_of(EVE), {"paths": [path | {"content": json.dumps(opens)}]}),
        (row_of(EVE), {"networks": [{"id": 1, "space": room, "name": "x", "room_id": None, "heir": None}]}),
    ]
    for n, (lieu, tables) in enumerate(files):
        with pytest.raises(CannotMove, match=r"another|other lieux"):
            await house.imports(written(tmp_path / f"{n}.json", lieu, **tables))
    assert await house.rows("SELECT name FROM lieux") == [("Le Moulin",)]


MEMBERSHIP = {
    "lieu": 5, "item": 1, "name": "Zoé", "email": "z@eve.fr", "since_day": "2026-01-15", "last_day": None,
    "person": "@z:eve.fr", "status": "known", "end_told": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"name": "Zoé\nTout va bien"}, {"name": "Z" * 300}, {"name": None}, {"email": "z@eve.fr\u202e"},
        {"last_day": "31/12"}, {"since_day": "2026-02-31"}, {"since_day": None},
        {"person": "Zoé"}, {"status": "paid"}, {"item": "one"},
    ],
    ids=repr,
)  # fmt: skip
async def test_a_membership_is_as_the_bot_would_have_written_it(
    house: House, tmp_path: Path, more: dict[str, Any]
) -> None:
    with pytest.raises(CannotMove, match="is not a lieu that was exported"):
        await house.imports(written(tmp_path / "x.json", memberships=[MEMBERSHIP | more]))
    assert await house.rows("SELECT name FROM lieux") == [("Le Moulin",)]
    assert "Chez Eve" in await house.imports(written(tmp_path / "y.json", memberships=[MEMBERSHIP]))
    assert await house.rows("SELECT name, person FROM memberships") == [("Zoé", "@z:eve.fr")]


@pytest.mark.parametrize("name", ["Le Moulin", "LE MOULIN", "Le  Moulin !", "Lé Moulin"])
async def test_a_namesake_does_not_take_the_settings_of_another(house: House, tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotMove, match="is called so"):
        await house.imports(written(tmp_path / "eve.json", row_of(EVE, name=name)))


async def test_a_lieu_that_is_here_is_not_written_over(house: House, tmp_path: Path) -> None:
    """Neither one that is awake, nor one that the bot has left."""
    file = written(tmp_path / "eve.json", row_of(EVE, space="!space:moulin.fr", name="Le Moulin"))
    with pytest.raises(CannotMove, match="knows the lieu already"):
        await house.imports(file)
    database = await Database.open(house.data / "bot.sqlite")
    await Lieux(database).left("!space:moulin.fr", 2)
    await database.close()
    with pytest.raises(CannotMove, match="knows the lieu already"):
        await house.imports(file)


async def test_a_lieu_whose_space_was_upgraded_is_not_written_over_by_the_old_one(house: House, tmp_path: Path) -> None:
    """Other lieux, and the settings, still know it by the first one; a file that claims it proves nothing."""
    database = await Database.open(house.data / "bot.sqlite")
    await database.write(successions.move, "!space:moulin.fr", "!new", "@anne:moulin.fr", "Le Moulin", 0, 1)
    await database.close()
    with pytest.raises(CannotMove, match="knows the lieu already"):
        await house.imports(written(tmp_path / "eve.json", row_of(EVE, space="!space:moulin.fr")))
    await house.imports(written(tmp_path / "other.json", row_of(EVE, origin="!space:moulin.fr")))
    assert await house.rows("SELECT space, origin FROM lieux ORDER BY id") == [
        ("!new", "!space:moulin.fr"),
        ("!space:eve.fr", ""),
    ]


async def test_requests_of_a_lieu_that_is_here_are_not_told_by_another(house: House, tmp_path: Path) -> None:
    """Forged, the next thing that Le Moulin asks would have no place; its letters that wait would be thrown away."""
    database = await Database.open(house.data / "bot.sqlite")
    (moulin,) = await Lieux(database).all()
    home = wire_id(moulin)
    body = {"v": 1, "id": f"{home}.1", "lieu": home, "rev": 1, "state": "open", "kind": "other", "what": "un marteau"}

    def asks(tx: Tx) -> None:
        tx.execute("INSERT INTO networks (id, space, name) VALUES (3, '!n:moulin.fr', 'Touraine')")
        requests.pin(tx, requests.keep(tx, 3, body, None, 1), moulin.id, "!office:moulin.fr", "@marc:moulin.fr")
        outbox.post(tx, Letter("!n:moulin.fr", f"request/{home}.1", "m.room.message", {}), 1)

    await database.write(asks)
    await database.close()
    fake = [body | {"what": "de l’argent", "rev": 9}, body | {"id": f"{home}.2", "what": "de l’argent", "rev": 999_999}]
    rows = [
        {"id": one["id"], "network": 9, "home": home, "rev": one["rev"], "state": "open", "body": json.dumps(one),
         "root": None, "opened_at": 1, "changed_at": 1}
        for one in fake
    ]  # fmt: skip
    cards = [
        {"request": one["id"], "lieu": 5, "number": n, "room_id": "!office:eve.fr", "txn": f"request/{home}.1",
         "asker": "@eve:eve.fr", "rev": 1, "said": 0, "taken": 0, "muted": 0, "due": None, "watcher": None}
        for n, one in enumerate(fake, 1)
    ]  # fmt: skip
    file = written(
        tmp_path / "eve.json",
        networks=[{"id": 9, "space": "!n:moulin.fr", "name": "x", "room_id": None, "heir": None}],
        requests=rows,
        cards=cards,
        streams=[{"request": one["id"], "lieu": home, "last": 10**9} for one in fake],
        agreements=[{"request": f"{home}.1", "lieu": home, "other": "x", "people": "{}", "over": 0, "met": 0}],
        network_lieux=[{"network": 9, "lieu": 5, "status": "left", "keeps": 1, "choices": "{}", "since": 1}],
    )
    await house.imports(file)
    assert await house.rows("SELECT body FROM requests WHERE id != 'y.1'") == [(json.dumps(body),)]
    assert await house.rows("SELECT txn_id FROM outbox") == [(f"request/{home}.1",)]
    assert await house.rows("SELECT * FROM streams") == await house.rows("SELECT * FROM agreements") == []
    assert await house.rows("SELECT keeps FROM network_lieux WHERE status = 'left'") == [(0,)]


async def test_what_was_taken_from_somebody_is_not_given_back_by_a_file(house: House, tmp_path: Path) -> None:
    """A departure keeps the groups to give back: undone, Eve would be in `admin`."""
    departure = {
        "id": 1, "lieu": 5, "person": "@eve:eve.fr", "name": "Eve\x1b[2J", "login": "marc", "heir": None, "by": "@x:y",
        "status": "locked", "locks_at": 1, "closes_at": 2, "created_at": 1, "changed_at": 1,
        "taken": json.dumps({"groups": {"admin": {}}, "shares": {"1": {"path": "/Comptes", "permissions": 15}}}),
    }  # fmt: skip
    told = await house.imports(written(tmp_path / "eve.json", departures=[departure]))
    assert await house.rows("SELECT status, taken, login FROM departures") == [("closed", "{}", "")]
    assert "the departure of Eve?[2J" in told


# -- files that are no lieu


async def real(tmp_path: Path) -> dict[str, Any]:
    """What the command writes for a lieu that has something in every table that moves."""
    database = await Database.open(tmp_path / "a" / "bot.sqlite")
    lieux = Lieux(database)
    lieu = await lieux.create("!space:eve.fr", "Chez Eve", language="fr", zone="Europe/Paris", now=1)
    await lieux.choose(lieu.id, **EVE.dump())
    body = {"v": 1, "lieu": (home := wire_id(lieu)), "rev": 1, "state": "open", "kind": "other", "what": "un marteau"}

    def fill(tx: Tx) -> None:
        tx.execute("INSERT INTO networks (id, space, name) VALUES (3, '!n:eve.fr', 'Touraine')")
        tx.execute("INSERT INTO network_lieux VALUES (3, ?, 'declared', 1, '{}', 1)", (lieu.id,))
        audit.note(tx, lieu.id, 1, "@eve:eve.fr", "installed", None, {})
        request = requests.keep(tx, 3, body | {"id": f"{home}.1"}, None, 1)
        requests.pin(tx, request, lieu.id, "!office:eve.fr", "@eve:eve.fr")
        requests.line(tx, request.id, home, "a", lieu.id, "said/a")
        ownership.own(tx, lieu.id, "directory", "account", "eve", None, 1)
        ownership.own(tx, lieu.id, "nextcloud", "folder", "Lieux/Eve", None, 1)
        tx.execute("INSERT INTO silences VALUES (?, '@z:eve.fr', '!a:eve.fr', 'null', -1, NULL)", (lieu.id,))
        tx.execute("INSERT INTO paths VALUES (?, 1, 1, '@eve:eve.fr', 'x', '', '{}')", (lieu.id,))
        tx.execute(
            "INSERT INTO memberships VALUES (?, 1, 'Zoé', 'z@eve.fr', '2026-01-15', NULL, '@z:eve.fr', 'known', 1, 0)",
            (lieu.id,),
        )
        tx.execute("INSERT INTO membership_readings VALUES (?, 'eve', 1, 1, 1)", (lieu.id,))
        tx.execute("INSERT INTO streams VALUES (?, ?, 1)", (request.id, home))
        tx.execute("INSERT INTO agreements VALUES (?, ?, 'x', '{}', 0, 0)", (request.id, home))
        tx.execute(
            "INSERT INTO projects (request, lieu, title, room_id, folder, offer, status, since) VALUES"
            " (?, ?, 'x', '!p:eve.fr', 'x', '', 'open', 1)",
            (request.id, lieu.id),
        )
        tx.execute("INSERT INTO project_shares VALUES (?, ?, '7', '@z:eve.fr')", (request.id, lieu.id))
        made = arrival("@eve:eve.fr", "eve") | {"lieu": lieu.id}
        tx.execute(f"INSERT INTO arrivals ({', '.join(made)}) VALUES ({', '.join('?' * len(made))})", (*made.values(),))

    await database.write(fill)
    rows = await database.read(lieu_rows.take_out, lieu.id)
    await database.close()
    erased = [asdict(Erasure.of("e1", 5, "!space:eve.fr", ["@gone:eve.fr"]))]
    return {"format": 1, "schema": len(migrations()), "rows": rows, "erasures": erased}


def places(told: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value of a file, to those in its JSON columns too."""
    inside = list(told.items()) if isinstance(told, dict) else list(enumerate(told)) if isinstance(told, list) else []
    return [at] * bool(at) + [place for key, value in inside for place in places(value, (*at, key))]


def changed(told: Any, at: tuple[Any, ...], value: Any, how: str) -> Any:
    told = copy.deepcopy(told)
    holder = told
    for key in at[:-1]:
        holder = holder[key]
    if how == "missing":
        del holder[at[-1]]
    elif how == "twice" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[at[-1]]))
    elif how == "inside" and isinstance(holder[at[-1]], str) and holder[at[-1]][:1] == "{":
        within = json.loads(holder[at[-1]])
        key = random.Random(str(value)).choice([*within, "x"])
        holder[at[-1]] = json.dumps(within | {key: value})
    else:
        holder[at[-1]] = value
    return told


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from([[], {}, "", "{}", "[", "[1]", "null", "\ud800", "\x00", 2**63, -1, 10**15, 10**30, "!x",
                     "💥" * 999, {"a": []}, [[[]]], "!space:moulin.fr", "declared", "/", "..", "[" * 5000]),
)  # fmt: skip


@examples(250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=VALUES, how=st.sampled_from(["else", "missing", "twice", "inside"]))
async def test_a_real_file_with_anything_changed_is_a_sentence_or_a_lieu(
    tmp_path: Path, whole: dict[str, Any], data: st.DataObject, value: Any, how: str
) -> None:
    """Wherever it is damaged, and however: never a traceback, never half a lieu, and what came in can be read."""
    told = changed(whole, data.draw(st.sampled_from(places(whole))), value, how)
    folder = tmp_path / os.urandom(6).hex()
    folder.mkdir()
    file = folder / "x.json"
    file.write_text(json.dumps({"sha256": _sum(told), **told}))
    said: list[tuple[int, bool]] = []
    try:
        await bring_in(folder / "data", file)
    except Fatal as why:
        said.append((why.exit_code, bool(str(why))))
    assert set(said) <= {(65, True), (76, True)}
    if (folder / "data" / "bot.sqlite").exists():
        database = await Database.open(folder / "data" / "bot.sqlite")
        await Lieux(database).all()
        assert await database.read(lambda tx: tx.execute("PRAGMA foreign_key_check").fetchall()) == []
        await database.close()


@pytest.fixture(scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return await real(tmp_path_factory.mktemp("whole"))


async def test_the_real_file_comes_in(tmp_path: Path, whole: dict[str, Any]) -> None:
    """What the fuzzing starts from is good."""
    (tmp_path / "x.json").write_text(json.dumps({"sha256": _sum(whole), **whole}))
    assert "Chez Eve is here, asleep" in await bring_in(tmp_path / "data", tmp_path / "x.json")


async def test_a_file_erases_nobody_of_another_lieu_nor_of_one_that_was_refused(
    house: House, tmp_path: Path, whole: dict[str, Any]
) -> None:
    """Its list is ours once the lieu is, and under no name that one of ours has."""
    mine, list = Erasure.of("e1", 7, "!moulin", ["@marc:moulin.fr"]), house.data / erasures.FILE
    erasures.add(list, [mine])

    def file(**changed: Any) -> Path:
        told = whole | changed
        (tmp_path / "x.json").write_text(json.dumps({"sha256": _sum(told), **told}))
        return tmp_path / "x.json"

    (moulin,) = [row[0] for row in await house.rows("SELECT space FROM lieux")]
    acts = [row | {"hash": "x"} for row in whole["rows"]["acts"]]
    for one in (
        file(erasures=[asdict(Erasure.of("e2", 5, moulin, ["@marc:moulin.fr"]))]),
        file(rows=whole["rows"] | {"lieux": [whole["rows"]["lieux"][0] | {"space": moulin}]}),
        file(rows=whole["rows"] | {"acts": acts}),
    ):
        with pytest.raises(CannotMove):
            await house.imports(one)
        assert erasures.read(list) == {"e1": mine}
    await house.imports(file())
    ours, theirs = erasures.read(list).values()
    assert (ours, theirs.among(["@gone:eve.fr"])) == (mine, ["@gone:eve.fr"])
    assert theirs.id != "e1"


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"null", b"[]", b"7", b'"x"', b"{}", b'{"sha256": 1}', b"[" * 200_000, b"\xff\xfe",
     b"PK\x03\x04", b'{"sha256": "x", "format": {}, "schema": [], "rows": 7}', b"SQLite format 3\x00", b"1" * 5000],
)  # fmt: skip
async def test_a_file_that_is_none_of_ours_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(CannotMove):
        await bring_in(tmp_path / "data", tmp_path / "x.json")


async def test_what_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    """A pipe would be waited for, a device read for ever, and a huge file fill the memory."""
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(2**33)
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "nothing", tmp_path / "huge"):
        with pytest.raises(CannotMove):
            await bring_in(tmp_path / "data", path)


# -- a backup that is none


def archive(path: Path, held: dict[str, bytes], members: list[tarfile.TarInfo] = [], **manifest: Any) -> Path:  # noqa: B006
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in held.items()}
    told = {"format": 1, "schema": 1, "files": sums} | manifest
    with tarfile.open(path, "w") as tar:
        for name, content in {"manifest.json": json.dumps(told).encode(), **held}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member in members:
            tar.addfile(member)
    return path


def special(name: str, type: bytes, to: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = type, to
    return member


def sparse(path: Path) -> Path:
    """Fifteen hundred bytes that claim to be a file of eight gigabytes."""
    whole = archive(path, {"bot.sqlite": b""}).read_bytes()
    member = tarfile.TarInfo("huge")
    member.type, member.size = tarfile.GNUTYPE_SPARSE, 0
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[386:398] = header[398:410] = b"%011o " % 0
    header[483:495] = b"%011o " % (8**11 - 1)
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    path.write_bytes(bytes(header) + whole)
    return path


async def test_an_archive_that_is_no_backup_of_ours_writes_nothing(tmp_path: Path) -> None:
    """Links out of the folder, devices, names that lead elsewhere, sizes without end, a manifest of something else."""
    database, n = {"bot.sqlite": b"x"}, iter(range(99))
    link = [special("seeds.json", tarfile.SYMTYPE, "/etc/passwd")]

    def made(held: dict[str, bytes] = database, *more: tarfile.TarInfo, **manifest: Any) -> Path:
        return archive(tmp_path / f"{next(n)}.tar", held, list(more), **manifest)

    bad = [
        made(database, *link),
        made(database, special("x", tarfile.LNKTYPE, "../x")),
        made(database, special("x", tarfile.CHRTYPE)),
        made(database, special("x", tarfile.FIFOTYPE)),
        made(database | {"/etc/x": b"x"}),
        made(database | {"../x": b"x"}),
        made(database | {"a/../../x": b"x"}),
        made({"x": b"x"}),
        made(database, files=[]),
        made(database, files={"bot.sqlite": 7}),
        made(database, schema=float("inf")),
        made(database, schema="x"),
        sparse(tmp_path / "sparse.tar"),
        tmp_path,
    ]
    for file in bad:
        with pytest.raises(BackupFailed):
            restore(file, tmp_path / "data")
        assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("names", [["bot.lock"], ["a", "a/b"], ["x" * 300]])
async def test_a_backup_that_cannot_be_written_is_a_sentence(tmp_path: Path, names: list[str]) -> None:
    file = archive(tmp_path / "x.tar", {"bot.sqlite": b"x", **dict.fromkeys(names, b"x")})
    with pytest.raises(BackupFailed, match="cannot be written"):
        restore(file, tmp_path / "data")
    assert not (tmp_path / "data" / "bot.sqlite").exists()
