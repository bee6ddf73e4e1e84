"""What every service of the registry has, so that whoever adds one is told what is missing."""

from __future__ import annotations

import pytest

from bot.services.registry import NAMES, SERVICES, WITH_ACCOUNTS
from bot.services.service import Service
from bot.words import Words

WORDS = Words.load()


def each(services: tuple[Service, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("service", services, ids=[service.name for service in services])


def test_no_two_services_share_a_name_or_a_setting() -> None:
    assert len({service.name for service in SERVICES}) == len(SERVICES)
    assert len(set(NAMES)) == len(NAMES)


@each(SERVICES)
def test_its_settings_are_its_own(service: Service) -> None:
    assert all(name.startswith(tuple(service.starts)) for name in service.names)
    assert set(service.secrets) <= set(service.names)
    assert {name for section in service.sections for name in section.names} <= set(service.names)


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
