"""A homeserver that several processes are given: the same one, which ends when the run does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.servers.shared import SharedSynapse, shared_synapse


@pytest.mark.full
async def test_it_is_started_once_and_ended_once(tmp_path: Path) -> None:
    shared = SharedSynapse()
    try:
        one, other = await asyncio.gather(
            *(asyncio.to_thread(shared_synapse, shared.address, tmp_path / f"{n}") for n in range(2))
        )
        account = await one.register("zoe")
        assert (await other.login("zoe")).user_id == account.user_id
        await one.stop()  # is nothing that a neighbour does
        assert (await other.login("zoe")).user_id == account.user_id
    finally:
        await asyncio.to_thread(shared.end)
    with pytest.raises(httpx.ConnectError):
        await one.login("zoe")


def test_who_was_not_given_the_key_is_given_nothing(tmp_path: Path) -> None:
    shared = SharedSynapse()
    where, _ = shared.address
    with pytest.raises(Exception, match="digest"):
        shared_synapse((where, b"a guess"), tmp_path)
    shared.end()
    assert not [*tmp_path.iterdir()]
