"""How somebody is named where it matters: with the address that is theirs alone, and for whom they can be taken."""

from __future__ import annotations

from bot.arrivals.members import Members
from bot.lieux import Lieu
from bot.talk.talk import Talk
from integrations.domains import email_read, is_odd


async def named(talk: Talk, members: Members, lieu: Lieu, person: str, name: str, *, item: str = "") -> str:
    """« Zoé Martin (@eve:lieu.fr, ⚠ ce nom ressemble à celui de Zoé Martin, @zoe:lieu.fr) »."""
    return f"{name} ({await addressed(talk, members, lieu, person, name, item=item)})"


async def addressed(talk: Talk, members: Members, lieu: Lieu, person: str, *names: str, item: str = "") -> str:
    """The same for a sentence that says the name itself."""
    like = await talk.look("like", members.like, lieu, person, *names, item=item)
    if not like:
        return person
    return talk.phrase("talk.like", person=person, others=[f"{name} ({who})" for name, who in like])


def greeted(name: str) -> str:
    """By what somebody is greeted where others may read it: their first name, nothing where an address is all that is
    known of them."""
    return "" if "@" in name else next(iter(name.split()), "")


def emailed(talk: Talk, email: str) -> str:
    """An e-mail address as its owner writes it, and a warning where letters of another alphabet deceive the eye."""
    domain = email.rpartition("@")[2]
    return (
        talk.phrase("talk.odd-email", email=email_read(email), domain=domain) if is_odd(domain) else email_read(email)
    )
