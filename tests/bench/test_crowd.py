"""What a lieu asks for costs the same beside three others as beside thirty-nine: counted, not timed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.crowd import Asked, Crowd, counted, left_in, make

FEW, MANY = Crowd(4, 8), Crowd(40, 80)
A_LITTLE = 1.5  # the lieux of a network are compared by name: some steps for each


async def counts(folder: Path, crowd: Crowd) -> dict[str, dict[str, float]]:
    folder.mkdir()
    await make(folder, crowd)
    asked = Asked()
    lieux = left_in(folder, asked)
    try:
        await lieux.start("@conciergerie:lieux.fr")
        return await counted(lieux, asked)
    finally:
        await lieux.close()


@pytest.mark.full
async def test_what_does_not_concern_a_lieu_costs_it_nothing(tmp_path: Path) -> None:
    few, many = await counts(tmp_path / "few", FEW), await counts(tmp_path / "many", MANY)
    for count in ("statements", "requests"):
        # On average: what is noted once a second falls into some of them.
        assert {what: told[count] for what, told in many.items()} == {
            what: pytest.approx(told[count], abs=1) for what, told in few.items()
        }
    dearer = [what for what in many if many[what]["steps"] > A_LITTLE * few[what]["steps"]]
    assert dearer in ([], ["`!demandes`"])  # whose list still reads the names of the network's lieux more than once
    assert [(what, name) for what, told in many.items() for name in told if name.startswith("scans")] == []
