"""Something in a tree of folders: gone down to by numbered lists, or written as a path with its slips of the finger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

from bot.errors import Refused
from bot.talk.answers import Choice, ChoiceOrPath, Option
from bot.talk.answers.choices import nearest
from bot.talk.pagination import pick
from bot.talk.talk import Talk
from bot.words import fold

HERE, UP, NONE = ".", "..", "-"


class Held(TypedDict):
    """What is in a folder."""

    name: str
    is_folder: bool


Inside = Callable[[str], Awaitable[list[Held]]]
"""What is in a folder. Raises Refused where there is none."""


class Followed(TypedDict):
    """How far names lead: `path` is there, `left` are the names that are not, `near` those like the first."""

    path: str
    left: list[str]
    near: list[str]


async def descend(
    talk: Talk, step: str, inside: Inside, root: str, /, *, may_stay: Callable[[str], bool], **words: Any
) -> str | None:
    """The path of what is chosen or written under `root` (a file, if some are shown); a folder where one `may_stay`.

    The question has a hole `place`. None where there is nothing to choose.
    """
    place = root
    while True:
        try:
            found = await talk.look("inside", inside, place, item=place)
        except Refused as no:
            if place == root:
                raise
            await talk.say("talk.not-entered", place=below(place, root), why=talk.because(no))
            place = root
            continue
        if not found:
            return place if place != root or may_stay(place) else None
        options = [Option(f"/{one['name']}", one["name"]) for one in found]
        ways = _ways(place, root, may_stay)
        chosen = await pick(talk, step, options, also=ways, kind=ChoiceOrPath, place=below(place, root), **words)
        if chosen is None or chosen == HERE:
            return place
        if is_written(chosen):
            there = await lead(talk, inside, root, chosen)
            if there is not None and may_stay(there):
                return there
            place = there or place
            continue
        place = above(place) if chosen == UP else place + chosen
        if any(chosen == f"/{one['name']}" and not one["is_folder"] for one in found):
            return place


def _ways(place: str, root: str, may_stay: Callable[[str], bool]) -> list[Option]:
    ways = [Option(HERE, key="talk.words.here")] if may_stay(place) else []
    return ways + ([Option(UP, key="talk.words.up")] if place != root else [])


async def lead(talk: Talk, inside: Inside, root: str, typed: str) -> str | None:
    """Where a typed path leads; None, and said, where that is nowhere."""
    path, missing = await written(talk, inside, root, typed)
    if missing:
        await talk.say("talk.not-there", name=missing[0], place=below(path, root))
        return None
    return path


async def written(talk: Talk, inside: Inside, root: str, typed: str, /, *, new: bool = False) -> tuple[str, list[str]]:
    """Where a typed path leads to, and the names on it that do not exist.

    Names near those that were typed are proposed; with `new`, the last one is meant not to exist.
    """
    found = await talk.look("path", follow, inside, root, _names(typed), root)
    while found["near"] and len(found["left"]) > new:
        near = [Option(f"/{name}", name) for name in found["near"]]
        options = Choice([*near, Option(NONE, key="talk.words.none-of-these")])
        chosen = await talk.ask("talk.near", options, name=found["left"][0], place=below(found["path"], root))
        if chosen == NONE:
            break
        rest = found["left"][1:]
        found = await talk.look("path", follow, inside, found["path"] + chosen, rest)
    return found["path"], found["left"]


async def split(inside: Inside, root: str, typed: str, joint: str) -> list[str]:
    """« Poterie en Céramique »: a path, and what follows the last joint before which there is a folder."""
    mark = f" {joint} "
    parts = typed.split(mark)
    for n in range(len(parts), 0, -1):
        path = mark.join(parts[:n])
        if not (await follow(inside, root, _names(path), root))["left"]:
            return [path, mark.join(parts[n:])]
    return [mark.join(parts[:-1]) or typed, parts[-1] if parts[1:] else ""]


async def follow(inside: Inside, path: str, names: list[str], itself: str = "") -> Followed:
    """How far these names lead.

    `itself`: the path of the folder that it begins in, for people may write that too. The last name may be a file's.
    """
    left = names
    while left:
        there = [one["name"] for one in await inside(path) if one["is_folder"] or not left[1:]]
        alike = [name for name in there if fold(name) == fold(left[0])]
        same = [name for name in alike if name == left[0]] or alike
        if not same and left is names and (before := _begins(names, itself)):
            left = names[before:]
        elif len(same) != 1:
            return {"path": path, "left": left, "near": same or nearest(left[0], there)}
        else:
            path, left = f"{path}/{same[0]}", left[1:]
    return {"path": path, "left": [], "near": []}


def _begins(names: list[str], itself: str) -> int:
    """How many of the names are the end of this path: « Lieux/La Rosée », or « La Rosée » alone."""
    folded, own = [fold(name) for name in names], [fold(name) for name in _names(itself)]
    ends = (own[at:] for at in range(len(own)))
    return next((len(end) for end in ends if folded[: len(end)] == end), 0)


def is_written(chosen: str) -> bool:
    """Rather than chosen from a list."""
    return chosen not in (HERE, UP) and not chosen.startswith("/")


def _names(typed: str) -> list[str]:
    return [name.strip() for name in typed.split("/") if name.strip()]


def above(path: str) -> str:
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def below(path: str, root: str) -> str:
    """As people of the lieu call it: from the root's own name on."""
    return path.removeprefix(above(root)).strip("/")
