"""A federation, its members and what they offer: what is right is read, whatever stands beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.chatons import Federation, client, federation, properties, read_federation
from integrations.errors import Rejected, Unavailable
from integrations.outbound import Outside
from tests.servers.chatons import FEDERATION, ChatonsFiles, Silent, at, lines, service

CAPTURED = Path(__file__).parents[2] / "captured" / "chatons"


async def look(files: ChatonsFiles, outside: Outside) -> Federation:
    found = await read_federation(f"{files.url}{FEDERATION}", outside)
    assert found.bugs == ()
    return found


async def alone(files: ChatonsFiles, outside: Outside) -> federation.Chaton | None:
    """The one member « x »."""
    files.federation("x")
    (found,) = (await look(files, outside)).chatons.values()
    return found


async def test_who_they_are_and_what_they_offer(files: ChatonsFiles, outside: Outside) -> None:
    files.furnish()
    found = await look(files, outside)
    assert found.name == "CHATONS"
    petit = found.chatons[f"{files.url}/petit/organization.properties"]
    assert petit
    assert (petit.name, petit.town, petit.place) == ("Le Petit Chaton", "Tours", (47.39, 0.69))
    assert (petit.email, petit.form) == ("contact@petit-chaton.example", "")
    odoo = petit.offers[f"{files.url}/petit/odoo.properties"]
    assert odoo
    assert (odoo.software, odoo.registration, odoo.is_shut) == ("Odoo", ("member", "client"), False)
    full, gone, away = (
        found.chatons[f"{files.url}/{one}/organization.properties"] for one in ("complet", "parti", "absent")
    )
    assert full
    assert [each and each.is_shut for each in full.offers.values()] == [True, True]
    assert gone
    assert gone.ends == "2020-01-01"
    assert away
    assert away.is_away


async def test_files_with_the_documented_keys(files: ChatonsFiles, outside: Outside) -> None:
    """Made up: no public mirror of real ones was found."""
    for name in ("organization", "odoo"):
        text = (CAPTURED / f"{name}.properties").read_text()
        files.pages[f"/x/{name}.properties"] = text.replace(
            "https://petit-chaton.example/.well-known/chatonsinfos", f"{files.url}/x"
        )
    found = await alone(files, outside)
    assert found
    assert (found.name, found.place, found.is_away) == ("Le Petit Chaton (fictif)", (47.39, 0.69), False)
    (odoo,) = found.offers.values()
    assert odoo
    assert (odoo.software, odoo.email) == ("Odoo", "support@petit-chaton.example")


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [
        ("47,39", "0,69", (47.39, 0.69)),
        ("+47.39", "-0.69", (47.39, -0.69)),
        ("47", "1", (47.0, 1.0)),
        ("", "0.69", None),
        ("47°23′", "0.69", None),
        ("91", "0.69", None),
        ("47.39", "181", None),
        ("0", "0,0", None),
        ("nan", "inf", None),
        ("4" * 400, "1", None),
        ("٤٧", "1", None),
    ],
)
async def test_where_they_are(
    files: ChatonsFiles, outside: Outside, latitude: str, longitude: str, place: tuple[float, float] | None
) -> None:
    files.chaton("x", "X", {}, **at(latitude, longitude, ""))
    found = await alone(files, outside)
    assert found
    assert found.place == place


@pytest.mark.parametrize(
    ("key", "written", "attribute", "kept"),
    [
        ("website", "javascript:alert(1)", "website", ""),
        ("website", "https://u:p@evil.example/", "website", ""),
        ("website", 'https://x.example/"><b>', "website", ""),
        ("website", "https://x.example/" + "a" * 400, "website", ""),
        ("website", "HTTPS://x.example/é", "website", "HTTPS://x.example/é"),
        ("website", "https://[", "website", ""),
        ("contact__email", "a@b", "email", ""),
        ("contact__email", "a@b.fr?bcc=c@d.fr", "email", ""),
        ("contact__email", "contact AT x.fr", "email", ""),
        ("enddate", "2024-02-30", "ends", ""),
        ("enddate", "bientôt", "ends", ""),
        ("enddate", "2024-02-29T10:00:00", "ends", "2024-02-29"),
        ("memberof__chatons__enddate", "2024-03-01", "ends", "2024-03-01"),
        ("status__level", "IDLE", "is_idle", True),
        ("memberof__chatons__status__level", "away", "is_away", True),
    ],
)
async def test_what_is_malformed_is_left_out(
    files: ChatonsFiles, outside: Outside, key: str, written: str, attribute: str, kept: object
) -> None:
    files.chaton("x", "X", {}, **{key: written})
    found = await alone(files, outside)
    assert getattr(found, attribute) == kept


@pytest.mark.parametrize(
    ("told", "registration", "is_shut"),
    [
        ({}, (), False),
        ({"service.registration": " FREE ;member; Pigeon"}, ("free", "member"), False),
        ({"service.registration.load": "full"}, (), True),
        ({"service.status.level": "OVER"}, (), True),
        ({"service.registration": ";" * 400}, (), False),
    ],
)
async def test_for_whom_a_service_is(
    files: ChatonsFiles, outside: Outside, told: dict[str, str], registration: tuple[str, ...], is_shut: bool
) -> None:
    files.chaton("x", "X", {"a": {"software.name": "Odoo", **told}})
    found = await alone(files, outside)
    assert found
    (offer,) = found.offers.values()
    assert offer
    assert (offer.registration, offer.is_shut) == (registration, is_shut)


async def test_one_ill_file_is_that_one_alone(files: ChatonsFiles, outside: Outside) -> None:
    good = service("Visio", "Jitsi Meet", "https://x.example/", "None")
    files.chaton("x", "X", {"good": good, "gone": good, "empty": {}, "other": {"file.class": "Device", **good}})
    del files.pages["/x/gone.properties"]
    files.chaton("nameless", "", {})
    files.federation("x", "missing", "nameless")
    found = await look(files, outside)
    x, missing, nameless = found.chatons.values()
    assert x
    assert [offer and offer.name for offer in x.offers.values()] == ["Visio", None, None, None]
    assert (missing, nameless) == (None, None)


@pytest.mark.parametrize(
    "page",
    ["<html>Sorry</html>", "file.class = Federation\n", "file.class = Organization\nsubs.x = https://x.example/x"],
)
async def test_a_page_that_says_sorry_is_no_federation(files: ChatonsFiles, outside: Outside, page: str) -> None:
    files.pages[FEDERATION] = page
    with pytest.raises(Rejected):
        await look(files, outside)


async def test_a_federation_that_does_not_answer(files: ChatonsFiles, outside: Outside) -> None:
    files.down = True
    with pytest.raises(Unavailable):
        await look(files, outside)


async def test_files_that_name_each_other_lead_nowhere(files: ChatonsFiles, outside: Outside) -> None:
    itself, round_about = f"{files.url}/x/organization.properties", f"{files.url}{FEDERATION}"
    page = {"file.class": "Organization", "organization.name": "X", "subs.a": itself, "subs.b": round_about}
    files.pages["/x/organization.properties"] = lines(page)
    files.pages[FEDERATION] = lines(
        {"file.class": "Federation", "subs.a": round_about, "subs.b": itself, "subs.c": itself}
    )
    found = await look(files, outside)
    assert found.chatons[round_about] is None
    x = found.chatons[itself]
    assert x
    assert dict(x.offers) == {itself: None, round_about: None}
    assert len(files.asked) == 5  # the federation, its two members, and what the one of them names


async def test_a_floor_below_the_services_is_not_gone_to(files: ChatonsFiles, outside: Outside) -> None:
    deeper = {"software.name": "Odoo", "subs.more": f"{files.url}/x/deeper.properties"}
    files.chaton("x", "X", {"odoo": deeper})
    assert await alone(files, outside)
    assert "/x/deeper.properties" not in files.asked


async def test_of_too_many_only_the_first_are_read(
    files: ChatonsFiles, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LONGEST", 2**21)
    files.chaton("x", "X", {f"s{n}": {"software.name": "Odoo"} for n in range(10_000)})
    found = await alone(files, outside)
    assert found
    assert len(found.offers) == federation.MOST_OFFERS
    assert len(files.asked) == 2 + federation.MOST_OFFERS
    monkeypatch.setattr(federation, "MOST_CHATONS", 30)
    files.federation(*map(str, range(10_000)))
    assert len((await look(files, outside)).chatons) == 30


async def test_ten_thousand_are_too_long_a_file(files: ChatonsFiles, outside: Outside) -> None:
    files.chaton("x", "X", {f"s{n}": {} for n in range(10_000)})
    assert await alone(files, outside) is None


async def test_whoever_does_not_answer_is_left_for_another_day(
    files: ChatonsFiles, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.2)
    good = service("Visio", "Jitsi Meet", "https://x.example/", "None")
    files.chaton("x", "X", {"good": good, **{f"s{n}": good for n in range(10)}})
    files.pages |= {f"/x/s{n}.properties": Silent() for n in range(10)}
    found = await alone(files, outside)
    assert found
    assert [bool(offer) for offer in found.offers.values()] == [True] + [False] * 10
    assert len([path for path in files.asked if path.startswith("/x/s")]) == federation.SILENT


async def test_a_night_ends(files: ChatonsFiles, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was read by then was."""
    monkeypatch.setattr(client, "PATIENCE", 60.0)
    names = [f"slow{n}" for n in range(5)]
    files.chaton("x", "X", {})
    files.pages |= {f"/{name}/organization.properties": Silent() for name in names}
    files.federation("x", *names)
    found = await asyncio.wait_for(read_federation(f"{files.url}{FEDERATION}", outside, within=0.5), 30)
    assert [bool(one) for one in found.chatons.values()] == [True] + [False] * 5


async def test_what_is_beyond_us_keeps_nobody_else_away(
    files: ChatonsFiles, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = federation.read

    async def breaks(url: str, outside: Outside) -> dict[str, str]:
        if "/bad/" in url:
            raise RecursionError
        return await read(url, outside)

    monkeypatch.setattr(federation, "read", breaks)
    files.chaton("x", "X", {})
    files.federation("bad", "x")
    found = await read_federation(f"{files.url}{FEDERATION}", outside)
    assert [one and one.name for one in found.chatons.values()] == [None, "X"]
    assert [type(bug) for bug in found.bugs] == [RecursionError]


KEYS = st.sampled_from(
    [
        f"organization.{key}"
        for key in ("name", "website", "contact.email", "enddate", "geolocation.latitude", "status.level")
    ]
    + [f"service.{key}" for key in ("name", "registration", "registration.load", "enddate", "website")]
    + ["software.name", "subs.a", "file.class"]
)


@given(st.lists(st.tuples(KEYS, st.text(max_size=60))))
def test_no_values_whatsoever_are_beyond_it(told: list[tuple[str, str]]) -> None:
    read = properties(
        "\n".join(f"{key} = {value}" for key, value in told).encode("utf-8", "replace").replace(b"\0", b"")
    )
    chaton, offer = federation._as_chaton(read, "X", {}), federation._as_offer(read)
    shown = [
        chaton.website,
        chaton.email,
        chaton.form,
        chaton.town,
        *([offer.software, offer.website] if offer else []),
    ]
    assert all(one.isprintable() for one in shown)
    assert set(federation._below(read, 5)) <= {read.get("subs.a")}
