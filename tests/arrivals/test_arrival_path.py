"""Whatever a row holds, written by a program of before or of after, a path comes of it that can be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.arrivals.arrival_path import KINDS, MOST_OPTIONS, MOST_QUESTIONS, ArrivalPath, Opening, OwnQuestion
from bot.words import fold
from tests.tiers import examples

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
LINES = st.sampled_from(["oui", "Oui !", "a" * 500, "\u202e\x07", "**x**", "{who}", " "]) | JSON
SERVICE = st.sampled_from(["wordpress", "nextcloud", ""]) | JSON
OPENING = st.fixed_dictionaries(
    {},
    optional={
        "rooms": st.lists(st.tuples(st.just("!a"), LINES) | JSON, max_size=30) | JSON,
        "groups": st.lists(st.sampled_from(["velo", "velo.nord", "", "-"]) | JSON, max_size=30) | JSON,
        "accounts": st.lists(st.tuples(SERVICE, LINES | st.just("author")) | JSON, max_size=30) | JSON,
        "tasks": JSON,
    },
)
OPTION = st.fixed_dictionaries({"label": LINES}, optional={"opens": OPENING | JSON, "from-the-future": JSON})
QUESTION = st.fixed_dictionaries(
    {"id": st.sampled_from(["1", "2", "[#]"]) | JSON, "text": LINES, "label": LINES},
    optional={
        "kind": st.sampled_from([*KINDS, "date"]) | JSON,
        "optional": st.booleans() | JSON,
        "options": st.lists(OPTION | JSON, max_size=15) | JSON,
    },
)
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "questions": st.lists(QUESTION | JSON, max_size=25) | JSON,
        "texts": st.dictionaries(st.sampled_from(["welcome.hello", "welcome.approve"]), LINES) | JSON,
        "remind": JSON,
        "worry": st.integers(-1, 100) | JSON,
        "from-the-future": JSON,
    },
)


def kept(path: ArrivalPath) -> ArrivalPath:
    return ArrivalPath.load(json.loads(json.dumps(path.dump())))


@examples(300)
@given(CONTENT | JSON, JSON)
def test_any_row_becomes_a_path(raw: Any, answer: Any) -> None:
    path = ArrivalPath.load(raw)
    assert kept(path) == path
    assert len(path.questions) <= MOST_QUESTIONS
    assert len({q.id for q in path.questions}) == len(path.questions)
    assert 0 < path.remind <= 60
    for question in path.questions:
        labels = [fold(option.label) for option in question.options]
        assert question.kind in KINDS
        assert all([question.id, question.text, question.label, *labels])
        assert len(set(labels)) == len(labels) <= MOST_OPTIONS
        assert bool(labels) or question.kind in ("free", "yes-no")
        assert question.answer.reactions() is not None
        assert not any("." in group for option in question.options for group in option.opens.groups)
    path.opened({q.id: answer for q in path.questions if isinstance(answer, str | bool | None)})


def question(kind: str, *labels: str, **more: Any) -> OwnQuestion:
    options = [{"label": label, "opens": {"rooms": [[f"!{label}", label]]}} for label in labels]
    return OwnQuestion.load({"id": "1", "text": "?", "label": "x", "kind": kind, "options": options} | more)


def test_a_kind_of_the_future_is_asked_in_free_words() -> None:
    assert question("date", "a", "b").kind == "free"
    assert question("one").kind == "free"
    assert question("yes-no").kind == "yes-no"


@pytest.mark.parametrize(
    ("kind", "answer", "rooms"),
    [
        ("one", "b", ["b"]),
        ("several", ("a", "b"), ["a", "b"]),
        ("several", (), []),
        ("one", None, []),
        ("free", "a", []),
    ],
)
def test_an_answer_opens_what_its_option_says(kind: str, answer: Any, rooms: list[str]) -> None:
    path = ArrivalPath((question(kind, "a", "b"),))
    assert [name for _, name in path.opened({"1": answer}).rooms] == rooms


@pytest.mark.parametrize(("answer", "rooms"), [(True, ["yes"]), (False, []), (None, [])])
def test_a_yes_opens_and_a_no_does_not(answer: bool | None, rooms: list[str]) -> None:
    path = ArrivalPath((question("yes-no", "yes"),))
    assert [name for _, name in path.opened({"1": answer}).rooms] == rooms


def test_what_two_answers_open_is_opened_once() -> None:
    one = Opening((("!a", "A"),), (), (("/Photos", "read"), ("/Plans", "edit")), ("badge",))
    two = Opening((("!b", "B"), ("!a", "A")), ("velo",), (("/Photos", "edit"), ("/Plans", "read")), ("badge", "clé"))
    assert Opening.all_of([one, two]) == Opening(
        (("!a", "A"), ("!b", "B")), ("velo",), (("/Photos", "edit"), ("/Plans", "edit")), ("badge", "clé")
    )


def test_of_accounts_only_what_this_program_may_open_is_left() -> None:
    """Whatever a service or a choice of it is called by a program of after, or by somebody's file."""
    known = ["wordpress", "author"]
    others = [["wordpress", "administrator"], ["wordpress", ""], ["odyssey", "author"], ["nextcloud", "author"]]
    found = Opening.load({"accounts": [*others, known, "wordpress", ["wordpress"], [["wordpress"], "author"], None]})
    assert found.accounts == (("wordpress", "author"),)


def test_of_two_choices_of_an_account_the_larger_one_is_opened() -> None:
    some = [Opening.load({"accounts": [["wordpress", choice]]}) for choice in ("contributor", "author", "subscriber")]
    assert Opening.all_of(some).accounts == (("wordpress", "author"),)
