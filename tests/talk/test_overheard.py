"""What a concierge asks nobody, and a command answers, is told once; what people tell each other is theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne, Bob", "salons": "Jardin"}
HINT = "Si c’est pour moi"
ASKED = {
    "comment je supprime quelqu’un": ["!compte", "!départ"],
    "Comment supprimer quelqu’un ?": ["!compte", "!départ"],
    "bonjour, comment on fait pour supprimer un membre du lieu ?": ["!départ"],
    "Quelqu’un sait comment on ajoute une personne ici ?": ["!inviter"],
    "comment inviter quelqu’un": ["!inviter"],
    "comment est-ce qu’on renomme un salon, svp ?": ["!salon"],
    "comment je crée un salon ?": ["!salon"],
    "how do i delete somebody?": ["!compte", "!départ"],
}
TALK = """
comment ça va ?
Comment tu vas, Bob ?
comment tu fais pour supprimer quelqu’un ?
comment vous faites pour supprimer quelqu’un ?
comment on fait pour samedi ?
comment on fait ?
comment faire ?
comment je fais pour les clés ?
Comment on crée un salon de thé au rez-de-chaussée ?
comment on ferme un compte à la banque ?
comment on invite les voisins à la fête ?
comment inviter du monde sans faire d’affiche ?
comment on ajoute une personne au planning du ménage ?
comment supprimer quelqu’un du planning ?
comment supprimer les fourmis de la cuisine ?
comment on supprime le sucre ?
comment réparer la machine à café ?
Comment se connecter au wifi ?
comment prévenir tout le monde que le four est cassé ?
comment on partage un fichier de 3 Go avec la mairie ?
comment je supprime quelqu’un ? Marc est parti et il a encore les clés
je me demande comment supprimer quelqu’un
tu sais comment supprimer quelqu’un ?
Bob, comment je supprime quelqu’un ?
il faut supprimer quelqu’un de la liste
on pourrait créer un salon pour le jardin
j’ai supprimé quelqu’un hier
il faut inviter quelqu’un de la mairie
qui peut ajouter une personne au groupe WhatsApp ?
Il y a une panne de courant
le wifi ne marche plus
problème avec la chaudière
on ouvre à quelle heure demain ?
on est fermé lundi
qui est là cet après-midi ?
j’ai perdu le mot de passe du wifi
quelqu’un a la liste des membres ?
on a reçu une demande de prêt de la perceuse
besoin d’aide pour porter les tables
faut prévenir tout le monde
Zoé s’en va vendredi
je m’en occupe
ok pour moi
c’est quoi le mot de passe ?
où en est le dossier de subvention ?
supprimer quelqu’un
inviter
comment
comment ?
comment dire…
""".strip().splitlines()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


async def hear(scene: Scenery, text: str, by: str = "Anne", room: str = "Conciergerie", **more: Any) -> list[str]:
    """What the room reads of the bot after somebody said that there."""
    place = scene.rooms[room].room_id
    before = len(scene.stage.said(place))
    await scene.stage.write(scene.people[by], place, text, **more)
    return scene.stage.said(place)[before:]


@pytest.mark.parametrize("text", ASKED)
async def test_what_a_command_does_is_told_to_who_asks_nobody(scene: Scenery, text: str) -> None:
    (told,) = await hear(scene, text)
    assert HINT in told
    assert all(word in told for word in ASKED[text])


@pytest.mark.parametrize("text", TALK)
async def test_what_concierges_tell_each_other_is_theirs(scene: Scenery, text: str) -> None:
    assert await hear(scene, text) == []


async def test_where_somebody_is_there_to_answer_they_do(scene: Scenery) -> None:
    await hear(scene, "Salut !", "Bob")
    assert await hear(scene, "comment je supprime quelqu’un") == []
    await scene.stage.wait(1 / 24)
    assert HINT in (await hear(scene, "comment je supprime quelqu’un"))[0]


async def test_it_is_told_once_a_day(scene: Scenery) -> None:
    assert await hear(scene, "comment je supprime quelqu’un")
    assert await hear(scene, "comment je crée un salon ?") == []
    await scene.stage.wait(1.1)
    assert await hear(scene, "comment je crée un salon ?")


async def test_it_is_told_among_concierges_alone(scene: Scenery) -> None:
    assert await hear(scene, "comment je supprime quelqu’un", room="Jardin") == []


@pytest.mark.parametrize("of", ["reply", "thread"])
async def test_what_is_said_to_somebody_is_for_them(scene: Scenery, of: str) -> None:
    theirs = await scene.stage.write(scene.people["Bob"], scene.rooms["Conciergerie"].room_id, "Marc est parti")
    await scene.stage.wait(1 / 24)
    relation = {"m.in_reply_to": {"event_id": theirs}}
    relates = relation if of == "reply" else {"rel_type": "m.thread", "event_id": theirs}
    assert await hear(scene, "comment je supprime quelqu’un", **{"m.relates_to": relates}) == []
