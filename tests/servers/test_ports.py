"""A server that starts a moment later finds its port as it was given."""

from __future__ import annotations

from tests.servers.ports import BELOW_EPHEMERAL, LANES, free_port, lane


def test_no_port_is_given_twice() -> None:
    ports = [free_port() for _ in range(300)]
    assert len({*ports}) == len(ports)


def test_no_two_workers_give_the_same() -> None:
    lanes = [{*lane(f"gw{worker}")} for worker in range(LANES)]
    assert sum(map(len, lanes)) == len({*BELOW_EPHEMERAL}) == len(set[int]().union(*lanes))
