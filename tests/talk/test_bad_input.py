"""Whatever comes in: nothing is set aside, no markup escapes, and the bot still answers."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from bot.app import Services
from bot.store.inbox import Event
from tests.stage.stage import ME, Stage
from tests.tiers import examples

ANNE, ZOE = "@anne:lieu.fr", "@zoe:ailleurs.fr"
TAGS = {"p", "br", "strong", "em", "code", "ol", "ul", "li", "a", "blockquote"}
DECEPTIVE = set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\x00\x07\x1b")

NASTY = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "**gras** [lien](javascript:alert(1)) `code` <b>pwn</b>",
        "{who} {0} {} {lieu!r} %s %(x)s",
        "\u202erennac\u202c \u2066iso\u2069",
        "\x00\x07\x1b[31m",
        "a" * 60_000,
        "ligne\n" * 2_000,
        "@room @anne:lieu.fr",
        "\ud800",
        "",
        " ",
        "!",
        "!!",
        "! inviter",
        "!inviter <b>Zoé</b> zoe@exemple.fr",
        "!aide <b>x</b>",
        "!inviter " + "x" * 5_000,
        "!modérer <b>Zoé</b>",
        "!modérer " + "x" * 5_000,
        "!signaler " + "x" * 5_000,
        "!listes #<b>:x",
        "modifier <b>",
        "où",
        "oui",
        "1",
        "stop",
        "😀" * 500,
    ]
)
PATH = ("!parcours", "!parcours ajouter", "!parcours textes", "!parcours voir")
TEXTS = NASTY | st.text(max_size=80)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
RELATION = JSON | st.fixed_dictionaries(
    {},
    optional={
        "rel_type": st.sampled_from(["m.replace", "m.thread", "m.annotation"]) | JSON,
        "event_id": st.just("$question") | JSON,
        "key": st.sampled_from(["✅", "❌", "1️⃣", "👋"]) | JSON,
        "m.in_reply_to": st.just({"event_id": "$question"}) | JSON,
        "is_falling_back": JSON,
    },
)
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "msgtype": st.sampled_from(["m.text", "m.emote", "m.image", "m.notice", "m.key.verification.request"]) | JSON,
        "body": TEXTS | JSON,
        "formatted_body": TEXTS | JSON,
        "format": JSON,
        "m.mentions": JSON | st.fixed_dictionaries({"user_ids": JSON | st.lists(TEXTS, max_size=3)}),
        "m.new_content": JSON | st.fixed_dictionaries({"msgtype": st.just("m.text"), "body": TEXTS | JSON}),
        "m.relates_to": RELATION,
    },
)
SPOKEN = st.fixed_dictionaries({"msgtype": st.just("m.text"), "body": TEXTS})
# Nearly right is more dangerous than nonsense: each of these has one thing that is not what it should be.
POINTING = st.sampled_from(
    [
        {"rel_type": "m.replace", "event_id": "$question"},
        {"rel_type": "m.replace", "event_id": ["$question"]},
        {"rel_type": "m.replace"},
        {"rel_type": "m.thread", "event_id": "$question", "is_falling_back": "yes"},
        {"rel_type": "m.thread", "event_id": {}},
        {"m.in_reply_to": {"event_id": "$question"}},
        {"m.in_reply_to": {"event_id": 7}},
        {"m.in_reply_to": "$question"},
    ]
)
POINTED = st.fixed_dictionaries(
    {"msgtype": st.just("m.text"), "body": TEXTS, "m.relates_to": POINTING},
    optional={"m.new_content": st.fixed_dictionaries({"msgtype": st.just("m.text"), "body": TEXTS | JSON}) | JSON},
)
CLICK = st.fixed_dictionaries(
    {"event_id": st.just("$question") | JSON, "key": st.sampled_from(["✅", "❌", "1️⃣", "👋", "❤️"]) | JSON}
).map(lambda relation: {"m.relates_to": {"rel_type": "m.annotation"} | relation})
MEMBER = st.fixed_dictionaries(
    {},
    optional={
        "membership": st.sampled_from(["join", "leave", "ban", "invite", "knock"]) | JSON,
        "displayname": JSON,
        "is_direct": JSON,
    },
)
EVENTS = st.one_of(
    st.tuples(st.just("m.room.message"), SPOKEN),
    st.tuples(st.just("m.room.message"), MESSAGE),
    st.tuples(st.just("m.room.message"), POINTED),
    st.tuples(st.just("m.reaction"), CLICK),
    st.tuples(st.just("m.reaction"), st.fixed_dictionaries({}, optional={"m.relates_to": RELATION})),
    st.tuples(st.just("m.room.member"), MEMBER),
    st.tuples(
        st.just("m.room.encrypted") | st.just("m.room.power_levels"),
        st.dictionaries(st.text(max_size=5), JSON, max_size=2),
    ),
)


class Tags(HTMLParser):
    """Every tag of a message."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def shown_safely(content: dict[str, Any]) -> None:
    """What the bot said has its own markup only, and nothing that deceives the eye."""
    for tag, attributes in Tags(content.get("formatted_body", "")).seen:
        assert tag in TAGS
        assert set(attributes) <= {"href", "start"}
        assert (attributes.get("href") or "https:").startswith(("https://", "http://", "mailto:", "https:"))
    assert not DECEPTIVE & set(content.get("body", ""))


async def on_stage(act: Callable[[Stage, str, str], Awaitable[None]]) -> None:
    """A lieu, Anne's conciergerie, and Zoé who is being asked her name; afterwards the bot still answers."""
    with tempfile.TemporaryDirectory() as folder:
        stage = await Stage.open(Path(folder), Services())
        try:
            office, private = await _welcoming(stage)
            await act(stage, office, private)
            await stage.settle()
            assert await stage.database.read(_aside) == 0
            await stage.write(ANNE, office, "!aide")
            assert "!inviter" in stage.last(office)
            for room in stage.world.rooms.values():
                for event in room.events:
                    if event["sender"] == ME and event["type"] == "m.room.message":
                        shown_safely(event["content"])
        finally:
            await stage.close()


async def _welcoming(stage: Stage) -> tuple[str, str]:
    space = stage.matrix.room("La Rosée", space=True)
    space.members, space.levels = {ANNE: "join", ME: "join"}, {ANNE: 100}
    office = stage.matrix.room("Conciergerie", parent=space.room_id)
    office.members = dict(space.members)
    lieu = await stage.bot.lieux.create(space.room_id, "La Rosée", language="fr", zone="Europe/Paris", now=1)
    await stage.bot.lieux.choose(lieu.id, installed=True, office=office.room_id, charter="On range.")
    await stage.write(ANNE, office.room_id, f"!inviter {ZOE}")
    await stage.click(ANNE, office.room_id, "✅")
    private = stage.matrix.directs[ZOE]
    await stage.enter(ZOE, private)
    await stage.write(ZOE, private, "Zoé")
    return office.room_id, private


def _aside(tx: Any) -> int:
    return int(tx.execute("SELECT count(*) FROM inbox WHERE status = 'aside'").fetchone()[0])


def _aimed(content: Any, event_id: str) -> Any:
    """The content, with the bot's open question in place of `$question`."""
    if isinstance(content, dict):
        return {key: _aimed(value, event_id) for key, value in content.items()}
    return event_id if content == "$question" else content


FEW = examples(25, suppress_health_check=[*HealthCheck])


@FEW
@given(st.lists(st.tuples(EVENTS, st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_no_event_harms_the_bot(events: list[tuple[tuple[str, dict[str, Any]], bool, bool]]) -> None:
    async def act(stage: Stage, office: str, private: str) -> None:
        question = stage.last_question(private)
        heard = []
        for n, ((type, content), by_anne, at_office) in enumerate(events):
            sender, room = (ANNE if by_anne else ZOE), (office if at_office else private)
            key = sender if type.startswith("m.room.m") and type.endswith("member") else None
            heard.append(Event(f"$bad{n}", room, sender, n, type, _aimed(content, question), key, readable=True))
        await stage.hear(*heard)

    asyncio.run(on_stage(act))


@FEW
@given(st.lists(TEXTS, min_size=1, max_size=15))
def test_no_answer_harms_the_conversation(lines: list[str]) -> None:
    async def act(stage: Stage, office: str, private: str) -> None:
        for line in lines:
            await stage.write(ZOE, private, line)

    asyncio.run(on_stage(act))


@FEW
@given(
    st.lists(
        TEXTS.map(lambda text: f"!{text}")
        | st.sampled_from(["!inviter", "!suivi", "!installer", "!langue", *PATH])
        | TEXTS,
        max_size=12,
    )
)
def test_no_command_line_harms_the_bot(lines: list[str]) -> None:
    async def act(stage: Stage, office: str, private: str) -> None:
        for line in lines:
            await stage.write(ANNE, office, line)

    asyncio.run(on_stage(act))
