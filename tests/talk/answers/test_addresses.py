"""E-mails, usernames, people and rooms, as they are typed, pasted and mentioned."""

from __future__ import annotations

import pytest

from bot.talk.answers import Email, Heard, NotUnderstood, Person, Recipient, Room, Username, username_from
from bot.talk.answers.addresses import Meant
from bot.talk.answers.claim import Claim
from integrations.errors import Unavailable
from tests.stage.answers import PLACES, WORDS, free, read


@pytest.mark.parametrize(
    "said",
    [
        *("Camille@Lieu.FR", "mailto:camille@lieu.fr", "c'est camille@lieu.fr.", "<camille@lieu.fr>"),
        *("camille @ lieu.fr", "camille @lieu.fr", "camille@ lieu.fr", "camille＠lieu.fr", "camille@lieu。fr"),
        *("camille@lieu.fr,", " camille@lieu.fr\u00a0", "\u200bcamille@lieu.fr", "camille@lieu.fr!"),
        *("<Camille É. camille@lieu.fr>", "camille@lieu.fr<mailto:camille@lieu.fr>", "[camille@lieu.fr]"),
        *("mailto:camille@lieu.fr?subject=Bonjour", "<mailto:Camille@lieu.fr>", '"Camille" <camille@lieu.fr>'),
    ],
)
async def test_an_email_is_found_and_written_one_way(said: str) -> None:
    assert await read(Email(), said) == "camille@lieu.fr"


async def test_an_email_of_another_alphabet_is_written_as_it_travels() -> None:
    assert await read(Email(), "a@café.fr") == "a@xn--caf-dma.fr"
    assert Email().show("a@xn--caf-dma.fr", WORDS, "fr") == "a@café.fr"


async def test_an_address_is_not_made_that_of_another_domain() -> None:
    """« straße.de » and « strasse.de » have two owners: one of them would get the other's activation mail."""
    assert await read(Email(), "zoe@straße.de") == "zoe@xn--strae-oqa.de"
    recipient = Recipient(("mail", "cloud"))
    assert await read(recipient, "zoe@straße.de") == ("mail", "zoe@xn--strae-oqa.de")
    assert await read(recipient, "zoe@https://straße.de/nuage") == ("cloud", "zoe@https://xn--strae-oqa.de/nuage")
    assert await read(Person(), "@zoe:straße.de") == "@zoe:xn--strae-oqa.de"
    assert await read(Person(), "https://matrix.to/#/@zoe:straße.de") == "@zoe:xn--strae-oqa.de"
    assert await read(Person(), "@zoe:stra\u00dfe.de:8448") == "@zoe:xn--strae-oqa.de:8448"
    assert await read(Person(), "@zoe:cafe\u0301.fr") == "@zoe:xn--caf-dma.fr"


async def test_letters_of_another_alphabet_are_shown_to_be_so() -> None:
    email = await read(Email(), "zoe@exаmple.fr")  # a Cyrillic а
    assert "xn--exmple-4nf.fr" in Email().show(email, WORDS, "fr")
    assert "⚠" in Recipient(("mail",)).show(("mail", email), WORDS, "fr")


async def test_a_domain_that_looks_mistyped_is_asked_about_once() -> None:
    """« zoe@gmial.com » : the mail would go to nobody; whoever writes it again means it."""
    with pytest.raises(NotUnderstood) as doubt:
        await Email().read(Heard("zoe@gmial.com"), WORDS)
    assert (doubt.value.code, doubt.value.words["near"]) == ("email-near", "zoe@gmail.com")
    offered = doubt.value.offered
    assert await Email().read(Heard("oui", offered=offered), WORDS) == "zoe@gmail.com"
    assert await Email().read(Heard("Zoe@gmial.com", offered=offered), WORDS) == "zoe@gmial.com"
    assert await Email().read(Heard("zoe@exemple.fr", offered=offered), WORDS) == "zoe@exemple.fr"
    with pytest.raises(NotUnderstood, match="email-once-more") as no:
        await Email().read(Heard("non", offered=offered), WORDS)
    assert await Email().read(Heard("zoe@gmial.com", offered=no.value.offered), WORDS) == "zoe@gmial.com"
    with pytest.raises(NotUnderstood, match="email-near"):
        await Email().read(Heard("zoe@hotmial.fr", offered=offered), WORDS)


async def test_a_domain_that_cannot_be_is_asked_about_too() -> None:
    with pytest.raises(NotUnderstood, match="email-near") as doubt:
        await Email().read(Heard("zoe@orange.f"), WORDS)
    assert await Email().read(Heard("oui", offered=doubt.value.offered), WORDS) == "zoe@orange.fr"


@pytest.mark.parametrize("said", [
    "elle n’en a pas", "Elle n'en a pas.", "désolée, il n’a pas de mail", "pas d'adresse", "je ne sais pas", "aucune",
    "on ne l'a pas", "non", "she has no email",
])  # fmt: skip
async def test_whoever_has_no_address_is_not_told_that_it_is_incomplete(said: str) -> None:
    assert await read(Email(), said) == "email-none"


async def test_a_yes_to_nothing_is_no_address() -> None:
    assert await read(Email(), "oui") == "email"


@pytest.mark.parametrize(
    ("said", "email"),
    [
        ("oui", "zoe@gmail.com"),
        ("ah oui, gmail.com", "zoe@gmail.com"),
        ("non", "zoe@gmial.com"),
        ("gmial.com", "zoe@gmial.com"),
        ("zoe@exemple.fr", "zoe@exemple.fr"),
        ("je ne sais pas", "meant"),
    ],
)
async def test_which_of_two_addresses_is_meant(said: str, email: str) -> None:
    assert await read(Meant("zoe@gmial.com", "zoe@gmail.com"), said) == email


async def test_an_accent_before_the_arobase_has_a_sentence_of_its_own() -> None:
    assert await read(Email(), "zoé@lieu.fr") == "email-accents"
    with pytest.raises(NotUnderstood) as unclear:
        await Email().read(Heard("zoé.é@café.fr"), WORDS)
    assert unclear.value.words == {"local": "zoé.é", "near": "zoe.e@café.fr"}


@pytest.mark.parametrize(
    "said",
    [
        *(
            "camille",
            "camille@",
            "@lieu.fr",
            "camille@lieu",
            "camille@.fr",
            "camille@lieu..fr",
            "ca..mille@lieu.fr",
            "camille.@lieu.fr",
        ),
        *(
            "camille@-lieu.fr",
            "camille@lieu-.fr",
            "camille@127.0.0.1",
            "camille@[::1]",
            "a" * 65 + "@lieu.fr",
        ),
        *(
            "camille@" + "a" * 64 + ".fr",
            "camille@" + "abcdefgh." * 30 + "fr",
            "ca mille@",
            "camille@lieu.fr\x00,x",
            "a;b@lieu.fr",
        ),
    ],
)
async def test_what_is_not_quite_an_email(said: str) -> None:
    assert await read(Email(), said) == "email"


@pytest.mark.parametrize("said", ['"a@b.fr" <c@d.fr>', "a@b.fr c@d.fr", "a@b@c.fr", "a@b.fr,c@d.fr"])
async def test_an_email_hides_no_other(said: str) -> None:
    assert await read(Email(), said) == "email-several"


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Camille Étienne", "camille.etienne"),
        ("Œdipe", "oedipe"),
        ("42", ""),
        ("王", ""),
        ("a", ""),
        ("x" * 50, "x" * 32),
        ("O’Neil-Li", "o.neil.li"),
    ],
)
def test_a_username_is_made_from_a_name(name: str, username: str) -> None:
    assert username_from(name) == username


@pytest.mark.parametrize(
    ("said", "username"),
    [("oui", "camille.etienne"), ("✅", "camille.etienne"), ("Lou.É", "lou.e"), ("l_o-u.2", "l_o-u.2")],
)
async def test_a_username_is_taken_or_typed(said: str, username: str) -> None:
    assert await read(Username("Camille Étienne", free), said) == username


@pytest.mark.parametrize(
    "said", ["camille e", "x", "1abc", ".abc", "@lou:lieu.fr", "a" * 33, "abc!", "lou\nabc", "王王"]
)
async def test_a_username_follows_the_rule(said: str) -> None:
    assert await read(Username("Camille", free), said) == "username"


async def test_a_suggestion_is_declined_or_there_is_none() -> None:
    assert await read(Username("Camille", free), "non") == "username-wanted"
    assert await read(Username("", free), "oui") == await read(Username("", free), None, "✅") == "username-wanted"
    assert Username("王").reactions() == ()
    assert Username("Lou").hint() == ("username-suggested", {"suggestion": "lou"})


async def test_a_taken_username_comes_with_a_free_one() -> None:
    with pytest.raises(NotUnderstood) as why:
        await Username("", free).read(Heard("taken"), WORDS)
    assert why.value.words == {"username": "taken", "near": "taken3"}


async def test_a_service_that_is_away_is_not_a_wrong_answer() -> None:
    async def away(username: str) -> bool:
        raise Unavailable("directory")

    with pytest.raises(Unavailable):
        await Username("Lou", away).read(Heard("oui"), WORDS)


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ("@zoe:lieu.fr", "@zoe:lieu.fr"),
        ("@Zoe:Lieu.fr.", "@zoe:lieu.fr"),
        ("zoe:lieu.fr", "@zoe:lieu.fr"),
        ("@zoe", "@zoe:lieu.fr"),
        ("c'est @zoe:lieu.fr:8448 !", "@zoe:lieu.fr:8448"),
        ("https://matrix.to/#/@zoe:lieu.fr", "@zoe:lieu.fr"),
        ("https://matrix.to/#/%40zoe%3Alieu.fr?via=lieu.fr", "@zoe:lieu.fr"),
        ("https://app.element.io/#/user/@zoe:lieu.fr", "@zoe:lieu.fr"),
        ("matrix:u/zoe:lieu.fr?action=chat", "@zoe:lieu.fr"),
        ("lou", "@lou:ailleurs.fr"),
    ],
)
async def test_a_person_is_named_in_many_ways(said: str, person: str) -> None:
    assert await read(Person(known=[("@lou:ailleurs.fr", "Lou")], server="lieu.fr"), said) == person


async def test_a_person_is_mentioned() -> None:
    assert await read(Person(), "Zoé", pills=["#salon:lieu.fr", "@zoe:lieu.fr"]) == "@zoe:lieu.fr"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("zoe", "person"),
        ("zoe@lieu.fr", "person-email"),
        ("@zoe:lieu.fr @lou:lieu.fr", "person-several"),
        ("@zoe", "person"),
        ("#salon:lieu.fr", "person"),
        ("@" + "z" * 260 + ":lieu.fr", "person"),
        ("https://matrix.to/#/@zoe%0A:lieu.fr", "person-email"),
    ],
)
async def test_what_is_nobody(said: str, why: str) -> None:
    assert await read(Person(), said) == why


@pytest.mark.parametrize(
    "said",
    ["1", "général", "general", "#general:lieu.fr", "https://matrix.to/#/!a:lieu.fr?via=lieu.fr", "#General:lieu.fr"],
)
async def test_a_room_is_named_in_many_ways(said: str) -> None:
    assert await read(Room(PLACES, {"#general:lieu.fr": "!a:lieu.fr"}), said) == "!a:lieu.fr"


async def test_a_room_is_one_of_the_list() -> None:
    assert await read(Room(PLACES), "#ailleurs:autre.fr") == "room-other"
    assert await read(Room(PLACES), "Ailleurs", pills=["!z:autre.fr"]) == "room-other"
    assert await read(Room(PLACES), "Piscine") == "choice-unknown"
    assert await read(Room(PLACES), None, "2️⃣") == "!b:lieu.fr"


async def test_a_claim_is_a_click() -> None:
    assert await read(Claim("👋"), None, "👋\ufe0f") == "@zoe:lieu.fr"
    assert await read(Claim("👋"), "moi") == await read(Claim("👋"), None, "✅") == "claim"
