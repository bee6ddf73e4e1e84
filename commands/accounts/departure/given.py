"""What somebody was given here, and what they began, as far as it is written down as the lieu's."""

from __future__ import annotations

from integrations.nextcloud import Nextcloud

from ..keys import Keys, Row


async def given(keys: Keys, cloud: Nextcloud, login: str) -> Row:
    """By its id, each share of this lieu with this person."""
    found = [
        share
        for share in await cloud.shares()
        if share["kind"] == "person" and share["to"].casefold() == login.casefold()
    ]
    return {
        share["id"]: {name: share[name] for name in ("path", "permissions", "expires")}
        for share in found
        if await keys.owns("nextcloud", share["id"], "share")
    }


async def sent(keys: Keys, person: str) -> list[Row]:
    """The open arrivals that this person began."""
    return [row for row in await keys.arrivals.in_progress(keys.lieu.id) if row["invited_by"] == person]
