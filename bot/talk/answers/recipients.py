"""With whom something is shared: one of the ways to share, or at once the person or the address that is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.matrix.identifiers import is_user_id
from bot.talk.answers.addresses import email_in, email_shown
from bot.talk.answers.answer import Answer, Heard, NotUnderstood, Option, said
from bot.talk.answers.choices import pick
from bot.talk.answers.person import person_named
from bot.talk.answers.references import mentioned
from bot.words import Words, fold
from integrations.domains import url_asked

Found = tuple[str, str]
DEPOSIT = "deposit"
SWITCHED = ("link", DEPOSIT, "group", "mail", "cloud")  # off or on, by whoever administers the cloud
CLOUD = re.compile(r"[^\s/@]+(?:@[^\s/@]+)?@https?://[^\s@]+", re.IGNORECASE)
EMAIL = re.compile(r"[^\s@]+@[^\s@:/.]+\.[^\s@:/]+")


@dataclass(frozen=True, slots=True)
class Recipient(Answer[Found]):
    """(one of the `kinds`, who): a Matrix id, an e-mail, a cloud address; "" where the kind alone was said.

    `known` are the (id, name) pairs of people who can be named. `listed`: the kinds are offered, by number and name;
    where it is a `file`, which receives nothing, a deposit is not understood.
    """

    kind: ClassVar[str] = "recipient"
    kinds: Sequence[str]
    known: Sequence[tuple[str, str]] = ()
    listed: bool = True
    file: bool = False

    def options(self) -> Sequence[Option]:
        return [_option(kind) for kind in self.kinds] if self.listed else ()

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return (self.kind if self.listed else f"recipient-{self.kinds[0]}"), {}

    async def read(self, heard: Heard, words: Words) -> Found:
        text = said(heard)
        kind, who = self._address(heard, text) or self._named(text, words)
        if kind == DEPOSIT and self.file:
            raise NotUnderstood("recipient-deposit")
        if kind not in self.kinds:
            raise self._off(kind, text)
        if kind == "person" and who and who not in dict(self.known):
            raise NotUnderstood("recipient-stranger", who=who)
        return kind, who

    def _address(self, heard: Heard, text: str) -> Found | None:
        if CLOUD.fullmatch(text):
            person, _, address = text.rpartition("@")
            return "cloud", f"{person}@{url_asked(address)}"
        people = [id for id in mentioned(heard, "@") if is_user_id(id)]
        if people:
            return "person", people[0]
        return ("mail", email_in(text)) if EMAIL.fullmatch(text) else None

    def _named(self, text: str, words: Words) -> Found:
        """A kind, or somebody of the lieu by name or by login."""
        unfit = [_option(kind) for kind in SWITCHED if self.listed and kind not in self.kinds]
        named = [option.value for option in (*self.options(), *unfit) if fold(text) in option.names(words)]
        if named:
            return named[0], ""
        if "person" in self.kinds and text.lower() in (id[1:].partition(":")[0] for id, _ in self.known):
            return self._somebody(text, words)
        try:
            return (pick(self.options(), text, words, unfit).value, "") if self.listed else self._somebody(text, words)
        except NotUnderstood as why:
            if why.code not in ("choice-unknown", "choice-near") or not self.listed or not self.known:
                raise
            return self._somebody(text, words)

    def _off(self, kind: str, text: str) -> NotUnderstood:
        match kind if self.listed else "":
            case "link":
                return NotUnderstood("recipient-no-links")
            case "deposit":
                return NotUnderstood("recipient-no-deposits")
            case "group":
                return NotUnderstood("recipient-no-groups")
            case "mail":
                return NotUnderstood("recipient-no-mails")
            case "cloud":
                return NotUnderstood("recipient-no-clouds")
        return NotUnderstood("recipient-not-here", what=text)

    def _somebody(self, text: str, words: Words) -> Found:
        if self.kinds == ("cloud",):
            raise NotUnderstood("recipient-cloud")
        if self.kinds == ("mail",):
            return "mail", email_in(text)
        return "person", person_named(text, dict(self.known), words)

    def dump(self, value: Found) -> Any:
        return list(value)

    def load(self, json: Any) -> Found:
        kind, who = json
        return kind, who

    def show(self, value: Found, words: Words, language: str) -> str:
        """A person with their address: whatever they call themselves, it is theirs alone."""
        kind, who = value
        name = dict(self.known).get(who)
        if kind == "mail" and who:
            return email_shown(who, words, language)
        return f"{name} ({who})" if name else who or _option(kind).shown(words, language)


def _option(kind: str) -> Option:
    return Option(kind, key=f"talk.recipient.{kind}")
