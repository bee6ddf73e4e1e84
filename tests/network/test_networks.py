"""Networks of lieux: joined, invited into, settled, looked after, left."""

from __future__ import annotations

import pytest

from bot.store import networks
from tests.network.lieux import Lieux, Place
from tests.network.two import LASER, Two


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    return await Two.meet(lieux)


async def say(lieux: Lieux, place: Place, *lines: str) -> list[str]:
    """The concierge of this lieu writes, or clicks; what the bot said since."""
    before = len(lieux.said(place))
    for line in lines:
        if line in ("✅", "❌"):
            await lieux.click(place.concierge, place.office.room_id, line)
        else:
            await lieux.write(place.concierge, place.office.room_id, line)
    return lieux.said(place)[before:]


async def address(place: Place, name: str = "") -> str:
    found = await place.stage.bot.network.networks.of(place.lieu.id)
    row = next(row for row in found if name in ("", row["name"]))
    return await place.stage.bot.network.networks.address(row["network"])


async def declare(two: Two, lieu: str, card: dict[str, object]) -> None:
    """As a moderator of the network: somebody else's lieu."""
    (row,) = await two.rosee.stage.bot.network.networks.of(two.rosee.lieu.id)
    await two.rosee.stage.bot.network.networks.administration.declare(row["network"], lieu, card)
    await two.lieux.settle()


def told(said: list[str], words: str) -> int:
    return sum(words in one for one in said)


# -- who is in


async def test_it_tells_who_is_in_since_when_and_how_to_reach_them(two: Two) -> None:
    said = await say(two.lieux, two.moulin, "!réseau")
    assert "Touraine, 2 lieux" in said[0]
    assert "La Rosée (Tours) · depuis le vendredi 15 janvier · a les clés · @conciergerie:rosee.fr" in said[0]
    assert "Le Moulin · depuis le vendredi 15 janvier · @conciergerie:moulin.fr" in said[0]


async def test_a_long_list_is_read_page_by_page(two: Two) -> None:
    for n in range(9):
        card = {"v": 1, "bot": f"@b:l{n}.fr", "name": f"Lieu {n}\nFaux : voici une ligne", "town": "X" * 90}
        await declare(two, f"l{n}", card)
    said = await say(two.lieux, two.rosee, "!réseau")
    assert "Lieu 0 Faux" in said[0]
    assert said[0].count("· depuis") == 8
    said = await say(two.lieux, two.rosee, "la suite")
    assert said[0].count("· depuis") == 3


# -- coming in


async def test_what_is_no_network_is_refused(two: Two) -> None:
    said = await say(two.lieux, two.moulin, f"!réseau rejoindre {two.moulin.hall.room_id}", "passer")
    assert said[-1] == "À cette adresse, il n’y a pas de réseau de lieux."


async def test_it_is_said_that_one_is_in_already(two: Two) -> None:
    said = await say(two.lieux, two.moulin, f"!réseau rejoindre {await address(two.rosee)}", "passer")
    assert said[-1] == "Nous sommes déjà dans le réseau Touraine."


async def test_a_lieu_without_its_conciergerie_is_told_what_is_missing(lieux: Lieux) -> None:
    place = await lieux.build("La Rosée", "rosee.fr")
    await place.stage.bot.lieux.choose(place.lieu.id, office=None)
    room = await place.stage.matrix.rooms.direct(place.concierge)
    place.stage.world.rooms[room].members[place.concierge] = "join"
    await lieux.write(place.concierge, room, "!réseau créer Touraine")
    assert "Il faut d’abord une conciergerie" in place.stage.said(room)[-1]


@pytest.fixture
async def door(lieux: Lieux) -> tuple[Place, Place]:
    """La Rosée has a network, at whose door Le Moulin waits."""
    rosee, moulin = await lieux.build("La Rosée", "rosee.fr"), await lieux.build("Le Moulin", "moulin.fr")
    await say(lieux, rosee, "!réseau créer Touraine", "Tours", "✅")
    await say(lieux, moulin, f"!réseau rejoindre {await address(rosee)}", "Chinon")
    return rosee, moulin


async def test_whoever_is_not_let_in_waits_for_a_month_and_is_told(lieux: Lieux, door: tuple[Place, Place]) -> None:
    """Their server never hears of the refusal."""
    rosee, moulin = door
    await say(lieux, rosee, "❌")
    assert "nous attendons depuis" in (await say(lieux, moulin, "!réseau", "annuler"))[0]
    await lieux.wait(30)
    assert not told(lieux.said(moulin), "ne nous a pas ouvert")
    await lieux.wait(2)
    assert "ne nous a pas ouvert" in lieux.said(moulin)[-1]
    assert await moulin.stage.bot.network.networks.of(moulin.lieu.id) == []


async def test_whoever_is_not_let_in_is_told_at_once_on_the_same_server(lieux: Lieux) -> None:
    rosee = await lieux.build("La Rosée", "rosee.fr")
    moulin = await lieux.build("Le Moulin", "moulin.fr", bot="@autre-conciergerie:rosee.fr")
    await say(lieux, rosee, "!réseau créer Touraine", "Tours", "✅")
    await say(lieux, moulin, f"!réseau rejoindre {await address(rosee)}", "Chinon")
    await say(lieux, rosee, "❌")
    assert "ne nous a pas ouvert" in lieux.said(moulin)[-1]
    await lieux.wait(32)
    assert told(lieux.said(moulin), "ne nous a pas ouvert") == 1


async def test_whoever_asks_again_waits_again(lieux: Lieux, door: tuple[Place, Place]) -> None:
    rosee, moulin = door
    await say(lieux, rosee, "❌")
    await lieux.wait(20)
    await say(lieux, moulin, "!réseau quitter", f"!réseau rejoindre {await address(rosee)}", "passer")
    await lieux.wait(20)
    assert not told(lieux.said(moulin), "ne nous a pas ouvert")
    await say(lieux, rosee, "✅")
    assert told(lieux.said(moulin), "nous sommes dans le réseau Touraine") == 1


async def test_a_door_that_nobody_answers_is_reminded_of_and_given_up(lieux: Lieux, door: tuple[Place, Place]) -> None:
    rosee, moulin = door
    asked = told(lieux.said(rosee), "On lui ouvre")
    await lieux.wait(3)
    assert told(lieux.said(rosee), "On lui ouvre") == asked + 1
    await lieux.wait(30)
    assert "ne nous a pas ouvert" in lieux.said(moulin)[-1]


async def test_a_knock_that_is_taken_back_is_no_longer_answered(lieux: Lieux) -> None:
    rosee = await lieux.build("La Rosée", "rosee.fr")
    moulin = await lieux.build("Le Moulin", "moulin.fr", bot="@autre-conciergerie:rosee.fr")
    await say(lieux, rosee, "!réseau créer Touraine", "Tours", "✅")
    await say(lieux, moulin, f"!réseau rejoindre {await address(rosee)}", "Chinon", "!réseau quitter")
    assert "C’est déjà réglé" in lieux.said(rosee)[-1]
    await lieux.wait(3)
    assert "C’est déjà réglé" in lieux.said(rosee)[-1]


async def test_a_door_that_opens_too_late_is_an_invitation(two: Two) -> None:
    """What was taken back, another server does not hear of."""
    lieux, rosee, moulin = two.lieux, two.rosee, two.moulin
    await say(lieux, rosee, "!réseau créer Val de Loire", "✅")
    await say(lieux, moulin, f"!réseau rejoindre {await address(rosee, 'Val de Loire')}", "passer")
    await say(lieux, moulin, "!réseau quitter", "2")
    await say(lieux, rosee, "✅")
    assert "nous invite dans le réseau de lieux Val de Loire" in lieux.said(moulin)[-1]


async def test_a_door_that_opens_too_late_is_let_be_where_nobody_is_known(
    lieux: Lieux, door: tuple[Place, Place]
) -> None:
    rosee, moulin = door
    await say(lieux, moulin, "!réseau quitter")
    before = len(lieux.said(moulin))
    await say(lieux, rosee, "✅")
    assert lieux.said(moulin)[before:] == []


async def test_an_invited_lieu_says_yes_once_and_is_in(two: Two) -> None:
    """They know each other from another network."""
    lieux, rosee, moulin = two.lieux, two.rosee, two.moulin
    await say(lieux, rosee, "!réseau créer Val de Loire", "✅")
    await say(lieux, rosee, f"!réseau inviter {moulin.stage.bot.me}", "Val de Loire")
    before = len(lieux.said(rosee))
    said = await say(lieux, moulin, "✅")
    assert told(said, "nous sommes dans le réseau Val de Loire") == 1
    assert lieux.said(rosee)[before:] == ["Le Moulin vient de rejoindre le réseau Val de Loire."]


async def test_an_invitation_waits_to_be_accepted_later(two: Two) -> None:
    """They know each other from another network."""
    lieux, rosee, moulin = two.lieux, two.rosee, two.moulin
    await say(lieux, rosee, "!réseau créer Val de Loire", "✅")
    await say(lieux, rosee, f"!réseau inviter {moulin.stage.bot.me}", "Val de Loire")
    assert told(await say(lieux, moulin, "!réseau", "annuler"), "nous sommes invités depuis") == 1
    said = await say(lieux, moulin, "!réseau rejoindre", "1", "Chinon")
    assert told(said, "nous sommes dans le réseau Val de Loire") == 1
    assert told(said, "C’est déjà réglé") == 1


async def test_an_invitation_is_declined(two: Two) -> None:
    """They know each other from another network."""
    lieux, rosee, moulin = two.lieux, two.rosee, two.moulin
    await say(lieux, rosee, "!réseau créer Val de Loire", "✅")
    await say(lieux, rosee, f"!réseau inviter {moulin.stage.bot.me}", "Val de Loire")
    await say(lieux, moulin, "❌")
    assert [row["name"] for row in await moulin.stage.bot.network.networks.of(moulin.lieu.id)] == ["Touraine"]
    space = next(room for room in lieux.rooms.values() if room.space and room.name == "Val de Loire")
    assert space.members[moulin.stage.bot.me] == "leave"


async def test_without_the_keys_one_gets_the_sentence_to_pass_on(two: Two) -> None:
    said = await say(two.lieux, two.moulin, "!réseau inviter")
    assert "!réseau rejoindre https://matrix.to/" in said[-1]


async def test_the_address_of_a_network_is_shown_as_it_is_copied(two: Two) -> None:
    """Element shows a link to a room where one is not as a pill with its bare id: nobody can pass that on."""
    await say(two.lieux, two.rosee, "!réseau créer Val de Loire", "✅")
    await say(two.lieux, two.rosee, "!réseau")
    await say(two.lieux, two.moulin, "!réseau inviter")
    sent = [event["content"] for room in two.lieux.rooms.values() for event in room.events]
    told = [
        str(content.get("formatted_body")) for content in sent if "https://matrix.to/#/%21" in str(content.get("body"))
    ]
    assert len(told) >= 3
    assert [shown for shown in told if 'href="https://matrix.to/#/%21' in shown] == []


async def test_two_lieux_of_one_bot_join_each_for_itself(lieux: Lieux) -> None:
    rosee = await lieux.build("La Rosée", "rosee.fr")
    moulin = await lieux.build("Le Moulin", "moulin.fr")
    forge = await lieux.build("La Forge", "forge.fr", bot=moulin.stage.bot.me)
    await lieux.network(rosee, moulin, forge)
    assert [one["card"]["name"] for one in await seen(rosee)] == ["La Rosée", "Le Moulin", "La Forge"]
    await say(lieux, moulin, "!réseau quitter", "✅")
    assert [one["card"]["name"] for one in await seen(rosee)] == ["La Rosée", "La Forge"]
    room = next(room for room in lieux.rooms.values() if room.network and not room.space)
    assert room.members[moulin.stage.bot.me] == "join"
    await say(lieux, forge, "!réseau quitter", "✅")
    assert [one["card"]["name"] for one in await seen(rosee)] == ["La Rosée"]
    assert room.members[moulin.stage.bot.me] == "leave"


async def seen(place: Place) -> list[dict[str, object]]:
    """The lieux of the only network, as this one knows them."""
    stays = await place.stage.database.read(lambda tx: networks.stays(tx, lieu=place.lieu.id))
    return await place.stage.bot.network.networks.declarations.neighbours(stays[0].network)


# -- going


async def test_whoever_leaves_takes_back_what_it_asks(two: Two) -> None:
    await two.lieux.ask(two.moulin, LASER)
    said = await say(two.lieux, two.moulin, "!réseau quitter", "✅")
    assert "Nous avons quitté le réseau Touraine." in said
    assert told(two.here(), "Demande retirée") == 1
    assert told(two.here(), "Le Moulin n’est plus dans le réseau Touraine") == 1
    assert [one["card"]["name"] for one in await seen(two.rosee)] == ["La Rosée"]
    assert two.room.members[two.moulin.stage.bot.me] == "leave"
    assert told(two.here(), "a voulu parler au nom") == 0


async def test_what_is_said_after_leaving_stays_at_home(two: Two) -> None:
    await two.ask()
    await say(two.lieux, two.moulin, "!réseau quitter", "✅")
    before = len(two.here())
    await two.answer("Trop tard")
    await two.lieux.click(two.moulin.concierge, two.moulin.office.room_id, "🙋", on=two.card)
    assert two.here()[before:] == []


async def test_it_comes_back_and_is_asked_for_again(two: Two) -> None:
    await say(two.lieux, two.moulin, "!réseau quitter", "✅")
    await say(two.lieux, two.moulin, f"!réseau rejoindre {await address(two.rosee)}", "passer")
    await say(two.lieux, two.rosee, "✅")
    assert [one["card"]["name"] for one in await seen(two.rosee)] == ["La Rosée", "Le Moulin"]


async def test_a_bot_that_is_gone_speaks_for_nobody(two: Two) -> None:
    await two.lieux.ask(two.moulin, LASER)
    bot = two.moulin.stage.bot.me
    two.lieux.world.moves(two.room.room_id, bot, bot, "leave")
    await two.lieux.settle()
    assert [one["card"]["name"] for one in await seen(two.rosee)] == ["La Rosée"]
    assert told(two.here(), "Demande retirée") == 1


async def test_the_last_one_with_the_keys_hands_them_over(two: Two) -> None:
    said = await say(two.lieux, two.rosee, "!réseau quitter")
    assert "À quel lieu les confier" in said[-1]
    await say(two.lieux, two.rosee, "1", "✅")
    assert "Nous avons maintenant les clés" in "\n".join(two.there())
    assert [one["card"]["name"] for one in await seen(two.moulin)] == ["Le Moulin"]
    assert two.room.members[two.rosee.stage.bot.me] == "leave"
    forge = await two.lieux.build("La Forge", "forge.fr")
    await say(two.lieux, forge, f"!réseau rejoindre {await address(two.moulin)}", "passer")
    await say(two.lieux, two.moulin, "✅")
    assert [one["card"]["name"] for one in await seen(two.moulin)] == ["Le Moulin", "La Forge"]


async def test_whoever_is_alone_leaves_nothing(lieux: Lieux) -> None:
    rosee = await lieux.build("La Rosée", "rosee.fr")
    await say(lieux, rosee, "!réseau créer Touraine", "Tours", "✅")
    said = await say(lieux, rosee, "!réseau quitter")
    assert "Nous y sommes seuls" in said[-1]
    await say(lieux, rosee, "✅")
    rooms = [room for room in lieux.rooms.values() if room.network]
    assert [room.members[rosee.stage.bot.me] for room in rooms] == ["leave", "leave"]


# -- keepers


async def test_a_lieu_is_excluded_and_told(two: Two) -> None:
    await two.lieux.ask(two.moulin, LASER)
    said = await say(two.lieux, two.rosee, "!réseau exclure", "1", "Plus de nouvelles", "✅")
    assert "Le Moulin n’est plus dans le réseau Touraine." in said[-1]
    assert told(two.there(), "ne nous compte plus parmi ses lieux, pour cette raison\u202f: Plus de nouvelles") == 1
    assert told(two.there(), "Demande retirée") == 1
    assert two.room.members[two.moulin.stage.bot.me] == "leave"
    said = await say(two.lieux, two.moulin, "!réseau")
    assert "créer un réseau" in said[0]


async def test_who_has_no_keys_excludes_nobody(two: Two) -> None:
    said = await say(two.lieux, two.moulin, "!réseau exclure")
    assert said[0].startswith("Nous ne sommes dans aucun réseau où je puisse faire cela")


async def test_two_lieux_with_keys_are_both_asked_and_one_answer_is_enough(two: Two) -> None:
    await say(two.lieux, two.rosee, "!réseau confier", "1", "✅")
    forge = await two.lieux.build("La Forge", "forge.fr")
    await say(two.lieux, forge, f"!réseau rejoindre {await address(two.moulin)}", "passer")
    assert [said[-1].count("@conciergerie:forge.fr") for said in (two.here(), two.there())] == [2, 2]
    await say(two.lieux, two.moulin, "✅")
    assert told(two.lieux.said(forge), "nous sommes dans le réseau Touraine") == 1
    assert told(two.here(), "C’est déjà réglé") == 1
    assert two.room.members[forge.stage.bot.me] == "join"


# -- settings


async def test_what_is_shown_changes_without_asking_anybody(two: Two) -> None:
    before = len(two.here())
    await say(two.lieux, two.moulin, "!réseau régler", "page", "moulin.example", "oui")
    await say(two.lieux, two.moulin, "!réseau régler", "offres", "soudure, four à céramique", "oui")
    await say(two.lieux, two.moulin, "!réseau régler", "coordonnées", "47.1667, 0.2428", "oui")
    assert two.here()[before:] == []
    card = (await seen(two.rosee))[1]["card"]
    assert card == {
        "v": 1,
        "bot": two.moulin.stage.bot.me,
        "name": "Le Moulin",
        "languages": ["fr"],
        "web": "https://moulin.example",
        "offers": ["soudure", "four à céramique"],
        "geo_uri": "geo:47.1667,0.2428",
    }


async def test_another_name_is_asked_about(two: Two) -> None:
    hello = two.envelopes("hello")[0]
    await two.forge(two.moulin.stage.bot.me, "hello", hello | {"card": hello["card"] | {"name": "La Rosée"}})
    assert "voudrait s’appeler désormais La Rosée" in two.here()[-1]
    await say(two.lieux, two.rosee, "❌")
    assert [one["card"]["name"] for one in await seen(two.rosee)] == ["La Rosée", "Le Moulin"]


async def test_nobody_gives_themselves_the_keys(two: Two) -> None:
    hello = two.envelopes("hello")[0]
    await two.forge(two.moulin.stage.bot.me, "hello", hello | {"card": hello["card"] | {"keeper": True, "town": "X"}})
    card = (await seen(two.rosee))[1]["card"]
    assert card["town"] == "X"
    assert "keeper" not in card


async def test_nobody_else_changes_the_card_of_a_lieu(two: Two) -> None:
    hello = two.envelopes("hello")[0]
    await two.forge("@mallory:ailleurs.fr", "hello", hello | {"card": hello["card"] | {"bot": "@mallory:ailleurs.fr"}})
    assert "un autre compte dit parler maintenant pour Le Moulin" in two.here()[-1]
    assert (await seen(two.rosee))[1]["bot"] == two.moulin.stage.bot.me


async def test_only_wanted_kinds_are_heard_in_the_chosen_room(two: Two) -> None:
    await say(two.lieux, two.moulin, "!réseau régler", "salon", "Salon · Le Moulin")
    await say(two.lieux, two.moulin, "!réseau régler", "demandes", "2")
    await two.lieux.ask(two.rosee, LASER)
    assert not told(two.there() + two.lieux.said(two.moulin, two.moulin.hall), LASER)
    await say(two.lieux, two.moulin, "!réseau régler", "demandes", "tout")
    await two.lieux.ask(two.rosee, LASER)
    assert told(two.lieux.said(two.moulin, two.moulin.hall), LASER) == 1
    assert not told(two.there(), LASER)


@pytest.mark.parametrize(("told", "kept"), [("22 h – 8 h", [22, 8]), ("de 12h à 14h", [12, 14]), ("jamais", None)])
async def test_quiet_hours_are_said_as_people_say_them(two: Two, told: str, kept: list[int] | None) -> None:
    await say(two.lieux, two.moulin, "!réseau régler", "calme", "toujours", "8 h – 8 h", told)
    (row,) = await two.moulin.stage.bot.network.networks.of(two.moulin.lieu.id)
    assert row["choices"].get("quiet") == kept


# -- the directory


async def test_the_directory_sorts_by_distance_and_finds_by_words(two: Two) -> None:
    for place, where, offers in ((two.rosee, "47.39, 0.68", "couture"), (two.moulin, "47.1667, 0.2428", "soudure")):
        await say(two.lieux, place, "!réseau régler", "coordonnées", where, "oui")
        await say(two.lieux, place, "!réseau régler", "offres", offers, "oui")
    loin = {"v": 1, "bot": "@b:loin.fr", "name": "Le Phare", "town": "Brest", "geo_uri": "geo:48.39,-4.49"}
    await declare(two, "phare", loin)
    await declare(two, "aube", {"v": 1, "bot": "@b:aube.fr", "name": "L’Aube"})
    lines = (await say(two.lieux, two.rosee, "!lieux"))[0].split("\n")
    assert [line.split(" · ")[0] for line in lines if line.startswith("•")] == [
        "• Le Moulin (à 41 km)",
        "• Le Phare (Brest, à 401 km)",
        "• L’Aube",
    ]
    assert "Le Moulin" in (await say(two.lieux, two.rosee, "!lieux soudure"))[0]
    assert "Le Phare (Brest) ·" in (await say(two.lieux, two.rosee, "!lieux près de Brest"))[0].split("•")[1]
    assert "Je ne sais pas où se trouve" in (await say(two.lieux, two.rosee, "!lieux près de Nulleville"))[0]
    assert "Aucun lieu de nos réseaux ne parle de" in (await say(two.lieux, two.rosee, "!lieux tricot"))[0]
    await two.lieux.ask(two.rosee, LASER)
    assert told(two.there(), "La Rosée (Tours, à 41 km) cherche") == 1
