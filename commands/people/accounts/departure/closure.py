"""What nobody can give back: the accounts of somebody who has left are closed, and are ours no more."""

from __future__ import annotations

from functools import partial

from bot.services import directory, synapse
from bot.services.service import DONE
from integrations.synapse import Synapse

from ..lookup import forget
from .inventory import files
from .leaver import Leaving
from .lines import NONE, Line, Outcome, as_seen, as_wanted, made


def ending(leaving: Leaving) -> list[Line]:
    lines = [Line("directory", partial(_directory, leaving))]
    if leaving.synapse is not None:
        lines.append(Line("synapse", partial(_synapse, leaving, leaving.synapse)))
    if leaving.tools.cloud is not None:
        lines.append(Line("files", partial(files, leaving, leaving.tools.cloud)))
    return lines


async def _directory(leaving: Leaving) -> Outcome:
    gone = await directory.close(leaving.tools.directory, leaving.login) == DONE
    if gone:
        await _forget(leaving, "directory")
    return as_wanted(gone)


async def _synapse(leaving: Leaving, admin: Synapse) -> Outcome:
    """Out of every session, and out of every room."""
    if await admin.accounts.get(leaving.address) is None:
        return made(NONE)
    await admin.accounts.log_out(leaving.address)
    ended = await synapse.close(admin, leaving.address)
    if ended != DONE:
        return as_seen(ended)
    found = await admin.accounts.get(leaving.address)
    gone = found is not None and found["deactivated"] and not await admin.accounts.devices(leaving.address)
    if gone:
        await _forget(leaving, "synapse")
    return as_wanted(gone)


async def _forget(leaving: Leaving, service: str) -> None:
    await forget(leaving.tools, {"login": leaving.login, "address": leaving.address}, [service])
