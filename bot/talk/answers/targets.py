"""Whom moderation is about: one person, several at once, as they are pasted, or all whom a pattern means.

`*.spam.example` means servers, `@spam*:example.org` whoever is called so; what stands behind an address is why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from bot.matrix.identifiers import ids_in, is_user_id
from bot.talk.answers.answer import Answer, Heard, NotUnderstood
from bot.talk.answers.member import Member
from bot.talk.answers.references import mentioned
from bot.words import Words, cut, fold

MOST, LONGEST_REASON, SHOWN = 150, 300, 60
WILD = frozenset("*?")
BETWEEN, PARTS = re.compile(r"[\s,;|]+"), re.compile("[,;]")
AROUND = "\"'`«»“”‘’()[]<>{}"
USERS = re.compile(r"@[^\s:@]{1,200}:[a-z0-9.*?:\[\]-]{1,255}", re.IGNORECASE)
SERVERS = re.compile(r"[a-z0-9*?-]{1,63}(?:\.[a-z0-9*?-]{1,63})*\.[a-z*?][a-z0-9*?-]{1,62}(?::\d{1,5})?", re.IGNORECASE)
MEANING = re.compile(r"[a-z0-9]{2}", re.IGNORECASE)  # « @*:* » would mean everybody
LEADS = re.compile(r"^\s*(?:[-*•–+>]|\d{1,3}\s*[.)])\s+")
RULES = frozenset(("m.ban", "m.takedown", "org.matrix.mjolnir.ban", "ban", "user", "server"))  # as bots print theirs


@dataclass(frozen=True, slots=True)
class Target:
    """A Matrix id, or a pattern, with the name that is shown, and the reason that stood beside it."""

    id: str
    name: str
    reason: str = ""

    @property
    def is_pattern(self) -> bool:
        return not self.id.startswith("@") or bool(WILD & set(self.id))


@dataclass(frozen=True, slots=True)
class Found:
    """`twice`: who is named more than once; `unread`: lines in which nobody was found."""

    targets: tuple[Target, ...]
    twice: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def alone(self) -> Target | None:
        """The one person that all of it is about."""
        one = self.targets[0]
        return one if len(self.targets) == 1 and not one.is_pattern and not self.unread else None


@dataclass(frozen=True, slots=True)
class Targets(Answer[Found]):
    """`member` reads who is named by name, or alone."""

    kind: ClassVar[str] = "member"
    member: Member

    @property
    def waits(self) -> bool:
        return True

    async def read(self, heard: Heard, words: Words) -> Found:
        text = heard.named or heard.text or ""
        lines = [line for line in text.splitlines() if any(map(str.isalnum, line))]
        ids = [id for id in mentioned(heard, "@") if is_user_id(id)]
        told = [id for line in lines for id, _ in _named(line)]
        server = bool(told) and not told[0].startswith("@")  # unless somebody is called so: « Jean.Paul »
        if server and not ids:
            server = fold(text) not in {fold(name) for name in (await self.member.known()).values()}
        if len(lines) > 1 or len(ids) > 1 or len(told) > 1 or server or WILD & set("".join(told)):
            return await self._several(heard, words, lines)
        try:
            known = await self.member.read(heard, words)
        except NotUnderstood as why:
            try:
                return await self._several(heard, words, lines)
            except NotUnderstood:
                raise why from None
        return Found((Target(known.id, known.name),))

    async def _several(self, heard: Heard, words: Words, lines: list[str]) -> Found:
        addressed = [_named(line) for line in lines]
        by_name = sum(len(PARTS.split(line)) for line, ids in zip(lines, addressed, strict=True) if not ids)
        if by_name > MOST * 2:  # each of them is compared with every name of the lieu
            raise NotUnderstood("people-many", most=MOST, n=by_name)
        names = await self.member.known()
        found, unread = list[Target](), list[str]()
        pilled = [Target(id, names.get(id, id)) for id in heard.pills if is_user_id(id)]
        called = {target.name for target in pilled}
        for line, ids in zip(lines, addressed, strict=True):
            targets = [Target(id, names.get(id, id), why) for id, why in ids]
            targets = targets or await self._by_name(line, called, words, heard)
            found += targets
            if not targets and not any(name in line for name in called):
                unread.append(cut(line.strip(), SHOWN))
        times = Counter(target.id for target in found)
        several = dict[str, Target]()
        for target in (*found, *pilled):
            several.setdefault(target.id, target)
        if not several:
            raise NotUnderstood("member-unknown")
        if len(several) > MOST:
            raise NotUnderstood("people-many", most=MOST, n=len(several))
        twice = dict.fromkeys(target.name for target in several.values() if times[target.id] > 1)
        return Found(tuple(several.values()), tuple(twice), tuple(unread))

    async def _by_name(self, line: str, called: set[str], words: Words, heard: Heard) -> list[Target]:
        """« Zoé Martin », « Marc, Zoé »: all or none of a line."""
        found = []
        for part in PARTS.split(LEADS.sub("", line)):
            said = part.strip().strip(AROUND)
            if not said or said in called:
                continue
            try:
                known = await self.member.read(Heard(said, by=heard.by), words)
            except NotUnderstood:
                return []
            found.append(Target(known.id, known.name))
        return found

    def dump(self, value: Found) -> Any:
        return asdict(value)

    def load(self, json: Any) -> Found:
        """Earlier versions kept one person."""
        if isinstance(json, list):
            return Found((Target(*json),))
        targets = tuple(Target(**one) for one in json["targets"])
        return Found(targets, tuple(json["twice"]), tuple(json["unread"]))

    def show(self, value: Found, words: Words, language: str) -> str:
        return str(words.listed(language, [target.name for target in value.targets]))


def _named(line: str) -> list[tuple[str, str]]:
    """The addresses and patterns of a line, each with the words that stand beside them as the reason. A server without
    a pattern is meant where it stands alone, between commas: else it is part of the reason."""
    found, rest = list[str](), list[str]()
    for part in PARTS.split(LEADS.sub("", line)):
        tokens = [token for token in _tokens(part) if token.lower() not in RULES]
        for token in tokens:
            ids = [id for id in ids_in(token) if is_user_id(id)] if not WILD & set(token) else []
            pattern = "" if ids else _pattern(token)
            surely = pattern and (token.startswith("@") or WILD & set(token) or len(tokens) == 1)
            found += ids or ([pattern] if surely else [])
            rest += [] if ids or surely else [token]
    if not found:
        found = [server for token in rest if (server := _pattern(token))]
        rest = [token for token in rest if not _pattern(token)]
    reason = " ".join(word for word in rest if any(map(str.isalnum, word)))
    return [(id, cut(reason, LONGEST_REASON)) for id in found]


def _tokens(line: str) -> Iterator[str]:
    return (bare for token in BETWEEN.split(line) if (bare := token.strip(AROUND).rstrip(".:!")))


def _pattern(token: str) -> str:
    """The pattern that this is, or the name of a server; empty for neither."""
    token = f"@{token}" if token.startswith("*:") else token  # everybody of a server, as lists of rules write it
    fits = USERS.fullmatch(token) if token.startswith("@") else SERVERS.fullmatch(token)
    means = MEANING.search(token.partition(":")[0]) or MEANING.search(token.partition(":")[2])
    wild = not token.startswith("@") or WILD & set(token)
    return token.lower() if fits and means and wild else ""
