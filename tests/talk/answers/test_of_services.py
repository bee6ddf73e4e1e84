"""What is wanted of the services in one line: which month, or what of a maintenance, as people type it."""

from __future__ import annotations

from datetime import date

import pytest

from bot.talk.answers import Heard, NotUnderstood, Option
from bot.talk.answers.of_services import OfServices, Wanted
from bot.talk.answers.past_months import past_month
from bot.words import Words

TODAY = date(2027, 1, 15)
MONTHS = {
    "décembre": "2026-12-01",
    "DECEMBRE": "2026-12-01",
    "janvier": "2027-01-01",
    "mars": "2026-03-01",
    "mars 2027": "2027-03-01",
    "novembre 2026": "2026-11-01",
    "en novembre": "2026-11-01",
    "du mois de novembre": "2026-11-01",
    "novembre dernier": "2026-11-01",
    "novembr": "2026-11-01",
    "déc.": "2026-12-01",
    "last month": "2026-12-01",
    "december": "2026-12-01",
    "le mois dernier": "2026-12-01",
    "mois dernier": "2026-12-01",
    "le mois passé": "2026-12-01",
    "ce mois-ci": "2027-01-01",
    "11/2026": "2026-11-01",
    "2026-11": "2026-11-01",
}
NO_MONTHS = (
    "",
    "mois",
    "13/2026",
    "00/2026",
    "samedi",
    "maintenance",
    "12 novembre",
    "novembre décembre",
    "juillet juin",
)
SAID = {
    "maintenance": Wanted("plan"),
    "une maintenance": Wanted("plan"),
    "maintenance samedi 8h-10h": Wanted("plan", rest="samedi 8h-10h"),
    "mainteance samedi 8h-10h": Wanted("plan", rest="samedi 8h-10h"),
    "maintenance nextcloud samedi 8h-10h": Wanted("plan", services=("nextcloud",), rest="samedi 8h-10h"),
    "maintenance samedi de 8h à 10h sur Next Cloud": Wanted("plan", services=("nextcloud",), rest="samedi de 8h à 10h"),
    "maintenance de l’annuaire et du cloud demain": Wanted("plan", services=("nextcloud", "directory"), rest="demain"),
    "maintenance aujourd’hui 18h-19h": Wanted("plan", rest="aujourd’hui 18h-19h"),
    "maintenance cette nuit 2h-4h": Wanted("plan", rest="2027-01-15 2h-4h"),
    "samedi maintenance": Wanted("plan", rest="samedi"),
    "annuler": Wanted("call-off"),
    "annuler la maintenance de samedi": Wanted("call-off", rest="samedi"),
    "maintenance annulée": Wanted("call-off"),
    "supprimer celle de lundi": Wanted("call-off", rest="lundi"),
    "déplacer dimanche 9h-11h": Wanted("move", rest="dimanche 9h-11h"),
    "reporter la maintenance": Wanted("move"),
    "2": Wanted("plan"),
    "mois": Wanted("month"),
    "décembre": Wanted("month", "2026-12-01"),
}


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.load()


def answer() -> OfServices:
    def act(name: str) -> Option:
        return Option(name, key=f"guarantees.act.{name}", clues="" if name == "month" else f"guarantees.clue.{name}")

    services = [
        Option(name, label, clues=f"guarantees.called.{name}")
        for name, label in (("nextcloud", "Nextcloud"), ("directory", "L’annuaire des comptes"))
    ]
    acts = [act("month"), act("plan")], [act("move"), act("call-off")]
    return OfServices(acts[0], hidden=acts[1], services=services, today=TODAY)


@pytest.mark.parametrize("said", MONTHS)
def test_a_month_as_people_say_it(said: str, words: Words) -> None:
    found = past_month(said, words, TODAY)
    assert found is not None
    assert found.isoformat() == MONTHS[said]


@pytest.mark.parametrize("said", NO_MONTHS)
def test_what_is_no_month(said: str, words: Words) -> None:
    assert past_month(said, words, TODAY) is None


@pytest.mark.parametrize("said", SAID)
async def test_what_is_wanted_is_read_from_one_line(said: str, words: Words) -> None:
    found = await answer().read(Heard(said), words)
    assert found == SAID[said]
    assert answer().load(answer().dump(found)) == found


@pytest.mark.parametrize("said", ["n’importe quoi", "samedi 8h-10h", "3", "x" * 5000, "main " * 2000])
async def test_what_says_none_of_it_is_asked(said: str, words: Words) -> None:
    with pytest.raises(NotUnderstood):
        await answer().read(Heard(said), words)


def test_an_answer_of_an_earlier_program_is_still_read() -> None:
    assert answer().load("plan") == Wanted("plan")
