"""What is read apart from what a conversation writes costs no transaction, and nobody goes on before it is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bot.matrix.asking import about_to_ask
from bot.store.conversations import Conversation
from bot.store.database import Tx
from bot.talk.acts import Acts
from bot.talk.run import Run
from bot.talk.talk import Talk
from tests.stage.rehearsal import Open
from tests.stage.transcript import FOLDER, play


def on_disk(tx: Tx) -> dict[str, str]:
    return {row["key"]: row["status"] for row in tx.execute("SELECT key, status FROM steps")}


async def known() -> str:
    return "known"


@pytest.mark.parametrize(("apart", "transactions"), [(True, 1), (False, 2)])
async def test_what_is_known_here_is_written_with_what_follows(rehearse: Open, apart: bool, transactions: int) -> None:
    written = list[int]()

    async def script(talk: Talk) -> None:
        before = talk._context.database.writes
        await talk.say("talk.waiting")
        await talk.look("seen", known, apart=apart)
        written.append(talk._context.database.writes - before)

    await rehearse(script)
    assert written == [transactions - 1]


async def test_whoever_asks_the_homeserver_has_written_first_and_others_go_on(rehearse: Open) -> None:
    """Of two requests at once, the second does not leave before what the first one writes is on the disk."""
    found, slow = list[dict[str, str]](), list[bool]()

    async def script(talk: Talk) -> None:
        database, run = talk._context.database, talk.run
        await talk.say("talk.waiting")

        async def request() -> None:
            await about_to_ask()
            slow.append(run.slow.is_set())
            found.append(await database.read(on_disk))

        async def reading() -> str:
            slow.append(run.slow.is_set())
            await asyncio.gather(request(), request())
            return "asked"

        await talk.look("seen", reading, apart=True)

    await rehearse(script)
    assert found == [{"talk.waiting": "done"}] * 2
    assert slow == [False, True, True]


class Watch:
    """While transcripts are played: what would leave, or would be read, too early."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = list[str]()
        self.differs = list[str]()
        make, watch = Acts.make, self

        async def watched(acts: Acts, kind: str, step: str, item: str, act: Any, *more: Any, **how: Any) -> Any:
            check = watch.reads if how.get("apart") else watch.acts
            return await make(acts, kind, step, item, check(acts._run, f"{kind} {step}", act), *more, **how)

        monkeypatch.setattr(Acts, "make", watched)

    def acts(self, run: Run, what: str, act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Whatever leaves the process, leaves it when all that goes before is written."""

        async def checked(*args: Any, **kwargs: Any) -> Any:
            self.made.append(what)
            begun = {key: row.status for key, row in run.rows.items()}
            written = await run._database.read(_steps_of, run.conversation)
            if run.pending or written != begun:
                self.differs.append(f"{run.conversation.dialogue}: {what}")
            return await act(*args, **kwargs)

        return checked

    def reads(self, run: Run, what: str, act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """What is read apart is the same once all is written."""

        async def checked(*args: Any, **kwargs: Any) -> Any:
            self.made.append(f"{what}, apart")
            clock = cast(Any, run.now).__self__
            at, before = clock.at, json.dumps(await act(*args, **kwargs))
            await run.flush()
            clock.at = at  # each look at it takes a moment
            after = await act(*args, **kwargs)
            if json.dumps(after) != before:
                self.differs.append(f"{run.conversation.dialogue}: {what}")
            return after

        return checked


def _steps_of(tx: Tx, conversation: Conversation) -> dict[str, str]:
    rows = tx.execute("SELECT key, status FROM steps WHERE conversation = ?", (conversation.id,))
    return {row["key"]: row["status"] for row in rows}


@pytest.mark.sampled(12)
@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
async def test_nothing_leaves_before_what_goes_before_it_is_written(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """An act is on the disk as `started` before it has any effect; so is, before any other reading, all that was said;
    and what is read apart depends on nothing of it. For every script, as transcripts play them."""
    watch = Watch(monkeypatch)
    await play(file)
    assert watch.differs == []


async def test_the_watch_sees_an_act_that_is_not_written_first(monkeypatch: pytest.MonkeyPatch) -> None:
    async def write_nothing(self: Run) -> None:
        self.slow.set()

    watch = Watch(monkeypatch)
    monkeypatch.setattr(Run, "before_waiting", write_nothing)
    await play(FOLDER / "horaires.txt")
    assert {"look keeps, apart", "do keep"} <= {*watch.made}
    assert "set-hours: do keep" in watch.differs
