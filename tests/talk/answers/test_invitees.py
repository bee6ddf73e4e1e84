"""Thirty people pasted at once, from wherever the concierge keeps them."""

from __future__ import annotations

import pytest

from bot.talk.answers import Guests, Heard, Invitee, Invitees, NotUnderstood, Problem, guests_in
from tests.stage.answers import WORDS

ZOE = Invitee(name="Zoé Martin", email="zoe@lieu.fr")
LOU = Invitee(name="Lou", email="lou@lieu.fr")


@pytest.mark.parametrize(
    "line",
    [
        "Zoé Martin zoe@lieu.fr",
        "zoe@lieu.fr Zoé Martin",
        "Zoé Martin <zoe@lieu.fr>",
        '"Zoé Martin" <Zoe@lieu.fr>',
        "Zoé;Martin;zoe@lieu.fr",
        "Zoé\tMartin\tzoe@lieu.fr",
        "- Zoé Martin : zoe@lieu.fr",
        "1. Zoé Martin, zoe@lieu.fr",
        "• Zoé Martin (zoe@lieu.fr)",
        "Nom;Prénom;E-mail\nMartin;Zoé;zoe@lieu.fr",
        "<Zoé Martin zoe@lieu.fr>",
        "Zoé Martin zoe@lieu.fr,",
        "Zoé Martin zoe @ lieu.fr",
        "Zoé Martin zoe @lieu.fr",
        "Zoé Martin <mailto:zoe@lieu.fr>",
        "Zoé Martin zoe@lieu.fr<mailto:zoe@lieu.fr>",
        "Zoé Martin ZOE＠LIEU.FR.",
    ],
)
def test_a_name_and_an_email_in_any_order(line: str) -> None:
    assert guests_in(line, WORDS) == Guests((ZOE,))


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("@zoe:lieu.fr", (Invitee(address="@zoe:lieu.fr"),)),
        ("@zoe:straße.de", (Invitee(address="@zoe:xn--strae-oqa.de"),)),
        ("Zoé zoe@straße.de", (Invitee(name="Zoé", email="zoe@xn--strae-oqa.de"),)),
        ("Zoé @zoe:lieu.fr", (Invitee(address="@zoe:lieu.fr", name="Zoé"),)),
        ("https://matrix.to/#/@zoe:lieu.fr", (Invitee(address="@zoe:lieu.fr"),)),
        ("@zoe:lieu.fr, @lou:autre.fr", (Invitee(address="@zoe:lieu.fr"), Invitee(address="@lou:autre.fr"))),
        ("Zoé Martin <zoe@lieu.fr>; Lou <lou@lieu.fr>", (ZOE, LOU)),
        ("Zoé Martin zoe@lieu.fr, Lou lou@lieu.fr\n\n", (ZOE, LOU)),
        ("Lou lou@lieu.fr\r\n@zoe:lieu.fr", (LOU, Invitee(address="@zoe:lieu.fr"))),
    ],
)
def test_several_people(text: str, people: tuple[Invitee, ...]) -> None:
    assert guests_in(text, WORDS) == Guests(people)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Lou", "invitee-address"),
        ("l@lieu.fr", "invitee-name"),
        ("Lou lou@lieu", "invitee-email"),
        ("Lou loü@lieu.fr", "invitee-accents"),
        ('"zoe@lieu.fr" <lou@lieu.fr>', "invitee-several"),
        ("Lou " * 200 + "lou@lieu.fr", "invitee-long"),
        ("https://lieu.fr/" + "l" * 500, "invitee-long"),
        ("Zoé ZOE@lieu.fr", "invitee-twice"),
    ],
)
async def test_a_line_that_is_not_clear_is_said_beside_the_others(line: str, code: str) -> None:
    guests = await Invitees().read(Heard(f"Zoé Martin zoe@lieu.fr\n{line}"), WORDS)
    assert guests.people == (ZOE,)
    assert [problem.code for problem in guests.problems] == [code]
    assert len(guests.problems[0].line) <= 80
    assert WORDS.has(f"talk.again.{code}")


def test_two_people_of_one_address_are_both_there() -> None:
    """Whose it is, is asked: neither is « déjà dans la liste »."""
    people = guests_in("Zoé Martin zoe@lieu.fr\nPaule Durand zoe@lieu.fr", WORDS).people
    assert [(one.n, one.name, one.email) for one in people] == [
        (1, "Zoé Martin", "zoe@lieu.fr"),
        (2, "Paule Durand", "zoe@lieu.fr"),
    ]


def test_a_list_of_before_is_read() -> None:
    """As the replay log of an older program has it."""
    kept = {
        "people": [{"address": "", "name": "Lou", "email": "lou@lieu.fr"}],
        "problems": [{"line": "x", "code": "y"}],
    }
    assert Invitees().load(kept) == Guests((LOU,), (Problem("x", "y"),))


async def test_people_who_are_mentioned() -> None:
    heard = Heard("Zoé, Lou", pills=("@zoe:lieu.fr", "@lou:lieu.fr"))
    guests = await Invitees().read(heard, WORDS)
    assert guests == Guests((Invitee(address="@zoe:lieu.fr"), Invitee(address="@lou:lieu.fr")))


@pytest.mark.parametrize(
    ("text", "code"), [("Lou", "invitee-address"), ("Lou\nZoé", "invitees"), ("nom;mail", "invitees")]
)
async def test_nobody_is_not_an_answer(text: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as why:
        await Invitees().read(Heard(text), WORDS)
    assert why.value.code == code


async def test_only_so_many_at_once() -> None:
    crowd = "\n".join(f"Membre {n} m{n}@lieu.fr" for n in range(31))
    assert len((await Invitees().read(Heard(crowd), WORDS)).people) == 31
    with pytest.raises(NotUnderstood) as why:
        await Invitees(most=30).read(Heard(crowd), WORDS)
    assert (why.value.code, why.value.words) == ("invitees-many", {"most": 30, "n": 31})


def test_guests_are_shown_up_to_eight() -> None:
    crowd = Guests(tuple(Invitee(name=f"M{n}", email=f"m{n}@lieu.fr") for n in range(9)))
    assert Invitees().show(Guests((ZOE, LOU)), WORDS, "fr") == "Zoé Martin (zoe@lieu.fr) et Lou (lou@lieu.fr)"
    assert Invitees().show(crowd, WORDS, "fr").endswith("M7 (m7@lieu.fr)…")


async def test_somebody_who_is_there_needs_no_address() -> None:
    async def there() -> dict[str, str]:
        return {"@awa:lieu.fr": "Awa Dupont", "@tom:lieu.fr": "Tom", "@tom2:lieu.fr": "Tom"}

    guests = await Invitees(there=there).read(Heard("awa dupont\nTom\nLou Roy lou@exemple.fr"), WORDS)
    assert [one.address or one.email for one in guests.people] == ["@awa:lieu.fr", "lou@exemple.fr"]
    assert [bad.name for bad in guests.problems] == ["Tom"]  # of two who are called so, nobody


async def test_an_address_alone_is_of_whoever_was_named_just_before() -> None:
    with pytest.raises(NotUnderstood) as no:
        await Invitees().read(Heard("zoe durand zoé@exemple"), WORDS)
    (one,) = (await Invitees().read(Heard("c'est zz@exemple.org", offered=no.value.offered), WORDS)).people
    assert (one.name, one.email) == ("Zoe Durand", "zz@exemple.org")
    (one,) = (await Invitees().read(Heard("non c’est Lou Roy lou@exemple.org", offered=no.value.offered), WORDS)).people
    assert one.name == "Lou Roy"
