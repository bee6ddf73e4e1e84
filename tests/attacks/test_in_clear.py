"""A homeserver, or somebody who has none of a room's keys, writes in clear where all other messages are encrypted: in
Anne's name, a yes. What nobody can be sure of is neither a command nor an answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.store import rooms
from bot.store.inbox import Event
from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr", "salons": "Place", "comptes": "oui"}
WORD = "sans protection"


async def encrypt(scene: Scenery, room_id: str) -> None:
    scene.stage.world.rooms[room_id].encrypted = True
    await scene.stage.database.write(rooms.encrypted, room_id)


async def forged(scene: Scenery, room_id: str, sender: str, text: str, **more: object) -> str:
    """As a server shows it that wrote it itself."""
    content = {"msgtype": "m.text", "body": text, **more}
    event = scene.stage.happens(room_id, sender, "m.room.message", content)
    assert event.encrypted, "an honest application would have encrypted it"
    await scene.stage.hear(replace(event, encrypted=False))
    return event.event_id


async def test_a_command_in_clear_begins_nothing_in_an_encrypted_room(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office, anne = scene.stage, scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        await encrypt(scene, office)
        await forged(scene, office, anne, "!inviter @zoe:ailleurs.fr")
        assert WORD in stage.last(office)
        assert not stage.matrix.directs
        await stage.write(anne, office, "!inviter @zoe:ailleurs.fr")
        assert WORD not in stage.last(office), "hers is heard"


async def test_a_yes_in_clear_is_none(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office, anne = scene.stage, scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        await encrypt(scene, office)
        await stage.write(anne, office, "!inviter @zoe:ailleurs.fr")
        await forged(scene, office, anne, "oui")
        assert scene.people["Zoé"] not in stage.matrix.directs
        await stage.write(anne, office, "oui")
        assert scene.people["Zoé"] in stage.matrix.directs


async def test_an_edit_in_clear_changes_no_answer(tmp_path: Path) -> None:
    """The address that Anne typed becomes another one before she says yes."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, office, anne = scene.stage, scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        await encrypt(scene, office)
        await stage.write(anne, office, "!inviter")
        answer = await stage.write(anne, office, "@zoe:ailleurs.fr")
        new = {"msgtype": "m.text", "body": "@eve:ailleurs.fr"}
        relation = {"rel_type": "m.replace", "event_id": answer}
        await forged(scene, office, anne, "* @eve:ailleurs.fr", **{"m.new_content": new, "m.relates_to": relation})
        await stage.write(anne, office, "oui")
        assert [*stage.matrix.directs] == [scene.people["Zoé"]]


async def test_a_click_is_in_clear_for_everybody_and_counts(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office, anne = scene.stage, scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        await encrypt(scene, office)
        await stage.write(anne, office, "!inviter @zoe:ailleurs.fr")
        await stage.click(anne, office, "✅")
        assert scene.people["Zoé"] in stage.matrix.directs


async def test_it_is_said_once_an_hour_and_only_where_the_bot_was_spoken_to(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office, anne = scene.stage, scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        hall = scene.rooms["Place"].room_id
        await encrypt(scene, office)
        await encrypt(scene, hall)
        for n in range(20):
            await forged(scene, office, anne, f"!aide {n}")
            await forged(scene, hall, anne, f"Bonjour {n}")
        assert sum(WORD in said for said in stage.said(office)) == 1
        assert not any(WORD in said for said in stage.said(hall)), "people talk to each other"
        await stage.wait(0.1)
        await forged(scene, office, anne, "!aide")
        assert sum(WORD in said for said in stage.said(office)) == 2


async def test_where_nothing_is_encrypted_nothing_changes(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office, anne = scene.stage, scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
        await stage.write(anne, office, "!aide")
        assert WORD not in stage.last(office)
        assert not Event("$e", office, anne, 1, "m.room.message", {}).encrypted
