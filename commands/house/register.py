"""`!données registre`: the register of processing activities of the lieu, as a sheet to print, from what is really set
up; what only the lieu knows is left to be filled in by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from bot.lieux import KEPT, Lieu
from bot.retention.processing import FOLDER, HERE, Processing, Register
from bot.services.tenancy import Services
from bot.talk import PRIVATE, VERBATIM, Role, Text, command, hours
from bot.talk.ports import Clock, Media, Pictures
from bot.talk.talk import Talk
from bot.words import Months

PDF = "application/pdf"
MOST_SERVERS = 12  # of others, by name
ON_THE_LINE = 200  # characters


class Row(TypedDict):
    """`blank`: to be filled in by hand, where `text` only says what goes there."""

    label: str
    text: str
    blank: bool


class Section(TypedDict):
    title: str
    intro: str
    rows: list[Row]


@command("data", action="data", role=Role.CONCIERGE, places=PRIVATE, takes=("what",), within=hours(1))
async def data(
    talk: Talk, lieu: Lieu, register: Register, services: Services, pictures: Pictures, media: Media, clock: Clock
) -> None:
    wanted = await talk.ask("what", Text(VERBATIM, max=ON_THE_LINE)) if talk.was_given("what") else ""
    if wanted and not talk.means("register.words.register", wanted):
        await talk.say("only-register")
        return
    facts = await talk.look("processing", register.facts, lieu, services)
    day = await talk.look("day", _today, clock, lieu, apart=True)
    words = _words(talk, lieu, facts, date.fromisoformat(day))
    sheet = await talk.do("draw", _drawn, pictures, media, words, talk.room, talk.phrase("file"))
    await talk.say("here")
    await talk.picture("sheet", sheet)
    talk.note("register")


async def _today(clock: Clock, lieu: Lieu) -> str:
    zone = ZoneInfo(lieu.choices.zone)
    return datetime.fromtimestamp(clock.now() / 1000, UTC).astimezone(zone).date().isoformat()


async def _drawn(pictures: Pictures, media: Media, words: Mapping[str, Any], room: str, name: str) -> dict[str, Any]:
    return await media.document(await pictures.register(words), f"{name}.pdf", PDF, room)


# -- what stands in it


def _words(talk: Talk, lieu: Lieu, facts: Processing, day: date) -> dict[str, Any]:
    kept = {kind: Months(months) for kind, months in lieu.choices.kept.items()}
    return {
        "lang": talk.language.partition("@")[0],
        "over": talk.phrase("over"),
        "title": lieu.name,
        "day": talk.phrase("as-of", day=day, year=str(day.year)),
        "fill": talk.phrase("fill"),
        "footer": talk.phrase("footer", lieu=lieu.name),
        "intro": [talk.phrase("intro"), talk.phrase("intro-fill")],
        "sections": [
            _responsible(talk),
            *_activities(talk, facts, kept),
            _recipients(talk, facts),
            _how_long(talk, facts, kept),
            _security(talk, lieu, facts),
            _processors(talk, facts),
            _rights(talk),
        ],
    }


def _section(talk: Talk, name: str, rows: list[Row], intro: str = "") -> Section:
    return {"title": talk.phrase(f"title-{name}"), "intro": intro, "rows": rows}


def _row(talk: Talk, name: str, text: str) -> Row:
    return {"label": talk.phrase(f"label-{name}"), "text": text, "blank": False}


def _blank(talk: Talk, name: str) -> Row:
    return {"label": talk.phrase(f"label-{name}"), "text": talk.phrase(f"blank-{name}"), "blank": True}


def _responsible(talk: Talk) -> Section:
    return _section(talk, "responsible", [_blank(talk, name) for name in ("who", "address", "contact", "officer")])


def _activities(talk: Talk, facts: Processing, kept: Mapping[str, Any]) -> list[Section]:
    """Only what takes place here."""
    names = ["welcome", "journal", "moderation"]
    names += ["accounts"] if facts["accounts"] else []
    names += ["asks"] if facts["asks"] else []
    names += ["members"] if facts["members"] else []
    names += ["networks"] if facts["networks"] else []
    order = ("welcome", "asks", "accounts", "members", "networks", "moderation", "journal")
    return [_activity(talk, name, kept) for name in order if name in names]


def _activity(talk: Talk, name: str, kept: Mapping[str, Any]) -> Section:
    parts = ("why", "people", "what", "basis")
    rows = [_row(talk, part, talk.phrase(f"{name}-{part}")) for part in parts]
    return _section(talk, name, [*rows, _row(talk, "kept", talk.phrase(f"{name}-kept", **kept))])


def _recipients(talk: Talk, facts: Processing) -> Section:
    """The services that the lieu really has, and no other."""
    rows = [_row(talk, "concierges", talk.phrase("to-concierges")), _row(talk, "rooms", talk.phrase("to-rooms"))]
    for code in facts["services"]:
        received = [talk.phrase(f"to-{code}")]
        if host := facts["hosts"].get(code):
            received.append(talk.phrase("at-home") if host == HERE else talk.phrase("at-host", host=host))
        rows.append({"label": talk.service(code), "text": "\n".join(received), "blank": False})
    if facts["page"]:
        rows.append(_row(talk, "page", talk.phrase("to-page", page=facts["page"].partition("://")[2])))
    if facts["networks"]:
        rows.append(_row(talk, "networks", talk.phrase("to-networks", networks=facts["networks"])))
    if shown := facts["servers"][:MOST_SERVERS]:
        more = len(facts["servers"]) - len(shown)
        said = (
            talk.phrase("to-servers-more", servers=shown, n=more) if more else talk.phrase("to-servers", servers=shown)
        )
        rows.append(_row(talk, "servers", said))
    return _section(talk, "recipients", [*rows, _blank(talk, "outside")])


def _how_long(talk: Talk, facts: Processing, kept: Mapping[str, Any]) -> Section:
    """As it was chosen, and what is the same for all."""
    shown = [kind for kind in KEPT if kind != "asleep" or facts["accounts"]]
    rows = [_row(talk, f"kept-{kind}", talk.phrase(f"how-long-{kind}", kept=kept[kind])) for kind in shown]
    fixed = [*(["asks"] if facts["asks"] else []), *(["members"] if facts["members"] else []), "messages"]
    rows += [_row(talk, f"kept-{name}", talk.phrase(f"how-long-{name}")) for name in fixed]
    return _section(talk, "how-long", rows, talk.phrase("how-long"))


def _security(talk: Talk, lieu: Lieu, facts: Processing) -> Section:
    rows = [
        _row(talk, "access", talk.phrase("secure-access")),
        _row(talk, "encryption", talk.phrase("secure-office" if facts["encrypted"] else "secure-office-in-clear")),
        _row(talk, "traces", talk.phrase("secure-traces")),
        _row(talk, "passwords", talk.phrase("secure-passwords")),
    ]
    if lieu.choices.two:
        acts = [talk.word(f"install.two.{act}") for act in lieu.choices.two]
        rows.append(_row(talk, "two", talk.phrase("secure-two", acts=acts)))
    rows.append(_row(talk, "backups", talk.phrase("secure-backups")) if facts["copies"] else _blank(talk, "backups"))
    return _section(talk, "security", [*rows, _blank(talk, "place")])


def _processors(talk: Talk, facts: Processing) -> Section:
    rows = [_row(talk, "host", talk.phrase("by-host")), _blank(talk, "host-name")]
    rows += [_row(talk, "homeserver", talk.phrase("by-homeserver", server=facts["server"]))]
    rows += [_blank(talk, "homeserver-name")]
    if copies := facts["copies"]:
        said = talk.phrase("by-copies-folder") if copies == FOLDER else talk.phrase("by-copies", host=copies)
        rows += [_row(talk, "copies", said), _blank(talk, "copies-name")]
    return _section(talk, "processors", [*rows, _blank(talk, "contract")])


def _rights(talk: Talk) -> Section:
    rows = [_row(talk, "told", talk.phrase("rights-told")), _row(talk, "asked", talk.phrase("rights-asked"))]
    return _section(talk, "rights", [*rows, _blank(talk, "breach")])
