"""Memberships as HelloAsso tells them: whose they are, until when, in pages; and what nobody could believe."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from integrations.errors import NotFound, NotPermitted, Refused, Unavailable
from integrations.helloasso import HelloAsso, Membership
from integrations.helloasso.items import LONGEST_NAME, Item, item_of, plain
from tests.servers.helloasso import PARIS, Form, HelloAssoServer, Weather

TODAY = date(2026, 1, 15)


class Clock:
    at = 0.0


@pytest.fixture
async def server() -> AsyncIterator[HelloAssoServer]:
    async with HelloAssoServer() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def helloasso(server: HelloAssoServer, clock: Clock) -> AsyncIterator[HelloAsso]:
    client = client_of(server, clock=lambda: clock.at)
    yield client
    await client.close()


def client_of(server: HelloAssoServer, organization: str = "la-rosee", secret: str = "", **more: Any) -> HelloAsso:
    key = (organization, server.client_id, secret or server.secret)
    return HelloAsso(server.url, *key, read_timeout=3, pace=0, **more)


async def only(helloasso: HelloAsso) -> Membership:
    (found,) = await helloasso.memberships()
    return found


# -- whose it is


async def test_who_pays_for_themselves_is_known_by_their_address(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    item = server.joins("Léa", "Martin", "Lea.Martin@Exemple.FR")
    assert await only(helloasso) == Membership(
        item["id"], "Léa Martin", "lea.martin@exemple.fr", TODAY, date(2027, 1, 15), True
    )


@pytest.mark.parametrize("payer", [("MARTIN", "lea"), ("Léa", "MARTIN"), ("Lea", "Martin ")])
async def test_the_same_name_otherwise_written_is_the_same_person(
    server: HelloAssoServer, helloasso: HelloAsso, payer: tuple[str, str]
) -> None:
    server.joins("Léa", "Martin", "lea@exemple.fr", payer=payer)
    assert (await only(helloasso)).email == "lea@exemple.fr"


async def test_a_parent_who_pays_is_not_the_member(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.joins("Lou", "Martin", "paul@exemple.fr", payer=("Paul", "Martin"))
    found = await only(helloasso)
    assert (found.name, found.email) == ("Lou Martin", "")


@pytest.mark.parametrize(
    ("question", "email"),
    [
        ("E-mail de l'adhérent", "lou@exemple.fr"),
        ("Adresse e-mail", "lou@exemple.fr"),
        ("Courriel", "lou@exemple.fr"),
        ("Adresse électronique", "lou@exemple.fr"),
        ("E-mail du responsable légal", ""),
        ("Mail des parents", ""),
        ("Contact d’urgence (mail)", ""),
        ("Une remarque ?", ""),
    ],
)
async def test_the_forms_own_question_says_the_address_of_a_member(
    server: HelloAssoServer, helloasso: HelloAsso, question: str, email: str
) -> None:
    server.joins("Lou", "Martin", "paul@exemple.fr", payer=("Paul", "Martin"), fields={question: " lou@exemple.fr "})
    assert (await only(helloasso)).email == email


async def test_several_of_one_order_are_several_members(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    for first in ("Paul", "Lou", "Zoé"):
        server.joins(first, "Martin", "paul@exemple.fr", payer=("Paul", "Martin"))
    found = await helloasso.memberships()
    assert {one.name: one.email for one in found} == {
        "Paul Martin": "paul@exemple.fr", "Lou Martin": "", "Zoé Martin": "",
    }  # fmt: skip


async def test_nothing_of_what_was_paid_is_kept(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.joins("Léa", "Martin", "lea@exemple.fr")
    assert "1500" not in repr(await helloasso.memberships())


# -- how long


@pytest.mark.parametrize(
    ("form", "until"),
    [
        (Form("adhesion"), date(2027, 1, 15)),
        (Form("adhesion", "Custom", date(2026, 8, 31)), date(2026, 8, 31)),
        (Form("adhesion", "Illimited"), None),
        (Form("adhesion", "Custom"), date(2027, 1, 15)),
        (Form("adhesion", "SomethingElse"), date(2027, 1, 15)),
        (None, date(2027, 1, 15)),
    ],
    ids=["a year", "a day", "for ever", "no day", "unheard of", "a form that is gone"],
)
async def test_a_form_says_how_long(
    server: HelloAssoServer, helloasso: HelloAsso, form: Form | None, until: date | None
) -> None:
    server.joins("Léa", "Martin", "lea@exemple.fr")
    server.forms = {"adhesion": form} if form else {}
    assert (await only(helloasso)).until == until


@pytest.mark.parametrize(
    ("days_ago", "until"),
    [(0, date(2026, 12, 31)), (60, date(2026, 12, 31)), (400, date(2025, 12, 11)), (1200, date(2023, 10, 3))],
)
@pytest.mark.parametrize("start", [date(2026, 1, 1), None])
async def test_a_form_that_is_used_again_holds_for_who_joined_since(
    server: HelloAssoServer, helloasso: HelloAsso, days_ago: int, until: date, start: date | None
) -> None:
    """The same form has new dates each year, and all who ever joined by it are among its items."""
    server.forms = {"adhesion": Form("adhesion", "Custom", date(2026, 12, 31), start)}
    server.joins("Léa", "Martin", "lea@exemple.fr", days_ago=days_ago)
    assert (await only(helloasso)).until == until


async def test_a_form_is_asked_about_once_a_day(server: HelloAssoServer, helloasso: HelloAsso, clock: Clock) -> None:
    for first in ("Léa", "Lou"):
        server.joins(first, "Martin", f"{first}@exemple.fr")

    def looks() -> int:
        return sum(address.endswith("/public") for address in server.asked)

    await helloasso.memberships()
    await helloasso.memberships()
    assert looks() == 1
    clock.at = 86_401
    await helloasso.memberships()
    assert looks() == 2


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-08-30T22:30:00Z", date(2026, 8, 31)),  # in France it is the 31st
        ("2026-08-31T00:00:00+02:00", date(2026, 8, 31)),
        ("2025-09-30T11:20:55.8062172+02:00", date(2025, 9, 30)),
        ("2024-02-29T10:00:00", date(2024, 2, 29)),
    ],
)
def test_days_are_those_of_france(told: str, day: date) -> None:
    item = item_of(row(order={"date": told, "formSlug": "adhesion"}))
    assert item
    assert item.since == day


async def test_a_leap_day_has_no_day_after_a_year(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server._now = lambda: datetime(2028, 2, 29, 12, tzinfo=PARIS)
    server.joins("Léa", "Martin", "lea@exemple.fr")
    assert (await only(helloasso)).until == date(2029, 2, 28)


# -- what counts


@pytest.mark.parametrize(
    ("state", "stands"),
    [("Processed", True), ("Registered", True), ("Canceled", False), ("Refused", False), ("Waiting", None),
     ("Abandoned", None), ("Unknown", None), ("Brand new", None)],
)  # fmt: skip
def test_what_is_on_its_way_is_none_yet(state: str, stands: bool | None) -> None:
    item = item_of(row(state=state))
    assert (item.stands if item else None) == stands


async def test_donations_and_other_forms_do_not_count(server: HelloAssoServer) -> None:
    server.joins("Léa", "Martin", "lea@exemple.fr", type="Donation")
    server.joins("Jo", "Petit", "jo@exemple.fr", form="soutien")
    lou = server.joins("Lou", "Roux", "lou@exemple.fr")
    helloasso = client_of(server, forms=("adhesion",))
    assert [one.item for one in await helloasso.memberships()] == [lou["id"]]
    await helloasso.close()


async def test_since_a_day_nothing_older_is_asked_for(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.joins("Léa", "Martin", "lea@exemple.fr", days_ago=60)
    jo = server.joins("Jo", "Petit", "jo@exemple.fr")
    assert [one.item for one in await helloasso.memberships(TODAY - timedelta(days=45))] == [jo["id"]]


# -- pages


async def test_ten_thousand_are_read_to_the_end(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    for n in range(10_000):
        server.joins(f"P{n}", "Martin", f"p{n}@exemple.fr")
    found = await helloasso.memberships()
    assert len({one.item for one in found}) == 10_000
    assert sum("/items" in address for address in server.asked) == 101, "a hundred pages, and the empty one"


async def test_more_than_any_association_has_is_refused(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.items = [server.joins("Léa", "Martin", "lea@exemple.fr")] * 20_001
    with pytest.raises(Refused, match="helloasso-too-many"):
        await helloasso.memberships()


async def test_pages_that_go_round_in_circles_are_not_believed(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.joins("Léa", "Martin", "lea@exemple.fr")
    server.weather = Weather(endless=True)
    with pytest.raises(Unavailable) as caught:
        await helloasso.memberships()
    assert caught.value.cause == "broken"
    assert len(server.asked) == 2


async def test_one_that_slips_to_the_next_page_is_there_once(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.items = [server.joins("Léa", "Martin", "lea@exemple.fr")] * 150
    assert len(await helloasso.memberships()) == 1


# -- the key


async def test_a_token_that_has_ended_is_refreshed(server: HelloAssoServer, helloasso: HelloAsso, clock: Clock) -> None:
    await helloasso.memberships()
    clock.at = 1000
    await helloasso.memberships()
    assert server.granted == ["client_credentials"]
    clock.at = 1741  # a minute before it ends
    await helloasso.memberships()
    assert server.granted == ["client_credentials", "refresh_token"]


async def test_a_refresh_token_that_is_not_taken_is_no_trouble(
    server: HelloAssoServer, helloasso: HelloAsso, clock: Clock
) -> None:
    await helloasso.memberships()
    server._refresh.clear()
    clock.at = 1800
    await helloasso.memberships()
    assert server.granted == ["client_credentials", "client_credentials"]


async def test_a_token_that_ends_in_the_middle_is_followed_by_another(
    server: HelloAssoServer, helloasso: HelloAsso
) -> None:
    for n in range(450):
        server.joins(f"P{n}", "Martin", f"p{n}@exemple.fr")
    server.weather = Weather(ends=2)
    assert len(await helloasso.memberships()) == 450
    assert len(server.granted) > 1


async def test_a_key_that_is_not_known_says_so(server: HelloAssoServer) -> None:
    helloasso = client_of(server, secret="another")
    with pytest.raises(NotPermitted, match="helloasso-credentials"):
        await helloasso.memberships()
    assert [(one.code, one.ok) for one in await helloasso.check()] == [("helloasso-credentials", False)]
    await helloasso.close()


async def test_the_key_of_another_association_says_so(server: HelloAssoServer) -> None:
    helloasso = client_of(server, organization="le-phare")
    with pytest.raises(NotPermitted, match="helloasso-organization") as caught:
        await helloasso.memberships()
    assert caught.value.words == {"organization": "le-phare"}
    await helloasso.close()


async def test_an_address_that_gives_no_tokens_says_so(server: HelloAssoServer) -> None:
    helloasso = HelloAsso(f"{server.url}/elsewhere", "la-rosee", "client", server.secret, read_timeout=3)
    with pytest.raises(NotPermitted, match="helloasso-token-url"):
        await helloasso.memberships()
    await helloasso.close()


# -- the weather


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [(429, Unavailable, "limited"), (503, Unavailable, "busy"), (500, Unavailable, "broken"), (403, NotPermitted, ""),
     (404, NotFound, "")],
)  # fmt: skip
async def test_trouble_in_the_middle_of_the_pages_tells_nothing_of_half(
    server: HelloAssoServer, helloasso: HelloAsso, status: int, kind: type[Exception], cause: str
) -> None:
    for n in range(250):
        server.joins(f"P{n}", "Martin", f"p{n}@exemple.fr")
    server.weather = Weather(status, after=2)
    with pytest.raises(kind) as caught:
        await helloasso.memberships()
    assert getattr(caught.value, "cause", "") == cause


async def test_it_comes_back_when_it_is_told_to(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.weather = Weather(429, headers={"Retry-After": "120"})
    with pytest.raises(Unavailable) as caught:
        await helloasso.memberships()
    assert caught.value.retry_after == 120
    server.weather = Weather(429)
    with pytest.raises(Unavailable) as caught:
        await helloasso.memberships()
    assert caught.value.retry_after == 600


@pytest.mark.parametrize(
    "odd",
    [[], "data", 3, {"data": None}, {"data": {"0": {}}}, {"pagination": {}}],
    ids=lambda odd: repr(odd),
)
async def test_what_is_no_page_is_an_outage(server: HelloAssoServer, helloasso: HelloAsso, odd: object) -> None:
    server.weather = Weather(odd=odd)
    with pytest.raises(Unavailable):
        await helloasso.memberships()


def row(**more: Any) -> dict[str, Any]:
    told = {
        "id": 1,
        "type": "Membership",
        "state": "Processed",
        "order": {"date": "2026-01-15T12:00:00+01:00", "formSlug": "adhesion"},
        "user": {"firstName": "Léa", "lastName": "Martin"},
        "payer": {"firstName": "Léa", "lastName": "Martin", "email": "lea@exemple.fr"},
    }
    return told | more


@pytest.mark.parametrize(
    "more",
    [
        {"id": "1"}, {"id": True}, {"id": -1}, {"id": 2**80}, {"id": None}, {"state": ["Processed"]}, {"type": None},
        {"order": None}, {"order": []}, {"order": {"date": 3}}, {"order": {"date": "yesterday"}},
        {"order": {"date": "9999-12-31T23:59:59-12:00"}}, {"user": {}, "payer": {}}, {"user": 3, "payer": "x"},
        {"user": {"firstName": "\x00", "lastName": "\n"}, "payer": None},
    ],
    ids=repr,
)  # fmt: skip
def test_an_odd_item_is_nobody(more: dict[str, Any]) -> None:
    assert item_of(row(**more)) is None


@pytest.mark.parametrize(
    "email",
    ["", "lea", "lea@", "@exemple.fr", "lea@exemple", "lea @exemple.fr", "lea@exemple.fr\nBcc: x@y.fr", 3, ["a@b.fr"],
     "a" * 300 + "@exemple.fr", "lea@exemple.fr, jo@exemple.fr", "<lea@exemple.fr>", "lea\u202e@exemple.fr"],
    ids=repr,
)  # fmt: skip
def test_what_is_no_address_is_none(email: object) -> None:
    item = item_of(row(payer={"firstName": "Léa", "lastName": "Martin", "email": email}))
    assert item
    assert item.email == ""


@pytest.mark.parametrize("odd", [None, 3, "x", [3], [{"answer": 3}], [{"name": 3, "answer": "lou@exemple.fr"}]])
def test_odd_fields_are_no_address(odd: object) -> None:
    paid = {"firstName": "Paul", "lastName": "Martin", "email": "paul@exemple.fr"}
    item = item_of(row(customFields=odd, payer=paid))
    assert item
    assert item.email == ""


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ("Léa  <b>Martin</b>", "Léa b Martin /b"),
        ("Léa\nMartin\t", "Léa Martin"),
        ("Léa\u202eMartin\u200b", "LéaMartin"),
        ("Le\u0301a", "Léa"),
        ("eve@exemple.fr, Eve; x", "eve exemple.fr Eve x"),
        ("x" * 10_000, "x" * LONGEST_NAME),
        ("\ud800", ""),
    ],
)
def test_a_name_is_on_one_line_and_is_nothing_else(told: str, seen: str) -> None:
    assert plain(told) == seen


def test_a_form_that_is_no_short_name_is_none() -> None:
    item = item_of(row(order={"date": "2026-01-15T12:00:00+01:00", "formSlug": "../../etc"}))
    assert isinstance(item, Item)
    assert item.form == ""


# -- for whoever hosts the bot


async def test_doctor_says_what_is_there(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    server.forms = {"adhesion": Form("adhesion"), "soutien": Form("soutien")}
    (found,) = await helloasso.check()
    assert (found.code, found.ok, found.words) == ("helloasso-ready", True, {"forms": "adhesion, soutien"})
    lost = client_of(server, forms=("adhesion", "adhesion-2019"))
    (missing,) = await lost.check()
    assert (missing.code, missing.ok, missing.words["forms"]) == ("helloasso-form", False, "adhesion-2019")
    await lost.close()
    server.forms = {}
    assert [one.code for one in await helloasso.check()] == ["helloasso-no-form"]


async def test_nothing_there_is_written_to(server: HelloAssoServer, helloasso: HelloAsso) -> None:
    """The stand-in has no other address: whatever else was asked for would be refused here."""
    server.joins("Léa", "Martin", "lea@exemple.fr")
    await helloasso.memberships()
    await helloasso.check()
    assert {address.partition("?")[0].rpartition("/")[2] for address in server.asked} == {"items", "forms", "public"}
    assert not any("/payments" in address or "/orders" in address for address in server.asked)
