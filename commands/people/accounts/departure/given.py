"""What somebody was given here, and what they began, as far as it is written down as the lieu's."""

from __future__ import annotations

from typing import TypedDict

from bot.store.arrivals import OpenArrival
from integrations.nextcloud import Nextcloud

from ..keys import Keys


class Given(TypedDict):
    """A share, as it can be made again."""

    path: str
    permissions: int
    expires: str


async def given(keys: Keys, cloud: Nextcloud, login: str) -> dict[str, Given]:
    """By its id, each share of this lieu with this person."""
    ours = await keys.ownership.owned(keys.lieu.id, "nextcloud", "share")
    return {
        share["id"]: {"path": share["path"], "permissions": share["permissions"], "expires": share["expires"]}
        for share in await cloud.shares.with_person(login)
        if share["id"] in ours
    }


async def sent(keys: Keys, person: str) -> list[OpenArrival]:
    """The open arrivals that this person began."""
    return [row for row in await keys.arrivals.in_progress(keys.lieu.id) if row["invited_by"] == person]
