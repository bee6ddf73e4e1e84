"""Shares between two servers, which tell each other over HTTP (OCM): offered here, accepted or declined there."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from .answers import Failure
from .call import Call
from .memory import Memory, Offer, Share

REMOTE = 6
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
    await _notify(call, cloud, "SHARE_UNSHARED", share.id, share.token)


# The server to which it is offered.


def pending(call: Call) -> Any:
    return [_told(call, offer) for offer in _mine(call) if not offer.accepted]


def accepted(call: Call) -> Any:
    return [_told(call, offer) for offer in _mine(call) if offer.accepted]


def one(call: Call, id: str) -> Any:
    more = {} if call.memory.modern else {"password": "", "mountpoint_hash": "d83b7c3b1742705dc2a4ec03453070aa"}
    return _told(call, _found(call, id)) | more


def accept(call: Call, id: str) -> Any:
    """Accepting twice gives the folder another name."""
    offer = _found(call, id)
    offer.mount = offer.name + (" (2)" if offer.accepted else "")
    offer.accepted = True
    call.memory.homes[call.who.id][offer.mount.strip("/")] = call.memory.node()
    return []


async def decline(call: Call, id: str) -> Any:
    offer = _found(call, id)
    del call.memory.offers[offer.id]
    await _notify(call, offer.remote.rstrip("/"), "SHARE_DECLINED", offer.remote_id, offer.token)
    return []


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
    """Something ended on the other side."""
    id, secret = document["providerId"], document["notification"]["sharedSecret"]
    memory.offers = {k: o for k, o in memory.offers.items() if (o.remote_id, o.token) != (id, secret)}
    if id in memory.shares and memory.shares[id].token == secret:
        del memory.shares[id]
    return True


async def _notify(call: Call, cloud: str, what: str, id: str, secret: str | None) -> None:
    notification = {"sharedSecret": secret}
    document = {"notificationType": what, "resourceType": "file", "providerId": id, "notification": notification}
    await call.beyond(f"{cloud}/ocm/notifications", document)


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
    if offer.accepted:
        file = {
            "file_id": 127,
            "mimetype": "httpd/unix-directory",
            "permissions": 31,
            "mtime": 1795373625,
            "type": "dir",
        }
        return told | file | ({"item_size": 7} if modern else {})
    nothing = ("file_id", "mimetype", "permissions", "mtime", "type", "item_size")
    return told | (dict.fromkeys(nothing) if modern else {})
