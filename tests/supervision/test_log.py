"""The log: structured, and without what people wrote, their addresses, or a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.supervision import log


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    stream = io.StringIO()
    try:
        log.configure(stream=stream)
        yield stream
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(False)
        root.handlers[:] = before


def written(lines: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_line_says_what_when_and_how_grave(lines: io.StringIO) -> None:
    structlog.get_logger("bot").info("delivered", room="!r:example.org", tries=2)
    (line,) = written(lines)
    assert line.pop("at").endswith("Z")
    assert line == {"event": "delivered", "level": "info", "room": "!r:example.org", "tries": 2}


@pytest.mark.parametrize(
    "key", ["body", "formatted_body", "content", "password", "access_token", "Authorization", "email", "seeds", "raw"]
)
def test_private_keys_have_no_value(key: str, lines: io.StringIO) -> None:
    structlog.get_logger().warning("odd", **{key: "Camille", "inside": {key: ["Camille"]}})
    assert "Camille" not in lines.getvalue()
    assert key in lines.getvalue()


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("mail to camille.e@example.org refused", "mail to … refused"),
        ("GET /sync?access_token=syt_Ym90_abc_123&timeout=0", "GET /sync?access_…&timeout=0"),
        ('{"password": "swordfish", "user": "bot"}', '{"…", "user": "bot"}'),
        ("a password or token: give one", "a password or token: give one"),
        ("Authorization was Bearer abc.def", "Authorization was …"),
        ("https://bot:hunter2@cloud.example.org/x", "https://…cloud.example.org/x"),
        ("@camille.e:example.org joined !abc:example.org", "@camille.e:example.org joined !abc:example.org"),
        ("first line\nsecond line", "first line"),
    ],
)
def test_what_looks_like_a_secret_is_masked_anywhere(said: str, left: str, lines: io.StringIO) -> None:
    structlog.get_logger().info("odd", said=said)
    logging.getLogger("somebody.else").warning(said)
    ours, theirs = written(lines)
    assert (ours["said"], theirs["event"]) == (left, left)


def test_an_exception_is_told_by_its_name_and_place(lines: io.StringIO) -> None:
    try:
        raise ValueError("je suis Camille, camille@example.org")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("library").exception("failed too")
    for line in written(lines):
        assert line["error"] == "ValueError"
        assert "test_an_exception" in line["through"][-1]
    assert "Camille" not in lines.getvalue()


def test_libraries_that_quote_events_are_quiet(lines: io.StringIO) -> None:
    logging.getLogger("nio.events.misc").error("Error validating event: %s", "je suis Camille")
    logging.getLogger("aiohttp.access").error("GET /health")
    logging.getLogger("httpx").info("HTTP Request: GET https://cloud.example.org")
    logging.getLogger("asyncio").error("Task was destroyed")
    assert [line["event"] for line in written(lines)] == ["Task was destroyed"]


def test_a_very_long_value_is_cut(lines: io.StringIO) -> None:
    structlog.get_logger().info("long", said="x" * 100_000)
    assert len(lines.getvalue()) < 600
