"""What each service is asked about an account that is the lieu's: each makes it so, and says what it found."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse

from .keys import Keys, Row

DONE, NONE = "done", "none"


async def set_active(keys: Keys, login: str, active: bool) -> str:
    """And, where the directory can, out of what is open."""
    await keys.directory.set_active(login, active)
    if active or "logout" not in await keys.directory.capabilities():
        return DONE
    await keys.directory.logout(login)
    return "done-and-out"


async def lock(synapse: Synapse, address: str, locked: bool) -> str:
    if await synapse.account(address) is None:
        return NONE
    await synapse.lock(address, locked)
    return DONE


async def enable(cloud: Nextcloud, login: str, enabled: bool) -> str:
    if await cloud.account(login) is None:
        return NONE
    await cloud.set_enabled(login, enabled, ours=True)
    return DONE


async def deactivate(synapse: Synapse, address: str) -> str:
    if await synapse.account(address) is None:
        return NONE
    await synapse.deactivate(address)
    return DONE


async def delete(keys: Keys, login: str) -> str:
    await keys.directory.delete(login)
    return DONE


async def forget(keys: Keys, row: Row, closed: Iterable[str]) -> None:
    """The name may be somebody else's one day: what is closed is ours no more."""
    login, closed = row["login"], set(closed)
    own = [("matrix", "account", row["address"])] if "synapse" in closed else []
    if "directory" in closed:
        own += [("directory", "account", login), ("conciergerie", "pause", login), ("nextcloud", "account", login)]
    for service, kind, ref in own:
        await keys.arrivals.disown(keys.lieu.id, service, kind, ref)
