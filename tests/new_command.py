"""Stubs of a new command, that pass every test at once: from there, it is written.

`make command NAME=tools WORD=outils SECTION=house`: the name in English, as the code has it, the word that is typed in
French, and the section of `!aide` (`commands/__init__.py`). The command is for concierges, in private, and says one
sentence.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from keyword import iskeyword
from pathlib import Path

from tests.words import tidy

ROOT = Path(__file__).parents[1]
SCRIPT = '''"""`!{word}`: to be written."""

from __future__ import annotations

from bot.talk import PRIVATE, Role, command
from bot.talk.talk import Talk


@command("{name}", action="{name}", role=Role.CONCIERGE, places=PRIVATE)
async def {module}(talk: Talk) -> None:
    await talk.say("to-be-written")
'''
WORDS = {
    "fr": {
        "command.{name}.long": "`!{word}` est encore à écrire.",
        "command.{name}.short": "encore à écrire",
        "command.{name}.clue": "{word}",
        "command.{name}.word": "{word}",
        "{module}.to-be-written": "C’est encore à écrire.",
    },
    "en": {
        "command.{name}.long": "`!{name}` is still to be written.",
        "command.{name}.short": "still to be written",
        "command.{name}.clue": "{name}",
        "command.{name}.word": "{name}",
        "{module}.to-be-written": "This is still to be written.",
    },
}
TRANSCRIPT = """Encore à écrire
lieu : La Rosée
concierges : Anne, Bob
---

[Conciergerie]
Anne : !{word}
"""
# In each document, the line before which the command is told; where it belongs is for whoever writes it.
TOLD = {
    "README.md": ("| `!langue` `!aide` `!où`", "| `!{word}` | concierges | to be written |\n"),
    "locales/guide.fr.md": ("- `!langue` change", "- `!{word}` : encore à écrire.\n"),
    "locales/guide.en.md": ("- `!language` changes", "- `!{name}`: still to be written.\n"),
}


def write(root: Path, name: str, word: str, section: str) -> list[str]:
    """All but what is generated. The files that are touched, by their paths from `root`."""
    words = {"name": name, "word": word, "module": name.replace("-", "_")}
    module = words["module"]
    touched = [f"commands/{section}/{module}.py", f"commands/{section}/__init__.py"]
    (root / touched[0]).write_text(SCRIPT.format(**words))
    _change(root / touched[1], lambda text: _in_table(text, module))
    for language, sentences in WORDS.items():
        touched.append(f"locales/{language}.po")
        blocks = [f'msgid "{key}"\nmsgstr "{said}"'.format(**words) for key, said in sentences.items()]
        _change(root / touched[-1], partial(_with_words, blocks=blocks, french=language == "fr"))
    for page, (before, line) in TOLD.items():
        touched.append(page)
        _change(root / page, partial(_told, before=before, line=line.format(**words)))
    touched.append(f"tests/conversations/{word}.txt")
    (root / touched[-1]).write_text(TRANSCRIPT.format(**words))
    return touched


def _change(file: Path, change: Callable[[str], str]) -> None:
    before = file.read_text("utf-8")
    after = change(before)
    if after == before:
        raise SystemExit(f"{file}: there is no place for it")
    file.write_text(after, "utf-8")


def _with_words(text: str, blocks: list[str], *, french: bool) -> str:
    return tidy("\n\n".join([text.strip(), *blocks]), french=french)


def _told(text: str, before: str, line: str) -> str:
    return text.replace(before, line + before, 1)


def _in_table(text: str, module: str) -> str:
    """The module among those of the section, and its command at the end of the table."""
    text = re.sub(r"(?m)^from \. import (\(\n)?", lambda found: f"{found[0]}{module}, ", text, count=1)
    return re.sub(
        r"(?s)(COMMANDS: tuple\[Script, \.\.\.\] = \(.*?),?\s*\)\n", rf"\1, {module}.{module})\n", text, count=1
    )


def _generate(root: Path, word: str) -> list[str]:
    """What the bot answers, and the table of rights: by the code as it is now."""
    pages = [f"tests/conversations/{each}.txt" for each in (word, "aide")]
    for words in (["tests.stage.transcript", *pages], ["tests.rights"]):
        subprocess.run([sys.executable, "-m", *words], cwd=root, check=True)
    return [pages[1], "tests/rights.txt"]


def _stands_in_the_way(name: str, word: str, section: str) -> str:
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name) or iskeyword(name):
        return "NAME is in small letters, and no word of Python"
    if not word.isalpha():
        return "WORD is a word"
    if not (ROOT / "commands" / section).is_dir():
        return "SECTION is a folder of commands/"
    pages = f"commands/{section}/{name.replace('-', '_')}.py", f"tests/conversations/{word}.txt"
    return next((f"{page} is there already" for page in pages if (ROOT / page).exists()), "")


def main() -> None:
    name, word, section = sys.argv[1:]
    if why := _stands_in_the_way(name, word, section):
        raise SystemExit(f"make command NAME=tools WORD=outils SECTION=house: {why}")
    touched = write(ROOT, name, word, section)
    table = ROOT / touched[1]
    for words in (["check", "-q", "--fix", "--select", "I"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *words, table], cwd=ROOT, check=True)
    print("To be rewritten:", *touched, sep="\n  ")
    print("Generated:", *_generate(ROOT, word), sep="\n  ")
    print(f"To be added: CHANGELOG.md, tests/commands/{section}/test_{name.replace('-', '_')}.py")


if __name__ == "__main__":
    main()
