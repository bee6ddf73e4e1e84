"""What somebody was given here, and what they began, as far as it is written down as the lieu's."""

from __future__ import annotations

from integrations.nextcloud import Nextcloud

from ..keys import Keys, Row


async def given(keys: Keys, cloud: Nextcloud, login: str) -> Row:
    """By its id, each share of this lieu with this person."""
    ours = await keys.ownership.owned(keys.lieu.id, "nextcloud", "share")
    return {
        share["id"]: {name: share[name] for name in ("path", "permissions", "expires")}
        for share in await cloud.shares.with_person(login)
        if share["id"] in ours
    }


async def sent(keys: Keys, person: str) -> list[Row]:
    """The open arrivals that this person began."""
    return [row for row in await keys.arrivals.in_progress(keys.lieu.id) if row["invited_by"] == person]
