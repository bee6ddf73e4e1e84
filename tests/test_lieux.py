"""What a lieu chose, and how it speaks."""

from __future__ import annotations

from pathlib import Path

from tests.stage.transcript_header import scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr", "salons": "Place"}
OWN = "Coucou {who}, c’est **{lieu}** !"


async def test_a_lieu_has_its_own_sentences_over_the_catalogue(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office = scene.stage, scene.rooms["Conciergerie"].room_id
        (lieu,) = await stage.bot.lieux.all()
        for sentence, said in (
            ("Aucune, pour l’instant.", "Aucune, pour l’instant."),
            (None, "Aucune arrivée en cours"),
        ):
            await stage.bot.lieux.reword(lieu.id, "follow.nobody", sentence)
            await stage.write(scene.people["Anne"], office, "!suivi")
            assert said in stage.last(office)


async def test_a_sentence_that_wants_what_is_not_there_is_left_aside(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, office = scene.stage, scene.rooms["Conciergerie"].room_id
        (lieu,) = await stage.bot.lieux.all()
        await stage.bot.lieux.reword(lieu.id, "follow.nobody", OWN)
        await stage.write(scene.people["Anne"], office, "!suivi")
        assert "Aucune arrivée en cours" in stage.last(office)
