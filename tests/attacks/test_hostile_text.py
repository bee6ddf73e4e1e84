"""Eve writes a text that a pattern or a parser never comes to the end of: the bot hears nobody any more.

Three kilobytes did: some thousand spaces, then a link whose quote is never closed. In the room of a network every
lieu's bot reads them. Whatever strangers write is therefore read in steps that grow as the text does, no faster.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

import pytest

from bot.matrix.client_api import _json
from bot.matrix.message import is_for, plain_text
from bot.matrix.sync_batch import Reader
from bot.network import envelope
from bot.words import fold
from tests.attacks.doors import DOORS, ME, MOST, NAME, NOTHING, content
from tests.attacks.patterns import ROOT, Use, every_pattern, made, sources
from tests.attacks.steps import Counter, TooMany, hostile

pytestmark = pytest.mark.sampled(25)

SMALL, LARGE, LARGEST = 40, 320, 1280
SCANS = ("findall", "finditer", "sub", "subn", "split", "search")
OLD_PILL = r'\A\s*(?:<p>)?\s*<a href="https://matrix\.to/#/([^"?]+)[^"]*">([^<]*)</a>'
OURS = {"bot.services.settings.OF_LIEU"}  # names of the operator's settings; nobody else's text comes there


def outgrown(use: Use) -> str | None:
    """A text on which the pattern takes more steps than it should, if one is found. One that is longer than what the
    pattern takes may cost more once: not again, where it is longer still."""
    counter = Counter(use.pattern, use.flags)
    texts_by_size = zip(*(hostile(counter, size) for size in (SMALL, LARGE, LARGEST)), strict=True)
    different = [*{texts[0]: texts for texts in texts_by_size}.values()]
    for method in _needed(use.methods):
        for texts in different:
            if _grows(counter, method, *texts[:2]) and _grows(counter, method, *texts[1:]):
                return texts[0]
    return None


def _needed(methods: tuple[str, ...]) -> list[str]:
    """Whoever looks for all looks for the first as well, and begins at the beginning."""
    scan = next((method for method in SCANS if method in methods), None)
    whole = ["fullmatch"] if "fullmatch" in methods else []
    return [*whole, scan] if scan else [*whole, *(["match"] if "match" in methods else [])]


def _grows(counter: Counter, method: str, shorter: str, longer: str) -> bool:
    """Whether it takes more than twice as many steps as its length tells."""
    try:
        few = max(counter.steps(method, shorter, most=1_000_000), len(shorter), 1)
        counter.steps(method, longer, most=2 * few * max(len(longer), 1) // max(len(shorter), 1))
    except TooMany:
        return True
    return False


@pytest.mark.parametrize("use", every_pattern(), ids=lambda use: use.where)
def test_no_pattern_takes_more_steps_than_its_text_is_long(use: Use) -> None:
    if use.where in OURS:
        pytest.skip("reads the names of settings")
    assert outgrown(use) is None, f"{use.where}: {use.pattern}"


@pytest.mark.parametrize(
    ("pattern", "methods"),
    [
        (OLD_PILL, ("match",)),
        (r"\s*\s*x", ("match",)),
        (r"(?:a+)+b", ("match",)),
        (r"(?:a|a)*b", ("fullmatch",)),
        (r"<[^>]*x", ("search",)),
        (r'name="token"[^>]*\bvalue="([^"]+)"', ("search",)),
        (r"[._-]*\.[._-]*", ("sub",)),
        (r"\S+@\S+\.\S+", ("fullmatch",)),
    ],
)
def test_patterns_that_are_known_to_be_bad_are_recognised(pattern: str, methods: tuple[str, ...]) -> None:
    assert outgrown(Use("a specimen", pattern, 0, methods)) is not None


@pytest.mark.parametrize(
    ("pattern", "methods"),
    [(r"\s*x", ("match",)), (r"\s*+\s*+x", ("match",)), (r"(?>a+)b", ("match",)), (r"<[^<>]*>", ("search",))],
)
def test_patterns_that_are_known_to_be_good_are_let_be(pattern: str, methods: tuple[str, ...]) -> None:
    assert outgrown(Use("a specimen", pattern, 0, methods)) is None


@pytest.mark.parametrize("use", every_pattern()[::3], ids=lambda use: use.where)
def test_what_counts_the_steps_reads_as_python_does(use: Use) -> None:
    """Else the number of steps would be that of another pattern."""
    counter, pattern = Counter(use.pattern, use.flags), re.compile(use.pattern, use.flags)
    for text in hostile(counter, 12):
        found = pattern.match(text)
        assert counter.end(text) == (found.end() if found else None)


def test_no_pattern_is_made_of_what_somebody_wrote() -> None:
    """Of the catalogue's words alone ("et|and", a hole's name), and of our own sources."""
    of_words = {"bot/talk/answers/choices.py", "bot/talk/answers/spans.py", "bot/words.py"}
    assert {*made()} == {*of_words, "bot/operator/doctor/step_names.py"}


def test_texts_are_compared_in_one_place_which_knows_how_long_they_may_be() -> None:
    """`difflib` takes length × length steps. (`bot.services.environment` compares settings.)"""
    importing = {str(file) for file, code in sources() if "difflib" in code}
    assert importing == {"bot/talk/spelling.py", "bot/services/environment.py"}


@pytest.mark.full
@pytest.mark.parametrize("doors", [[*DOORS][at::8] for at in range(8)], ids=", ".join)
async def test_every_door_reads_a_text_that_is_eight_times_as_long_in_about_that_time(doors: list[str]) -> None:
    """The processor's time, beside the same on the same machine; in a process that the system ends if need be."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.attacks.doors", *doors), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, "it did not come to an end"
    found = json.loads(told)
    assert [*found] == doors
    assert all(len(times) > 50 for times in found.values())
    every = {(door, unit): of for door, times in found.items() for unit, of in times.items()}
    slow = {which: of for which, of in every.items() if of[1] > MOST * of[0] and of[1] > NOTHING}
    assert slow == {}


def test_the_message_that_stopped_the_bot_is_read() -> None:
    body = " " * 30_000 + '<a href="https://matrix.to/#/' + "a" * 30_000
    assert plain_text(content(body), ME, NAME) is not None
    assert not is_for(content(body), ME, NAME)


@pytest.mark.parametrize(
    ("formatted", "meant"),
    [
        (f'<a href="https://matrix.to/#/{ME}">Conci</a>: aide', True),
        (f'<p><a href="https://matrix.to/#/{ME.replace("@", "%40")}">Conci</a> aide</p>', True),
        (f' <a class="pill" href="https://matrix.to/#/{ME}?via=lieu.fr">Conci</a>&nbsp;: aide', True),
        (f'<a href="https://matrix.to/#/{ME}">Conci: aide', False),
        (f'demande à <a href="https://matrix.to/#/{ME}">Conci</a>', False),
        ('<a href="https://matrix.to/#/@eve:lieu.fr">Conci</a>: aide', False),
        (f'<a href="https://ailleurs.fr/#/{ME}">Conci</a>: aide', False),
        (f'<!--<a href="https://matrix.to/#/{ME}">Conci</a>-->: aide', False),
    ],
)
def test_a_mention_is_what_a_client_shows_as_one(formatted: str, meant: bool) -> None:
    said = content("Conci: aide") | {"formatted_body": formatted}
    assert is_for(said, ME) is meant
    shown = "demande à Conci" if formatted.startswith("demande") else "Conci: aide"
    assert plain_text(said, ME) == ("aide" if meant else shown), "it is read as people see it"


def test_marks_that_nobody_sees_take_no_time() -> None:
    """Accents of two kinds, ten thousand of each on one letter: putting them in order took six seconds."""
    assert fold("E" + "\u0301" * 30_000 + "\u0323" * 30_000 + "ve") == "eve"


@pytest.mark.parametrize("deep", [100, 900, 5_000, 30_000])
def test_an_event_as_deep_as_it_is_long_silences_nobody(deep: int) -> None:
    """Homeservers differ in how deep they let an event be; what comes in the same answer as it is heard."""
    said = {"type": "m.room.message", "sender": "@anne:lieu.fr", "event_id": "$good", "content": content("aide")}
    eves = '{"type": "m.room.message", "sender": "@eve:lieu.fr", "event_id": "$deep", "content": {"body": %s}}'
    bottom = "[" * deep + '"}]\\""' + "]" * deep
    events = f"[{eves % bottom}, {json.dumps(said)}]"
    answer = f'{{"next_batch": "s2", "rooms": {{"join": {{"!r": {{"timeline": {{"events": {events}}}}}}}}}}}'
    batch = Reader(ME, lambda room, event: None).read(_json(answer.encode()), {}, first=False)
    assert [(event.event_id, event.content.get("msgtype")) for event in batch.events] == [
        ("$deep", None),
        ("$good", "m.text"),
    ]
    assert all(json.dumps(event.content) for event in batch.events), "it can be written down"


def test_an_envelope_as_deep_as_it_is_long_is_no_envelope() -> None:
    body: dict[str, object] = {"v": 1, "lieu": "a"}
    for _ in range(5_000):
        body = {"v": 1, "lieu": "a", "more": body}
    with pytest.raises(envelope.BadEnvelope):
        envelope.read({"org.conciergerie.bye": body})
