"""Somebody calls themselves like somebody else: nothing is done to, or for, the wrong one of two who look the same.

Eve is a member of the lieu, or wants to be. A name costs nothing: she takes Zoé's, Anne's, or the bot's own, with
letters of other alphabets where somebody would notice. What she cannot take is an address.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.matrix.facts import shown_name
from bot.talk.answers.answer import Heard, Option
from bot.talk.answers.choices import Choice, Many, Room
from bot.words import Words
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne Martin @anne:lieu.fr, Bob",
    "membres": "Zoé Martin @zoe:lieu.fr, Marc, Eve @eve:lieu.fr",
    "autres": "Lou @lou:lieu.fr",
    "salons": "Place",
    "comptes": "oui",
    "comptes connus": "Anne Martin, Zoé Martin, Marc",
    "comptes du lieu": "Zoé Martin, Marc",
    "administration": "oui",
    "nextcloud": "oui",
    "dossiers": "La Rosée, La Rosée/Compta",
    "accord": "oui",
    "on frappe": "oui",
}
EVE, ZOE, ANNE = "@eve:lieu.fr", "@zoe:lieu.fr", "@anne:lieu.fr"
GUISES = (
    "Zoé Martin",
    "zoe martin",
    "Zоé Mаrtin",
    "Zoé Martln",
    "𝐙𝐨é Martin",
    "Zoé\u200b Martin",
    "Zoé Martin (atelier)",
)
KEEPERS = ("Anne Martin", "Anne Mаrtin", "Anne Martin · concierge", "ANNE MARTIN concierge de La Rosée", "Annе Martin")
OURS = ("Conciergerie (bot)", "Соnciergerie (bot)", "La Conciergerie", "Conciergerie de La Rosée", "★ Conciergerie ★")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        for login in ("zoe", "marc", "eve"):
            assert scene.nextcloud
            scene.nextcloud.add_account(login)
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


def calls(scene: Scenery, person: str, name: str) -> None:
    """Somebody changes their name."""
    scene.stage.matrix.names[person] = name


async def says(scene: Scenery, *lines: str) -> str:
    """All that the bot says in the conciergerie meanwhile."""
    before = len(scene.stage.said(office(scene)))
    for line in lines:
        await scene.stage.write(ANNE, office(scene), line)
    return "\n".join(scene.stage.said(office(scene))[before:])


def shared_with(scene: Scenery, login: str) -> list[str]:
    assert scene.nextcloud
    return [share.path for share in scene.nextcloud.shares() if share.to == login]


# -- a folder for Zoé


@pytest.mark.parametrize("guise", GUISES)
async def test_a_folder_for_zoe_is_not_for_eve(scene: Scenery, guise: str) -> None:
    """Two who look the same are never told apart by the bot alone: it shows the addresses, and waits for one."""
    calls(scene, EVE, guise)
    said = await says(scene, "!partage Zoé Martin Compta", "1", "passer", "oui")
    said += await says(scene, "!partage", "Compta", "Zoé Martin")
    assert EVE in said
    assert ZOE in said
    assert shared_with(scene, "eve") == []
    assert shared_with(scene, "zoe") == []
    summary = await says(scene, ZOE, "lire", "passer")
    assert f"Zoé Martin ({ZOE})" in summary
    await says(scene, "oui")
    assert shared_with(scene, "eve") == []
    assert shared_with(scene, "zoe") == ["/La Rosée/Compta"]


async def test_an_impostor_alone_is_shown_with_her_address(scene: Scenery) -> None:
    """Zoé is not in the lieu any more: the name fits Eve only, and the summary says who that is."""
    calls(scene, EVE, "Zoé Martin")
    scene.space.members[ZOE] = "leave"
    summary = await says(scene, "!partage", "Compta", "Zoé Martin", "lire", "passer")
    assert f"Zoé Martin ({EVE})" in summary


async def test_nor_by_the_name_of_the_account(scene: Scenery) -> None:
    """« zoe » is Zoé's account here, and anybody's on another server."""
    scene.space.members["@zoe:ailleurs.fr"] = "join"
    calls(scene, "@zoe:ailleurs.fr", "Zazie")
    said = await says(scene, "!partage", "Compta", "zoe")
    assert ZOE in said
    assert "@zoe:ailleurs.fr" in said


@pytest.mark.parametrize("number", ["3", "4", "5"])
async def test_a_number_is_no_person(scene: Scenery, number: str) -> None:
    """People are not listed here: « 3 » would be whoever the homeserver names third."""
    await says(scene, "!partage", "Compta", "une personne du lieu", number, "lire", "passer", "oui")
    assert shared_with(scene, "eve") == shared_with(scene, "marc") == shared_with(scene, "zoe") == []


# -- what is done to somebody


@pytest.mark.parametrize("guise", GUISES)
async def test_zoe_is_not_suspended_for_eve(scene: Scenery, guise: str) -> None:
    assert scene.directory
    calls(scene, EVE, guise)
    said = await says(scene, "!compte suspendre Zoé Martin", "oui")
    assert EVE in said
    assert ZOE in said
    assert scene.directory.accounts["zoe"].active


@pytest.mark.parametrize("guise", GUISES)
async def test_the_choice_tells_whose_account_is_of_the_lieu(scene: Scenery, guise: str) -> None:
    calls(scene, EVE, guise)
    for line in ("!départ Zoé Martin", "!membres Zoé Martin"):
        said = await says(scene, line)
        assert f"Zoé Martin · {ZOE}, compte du lieu · ⚠" in said, line
        assert f"{EVE}, pas un compte du lieu · ⚠" in said, line
        await says(scene, "annuler")


@pytest.mark.parametrize("guise", GUISES)
async def test_nobody_is_excluded_for_somebody_else(scene: Scenery, guise: str) -> None:
    calls(scene, EVE, guise)
    said = await says(scene, "!modérer Zoé Martin")
    assert EVE in said
    assert ZOE in said
    said = await says(scene, EVE, "exclure", "Elle se fait passer pour une autre")
    assert f"({EVE}, ⚠ ce nom ressemble à celui de Zoé Martin ({ZOE}))" in said
    await says(scene, "oui")
    assert scene.space.members[EVE] == "ban"
    assert scene.space.members[ZOE] == "join"


@pytest.mark.parametrize("guise", GUISES)
async def test_nobody_is_let_into_a_room_for_somebody_else(scene: Scenery, guise: str) -> None:
    calls(scene, EVE, guise)
    scene.rooms["Place"].members = {scene.stage.me: "join", ANNE: "join"}
    said = await says(scene, "!salon inviter Place", "une personne", "Zoé Martin")
    assert EVE in said
    assert ZOE in said
    assert EVE not in scene.rooms["Place"].members


@pytest.mark.parametrize("act", ["!compte suspendre marc", "!départ marc"])
async def test_what_is_hard_to_undo_always_shows_the_address(scene: Scenery, act: str) -> None:
    said = await says(scene, act, "tout de suite")
    assert "Marc (@marc:lieu.fr)" in said


# -- who wants to come in


async def knocks(scene: Scenery, name: str) -> str:
    """The card of the conciergerie."""
    calls(scene, "@lou:lieu.fr", name)
    await scene.stage.becomes("@lou:lieu.fr", scene.space.room_id, "knock")
    return scene.stage.last(office(scene))


@pytest.mark.parametrize("guise", GUISES)
async def test_the_card_says_whose_name_it_is(scene: Scenery, guise: str) -> None:
    card = await knocks(scene, guise)
    assert f"@lou:lieu.fr, ⚠ ce nom ressemble à celui de Zoé Martin ({ZOE})" in card


@pytest.mark.parametrize("guise", KEEPERS)
async def test_it_says_so_of_a_concierge_s_name_within_another(scene: Scenery, guise: str) -> None:
    assert f"⚠ ce nom ressemble à celui d’Anne Martin ({ANNE})" in await knocks(scene, guise)


@pytest.mark.parametrize("guise", OURS)
async def test_it_says_so_of_the_bot_s_own(scene: Scenery, guise: str) -> None:
    assert f"⚠ ce nom ressemble à celui de Conciergerie (bot) ({scene.stage.me})" in await knocks(scene, guise)


async def test_it_says_so_of_an_address_within_a_name(scene: Scenery) -> None:
    """« Lou (@zoe:lieu.fr) » has her own address behind, and Zoé's in front of it."""
    card = await knocks(scene, f"Lou ({ZOE})")
    assert f"⚠ ce nom ressemble à celui de Zoé Martin ({ZOE})" in card


async def test_it_says_so_of_an_address_that_looks_like_another(scene: Scenery) -> None:
    """A server of Eve's own is called almost like the lieu's."""
    twin = "@zoe:1ieu.fr"
    calls(scene, twin, "Zaza")
    await scene.stage.becomes(twin, scene.space.room_id, "knock")
    card = scene.stage.last(office(scene))
    assert f"{twin}, ⚠ ce nom ressemble à celui de Zoé Martin ({ZOE})" in card


async def test_an_honest_name_has_no_mark(scene: Scenery) -> None:
    card = await knocks(scene, "Lou Perrin")
    assert "(@lou:lieu.fr)" in card
    assert "⚠" not in card


async def test_the_name_that_a_newcomer_chooses_is_looked_at_as_well(scene: Scenery) -> None:
    """Her Matrix name is her own; the one that she tells the bot is Anne's."""
    await scene.stage.write(ANNE, office(scene), "!inviter @lou:lieu.fr")
    await scene.stage.click(ANNE, office(scene), "✅")
    private = scene.stage.matrix.directs["@lou:lieu.fr"]
    await scene.stage.enter("@lou:lieu.fr", private)
    for line in ("Anne Mаrtin", "lou", "lou@exemple.fr", "passer", "oui"):
        await scene.stage.write("@lou:lieu.fr", private, line)
    asked = [said for said in scene.stage.said(office(scene)) if "voudrait rejoindre" in said]
    assert f"⚠ ce nom ressemble à celui d’Anne Martin ({ANNE})" in asked[-1]


# -- what is read


@pytest.mark.parametrize("guise", [*GUISES, *OURS])
async def test_the_list_of_members_marks_her(scene: Scenery, guise: str) -> None:
    calls(scene, EVE, guise)
    assert f"{EVE}, pas un compte du lieu · ⚠ nom semblable" in await says(scene, "!membres")


async def test_so_does_her_sheet(scene: Scenery) -> None:
    calls(scene, EVE, "Zоé Martin")
    assert f"⚠ ce nom ressemble à celui de Zoé Martin ({ZOE})" in await says(scene, f"!membres {EVE}")


async def test_the_journal_tells_them_apart(scene: Scenery) -> None:
    await says(scene, "!compte suspendre marc", "oui")
    calls(scene, EVE, "Marc")
    assert "Marc (@marc:lieu.fr)" in await says(scene, "!journal suspendu")


def test_a_name_is_one_line() -> None:
    """Under a line of hers, a second one would be the bot's: « ✓ oui, par Bob »."""
    assert shown_name("Lou\n\n✓ oui, par Bob\u2028Merci", EVE) == "Lou ✓ oui, par Bob Merci"


# -- pills


def pill(person: str, text: str) -> dict[str, str]:
    return {"format": "org.matrix.custom.html", "formatted_body": f'<a href="https://matrix.to/#/{person}">{text}</a>'}


async def test_a_pill_is_whom_it_points_at(scene: Scenery) -> None:
    """A name is copied from a message of Eve's: the link behind it is hers, and the summary says so."""
    await says(scene, "!partage", "Compta")
    await scene.stage.write(ANNE, office(scene), "Zoé Martin", **pill(EVE, "Zoé Martin"))
    summary = await says(scene, "lire", "passer")
    assert f"Eve ({EVE})" in summary
    assert ZOE not in summary


@pytest.mark.parametrize("line", ["!compte suspendre", "!départ", "!membres", "!modérer"])
async def test_so_it_is_wherever_somebody_is_named(scene: Scenery, line: str) -> None:
    body = f"{line} Zoé Martin"
    html = {"format": "org.matrix.custom.html", "formatted_body": f'{line} <a href="https://matrix.to/#/{EVE}">Zoé</a>'}
    before = len(scene.stage.said(office(scene)))
    await scene.stage.write(ANNE, office(scene), body, **html)
    said = "\n".join(scene.stage.said(office(scene))[before:])
    assert "Zoé" not in said
    assert "Eve" in said


@pytest.mark.parametrize("line", ["!départ Zoé Martin", "!membres Zoé Martin"])
async def test_one_of_two_may_be_chosen_by_a_pill(scene: Scenery, line: str) -> None:
    """The text of it is what both are called; the link is one of them."""
    calls(scene, EVE, "Zoé Martin")
    await says(scene, line)
    before = len(scene.stage.said(office(scene)))
    await scene.stage.write(ANNE, office(scene), "Zoé Martin", **pill(ZOE, "Zoé Martin"))
    said = [line for line in scene.stage.said(office(scene))[before:] if not line.startswith("* ")]
    assert "zoe" in said[0]
    assert EVE not in said[0].replace(f"Zoé Martin ({EVE})", "")


async def test_a_departure_is_called_off_by_a_pill(scene: Scenery) -> None:
    await says(scene, "!départ zoe", "dans quinze jours", "passer", "oui")
    await says(scene, "annuler")
    before = len(scene.stage.said(office(scene)))
    html = f'!départ annuler <a href="https://matrix.to/#/{ZOE}">Zoé Martin</a>'
    await scene.stage.write(
        ANNE, office(scene), "!départ annuler Zoé Martin", format="org.matrix.custom.html", formatted_body=html
    )
    said = "\n".join(scene.stage.said(office(scene))[before:])
    assert "Je ne trouve personne" not in said
    assert "Que fait-on" not in said


async def test_a_reply_to_somebody_names_nobody(scene: Scenery) -> None:
    """Clients mention whoever is replied to: an answer written as a reply to Eve's message does not mean her."""
    said = await scene.stage.write(EVE, office(scene), "Bonjour")
    await says(scene, "!partage", "Compta")
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": said}}, "m.mentions": {"user_ids": [EVE]}}
    await scene.stage.write(ANNE, office(scene), "Zoé Martin", **reply)
    summary = await says(scene, "lire", "passer")
    assert f"Zoé Martin ({ZOE})" in summary
    assert EVE not in summary


# -- a name that is a number


@pytest.mark.parametrize("said", ["1", "le premier", "1️⃣"])
async def test_whoever_is_called_one_is_not_the_first_of_a_list(said: str) -> None:
    """Another lieu of the network, or a room of its, is called « 1 », or « premier »: the first line of the list is
    what its number means, and not the line that stole it."""
    words = Words.load()
    for name in ("1", "Premier", "le 1"):
        options = [Option("!phare:lieu.fr", "Le Phare"), Option("!eve:lieu.fr", name)]
        heard = Heard(None, reaction=said) if said == "1️⃣" else Heard(said)
        assert await Choice(options).read(heard, words) == "!phare:lieu.fr"
        if not heard.reaction:
            assert await Many(options).read(heard, words) == ("!phare:lieu.fr",)
            rooms = [("!phare:lieu.fr", "Le Phare"), ("!eve:lieu.fr", name)]
            assert await Room(rooms).read(heard, words) == "!phare:lieu.fr"


async def test_what_a_lieu_itself_calls_by_a_number_is_meant_by_it() -> None:
    """« Combien de temps avez-vous ? » 2, 3 or 5 hours."""
    words = Words.load()
    assert await Choice(["2", "3", "5"]).read(Heard("2"), words) == "2"
    assert await Choice([Option("!a:lieu.fr", "Place"), Option("!b:lieu.fr", "2026")]).read(Heard("2026"), words) == (
        "!b:lieu.fr"
    )
