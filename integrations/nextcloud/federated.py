"""Shares between two clouds: offered to a person there (`person@https://cloud.example`), accepted or declined here."""

from __future__ import annotations

import re
from typing import Any, TypedDict
from unicodedata import normalize
from urllib.parse import urlsplit

from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.http import Http
from integrations.outbound import Outside

from .client import SERVICE, Client
from .files import Files
from .ocs import Reply, items, mapping, number, text
from .policies import Policies
from .shares import EDIT, Form, Kind, Share, Shares, same_recipient

REMOTE = "/apps/files_sharing/api/v1/remote_shares"
CLOUD_ID = re.compile(r"(?P<person>[^\s/@]+(?:@[^\s/@]+)?)@(?P<cloud>https?://[^\s/@]+(?:/[^\s@]*)?)")
LONGEST_ANSWER = 2**16  # of another cloud that is asked whether it is one
PATIENCE = 10.0  # seconds for another cloud to say that it is one
LOOKS = 2
AWAY = 120.0  # where another cloud was away, a server looks again ten minutes later


class Offer(TypedDict):
    """A folder that somebody of another cloud shares with the bot; `folder` is where it is, once it was `accepted`."""

    id: str
    cloud: str
    owner: str
    name: str
    accepted: bool
    folder: str


class Federated:
    """Between this cloud and others. `outside` tells which of them our own server may be sent to."""

    def __init__(self, client: Client, files: Files, shares: Shares, policies: Policies, outside: Outside) -> None:
        self._client, self._files, self._shares, self._policies = client, files, shares, policies
        self.outside = outside

    async def cloud_id(self) -> str:
        """How other clouds call the bot's account."""
        return f"{await self._client.me()}@{self._client.url.rstrip('/')}"

    async def offer(
        self, path: str, cloud_id: str, *, permissions: int = EDIT, expires: str | None = None
    ) -> dict[str, Any]:
        """`{"id": …, "created": bool}`: the folder is offered to a person of another cloud, who accepts it there.

        Raises `Rejected("cloud-id")`, `Refused("cloud-in-clear" | "cloud-not-public")` for what our own server must
        not be sent to, `NotPermitted("nextcloud-federation-off")`, `NotFound("nextcloud-peer-account")` and
        `Refused("nextcloud-peer-away")`.
        """
        cloud = _cloud_of(cloud_id)

        async def create(form: Form) -> Share:
            await self.outside.machine(cloud)
            return await self._shares.create(path, "federated", form, self._refusal)

        return await self._shares.make_so(path, "federated", cloud_id, permissions, expires, create)

    async def offers(self) -> list[Offer]:
        """What other clouds share with the bot, those that wait for a yes first."""
        waiting, accepted = await self._client.get(f"{REMOTE}/pending"), await self._client.get(REMOTE)
        return [_offer(data, accepted=False) for data in items(waiting.data)] + [
            _offer(data, accepted=True) for data in items(accepted.data)
        ]

    async def offer_from(self, cloud_id: str, name: str) -> Offer | None:
        """The folder of this name that this very account of another cloud offers, or offered; the newest one."""
        found = [one for one in await self.offers() if same_recipient(f"{one['owner']}@{one['cloud']}", cloud_id)]
        alike = [one for one in found if normalize("NFC", one["name"]) == normalize("NFC", name)]
        return max(alike, key=lambda one: int(one["id"]), default=None)

    async def accept(self, id: str) -> dict[str, Any]:
        """`{"folder": …}` in the bot's home, ready to be shared on; again too: a second POST would rename it « … (2) ».

        Raises `NotFound("nextcloud-offer")`, and `Unavailable` as long as the other cloud is away. Whoever offers says
        themself where that is: `Refused("cloud-in-clear" | "cloud-not-public")` where our own server must not go.
        """
        taken = await self._accepted(id)
        if taken is None:
            await self.outside.machine(await self._offering(id))
            await self._client.write("POST", _pending(id))
            taken = await self._accepted(id)
        if taken is None:
            raise NotFound("nextcloud-offer")
        if not await self._has_place(taken["folder"]):
            raise Unavailable(SERVICE, AWAY)
        return {"folder": taken["folder"]}

    async def decline(self, id: str) -> dict[str, Any]:
        """`{"declined": True}`, again too. Raises `Refused("nextcloud-offer-taken")` for what was accepted."""
        if await self._accepted(id):
            raise Refused("nextcloud-offer-taken")
        _let_go(await self._client.write("DELETE", _pending(id)))
        return {"declined": True}

    async def leave(self, id: str) -> dict[str, Any]:
        """`{"left": True}`, again too: what was accepted ends on both sides, and for those with whom it was shared on.

        To be done before its owner takes it back: those would be left with an empty folder, which we could not end.
        """
        route = f"{REMOTE}/{_valid(id)}"
        reply = await self._client.write("DELETE", route)
        if reply.code == 403 and (taken := await self._accepted(id)):
            reply = await self._client.write(
                "DELETE", route if await self._has_place(taken["folder"]) else _pending(id)
            )
        _let_go(reply)
        return {"left": True}

    async def _has_place(self, folder: str) -> bool:
        """Since version 34, what was accepted has no address, and cannot be left, until the whole home was looked
        through: once to learn what it is, and where there is a memory cache (as nearly everywhere) again to place it.
        It has none as long as the other cloud is away: nobody has it through us then, and it is declined instead."""
        for _ in range(LOOKS):
            await self._files.entries("")
            if await self._files.entry(folder) is not None:
                return True
        return False

    async def _accepted(self, id: str) -> Offer | None:
        accepted = [_offer(data, accepted=True) for data in items((await self._client.get(REMOTE)).data)]
        return next((offer for offer in accepted if offer["id"] == id), None)

    async def _offering(self, id: str) -> str:
        """Where the folder of this offer would come from."""
        waiting = [_offer(data, accepted=False) for data in items((await self._client.get(f"{REMOTE}/pending")).data)]
        cloud = next((offer["cloud"] for offer in waiting if offer["id"] == id), None)
        if cloud is None:
            raise NotFound("nextcloud-offer")
        return cloud if "://" in cloud else f"https://{cloud}"

    async def _refusal(self, reply: Reply, kind: Kind, form: Form) -> Refused:
        """Nobody of that name there, and no cloud at all: both are a 403, and only the other cloud can tell."""
        if reply.code == 404:
            return await self._shares.refusal(reply, kind, form)
        if not (await self._policies.read()).federation:
            return NotPermitted("nextcloud-federation-off")
        cloud = _cloud_of(form["shareWith"])
        person, host = form["shareWith"].removesuffix(f"@{cloud}"), urlsplit(cloud).netloc
        if not await _is_cloud(cloud, await self.outside.machine(cloud)):
            return Refused("nextcloud-peer-away", cloud=host)
        return NotFound("nextcloud-peer-account", person=person, cloud=host)


def _cloud_of(cloud_id: str) -> str:
    named = CLOUD_ID.fullmatch(cloud_id)
    if not named:
        raise Rejected("cloud-id")
    return named["cloud"]


async def _is_cloud(address: str, machine: str | None) -> bool:
    peer = Http("nextcloud-peer", address, read=PATIENCE, at=machine, longest=LONGEST_ANSWER)
    try:
        answer = await peer("GET", "/ocm-provider/")
        return mapping(answer.json()).get("enabled") is True
    except Unavailable:
        return False
    finally:
        await peer.close()


def _let_go(reply: Reply) -> None:
    if not reply.ok and reply.code != 404:
        raise NotPermitted("nextcloud-share-right")


def _pending(id: str) -> str:
    return f"{REMOTE}/pending/{_valid(id)}"


def _valid(id: str) -> int:
    if not number(id):
        raise Rejected("share-id")
    return number(id)


def _offer(data: Any, *, accepted: bool) -> Offer:
    fields = mapping(data)
    return Offer(
        id=str(number(fields.get("id"))),
        cloud=text(fields.get("remote")),
        owner=text(fields.get("owner")),
        name=text(fields.get("name")).strip("/"),
        accepted=accepted,
        folder=text(fields.get("mountpoint")).strip("/") if accepted else "",
    )
