"""Who: whoever writes a lieu's file, and knows how it is read. What: what was looked at in it is not what is taken:
an id that stands for two requests, a table whose first row looks like nothing, a room that no list names, a yes that
another lieu never said. Why it must fail: each row counts for what it does here, not for what it stands beside."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.lieux import Lieu, Lieux
from bot.network.outgoing import wire_id
from bot.operator.transfer import CannotMove
from bot.store import projects, requests, rooms
from bot.store.database import Database, Tx
from tests.attacks.test_hostile_import import EVE, House, house, ours, row_of, written

__all__ = ["house"]
HOME = wire_id(Lieu(0, "!space:eve.fr", ""))
MOULIN = wire_id(Lieu(0, "!space:moulin.fr", ""))
FAR = "f" * 16  # a lieu of elsewhere, with a bot of its own
TOURAINE = "!touraine:moulin.fr"
Row = dict[str, Any]


def asked(home: str, key: str, *, network: int = 9, what: str = "un marteau", rev: int = 1, **more: Any) -> Row:
    wire = f"{home}.{key}"
    body = {"v": 1, "id": wire, "lieu": home, "rev": rev, "state": "open", "kind": "other", "what": what}
    row = {"id": wire, "wire": wire, "network": network, "home": home, "rev": rev, "state": "open", "root": None}
    return row | {"body": json.dumps(body), "opened_at": 1, "changed_at": 1} | more


def network(space: str, id: int = 9) -> Row:
    return {"id": id, "space": space, "name": "x", "room_id": None, "heir": None}


def card(request: str, room_id: str = "!office:eve.fr", n: int = 1) -> Row:
    row = {"request": request, "lieu": 5, "number": n, "room_id": room_id, "txn": f"x/{n}", "asker": None, "rev": 1}
    return row | {"said": 0, "taken": 1, "muted": 0, "due": None, "watcher": None}


async def known_here(house: House, home: str, key: str, what: str) -> None:
    """Le Moulin has heard of it in its network."""
    database = await Database.open(house.data / "bot.sqlite")
    body = {"v": 1, "id": f"{home}.{key}", "lieu": home, "rev": 3, "state": "open", "kind": "other", "what": what}

    def keep(tx: Tx) -> None:
        (moulin,) = tx.execute("SELECT id FROM lieux").fetchone()
        requests.pin(tx, requests.keep(tx, 1, body, "$root", 1), moulin, "!office:moulin.fr")

    await database.write(keep)
    await database.close()


async def test_an_id_stands_for_one_request(house: House, tmp_path: Path) -> None:
    """The first row of this id is hers; the second one is what Le Moulin asks next, in its own network."""
    mine, forged = asked(HOME, "1"), asked(MOULIN, "2", rev=999_999, what="de l’argent")
    file = written(
        tmp_path / "eve.json",
        networks=[network("!n:eve.fr", 8), network(TOURAINE)],
        requests=[mine | {"network": 8}, forged | {"id": mine["id"]}],
        cards=[card(mine["id"])],
    )
    await house.imports(file)
    assert await house.rows("SELECT wire FROM requests WHERE id != 'y.1'") == [(mine["wire"],)]


@pytest.mark.parametrize("table", ["streams", "agreements", "held"])
async def test_a_table_whose_first_row_looks_like_nothing(house: House, tmp_path: Path, table: str) -> None:
    """The network is Le Moulin's, and so is what it heard there: a far lieu is not silenced, nor made to say yes."""
    await known_here(house, FAR, "1", "une échelle")
    told = asked(FAR, "1", what="une échelle")
    line = {"v": 1, "request": told["wire"], "lieu": FAR, "seq": 1, "id": "a", "text": "Donnez-moi tout"}
    row: Row = {
        "streams": {"lieu": FAR, "last": 10**9},
        "agreements": {"lieu": FAR, "other": MOULIN, "people": '{"@eve:eve.fr": true}', "over": 0, "met": 0},
        "held": {"lieu": FAR, "seq": 1, "network": 9, "kind": "message", "body": json.dumps(line), "at": 1},
    }[table]
    file = written(
        tmp_path / "eve.json",
        networks=[network(TOURAINE)],
        requests=[told],
        **{table: [row, row | {"request": told["id"]}]},
    )
    await house.imports(file)
    assert await house.rows(f"SELECT * FROM {table}") == []


async def test_another_lieu_never_said_yes(house: House, tmp_path: Path) -> None:
    """One click of hers, and she would do it together with Le Moulin, or with whoever she likes."""
    mine = asked(HOME, "1")
    yes = {"request": mine["id"], "people": '{"@eve:eve.fr": true}', "over": 0, "met": 1}
    pairs = [(HOME, MOULIN), (MOULIN, HOME), (FAR, HOME)]
    file = written(
        tmp_path / "eve.json",
        networks=[network("!n:eve.fr")],
        requests=[mine],
        cards=[card(mine["id"])],
        agreements=[yes | {"lieu": one, "other": other} for one, other in pairs],
    )
    await house.imports(file)
    assert await house.rows("SELECT lieu, other FROM agreements") == []


async def test_what_she_says_of_others_does_not_wait_for_the_next_lieu(house: House, tmp_path: Path) -> None:
    """Le Moulin is not in that network yet. Once it is, the far lieu's own words are heard, not hers."""
    forged = asked(FAR, "1", what="de l’argent", rev=10**9)
    file = written(
        tmp_path / "eve.json",
        networks=[network("!n:elsewhere.fr")],
        requests=[forged],
        cards=[card(forged["id"])],
        streams=[{"request": forged["id"], "lieu": FAR, "last": 10**9}],
    )
    await house.imports(file)
    (id,) = (await house.rows("SELECT id FROM networks WHERE space = '!n:elsewhere.fr'"))[0]
    database = await Database.open(house.data / "bot.sqlite")
    true = json.loads(forged["body"]) | {"rev": 1, "what": "une échelle"}
    kept = await database.write(requests.keep, id, true, "$root", 2)
    assert (kept.body["what"], await database.read(requests.taken, kept.id, FAR)) == ("une échelle", 0)
    await database.close()


@pytest.mark.parametrize(("what", "seen"), [("une échelle", 1), ("", 0), ("x", 0)])
async def test_only_who_was_asked_has_a_card(house: House, tmp_path: Path, what: str, seen: int) -> None:
    """`!demande 1` would tell what Le Moulin’s network asks, to whoever can count."""
    await known_here(house, FAR, "1", "une échelle")
    told = asked(FAR, "1", what=what or "?")
    file = written(tmp_path / "eve.json", networks=[network(TOURAINE)], requests=[told], cards=[card(told["id"])])
    await house.imports(file)
    cards = await house.rows("SELECT 1 FROM cards JOIN lieux ON lieux.id = lieu WHERE space = '!space:eve.fr'")
    assert len(cards) == seen


async def test_nobody_enters_a_project_by_a_file(house: House, tmp_path: Path) -> None:
    """She names the room of what Le Moulin does with a far lieu, as what she does with them too."""
    await known_here(house, FAR, "1", "une échelle")
    request = (await house.rows(f"SELECT id FROM requests WHERE home = '{FAR}'"))[0][0]
    database = await Database.open(house.data / "bot.sqlite")
    (moulin,) = await Lieux(database).all()
    await database.write(projects.open, request, moulin.id, "x", "!together:far.fr", 1)
    await database.write(projects.agree, request, FAR, MOULIN, {})
    await database.close()
    told = asked(FAR, "1", what="une échelle")
    project = {"request": told["id"], "lieu": 5, "title": "x", "room_id": "!together:far.fr", "folder": "", "offer": ""}
    file = written(
        tmp_path / "eve.json",
        networks=[network(TOURAINE)],
        requests=[told],
        cards=[card(told["id"])],
        projects=[project | {"status": "open", "since": 1}],
        volunteers=[{"request": told["id"], "lieu": 5, "person": "@eve:eve.fr", "offered": 1, "comes": 1, "keeps": 1}],
    )
    await house.imports(file)
    eve = "lieu = (SELECT id FROM lieux WHERE space = '!space:eve.fr')"
    assert await house.rows(f"SELECT 1 FROM volunteers WHERE {eve}") == []
    assert await house.rows(f"SELECT 1 FROM projects WHERE {eve}") == []


async def test_a_room_where_the_bot_is_but_that_no_list_names(house: House, tmp_path: Path) -> None:
    """Le Moulin’s workshop is in its space, and in none of its choices: her office is not there, nor her space."""
    database = await Database.open(house.data / "bot.sqlite")
    await database.write(rooms.joined, "!forge:moulin.fr", 1)
    await database.close()
    silence = {"lieu": 5, "person": "@eve:eve.fr", "room_id": "!forge:moulin.fr", "before": "100", "level": -1}
    files: list[tuple[Row, dict[str, list[Row]]]] = [
        (row_of(replace(EVE, office="!forge:moulin.fr")), {}),
        (row_of(EVE, space="!forge:moulin.fr"), {}),
        (row_of(EVE), {"silences": [silence | {"until": None}]}),
        (row_of(EVE), {"owned": [ours("matrix", "room", "!forge:moulin.fr")]}),
        (row_of(EVE), {"cards": [card("x.1", "!forge:moulin.fr")]}),
    ]
    for n, (lieu, tables) in enumerate(files):
        with pytest.raises(CannotMove, match=r"another|other lieux"):
            await house.imports(written(tmp_path / f"{n}.json", lieu, **tables))


async def test_a_card_is_shown_in_a_room_that_was_chosen_for_it(house: House, tmp_path: Path) -> None:
    """A room of Le Moulin’s that the bot does not know yet: what she asks would be read there one day."""
    mine = asked(HOME, "1")
    file = written(
        tmp_path / "eve.json",
        networks=[network("!n:eve.fr")],
        requests=[mine],
        cards=[card(mine["id"], "!secret:moulin.fr")],
    )
    await house.imports(file)
    assert await house.rows("SELECT room_id FROM cards WHERE request LIKE '%.1' AND txn LIKE 'card/%'") == [
        ("!office:eve.fr",)
    ]


async def test_a_folder_that_came_by_no_such_offer(house: House, tmp_path: Path) -> None:
    """`!projet` lets go of the offer with the project: she names the one by which Le Moulin has its plans."""
    mine = asked(HOME, "1")
    project = {"request": mine["id"], "lieu": 5, "title": "x", "room_id": "!p:eve.fr", "folder": "Lieux/Eve/Plans"}
    file = written(
        tmp_path / "eve.json",
        networks=[network("!n:eve.fr")],
        requests=[mine],
        cards=[card(mine["id"])],
        projects=[project | {"offer": "41", "status": "open", "since": 1}],
    )
    told = await house.imports(file, word=True)
    assert await house.rows("SELECT folder, offer FROM projects WHERE room_id = '!p:eve.fr'") == [("", "")]
    assert "it did not come by that offer" in told
