"""How a request and what is said about it look, in a lieu's rooms and in the room that all lieux share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.lieux import Lieu
from bot.matrix import passages
from bot.matrix.markup import Quote, clean, one_line
from bot.matrix.message import text
from bot.network.geography import called
from bot.store.networks import Neighbour
from bot.words import Words

Json = dict[str, Any]
HELP, ASK, MUTE, AGREE = "🙋", "❓", "🔕", "✅"
LONGEST_NAME, LONGEST_LINE = 200, 120
FULFIL, EXTEND, WITHDRAW = "🎉", "⏳", "🚫"
OFFERED, OURS = (HELP, ASK, MUTE), (FULFIL, EXTEND, WITHDRAW)
DETAILS = ("where", "from", "until", "whom", "how", "link")


@dataclass(frozen=True, slots=True)
class CardTexts:
    """Contents of messages, in the language of `lieu`. `thread` is the message below which they are said."""

    words: Words

    def shared(self, lieu: Lieu, body: Json, partners: Sequence[str] = ()) -> Json:
        """A request in the coordination room, for people without a bot; `partners` are the lieux that it is `with`."""
        return self.below(lieu, "between.shared", None, **self._request(lieu, body, lieu.name, partners))

    def local(self, lieu: Lieu, body: Json, number: int, asker: Neighbour | None, partners: Sequence[str] = ()) -> Json:
        """A request in a room of a lieu; `asker` is the other lieu that asks."""
        return self.below(
            lieu, self._shape(body, asker), None, number=number, **self._seen(lieu, body, asker, partners)
        )

    def quoted(self, lieu: Lieu, body: Json, asker: Neighbour | None, partners: Sequence[str] = ()) -> Quote:
        """The same within another message, without what can be done with it."""
        return self._quote(lieu, "between.preview", **self._seen(lieu, body, asker, partners))

    def attachment(self, lieu: Lieu, attachment: Json, thread: Any) -> Json:
        """The picture or the file of a request."""
        name = clean(attachment["name"], LONGEST_NAME)
        return self.below(lieu, "between.attachment", thread, name=name) | _attached(attachment, name)

    def _shape(self, body: Json, asker: Neighbour | None) -> str:
        whose, ended = "" if asker else "-ours", "" if body["state"] in ("open", "discussed") else "-ended"
        return f"between.card{whose}{ended}"

    def one_line(self, lieu: Lieu, body: Json, number: int, asker: Neighbour | None) -> str:
        """A request among others."""
        name = self._who(lieu, asker) if asker else body["lieu"]
        what = one_line(body["what"], LONGEST_LINE)
        return self._phrase(lieu, "between.one-line", number=number, lieu=name, what=what)

    def more(self, lieu: Lieu, n: int) -> str:
        """« … et 12 autres »."""
        return self._phrase(lieu, "between.and-more", n=n)

    def told(self, lieu: Lieu, body: Json) -> Json:
        """What a project began with."""
        return self.below(lieu, "between.told", None, **self._request(lieu, body, lieu.name, ()))

    def said(self, lieu: Lieu, who: str, said: Json, thread: Any) -> Json:
        """A line of somebody, as `passages.Said` has it; `name` where they gave it."""
        who = self._phrase(lieu, "between.by", lieu=who, name=said["name"]) if said.get("name") else who
        if said.get("deleted"):
            return self.below(lieu, "between.taken-back", thread, lieu=who)
        attached, shown = said.get("attachment"), passages.shown(said)
        words = shown if shown.plain else clean(attached["name"], LONGEST_NAME) if attached else ""
        key = "between.line-cut" if said.get("cut") else "between.line"
        content = self.below(lieu, key, thread, lieu=who, said=words)
        return content | _attached(attached, clean(attached["name"], LONGEST_NAME)) if attached else content

    def below(self, lieu: Lieu, key: str, thread: Any, /, *, notice: bool = False, **holes: Any) -> Json:
        """A sentence below a card, or below the request in the coordination room."""
        sentence = self.words.sentence(lieu.tongue, key, holes, overlay=lieu.words, zone=lieu.choices.zone)
        return text(*sentence, thread=thread, notice=notice)

    def _quote(self, lieu: Lieu, key: str, /, **holes: Any) -> Quote:
        return Quote(*self.words.sentence(lieu.tongue, key, holes, overlay=lieu.words, zone=lieu.choices.zone))

    def _seen(self, lieu: Lieu, body: Json, asker: Neighbour | None, partners: Sequence[str]) -> Json:
        return self._request(lieu, body, self._who(lieu, asker) if asker else lieu.name, partners)

    def state(self, lieu: Lieu, state: str, partners: Sequence[str]) -> str:
        """« C’est pourvu, merci à La Rosée »."""
        key = f"between.state.{state}-with"
        if partners and self.words.has(key):
            return self._phrase(lieu, key, lieux=list(partners))
        return self._phrase(lieu, f"between.state.{state}")

    def _request(self, lieu: Lieu, body: Json, name: str, partners: Sequence[str]) -> Json:
        state = self.state(lieu, body["state"], partners)
        kind = self.words.word(lieu.tongue, f"between.kind.{body['kind']}")
        asked_by = self._phrase(lieu, "between.by", lieu=name, name=body["name"]) if body.get("name") else name
        details = [self._phrase(lieu, f"between.detail.{field}", value=value) for field, value in _details(body)]
        return {"kind": kind, "what": body["what"], "home": name, "lieu": asked_by, "state": state, "details": details}

    def _who(self, lieu: Lieu, neighbour: Neighbour) -> str:
        key, holes = called(neighbour.card, neighbour.far)
        return self._phrase(lieu, key, **holes)

    def _phrase(self, lieu: Lieu, key: str, /, **holes: Any) -> str:
        template, shown = self.words.sentence(lieu.tongue, key, holes, overlay=lieu.words, zone=lieu.choices.zone)
        return template.replace("**", "").format_map(shown)


def _attached(attachment: Json, name: str) -> Json:
    """A picture or a file; the sentence is its caption."""
    source: Json = {field: attachment[field] for field in ("url", "file", "info") if field in attachment}
    return {"msgtype": attachment["msgtype"], "filename": name, **source}


def _details(body: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What is said besides the request itself; days as such."""
    found = [(field, body[field]) for field in DETAILS if body.get(field)]
    found += [("attachment", clean(body["attachment"]["name"], LONGEST_NAME))] if body.get("attachment") else []
    return [(field, _day(value) if field in ("from", "until") else value) for field, value in found]


def _day(told: str) -> Any:
    return day_of(told) or told


def day_of(told: str | None) -> date | None:
    """What another lieu tells looks like a day; it may be none."""
    try:
        return date.fromisoformat(told) if told else None
    except ValueError:
        return None
