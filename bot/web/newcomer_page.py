"""`/<lieu>/bienvenue/<token>`: the three steps of one newcomer, and which of them are done as the servers tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

from aiohttp import web

from bot.arrivals.client_links import STORES
from bot.arrivals.full_names import greeted
from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.matrix.facts import SignIn, server_of
from bot.services.institutional_sign_in import ways_in
from bot.store.arrivals import ENDED, Arrival
from bot.web.own_passwords import LONGEST, OwnPasswords, State, Trouble
from bot.web.page_parts import PageParts
from bot.web.password_links import PasswordLinks, Press
from bot.web.render import qr_code
from bot.words import Months
from integrations.directory import Directory
from integrations.element import element_at
from integrations.identity_providers import IdentityProviders, is_known
from integrations.nextcloud import Nextcloud

GONE = ("leave", "ban")
AFTERWARDS = 14 * 86_400_000  # milliseconds for which the page of somebody who has been welcomed is there
WHILE = 3600.0  # seconds for which what the homeserver says of itself is good
PHONES = ("Mobi", "Android", "iPhone", "iPad")  # in what a browser calls itself
PATIENCE, OF_ELEMENT = 8.0, 2.0  # seconds for which somebody waits for what the homeserver, and their Element, says
UNKNOWN_SIGN_IN: SignIn = {"sso": True, "password": False, "providers": []}
WITH_PASSWORD: SignIn = {"sso": False, "password": True, "providers": []}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Way:
    """How far somebody is. `account`: there is one whose password is theirs to choose, and where that is done here,
    `own` says how it stands; `signed_in` on Matrix, `entered` the private conversation with the bot: None where the
    homeserver does not tell; `welcomed`: the doors are open."""

    account: bool
    own: State | None
    signed_in: bool | None
    entered: bool | None
    status: str

    @property
    def has_password(self) -> bool:
        return bool(self.signed_in) or self.own == "chosen"

    @property
    def is_known(self) -> bool:
        return self.signed_in is not None and self.entered is not None

    @property
    def welcomed(self) -> bool:
        return self.status == "welcomed"


@dataclass(frozen=True, slots=True)
class Doors:
    """Of the homeserver's buttons, which may be `several`, those for the `own` account of the lieu, and those for an
    account of `elsewhere` that opens the same one; `beside` it: such accounts, a label and an address each."""

    several: bool
    own: list[str]
    elsewhere: list[str]
    beside: list[tuple[str, str]]


class NewcomerPage:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts
        self._links = PasswordLinks(parts)
        self._own = OwnPasswords(parts)

    async def is_over(self, lieu: Lieu, arrival: Arrival) -> bool:
        """Whether the link opens nothing any more: they did not come, have been here for a while, or are gone."""
        if arrival["status"] != "welcomed":
            return arrival["status"] in ENDED
        if self._parts.clock.now() - arrival["changed_at"] > AFTERWARDS:
            return True
        return await _told(self._parts.facts.membership(lieu.space, arrival["person"])) in GONE

    async def show(self, lieu: Lieu, arrival: Arrival, request: web.Request) -> web.Response:
        """Looks only: whatever opens the link on its way changes nothing."""
        if await self._is_paused(lieu, arrival):
            return await self._wait(lieu, arrival, request)
        return await self._page(lieu, arrival, request, await self._way(lieu, arrival))

    async def press(self, lieu: Lieu, arrival: Arrival, request: web.Request) -> web.Response:
        """The first password is chosen here; else a fresh link to it is sent, by the SSO's mail, or by going there at
        once where the directory gives it. Whoever is there already has a password."""
        if await self._is_paused(lieu, arrival):
            return await self._wait(lieu, arrival, request)
        way = await self._way(lieu, arrival)
        if not way.account:
            raise web.HTTPNotFound
        if directory := await self._own.directory(lieu):
            sent = await request.post()
            password, again = (str(sent.get(name, "")) for name in ("password", "again"))
            trouble = await self._own.choose(directory, lieu, arrival, password, again)
            if trouble is None:
                raise web.HTTPSeeOther(request.path)
            return await self._page(lieu, arrival, request, await self._way(lieu, arrival), trouble=trouble)
        press = Press("none") if way.signed_in or way.welcomed else await self._links.send(lieu, arrival)
        return await self._page(lieu, arrival, request, way, press)

    async def _is_paused(self, lieu: Lieu, arrival: Arrival) -> bool:
        return await self._parts.ownership.is_paused(lieu.id, arrival["login"], arrival["person"])

    async def _wait(self, lieu: Lieu, arrival: Arrival, request: web.Request) -> web.Response:
        """Whom the lieu has suspended is led nowhere meanwhile, for no door would open."""
        tongue = await self._tongue(lieu, arrival["person"], request)
        return self._parts.renderer.answer("paused", tongue, lieu=lieu.name)

    async def _page(
        self,
        lieu: Lieu,
        arrival: Arrival,
        request: web.Request,
        way: Way,
        press: Press | None = None,
        trouble: Trouble | None = None,
    ) -> web.Response:
        parts, person, space = self._parts, arrival["person"], lieu.space
        is_ours = server_of(person) == parts.facts.server
        sign_in = await self._sign_in()
        if way.own and sign_in["password"]:
            sign_in = WITH_PASSWORD  # with the one of this page, whoever else signs in there otherwise
        reach = parts.links.room if is_ours else parts.links.anywhere
        page = await parts.addresses.of_arrival(lieu, arrival["id"])
        return parts.renderer.answer(
            "newcomer",
            await self._tongue(lieu, person, request),
            status=422 if trouble else 200,
            lieu=lieu.name,
            theirs=lieu.choices.language,
            name=greeted(arrival["name"] or ""),
            way=way,
            by_mail=await self._links.come_by_mail(lieu) if way.account and not way.own else False,
            left=await self._links.left(arrival),
            outcome=press.outcome if press else "",
            given=press.link if press else "",
            trouble=trouble,
            login=arrival["login"] or "",
            longest=LONGEST,
            kept={kind: Months(months) for kind, months in lieu.choices.kept.items()},
            server=server_of(person),
            client=await self._client(arrival, sign_in),
            client_name=parts.links.client_url.partition("://")[2],
            knows_server=parts.links.knows_server,
            doors=await self._doors(lieu, sign_in["providers"] if sign_in["sso"] else [], page, way),
            app=parts.links.app(person),
            stores=STORES,
            on_phone=_is_phone(request),
            qr=qr_code(page),
            bot=await self._bot(),
            invitation=await self._invitation(arrival) if not way.entered else "",
            room=reach(str(arrival["room_id"]), parts.facts.server) if arrival["room_id"] else "",
            space=reach(space, parts.facts.server),
            cloud=await self._cloud(lieu) if way.welcomed and arrival["login"] else "",
            apart=await self._own.directory(lieu) is not None,
            here=request.path,
        )

    async def _tongue(self, lieu: Lieu, person: str, request: web.Request) -> str:
        """Their own choice, else what their browser asks for, else the lieu's."""
        chosen = await self._parts.people.language(person, None, "")
        return chosen or self._parts.renderer.tongue(request, lieu.tongue)

    async def _way(self, lieu: Lieu, arrival: Arrival) -> Way:
        account, signed_in, entered = await asyncio.gather(
            self._links.is_wanted(lieu, arrival), self._has_signed_in(lieu, arrival), self._has_entered(arrival)
        )
        directory = await self._own.directory(lieu) if account and not entered else None
        own = await self._own.state(directory, lieu, arrival) if directory else None
        return Way(account, own, True if entered else signed_in, entered, arrival["status"])

    async def _has_signed_in(self, lieu: Lieu, arrival: Arrival) -> bool | None:
        if not arrival["login"]:
            return True  # invited by the address that they have
        directory = await self._own.directory(lieu)
        if directory is not None:  # an account is there before anybody is in it
            return await _told(directory.is_in_use(arrival["login"]))
        return await _told(self._parts.facts.exists(arrival["person"]))

    async def _has_entered(self, arrival: Arrival) -> bool | None:
        if not arrival["room_id"]:
            return False
        told = await _told(self._parts.facts.membership(arrival["room_id"], arrival["person"]))
        return None if told is None else told == "join"

    async def _invitation(self, arrival: Arrival) -> str:
        """What their client calls the room in which the bot waits; empty where it has no name."""
        return (await _told(self._parts.facts.name(arrival["room_id"])) or "") if arrival["room_id"] else ""

    async def _doors(self, lieu: Lieu, buttons: list[str], page: str, way: Way) -> Doors:
        providers = cast(IdentityProviders, await self._parts.provide(IdentityProviders, lieu))
        directory = cast(Directory, await self._parts.provide(Directory, lieu))
        named = providers.buttons(buttons)
        own = [name for name in buttons if name not in named and not is_known(name)]
        return Doors(
            several=len(buttons) > 1,
            own=own or buttons,
            elsewhere=named if own and way.account else [],
            beside=ways_in(providers, directory, page) if way.account else [],
        )

    async def _sign_in(self) -> SignIn:
        return await _told(self._parts.recent.of("sign in", WHILE, self._parts.facts.sign_in)) or UNKNOWN_SIGN_IN

    async def _bot(self) -> str:
        """What the bot calls itself."""
        facts = self._parts.facts
        name = self._parts.recent.of("bot", WHILE, lambda: facts.display_name(facts.me))
        return await _told(name) or facts.own_login(facts.me)

    async def _client(self, arrival: Arrival, sign_in: SignIn) -> str:
        """Where they sign in; the conversation that waits for them, where that leads by the SSO of itself."""
        parts, room = self._parts, arrival["room_id"]
        if not sign_in["sso"]:
            return parts.links.sign_in(arrival["login"] or "" if sign_in["password"] else "")
        if room and parts.links.knows_server and await parts.recent.of("client", WHILE, self._is_straight):
            return parts.links.room(room, parts.facts.server)
        return parts.links.sign_in()

    async def _is_straight(self) -> bool:
        element = await element_at(self._parts.links.client_url, OF_ELEMENT)
        return element is not None and element.straight_to_sso

    async def _cloud(self, lieu: Lieu) -> str:
        """Where their files are; empty where the lieu has none."""
        cloud = cast(Nextcloud | None, await self._parts.provide(Nextcloud, lieu))
        return cloud.client.url if cloud and lieu.choices.group else ""


async def _told(asked: Awaitable[T]) -> T | None:
    """What the homeserver says; None where it does not, or not soon: somebody waits in front of a page."""
    with suppress(Refused, Unavailable, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            return await asked
    return None


def _is_phone(request: web.Request) -> bool:
    return any(word in request.headers.get("User-Agent", "") for word in PHONES)
