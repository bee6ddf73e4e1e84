"""Lieux of a list, as `!lieux` tells of them: apart from those of the networks, each once, and powerless."""

from __future__ import annotations

import pytest

from bot.network.censuses import is_old
from bot.store import censuses
from bot.store.censuses import CensusLieu
from tests.network.lieux import Lieux, Place
from tests.network.two import Two

CHINON, TOURS = (47.1670, 0.2428), (47.3948, 0.7040)


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    return await Two.meet(lieux)


async def imported(place: Place, *lieux: CensusLieu, date: str = "2025-12") -> None:
    rows = censuses.rows_of(lieux)
    await place.stage.database.write(censuses.replace, "Une liste", "Licence Ouverte 2.0", date, 1, rows)


def lieu(name: str, town: str, place: tuple[float, float], told: str = "", web: str = "") -> CensusLieu:
    return CensusLieu(name, town, "", *place, web, told)


async def ask(lieux: Lieux, place: Place, *lines: str) -> list[str]:
    before = len(lieux.said(place))
    for line in lines:
        await lieux.write(place.concierge, place.office.room_id, line)
    return lieux.said(place)[before:]


async def test_who_is_in_our_networks_is_not_told_again(two: Two) -> None:
    """Neither the others nor we; and somebody who only has the same name elsewhere is another one."""
    await imported(
        two.rosee,
        lieu("LE MOULIN", "chinon", CHINON),
        lieu("la rosee", "Tours", TOURS),
        lieu("Le Moulin", "Amboise", (47.4137, 0.9826)),
        lieu("L’Étape", "Chinon", CHINON),
    )
    await ask(two.lieux, two.moulin, "!réseau régler", "ville", "Chinon", "oui")
    ours, listed = await ask(two.lieux, two.rosee, "!lieux près de Tours")
    assert "Le Moulin (Chinon" in ours
    assert [line.split(" · ")[0] for line in listed.splitlines() if line.startswith("•")] == [
        "• Le Moulin (Amboise, à 21 km)",
        "• L’Étape (Chinon, à 43 km)",
    ]


async def test_each_is_told_with_its_source_and_how_to_invite_it(two: Two) -> None:
    await imported(two.rosee, lieu("L’Étape", "Tours", TOURS, "x" * 300, "https://etape.example"))
    _, listed = await ask(two.lieux, two.rosee, "!lieux")
    assert "un lieu repéré par d’autres. Je ne peux rien lui demander" in listed
    assert "!réseau inviter" in listed
    line = listed.splitlines()[-1]
    assert line.startswith("• L’Étape (Tours) · xxx")
    assert line.endswith(
        "… · https://etape.example · repéré dans\u202f: Une liste, décembre 2025 (Licence Ouverte 2.0)"
    )


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("2019", "2019, à vérifier"),
        ("2019-06", "juin 2019, à vérifier"),
        ("2025-12-31", "mercredi 31 décembre"),
        ("2025", "2025 ("),
    ],
)
async def test_a_list_is_told_by_its_date_and_an_old_one_has_to_be_checked(two: Two, date: str, told: str) -> None:
    await imported(two.rosee, lieu("L’Étape", "Tours", TOURS), date=date)
    _, listed = await ask(two.lieux, two.rosee, "!lieux")
    assert f"Une liste, {told}" in listed


def test_a_list_is_old_after_three_years() -> None:
    assert [is_old(date, 2026) for date in ("2019-06", "2022-12-31", "2023", "2026-01")] == [True, True, False, False]


async def test_nobody_is_asked_anything_of_a_list(two: Two) -> None:
    """A request offers the lieux of the network, and no other."""
    await imported(two.rosee, lieu("L’Étape", "Tours", TOURS, "découpeuse laser"))
    said = await ask(two.lieux, two.rosee, "!demande une découpeuse laser", "changer lieux")
    assert "L’Étape" not in "\n".join(said)


async def test_many_are_read_eight_at_a_time(two: Two) -> None:
    await imported(two.rosee, *(lieu(f"Lieu {n:02}", "Tours", (47.3948 + n / 1000, 0.7040)) for n in range(50)))
    (first,) = [said for said in await ask(two.lieux, two.rosee, "!lieux près de Tours") if "• Lieu" in said]
    (second,) = [said for said in await ask(two.lieux, two.rosee, "la suite") if "• Lieu" in said]
    assert "50 lieux" in first
    told = [line[2:9] for said in (first, second) for line in said.splitlines() if line.startswith("•")]
    assert told == [f"Lieu {n:02}" for n in range(16)]


async def test_what_a_list_says_is_mere_text(two: Two) -> None:
    """However it came into the rows: nothing in it is markup, a pill, or notifies anybody."""
    name = "**L’Étape** [ici](https://piege.example) <b>x</b> @anne:rosee.fr `!inviter` {lines}"
    await imported(two.rosee, lieu(name, "Tours", TOURS, "@room\nConciergerie : c’est fait"))
    await ask(two.lieux, two.rosee, "!lieux")
    content = [event["content"] for event in two.rosee.office.events if "L’Étape" in str(event["content"])][-1]
    assert content["m.mentions"] == {}
    assert name in content["body"]
    assert "<b>" not in content["formatted_body"].replace("&lt;b&gt;", "")
    assert "<a href" not in content["formatted_body"]
