"""What lieux do together: for scripts. All results are JSON; lieux other than ours are called as on the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any

from bot.lieux import Lieu
from bot.matrix.facts import server_of
from bot.network import lieu_labels, project_rooms, rate_limits
from bot.network.agreements import MOST, Agreements, known, title
from bot.network.card_texts import CardTexts
from bot.network.discussion import OFFER
from bot.network.outgoing import Outgoing, root, wire_id
from bot.network.request_cards import RequestCards
from bot.store import budgets, networks, projects, request_history, requests
from bot.store.budgets import Budget, Spending
from bot.store.database import Database, Tx
from bot.store.networks import Neighbour
from bot.store.request_history import Said
from bot.store.requests import Request
from integrations.domains import cloud_asked

Json = dict[str, Any]
LONGEST_STORY = 60  # lines


class Projects:
    """`go_on` takes up a conversation; `now` in milliseconds."""

    def __init__(
        self,
        outgoing: Outgoing,
        texts: CardTexts,
        cards: RequestCards,
        agreements: Agreements,
        database: Database,
        go_on: Callable[[int], Awaitable[None]],
        posted: Callable[[], None],
        now: Callable[[], int],
    ) -> None:
        self._outgoing, self._texts, self._cards, self._agreements = outgoing, texts, cards, agreements
        self._database, self._go_on, self._posted, self._now = database, go_on, posted, now

    # -- what there is

    async def get(self, lieu: Lieu, request: str) -> projects.Plan:
        """`request`, `wire` (how its lieu calls it), `number`, `title`, `home` (whether we asked), `room`, `folder`,
        `offer`, `open`, `since`; `coming`: who of ours, and whether they are a concierge; `partners`: `lieu`, `name`,
        `bot`, `servers` (where its people live), `cloud`, `people`, and whether we have `met`: they know of the room.
        `room` is empty where what the other lieu calls so is none."""
        return await self._database.read(self._get, lieu, request)

    async def of(self, lieu: Lieu) -> list[projects.Plan]:
        """Every project of a lieu of ours, as `get` tells each: those that go on, then the newest."""
        found = await self._database.read(projects.of, lieu.id)
        return [await self.get(lieu, project.request) for project in found]

    def _get(self, tx: Tx, lieu: Lieu, id: str) -> projects.Plan:
        request, card = known(tx, lieu, id)
        project, me = projects.get(tx, id, lieu.id), wire_id(lieu)
        return {
            "request": id,
            "wire": request.wire,
            "number": card.number,
            "title": title(request),
            "home": request.home == me,
            "room": project_rooms.room_of(tx, project) if project else "",
            "folder": project.folder if project else "",
            "offer": project.offer if project else "",
            "open": project is not None and project.status == "open",
            "since": project.since if project else 0,
            "coming": projects.coming(tx, id, lieu.id),
            "partners": [_partner(tx, request, me, other) for other in projects.partners(tx, id, me)],
        }

    async def folder_beside(self, lieu: Lieu, request: str) -> str:
        """The project's folder where another lieu of ours has it, in the cloud that both share; or empty."""
        return await self._database.read(projects.folder_beside, request, lieu.id)

    async def came_by(self, request: str, offer: str) -> bool:
        """Whether the folder of this project came by this offer, at one of our lieux."""
        return await self._database.read(projects.came_by, request, offer)

    async def has_others(self, lieu: Lieu, room_id: str) -> bool:
        """Whether another lieu of ours has its project in this room."""
        return any(project.lieu != lieu.id for project in await self._database.read(projects.in_room, room_id))

    async def named_room(self, lieu: Lieu, request: str) -> projects.OfferedRoom:
        """What the lieu that asked calls its room, to be looked at before anybody enters it: `project_rooms`."""
        return await self._database.read(project_rooms.named_room, lieu, request, self._now())

    async def claim(self, lieu: Lieu, request: str) -> projects.ClaimedRoom:
        """The room that this project had with another bot: `project_rooms.claim`."""
        return await self._database.read(project_rooms.claim, lieu, request)

    async def is_at_home(self, lieu: Lieu, request: str, room_id: str) -> bool:
        """Whether this is the room of this project, and nothing else."""
        return await self._database.read(_is_at_home, lieu, request, room_id)

    # -- what is made so

    async def enter(self, lieu: Lieu, request: str, room_id: str) -> None:
        """The bot is in the room, which is what its lieu said."""
        await self._database.write(projects.enter, request, lieu.id, room_id)

    async def open(self, lieu: Lieu, request: str, room_id: str) -> None:
        """The room is made: the request and its story are told there first."""
        await self._database.write(self._open, lieu, request, room_id)
        self._posted()

    def _open(self, tx: Tx, lieu: Lieu, id: str, room_id: str) -> None:
        request, _ = known(tx, lieu, id)
        before, now = projects.get(tx, id, lieu.id), self._now()
        projects.open(tx, id, lieu.id, title(request), room_id, now, entered=True)
        if before is None:
            self._tell(tx, lieu, request, room_id, now)

    def _tell(self, tx: Tx, lieu: Lieu, request: Request, room_id: str, now: int) -> None:
        """What was asked, and what these lieux said about it."""
        texts, partners = self._texts, {wire_id(lieu), *projects.partners(tx, request.id, wire_id(lieu))}
        self._outgoing.post(tx, room_id, f"project/{request.id}", texts.told(lieu, request.body), now)
        said = [one for one in request_history.story(tx, request.id, lieu.id, OFFER) if _is_theirs(one, partners)]
        for n, one in enumerate(said[-LONGEST_STORY:]):
            if one.text:
                told = texts.said(lieu, one.name, {"text": one.text}, None)
            else:
                told = texts.below(lieu, "between.offers", None, lieu=one.name)
            self._outgoing.post(tx, room_id, f"project/{request.id}/{n}", told, now)

    async def announce(
        self, lieu: Lieu, request: str, partner: str, key: int, folder: str = "", people: Sequence[str] = ()
    ) -> None:
        """Tell a partner of the room, of a folder that is offered to its cloud, or to whom its cloud may open one: once
        for each `key`."""
        await self._database.write(self._announce, lieu, request, partner, key, folder, people)
        self._posted()

    def _announce(
        self, tx: Tx, lieu: Lieu, id: str, partner: str, key: int, folder: str, people: Sequence[str]
    ) -> None:
        request, card = known(tx, lieu, id)
        project, texts, thread = projects.get(tx, id, lieu.id), self._texts, root(request)
        txn = f"{card.txn}/project/{key:x}"
        if project is None or self._outgoing.is_posted(tx, txn):
            return
        fields: Json = {"state": "project", "with": partner, "room": project.room_id}
        fields |= {name: value for name, value in (("folder", folder), ("people", list(people)[:MOST])) if value}
        if folder:
            told = texts.below(lieu, "between.project-folder", thread, lieu=lieu.name)
        else:
            told = texts.below(lieu, "between.project", thread, lieu=lieu.name)
        self._outgoing.send(tx, request, card, lieu, "state", fields, told, txn, self._now())
        projects.meet(tx, id, partner, wire_id(lieu))

    async def name_folder(self, lieu: Lieu, request: str, wanted: str) -> str:
        """The name of the project's folder, which no other project of ours has."""
        return await self._database.write(projects.name_folder, request, lieu.id, wanted)

    async def put_in(self, lieu: Lieu, request: str, folder: str, offer: str) -> None:
        """How the project's folder is called in our cloud, and by which offer it came there."""
        await self._database.write(projects.put_in, request, lieu.id, folder, offer)

    async def share(self, lieu: Lieu, request: str, share: str, whose: str) -> None:
        """Through this share of the folder, somebody reaches it, or a lieu."""
        await self._database.write(projects.share, request, lieu.id, share, whose)

    async def shares(self, lieu: Lieu, request: str) -> dict[str, str]:
        """share → whose."""
        return await self._database.read(projects.shares, request, lieu.id)

    async def unshare(self, lieu: Lieu, request: str, share: str) -> None:
        await self._database.write(projects.unshare, request, lieu.id, share)

    # -- guests

    async def turn(self, request: str, partner: str, person: str) -> float:
        """Seconds until somebody whom this partner sends is invited; 0 where it is now, and that counts."""
        return await self._database.write(self._turn, request, partner, person)

    def _turn(self, tx: Tx, id: str, partner: str, person: str) -> float:
        now = self._now()
        spending = self._spend(tx, rate_limits.GUESTS, id, partner, f"{id}/{person}", now)
        return 0.0 if spending.within else max(1.0, (spending.until - now) / 1000)

    async def may_ask(self, request: str, partner: str, talk: int) -> bool:
        """Whether our concierges can be asked once more about people of elsewhere whom this partner sends."""
        return await self._database.write(self._may_ask, request, partner, talk)

    def _may_ask(self, tx: Tx, id: str, partner: str, talk: int) -> bool:
        return self._spend(tx, rate_limits.QUESTIONS, id, partner, f"{talk:x}", self._now()).within

    async def may_offer(self, request: str, person: str, talk: int) -> bool:
        """Whether this conversation is the one in which a guest is offered a link to the folder."""
        spend, source = budgets.spend, f"wire/{request}/{person}"
        spending = await self._database.write(spend, rate_limits.LINKS, source, f"{talk:x}", self._now())
        return spending.within

    def _spend(self, tx: Tx, budget: Budget, id: str, partner: str, cause: str, now: int) -> Spending:
        request = requests.get(tx, id)
        if request is None:
            raise KeyError(id)
        return budgets.spend(tx, budget, rate_limits.source(request.network, partner), cause, now)

    # -- who comes, and who leaves

    async def come(self, lieu: Lieu, request: str, person: str, keeps: bool) -> None:
        """Somebody of ours wants to be in a project; `keeps`: a concierge."""
        await self._write(lambda tx: self._agreements.come(tx, request, lieu, person, self._now(), keeps=keeps))

    async def others(self, lieu: Lieu, request: str) -> list[projects.OtherLieu]:
        """The lieux of the network that could be asked to join a project of ours: `lieu`, `name`."""
        return await self._database.read(self._others, lieu, request)

    def _others(self, tx: Tx, lieu: Lieu, id: str) -> list[projects.OtherLieu]:
        request, _ = known(tx, lieu, id)
        there = {wire_id(lieu), *projects.partners(tx, id, wire_id(lieu))}
        found = [one.lieu for one in networks.neighbours(tx, request.network) if one.lieu not in there]
        return [{"lieu": lieu, "name": lieu_labels.shown(tx, request.network, lieu)} for lieu in found]

    async def ask_lieu(self, lieu: Lieu, request: str, other: str) -> None:
        """Another lieu is asked to do it with us, whether it answered the request or not."""
        await self._write(lambda tx: self._agreements.say_yes(tx, *known(tx, lieu, request), lieu, other, self._now()))

    async def close(self, lieu: Lieu, request: str) -> None:
        """A project of ours is over, and what was asked is done; or ours leaves the project of another lieu."""
        await self._write(partial(self._close, lieu, request))

    def _close(self, lieu: Lieu, id: str, tx: Tx) -> None:
        (request, card), now, me = known(tx, lieu, id), self._now(), wire_id(lieu)
        at_one, before = projects.partners(tx, id, me), projects.get(tx, id, lieu.id)
        if before is None or before.status == "closed":
            return
        projects.close(tx, id, lieu.id, now)
        for other in at_one:
            projects.part(tx, id, me, other)
        if at_one:
            txn, fields = f"{card.txn}/closed/{now}", {"state": "closed"}
            told = self._texts.below(lieu, "between.project-over", root(request), lieu=lieu.name)
            self._outgoing.send(tx, request, card, lieu, "state", fields, told, txn, now)
        if request.home == me:
            self._cards.revise(tx, lieu, id, {"state": "fulfilled", "with": at_one}, now)

    async def lost(self, lieu: Lieu, request: str, partner: str) -> None:
        """A lieu left our project; or the project of that lieu is over."""
        await self._database.write(self._lost, lieu, request, partner)

    def _lost(self, tx: Tx, lieu: Lieu, id: str, partner: str) -> None:
        request, me = requests.get(tx, id), wire_id(lieu)
        projects.part(tx, id, me, partner)
        projects.part(tx, id, partner, me)
        if request is not None and request.home == partner:
            projects.close(tx, id, lieu.id, self._now())

    async def _write(self, work: Callable[[Tx], None]) -> None:
        """And take up the conversations that were begun by it."""
        begun = await self._database.write(self._beginning, work)
        self._posted()
        for conversation in begun:
            await self._go_on(conversation)

    def _beginning(self, tx: Tx, work: Callable[[Tx], None]) -> list[int]:
        work(tx)
        return self._outgoing.begun()


def _is_at_home(tx: Tx, lieu: Lieu, request: str, room_id: str) -> bool:
    project = projects.get(tx, request, lieu.id)
    return project is not None and bool(room_id) and project_rooms.room_of(tx, project) == room_id


def _partner(tx: Tx, request: Request, me: str, other: str) -> projects.Partner:
    known = networks.neighbour(tx, request.network, other)
    told = known.card if known else {}
    return {
        "lieu": other,
        "name": lieu_labels.shown(tx, request.network, other),
        "bot": known.bot if known else "",
        "servers": [server_of(known.bot), *told.get("servers", ())] if known else [],
        "cloud": _cloud(tx, known) if known else "",
        "people": projects.agreed(tx, request.id, other, me) or {},
        "met": projects.has_met(tx, request.id, other, me),
    }


def _cloud(tx: Tx, one: Neighbour) -> str:
    """Where it says that folders are offered to it; empty where another bot says so of its own: whose it is cannot be
    known, and one of them would be given what is meant for the other, or take it. A link does as well."""
    told = str(one.card.get("cloud", ""))
    others = [other for other in networks.everybody(tx) if other.bot != one.bot and other.lieu != one.lieu]
    return (
        ""
        if told and any(cloud_asked(str(other.card.get("cloud", ""))) == cloud_asked(told) for other in others)
        else told
    )


def _is_theirs(said: Said, lieux: Collection[str]) -> bool:
    """Said by one of these lieux, to all or to one of them."""
    return said.lieu in lieux and (not said.meant or not set(said.meant).isdisjoint(lieux))
