"""The process dies at every write of an arrival that opens the lieu's site, and of a departure from it: one account is
made, nothing that somebody wrote is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.people.test_crash_departure import LEA, lea_is_here
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, ZOE, Play, World, deaths, played
from tests.stage.memory_wordpress import MemoryWordPress
from tests.tiers import Sweep

WRITES = {"id": "site", "text": "Veux-tu écrire ?", "label": "site", "kind": "yes-no"}


async def with_a_site(world: World) -> None:
    await world.end()
    world.site = MemoryWordPress()
    await world.begin()
    opens = {"label": "yes", "opens": {"accounts": [["wordpress", "contributor"]]}}
    await world.stage.bot.path_versions.put(1, ANNE, WRITES | {"options": [opens]})


async def lea_writes(world: World) -> None:
    """Bob, who takes over, has an account there too."""
    await with_a_site(world)
    await lea_is_here(world)
    assert world.site
    for person, login, role in ((LEA, "lea", "author"), (BOB, "bob", "contributor")):
        ref = str(world.site.add(login, f"{login}@exemple.fr", role).id)
        await world.stage.bot.ownership.own(1, "wordpress", "account", ref, person)
    for kind in ("posts", "pages"):
        world.site.write(world.site.named("lea"), kind)


async def opened(world: World) -> None:
    """The answer to the account that is made gets lost on the way back."""
    assert world.site
    world.site.forgets = 1
    await world.happens(world.writes(ANNE, world.office, "!inviter Zoé Martin zoe@exemple.fr"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.happens(world.enters(ZOE, world.direct()))
    for line in ("oui", "Réparer mon vélo", "oui", "1", "oui", "oui"):
        await world.happens(world.writes(ZOE, world.direct(), line))
    await world.happens(world.clicks(BOB, world.office, "✅"))
    for line in ("!compte ouvrir zoé", "publier", "oui", "!compte suspendre zoé", "oui", "!compte rétablir zoé"):
        await world.happens(world.writes(ANNE, world.office, line))


async def undone(world: World) -> None:
    for line in ("!départ léa", "tout de suite", "bob", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    await world.passes(3)
    for line in ("!départ annuler léa", "oui"):
        await world.happens(world.writes(BOB, world.office, line))


async def closed(world: World) -> None:
    for line in ("!départ léa", "tout de suite", "bob", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    await world.passes(29)
    await world.happens(world.clicks(BOB, world.office, "✅"))
    await world.passes(2)


async def test_what_is_played_comes_about(tmp_path: Path) -> None:
    """So that what does not differ below is what was wanted."""
    for play, before, roles in (
        (opened, with_a_site, {"zoe.martin": ["author"]}),
        (undone, lea_writes, {"lea": ["author"], "bob": ["contributor"]}),
        (closed, lea_writes, {"bob": ["contributor"]}),
    ):
        _, made, _ = await played(tmp_path / play.__name__, 0, False, play, before)
        assert made["site"] == roles
        assert made["articles"] == ([] if play is opened else ["lea" if play is undone else "bob"] * 2)


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("play", "before"), [(opened, with_a_site), (undone, lea_writes), (closed, lea_writes)])
async def test_nobody_notices_a_death_at_any_write(
    tmp_path: Path, sweep: Sweep, play: Play, before: Play, after: bool
) -> None:
    assert len(await deaths(tmp_path, sweep, after, play, before)) > 60
