"""What nobody can give back: the accounts of somebody who has left are closed, and are ours no more."""

from __future__ import annotations

from functools import partial

from bot.errors import Refused
from bot.services import directory, synapse
from bot.services.directory import is_homeserver
from bot.services.opened_accounts import OpenedAccount
from bot.services.service import DONE, WITH_FILES
from integrations.synapse import Synapse

from ..lookup import Account, forget
from .inventory import files
from .leaver import Leaving
from .lines import HANDED, NONE, Line, Outcome, as_seen, as_wanted, made


def ending(leaving: Leaving) -> list[Line]:
    lines: list[Line] = []
    if leaving.login:
        service = "synapse" if is_homeserver(leaving.tools.directory) else "directory"
        lines.append(Line(service, partial(_directory, leaving, service)))
    if leaving.synapse is not None and not is_homeserver(leaving.tools.directory):
        lines.append(Line("synapse", partial(_synapse, leaving, leaving.synapse)))
    if leaving.login and leaving.tools.cloud is not None:
        lines.append(Line("files", partial(files, leaving, leaving.tools.cloud)))
    opened = leaving.tools.opened_accounts.handles(leaving.opened)
    return lines + [Line(service, partial(_opened, leaving, account)) for service, account in opened.items()]


async def _directory(leaving: Leaving, service: str) -> Outcome:
    """`service`: the one in which its accounts are."""
    ended = await directory.close(leaving.tools.directory, leaving.login)
    if ended == WITH_FILES:
        return made(ended)
    if ended == DONE:
        await _forget(leaving, service)
    return as_wanted(ended == DONE)


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


async def _opened(leaving: Leaving, account: OpenedAccount) -> Outcome:
    """What they leave there goes to their heir; without one, or where that one has no account there, it stays under
    their name, behind a shut door. What is then left to a human is ours no more."""
    heir = leaving.inherits.get(account.service, "")
    held = await leaving.take(f"held-{account.service}", await account.holds() if heir else {})
    try:
        ended = await account.close_for(heir)
    except Refused:
        await _forget(leaving, account.service)
        raise
    await _forget(leaving, account.service)
    return made(HANDED, [leaving.heir]) if held and ended == DONE else as_seen(ended)


async def _forget(leaving: Leaving, service: str) -> None:
    if service in leaving.opened:  # nor is a pause of it there any more
        await leaving.tools.ownership.disown(leaving.tools.lieu.id, "conciergerie", "pause", leaving.person)
    theirs: Account = {"login": leaving.login, "address": leaving.address, "accounts": leaving.opened}
    await leaving.tools.contacts.forget(leaving.person)
    await forget(leaving.tools, theirs, [service])
