"""From a typed line to a command: its word in any language, the nearest ones, and what the line already answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.matrix.markup import Beside, Code
from bot.talk.script import Script
from bot.talk.spelling import resembling
from bot.words import Words, fold


@dataclass(frozen=True, slots=True)
class Line:
    """A command as it was typed: the script, and the answers given on the line, by question."""

    script: Script
    given: Mapping[str, str]


class Table:
    """Every command that this bot knows."""

    def __init__(self, scripts: Iterable[Script], words: Words, prefix: str = "!") -> None:
        self.prefix = prefix
        self.commands = [script for script in scripts if script.is_command]
        self._words = words
        self._by_word = {
            word: script for script in self.commands for word in words.means(f"command.{script.name}.word")
        }

    def read(self, line: str) -> Line | None:
        """The command that a line (without its prefix) begins with, or None."""
        word, rest = _cut(line)
        script = self._by_word.get(fold(word))
        return Line(script, _given(script, rest)) if script else None

    def near(self, line: str, language: str) -> list[str]:
        """The words that a mistyped one may have meant, in the person's language first."""
        word = fold(_cut(line)[0])
        if word in self._words.means("talk.words.edit"):
            return []  # « modifier » is no slip of « modérer »
        found = resembling(word, self._by_word, 3, 0.6)
        scripts = dict.fromkeys(self._by_word[each].name for each in found)
        return [self._words.word(language, f"command.{name}.word") for name in scripts]

    def code(self, script: Script, language: str) -> Code:
        """« !inviter »: what to type."""
        return Code(f"{self.prefix}{self._words.word(language, f'command.{script.name}.word')}")

    def line(self, script: Script, language: str) -> Beside:
        """« !inviter — inviter une personne, ou plusieurs »: one line of the help."""
        short, _ = self._words.sentence(language, f"command.{script.name}.short", {})
        return Beside((self.code(script, language), f" — {short}"))

    def sections(self) -> Mapping[str, list[Script]]:
        """The commands as the table of contents groups them."""
        found: dict[str, list[Script]] = {}
        for script in self.commands:
            found.setdefault(script.section, []).append(script)
        return found


def _cut(line: str) -> tuple[str, str]:
    """The first word, and the rest: on the same line or below."""
    word, *rest = re.split(r"\s+", line.strip(), maxsplit=1)
    return word, rest[0] if rest else ""


def _given(script: Script, rest: str) -> dict[str, str]:
    """The first questions take a word each, the last one takes what remains."""
    if not rest or not script.takes:
        return {}
    parts = rest.split(None, len(script.takes) - 1)
    return {step: part for steps, part in zip(script.takes, parts, strict=False) for step in steps.split("|")}
