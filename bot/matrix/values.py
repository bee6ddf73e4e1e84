"""What the holes of a sentence may hold, besides what simply prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, shown as a pill. It notifies only if `message.text(mentions=…)` names them too."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """An address to click (http, https or mailto; anything else is shown as mere text)."""

    url: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """A command, a file name, an identifier: something to be typed or copied as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Values side by side, as one."""

    items: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Values one below the other, without the bullets that a list has."""

    items: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A whole message within another one: a sentence of the catalogue and its holes."""

    markdown: str
    holes: Mapping[str, object]
