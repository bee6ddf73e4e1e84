"""A lieu moves from a shared instance to its own: its requests go on, and one bot alone speaks for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.network.outgoing import wire_id
from bot.operator.audit_check import verify
from bot.operator.transfer import CannotMove, bring_in, export
from bot.store import audit, lieu_rows, outbox, requests
from bot.store.database import Database, Tx
from bot.store.outbox import Letter
from tests.network.lieux import Lieux, Place
from tests.network.two import LASER, below

SHARED, OWN = "@conciergerie:commun.fr", "@conciergerie:rosee.fr"
ANNE, LISE = "@anne:rosee.fr", "@anne:moulin.fr"


@dataclass
class Move:
    """La Rosée and Le Moulin share a bot; L’Atelier has its own. La Rosée moves to `OWN`."""

    lieux: Lieux
    rosee: Place
    moulin: Place
    atelier: Place
    room: str
    file: Path

    def folder(self, me: str) -> Path:
        return self.lieux.path / me[1:].replace(":", "-")

    async def go(self) -> None:
        """Export with the shared bot stopped, import before the own one starts, and invite that one."""
        lieux, space = self.lieux, self.rosee.lieu.space
        await lieux.stop(SHARED)
        await export(self.folder(SHARED), "la rosée", OWN, self.file)
        await lieux.start(SHARED)
        self.folder(OWN).mkdir(parents=True)
        await bring_in(self.folder(OWN), self.file)
        stage = await lieux.open(OWN, Services())
        lieux.names[OWN] = "Conciergerie (bot)"
        await lieux.bring_bot(ANNE, space, OWN)
        (moved,) = await stage.bot.lieux.all()
        self.rosee = replace(self.rosee, stage=stage, lieu=moved)

    async def agree(self, place: Place) -> None:
        """Its concierges let the new bot in, and accept that it speaks for La Rosée."""
        for _ in range(2):
            await self.lieux.click(place.concierge, place.office.room_id, "✅")

    def speaker(self) -> str:
        declared = self.lieux.rooms[self.room].declared
        return str(declared[wire_id(self.rosee.lieu)]["content"]["bot"])

    def here(self) -> list[str]:
        return self.lieux.said(self.rosee)

    def there(self) -> list[str]:
        return self.lieux.said(self.atelier)


async def build(lieux: Lieux, path: Path, *, keeper: str) -> Move:
    rosee = await lieux.build("La Rosée", "rosee.fr", bot=SHARED)
    moulin = await lieux.build("Le Moulin", "moulin.fr", bot=SHARED)
    atelier = await lieux.build("L’Atelier", "atelier.fr")
    first = lieux.places[keeper]
    others = [place for place in (rosee, moulin, atelier) if place is not first]
    return Move(lieux, rosee, moulin, atelier, await lieux.network(first, *others), path / "rosee.json")


@pytest.fixture
async def move(lieux: Lieux, tmp_path: Path) -> Move:
    """L’Atelier made the network."""
    return await build(lieux, tmp_path, keeper="L’Atelier")


async def test_a_lieu_changes_its_bot_and_its_request_goes_on(move: Move) -> None:
    lieux = move.lieux
    await lieux.ask(move.rosee, LASER)
    theirs = lieux.card(move.atelier, LASER)
    await lieux.write(LISE.replace("moulin", "atelier"), move.atelier.office.room_id, "On en a une", **below(theirs))
    await move.go()
    assert "un autre compte" not in "".join(move.there())
    await lieux.click(move.atelier.concierge, move.atelier.office.room_id, "✅")
    assert "un autre compte dit parler maintenant pour La Rosée" in move.there()[-1]
    assert move.speaker() == SHARED
    await lieux.click(move.atelier.concierge, move.atelier.office.room_id, "✅")
    assert move.speaker() == OWN
    assert LASER in move.here()[-1]
    anew = lieux.card(move.rosee, LASER)
    await lieux.write(ANNE, move.rosee.office.room_id, "Parfait, à samedi", **below(anew))
    assert move.there()[-1] == "La Rosée\u202f: Parfait, à samedi"
    await lieux.write(move.atelier.concierge, move.atelier.office.room_id, "Dès 9 h", **below(theirs))
    assert move.here()[-1] == "L’Atelier\u202f: Dès 9 h"


async def test_its_end_is_watched_over_again(move: Move) -> None:
    await move.lieux.ask(move.rosee, LASER)
    await move.go()
    await move.agree(move.atelier)
    await move.lieux.wait(days=70)
    assert "est arrivée à son terme" in move.here()[-1]
    assert "Demande terminée" in move.there()[-1]


async def test_what_was_said_about_it_is_still_its_story(move: Move) -> None:
    await move.lieux.ask(move.rosee, LASER)
    theirs = move.lieux.card(move.atelier, LASER)
    await move.lieux.write(move.atelier.concierge, move.atelier.office.room_id, "On en a une", **below(theirs))
    await move.go()
    await move.agree(move.atelier)
    await move.lieux.write(ANNE, move.rosee.office.room_id, "!demande 1")
    assert "On en a une" in "".join(move.here()[-2:])


async def test_what_others_asked_is_shown_again_and_can_be_answered(move: Move) -> None:
    await move.lieux.ask(move.atelier, "un escabeau")
    await move.go()
    await move.agree(move.atelier)
    card = move.lieux.card(move.rosee, "un escabeau")
    await move.lieux.click(ANNE, move.rosee.office.room_id, "🙋", on=card)
    assert any("La Rosée peut aider" in said for said in move.there())


async def test_the_old_bot_says_nothing_more_for_it_and_goes_on_for_the_others(move: Move) -> None:
    await move.lieux.ask(move.rosee, LASER)
    await move.go()
    await move.agree(move.atelier)
    office = move.rosee.office.room_id
    shared = move.lieux.stages[SHARED]
    before = len(shared.said(office))
    await move.lieux.ask(move.atelier, "une échelle")
    await move.lieux.write(ANNE, office, "!demande un marteau")
    assert len(shared.said(office)) == before
    assert any("une échelle" in said for said in move.lieux.said(move.moulin))
    assert sum("une échelle" in said for said in move.here()) == 1


async def test_the_old_bot_hands_its_rooms_over_and_goes(move: Move) -> None:
    await move.go()
    for room in (move.rosee.office, move.rosee.hall, move.lieux.rooms[move.rosee.lieu.space]):
        assert (room.members[OWN], room.members[SHARED]) == ("join", "leave")
        assert room.of(OWN) == room.of(SHARED)
    assert move.moulin.office.members[SHARED] == "join"


async def test_a_bot_that_shares_the_lieux_sees_the_change_as_any_other(move: Move) -> None:
    """Le Moulin stays with the shared bot: the request of its former neighbour goes on there too."""
    await move.lieux.ask(move.rosee, LASER)
    card = move.lieux.card(move.moulin, LASER)
    await move.go()
    await move.agree(move.atelier)
    await move.lieux.write(move.moulin.concierge, move.moulin.office.room_id, "Nous aussi", **below(card))
    assert move.here()[-1] == "Le Moulin\u202f: Nous aussi"


async def test_who_is_let_in_does_not_take_the_place_of_a_lieu(move: Move) -> None:
    """Its concierges said yes to a bot at the door, not to its speaking for La Rosée."""
    await move.go()
    await move.lieux.click(move.atelier.concierge, move.atelier.office.room_id, "✅")
    assert move.speaker() == SHARED
    await move.lieux.click(move.atelier.concierge, move.atelier.office.room_id, "❌")
    assert move.speaker() == SHARED


async def test_a_network_that_the_lieu_kept_goes_with_it(lieux: Lieux, tmp_path: Path) -> None:
    """Nobody needs to say yes: whoever moved the lieu named its new bot."""
    move = await build(lieux, tmp_path, keeper="La Rosée")
    await lieux.ask(move.rosee, LASER)
    await move.go()
    assert move.speaker() == OWN
    assert LASER in move.here()[-1]
    phare = await lieux.build("Le Phare", "phare.fr")
    (row,) = await move.rosee.stage.bot.network.networks.of(move.rosee.lieu.id)
    address = await move.rosee.stage.bot.network.networks.address(row["network"])
    await lieux.write(phare.concierge, phare.office.room_id, f"!réseau rejoindre {address}")
    await lieux.write(phare.concierge, phare.office.room_id, "passer")
    await lieux.click(ANNE, move.rosee.office.room_id, "✅")
    assert "nous sommes dans le réseau" in lieux.said(phare)[-1]


async def test_the_journal_comes_along_and_is_whole(move: Move) -> None:
    stage = move.lieux.stages[SHARED]
    written = await stage.database.read(audit.of_lieu, move.rosee.lieu.id, 50)
    assert written
    await move.go()
    kept = await move.rosee.stage.database.read(audit.of_lieu, move.rosee.lieu.id, 50)
    assert [one["what"] for one in kept[-len(written) :]] == [one["what"] for one in written]
    lines, whole = await verify(move.folder(OWN))
    assert (len(lines), whole) == (1, True)


async def test_nothing_of_it_is_left_behind(move: Move) -> None:
    await move.lieux.ask(move.rosee, LASER)
    id = move.rosee.lieu.id
    await move.go()

    def left(tx: Tx) -> list[str]:
        tables = [*lieu_rows.of_lieux(tx), "conversations"]
        return [name for name in tables if tx.execute(f"SELECT 1 FROM {name} WHERE lieu = ?", (id,)).fetchone()]

    assert await move.lieux.stages[SHARED].database.read(left) == []


# -- the file


async def alone(path: Path) -> Path:
    """The data of a stopped bot that has one lieu, with an act in its journal."""
    database = await Database.open(path / "bot.sqlite")

    def found(tx: Tx) -> None:
        tx.execute("INSERT INTO lieux (id, space, name, created_at) VALUES (7, '!s', 'La Rosée', 1)")
        audit.note(tx, 7, 1, ANNE, "installed", None, {})

    await database.write(found)
    await database.close()
    return path


async def test_every_table_with_rows_of_a_lieu_moves_or_is_known_to_stay(tmp_path: Path) -> None:
    """A new table that speaks of a lieu needs a decision."""
    database = await Database.open(tmp_path / "bot.sqlite")
    moves = await database.read(lieu_rows.of_lieux)
    await database.close()
    assert set(moves) >= {"arrivals", "owned", "acts", "chains", "members", "network_lieux", "cards", "paths"}
    assert not set(moves) & lieu_rows.STAYS


async def test_what_was_changed_on_the_way_is_refused(tmp_path: Path) -> None:
    data, file = await alone(tmp_path / "a"), tmp_path / "rosee.json"
    await export(data, "!s", OWN, file)
    assert file.stat().st_mode & 0o077 == 0
    told: dict[str, Any] = json.loads(file.read_text())
    told["rows"]["acts"][0]["by"] = "@mallory:lieu.fr"
    file.write_text(json.dumps(told))
    with pytest.raises(CannotMove, match="damaged"):
        await bring_in(tmp_path / "b", file)


async def test_there_and_back_again(tmp_path: Path) -> None:
    data = await alone(tmp_path / "a")
    await export(data, "La Rosée", OWN, tmp_path / "there.json")
    await bring_in(tmp_path / "b", tmp_path / "there.json")
    with pytest.raises(CannotMove, match="knows the lieu already"):
        await bring_in(tmp_path / "b", tmp_path / "there.json")
    await bring_in(data, tmp_path / "there.json")
    lines, whole = await verify(data)
    assert (lines, whole) == (["✓ La Rosée: 1 acts, none missing"], True)


async def test_a_lieu_that_comes_back_says_again_what_it_had_said(tmp_path: Path) -> None:
    """Its letters of then have the same transaction ids."""
    data = await alone(tmp_path / "a")
    said = ["request/3/x.1", "request/3/x.1/2", "card/3/x.1/1", "card/3/x.1/1/🎉"]
    others = ["card/3/x.1/17", "request/3/x.10", "request/4/x.1"]

    def asks(tx: Tx) -> None:
        tx.execute("INSERT INTO networks (id, space, name) VALUES (3, '!n', 'Touraine')")
        body = {"v": 1, "id": "x.1", "lieu": "x", "rev": 1, "state": "open", "kind": "other", "what": "un marteau"}
        request = requests.keep(tx, 3, body, None, 1)
        requests.pin(tx, request, 7, "!office", ANNE)
        for txn in said + others:
            outbox.post(tx, Letter("!office", txn, "m.room.message", {}), 1)

    def left(tx: Tx) -> list[str]:
        return [row["txn_id"] for row in tx.execute("SELECT txn_id FROM outbox ORDER BY seq")]

    database = await Database.open(data / "bot.sqlite")
    await database.write(asks)
    await database.close()
    await export(data, "!s", OWN, tmp_path / "x.json")
    await bring_in(data, tmp_path / "x.json")
    database = await Database.open(data / "bot.sqlite")
    (lieu,) = await database.read(lambda tx: tx.execute("SELECT id FROM lieux").fetchall())
    (card,) = await database.read(lieu_rows.unshown, lieu["id"], 3)
    assert (card.number, card.asker) == (1, ANNE)
    assert (lieu["id"], await database.read(left)) == (1, others)
    await database.close()


@pytest.mark.parametrize(
    ("wanted", "heir", "words"), [("Le Phare", OWN, "it has: La Rosée"), ("La Rosée", "conciergerie", "whole Matrix")]
)
async def test_what_cannot_be_exported_stays(tmp_path: Path, wanted: str, heir: str, words: str) -> None:
    data = await alone(tmp_path / "a")
    with pytest.raises(CannotMove, match=words):
        await export(data, wanted, heir, tmp_path / "x.json")
    assert (await verify(data))[0] == ["✓ La Rosée: 1 acts, none missing"]
