"""Ban lists mean who they mean, in the lieux that read them, and never whoever looks after the lieu."""

from __future__ import annotations

import pytest

from bot.matrix.policy_lists import read
from bot.moderation.globs import digest
from tests.commands.people.test_moderation import ask
from tests.stage.furnished_lieux import acts, lieu
from tests.stage.stage import ME, FakeRoom, Stage

ANNE, BERTHE, MARC, ZOE = "@anne:lieu.fr", "@berthe:lieu.fr", "@marc:ailleurs.fr", "@zoe:arnaque.example"
LIST = "#veille:veille.example"


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    stage.matrix.aliases[LIST] = stage.matrix.room("Veille").room_id
    return stage


async def built(stage: Stage, name: str, concierge: str) -> dict[str, FakeRoom]:
    rooms = await lieu(stage, name, concierge)
    rooms["space"].levels[ME] = 50
    rooms["space"].members[MARC] = "join"
    return rooms


@pytest.fixture
async def here(stage: Stage) -> dict[str, FakeRoom]:
    return await built(stage, "La Rosée", ANNE)


async def adds(
    stage: Stage, entity: str, type: str = "m.policy.rule.user", how: str = "m.ban", *, hashed: bool = False
) -> None:
    room = stage.world.rooms[stage.matrix.aliases[LIST]]
    meant = {"org.matrix.msc4205.hashes": {"sha256": digest(entity)}} if hashed else {"entity": entity}
    content = meant | {"reason": "publicité", "recommendation": how}
    room.rules.update((entity, rule) for rule in read({"type": type, "content": content}))
    await stage.event(room.room_id, "@veille:veille.example", type, content, state_key=entity)


async def follow(stage: Stage, room: FakeRoom, how: str, by: str = ANNE) -> None:
    await ask(stage, room, f"!listes {LIST}", how, "oui", by=by)


async def test_what_is_applied_is_told_and_noted_in_the_name_of_who_chose_it(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await follow(stage, here["office"], "exclure")
    await adds(stage, "@marc:*")
    assert {room.members.get(MARC) for room in here.values()} == {"ban"}
    assert (await acts(stage))[1:] == [(ANNE, "excluded", MARC)]
    await stage.enter(MARC, stage.matrix.directs[MARC])
    assert "publicité" in stage.last(stage.matrix.directs[MARC])


@pytest.mark.parametrize(("rule", "type"), [(MARC, "user"), ("ailleurs.fr", "server")])
@pytest.mark.parametrize("before", [True, False])
async def test_a_hash_means_who_is_here_and_nobody_else(
    stage: Stage, here: dict[str, FakeRoom], rule: str, type: str, before: bool
) -> None:
    here["space"].members[ZOE] = "join"
    if before:
        await adds(stage, rule, f"m.policy.rule.{type}", hashed=True)
    await follow(stage, here["office"], "exclure")
    if not before:
        await adds(stage, rule, f"m.policy.rule.{type}", hashed=True)
    members = here["space"].members
    assert (members[MARC], members[ZOE], members[ANNE], members[ME]) == ("ban", "join", "join", "join")


async def test_a_newcomer_is_recognised_by_their_hash(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await follow(stage, here["office"], "exclure")
    await adds(stage, ZOE, how="m.takedown", hashed=True)
    await stage.enter(ZOE, here["space"].room_id)
    assert here["space"].members[ZOE] == "ban"


@pytest.mark.parametrize("entity", [ANNE, ME])
async def test_a_hash_touches_neither_the_bot_nor_its_concierges(
    stage: Stage, here: dict[str, FakeRoom], entity: str
) -> None:
    await follow(stage, here["office"], "exclure")
    await adds(stage, entity, hashed=True)
    assert (here["space"].members[ANNE], here["space"].members[ME]) == ("join", "join")
    assert [what for _, what, _ in await acts(stage)] == ["list-followed"]


async def test_what_is_proposed_waits_for_a_concierge(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await follow(stage, here["office"], "proposer")
    await adds(stage, "ailleurs.fr", "m.policy.rule.server")
    assert here["space"].members[MARC] == "join"
    await stage.click(MARC, here["office"].room_id, "✅")
    assert here["space"].members[MARC] == "join"
    await stage.click(ANNE, here["office"].room_id, "✅")
    assert here["space"].members[MARC] == "ban"


async def test_who_is_listed_already_and_who_arrives_are_found(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await adds(stage, "@marc:*")
    await adds(stage, "arnaque.example", "org.matrix.mjolnir.rule.server", "org.matrix.mjolnir.ban")
    await follow(stage, here["office"], "exclure")
    assert here["space"].members[MARC] == "ban"
    await stage.enter(ZOE, here["space"].room_id)
    assert here["space"].members[ZOE] == "ban"


@pytest.mark.parametrize("entity", [ANNE, ME, "@*:lieu.fr", "*"])
async def test_a_list_touches_neither_the_bot_nor_its_concierges(
    stage: Stage, here: dict[str, FakeRoom], entity: str
) -> None:
    await follow(stage, here["office"], "exclure")
    await adds(stage, entity)
    assert (here["space"].members[ANNE], here["space"].members[MARC]) == ("join", "join")
    assert here["space"].members[ME] == "join"
    assert [what for _, what, _ in await acts(stage)] == ["list-followed"]


async def test_a_rule_that_means_many_is_told_and_not_applied(stage: Stage, here: dict[str, FakeRoom]) -> None:
    here["space"].members |= {f"@p{n}:ailleurs.fr": "join" for n in range(6)}
    await follow(stage, here["office"], "exclure")
    await adds(stage, "ailleurs.fr", "m.policy.rule.server")
    assert "ban" not in here["space"].members.values()
    assert "vise d’un coup 7 personnes" in stage.last(here["office"].room_id)


async def test_other_recommendations_and_rules_of_rooms_mean_nobody(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await follow(stage, here["office"], "exclure")
    await adds(stage, MARC, how="org.example.watch")
    await adds(stage, MARC, type="m.policy.rule.room")
    assert here["space"].members[MARC] == "join"


async def test_a_message_that_looks_like_a_rule_is_none(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await follow(stage, here["office"], "exclure")
    content = {"entity": MARC, "reason": "", "recommendation": "m.ban"}
    await stage.event(stage.matrix.aliases[LIST], "@anybody:veille.example", "m.policy.rule.user", content)
    assert here["space"].members[MARC] == "join"


async def test_a_list_matters_only_to_the_lieu_that_reads_it(stage: Stage, here: dict[str, FakeRoom]) -> None:
    there = await built(stage, "Le Phare", BERTHE)
    await follow(stage, here["office"], "exclure")
    said = len(stage.said(there["office"].room_id))
    await adds(stage, "@marc:*")
    assert here["space"].members[MARC] == "ban"
    assert there["space"].members[MARC] == "join"
    assert len(stage.said(there["office"].room_id)) == said
    await ask(stage, there["office"], "!listes", by=BERTHE)
    assert not any("Veille" in each for each in stage.said(there["office"].room_id))


async def test_a_list_is_left_once_nobody_reads_it(stage: Stage, here: dict[str, FakeRoom]) -> None:
    there = await built(stage, "Le Phare", BERTHE)
    room = stage.world.rooms[stage.matrix.aliases[LIST]]
    await follow(stage, here["office"], "proposer")
    await follow(stage, there["office"], "proposer", by=BERTHE)
    await ask(stage, here["office"], "!listes", "ne plus suivre", "1")
    assert room.members[ME] == "join"
    await ask(stage, there["office"], "!listes", "ne plus suivre", "1", by=BERTHE)
    assert room.members[ME] == "leave"


async def test_our_own_exclusions_are_published_and_withdrawn(stage: Stage, here: dict[str, FakeRoom]) -> None:
    office = here["office"]
    await ask(stage, office, "!listes", "publier", "oui")
    room = stage.world.rooms[stage.matrix.aliases["#exclusions-la-rosee-1:lieu.fr"]]
    await ask(stage, office, f"!modérer {MARC}", "exclure", "Menaces", "oui", "oui")
    assert room.rules == {MARC: {"kind": "user", "entity": MARC, "reason": "Menaces"}}
    await ask(stage, office, f"!modérer {MARC}", "oui")
    assert room.rules == {}


async def test_a_change_of_name_is_no_arrival(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await follow(stage, here["office"], "proposer")
    await adds(stage, "arnaque.example", "m.policy.rule.server")
    await stage.enter(ZOE, here["space"].room_id)
    asked = len(stage.said(here["office"].room_id))
    await stage.click(ANNE, here["office"].room_id, "❌")
    await stage.enter(ZOE, here["space"].room_id)
    assert [e for e in stage.said(here["office"].room_id)[asked:] if "On l’exclut" in e and "✓" not in e] == []
