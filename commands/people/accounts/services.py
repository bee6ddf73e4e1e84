"""What each service is asked about an account that is the lieu's: each makes it so, and says what it found."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse

from .keys import Account, Keys

DONE, OUT, NONE = "done", "done-and-out", "none"
WHOLE = frozenset({DONE, OUT, NONE})  # every other answer leaves something to a human
LEFT, STILL = "elsewhere", "still"


async def set_active(keys: Keys, login: str, active: bool) -> str:
    """And, where the directory can, out of what is open. What a lock was seen to do, where it does not shut."""
    await keys.directory.set_active(login, active)
    if active:
        return DONE
    leaves = "logout" in await keys.directory.capabilities()
    if leaves:
        await keys.directory.logout(login)
    hold = await keys.directory.hold(login)
    if hold != "shut":
        return hold
    return OUT if leaves else DONE


async def is_active(keys: Keys, login: str) -> bool:
    return any(account.active for account in await keys.directory.find(username=login))


async def pause(synapse: Synapse, address: str, paused: bool) -> str:
    """What it was seen to do, where sessions were not seen to stop."""
    if await synapse.accounts.get(address) is None:
        return NONE
    if not paused:
        await synapse.accounts.resume(address)
        return DONE
    told = await synapse.accounts.pause(address)
    return DONE if told == "locked" else told


async def enable(cloud: Nextcloud, login: str, enabled: bool) -> str:
    if await cloud.accounts.get(login) is None:
        return NONE
    await cloud.accounts.set_enabled(login, enabled, ours=True)
    return DONE


async def is_enabled(cloud: Nextcloud, login: str) -> bool:
    found = await cloud.accounts.get(login)
    return found is not None and bool(found["enabled"])


async def deactivate(synapse: Synapse, address: str) -> str:
    """An account that lives elsewhere would go on: what works there is done again, and the end is a human's."""
    if await synapse.accounts.get(address) is None:
        return NONE
    if await synapse.accounts.delegated():
        await synapse.accounts.pause(address)
        return LEFT
    await synapse.accounts.deactivate(address)
    return DONE


async def delete(keys: Keys, login: str) -> str:
    await keys.directory.delete(login)
    return STILL if await keys.directory.find(username=login) else DONE


async def forget(keys: Keys, row: Account, closed: Iterable[str]) -> None:
    """The name may be somebody else's one day: what is closed is ours no more."""
    login, closed = row["login"], set(closed)
    own = [("matrix", "account", row["address"])] if "synapse" in closed else []
    if "directory" in closed:
        own += [("directory", "account", login), ("conciergerie", "pause", login), ("nextcloud", "account", login)]
    for service, kind, ref in own:
        await keys.ownership.disown(keys.lieu.id, service, kind, ref)
