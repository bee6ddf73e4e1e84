"""What somebody sends from the pages to come in: what is made of it, once, however often and by whomever it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256

from bot.arrivals.page_addresses import PageAddresses
from bot.lieux import Lieu
from bot.store import budgets, conversations
from bot.store import join_requests as store
from bot.store.budgets import DAY, Budget
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.store.join_requests import TO_CONFIRM, Asked, JoinRequest
from bot.talk.engine import Engine
from integrations.domains import email_asked

PURPOSE = "join"  # of the tokens
# What one lieu takes in an hour; what one mailbox is sent, of all lieux together; what is asked about one by one.
FORMS, MAILS, CARDS = Budget("join-forms", 30), Budget("join-mails", 3, DAY), Budget("join-cards", 4)
NOBODY = 0  # the id of no request
SAME = {"googlemail.com": "gmail.com"}


class JoinDoor:
    """`me` is the bot; `now` in milliseconds."""

    def __init__(
        self, me: str, database: Database, engine: Engine, addresses: PageAddresses, now: Callable[[], int]
    ) -> None:
        self._me, self._database, self._engine = me, database, engine
        self._addresses, self._now = addresses, now

    async def ask(self, lieu: Lieu, form: str, asked: Asked) -> bool:
        """Somebody asks to come, by the page that they were given as `form`. False where too many do; all else looks
        the same to whoever asks, whatever is known of the address."""
        now, mailbox = self._now(), asked["mailbox"]
        cause = f"join/{lieu.id}/{form}/{_digest(mailbox)}"
        forms, mails = (FORMS, budgets.of_lieu(lieu.id)), (MAILS, f"mailbox/{_digest(_owner(mailbox))}")
        if not (await self._database.read(budgets.spent, *forms, now, cause)).within or lieu.office is None:
            return False
        known = await self._database.read(store.decided, lieu.id, mailbox)
        begun = Conversation("join-mail", self._me, lieu.office, cause, lieu.id)
        works = [
            partial(_spend, budget=budget, source=source, cause=cause, now=now) for budget, source in (forms, mails)
        ]
        if not (await self._database.read(budgets.spent, *mails, now, cause)).within:
            await self._engine.start(_about(begun, NOBODY), works[0])
        elif known is not None:
            await self._engine.start(_about(begun, known["id"]), *works)
        else:
            anew = partial(store.ask, id=begun.id, lieu=lieu.id, asked=asked, now=now)
            await self._engine.start(_about(begun, begun.id), anew, *works)
        return True

    async def address(self, lieu: Lieu, id: int) -> str:
        """The page on which somebody confirms, or answers a question; for their eyes only."""
        page = await self._addresses.of_lieu(lieu)
        return page and f"{page}/demande/{self._addresses.tokens.of(PURPOSE, id)}"

    async def find(self, lieu: Lieu, token: str) -> JoinRequest | None:
        """What this address stands for, where it still does."""
        id = self._addresses.tokens.read(PURPOSE, token)
        row = None if id is None else await self._database.read(store.get, id)
        if row is None or row["lieu"] != lieu.id:
            return None
        late = row["status"] == "asked" and row["changed_at"] < self._now() - TO_CONFIRM
        return None if late else row

    async def confirm(self, lieu: Lieu, row: JoinRequest) -> None:
        """The address is theirs: the concierges are asked, one by one or about many together."""
        known = await self._database.read(store.decided, lieu.id, row["mailbox"])
        if row["status"] != "asked" or known is not None:
            return  # two of one person are one
        now, source, cause = self._now(), budgets.of_lieu(lieu.id), f"join-request/{row['id']}"
        mark = partial(store.confirm, id=row["id"], now=now)
        wave = await self._database.read(conversations.goes_on, "join-wave", lieu.id)
        if wave or lieu.office is None:
            await self._database.write(mark)
        elif (await self._database.read(budgets.spent, CARDS, source, now, cause)).within:
            card = Conversation("join-request", self._me, lieu.office, cause, lieu.id)
            spends = partial(_spend, budget=CARDS, source=source, cause=cause, now=now)
            await self._engine.start(_about(card, row["id"]), mark, spends)
        else:
            await self._engine.start(Conversation("join-wave", self._me, lieu.office, cause, lieu.id), mark)

    async def answer(self, lieu: Lieu, row: JoinRequest, said: str) -> None:
        """What a concierge wanted to know goes to the conciergerie, and they are asked again."""
        if row["status"] != "confirmed" or row["question"] is None or row["answer"] is not None or not lieu.office:
            return
        cause = f"join-answer/{row['id']}/{row['changed_at']}"
        card = Conversation("join-request", self._me, lieu.office, cause, lieu.id)
        await self._engine.start(
            _about(card, row["id"]), partial(store.answer, id=row["id"], said=said, now=self._now())
        )


def mailbox_of(email: str) -> str:
    """Two e-mail addresses of one mailbox are one."""
    local, _, domain = email_asked(email).rpartition("@")
    return f"{local}@{SAME.get(domain, domain)}"


def _owner(mailbox: str) -> str:
    """Whoever reads it, as far as an address shows: what is behind a « + », and dots, make no other reader for many
    providers."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _digest(text: str) -> str:
    """So that nobody's address is where only something must be counted."""
    return sha256(text.encode()).hexdigest()[:32]


def _about(conversation: Conversation, id: int) -> Conversation:
    return replace(conversation, args={"request": id})


def _spend(tx: Tx, budget: Budget, source: str, cause: str, now: int) -> None:
    budgets.spend(tx, budget, source, cause, now)
