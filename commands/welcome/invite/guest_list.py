"""A list of guests as a concierge reads and corrects it: each line has its number, for as long as the list is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.arrivals.doubted_emails import one_of
from bot.arrivals.full_names import emailed
from bot.matrix.markup import Table
from bot.talk import Choice, Guests, Invitee, Option
from bot.talk.answers.addresses import doubted
from bot.talk.answers.invitees import Problem
from bot.talk.answers.revision import Change, Numbered
from bot.talk.talk import Talk
from bot.words import cut

from .guests import Guest

NOBODY = "nobody"
LEFT = 8  # kinds of what was left that are named
LONGEST_TITLE = 40


def numbered(guests: Guests) -> Guests:
    """Lists of before this program had no numbers."""
    people = tuple(one if one.n else replace(one, n=n) for n, one in enumerate(guests.people, 1))
    problems = tuple(one if one.n else replace(one, n=len(people) + n) for n, one in enumerate(guests.problems, 1))
    return replace(guests, people=people, problems=problems)


# -- what is said before


async def one_each(
    talk: Talk, people: Sequence[Invitee], problems: Sequence[Problem]
) -> tuple[list[Invitee], list[Problem]]:
    """Of several who share an address, the one whose it is: an address opens one account. The others need their own."""
    kept, waiting = [*people], [*problems]
    for email in dict.fromkeys(one.email for one in people if one.email):
        sharing = [one for one in people if one.email == email]
        if len(sharing) > 1:
            options = [Option(str(one.n), one.name) for one in sharing]
            nobody = Option(NOBODY, key="invite.shared-nobody")
            names = [one.name for one in sharing]
            whose = await talk.ask(
                "shared", Choice([*options, nobody]), item=email, label=email, email=emailed(talk, email), names=names
            )
            others = [one for one in sharing if str(one.n) != whose]
            kept = [one for one in kept if one not in others or str(one.n) == whose]
            waiting += [Problem(str(one), "invitee-shared", one.n, one.name) for one in others]
    return kept, waiting


async def say_what_was_left(talk: Talk, left: Sequence[str], problems: Sequence[Problem], people: int) -> None:
    if left:
        named = [_left(talk, each) for each in left[:LEFT]]
        await talk.say("left", what=[*named, talk.word("invite.left-more")] if len(left) > LEFT else named)
    if problems:
        problems = sorted(problems, key=lambda bad: bad.n)
        several = people + len(problems) > 1
        lines = [talk.phrase(f"talk.again.{bad.code}", line=_told(bad)) for bad in problems]
        if several:
            lines = [f"{bad.n}. {line}" for bad, line in zip(problems, lines, strict=True)]
        await talk.say("bad-lines", lines=lines)


async def say_who_waits(talk: Talk, problems: Sequence[Problem]) -> None:
    """Lines that were put aside are not forgotten once the others are invited."""
    waiting = [_told(bad) for bad in sorted(problems, key=lambda bad: bad.n) if bad.code != "invitee-twice"]
    if waiting:
        shown = [*waiting[:LEFT], "…"] if len(waiting) > LEFT else waiting
        await talk.say("waiting", lines=shown)


def _told(bad: Problem) -> str:
    """Whose line it is, where the name says it: the rest of it is nobody's business here."""
    return bad.name if bad.name and bad.code == "invitee-address" else bad.line


def _left(talk: Talk, what: str) -> str:
    """A kind of ours by its name, a title as it was written."""
    key = f"talk.left.{what}"
    return talk.word(key) if talk.knows(key) else cut(what, LONGEST_TITLE)


async def unmistyped(talk: Talk, people: list[Invitee], known: Sequence[Guest], sure: set[str]) -> list[Invitee]:
    """Whoever is invited alone is asked about an address that looks mistyped, until it is `sure`; in a list it is a
    note beside it."""
    if len(people) != 1 or people[0].email in sure:
        return people
    email = await one_of(talk, people[0].email, _near(known[0]))
    sure |= {email, people[0].email}
    return [replace(people[0], email=email)]


async def say_what_is_in_the_way(talk: Talk, guests: Sequence[Guest]) -> set[str]:
    """One sentence for one, and one message for many. Returns whose it was."""
    hindered = [guest for guest in guests if guest["problem"]]
    if len(hindered) > 1:
        lines = [
            (guest["n"], talk.phrase(f"invite.{guest['problem']}", **_hindrance(talk, guest))) for guest in hindered
        ]
        await talk.say("in-the-way", lines=[f"{n}. {line}" for n, line in lines])
    elif hindered:
        (guest,) = hindered
        await talk.say(f"invite.{guest['problem']}", item=guest["item"], **_hindrance(talk, guest))
    return {guest["item"] for guest in hindered}


def _hindrance(talk: Talk, guest: Guest) -> dict[str, Any]:
    told: dict[str, Any] = {"who": guest["who"], "holder": guest.get("holder", ""), "address": guest["address"]}
    told["found_by"] = guest.get("found_by", "")
    told["email"] = emailed(talk, guest["email"]) if guest["email"] else guest["address"]
    return told


# -- how they are shown


def is_list(known: Sequence[Guest], problems: Sequence[Problem]) -> bool:
    return len(known) + len(problems) > 1


def shown(known: Sequence[Guest], problems: Sequence[Problem]) -> list[Numbered]:
    """The lines that can be corrected."""
    lines = [Numbered(guest["n"], guest["name"], guest["email"], guest["address"], _near(guest)) for guest in known]
    lines += [Numbered(bad.n, bad.name or bad.line, bad.email) for bad in problems]
    return sorted(lines, key=lambda line: line.n)


def _near(guest: Guest) -> str:
    """The address that theirs is probably a slip of."""
    return guest.get("near", doubted(guest["email"]))


def table(talk: Talk, guests: Sequence[Guest]) -> Table:
    titles = tuple(talk.word(f"invite.title-{name}") for name in ("name", "email", "address"))
    return Table(titles, tuple(_row(talk, guest) for guest in guests))


def _row(talk: Talk, guest: Guest) -> tuple[str, str, str]:
    name, email, address = _parts(talk, guest)
    note = guest.get("note")
    if not name and not email:  # somebody who has an account elsewhere
        name, address = address, ""
    named = talk.phrase(f"invite.name-{note}", name=name) if note else name
    return f"{guest['n']}. {named or '—'}", _noted(talk, guest, email), address


def _parts(talk: Talk, guest: Guest) -> tuple[str, str, str]:
    """The address of somebody whom this lieu does not know is theirs to tell: an e-mail must not find it out."""
    email = emailed(talk, guest["email"]) if guest["email"] else ""
    return guest["name"], email, "" if guest.get("hidden") else guest["address"]


def _noted(talk: Talk, guest: Guest, email: str) -> str:
    """An address, and what its concierge should look at."""
    meant = _near(guest).rpartition("@")[2]
    if meant:
        email = talk.phrase("invite.guest-mistyped", guest=email, near=meant)
    note = "hidden" if guest.get("hidden") else guest.get("doubt")
    return talk.phrase(f"invite.guest-{note}", guest=email).strip() if note else email


def line(talk: Talk, guest: Guest) -> str:
    return " · ".join(part for part in _parts(talk, guest) if part)


def checked(talk: Talk, guest: Guest) -> str:
    """The same for whoever is to agree, with what they should know."""
    note = "hidden" if guest.get("hidden") else guest.get("doubt")
    told = talk.phrase(f"invite.guest-{note}", guest=line(talk, guest)) if note else line(talk, guest)
    return talk.phrase(f"invite.name-{guest['note']}", name=told) if guest.get("note") else told


# -- how they are corrected


def changed(
    people: Sequence[Invitee], problems: Sequence[Problem], changes: Sequence[Change]
) -> tuple[list[Invitee], list[Problem]]:
    """The list as it is after these changes; a line that was not understood comes in once it has an address."""
    now = {one.n: one for one in people}
    waiting = {bad.n: bad for bad in problems}
    for change in changes:
        n = change.n or max([*now, *waiting], default=0) + 1
        before, bad = now.pop(n, None), waiting.pop(n, None)
        if change.drop:
            continue
        one = _changed(before or Invitee(n=n, name=bad.name if bad else ""), change)
        if one.address or one.email:
            now[n] = one
        elif bad:
            waiting[n] = replace(bad, name=one.name, line=one.name)
    return [now[n] for n in sorted(now)], [waiting[n] for n in sorted(waiting)]


def _changed(one: Invitee, change: Change) -> Invitee:
    if change.name:
        one = replace(one, name=change.name, note="")
    if change.address:
        return replace(one, address=change.address, email="")
    return replace(one, email=change.email, address="") if change.email else one
