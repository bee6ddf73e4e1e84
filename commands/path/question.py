"""A question of the lieu's own: its words, how it can be answered, and what each answer opens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace

from bot.arrival_path import (
    FREE,
    KINDS,
    LONGEST_LABEL,
    LONGEST_OPTION,
    LONGEST_TASK,
    LONGEST_TEXT,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    YES,
    YES_NO,
    ArrivalPath,
    Opening,
    OwnOption,
    OwnQuestion,
)
from bot.lieux import Lieu
from bot.paths import Paths
from bot.talk import Choice, Listed, Many, Option, Text, YesNo
from bot.talk.doors import Rooms
from bot.talk.talk import Talk

from .reading import changed, in_words, shown, which

Seen = list[list[str]]  # [room id, name] of each room of the space
Part = Callable[[Talk, Seen, OwnQuestion], Awaitable[OwnQuestion]]


async def add(talk: Talk, lieu: Lieu, paths: Paths, rooms: Rooms, now: ArrivalPath) -> None:
    if len(now.questions) >= MOST_QUESTIONS:
        await talk.say("errors.path-full", most=MOST_QUESTIONS)
        return
    seen = await talk.look("rooms", _seen, rooms, lieu)
    question = OwnQuestion(f"{talk.id:x}")
    for part in PARTS.values():
        question = await part(talk, seen, question)
    await _keep(talk, lieu, paths, question)


async def change(talk: Talk, lieu: Lieu, paths: Paths, rooms: Rooms, now: ArrivalPath) -> None:
    question = await which(talk, now)
    seen = await talk.look("rooms", _seen, rooms, lieu)
    parts = [name for name in PARTS if name != "opens" or question.options]
    part = await talk.ask("part", Choice([Option(name, key=f"path.part.{name}") for name in parts]))
    await _keep(talk, lieu, paths, await PARTS[part](talk, seen, question))


async def _keep(talk: Talk, lieu: Lieu, paths: Paths, question: OwnQuestion) -> None:
    await talk.confirm("summary", question=in_words(talk, question))
    await talk.do("keep", paths.put, lieu.id, talk.person, asdict(question))
    await changed(talk, "put", question.label)


async def _text(talk: Talk, seen: Seen, question: OwnQuestion) -> OwnQuestion:
    return replace(question, text=await talk.ask("text", Text(max=LONGEST_TEXT, min=3)))


async def _label(talk: Talk, seen: Seen, question: OwnQuestion) -> OwnQuestion:
    return replace(question, label=await talk.ask("label", Text(max=LONGEST_LABEL)))


async def _answers(talk: Talk, seen: Seen, question: OwnQuestion) -> OwnQuestion:
    """What an answer opened before, it goes on opening."""
    kind = await talk.ask("kind", Choice([Option(name, key=f"path.kind.{name}") for name in KINDS]))
    labels: tuple[str, ...] = (YES,) if kind == YES_NO else ()
    if kind not in (YES_NO, FREE):
        labels = await talk.ask("answers", Listed(least=2, most=MOST_OPTIONS, longest=LONGEST_OPTION))
    before = {option.label: option.opens for option in question.options}
    options = tuple(OwnOption(label, before.get(label, Opening())) for label in labels)
    return replace(question, kind=kind, options=options, optional=await talk.ask("optional", YesNo()))


async def _opens(talk: Talk, seen: Seen, question: OwnQuestion) -> OwnQuestion:
    if not question.options:
        return question
    every = [Option(option.label, shown(talk, question, option.label)) for option in question.options]
    opening: tuple[str, ...] = ()
    if question.kind != YES_NO:
        opening = await talk.ask("opens-which", Many(every))
    elif await talk.ask("opens-yes", YesNo()):
        opening = (YES,)
    options = [
        OwnOption(option.value, await _opening(talk, seen, str(n), option.label))
        if option.value in opening
        else OwnOption(option.value)
        for n, option in enumerate(every)
    ]
    return replace(question, options=tuple(options))


async def _opening(talk: Talk, seen: Seen, item: str, answer: str) -> Opening:
    chosen: tuple[str, ...] = ()
    if seen:
        kind = Many([Option(id, name) for id, name in seen])
        label = talk.phrase("rooms-label", answer=answer)
        chosen = await talk.ask("opens-rooms", kind, item=item, label=label, answer=answer)
    label = talk.phrase("task-label", answer=answer)
    task = await talk.ask("task", Text(max=LONGEST_TASK), item=item, label=label, optional=True, answer=answer)
    return Opening(tuple((id, name) for id, name in seen if id in chosen), (task,) if task else ())


async def _seen(rooms: Rooms, lieu: Lieu) -> Seen:
    """The conciergerie is no room to open to newcomers."""
    found = await rooms.children(lieu.space)
    return [[room.room_id, room.name] for room in found if not room.is_space and room.room_id != lieu.office]


PARTS: dict[str, Part] = {"text": _text, "label": _label, "answers": _answers, "opens": _opens}
