"""The recorded exchanges of real servers, who asked, and the little world in which they asked."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from tests.servers.nextcloud import StandIn

CAPTURED = Path(__file__).parents[2] / "captured"
VERSIONS = ("34.0.1", "29.0.1")
TODAY = date(2026, 11, 22)
HERE, THERE = "http://cloud-a.example", "http://cloud-b.example"

# Beginning of a scenario's name → why it is not replayed.
LEFT_OUT = {
    "gf_delete": "the bot deletes no Team folder",
    "gf_rename": "the bot renames no Team folder",
    "gf_enable_acl": "rights inside a Team folder are its managers' own",
    "gf_manage_acl": "rights inside a Team folder are its managers' own",
    "ext_create": "external storage is explained to the host, never mounted by the bot",
    "ext_delete": "external storage is explained to the host, never mounted by the bot",
    "ext_get": "external storage is explained to the host, never mounted by the bot",
    "dav_propfind_member_sees_gf": "the bot makes Team folders and does not work in them",
    "dav_propfind_acl": "rights inside a Team folder are its managers' own",
    "dav_proppatch_acl": "rights inside a Team folder are its managers' own",
    "dav_mkcol_in_gf": "the bot makes Team folders and does not work in them",
    "dav_propfind_remote": "the bot reads no folder of another cloud",
    "dav_get_remote_file": "the bot reads no file of another cloud",
    "dav_lock": "the bot locks no file",
    "public_dav": "the bot opens no link",
    "loginflow": "the bot's own access is an app password, typed once",
    "getapppassword": "the app password is made by a person",
    "apppassword_delete": "the bot keeps its app password",
    "deleg_": "delegated administration is not asked of an installation",
    "sub_app_password_create": "the same as auth_app_password_2fa_enforced_write",
}


@dataclass(frozen=True)
class Scenario:
    version: str
    name: str
    who: str
    request: dict[str, Any]
    response: dict[str, Any]
    day: date = TODAY

    @property
    def left_out(self) -> bool:
        return any(self.name.startswith(beginning) for beginning in LEFT_OUT)


def scenarios(version: str) -> Iterator[Scenario]:
    for file in sorted((CAPTURED / f"nextcloud-{version}").glob("*.json")):
        told = json.loads(file.read_text())
        day = date.fromisoformat(told["on"]) if "on" in told else TODAY
        yield Scenario(version, file.stem, told["as"], told["request"], told["response"], day)


PEOPLE: dict[str, dict[str, Any]] = {
    "bot-admin": {"groups": ["admin"], "name": "Bot admin"},
    "bot-sub": {"groups": ["lieu-a"], "subadmin": ["lieu-a"], "name": "Bot sub"},
    "bot-deleg": {},
    "carol": {"groups": ["lieu-a"], "name": "Carol"},
    "dave": {},
    "lea.martin": {"groups": ["lieu-a"], "email": "lea@example.org", "language": "fr", "name": "Léa Martin"},
    "petit": {"quota": 1024},
}


def world(version: str, day: date = TODAY) -> StandIn:
    """The servers that were recorded, as they were between two scenarios."""
    server = StandIn(version, today=lambda: day)
    for login, more in PEOPLE.items():
        server.add_account(login, f"<password:{login}>", **more)
        server.memory.accounts[login].app_passwords.add(f"<app-password:{login}>")
    server.memory.accounts["lea.martin"].last_login = 0
    server.memory.groups += ["lieu-b", "ateliers"]
    for path in ("Accueil", "Été à la Forge — projet", "Atelier commun", "Projet inter-lieux"):
        server.add_folder("bot-sub", path)
    server.url = HERE
    server.mounts = {"all://cloud-a.example": httpx.ASGITransport(server), "all://cloud-b.example": _other(version)}
    return server


def _other(version: str) -> httpx.ASGITransport:
    """The server of another lieu, where Dave is too."""
    other = StandIn(version)
    other.add_account("dave")
    other.url = THERE
    return httpx.ASGITransport(other)


def credentials(who: str) -> dict[str, str]:
    """The header of an identity of the recordings; see the README beside them."""
    if who == "anonymous":
        return {}
    if who == "bad-bearer":
        return {"authorization": "Bearer nope"}
    login = re.sub("-(realpw|bearer|wrong|new-app)$", "", who)
    kind = who.removeprefix(login)
    if kind == "-bearer":
        return {"authorization": f"Bearer <app-password:{login}>"}
    password = {"-realpw": f"<password:{login}>", "-wrong": "wrong"}.get(kind, f"<app-password:{login}>")
    return {"authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}
