"""Signing in once: what is kept, what is never shown, and every way in which what is kept can be lost."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.errors import CredentialsRefused, DataUnusable, Unavailable
from bot.matrix.client import Client
from bot.matrix.session import remembered
from tests.matrix.conftest import Open
from tests.matrix.ear import Ear
from tests.matrix.proxy import Proxy
from tests.matrix.test_client_encryption import Arrive, room_of, text
from tests.matrix.test_cross_signing import name_of
from tests.servers.person import Person
from tests.servers.synapse import Synapse

DELETED = {"errcode": "M_UNKNOWN_TOKEN", "error": "gone"}


async def talks(bot: Client, person: Arrive) -> None:
    """Both ways, in an encrypted room."""
    alix = await person("alix")
    room = await room_of(bot, alix)
    await text(bot, room, "m'entends-tu ?", f"ask-{room}")
    await alix.next(room, "m'entends-tu ?")
    await alix.say(room, "je t'entends")
    await Ear(bot).message("je t'entends")


async def devices(synapse: Synapse, bot: Client) -> set[str]:
    answer = await bot.call("GET", "/_matrix/client/v3/devices")
    return {device["device_id"] for device in answer["devices"]}


async def test_secrets_are_in_private_files_and_nowhere_else(client: Open, tmp_path: Path, capsys: Any) -> None:
    with capture_logs() as logs:
        bot = await client()
    folder = tmp_path / name_of(bot)
    for name in ("session.json", "pickle.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    session = remembered(folder)
    assert session
    shown = "".join([repr(session), repr(bot), repr(bot._api), str(logs), *capsys.readouterr()])
    assert session.access_token not in shown
    assert (folder / "pickle.key").read_text() not in shown


async def test_a_second_start_needs_no_password(client: Open, tmp_path: Path) -> None:
    bot = await client()
    await bot.close()
    again = await Client.open(bot._api.homeserver, name_of(bot), tmp_path / name_of(bot))
    assert (again.user_id, again.device_id) == (bot.user_id, bot.device_id)
    await again.close()


async def test_an_access_token_is_enough(client: Open, synapse: Synapse, person: Arrive) -> None:
    account = await synapse.register("with-token")
    bot = await client("with-token", access_token=account.access_token)
    assert bot.device_id == account.device_id
    await talks(bot, person)


@pytest.mark.parametrize("how", [{"password": "wrong"}, {"access_token": "wrong"}, {}])
async def test_wrong_credentials_are_told_as_such(synapse: Synapse, tmp_path: Path, how: dict[str, str]) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        await Client.open(synapse.base_url, "nobody", tmp_path, **how)
    assert "wrong" not in str(refused.value)


async def test_another_account_in_the_settings_is_not_the_remembered_one(client: Open, tmp_path: Path) -> None:
    first = await client()
    await first.close()
    second = await client()
    moved = await client(name_of(second), folder=tmp_path / name_of(first))
    assert moved.user_id == second.user_id


async def test_a_revoked_token_ends_the_client(client: Open) -> None:
    bot = await client()
    await bot.call("POST", "/_matrix/client/v3/logout", {})
    with pytest.raises(CredentialsRefused):
        await bot.sync(None)


async def test_after_a_revoked_token_the_password_opens_again(client: Open, person: Arrive) -> None:
    bot = await client()
    await bot.call("POST", "/_matrix/client/v3/logout", {})
    await bot.close()
    again = await client(name_of(bot))
    assert again.device_id == bot.device_id
    await talks(again, person)


async def test_a_token_that_ran_out_is_renewed_on_the_way(synapse: Synapse, proxy: Proxy, tmp_path: Path) -> None:
    await synapse.register("tired")
    bot = await Client.open(proxy.url, "tired", tmp_path, password="password-of-tired")
    dead, device = bot._api.token, bot.device_id
    answers = [(401, DELETED | {"soft_logout": True})] * 2
    proxy.rule = lambda method, path: answers.pop() if answers and "whoami" in path else None
    with pytest.raises(CredentialsRefused):
        await bot.call("GET", "/_matrix/client/v3/account/whoami")
    answers = [(401, DELETED | {"soft_logout": True})] * 2
    before = proxy.count("v3/login$")
    me, _ = await asyncio.gather(*(bot.call("GET", "/_matrix/client/v3/account/whoami") for _ in range(2)))
    assert proxy.count("v3/login$") == before + 1
    kept = remembered(tmp_path)
    await bot.close()
    assert me["device_id"] == device
    assert kept
    assert kept.access_token != dead


async def test_a_lost_crypto_store_makes_a_new_device_and_removes_the_old(
    client: Open, synapse: Synapse, person: Arrive, tmp_path: Path
) -> None:
    bot = await client()
    await bot.close()
    for file in (tmp_path / name_of(bot)).glob("crypto.db*"):
        file.unlink()
    with pytest.raises(DataUnusable, match=r"crypto\.db.*is damaged.*conciergerie restore"):
        await client(name_of(bot))
    again = await client(name_of(bot), password=f"password-of-{name_of(bot)}", new=True)
    assert again.device_id not in (bot.device_id, "")
    left = await devices(synapse, again)
    assert bot.device_id not in left
    assert again.device_id in left
    await talks(again, person)


@pytest.mark.parametrize("damage", ["pickle.key", "crypto.db"])
async def test_a_crypto_store_that_cannot_be_read_is_set_aside(
    client: Open, person: Arrive, tmp_path: Path, damage: str
) -> None:
    bot = await client()
    await bot.close()
    folder = tmp_path / name_of(bot)
    (folder / damage).write_text("damaged" * 500)
    with pytest.raises(DataUnusable, match=r"crypto\.db.*is damaged.*conciergerie restore"):
        await client(name_of(bot))
    again = await client(name_of(bot), password=f"password-of-{name_of(bot)}", new=True)
    assert again.device_id != bot.device_id
    assert (folder / "unreadable-crypto.db").exists()
    await talks(again, person)


async def test_a_lost_crypto_store_without_a_password_is_told(client: Open, synapse: Synapse, tmp_path: Path) -> None:
    account = await synapse.register("token-only")
    bot = await client("token-only", access_token=account.access_token)
    await bot.close()
    for file in (tmp_path / "token-only").glob("crypto.db*"):
        file.unlink()
    with pytest.raises(CredentialsRefused):
        await client("token-only", access_token=account.access_token, new=True)


class Cut(Proxy):
    """The homeserver does what it was asked, and its answer is lost on the way back."""

    cut = ""

    async def _serve(self, request: web.Request) -> web.Response:
        answer = await super()._serve(request)
        return web.Response(status=502) if self.cut and self.cut in request.raw_path else answer


async def test_keys_published_just_before_a_crash_are_still_ours(
    synapse: Synapse, person: Arrive, tmp_path: Path
) -> None:
    """The server has them, but we were never told: without saving them first, nobody could write to us any more."""
    await synapse.register("crashed")
    async with Cut(synapse.base_url) as proxy:
        proxy.cut = "keys/upload"
        with pytest.raises(Unavailable):
            await Client.open(proxy.url, "crashed", tmp_path, password="password-of-crashed")
        proxy.cut = ""
        bot = await Client.open(proxy.url, "crashed", tmp_path, password="password-of-crashed")
        await talks(bot, person)
        await bot.close()


async def test_a_store_from_a_backup_finds_new_names_for_its_keys(client: Open, person: Arrive, tmp_path: Path) -> None:
    """An older store makes keys under names that the server already knows, with other contents: it answers 400."""
    bot = await client()
    folder = tmp_path / name_of(bot)
    await bot.close()
    kept = {file: file.read_bytes() for file in folder.glob("crypto.db*")}
    between = await client(name_of(bot))
    await use_keys(between, await person("thief"))
    assert await keys_left(Ear(between)) == 50
    await between.close()
    for file in folder.glob("crypto.db*"):
        file.unlink()
    for file, content in kept.items():
        file.write_bytes(content)
    again = await client(name_of(bot))
    await use_keys(again, await person("thief"))
    ear = Ear(again)
    await keys_left(ear)
    assert await keys_left(ear) == 50
    await talks(again, person)


async def use_keys(bot: Client, thief: Person) -> None:
    wanted = {"one_time_keys": {bot.user_id: {bot.device_id: "signed_curve25519"}}}
    for _ in range(30):
        await thief.call("POST", "/_matrix/client/v3/keys/claim", wanted)


async def keys_left(ear: Ear) -> int:
    """After the client has noticed and renewed them."""
    for _ in range(3):
        batch = await ear.turn()
    return batch["device_one_time_keys_count"]["signed_curve25519"]
