"""The recorded exchanges of a real Odoo, and the database in which they were made."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import httpx

from tests.servers.odoo import Account, Odoo

CAPTURED = Path(__file__).parents[2] / "captured/odoo-19.0"
ORDER = ("auth", "contacts", "discover", "users", "jsonrpc")
RIGHTS, OUTAGE = ("rights",), ("outage",)
LEFT_OUT = {"doc_index": "the bot reads no documentation"}
HEADERS = ("content-type", "www-authenticate")


def exchanges(order: tuple[str, ...] = ORDER) -> list[dict[str, Any]]:
    """In the order in which they were made: each answer shows what became of those before it."""
    lines = [line for name in order for line in (CAPTURED / f"{name}.jsonl").read_text().splitlines()]
    return [told for line in lines if (told := json.loads(line))["name"] not in LEFT_OUT]


def world() -> Odoo:
    """The database as it was when the exchanges began: eleven contacts that are not archived."""
    server = Odoo(database="o19")
    for id in range(1, 12):
        server.add_contact(f"Contact {id}")
    server.contacts[3]["name"] = "Administrator"
    server.contacts[9] |= {"name": "Léa Martin", "email": "lea.martin@exemple.fr", "write_date": "2026-11-29 14:47:57"}
    server.ids |= {"res.partner": itertools.count(18), "res.partner.category": itertools.count(2)}
    server.ids |= {"res.users": itertools.count(10)}
    _account(server, 2, "admin", 3, manages=True)
    _account(server, 5, "bot", 5)
    server.passwords["motdepasse-bot-1"] = 5
    return server


def world_of_rights() -> Odoo:
    """Another database, in which somebody may read alone, and keys run out."""
    server = Odoo(database="lieu")
    for id, name, email in ((3, "Administrator", "admin@exemple.fr"), (6, "Bot", "bot@exemple.fr"), (7, "Weak", "")):
        server.ids["res.partner"] = itertools.count(id)
        server.add_contact(name, email)
    server.ids |= {"res.partner": itertools.count(18), "res.partner.category": itertools.count(3)}
    server.ids |= {"res.users": itertools.count(10)}
    _account(server, 2, "admin", 3, manages=True)
    _account(server, 5, "bot", 6)
    _account(server, 6, "weak", 7)
    server.accounts[6].contacts = False
    for id, user in ((1, 2), (2, 5), (3, 6)):
        key = {"name": "test", "user_id": user, "expiration_date": "2026-12-10 21:44:55"}
        server.records["res.users.apikeys"][id] = key
    return server


def world_without_database() -> Odoo:
    server = world_of_rights()
    server.database_down = True
    return server


def _account(server: Odoo, id: int, login: str, contact: int, *, manages: bool = False) -> None:
    server.users[id] = {"login": login, "partner_id": contact, "active": True, "group_ids": [1], "state": "active"}
    server.accounts[id], server.keys[f"<api-key-{login}>"] = Account(manages=manages), id


async def replayed(client: httpx.AsyncClient, told: dict[str, Any]) -> httpx.Response:
    request = told["request"]
    body, headers = request["body"], {"content-type": "application/json"} | request.get("headers", {})
    content = body if isinstance(body, str) else None if body is None else json.dumps(body)
    return await client.request(request["method"], request["path"], headers=headers, content=content)


def plain(body: Any) -> Any:
    """Without what nobody reads: the traceback of a server, and when a contact was changed last."""
    if isinstance(body, list):
        return [plain(one) for one in body]
    if not isinstance(body, dict):
        return body
    return {name: plain(value) for name, value in body.items() if name not in ("debug", "write_date")}
