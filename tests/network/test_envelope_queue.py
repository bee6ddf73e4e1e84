"""What other lieux send about a request is taken in order, each kind by its handler."""

from __future__ import annotations

from bot.network.agreements import Agreements
from bot.network.authority import RULES
from bot.network.card_texts import CardTexts
from bot.network.discussion import Discussion
from bot.network.envelope_queue import EnvelopeQueue
from bot.network.outgoing import Outgoing
from bot.network.request_cards import RequestCards
from bot.words import Words


def test_every_kind_that_may_be_said_about_a_request_has_a_handler() -> None:
    outgoing, texts = Outgoing("@conciergerie:lieu.fr"), CardTexts(Words.load())
    cards = RequestCards(outgoing, texts)
    discussion = Discussion(outgoing, texts, cards)
    queue = EnvelopeQueue(outgoing, cards, discussion, Agreements(outgoing, texts, cards, discussion))
    said = {kind for kind, rule in RULES.items() if rule.about is not None}
    assert said == {*queue._handlers, "request"}
