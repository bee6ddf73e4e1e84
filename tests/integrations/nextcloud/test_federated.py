"""Two clouds that speak with each other over HTTP: offered on one, accepted or declined on the other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.nextcloud import EDIT, READ, Nextcloud
from tests.servers.nextcloud import ANYWHERE, StandIn
from tests.tiers import either

from .conftest import BOT, PASSWORD, VERSIONS

pytestmark = pytest.mark.sampled(20)


@dataclass
class Peer:
    """The other lieu: its server, and its own bot."""

    server: StandIn
    cloud: Nextcloud

    @property
    def bot(self) -> str:
        return f"voisine@{self.server.url}"


@pytest.fixture(params=[True, False], ids=["memory-cache", "no-cache"])
def cached(request: pytest.FixtureRequest) -> bool:
    """Whether the other lieu's server remembers what is mounted."""
    return bool(request.param)


@pytest.fixture(params=either(*VERSIONS))
async def peer(request: pytest.FixtureRequest, cached: bool) -> AsyncIterator[Peer]:
    server = StandIn(request.param)
    server.memory.policy.memory_cache = cached
    server.add_account("voisine", PASSWORD)
    async with server.running():
        cloud = Nextcloud(server.url, "voisine", server.app_password("voisine"), outside=ANYWHERE)
        yield Peer(server, cloud)
        await cloud.close()


@pytest.fixture(autouse=True)
def folder(server: StandIn) -> None:
    server.add_folder(BOT, "Atelier commun")


async def test_an_offer_is_accepted_on_the_other_side(cloud: Nextcloud, server: StandIn, peer: Peer) -> None:
    made = await cloud.federated.offer("Atelier commun", peer.bot)
    assert made["created"]
    assert await cloud.federated.offer("Atelier commun", peer.bot) == {"id": made["id"], "created": False}
    (offer,) = await peer.cloud.federated.offers()
    assert (offer["owner"], offer["name"], offer["accepted"]) == (BOT, "Atelier commun", False)
    assert offer["cloud"] == f"{server.url}/"
    for _ in range(2):
        assert await peer.cloud.federated.accept(offer["id"]) == {"folder": "Atelier commun"}
    (taken,) = await peer.cloud.federated.offers()
    assert taken == offer | {"accepted": True, "folder": "Atelier commun"}
    assert peer.server.folders("voisine") == ["/Atelier commun"]  # and no « Atelier commun (2) »
    with pytest.raises(Refused) as refusal:
        await peer.cloud.federated.decline(offer["id"])
    assert refusal.value.code == "nextcloud-offer-taken"


async def test_an_offer_is_declined(cloud: Nextcloud, server: StandIn, peer: Peer) -> None:
    made = await cloud.federated.offer("Atelier commun", peer.bot, permissions=READ)
    (offer,) = await peer.cloud.federated.offers()
    for _ in range(2):
        assert await peer.cloud.federated.decline(offer["id"]) == {"declined": True}
    assert await peer.cloud.federated.offers() == []
    assert await cloud.shares.get(made["id"]) is None
    with pytest.raises(NotFound):
        await peer.cloud.federated.accept(offer["id"])


async def test_an_offer_that_is_taken_back_is_gone_there(cloud: Nextcloud, peer: Peer) -> None:
    made = await cloud.federated.offer("Atelier commun", peer.bot)
    await cloud.shares.remove(made["id"])
    assert await peer.cloud.federated.offers() == []


async def test_an_offer_takes_other_rights(cloud: Nextcloud, server: StandIn, peer: Peer) -> None:
    await cloud.federated.offer("Atelier commun", peer.bot, permissions=EDIT)
    await cloud.federated.offer("Atelier commun", peer.bot, permissions=READ)
    assert [(share.type, share.permissions) for share in server.shares()] == [(6, READ)]


async def test_nobody_there_and_no_cloud_at_all_are_told_apart(cloud: Nextcloud, server: StandIn, peer: Peer) -> None:
    with pytest.raises(NotFound) as unknown:
        await cloud.federated.offer("Atelier commun", f"personne@{peer.server.url}")
    assert unknown.value.code == "nextcloud-peer-account"
    await peer.server.down()
    with pytest.raises(Refused) as away:
        await cloud.federated.offer("Atelier commun", peer.bot)
    assert away.value.code == "nextcloud-peer-away"
    await peer.server.up()
    server.memory.policy.federation = False
    with pytest.raises(NotPermitted) as closed:
        await cloud.federated.offer("Atelier commun", peer.bot)
    assert closed.value.code == "nextcloud-federation-off"
    assert server.shares() == []


@pytest.mark.parametrize(
    "address", ["dave", "dave@cloud.example", "@https://cloud.example", "dave@ftp://cloud.example"]
)
async def test_what_is_no_address_of_a_cloud_is_refused_before_asking(
    cloud: Nextcloud, server: StandIn, address: str
) -> None:
    with pytest.raises(Rejected):
        await cloud.federated.offer("Atelier commun", address)
    assert server.asked == []


async def test_an_acceptance_of_which_the_answer_was_lost_is_not_repeated(cloud: Nextcloud, peer: Peer) -> None:
    await cloud.federated.offer("Atelier commun", peer.bot)
    (offer,) = await peer.cloud.federated.offers()
    peer.server.weather.after_writing = "fails"
    with pytest.raises(Unavailable):
        await peer.cloud.federated.accept(offer["id"])
    assert await peer.cloud.federated.accept(offer["id"]) == {"folder": "Atelier commun"}
    assert peer.server.folders("voisine") == ["/Atelier commun"]


async def _accepted_by_a_person(cloud: Nextcloud, peer: Peer) -> tuple[str, str]:
    """The share here, and the offer there: accepted in the web page, where nobody looked through the home since."""
    made = await cloud.federated.offer("Atelier commun", peer.bot)
    (offer,) = await peer.cloud.federated.offers()
    await peer.cloud.client.write("POST", f"/apps/files_sharing/api/v1/remote_shares/pending/{offer['id']}")
    return made["id"], offer["id"]


async def test_what_was_accepted_is_no_outage_though_its_home_must_be_listed_twice(
    cloud: Nextcloud, peer: Peer
) -> None:
    _, offer = await _accepted_by_a_person(cloud, peer)
    assert await peer.cloud.federated.accept(offer) == {"folder": "Atelier commun"}
    assert await peer.cloud.files.entries("Atelier commun") == []


async def test_what_has_no_place_yet_is_left(cloud: Nextcloud, server: StandIn, peer: Peer) -> None:
    share, offer = await _accepted_by_a_person(cloud, peer)
    for _ in range(2):
        assert await peer.cloud.federated.leave(offer) == {"left": True}
    assert await peer.cloud.federated.offers() == []
    assert await cloud.shares.get(share) is None


async def test_what_its_cloud_being_away_never_has_a_place_is_left(
    cloud: Nextcloud, server: StandIn, peer: Peer
) -> None:
    _, offer = await _accepted_by_a_person(cloud, peer)
    await server.down()
    assert await peer.cloud.federated.leave(offer) == {"left": True}
    assert await peer.cloud.federated.offers() == []
