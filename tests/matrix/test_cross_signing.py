"""Cross-signing on a real homeserver: what another person's client would check, checked with another library."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.errors import Unavailable
from bot.matrix.client import Client
from bot.matrix.cross_signing import Signed, State, ensure_signed
from tests.matrix.conftest import Open
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]


def name_of(bot: Client) -> str:
    return bot.user_id[1:].split(":")[0]


def raw(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4))


def check(thing: dict[str, Any], signer: str, key: str) -> None:
    """Raise unless `thing` carries a right signature of `key` in the name of `signer`."""
    bare = {name: value for name, value in thing.items() if name not in ("signatures", "unsigned")}
    text = json.dumps(bare, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    signature = thing["signatures"][signer][f"ed25519:{key}"]
    public = key if len(key) == 43 else thing["keys"][f"ed25519:{key}"]
    Ed25519PublicKey.from_public_bytes(raw(public)).verify(raw(signature), text)


async def seen_by(other: Person, bot: Client) -> dict[str, Any]:
    return await other.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {bot.user_id: []}})


def only(keys: dict[str, Any], user_id: str) -> str:
    (key,) = keys[user_id]["keys"].values()
    return key


async def test_the_device_is_signed_by_its_owner_in_other_peoples_eyes(
    client: Open, person: Arrive, tmp_path: Path
) -> None:
    bot, alix = await client(), await person("alix")
    seeds = tmp_path / "seeds.json"
    assert await ensure_signed(bot, seeds) == Signed(State.SIGNED, changed=True)
    assert seeds.stat().st_mode & 0o777 == 0o600
    shown = await seen_by(alix, bot)
    master, signing = only(shown["master_keys"], bot.user_id), only(shown["self_signing_keys"], bot.user_id)
    check(shown["self_signing_keys"][bot.user_id], bot.user_id, master)
    device = shown["device_keys"][bot.user_id][bot.device_id]
    check(device, bot.user_id, bot.device_id)
    check(device, bot.user_id, signing)


async def test_a_later_start_finds_all_well_and_changes_nothing(client: Open, tmp_path: Path) -> None:
    bot = await client()
    await ensure_signed(bot, tmp_path / "seeds.json")
    await bot.close()
    again = await client(name_of(bot))
    assert await ensure_signed(again, tmp_path / "seeds.json") == Signed(State.SIGNED)


async def test_lost_seeds_are_made_anew_on_purpose_and_with_the_password(client: Open, tmp_path: Path) -> None:
    bot = await client()
    await ensure_signed(bot, tmp_path / "seeds.json")
    (tmp_path / "seeds.json").unlink()
    password = f"password-of-{name_of(bot)}"
    assert await ensure_signed(bot, tmp_path / "seeds.json", password) == Signed(State.ANOTHER_IDENTITY)
    assert not (tmp_path / "seeds.json").exists(), "nothing was begun"
    assert await ensure_signed(bot, tmp_path / "seeds.json", new=True) == Signed(State.PASSWORD_WANTED)
    wrong = await ensure_signed(bot, tmp_path / "seeds.json", "not-the-password", new=True)
    assert wrong == Signed(State.PASSWORD_WANTED)
    replaced = await ensure_signed(bot, tmp_path / "seeds.json", password, new=True)
    assert replaced == Signed(State.SIGNED, changed=True, reset=True)


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"master": 1, "self_signing": 2, "user_signing": 3}'])
async def test_damaged_seeds_are_told_and_left_alone(client: Open, tmp_path: Path, damage: str) -> None:
    bot = await client()
    (tmp_path / "seeds.json").write_text(damage)
    assert await ensure_signed(bot, tmp_path / "seeds.json") == Signed(State.SEEDS_UNREADABLE)
    assert (tmp_path / "seeds.json").read_text() == damage


class Impostor:
    """An account whose homeserver shows somebody else's key for its device."""

    def __init__(self, bot: Client) -> None:
        self.bot, self.user_id, self.device_id = bot, bot.user_id, bot.device_id
        self.device_key = "A" * 43
        self.asked: list[str] = []

    def sign(self, canonical: str) -> str:
        return self.bot.sign(canonical)

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        self.asked.append(path)
        return await self.bot.call(method, path, body)


async def test_a_strange_key_under_our_name_is_never_signed(client: Open, tmp_path: Path) -> None:
    impostor = Impostor(await client())
    assert await ensure_signed(impostor, tmp_path / "seeds.json") == Signed(State.DEVICE_UNKNOWN)
    assert impostor.asked == ["/_matrix/client/v3/keys/query"]


async def test_a_homeserver_that_is_down_is_no_verdict(client: Open, tmp_path: Path) -> None:
    bot = await client()
    await bot.close()
    bot._api.homeserver = "http://127.0.0.1:9"
    with pytest.raises(Unavailable):
        await ensure_signed(bot, tmp_path / "seeds.json")
    await bot.close()


async def test_a_new_device_after_a_lost_store_is_signed_by_the_same_identity(
    client: Open, person: Arrive, tmp_path: Path
) -> None:
    bot, alix = await client(), await person("alix")
    await ensure_signed(bot, tmp_path / "seeds.json")
    before = only((await seen_by(alix, bot))["master_keys"], bot.user_id)
    await bot.close()
    for file in (tmp_path / name_of(bot)).glob("crypto.db*"):
        file.unlink()
    again = await client(name_of(bot), password=f"password-of-{name_of(bot)}", new=True)
    assert again.device_id != bot.device_id
    assert await ensure_signed(again, tmp_path / "seeds.json") == Signed(State.SIGNED, changed=True)
    shown = await seen_by(alix, again)
    assert only(shown["master_keys"], bot.user_id) == before
    assert set(shown["device_keys"][bot.user_id]) == {again.device_id}
