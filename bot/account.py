"""The bot's data and its account, opened alike by `setup` and by every start: one goes with the other, or neither."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.matrix.client import Client
from bot.matrix.identity import State, ensure_signed
from bot.matrix.session import AccountInUse, damaged, remembered
from bot.settings import Secret, Settings
from bot.store.database import Database
from bot.store.folder import DATABASE, SEEDS, belongs, claim, claimed, lost
from bot.store.trouble import opening


@asynccontextmanager
async def data(settings: Settings, *, new: bool = False) -> AsyncIterator[Database]:
    """The database, once it is known to be this account's and to have its keys beside it.

    Raises DataUnusable where something is lost, unless a `new` one is meant to take its place.
    """
    folder, user = settings.data_dir, settings.matrix.user
    database = await Database.open(folder / DATABASE, new=new)
    try:
        with opening(folder):
            session = remembered(folder)
            known = session.user_id if session else user
            belongs(database.path, await database.read(claimed), user, known, new=new)
        yield database
    finally:
        await database.close()


async def enter(settings: Settings, database: Database, *, new: bool = False) -> tuple[Client, State]:
    """The bot's device, signed by its owner where that is possible: an unsigned bot falls silent in strict clients."""
    with opening(settings.data_dir):
        client = await _client(settings, new=new)
        try:
            state = await signed(settings, client, new=new)
            if not lost(settings.data_dir):
                await database.write(claim, settings.matrix.user)  # at each start: is there room to write?
        except BaseException:
            await client.close()
            raise
    return client, state


async def _client(settings: Settings, *, new: bool) -> Client:
    matrix = settings.matrix
    password, token = _revealed(matrix.password), _revealed(matrix.access_token)
    return await Client.open(
        matrix.homeserver, matrix.user, settings.data_dir, password=password, access_token=token, new=new
    )


async def signed(settings: Settings, client: Client, *, new: bool = False) -> State:
    """Sign the bot's device, once more too: what became of it. Raises DataUnusable, AccountInUse."""
    seeds = settings.data_dir / SEEDS
    known = seeds.exists()
    signed = await ensure_signed(client, seeds, _revealed(settings.matrix.password), new=new)
    if signed.state is State.SEEDS_UNREADABLE:
        raise damaged(seeds, ValueError())
    if signed.state is State.ANOTHER_IDENTITY and not known:
        raise AccountInUse(client.user_id, settings.data_dir)
    return signed.state


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None
