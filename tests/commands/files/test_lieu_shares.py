"""Shares asked for in the chat, on a Nextcloud of each version: what is made, who sees it, and when its end is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.store.database import Tx
from bot.talk.calendar_days import months_later
from integrations.nextcloud import EDIT
from tests.servers.nextcloud import Share, StandIn
from tests.stage.stage import ME
from tests.stage.transcript_header import BOT, Scenery, scenery
from tests.tiers import either

LIEU = {
    "lieu": "La Rosée",
    "autre lieu": "Le Phare",
    "concierges": "Anne, Bob",
    "membres": "Marc",
    "salons": "Place",
    "nextcloud": "sso",
    "dossiers": "La Rosée, La Rosée/Photos, La Rosée/Compta",
    "comptes nextcloud": "marc",
}
QUARTER = 1 / 96  # of an hour, in days


@pytest.fixture(params=either("34.0.1", "29.0.1"))
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU | {"version de Nextcloud": request.param}, tmp_path) as scene:
        yield scene


async def says(scene: Scenery, *lines: str, who: str = "Anne", room: str = "Conciergerie") -> None:
    for line in lines:
        await scene.stage.write(scene.people[who], scene.rooms[room].room_id, line)


def last(scene: Scenery, room: str = "Conciergerie") -> str:
    return scene.stage.last(scene.rooms[room].room_id)


def heard(scene: Scenery, words: str) -> int:
    """How often the conciergerie was told this, edits aside."""
    said = scene.stage.said(scene.rooms["Conciergerie"].room_id)
    return sum(words in each and not each.startswith("* ") for each in said)


def server(scene: Scenery) -> StandIn:
    assert scene.nextcloud
    return scene.nextcloud


def only(scene: Scenery) -> Share:
    (share,) = server(scene).shares()
    return share


async def acts(scene: Scenery) -> list[str]:
    def look(tx: Tx) -> list[str]:
        return [row["what"] for row in tx.execute("SELECT what FROM acts WHERE lieu IS NOT NULL ORDER BY seq")]

    return await scene.stage.database.read(look)


async def link(scene: Scenery, until: str = "passer") -> Share:
    await says(scene, "!partage lien Photos", "lire", until, "Fête", "non", "oui")
    assert "Voici le lien" in last(scene)
    return only(scene)


# -- until when


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("jusqu’au 31 janvier", "2027-01-31"),
        ("avant le 1er février", "2027-01-31"),
        ("samedi en huit", "2027-01-23"),
        ("dans un mois", "2027-02-15"),
        ("demain soir", "2027-01-16"),
    ],
)
async def test_a_share_ends_on_the_day_that_was_said(scene: Scenery, until: str, expected: str) -> None:
    assert (await link(scene, until)).expires == expected


@pytest.mark.parametrize(
    ("until", "why"),
    [
        ("dans quinze jours", "samedi 30 janvier"),
        ("à partir du 3 février", "cela commence le mercredi 3 février"),
        ("mercrdi", "mercredi 20 janvier"),
        ("le 30 février", "n’existe pas"),
        ("mardi ou jeudi", "plusieurs jours"),
        ("samedi 20 janvier", "mercredi 20 janvier"),
        ("15 decembr", "mercredi 15 décembre"),
    ],
)
async def test_the_end_of_a_share_in_doubt_is_asked(scene: Scenery, until: str, why: str) -> None:
    await says(scene, "!partage lien Photos", "lire", until)
    assert why in last(scene)
    assert server(scene).shares() == []


async def test_a_yes_takes_the_day_that_was_proposed_and_no_other(scene: Scenery) -> None:
    share = await link(scene, "dans 60 jours")
    await says(scene, "!partages 1 prolonger", "mercrdi", "oui")
    assert "se termine maintenant le mercredi 20 janvier" in last(scene)
    assert share.expires == "2027-01-20"


async def test_a_share_that_is_prolonged_by_a_length_is_asked_from_when_that_counts(scene: Scenery) -> None:
    share = await link(scene, "31/01")
    await says(scene, "!partages 1 prolonger", "de deux semaines")
    assert "dimanche 14 février" in last(scene)
    await says(scene, "oui")
    assert share.expires == "2027-02-14"


async def test_a_day_behind_the_path_or_the_act_is_no_part_of_it_in_silence(scene: Scenery) -> None:
    await says(scene, "!partage lien Photos jusqu’au 31 janvier")
    assert server(scene).shares() == []
    await says(scene, "annuler")
    share = await link(scene, "dans 60 jours")
    end = share.expires
    await says(scene, "!partages 1 prolonger mardi")
    assert share.expires == end


# -- what is made


async def test_a_deposit_is_write_only_on_each_version(scene: Scenery) -> None:
    await says(scene, "!partage dépôt Photos", "dans 5 jours", "passer", "non", "oui")
    assert "n’en voit aucun" in last(scene)
    assert only(scene).permissions == 4


async def test_a_deposit_that_would_stay_readable_is_refused(scene: Scenery) -> None:
    memory = server(scene).memory
    memory.policy.deposits_stay_readable = True
    memory.share(3, BOT, "/La Rosée/Photos", None, 21)
    await says(scene, "!partage dépôt Photos", "passer", "passer", "non")
    memory.shares["1"].label = f"· {await begun(scene):x}"  # as though the server had made it readable
    await says(scene, "oui")
    assert "Je l’ai retiré" in last(scene)
    assert server(scene).shares() == []


async def begun(scene: Scenery) -> int:
    """The conversation that is open."""
    query = "SELECT id FROM conversations WHERE status = 'open'"
    return await scene.stage.database.read(lambda tx: int(tx.execute(query).fetchone()["id"]))


async def test_a_deposit_where_nothing_may_be_uploaded_is_not_offered(scene: Scenery) -> None:
    server(scene).memory.policy.link_upload = False
    await says(scene, "!partage", "Photos")
    assert "un lien" in last(scene)
    assert "dépôt" not in last(scene)


def said(scene: Scenery) -> list[str]:
    return scene.stage.said(scene.rooms["Conciergerie"].room_id)


async def test_a_person_and_the_group(scene: Scenery) -> None:
    await says(scene, "!partage Marc Compta", "lire", "dans 5 jours", "oui")
    await says(scene, "!partage groupe La Rosée", "lire et écrire", "passer", "oui")
    made = [(share.type, share.to, share.path, share.permissions) for share in server(scene).shares()]
    assert made == [(0, "marc", "/La Rosée/Compta", 1), (1, "la.rosee", "/La Rosée", EDIT)]
    await says(scene, "!partage Marc Compta", "lire et écrire", "passer", "oui")
    assert "était déjà partagé" in last(scene)
    first = server(scene).shares()[0]
    assert (first.permissions, first.expires) == (EDIT, None)
    assert await acts(scene) == ["shared"] * 3


async def test_a_mail(scene: Scenery) -> None:
    await says(scene, "!partage ami@exemple.fr Photos", "lire", "passer", "oui")
    assert [mail.to for mail in server(scene).memory.mails] == ["ami@exemple.fr"]


async def test_another_cloud_accepts(scene: Scenery) -> None:
    other = StandIn()
    other.add_account("phare")
    async with other.running() as url:
        await says(scene, f"!partage phare@{url} Photos", "lire", "passer", "oui")
        assert "C’est partagé" in last(scene)
        assert [(offer.name, offer.owner) for offer in other.memory.offers.values()] == [("/Photos", BOT)]
        await says(scene, f"!partage personne@{url} Photos", "lire", "passer", "oui")
        assert "ne connaît pas" in last(scene)
    assert len(server(scene).shares()) == 1


async def test_what_the_rules_do_not_allow_is_not_offered(scene: Scenery) -> None:
    policy = server(scene).memory.policy
    policy.group_sharing = policy.federation = policy.mail_shares = policy.links = False
    await says(scene, "!partage", "Photos")
    assert "1. une personne du lieu" in last(scene)
    assert "2." not in last(scene)
    policy.sharing = False
    await says(scene, "annuler", "!partage")
    assert "le partage de dossiers est désactivé" in last(scene)


@pytest.mark.parametrize("bad", ["limited", "maintenance", "fails", "hangs"])
async def test_a_link_that_met_an_outage_is_made_once(scene: Scenery, bad: str) -> None:
    await says(scene, "!partage lien Photos", "lire", "passer", "Fête", "non")
    weather = server(scene).weather
    if bad in ("fails", "hangs"):
        weather.after_writing = bad  # type: ignore[assignment]
    else:
        setattr(weather, bad, True)
    await says(scene, "oui")
    weather.clear()
    for _ in range(3):
        await scene.stage.wait(QUARTER)
    assert "Voici le lien" in last(scene)
    assert only(scene).label.startswith("Fête")
    assert await acts(scene) == ["shared"]


async def test_what_another_cloud_offers_is_nobodys_where_several_lieux_are_served(scene: Scenery) -> None:
    told = {"remote": "https://nuage.phare.fr/", "remote_id": "1", "token": "t", "name": "/Plans", "owner": "phare"}
    server(scene).memory.offer(**told, user=BOT)
    await says(scene, "!reçus")
    assert "Je sers plusieurs lieux" in last(scene)
    assert "Plans" not in " ".join(said(scene))


@pytest.fixture(params=either("34.0.1", "29.0.1"))
async def alone(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scenery]:
    """The only lieu that is served, to which another cloud offers a folder."""
    only_lieu = {name: value for name, value in LIEU.items() if name != "autre lieu"}
    offered = {"version de Nextcloud": request.param, "proposés par un autre nuage": "Atelier commun"}
    async with scenery(only_lieu | offered, tmp_path) as scene:
        yield scene


async def test_what_another_cloud_offers_is_shared_on(alone: Scenery) -> None:
    await says(alone, "!reçus", "1", "oui")
    assert "C’est accepté" in last(alone)
    assert [(share.type, share.path, share.permissions) for share in server(alone).shares()] == [
        (1, "/Atelier commun", EDIT)
    ]


async def test_what_is_offered_by_a_cloud_that_is_away_is_accepted_when_it_is_back(alone: Scenery) -> None:
    reachable, server(alone).mounts = server(alone).mounts, {}
    await says(alone, "!reçus", "1", "oui")
    assert "Nextcloud ne répond pas" in last(alone)
    server(alone).mounts = reachable
    for _ in range(3):
        await alone.stage.wait(QUARTER)
    assert "C’est accepté" in last(alone)
    assert [share.path for share in server(alone).shares()] == ["/Atelier commun"]
    assert await acts(alone) == ["offer-accepted"]


# -- the rules of the server


@pytest.mark.parametrize(
    ("recipient", "rules", "limit"),
    [
        ("Marc", {"internal_days": 5}, 5),
        ("groupe", {"internal_days": 5}, 5),
        ("lien", {"link_days": 7}, 7),
        ("phare@https://nuage.phare.fr", {"remote_days": 6}, 6),
    ],
)
async def test_an_end_that_is_demanded_is_asked_for(
    scene: Scenery, recipient: str, rules: dict[str, int], limit: int
) -> None:
    vars(server(scene).memory.policy).update(rules)
    await says(scene, f"!partage {recipient} Photos", "lire", "passer")
    assert server(scene).shares() == []
    await says(scene, f"dans {limit + 1} jours", f"dans {limit} jours")
    await says(scene, *(["passer", "non", "oui"] if recipient == "lien" else ["oui"]))
    assert only(scene).expires == (server(scene)._today() + timedelta(days=limit)).isoformat()


# -- passwords


async def test_a_password_is_told_in_private_and_kept_nowhere(scene: Scenery, tmp_path: Path) -> None:
    server(scene).memory.policy.link_password = True
    await says(scene, "!partage lien Photos", "lire", "passer", "Fête", "oui")
    first = only(scene).password
    anne = scene.people["Anne"]
    private = scene.stage.matrix.directs[anne]
    assert scene.stage.said(private) == []
    await scene.stage.enter(anne, private)
    told = only(scene).password
    assert told
    assert told != first
    password, address = scene.stage.said(private)
    assert told in password
    assert "https://" not in password
    assert "https://nuage.lieu.fr/s/" in address
    assert not any(told in message for message in said(scene))
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("bot.sqlite*"))
    assert b"lien-1" in kept
    assert told.encode() not in kept
    assert str(first).encode() not in kept


async def test_a_new_password_replaces_the_old_one(scene: Scenery) -> None:
    await link(scene)
    await scene.stage.enter(scene.people["Bob"], await scene.stage.matrix.rooms.direct(scene.people["Bob"]))
    passwords = []
    for _ in range(2):
        await says(scene, "!partages 1 mot de passe", who="Bob")
        passwords.append(only(scene).password)
        assert passwords[-1] in scene.stage.last(scene.stage.matrix.directs[scene.people["Bob"]])
    assert passwords[0] != passwords[1]
    assert await acts(scene) == ["shared", "share-password", "share-password"]


# -- whose they are


async def test_a_lieu_sees_and_touches_its_own_shares_alone(scene: Scenery) -> None:
    await link(scene)
    for line in ("!partages", "!partages 1 finir", f"!partages {only(scene).id}"):
        await says(scene, line, room="Conciergerie · Le Phare")
        assert "Le lieu ne partage rien" in last(scene, "Conciergerie · Le Phare")
    assert len(server(scene).shares()) == 1


async def test_what_the_bot_did_not_record_is_not_shown(scene: Scenery) -> None:
    server(scene).memory.share(3, BOT, "/La Rosée/Compta", None, 17, label="Ancien lien")
    await says(scene, "!partages")
    assert "Le lieu ne partage rien" in last(scene)


async def test_a_share_that_is_gone_is_told_so(scene: Scenery) -> None:
    await link(scene)
    await says(scene, "!partages 1 prolonger")
    server(scene).memory.shares.clear()
    await says(scene, "dans 5 jours")
    assert "n’existe plus" in last(scene)
    await says(scene, "!partages")
    assert "Le lieu ne partage rien" in last(scene)


async def test_long_lists_have_pages_and_names_are_known_on_all_of_them(scene: Scenery) -> None:
    names = [f"Atelier {letter}" for letter in "abcdefghij"]
    for name in names:
        server(scene).add_folder(BOT, f"La Rosée/{name}")
        await says(scene, f"!partage groupe {name}", "lire", "passer", "oui")
    await says(scene, "!partage", "la suite", "Atelier j", "annuler")
    assert "Photos" in "".join(said(scene))
    await says(scene, "!partages", "la suite")
    assert "Atelier i" in last(scene)
    assert "Atelier a" not in last(scene)
    await says(scene, "annuler", "!partage lien Photos", "lire", "passer", "passer", "non", "oui", who="Bob")
    await says(scene, "!partages miens", who="Bob")
    assert "Photos" in last(scene)
    assert "Atelier a" not in last(scene)


async def test_each_change_leaves_one_line_in_the_journal(scene: Scenery) -> None:
    await link(scene)
    await says(scene, "!partages 1 droits", "écrire", "!partages 1 renommer", "Voisins", "oui")
    await says(scene, "!partages 1 prolonger", "dans 5 jours")
    assert (only(scene).permissions & ~16, only(scene).label) == (EDIT, "Voisins")
    assert only(scene).expires == (today(scene) + timedelta(days=5)).isoformat()
    await says(scene, "!partages 1 finir", "oui")
    assert server(scene).shares() == []
    assert await acts(scene) == ["shared", "share-changed", "share-changed", "share-extended", "share-ended"]


# -- when they end


def today(scene: Scenery) -> date:
    return server(scene)._today()


ENDS, LATER = "s’arrête le", "C’est prolongé"


async def test_the_end_is_told_a_week_and_a_day_before(scene: Scenery) -> None:
    await link(scene, "dans 20 jours")
    told = []
    for _ in range(20):
        await scene.stage.wait(1)
        told.append(heard(scene, ENDS))
    assert [day for day, (before, after) in enumerate(zip([0, *told], told, strict=False), 1) if after > before] == [
        13,
        19,
    ]


async def test_one_click_gives_it_another_month(scene: Scenery) -> None:
    share = await link(scene, "dans 20 jours")
    end = date.fromisoformat(str(share.expires))
    await scene.stage.wait(13)
    await scene.stage.click(scene.people["Bob"], scene.rooms["Conciergerie"].room_id, "✅")
    assert share.expires == months_later(end, 1).isoformat()
    assert heard(scene, LATER) == 1
    await scene.stage.wait(7)
    assert heard(scene, ENDS) == 1
    await scene.stage.wait((months_later(end, 1) - end).days - 7)
    assert heard(scene, ENDS) == 2
    assert await acts(scene) == ["shared", "share-extended"]


async def test_the_server_limits_how_far_it_goes(scene: Scenery) -> None:
    server(scene).memory.policy.link_days = 25
    share = await link(scene, "dans 20 jours")
    await scene.stage.wait(13)
    await scene.stage.click(scene.people["Anne"], scene.rooms["Conciergerie"].room_id, "✅")
    assert share.expires == (today(scene) + timedelta(days=25)).isoformat()


async def test_a_share_is_looked_at_afresh(scene: Scenery) -> None:
    """Its day was changed in Nextcloud itself: it is announced when that comes."""
    share = await link(scene, "dans 20 jours")
    share.expires = (today(scene) + timedelta(days=40)).isoformat()
    await scene.stage.wait(20)
    assert heard(scene, ENDS) == 0
    await scene.stage.wait(13)
    assert heard(scene, ENDS) == 1


async def test_a_day_that_was_changed_here_is_announced_once(scene: Scenery) -> None:
    await link(scene, "dans 20 jours")
    await says(scene, "!partages 1 prolonger", "dans 22 jours")
    for _ in range(4):
        await scene.stage.wait(4)
    assert heard(scene, ENDS) == 1


@pytest.mark.parametrize("how", ["ended here", "ended there", "without end"])
async def test_nothing_is_told_of_what_has_no_end_to_come(scene: Scenery, how: str) -> None:
    share = await link(scene, "dans 20 jours")
    if how == "ended here":
        await says(scene, "!partages 1 finir", "oui")
    elif how == "ended there":
        server(scene).memory.shares.clear()
    else:
        share.expires = None
    await scene.stage.wait(30)
    assert heard(scene, ENDS) == 0


async def test_a_short_share_is_not_announced_as_soon_as_it_is_made(scene: Scenery) -> None:
    await link(scene, "demain")
    await scene.stage.wait(0.5)
    assert heard(scene, ENDS) == 0


async def test_a_bot_that_is_sent_away_does_not_speak_of_each_share(scene: Scenery) -> None:
    await link(scene, "dans 20 jours")
    before = said(scene)
    space, anne = scene.rooms["La Rosée"], scene.people["Anne"]
    space.members[ME] = "leave"
    await scene.stage.event(space.room_id, anne, "m.room.member", {"membership": "leave"}, state_key=ME)
    await scene.stage.wait(20)
    assert said(scene) == before


async def test_the_bot_not_let_in_on_the_day(scene: Scenery) -> None:
    """Its access was taken away, and given back the next day."""
    await link(scene, "dans 20 jours")
    account = server(scene).memory.accounts[BOT]
    account.enabled = False
    await scene.stage.wait(13)
    assert heard(scene, ENDS) == 0
    account.enabled = True
    await scene.stage.wait(1)
    assert heard(scene, ENDS) == 1


async def test_nextcloud_away_on_the_day(scene: Scenery) -> None:
    await link(scene, "dans 20 jours")
    server(scene).weather.maintenance = True
    await scene.stage.wait(13)
    assert heard(scene, ENDS) == 0
    server(scene).weather.clear()
    await scene.stage.wait(QUARTER)
    assert heard(scene, ENDS) == 1
