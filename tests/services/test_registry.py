"""What every service of the registry has, so that whoever adds one is told what is missing."""

from __future__ import annotations

import pytest

from bot.services.registry import NAMES, OPENINGS, SERVICES, WITH_ACCOUNTS
from bot.services.service import Service
from tests.stage.stage import words

WORDS = words()


def each(services: tuple[Service, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("service", services, ids=[service.name for service in services])


def test_no_two_services_share_a_name_or_a_setting() -> None:
    assert len({service.name for service in SERVICES}) == len(SERVICES)
    assert len(set(NAMES)) == len(NAMES)


@each(SERVICES)
def test_its_settings_are_its_own(service: Service) -> None:
    assert all(name.startswith(tuple(service.starts)) for name in service.names)
    assert set(service.secrets) <= set(service.names)
    assert {name for section in service.sections for name in section.own} <= set(service.names)


@each(SERVICES)
def test_it_has_its_sentences(service: Service) -> None:
    """One for a lieu that has none, in which nothing is ill."""
    assert f"{service.name}-none" in {*service.hints} <= {*service.sentences}
    assert WORDS.has(f"talk.service.{service.name}")


@each(WITH_ACCOUNTS)
def test_an_act_on_an_account_has_its_words(service: Service) -> None:
    verbs = ["suspend", "reactivate", *(["close"] if service.accounts.close else [])]
    assert [verb for verb in verbs if not WORDS.has(f"accounts.{verb}.{service.name}-done")] == []
    assert WORDS.has(f"departure.name.{service.name}")


@pytest.mark.parametrize("name", OPENINGS)
def test_what_may_be_opened_has_its_words(name: str) -> None:
    """What the account is, what one may do there, and how its holder gets in: the rest is said of all alike."""
    wanted = [f"talk.opening.{name}", *(f"talk.opening.{name}.{what}" for what in ("account", *OPENINGS[name].choices))]
    assert [key for key in wanted if not WORDS.has(key)] == []
    assert [kind for kind in OPENINGS[name].kinds if not WORDS.has(f"talk.opened.{name}.{kind}")] == []
    assert "none" not in OPENINGS[name].choices, "which is said of no account"
