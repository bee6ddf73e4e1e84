"""What somebody wrote into the form « Demander à venir »: what is wrong with it, and what it asks."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from unicodedata import normalize

from bot.arrivals.join_door import mailbox_of
from bot.matrix.markup import clean, one_line
from bot.store.join_requests import Asked
from bot.talk.answers.addresses import doubted, email_in
from bot.talk.answers.answer import NotUnderstood
from bot.words import cut

LONGEST = {"name": 40, "email": 254, "word": 500, "answer": 1000}  # characters of each field
# An address or a number, however it is written: the mail that is sent must carry nobody's message.
NO_NAME = re.compile(r"[\d@:/\\<>]|[.。]\w{2}")
UNSEEN = "sujet"  # a field that people do not see, and robots fill in


@dataclass(frozen=True, slots=True)
class JoinForm:
    """As it was sent. Where a domain looks mistyped, one button takes what it resembles (`near`), the other says that
    the e-mail is right (`sure`). `problems`: what is said beside a field, by its name, or about the whole `form`.
    `stamp` says when it was given out."""

    stamp: str = ""
    name: str = ""
    email: str = ""
    word: str = ""
    sure: str = ""
    unseen: str = ""
    near: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """Of the page that shows it."""
        return 429 if "busy" in self.problems.values() else 422 if self.problems else 200

    @classmethod
    def read(cls, sent: Mapping[str, object]) -> JoinForm:
        def line(key: str, longest: int) -> str:
            return one_line(sent.get(key, ""), longest)

        return cls(
            stamp=line("stamp", 64),
            name=line("name", LONGEST["name"] + 1),
            email=line("fix", LONGEST["email"] + 1) or line("email", LONGEST["email"] + 1),
            word=paragraphs(sent.get("word", ""), LONGEST["word"]),
            sure=line("sure", LONGEST["email"] + 1),
            unseen=line(UNSEEN, 64),
        )

    def problem(self) -> dict[str, str]:
        """What has to be written otherwise, by field."""
        found = {}
        name = normalize("NFKC", self.name)
        if not any(c.isalpha() for c in name) or len(name) > LONGEST["name"] or NO_NAME.search(name):
            found["name"] = "name"
        try:
            email_in(self.email)
        except NotUnderstood:
            found["email"] = "email"
        return found

    def meant(self, domains: Collection[str]) -> str:
        """The e-mail that was probably meant, where this one looks mistyped and nobody said that it is right; `domains`
        are ours."""
        email = email_in(self.email)
        return "" if self.sure == email else doubted(email, domains)

    def asked(self, language: str) -> Asked:
        email = email_in(self.email)
        return {
            "name": self.name,
            "email": email,
            "mailbox": mailbox_of(email),
            "word": self.word,
            "language": language,
        }


def paragraphs(text: object, longest: int) -> str:
    """Somebody's words on several lines, without empty ones at both ends; what is too long ends with « … »."""
    return cut(clean(text).strip(), longest) if isinstance(text, str) else ""
