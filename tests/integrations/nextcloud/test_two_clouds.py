"""What a lieu's bot shares with another's: offered, accepted, shared on, taken back; also (`-m live`) on real servers.

Each direction, since versions differ in what they do with a folder of another cloud.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from integrations.errors import NotPermitted, Refused
from integrations.nextcloud import EDIT, READ, Offer

from .two_clouds import Two, two_live, two_stand_ins

DIRECTIONS = ["34.0.1 to 29.0.1", "29.0.1 to 34.0.1", "34.0.1 to 34.0.1", "29.0.1 to 29.0.1"]
LIVE = [pytest.param(name, marks=pytest.mark.live) for name in ("live", "live, the other way")]


@pytest.fixture(params=[*DIRECTIONS, *LIVE])
async def two(request: pytest.FixtureRequest) -> AsyncIterator[Two]:
    is_live = request.param.startswith("live")
    async with two_live(back=request.param != "live") if is_live else two_stand_ins(request.param) as two:
        await two.here.cloud.folders.ensure(f"{two.here.folder}/Plans")
        yield two
        for offer in await _offers(two):
            await two.there.cloud.federated.leave(offer["id"])


async def _offers(two: Two) -> list[Offer]:
    return [offer for offer in await two.there.cloud.federated.offers() if offer["name"] == two.here.folder]


async def _taken(two: Two, permissions: int = EDIT) -> tuple[str, str]:
    """The share here, and the offer there, which was accepted."""
    made = await two.here.cloud.federated.offer(two.here.folder, two.address, permissions=permissions)
    (offer,) = await _offers(two)
    assert (offer["owner"], offer["accepted"]) == (two.here.bot, False)
    assert await two.there.cloud.federated.accept(offer["id"]) == {"folder": two.here.folder}
    return made["id"], offer["id"]


async def test_what_is_accepted_is_there_at_once(two: Two) -> None:
    await _taken(two)
    assert [entry["name"] for entry in await two.there.cloud.files.entries(two.here.folder)] == ["Plans"]
    await two.there.cloud.folders.ensure(f"{two.here.folder}/De là-bas")
    assert [entry["name"] for entry in await two.here.cloud.files.entries(two.here.folder)] == ["De là-bas", "Plans"]


async def test_it_is_shared_on_with_the_group_whose_members_see_it(two: Two) -> None:
    await _taken(two)
    made = await two.there.cloud.shares.ensure(two.here.folder, group=two.there.group)
    assert made["created"]
    assert await two.there.cloud.shares.ensure(two.here.folder, group=two.there.group) == made | {"created": False}
    if two.there.theirs:
        assert [entry["name"] for entry in await two.there.theirs.files.entries(two.here.folder)] == ["Plans"]


async def test_what_is_only_read_is_shared_on_to_be_read(two: Two) -> None:
    await _taken(two, READ)
    with pytest.raises(NotPermitted):
        await two.there.cloud.folders.ensure(f"{two.here.folder}/De là-bas")
    with pytest.raises(Refused):
        await two.there.cloud.shares.ensure(two.here.folder, person=two.there.person, permissions=EDIT)
    made = await two.there.cloud.shares.ensure(two.here.folder, person=two.there.person, permissions=READ)
    assert made["created"]


async def test_what_its_owner_takes_back_is_gone(two: Two) -> None:
    share, _ = await _taken(two)
    on = await two.there.cloud.shares.ensure(two.here.folder, group=two.there.group)
    await two.here.cloud.shares.remove(share)
    assert await _offers(two) == []
    assert await two.there.cloud.files.entry(two.here.folder) is None
    assert await two.there.cloud.shares.get(on["id"]) is None
    assert await two.there.cloud.shares.remove(on["id"]) == {"removed": True}


async def test_what_is_left_ends_on_both_sides_and_for_everybody(two: Two) -> None:
    share, offer = await _taken(two)
    on = await two.there.cloud.shares.ensure(two.here.folder, group=two.there.group)
    for _ in range(2):
        assert await two.there.cloud.federated.leave(offer) == {"left": True}
    assert await _offers(two) == []
    assert await two.there.cloud.shares.get(on["id"]) is None
    assert await two.here.cloud.shares.get(share) is None
    if two.there.theirs:
        assert await two.there.theirs.files.entry(two.here.folder) is None
