"""How people are reached and named: e-mail, username, Matrix address."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from bot.matrix.identifiers import is_user_id
from bot.talk.answers.agreement import agreed, is_made_of, yes_or_no
from bot.talk.answers.answer import NO, YES, Answer, Heard, NotUnderstood, said, written
from bot.talk.answers.no_answer import UNSAID, instead
from bot.talk.answers.person import person_named
from bot.talk.answers.proposal import agrees
from bot.talk.answers.references import mentioned
from bot.words import Words, fold
from integrations.domains import asked, email_read, is_odd, read
from integrations.mistyped_domains import resembles

# Narrower than RFC 5322 on purpose: what it leaves out is a slip or a trick more often than an address.
LOCAL = re.compile(r"[a-z0-9_%+'-]+(?:\.[a-z0-9_%+'-]+)*")
DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})")
BESIDE = re.compile(r"[<>()\[\]«»“”|]")
AROUND = "<>()[]\"'«»“”,;:.!? \u00a0\u202f"
LONGEST_EMAIL, LONGEST_LOCAL = 254, 64

USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")  # the rule of every directory (`integrations.directory`)
LONGEST_USERNAME = 32
OTHERWISE = "camille.e"  # where a name gives none

Domains = Callable[[], Awaitable[Collection[str]]]
"""Tells those of e-mail addresses that people around have."""


def email_in(text: str) -> str:
    """The one e-mail address of a text, in lower case. Raises `NotUnderstood`."""
    found = emails_written(text)
    if len(found) > 1 or any(one.count("@") > 1 for one in found):
        raise NotUnderstood("email-several")
    local, _, domain = (found[0] if found else "").partition("@")
    domain = asked(domain) if len(domain) <= LONGEST_EMAIL else ""
    if local and not local.isascii() and LOCAL.fullmatch(near := fold_accents(local)) and DOMAIN.fullmatch(domain):
        raise NotUnderstood("email-accents", local=local, near=f"{near}@{read(domain)}")
    if not LOCAL.fullmatch(local) or not DOMAIN.fullmatch(domain):
        raise NotUnderstood("email")
    if len(local) > LONGEST_LOCAL or len(local) + 1 + len(domain) > LONGEST_EMAIL:
        raise NotUnderstood("email")
    return f"{local}@{domain}"


def emails_written(text: str) -> list[str]:
    """What stands for an e-mail address in a text, once each: pasted with its link, between brackets, with spaces."""
    words = BESIDE.sub(" ", joined(text)).split()
    found = (word.strip(AROUND).lower().removeprefix("mailto:").partition("?")[0] for word in words if "@" in word)
    return list(dict.fromkeys(found))


def joined(text: str) -> str:
    """Without the spaces that somebody pasted around the one @ of a text."""
    text = text.replace("＠", "@")
    before, at, behind = text.partition("@")
    return f"{before.rstrip()}@{behind.lstrip()}" if at and "@" not in behind else text


def email_shown(email: str, words: Words, language: str) -> str:
    """As its owner writes it; with what is asked where letters of another alphabet may deceive the eye."""
    domain = email.rpartition("@")[2]
    if not is_odd(domain):
        return email_read(email)
    template, holes = words.sentence(language, "talk.odd-email", {"email": email_read(email), "domain": domain})
    return template.replace("`", "").format_map(holes)


def doubted(email: str, known: Collection[str] = ()) -> str:
    """The address that was probably meant, where the domain of this one looks mistyped; else nothing. `known`: domains
    that people around have."""
    local, _, domain = email.rpartition("@")
    near = resembles(domain, known)
    return f"{local}@{near}" if near and LOCAL.fullmatch(local) else ""


def _checked(text: str, offered: Mapping[str, str], known: Collection[str]) -> str:
    try:
        email = email_in(text)
    except NotUnderstood as unclear:
        raise _offering(unclear, text, known) from unclear
    meant = doubted(email, known)
    if meant and email != offered.get("said"):
        raise NotUnderstood("email-near", offered={"said": email, "meant": meant}, email=email, near=meant)
    return email


def _offering(unclear: NotUnderstood, text: str, known: Collection[str]) -> NotUnderstood:
    """The same with what was probably meant: « orange.f », « zoé@… »."""
    first = next(iter(emails_written(text)), "")
    meant = doubted(first, known) if unclear.code == "email" else str(unclear.words.get("near", ""))
    if meant and unclear.code == "email":
        return NotUnderstood("email-near", offered={"meant": meant}, email=first, near=meant)
    return NotUnderstood(unclear.code, offered={"meant": meant} if meant else {}, **unclear.words)


def _has_none(text: str, words: Words) -> bool:
    """« elle n’en a pas », « je ne sais pas »; a yes to nothing promises one."""
    if is_made_of(text, words, "talk.words.no-email"):
        return True
    return instead(text, words) == UNSAID and yes_or_no(text, words) is not True


async def _of_nobody() -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Email(Answer[str]):
    """What looks mistyped is asked about, once: « oui » takes what it resembles, whoever writes it again means it.
    `known` tells the domains that people around have."""

    kind: ClassVar[str] = "email"
    known: Domains = _of_nobody

    async def read(self, heard: Heard, words: Words) -> str:
        meant = heard.offered.get("meant", "")
        yes = agreed(heard, words) if meant else None
        if yes:
            return meant
        if yes is False:
            raise NotUnderstood("email-once-more", offered=heard.offered)
        text = written(heard)
        if "@" not in text and _has_none(text, words):
            raise NotUnderstood("email-none")
        return _checked(text, heard.offered, await self.known())

    def show(self, value: str, words: Words, language: str) -> str:
        return email_shown(value, words, language)


@dataclass(frozen=True, slots=True)
class Meant(Answer[str]):
    """Of two addresses the one that is `meant`, which is a yes, or the one that was `typed`, which is a no; or another
    one that is written."""

    kind: ClassVar[str] = "meant"
    typed: str
    meant: str

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return self.kind, {"typed": self.typed, "meant": self.meant}

    def reactions(self) -> Sequence[str]:
        return (YES, NO)

    async def read(self, heard: Heard, words: Words) -> str:
        text = said(heard)
        yes = agreed(heard, words)
        if yes is not None:
            return self.meant if yes else self.typed
        if "@" in text:
            return email_in(text)
        for email in (self.meant, self.typed):
            if email.rpartition("@")[2] in text.lower().split():
                return email
        raise NotUnderstood("meant", meant=self.meant, typed=self.typed)

    def show(self, value: str, words: Words, language: str) -> str:
        return email_shown(value, words, language)


def username_from(name: str) -> str:
    """A username that resembles a name ("Camille É." → "camille.e"), or "" where nothing is left of it."""
    slug = re.sub(r"[^a-z0-9]+", ".", fold(name)).strip(".").lstrip("0123456789.")
    slug = slug[:LONGEST_USERNAME].rstrip(".")
    return slug if USERNAME.fullmatch(slug) else ""


@dataclass(frozen=True, slots=True)
class Username(Answer[str]):
    """A username that is free. `suggest` is the name it may be made from; ✅ takes the suggestion."""

    kind: ClassVar[str] = "username"
    suggest: str = ""
    free: Callable[[str], Awaitable[bool]] | None = None

    @property
    def suggestion(self) -> str:
        return username_from(self.suggest)

    @property
    def waits(self) -> bool:
        return self.free is not None

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return ("username-suggested", {"suggestion": self.suggestion}) if self.suggestion else (self.kind, {})

    def reactions(self) -> Sequence[str]:
        return (YES,) if self.suggestion else ()

    async def read(self, heard: Heard, words: Words) -> str:
        username = self.suggestion if self.suggestion and agrees(heard, words) else self._typed(said(heard), words)
        if self.free is not None and not await self.free(username):
            raise NotUnderstood("username-taken", username=username, near=await self._near(username))
        return username

    def _typed(self, text: str, words: Words) -> str:
        username = fold_accents(text)
        if instead(text, words):
            raise NotUnderstood("username-wanted")
        if not USERNAME.fullmatch(username):
            raise NotUnderstood("username", near=username_from(text) or self.suggestion or OTHERWISE)
        return username

    async def _near(self, username: str) -> str:
        """A free one that resembles it; whatever the check says of the last one, it will be checked again."""
        bases = dict.fromkeys((username, self.suggestion or OTHERWISE, OTHERWISE))
        nearby = [f"{base[: LONGEST_USERNAME - 1]}{n}" for base in bases for n in range(2, 5)]
        for near in nearby:
            if self.free is not None and await self.free(near):
                return near
        return nearby[-1]


def fold_accents(text: str) -> str:
    """Lower case without accents; everything else stays, to be refused where it is not allowed."""
    return "".join(fold(char) or char for char in text.strip())


@dataclass(frozen=True, slots=True)
class Person(Answer[str]):
    """A full Matrix id, typed, linked or mentioned; of somebody among `known` (id, name) pairs, the name is enough.

    `server` completes "@camille".
    """

    kind: ClassVar[str] = "person"
    known: Sequence[tuple[str, str]] = field(default=())
    server: str = ""

    async def read(self, heard: Heard, words: Words) -> str:
        text = written(heard)
        found = [id for id in mentioned(heard, "@") if is_user_id(id)]
        if len(found) > 1:
            raise NotUnderstood("person-several")
        return found[0] if found else self._named(text, words)

    def _named(self, text: str, words: Words) -> str:
        completed = ("" if text.startswith("@") else "@") + text.lower()
        if self.server and ":" not in text and text.startswith("@"):
            completed += f":{self.server}"
        if ":" in completed and "." in completed and is_user_id(completed):
            return completed
        if self.known and "@" not in text.removeprefix("@"):  # « @Zoé Martin »
            return person_named(text, dict(self.known), words)
        raise NotUnderstood("person-email" if "@" in text.lstrip("@") else "person")

    def show(self, value: str, words: Words, language: str) -> str:
        return dict(self.known).get(value) or value
