"""Whatever somebody says, edits, takes back or deletes, in any order: what is done is what the one who agreed saw."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, example, given
from hypothesis import strategies as st

from bot.store.conversations import Step
from bot.talk import VERBATIM, Text, YesNo, corrections
from bot.talk.talk import Talk
from tests.stage.rehearsal import ANNE, OFFICE, ZOE, Rehearsal
from tests.tiers import examples

NAMES = ("name", "colour")
Shown = tuple[str, str, str]


@dataclass
class Scene:
    """Zoé answers, confirms, is asked once more; Anne agrees to an act, and somebody to another one after it."""

    done: list[Shown] = field(default_factory=list)
    showing: list[Shown] = field(default_factory=list)
    seen: dict[str, tuple[Step, Shown]] = field(default_factory=dict)  # by the letter that asks
    agreed: list[Shown] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)  # Zoé's messages, by the question that they answered
    confirms: bool = True

    async def play(self, talk: Talk) -> None:
        name, colour = await talk.ask("name", Text(VERBATIM)), await talk.ask("colour", Text(VERBATIM))
        if self.confirms:
            await talk.confirm("summary", answers=talk.answers())
        again = await talk.ask("again", Text(VERBATIM))
        self.showing.append((name, colour, again))
        if await talk.ask("sure", YesNo(), to=OFFICE, of="approve", what=f"{name} {again}"):
            await talk.do("act", self._act, (name, colour, again))

    async def _act(self, values: Shown) -> None:
        self.done.append(values)


OPEN = st.tuples(st.just("answer"), st.sampled_from(("Zoé", "Marc", "bleu", "oui", "non", "modifier name", "hmm")))
ACTS = st.lists(
    st.one_of(
        OPEN,
        OPEN,
        OPEN,
        st.tuples(st.just("edit"), st.sampled_from((*NAMES, "summary", "again"))),
        st.tuples(st.just("delete"), st.sampled_from((*NAMES, "summary", "again", "sure"))),
        st.tuples(st.just("modify"), st.sampled_from((*NAMES, "again"))),
        st.tuples(st.just("back"), st.just("")),
        st.tuples(st.just("agree"), st.integers(0, 4)),
        st.tuples(st.just("agree"), st.just(0)),
        st.tuples(st.just("wonder"), st.just("")),
    ),
    min_size=6,
    max_size=24,
)

PHASES = (Phase.explicit, Phase.generate)  # each play takes a database: what fails is not made shorter
FEW = examples(30, suppress_health_check=[*HealthCheck], phases=PHASES)


async def played(acts: list[tuple[str, Any]], *, confirms: bool) -> Scene:
    scene = Scene(confirms=confirms)

    async def play(talk: Talk) -> None:
        await scene.play(talk)

    with tempfile.TemporaryDirectory() as folder:
        there = await Rehearsal.open(Path(folder), play)
        await there.start()
        for kind, what in acts:
            if await there.status() != "open":
                break
            await _one(there, scene, kind, what)
            await there.engine.idle()
            row = (await there.steps()).get("sure")
            if row is not None and row.status == "asked" and (posting := corrections.posting(row)):
                scene.seen.setdefault(posting, (row, scene.showing[-1]))
        await there.close()
    return scene


async def _one(there: Rehearsal, scene: Scene, kind: str, what: Any) -> None:
    match kind:
        case "answer":
            await _answers(there, scene, what)
        case "edit" if what in scene.said:
            raw = {"text": "Awa", "by": ZOE, "event_id": scene.said[what]}
            await there.engine.reword(there.id, there.event(), what, raw)
        case "delete":
            await there.engine.unsay(there.id, there.event(), what)
        case "modify":
            await there.engine.edit(there.id, there.event(), {"text": f"modifier {what}", "by": ZOE})
        case "back":
            await there.engine.back(there.id, there.event())
        case "agree" | "wonder" if scene.seen:
            postings = list(scene.seen.values())
            step, shown = postings[max(0, len(postings) - 1 - (what or 0))]
            raw = {"text": "oui" if kind == "agree" else "hmm", "by": ANNE, "name": "Anne", "event_id": there.event()}
            before = len(scene.done)
            if await there.engine.hear(there.id, "sure", raw, step) and kind == "agree":
                scene.agreed.append(shown)
            await there.engine.idle()
            assert scene.done[before:] in ([], [shown]), f"Anne agreed to {shown}"


async def _answers(there: Rehearsal, scene: Scene, text: str) -> None:
    """To what Zoé is asked now, if anything."""
    rows = (await there.steps()).values()
    mine = [row.key for row in rows if row.kind == "ask" and row.status == "asked" and row.of == ZOE]
    if mine:
        scene.said[mine[0]] = event = there.event()
        await there.hear(mine[0], text, event_id=event)


@FEW
@given(acts=ACTS, confirms=st.booleans())
@example(acts=[("edit", "name"), ("agree", 1)], confirms=False)
@example(acts=[("answer", "oui"), ("edit", "name"), ("agree", 1), ("answer", "oui"), ("agree", 1)], confirms=True)
def test_what_is_done_is_what_was_agreed_to(acts: list[tuple[str, Any]], confirms: bool) -> None:
    scene = asyncio.run(played([("answer", "Zoé"), ("answer", "bleu"), ("answer", "oui"), *acts], confirms=confirms))
    assert len(scene.done) <= 1
    assert all(values in scene.agreed for values in scene.done)


@FEW
@given(acts=ACTS)
def test_it_is_done_in_the_end(acts: list[tuple[str, Any]]) -> None:
    """No change makes it impossible: answered, confirmed and agreed to, it is done."""
    ending = [("answer", "oui")] * 5 + [("agree", 0)]
    scene = asyncio.run(played([*acts, *ending], confirms=True))
    assert scene.done
