"""What becomes of a request: how it is made, who decides about it, what it shows, and when it ends."""

from __future__ import annotations

from typing import Any

import pytest

from bot.bot import KEEP_ENDED
from bot.store import outbox, request_history
from tests.network.lieux import Lieux
from tests.network.two import LASER, Two, below
from tests.stage.stage import FakeRoom

ZOE = "@zoe:rosee.fr"


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    two = await Two.meet(lieux)
    for name in (ZOE, two.rosee.member):
        lieux.rooms[two.rosee.lieu.space].members[name] = "join"
        two.rosee.hall.members[name] = "join"
    lieux.names[ZOE] = "Zoé Martin"
    return two


@pytest.fixture
async def asked(two: Two) -> Two:
    await two.ask()
    return two


async def write(two: Two, person: str, *lines: str, room: FakeRoom | None = None, **content: Any) -> str:
    """In the hall of La Rosée; what the bot said last."""
    room = room or two.rosee.hall
    for line in lines:
        await two.lieux.write(person, room.room_id, line, **content)
    return two.rosee.stage.said(room.room_id)[-1]


async def order(two: Two, *lines: str) -> str:
    """By the concierge of La Rosée, in the conciergerie."""
    return await write(two, two.rosee.concierge, *lines, room=two.rosee.office)


def last(two: Two) -> dict[str, Any]:
    """The request as the network knows it."""
    return two.envelopes("request")[-1]


def letters(lieux: Lieux) -> int:
    return sum(len(room.events) for room in lieux.rooms.values())


# -- making it


async def test_one_line_suffices(two: Two) -> None:
    assert "Voici ce que les autres lieux verront" in await order(two, f"!demande {LASER}")
    await order(two, "oui")
    assert (last(two)["kind"], last(two)["until"]) == ("equipment", "2027-01-16")


async def test_what_was_guessed_follows_the_text_until_it_is_changed(two: Two) -> None:
    await order(two, f"!demande {LASER}", "modifier genre", "une compétence")
    recapitulation = await order(two, "modifier texte", "une salle pour dimanche")
    assert "cherche une compétence" in recapitulation
    assert "dimanche 17 janvier" in recapitulation


async def test_what_few_people_say_is_asked_of_those_who_want_to(two: Two) -> None:
    said = len(two.here())
    await order(two, f"!demande {LASER}")
    assert len(two.here()) == said + 1
    assert "Où en a-t-on besoin" in await order(two, "modifier où")
    assert "Où\u202f: à Tours" in await order(two, "à Tours")
    await order(two, "oui")
    assert last(two)["where"] == "à Tours"


async def test_going_back_asks_nothing_that_was_not_asked_before(two: Two) -> None:
    await order(two, "!demande", "une perceuse", "passer", "non")
    assert "On donne aussi ton prénom" in await order(two, "retour")


async def test_a_name_leaves_only_with_its_owner(two: Two) -> None:
    await write(two, ZOE, f"!demande {LASER}", "oui")
    assert "name" not in last(two)
    await write(two, ZOE, f"!demande {LASER}", "modifier prénom", "oui", "oui")
    assert last(two)["name"] == "Zoé"
    assert not any("Martin" in str(event["content"]) for event in two.room.events)


async def test_a_picture_goes_with_the_request(two: Two) -> None:
    await order(two, f"!demande {LASER}", "modifier photo")
    await two.lieux.photo(two.rosee.concierge, two.rosee.office.room_id)
    await order(two, "oui")
    assert last(two)["attachment"]["url"] == "mxc://lieu.fr/photo"
    (shown,) = [e["content"] for e in two.moulin.office.events if e["content"].get("msgtype") == "m.image"]
    assert shown["url"] == "mxc://lieu.fr/photo"
    assert shown["m.relates_to"]["event_id"] == two.lieux.card(two.moulin, LASER)


async def test_a_picture_or_an_address_sent_at_the_recapitulation_goes_with_it(two: Two) -> None:
    await order(two, f"!demande {LASER}")
    await two.lieux.photo(two.rosee.concierge, two.rosee.office.room_id)
    assert "Avec\u202f: IMG_2041.jpg" in two.here()[-1]
    assert "À lire\u202f: https://rosee.fr/plan" in await order(two, "https://rosee.fr/plan")
    await order(two, "oui")
    assert (last(two)["attachment"]["name"], last(two)["link"]) == ("IMG_2041.jpg", "https://rosee.fr/plan")


async def test_some_lieux_are_asked_and_others_not(lieux: Lieux) -> None:
    rosee, moulin, phare = [
        await lieux.build(name, server)
        for name, server in (("La Rosée", "rosee.fr"), ("Le Moulin", "moulin.fr"), ("Le Phare", "phare.fr"))
    ]
    await lieux.network(rosee, moulin, phare)
    for line in (f"!demande {LASER}", "modifier lieux", "Le Phare", "oui"):
        await lieux.write(rosee.concierge, rosee.office.room_id, line)
    assert "1 lieu la verra" in lieux.said(rosee)[-1]
    assert any(LASER in said for said in lieux.said(phare))
    assert not any(LASER in said for said in lieux.said(moulin))


# -- the yes of a concierge


@pytest.fixture
async def careful(two: Two) -> Two:
    await order(two, "!installer demandes", "oui")
    return two


async def test_a_member_waits_for_a_yes_and_a_concierge_does_not(careful: Two) -> None:
    await write(careful, ZOE, f"!demande {LASER}", "oui")
    told = careful.rosee.stage.said(careful.rosee.hall.room_id)[-2:]  # with the correction of what was asked
    assert any("Les concierges regardent" in said for said in told)
    assert careful.envelopes("request") == []
    await careful.lieux.click(careful.rosee.concierge, careful.rosee.office.room_id, "✅")
    assert last(careful)["what"] == LASER
    await order(careful, "!demande une perceuse samedi", "oui")
    assert last(careful)["what"] == "une perceuse samedi"


async def test_a_concierge_sees_the_picture_before_saying_yes(careful: Two) -> None:
    await write(careful, ZOE, f"!demande {LASER}")
    await careful.lieux.photo(ZOE, careful.rosee.hall.room_id)
    await write(careful, ZOE, "oui")
    assert [e for e in careful.rosee.office.events if e["content"].get("url") == "mxc://lieu.fr/photo"]


async def test_nobody_says_yes_to_their_own_request(careful: Two) -> None:
    await write(careful, ZOE, f"!demande {LASER}", "oui")
    careful.rosee.office.members[ZOE] = "join"
    await careful.lieux.click(ZOE, careful.rosee.office.room_id, "✅")
    assert careful.envelopes("request") == []


async def test_a_no_comes_with_its_word(careful: Two) -> None:
    await write(careful, ZOE, f"!demande {LASER}", "oui")
    await careful.lieux.click(careful.rosee.concierge, careful.rosee.office.room_id, "❌")
    await order(careful, "On en a une au grenier")
    assert "On en a une au grenier" in careful.rosee.stage.said(careful.rosee.hall.room_id)[-1]
    assert careful.envelopes("request") == []


async def test_a_request_at_which_nobody_looks_does_not_leave(careful: Two) -> None:
    await write(careful, ZOE, f"!demande {LASER}", "oui")
    await careful.lieux.wait(8)
    assert "n’est pas partie" in careful.rosee.stage.said(careful.rosee.hall.room_id)[-1]
    assert careful.envelopes("request") == []


# -- what becomes of it


async def test_it_is_fulfilled_with_thanks_on_every_card(asked: Two) -> None:
    await asked.lieux.click(asked.moulin.concierge, asked.moulin.office.room_id, "🙋", on=asked.card)
    await order(asked, "!demande 1 c’est pourvu", "Le Moulin")
    for said in (asked.here(), asked.there()):
        assert any("C’est pourvu, merci Le Moulin" in one for one in said)
    assert last(asked)["with"] == [asked.envelopes("hello")[0]["lieu"]]


async def test_the_line_may_say_with_whom(asked: Two) -> None:
    await asked.lieux.click(asked.moulin.concierge, asked.moulin.office.room_id, "🙋", on=asked.card)
    assert "C’est pourvu, merci Le Moulin" in await order(asked, "!demande 1 pourvu avec Le Moulin")


async def test_thanks_reach_the_lieu_that_helped(asked: Two) -> None:
    await asked.answer("On en a une")
    await order(asked, "!demande 1 pourvu avec Le Moulin", "!demande 1 remercier", "Merci, les voisins !")
    assert asked.there()[-1] == "La Rosée\u202f: Merci, les voisins !"


async def test_what_is_decided_below_the_card_is_not_passed_on(asked: Two) -> None:
    await asked.answer("On en a une")
    before = len(asked.envelopes("message"))
    await asked.say("prolonger")
    await asked.say("dans deux semaines")
    assert last(asked)["until"] == "2027-01-29"
    await asked.say("Merci !")
    assert [body["text"] for body in asked.envelopes("message")[before:]] == ["Merci !"]


async def test_a_click_on_the_card_withdraws_it_once_that_is_sure(asked: Two) -> None:
    await asked.lieux.click(asked.rosee.concierge, asked.rosee.office.room_id, "🚫", on=asked.asked)
    assert last(asked)["state"] == "open"
    await asked.say("oui")
    assert last(asked)["state"] == "withdrawn"
    assert "Demande retirée" in asked.there()[-1]


async def test_a_command_in_the_thread_or_in_reply_needs_no_number(asked: Two) -> None:
    await order(asked, "!demande une perceuse samedi", "oui")
    await asked.say("!demande retirer")
    await asked.say("oui")
    assert (last(asked)["what"], last(asked)["state"]) == (LASER, "withdrawn")
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": asked.asked}}}
    await write(asked, asked.rosee.concierge, "!demande rouvrir demain", room=asked.rosee.office, **reply)
    assert last(asked)["state"] == "open"


async def test_only_its_asker_and_the_concierges_decide(two: Two) -> None:
    await write(two, ZOE, f"!demande {LASER}", "oui")
    card = next(e["event_id"] for e in two.rosee.hall.events if "Notre demande" in e["content"].get("body", ""))
    assert "n’est pas la tienne" in await write(two, two.rosee.member, "!demande 1 retirer")
    await two.lieux.click(two.rosee.member, two.rosee.hall.room_id, "🎉", on=card)
    await write(two, two.rosee.member, "c’est pourvu", **below(card))
    assert last(two)["state"] == "open"
    await two.lieux.click(ZOE, two.rosee.hall.room_id, "🎉", on=card)
    assert last(two)["state"] == "fulfilled"
    await order(two, "!demande 1 rouvrir samedi")
    assert last(two)["state"] == "open"


async def test_another_lieu_decides_nothing(asked: Two) -> None:
    await asked.lieux.write(asked.moulin.concierge, asked.moulin.office.room_id, "!demande 1 retirer")
    assert "celle d’un autre lieu" in asked.there()[-1]
    assert last(asked)["rev"] == 1


async def test_one_does_not_help_with_one_s_own_request(asked: Two) -> None:
    await asked.lieux.click(asked.rosee.concierge, asked.rosee.office.room_id, "🙋", on=asked.asked)
    assert asked.envelopes("offer") == []


async def test_help_that_comes_too_late_is_told_so(asked: Two) -> None:
    await order(asked, "!demande 1 pourvu")
    await asked.lieux.click(asked.moulin.concierge, asked.moulin.office.room_id, "🙋", on=asked.card)
    assert "déjà réglée" in asked.there()[-1]
    assert asked.envelopes("offer") == []


async def test_a_request_made_in_private_lives_there(two: Two) -> None:
    private = await two.rosee.stage.matrix.rooms.direct(ZOE)
    two.lieux.rooms[private].members[ZOE] = "join"
    for line in (f"demande {LASER}", "oui"):
        await two.lieux.write(ZOE, private, line)
    two.card = two.lieux.card(two.moulin, LASER)
    await two.answer("On en a une")
    assert two.rosee.stage.said(private)[-1] == "Le Moulin\u202f: On en a une"
    card = next(
        e["event_id"] for e in two.lieux.rooms[private].events if "Notre demande" in e["content"].get("body", "")
    )
    await two.lieux.write(ZOE, private, "Chouette", **below(card))
    assert two.there()[-1] == "La Rosée\u202f: Chouette"
    await two.lieux.write(ZOE, private, "c’est pourvu", **below(card))
    await two.lieux.write(ZOE, private, "1", **below(card))
    assert last(two)["state"] == "fulfilled"


# -- looking back


async def test_the_list_shows_what_is_wanted(asked: Two) -> None:
    await write(asked, ZOE, "!demande qui sait souder ?", "passer", "oui")
    await asked.lieux.ask(asked.moulin, "un camion pour lundi")
    await order(asked, "!demande 1 pourvu")
    shown = {
        words: [n for n in (1, 2, 3) if f"n° {n} ·" in await write(asked, ZOE, f"!demandes {words}")]
        for words in ("", "nôtres", "autres", "miennes", "anciennes", "camion", "perceuse")
    }
    assert shown == {
        "": [2, 3],
        "nôtres": [2],
        "autres": [3],
        "miennes": [2],
        "anciennes": [1],
        "camion": [3],
        "perceuse": [],
    }


async def test_a_day_of_another_lieu_that_is_none_spoils_nothing(asked: Two) -> None:
    body = asked.envelopes("request")[0] | {"rev": 2, "until": "2027-99-99"}
    await asked.forge(asked.rosee.stage.bot.me, "request", body)
    await asked.lieux.write(asked.moulin.concierge, asked.moulin.office.room_id, "!demandes")
    assert "n° 1 ·" in asked.there()[-1]


async def test_a_request_whose_lieu_went_silent_is_an_old_one_after_its_day(asked: Two) -> None:
    await asked.lieux.stop(asked.rosee.stage.bot.me)
    await asked.lieux.wait(2)
    for words, shown in (("", False), ("anciennes", True)):
        await asked.lieux.write(asked.moulin.concierge, asked.moulin.office.room_id, f"!demandes {words}")
        assert ("n° 1 ·" in asked.there()[-1]) is shown


async def test_a_long_list_goes_on_when_asked(two: Two) -> None:
    for n in range(10):
        await two.lieux.ask(two.moulin, f"chaise {n} samedi")
    await order(two, "!demandes")
    assert [n for n in range(1, 11) if f"n° {n} ·" in two.here()[-2]] == [3, 4, 5, 6, 7, 8, 9, 10]
    await order(two, "la suite")
    assert [n for n in range(1, 11) if f"n° {n} ·" in two.here()[-1]] == [1, 2]


async def test_a_request_has_a_story_without_what_was_taken_back(asked: Two) -> None:
    await asked.lieux.click(asked.moulin.concierge, asked.moulin.office.room_id, "🙋", on=asked.card)
    await asked.answer("Elle est rouge")
    error = await asked.answer("Mon numéro est le 06")
    await asked.say("Parfait")
    await asked.lieux.delete(asked.moulin.concierge, asked.moulin.office.room_id, error)
    await order(asked, "!demande 1")
    story = next(said for said in asked.here() if said.startswith("Ce qui s’est dit"))
    assert [line.partition(" · ")[2] for line in story.splitlines() if "·" in line] == [
        "Le Moulin peut aider 🙋",
        "Le Moulin\u202f: Elle est rouge",
        "La Rosée\u202f: Parfait",
    ]


async def test_a_number_of_things_is_no_number_of_a_request(asked: Two) -> None:
    assert "Il n’y a pas de demande n° 12" in await order(asked, "!demande 12")
    assert "12 chaises samedi" in await order(asked, "!demande 12 chaises samedi")


# -- its end


async def test_its_asker_is_reminded_the_day_before_and_gives_it_a_week(two: Two) -> None:
    await order(two, "!demande une perceuse dans 10 jours", "oui")
    await two.lieux.wait(8.9)
    assert "se termine" not in two.here()[-1]
    await two.lieux.wait(0.1)
    assert "se termine le lundi 25 janvier" in two.here()[-1]
    await two.lieux.click(two.rosee.concierge, two.rosee.office.room_id, "✅")
    assert last(two)["until"] == "2027-02-01"
    await two.lieux.wait(7)
    assert "se termine le lundi 1er février" in two.here()[-1]


async def test_nobody_answers_and_it_ends_by_itself(two: Two) -> None:
    await order(two, "!demande une perceuse dans 3 jours", "oui")
    await two.lieux.wait(3)
    assert last(two)["state"] == "open"
    await two.lieux.wait(1)
    assert last(two)["state"] == "expired"
    assert "Demande terminée" in two.there()[-1]


async def test_a_lieu_that_was_cut_off_learns_of_the_end(two: Two) -> None:
    await order(two, "!demande une perceuse dans 3 jours", "oui")
    two.lieux.cut.add("moulin.fr")
    await two.lieux.wait(4)
    assert "Demande terminée" not in two.there()[-1]
    await two.lieux.mend()
    assert "Demande terminée" in two.there()[-1]


async def test_without_a_day_it_is_asked_about_after_a_month_and_ends_after_two(two: Two) -> None:
    await order(two, "!demande une perceuse", "passer", "oui")
    await two.lieux.wait(31)
    assert "On la garde ouverte" in two.here()[-1]
    await order(two, "non")
    await two.lieux.wait(29)
    assert last(two)["state"] == "open"
    await two.lieux.wait(2)
    assert last(two)["state"] == "expired"


async def test_what_was_changed_meanwhile_counts(two: Two) -> None:
    await order(two, "!demande une perceuse dans 30 jours", "oui", "!demande 1 prolonger dans 5 jours")
    await two.lieux.wait(6)
    assert last(two)["state"] == "expired"
    await order(two, "!demande 1 rouvrir dans 60 jours")
    await two.lieux.wait(40)
    assert last(two)["state"] == "open"
    assert not any("On la garde ouverte" in said for said in two.here())
    await two.lieux.wait(19.5)
    assert sum("On la garde ouverte" in said for said in two.here()) == 1


async def test_a_reminder_does_not_answer_who_speaks_with_others(two: Two) -> None:
    await write(two, ZOE, "!demande une perceuse dans 3 jours", "oui")
    await two.lieux.wait(2)
    assert "On la garde ouverte" in await write(two, ZOE, "On mange ensemble ce midi ?")


async def test_what_was_agreed_on_does_not_end_by_itself(two: Two) -> None:
    await order(two, "!demande une perceuse dans 3 jours", "oui")
    requests = two.rosee.stage.bot.network.requests
    request = await requests.one(two.rosee.lieu, 1)
    assert request
    await requests.revise(two.rosee.lieu, request["id"], state="agreed")
    await two.lieux.wait(5)
    assert last(two)["state"] == "agreed"
    await order(two, "!demande 1 pourvu")
    assert last(two)["state"] == "fulfilled"


async def test_what_is_settled_is_reminded_of_no_more(two: Two) -> None:
    await order(two, "!demande une perceuse dans 3 jours", "oui", "!demande 1 pourvu")
    said = len(two.here())
    await two.lieux.wait(5)
    assert len(two.here()) == said
    assert last(two)["state"] == "fulfilled"


async def test_a_late_click_on_the_reminder_does_not_open_it_again(two: Two) -> None:
    await order(two, "!demande une perceuse dans 3 jours", "oui")
    await two.lieux.wait(2)
    reminder = two.lieux.last_question(two.rosee.office.room_id)
    await order(two, "!demande 1 pourvu")
    await two.lieux.click(two.rosee.concierge, two.rosee.office.room_id, "✅", on=reminder)
    assert last(two)["state"] == "fulfilled"
    assert "a changé" in two.here()[-1]


async def test_a_late_click_on_the_reminder_does_not_shorten_it(two: Two) -> None:
    await order(two, "!demande une perceuse dans 3 jours", "oui")
    await two.lieux.wait(2)
    reminder = two.lieux.last_question(two.rosee.office.room_id)
    await order(two, "!demande 1 prolonger dans 30 jours")
    await two.lieux.click(two.rosee.concierge, two.rosee.office.room_id, "✅", on=reminder)
    assert last(two)["until"] == "2027-02-16"
    assert "a changé" in two.here()[-1]


async def forget(two: Two) -> None:
    """What the bots do once a day."""
    for place in (two.rosee, two.moulin):
        before = place.stage.bot.clock.now() - KEEP_ENDED
        for purge in (outbox.purge, request_history.forget):
            await place.stage.database.write(purge, before)


async def test_after_two_months_a_request_that_goes_on_is_corrected_everywhere(two: Two) -> None:
    await order(two, "!demande une perceuse dans 90 jours", "oui")
    two.asked, two.card = (two.lieux.card(place, "une perceuse") for place in (two.rosee, two.moulin))
    line = await two.answer("On en a une")
    shown = two.lieux.card(two.rosee, "On en a une")
    for _ in range(4):
        await two.lieux.wait(15)
        await forget(two)
    await two.lieux.edit(two.moulin.concierge, two.moulin.office.room_id, line, "On en a deux")
    assert two.here()[-1] == "* Le Moulin\u202f: On en a deux"
    await two.lieux.delete(two.moulin.concierge, two.moulin.office.room_id, line)
    assert two.lieux.is_redacted(two.rosee, shown)
    await two.say("On arrive")
    assert two.there()[-1] == "La Rosée\u202f: On arrive"
    await order(two, "!demande 1 pourvu avec Le Moulin")
    edits = [
        e["content"]["m.relates_to"]["event_id"] for e in two.moulin.office.events if "m.new_content" in e["content"]
    ]
    assert edits[-1] == two.card


async def test_what_has_ended_long_ago_is_forgotten(asked: Two) -> None:
    await asked.answer("On en a une")
    await order(asked, "!demande 1 pourvu avec Le Moulin")
    await asked.lieux.wait(60)
    await forget(asked)
    kept = await asked.rosee.stage.database.read(
        lambda tx: [
            tx.execute(query).fetchone()[0]
            for query in (
                "SELECT count(*) FROM outbox WHERE txn_id LIKE 'card/%' OR txn_id LIKE 'line/%'",
                "SELECT count(*) FROM lines WHERE said != ''",
            )
        ]
    )
    assert kept == [0, 0]
    assert "ce n’est pas possible" in await order(asked, "!demande 1 rouvrir")
