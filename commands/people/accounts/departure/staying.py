"""What is theirs in Nextcloud, which the bot can neither read, end nor hand over: named for whoever administers it."""

from __future__ import annotations

from functools import partial

from integrations.nextcloud import Nextcloud

from .leaving import KEPT, NONE, STAYS, STAYS_FOR, Leaving, Line, Outcome, made


def staying(leaving: Leaving, cloud: Nextcloud) -> list[Line]:
    """Asked before their account is closed: of a closed one, Nextcloud may tell less."""
    return [Line("files", partial(files, leaving, cloud)), Line("given", partial(_given, leaving, cloud))]


async def files(leaving: Leaving, cloud: Nextcloud) -> Outcome:
    found = await cloud.accounts.get(leaving.login)
    if found is None or not found["used"]:
        return made(NONE)
    return made(STAYS_FOR, [leaving.heir]) if leaving.heir else made(STAYS)


async def _given(leaving: Leaving, cloud: Nextcloud) -> Outcome:
    gives = await cloud.shares.given_by(leaving.login)
    return made(KEPT, gives) if gives else made(NONE)
