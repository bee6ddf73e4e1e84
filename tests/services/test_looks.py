"""Whether a service answers: one light reading, which signs in nowhere that it need not, and three outcomes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from bot.errors import Moved, NotPermitted, Unavailable
from bot.lieux import Lieu
from bot.services.looks import ServiceLooks
from bot.services.registry import SERVICES
from bot.services.service import Service
from bot.services.tenancy import Services
from bot.services.wordpress import WORDPRESS
from integrations.mail import Mail, smtp_server
from tests.servers.mail_server import CUT, MailServer
from tests.stage.lieu_services import QUICK, SENDER, Equipment, equip
from tests.stage.world import Clock

HEADER = {"lieu": "La Rosée", "nextcloud": "oui", "odoo": "oui", "site": "oui", "helloasso": "oui", "comptes": "oui"}


@dataclass
class Hears:
    """The bot's line to its homeserver."""

    hears: bool = True
    last_sync: float | None = 0.0


class Silent:
    """A service that answers with an error of ours."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def answers(self) -> None:
        raise self._error


def lieu(id: int = 1) -> Lieu:
    return Lieu(id, f"!{id}:lieu.fr", f"Lieu {id}")


async def look(parts: Mapping[Service[Any, Any], Any], hears: Hears | None = None) -> dict[str, tuple[str, str]]:
    """What is seen of each, by its name."""
    looks = ServiceLooks(Services(parts), hears or Hears())
    watched = looks.of(lieu(), [lieu()])
    seen = await looks.look([one.key for one in watched])
    return {one.name: (seen[one.key].state, seen[one.key].cause) for one in watched}


@pytest.fixture
async def equipment() -> AsyncIterator[Equipment]:
    async with AsyncExitStack() as stack:
        yield await equip(stack, HEADER, Clock())


async def test_each_service_of_the_lieu_answers_a_light_reading(equipment: Equipment) -> None:
    assert equipment.directory
    assert equipment.odoo
    assert equipment.wordpress
    assert equipment.helloasso
    seen = await look(equipment.services.parts)
    assert {name: state for name, (state, _) in seen.items()} == dict.fromkeys(
        ("matrix", "nextcloud", "directory", "wordpress", "odoo", "helloasso"), "answered"
    )
    assert equipment.directory.calls == 1
    assert equipment.odoo.asked == ["GET /web/health"]
    assert equipment.wordpress.asked == ["GET /wp-json/"]
    assert len(equipment.helloasso.asked) == 1
    assert len(equipment.helloasso.granted) == 1  # which it keeps for half an hour


async def test_what_is_away_says_why(equipment: Equipment) -> None:
    assert equipment.nextcloud
    assert equipment.directory
    assert equipment.odoo
    assert equipment.wordpress
    assert equipment.helloasso
    equipment.nextcloud.weather.maintenance = equipment.directory.down = equipment.odoo.ill = True
    equipment.wordpress.down, equipment.helloasso.weather.status = True, 503
    seen = await look(equipment.services.parts)
    assert {name: state for name, (state, _) in seen.items() if state != "away"} == {"matrix": "answered"}
    assert seen["nextcloud"] == ("away", "maintenance")


async def test_a_lieu_is_asked_of_nothing_that_it_has_not() -> None:
    assert await look({}) == {"matrix": ("answered", "")}


@pytest.mark.parametrize(
    ("hears", "state"),
    [(Hears(), "answered"), (Hears(hears=False), "away"), (Hears(hears=False, last_sync=None), "unknown")],
)
async def test_the_homeserver_is_asked_of_nothing_but_its_syncs(hears: Hears, state: str) -> None:
    assert await look({}, hears) == {"matrix": (state, "")}


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Unavailable("wordpress"), ("away", "")),
        (Unavailable("wordpress", cause="certificate-expired"), ("away", "certificate-expired")),
        (Unavailable("wordpress", cause="name"), ("away", "name")),
        # It is there, and tells us something.
        (NotPermitted("wordpress-credentials"), ("answered", "")),
        (Unavailable("wordpress", cause="throttled"), ("answered", "")),
        (Unavailable("wordpress", cause="limited"), ("answered", "")),
        (Unavailable("wordpress", cause="credentials"), ("answered", "")),
        (KeyError("nobody foresaw this"), ("unknown", "")),
        # Our own network, or what is written in our settings.
        (Unavailable("wordpress", cause="lookup"), ("unknown", "")),
        (Unavailable("wordpress", cause="gate"), ("unknown", "")),
        (Moved("wordpress", "https://elsewhere.fr"), ("unknown", "")),
    ],
)
async def test_three_outcomes(error: Exception, outcome: tuple[str, str]) -> None:
    seen = await look({WORDPRESS: Silent(error)})
    assert seen["wordpress"] == outcome


async def test_the_mail_server_is_greeted_and_nobody_signs_in() -> None:
    async with MailServer(credentials=("concierge", "secret")).running() as server:
        mail = Mail(smtp_server(server.address()), SENDER, patience=QUICK)
        await mail.answers()
        assert [command for command, _ in server.seen] == ["EHLO"]
        server.answers["EHLO"] = CUT
        with pytest.raises(Unavailable):
            await mail.answers()


async def test_a_mail_server_whose_certificate_nobody_believes_is_away() -> None:
    async with MailServer().running("tls") as server:
        mail = Mail(smtp_server(server.address("smtps")), SENDER, patience=QUICK)
        with pytest.raises(Unavailable) as why:
            await mail.answers()
        assert why.value.cause.startswith("certificate")


def test_whatever_is_looked_at_has_words() -> None:
    """Those that another service tells of are not: the homeserver's administration, the ways into an SSO."""
    looked = {service.name for service in SERVICES if service.answers is not None}
    assert looked == {"nextcloud", "directory", "mail", "wordpress", "odoo", "helloasso"}


async def test_several_lieux_of_one_service_are_one_question(equipment: Equipment) -> None:
    assert equipment.directory
    own = Services({WORDPRESS: Silent(Unavailable("wordpress"))})
    services = Services(equipment.services.parts, own={lieu(3).space: own})
    looks, served = ServiceLooks(services, Hears()), [lieu(1), lieu(2), lieu(3)]
    watched = [looks.of(one, served) for one in served]
    assert watched[0] == watched[1]
    assert [one.name for one in watched[2]] == ["matrix", "wordpress"]
    keys = {one.key for each in watched for one in each}
    assert len(keys) == len(watched[0]) + 1
    await looks.look(keys)
    assert equipment.directory.calls == 1
