"""Ban lists on a real homeserver: rules are read as others write them, and written as others read them."""

from __future__ import annotations

import pytest

from bot.errors import MatrixRefused
from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from tests.matrix.listening import Ear
from tests.matrix.test_moderation import Arrive, matrix

__all__ = ["matrix"]

HASH = "VPqwbUV7mMMkOVto3kPwsNXXiALMs7VCKWh3OeqqjGs="


async def test_rules_of_others_are_read(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(preset="public_chat", room_alias_name="veille-" + alix.user_id[1:9])
    address = f"#veille-{alix.user_id[1:9]}:{matrix.facts.server}"
    good = {"entity": "@spam*:evil.example", "recommendation": "m.ban", "reason": "spam \u202e"}
    written = {
        ("m.policy.rule.user", "a"): good,
        ("org.matrix.mjolnir.rule.server", "b"): {"entity": "evil.example", "recommendation": "org.matrix.mjolnir.ban"},
        ("m.policy.rule.room", "c"): {"entity": "!room", "recommendation": "m.ban", "reason": ""},
        ("m.policy.rule.user", "d"): {"entity": "@watched:x.example", "recommendation": "org.example.watch"},
        ("m.policy.rule.user", "e"): {"entity": ["@x:y"], "recommendation": "m.ban"},
        ("m.policy.rule.user", "f"): {"entity": "@" + "x" * 300, "recommendation": "m.ban"},
        ("m.policy.rule.user", "g"): {},
        ("m.policy.rule.user", "h"): {"hashes": {"sha256": HASH}, "recommendation": "m.takedown"},
        ("m.policy.rule.server", "i"): {"org.matrix.msc4205.hashes": {"sha256": HASH}, "recommendation": "m.ban"},
        ("m.policy.rule.user", "j"): {"hashes": {"sha256": "short"}, "recommendation": "m.ban"},
        ("m.policy.rule.user", "k"): {"hashes": {"md5": HASH}, "recommendation": "m.ban"},
    }
    for (type, key), content in written.items():
        await alix.call("PUT", path("rooms", room, "state", type, key), content)
    for _ in range(2):
        assert await matrix.policy_lists.join_list(address) == room
    rules = sorted(await matrix.policy_lists.rules(room), key=lambda rule: (rule.get("entity", "z"), rule["kind"]))
    assert rules == [
        {"kind": "user", "entity": "@spam*:evil.example", "reason": "spam"},
        {"kind": "server", "entity": "evil.example", "reason": ""},
        {"kind": "server", "sha256": HASH, "reason": ""},
        {"kind": "user", "sha256": HASH, "reason": ""},
    ]


async def test_a_list_that_is_not_there_or_not_open_is_refused(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    name = "shut-" + alix.user_id[1:9]
    await alix.create_room(preset="private_chat", room_alias_name=name)
    for address in (f"#nothing:{matrix.facts.server}", f"#{name}:{matrix.facts.server}", "nothing at all"):
        with pytest.raises(MatrixRefused):
            await matrix.policy_lists.join_list(address)


async def test_our_rules_are_published_withdrawn_and_heard_by_who_reads_the_list(ear: Ear, matrix: Homeserver) -> None:
    ours = await matrix.rooms.create("list", name="Exclusions", join="public")
    address = await matrix.policy_lists.open_list(ours, f"exclusions-{matrix.facts.me[1:].partition(':')[0]}")
    assert await matrix.policy_lists.open_list(ours, address[1:].partition(":")[0]) == address
    assert (await matrix.facts.link(ours)).endswith(
        address.partition(":")[0][1:] + "%3A" + matrix.facts.server.replace(":", "%3A")
    )
    reader = Homeserver(ear.client, ear.database)
    assert await reader.policy_lists.join_list(address) == ours
    with pytest.raises(MatrixRefused):
        await ear.client.send(ours, "m.room.message", {"msgtype": "m.text", "body": "!"}, "t")
    for _ in range(2):
        await matrix.policy_lists.publish(ours, "@spam:evil.example", "spam")
    rule = await ear.heard(lambda event: event.type == "m.policy.rule.user")
    assert rule.content == {"entity": "@spam:evil.example", "recommendation": "m.ban", "reason": "spam"}
    assert await reader.policy_lists.rules(ours) == [{"kind": "user", "entity": "@spam:evil.example", "reason": "spam"}]
    for _ in range(2):
        await matrix.policy_lists.withdraw(ours, "@spam:evil.example")
    assert await reader.policy_lists.rules(ours) == []
    with pytest.raises(MatrixRefused):
        await reader.policy_lists.publish(ours, "@other:x.example", "")
