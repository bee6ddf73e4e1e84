"""Who may say what, about what, and where: every kind of envelope in one table, asked before anything changes.

The network is that of the room in which it is said. A request is looked up there by its name and nowhere else; a lieu
is whom that network's moderators declare there. What the table does not have is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.network.envelope import Envelope
from bot.store.inbox import Event
from bot.store.networks import Neighbour, Network
from bot.store.requests import Request

Json = dict[str, Any]
By = Callable[[str, Json, Neighbour | None], bool]
About = Callable[[Request, Json], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """`by`: whether this account may say so, of the lieu as the network declares it; `about`: of this request, where it
    is about one."""

    by: By
    about: About | None = None


def _itself(sender: str, body: Json, lieu: Neighbour | None) -> bool:
    return bool(body["card"]["bot"] == sender)


def _its_bot(sender: str, body: Json, lieu: Neighbour | None) -> bool:
    return lieu is not None and lieu.bot == sender


def _own(request: Request, body: Json) -> bool:
    return bool(request.home == body["lieu"])


def _anothers(request: Request, body: Json) -> bool:
    return bool(request.home != body["lieu"])


def _any(request: Request, body: Json) -> bool:
    return True


def _between_two(request: Request, body: Json) -> bool:
    """The lieu that asked and another one: nobody else has a say."""
    return body["lieu"] != body.get("with") and request.home in (body["lieu"], body.get("with"))


RULES: Mapping[str, Rule] = {
    "hello": Rule(_itself),
    "bye": Rule(_its_bot),
    "request": Rule(_its_bot, _own),
    "offer": Rule(_its_bot, _anothers),
    "message": Rule(_its_bot, _any),
    "state/agree": Rule(_its_bot, _between_two),
    "state/project": Rule(_its_bot, _own),
    "state/closed": Rule(_its_bot, _any),  # where both had agreed
}


def is_in_place(event: Event, network: Network) -> bool:
    """Envelopes are said in the coordination room, in clear: nowhere else."""
    return event.room_id == network.room_id and not event.encrypted


def may_say(sender: str, envelope: Envelope, lieu: Neighbour | None) -> bool:
    rule = _rule(envelope.kind, envelope.body)
    return rule is not None and rule.by(sender, envelope.body, lieu)


def may_be_about(kind: str, body: Json, request: Request) -> bool:
    rule = _rule(kind, body)
    return rule is not None and rule.about is not None and rule.about(request, body)


def kind_of(kind: str, body: Json) -> str:
    """As the table calls it: a decision by what is decided."""
    return f"{kind}/{body['state']}" if kind == "state" else kind


def _rule(kind: str, body: Json) -> Rule | None:
    return RULES.get(kind_of(kind, body))
