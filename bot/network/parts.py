"""All that goes on between lieux, built together: what scripts are handed, and who hears what is said there."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from bot.lieux import Lieu
from bot.matrix.facts import server_of
from bot.matrix.membership import Membership
from bot.matrix.room_settings import RoomSettings
from bot.network.administration import Administration
from bot.network.admissions import Admissions
from bot.network.agreements import Agreements
from bot.network.card_texts import CardTexts
from bot.network.censuses import Censuses
from bot.network.declarations import Declarations
from bot.network.discussion import Discussion
from bot.network.envelope_queue import EnvelopeQueue
from bot.network.handover import Handover
from bot.network.networks import Networks
from bot.network.outgoing import Outgoing
from bot.network.project_listener import ProjectListener
from bot.network.projects import Projects
from bot.network.request_cards import RequestCards
from bot.network.request_listener import RequestListener
from bot.network.requests import Requests
from bot.network.sender_check import SenderCheck
from bot.talk.budgets import Budgets
from bot.talk.command_line import CommandTable
from bot.talk.context import Context
from bot.talk.engine import Engine
from bot.talk.ports import CloudAddress, NetworkRooms


class NetworkParts:
    """`me` is the bot, `table` knows our commands, `allowed_servers` those whose people may invite us."""

    def __init__(
        self,
        me: str,
        table: CommandTable,
        context: Context,
        rooms: NetworkRooms,
        membership: Membership,
        room_settings: RoomSettings,
        engine: Engine,
        allowed_servers: Collection[str],
    ) -> None:
        database, posted, now = context.database, context.posted, context.now
        servers = sorted({*allowed_servers} - {server_of(me)})
        cloud_of = partial(_cloud_of, context)

        outgoing, texts = Outgoing(me), CardTexts(context.words)
        self.cards = cards = RequestCards(outgoing, texts)
        discussion = Discussion(outgoing, texts, cards)
        agreements = Agreements(outgoing, texts, cards, discussion)
        queue = EnvelopeQueue(outgoing, cards, discussion, agreements)
        declarations = Declarations(servers, database, outgoing, texts, cards, rooms, now, posted, cloud_of)
        administration = Administration(me, declarations, database, rooms)

        self.networks = Networks(declarations, administration, outgoing, texts, cards, database, rooms, now, posted)
        self.requests = Requests(texts, cards, discussion, queue, database, posted, now)
        self.projects = Projects(outgoing, texts, cards, agreements, database, engine.advance, posted, now)
        self.censuses = Censuses(database, now)
        self.handover = Handover(database, self.networks, membership, room_settings)

        budgets = Budgets(database, now)
        self.admissions = Admissions(
            me, database, context.lieux, self.networks, budgets, allowed_servers, engine.start, engine.cancel
        )
        check = SenderCheck(me, database, texts, declarations.refresh, posted, now)
        self.request_listener = RequestListener(table, context, outgoing, queue, discussion, agreements, check, engine)
        self.project_listener = ProjectListener(database, context.lieux, context.people)

    @property
    def capabilities(self) -> dict[type, object]:
        """What scripts may be handed."""
        return {
            Networks: self.networks,
            Censuses: self.censuses,
            Requests: self.requests,
            Projects: self.projects,
            Handover: self.handover,
        }


async def _cloud_of(context: Context, lieu: Lieu) -> str:
    """Where others offer their folders to a lieu; empty where it has no cloud."""
    cloud = await context.provide(CloudAddress, lieu)
    return await cloud.cloud_id() if isinstance(cloud, CloudAddress) else ""
