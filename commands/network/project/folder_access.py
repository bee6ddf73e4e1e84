"""Who reaches the folder of a project: each by their account, or by a link of their own that they alone are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from bot.arrivals.arrivals import Arrivals
from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.network.project_rooms import fits
from bot.network.projects import Projects
from bot.services.ownership import Ownership
from bot.services.usernames import of_address
from bot.store.projects import Plan
from bot.talk import Link, days, dialogue
from bot.talk.ports import Facts, Membership, Moderation, Rooms
from bot.talk.talk import Talk
from integrations.nextcloud import EDIT, READ, Nextcloud

TO_OPEN = days(30)
SOON = 3.0  # seconds


@dataclass(frozen=True, slots=True)
class Sharing:
    """What it takes to share the folder of this project."""

    lieu: Lieu
    projects: Projects
    arrivals: Arrivals
    ownership: Ownership
    facts: Facts
    rooms: Rooms
    cloud: Nextcloud
    request: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about projects are handed."""

    lieu: Lieu
    projects: Projects
    arrivals: Arrivals
    ownership: Ownership
    facts: Facts
    membership: Membership
    rooms: Rooms
    moderation: Moderation
    cloud: Nextcloud | None

    def at(self, request: str) -> Sharing | None:
        """For this project; None where the lieu has no cloud."""
        if self.cloud is None:
            return None
        return Sharing(
            self.lieu, self.projects, self.arrivals, self.ownership, self.facts, self.rooms, self.cloud, request
        )

    async def plan(self, request: str) -> Plan:
        claim = await self.projects.claim(self.lieu, request)
        if claim["room"] and await self._was_made_for(claim["room"], claim["purpose"]):
            await self.projects.enter(self.lieu, request, claim["room"])
        return await self.projects.get(self.lieu, request)

    async def _was_made_for(self, room: str, purpose: str) -> bool:
        """Whether we are in this room, and it says itself what it is for."""
        try:
            inside = await self.facts.membership(room, self.facts.me) == "join"
            return inside and (await self.facts.origin(room))["key"] == purpose
        except Refused:
            return False

    async def lost(self, request: str, partner: str) -> None:
        """The project is no longer shared with this lieu."""
        await self.projects.lost(self.lieu, request, partner)

    async def enter(self, request: str) -> bool:
        """Into the room that the lieu that asked names, where its bot invited us and which is for that; else it is let
        alone, or left again. False where the bot is not in it."""
        door = await self.projects.named_room(self.lieu, request)
        if door["wait"]:
            raise Unavailable("matrix", SOON)
        if not door["room"] or not await self.membership.enter(door["room"], [door["by"].partition(":")[2]]):
            return False
        if door["by"] and not fits(door, await self.facts.origin(door["room"])):
            await self.membership.leave(door["room"])
            return False
        await self.projects.enter(self.lieu, request, door["room"])
        return True

    async def go(self, request: str, room: str) -> None:
        """The bot has nothing more to do in the room of this project, unless for another lieu of ours."""
        is_at_home = await self.projects.is_at_home(self.lieu, request, room)
        if is_at_home and not await self.projects.has_others(self.lieu, room):
            await self.membership.leave(room)

    async def invite(self, request: str, room: str, person: str) -> str:
        """Somebody of another lieu, into the room of this project."""
        if not await self.projects.is_at_home(self.lieu, request, room):
            raise Refused("no-longer-there")
        return await invite(self.facts, self.membership, self.lieu.space, room, person)

    async def has_guest(self, request: str, room: str, person: str) -> bool:
        """Whether the project goes on, and this person is in its room: then they may have a link to its folder."""
        plan = await self.plan(request)
        return bool(plan["open"] and plan["room"] == room and await self.facts.membership(room, person) == "join")

    async def shares(self, request: str) -> dict[str, str]:
        return await self.projects.shares(self.lieu, request)


async def passed_over() -> str:
    """What was a step of a conversation once, and is left to another one now."""
    return ""


async def invite(facts: Facts, membership: Membership, space: str, room: str, person: str) -> str:
    """Whoever is excluded here does not come back through another lieu."""
    if await facts.membership(space, person) == "ban":
        raise Refused("banned")
    return await membership.invite(room, person)


async def share_on(talk: Talk, sharing: Sharing, folder: str, people: list[str]) -> list[str]:
    """With our people, each by their account. Returns those who have none."""
    without = []
    for person in people:
        login = await talk.look("login", _login, sharing, person, item=person)
        try:
            made = await talk.do("share", _pass_on, sharing.cloud, folder, login, item=person) if login else None
        except Refused:
            made = None
        if made is None:
            without.append(person)
        else:
            await keep(talk, sharing, made["id"], person)
    return without


async def _login(sharing: Sharing, person: str) -> str:
    """What Nextcloud calls somebody: their account of the lieu, else that of their Matrix address."""
    arrival = await sharing.arrivals.of_person(sharing.lieu.id, person)
    return (arrival and arrival["login"]) or of_address(sharing.facts, person)


async def _pass_on(cloud: Nextcloud, folder: str, login: str) -> dict[str, Any]:
    """With all that the other lieu allows, which only a try tells."""
    try:
        return await cloud.shares.ensure(folder, person=login)
    except Refused:
        return await cloud.shares.ensure(folder, person=login, permissions=READ)


async def keep(talk: Talk, sharing: Sharing, share: str, whose: str) -> None:
    await talk.do("own", sharing.ownership.own, sharing.lieu.id, "nextcloud", "share", share, talk.person, item=share)
    await talk.do("keep", sharing.projects.share, sharing.lieu, sharing.request, share, whose, item=share)


async def by_link(talk: Talk, sharing: Sharing, folder: str, title: str, people: list[str]) -> None:
    """To each of ours a link of their own, said to them alone."""
    for person in people:
        private = await talk.do("direct", sharing.rooms.direct, person, item=person)
        told: dict[str, Any] = {"request": sharing.request, "folder": folder, "title": title}
        await talk.begin("project-link", person, private, item=person, **told)


@dialogue("project-link", action="help", silence="")
async def project_link(talk: Talk, tools: Tools, request: str, folder: str, title: str) -> None:
    """The password in one message, which nothing keeps, the link in another."""
    await talk.joined("opened", talk.room, talk.person, within=TO_OPEN)
    sharing, plan = tools.at(request), await talk.look("plan", tools.plan, request)
    if sharing is None or not plan["open"]:
        return
    if talk.person not in plan["coming"] and not await talk.look(
        "welcome", tools.has_guest, request, plan["room"], talk.person
    ):
        return
    made = await talk.do("make", _make_link, sharing.cloud, folder, f"{talk.id:x}")
    await keep(talk, sharing, made["id"], talk.person)
    key = f"{talk.id:x}"
    words: dict[str, Any] = {"project": title, "lieu": tools.lieu.name}
    await talk.whisper("project.password", talk.room, sharing.cloud.links.lock, made["id"], key, **words)
    await talk.say("project.link", project=title, link=Link(made["url"]))


class MadeLink(TypedDict):
    id: str
    url: str


async def _make_link(cloud: Nextcloud, folder: str, key: str) -> MadeLink:
    """To work together where links may, else to read."""
    policies = await cloud.policies.read()
    made = await cloud.links.ensure(folder, key, permissions=EDIT if policies.uploads else READ, locked=True)
    return {"id": made["id"], "url": made["url"]}
