"""`!chatons`: who hosts, near us, what we look for; and a word to send them, which a person sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from bot.arrivals.members import Members
from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.network.chaton_register import ChatonRegister, Host, Known
from bot.network.geography import called, plain
from bot.network.networks import Networks
from bot.store.chatons import OfferTold
from bot.talk import PRIVATE, STATED, Link, Option, Role, Text, command, hours
from bot.talk.answers.sought import Found, Sought
from bot.talk.pagination import pick
from bot.talk.ports import Facts
from bot.talk.talk import Talk

# What people call a need, in the catalogue (`chatons.kind.…`), and the software that meets it.
KINDS: Mapping[str, tuple[str, ...]] = {
    "video": ("jitsi", "bigbluebutton", "galene", "mirotalk", "nextcloud talk", "opentalk"),
    "pad": ("etherpad", "hedgedoc", "codimd", "cryptpad", "hackmd"),
    "cloud": ("nextcloud", "owncloud", "seafile"),
    "site": ("wordpress", "spip", "grav", "yeswiki", "drupal", "pluxml", "dotclear"),
    "mail": ("dovecot", "postfix", "roundcube", "sogo", "snappymail", "rainloop", "mailcow", "modoboa", "zimbra"),
    "lists": ("sympa", "mailman", "schleuder"),
    "poll": ("framadate", "opensondage", "pollaris"),
    "form": ("yakforms", "framaforms", "limesurvey", "liberaforms"),
    "chat": ("matrix", "synapse", "element", "mattermost", "rocket chat", "zulip", "prosody", "ejabberd"),
    "books": ("odoo", "dolibarr", "paheko", "galette", "garradin"),
    "calendar": ("radicale", "baikal", "davical", "agendav"),
    "sheet": ("ethercalc", "onlyoffice", "collabora"),
    "sending": ("lufi", "plik", "filesender", "jirafeau", "projectsend"),
    "films": ("peertube",),
    "social": ("mastodon", "mobilizon", "friendica", "diaspora", "pleroma", "pixelfed"),
    "code": ("gitlab", "gitea", "forgejo"),
    "tasks": ("kanboard", "wekan", "vikunja", "nextcloud deck"),
    "wiki": ("dokuwiki", "mediawiki", "bookstack", "yeswiki"),
}
FIRST = 5  # of the needs, which are shown
LONGEST_WEB = 300
MOST_SERVICES = 3  # of one host
WAYS = ("none", "free", "member-client", "member", "client", "")  # in, the easiest first; "": it is not said


class Here(TypedDict):
    """Where we are, as our networks have it: RFC 5870, and a town; empty where nobody said."""

    place: str
    town: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What looking for a host is handed."""

    lieu: Lieu
    register: ChatonRegister
    networks: Networks
    members: Members
    facts: Facts


@command(
    "chatons",
    action="chatons",
    role=Role.CONCIERGE,
    places=PRIVATE,
    takes=("about",),
    within=hours(1),
    silence="talk.expired",
)
async def chatons(talk: Talk, tools: Tools) -> None:
    register, lieu = tools.register, tools.lieu
    if not register.is_set_up:
        await talk.say("not-set-up")
        return
    known = await talk.look("known", register.known, lieu.choices.zone)
    if known is None:
        await talk.say("not-read-yet")
        return
    sought, wanted = await _sought(talk, known)
    here = await talk.look("here", _here, tools.networks, lieu)
    found = await talk.look("offering", register.offering, wanted, here["place"])
    words: dict[str, Any] = {"sought": sought, "source": plain(known["name"]) or "CHATONS"}
    words["read"] = date.fromisoformat(known["read"])
    if not found["n"]:
        await talk.say("all-full" if found["shut"] else "nobody", n=found["shut"], **words)
        return
    options = [Option(one["url"], _line(talk, one), name=plain(one["chaton"]["name"])) for one in found["hosts"]]
    step = "found-near" if here["place"] else "found"
    chosen = await pick(talk, step, options, kind=Found, optional=True, n=found["n"], lieu=lieu.name, **words)
    host = next((one for one in found["hosts"] if one["url"] == chosen), None)
    if host is not None:
        await _write(talk, tools, host, here, sought)


# -- what is looked for


async def _sought(talk: Talk, known: Known) -> tuple[str, list[str]]:
    """What people call it, and the names by which it is found."""
    needs = [Option(f"kind/{kind}", key=f"chatons.kind.{kind}") for kind in KINDS]
    names = [name for name in known["software"] if not any(talk.means(need.key, name) for need in needs)]
    software = [Option(f"software/{name}", plain(name)) for name in names]
    about = await talk.ask("about", Sought(needs[:FIRST], hidden=[*needs[FIRST:], *software]))
    what, _, which = about.partition("/")
    if what == "software":
        return plain(which), [which]
    called = talk.word(f"chatons.kind.{which}")
    return called, [*KINDS[which], called]


# -- who offers it


async def _here(networks: Networks, lieu: Lieu) -> Here:
    cards = (await networks.around(lieu))["here"]
    place, town = (next((str(card[field]) for card in cards if card.get(field)), "") for field in ("geo_uri", "town"))
    return {"place": place, "town": plain(town)}


def _line(talk: Talk, host: Host) -> str:
    """« Le Petit Chaton (Tours, à 12 km) · Odoo · il faut adhérer · https://odoo.petit-chaton.example »"""
    chaton, offers = host["chaton"], _easiest_first(host)
    key, holes = called({"name": chaton["name"], "town": chaton["town"]}, host["far"])
    idle = talk.phrase("idle") if chaton["is_idle"] else ""
    web = next((offer["website"] for offer in offers if offer["website"]), chaton["website"])
    told = [talk.phrase(key, **holes), idle, *_services(talk, host), plain(web, LONGEST_WEB)]
    return " · ".join(one for one in told if one)


def _services(talk: Talk, host: Host) -> list[str]:
    """Which, and how one gets in: for all of them, or for each where that differs."""
    ways = {_called(offer): _way_in(offer) for offer in _easiest_first(host)}
    told = {name: talk.phrase(f"chatons.access.{way}") if way else "" for name, way in ways.items()}
    if len({*told.values()}) == 1:
        return [", ".join(told), *{*told.values()}]
    return [", ".join(f"{name} ({access})" if access else name for name, access in told.items())]


def _easiest_first(host: Host) -> list[OfferTold]:
    """A few; of two with one name, that which is easier to get into."""
    found: dict[str, OfferTold] = {}
    for offer in sorted(host["offers"], key=lambda offer: (WAYS.index(_way_in(offer)), _called(offer))):
        found.setdefault(_called(offer), offer)
    return [*found.values()][:MOST_SERVICES]


def _called(offer: OfferTold) -> str:
    return plain(offer["software"] or offer["name"])


def _way_in(offer: OfferTold) -> str:
    return next(ways for ways in WAYS if {*ways.split("-")} - {""} <= {*offer["registration"]})


# -- a word to send them


async def _write(talk: Talk, tools: Tools, host: Host, here: Here, sought: str) -> None:
    lieu, chaton = tools.lieu, host["chaton"]
    contact = await talk.ask("contact", Text(STATED, max=200), optional=True, default="")
    who = await talk.look("who", tools.facts.display_name, talk.person)
    n = await talk.look("members", _number, tools.members, lieu)
    told = [here["town"], talk.phrase("members", n=n) if n > 1 else ""]
    about = ", ".join(one for one in told if one)
    offers = _easiest_first(host)
    services = ", ".join(map(_called, offers))
    what = sought if sought.casefold() == services.casefold() else f"{sought} ({services})"
    email = next((offer["email"] for offer in offers if offer["email"]), chaton["email"])
    where = Link(f"mailto:{email}", email) if email else Link(chaton["form"] or chaton["website"])
    await talk.say("send" if where.url else "send-somewhere", chaton=plain(chaton["name"]), where=where)
    signed = f" · {contact}" if contact else ""
    await talk.say("letter", lieu=lieu.name, about=f" ({about})" if about else "", what=what, who=who, contact=signed)


async def _number(members: Members, lieu: Lieu) -> int:
    """How many people are in the space; 0 where nobody can tell: a letter does not wait for it."""
    try:
        return len(await members.present(lieu))
    except (Refused, Unavailable):
        return 0
