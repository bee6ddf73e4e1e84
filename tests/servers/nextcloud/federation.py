"""Shares between two servers, which tell each other over HTTP (OCM): offered here, accepted or declined there."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from . import mounts
from .answers import Failure
from .call import Call
from .memory import Memory, Offer, Share

Beyond = Callable[[str, dict[str, Any]], Awaitable[bool]]
CLOUD_ID = re.compile(r"(.+)@(https?://[^@]+)")
WRONG = {True: "Wrong share ID, share does not exist.", False: "wrong share ID, share does not exist."}
PROVIDER = {
    "enabled": True,
    "apiVersion": "1.0-proposal1",
    "resourceTypes": [
        {"name": "file", "shareTypes": ["user", "group"], "protocols": {"webdav": "/public.php/webdav/"}}
    ],
}
KEY = {"keyId": "https://cloud-b.example/ocm#signature", "publicKeyPem": "-----BEGIN PUBLIC KEY-----\n…"}
CAPABILITIES = ["invite-accepted", "notifications", "shares"]


def provider(memory: Memory, address: str) -> dict[str, Any]:
    """How a server says that it federates."""
    told = PROVIDER | {"endPoint": f"{address}/ocm"}
    if not memory.modern:
        return told
    more = {"version": "1.1.0", "publicKey": KEY, "provider": f"Nextcloud {memory.version}"}
    return told | more | {"capabilities": CAPABILITIES}


# The server that offers.


async def offer(call: Call, share: Share) -> bool:
    """Tell the other server; whether it knows the person."""
    person, cloud = CLOUD_ID.fullmatch(str(share.to)).groups()  # type: ignore[union-attr]
    name = "/" + share.path.rpartition("/")[2]
    document = {
        "shareWith": person,
        "name": name,
        "providerId": share.id,
        "owner": f"{share.owner}@{call.address}/",
        "shareType": "user",
        "resourceType": "file",
        "protocol": {"name": "webdav", "options": {"sharedSecret": share.token}},
    }
    return await call.beyond(f"{cloud}/ocm/shares", document)


async def unshare(call: Call, share: Share) -> None:
    _, cloud = CLOUD_ID.fullmatch(str(share.to)).groups()  # type: ignore[union-attr]
    await _notify(call.beyond, cloud, "SHARE_UNSHARED", share.id, share.token)


# The server to which it is offered.


def pending(call: Call) -> Any:
    return [_told(call, offer) for offer in _mine(call) if not offer.accepted]


def accepted(call: Call) -> Any:
    return [_told(call, offer) for offer in _mine(call) if offer.accepted]


def one(call: Call, id: str) -> Any:
    more = {} if call.memory.modern else {"password": "", "mountpoint_hash": "d83b7c3b1742705dc2a4ec03453070aa"}
    return _told(call, _found(call, id)) | more


async def accept(call: Call, id: str) -> Any:
    """Accepting twice gives the folder another name. Mostly it has its place only once the home was listed."""
    offer = _found(call, id)
    home = call.memory.homes[call.who.id]
    taken = offer.accepted or offer.name.strip("/") in home
    mounts.unmount(call.memory, offer)
    offer.accepted, offer.mount = True, offer.name + (" (2)" if taken else "")
    if not mounts.looks(call.memory):
        await mounts.mount(call.memory, call.who.id, call.fetch)
    return []


async def decline(call: Call, id: str) -> Any:
    await leave(call.memory, _found(call, id), call.beyond)
    return []


async def quit(call: Call, id: str) -> Any:
    """What has no place cannot be left; it can be declined still."""
    offer = _found(call, id)
    if not mounts.is_mounted(call.memory, offer):
        raise Failure(403, "Could not unshare")
    return await decline(call, id)


async def leave(memory: Memory, offer: Offer, beyond: Beyond) -> None:
    """What was shared on ends with it."""
    del memory.offers[offer.id]
    if mounts.unmount(memory, offer):
        shares = memory.shares.items()
        memory.shares = {id: s for id, s in shares if (s.owner, s.path) != (offer.user, offer.mount)}
    await _notify(beyond, offer.remote.rstrip("/"), "SHARE_DECLINED", offer.remote_id, offer.token)


# Between the two of them.


def receive(memory: Memory, document: dict[str, Any]) -> bool:
    """An offer comes in; whether there is such a person."""
    who = memory.find(document["shareWith"])
    if who is None:
        return False
    owner, _, remote = document["owner"].partition("@")
    secret = document["protocol"]["options"]["sharedSecret"]
    memory.offer(
        remote=remote, remote_id=document["providerId"], token=secret, name=document["name"], owner=owner, user=who.id
    )
    return True


def hear(memory: Memory, document: dict[str, Any]) -> bool:
    """Something ended on the other side; what was shared on is hollow then, and out of its owner's sight."""
    id, secret = document["providerId"], document["notification"]["sharedSecret"]
    for offer in [o for o in memory.offers.values() if (o.remote_id, o.token) == (id, secret)]:
        del memory.offers[offer.id]
        node = mounts.unmount(memory, offer)
        for share in memory.shares.values():
            if (share.owner, share.path) == (offer.user, offer.mount):
                share.hollow = node
    if id in memory.shares and memory.shares[id].token == secret:
        del memory.shares[id]
    return True


async def _notify(beyond: Beyond, cloud: str, what: str, id: str, secret: str | None) -> None:
    notification = {"sharedSecret": secret}
    document = {"notificationType": what, "resourceType": "file", "providerId": id, "notification": notification}
    await beyond(f"{cloud}/ocm/notifications", document)


def _mine(call: Call) -> list[Offer]:
    return [offer for offer in call.memory.offers.values() if offer.user == call.who.id]


def _found(call: Call, id: str) -> Offer:
    found = next((offer for offer in _mine(call) if offer.id == id), None)
    if found is None:
        raise Failure(404, WRONG[call.memory.modern])
    return found


def _told(call: Call, offer: Offer) -> dict[str, Any]:
    modern, fields = call.memory.modern, asdict(offer)
    temporary = f"{{{{TemporaryMountPointName#{offer.name}}}}}"
    told: dict[str, Any] = {
        "id": offer.id if modern else int(offer.id),
        "parent": None if modern else -1,
        "share_type": 0,
        "share_token": offer.token,
        "mountpoint": offer.mount or temporary,
        "accepted": int(offer.accepted),
        **{name: fields[name] for name in ("remote", "remote_id", "name", "owner", "user")},
    }
    nothing = ("file_id", "mimetype", "permissions", "mtime", "type", "item_size")
    return told | (mounts.file_of(call.memory, offer) or (dict.fromkeys(nothing) if modern else {}))
