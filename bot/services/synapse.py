"""The administration of a lieu's homeserver: its settings, what the operator is told about it, and what becomes of
somebody's account there. `setup` asks for the token with the rate limits, which it lifts too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.services.environment import Secret, Sources
from bot.services.service import DONE, LEFT, NONE, Accounts, Holder, Sentence, Service
from bot.talk.ports import Registration
from integrations.outbound import Outside
from integrations.synapse import Synapse


@dataclass(frozen=True, slots=True)
class SynapseSettings:
    """The token belongs to an account that administers the homeserver, which is not the bot's."""

    homeserver: str
    token: Secret


def _read(sources: Sources) -> SynapseSettings | None:
    """Of the bot's own homeserver, or of the one where a lieu has its accounts."""
    token = sources.secret("MATRIX_ADMIN_TOKEN")
    return SynapseSettings(sources.url("MATRIX_HOMESERVER"), token) if token else None


def _build(chosen: SynapseSettings, _: Outside | None) -> Synapse:
    return Synapse(chosen.homeserver, chosen.token.reveal())


def _handed(synapse: Synapse | None) -> Mapping[type, object]:
    return {Synapse: synapse, Registration: synapse.registration if synapse else None}


# -- somebody's account


async def set_open(synapse: Synapse, address: str, is_open: bool) -> str:
    """What it was seen to do, where sessions were not seen to stop."""
    if await synapse.accounts.get(address) is None:
        return NONE
    if is_open:
        await synapse.accounts.resume(address)
        return DONE
    told = await synapse.accounts.pause(address)
    return DONE if told == "locked" else told


async def state(synapse: Synapse, address: str) -> str:
    return await synapse.accounts.standing(address)


async def last_seen(synapse: Synapse, holder: Holder) -> int:
    """By the sessions that are left: of whoever ended them all, nobody knows."""
    return await synapse.accounts.last_visit(holder.address) if holder.address else 0


async def close(synapse: Synapse, address: str) -> str:
    """An account that lives elsewhere would go on: what works there is done again, and the end is a human's."""
    if await synapse.accounts.get(address) is None:
        return NONE
    if await synapse.accounts.delegated():
        await synapse.accounts.pause(address)
        return LEFT
    await synapse.accounts.deactivate(address)
    return DONE


# -- what the operator is told

SENTENCES: Mapping[str, Sentence] = {
    "synapse-none": (
        "Matrix accounts",
        "the bot cannot pause or link them: it could with MATRIX_ADMIN_TOKEN, an administrator's access token",
        "",
    ),
    "synapse-delegated": (
        "homeserver accounts",
        "kept by the Matrix Authentication Service: the bot suspends them and ends their sessions; locking, closing "
        "and joining them is done there (mas-cli manage lock-user)",
        "",
    ),
    "synapse-admin": ("Matrix accounts", "the bot can pause and link them", ""),
    "synapse-unreachable": ("Matrix accounts", "", "no answer from the homeserver's administration: is it up?"),
    "synapse-credentials": (
        "Matrix accounts",
        "",
        "MATRIX_ADMIN_TOKEN is refused: sign in again as the administrator and give its new access token",
    ),
    "synapse-not-administrator": (
        "Matrix accounts",
        "",
        "MATRIX_ADMIN_TOKEN belongs to somebody who does not administer the homeserver",
    ),
    "synapse-unsupported": (
        "Matrix accounts",
        "",
        "this address has no administration: is it a Synapse, and does its proxy let /_synapse/admin through?",
    ),
}

SYNAPSE: Service[SynapseSettings, Synapse | None] = Service(
    "synapse",
    names=("MATRIX_ADMIN_TOKEN", "MATRIX_HOMESERVER"),
    secrets=("MATRIX_ADMIN_TOKEN",),
    starts=("MATRIX_",),
    read=_read,
    build=_build,
    absent=None,
    handed=_handed,
    sentences=SENTENCES,
    where="MATRIX_HOMESERVER",
    hints=("synapse-none",),
    accounts=Accounts(2, lambda _, holder: holder.address, set_open, state, close, last_seen),
)
