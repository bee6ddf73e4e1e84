"""Which keys of the catalogues the code speaks, found by reading it.

`python -m tests.words` tidies the PO files, then prints the keys that are missing and those that nothing says.

A literal in the code is a key: said by `talk.say("hello")` in `commands/welcome.py` it is `welcome.hello`; anywhere, it
may be written in full ("talk.later"). f-strings are patterns: they use the keys that they may become, and need none.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import locales
from bot.words import FIRST, Words

NARROW = "\u202f"
ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "locales/guide.fr.md"
SPOKEN = {"say", "show", "ask", "confirm", "whisper"}  # methods of `talk` whose step is a sentence
# Functions of `bot.talk` that are handed `talk`, then so many steps: how they say them, and the holes that they fill.
HANDED = {
    "pick": ("ask", (), 1),
    "pick_person": ("ask", ("n",), 1),
    "descend": ("ask", ("place",), 1),
    "read_out": ("say", ("lines",), 1),
    "dictated": ("ask", ("asked",), 2),
}
OF_THE_ENGINE = ("talk.mend", "talk.right", "talk.second", "talk.second-alone", "talk.stopping")  # asked by no script
SILENT = {"do", "write", "look", "note", "joined", "picture"}  # a sentence may exist, and none is needed
REFUSALS = {"Refused", "NotFound", "Rejected", "NotPermitted", "Protected", "Unsupported", "NotInvited"}
# "opened": steps of conversations that go on name these sentences in full; `welcome/path_folders.py` says them.
FAMILIES = {"between", "talk", "errors", "format", "help", "command", "opened"}
TEMPLATES = {"bot/web/templates": "page", "bot/mail/templates": "mail"}  # each folder, with the family that it says
SAID = re.compile(r"""\b(?:say|plain)\("([a-z][a-z0-9.-]*)"( ~ )?([^()]*)""")
HOLE = re.compile(r"(\w+)=")
PART = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True)
class Use:
    """A key that the code needs, where, and the holes that it fills there (None: it cannot be told)."""

    key: str
    where: str
    holes: frozenset[str] | None = None


@dataclass(frozen=True)
class Spoken:
    """What a tree of code says: the keys that it needs, and the patterns of those that it may use."""

    uses: tuple[Use, ...]
    patterns: tuple[re.Pattern[str], ...]

    def may_use(self, key: str) -> bool:
        return any(use.key == key for use in self.uses) or any(each.fullmatch(key) for each in self.patterns)


def spoken(root: Path = ROOT) -> Spoken:
    """Everything that the bot, its commands and its integrations say."""
    files = [file for folder in ("bot", "commands", "integrations") for file in sorted((root / folder).rglob("*.py"))]
    families = FAMILIES | {family(file, root) for file in files} - {""}
    readers = [Reader(file, root, {"errors", "talk"} if "integrations" in file.parts else families) for file in files]
    written = [one for place, family in TEMPLATES.items() for one in _in_templates(root / place, family, root)]
    uses = [*(use for reader in readers for use in reader.uses), *(one for one in written if isinstance(one, Use))]
    uses += [Use(f"{key}.why", "bot/talk", frozenset()) for key in OF_THE_ENGINE]
    patterns = [one for one in written if isinstance(one, re.Pattern)]
    return Spoken(tuple(uses), (*(each for reader in readers for each in reader.patterns), *patterns))


def _in_templates(folder: Path, family: str, root: Path) -> Iterator[Use | re.Pattern[str]]:
    """What the templates of pages and mails say: whole keys, and the beginnings of others (`"hours-" ~ day`)."""
    for file in sorted(folder.glob("*")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            for key, joint, holes in SAID.findall(line):
                if joint:
                    yield re.compile(re.escape(f"{family}.{key}") + ".*")
                else:
                    yield Use(f"{family}.{key}", f"{file.relative_to(root)}:{number}", frozenset(HOLE.findall(holes)))


def family(file: Path, root: Path) -> str:
    """The name of the module, or of the innermost package, of `commands` that the file belongs to."""
    folder, *rest = file.relative_to(root).with_suffix("").parts
    own = rest[-2] if len(rest) > 2 else rest[-1]  # of a section there is a folder already
    return own if folder == "commands" and own != "__init__" else ""


class Reader(ast.NodeVisitor):
    """One file, read once."""

    def __init__(self, file: Path, root: Path, families: Iterable[str]) -> None:
        self.uses: list[Use] = []
        self.patterns: list[re.Pattern[str]] = []
        self._named: dict[str, tuple[str, ...]] = {}
        self._file = file.relative_to(root)
        self._family = family(file, root)
        self._key = re.compile(rf"(?:{'|'.join(sorted(families))})\.[a-z0-9.-]*[a-z0-9]")
        self._pattern = re.compile(rf"(?:\(\?:)?(?:{'|'.join(sorted(families - {'errors', 'command'}))})\\?\..*")
        self.visit(ast.parse(file.read_text("utf-8")))

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = [text for arg in node.args[:1] for text in self._texts(arg)]
        if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "talk":
            self._said(name, first, node)
        elif name in HANDED and getattr(node.args[0], "id", "") == "talk":
            method, holes, steps = HANDED[name]
            self._said(method, [text for arg in node.args[1 : 1 + steps] for text in self._texts(arg)], node, holes)
        elif name in REFUSALS or (name == "__init__" and self._file.name == "errors.py"):
            self._use(node, (f"errors.{code}" for code in first))
        elif name == "Conflict":
            self._use(node, (f"errors.{code}-taken" for code in first))
        elif name in ("NotUnderstood", "Doubted"):
            self._use(node, (f"talk.again.{code}" for code in first))
        elif name == "Problem" and len(node.args) > 1:
            self._use(node, (f"talk.again.{code}" for code in self._texts(node.args[1])), {"line"})
        elif name == "command" and self._family:
            self._use(node, (f"command.{word}.{part}" for word in first for part in ("word", "short", "long", "clue")))
            self.patterns += [re.compile(rf"command\.{re.escape(word)}\.long-{PART.pattern}") for word in first]
        else:
            self._use(node, (text for arg in node.args for text in self._texts(arg) if self._key.fullmatch(text)))
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef | ast.FunctionDef) -> None:
        """Names mean what they were given in their own function."""
        outside, arguments = self._named, {arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)}
        self._named = {name: texts for name, texts in outside.items() if name not in arguments}
        self.generic_visit(node)
        self._named = outside

    visit_FunctionDef = visit_AsyncFunctionDef

    def visit_Assign(self, node: ast.Assign) -> None:
        if isinstance(node.targets[0], ast.Name):
            self._named[node.targets[0].id] = tuple(self._texts(node.value))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A key in full is needed; a short one is perhaps the step of a function that is handed `talk`."""
        if not isinstance(node.value, str):
            return
        if self._key.fullmatch(node.value):
            self.uses.append(Use(node.value, f"{self._file}:{node.lineno}"))
        elif self._family and PART.fullmatch(node.value):
            self.patterns.append(re.compile(re.escape(f"{self._family}.{node.value}")))

    def visit_Dict(self, node: ast.Dict) -> None:
        """The code of a refusal, as the replay log keeps it."""
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "code" and self._file.parts[:2] == ("bot", "talk"):
                self._use(node, (f"errors.{code}" for code in self._texts(value)), None)
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        parts = [self._part(part) for part in node.values]
        self._may(parts)
        if self._family and r"\." not in "".join(parts):
            self._may([rf"{self._family}\.", *parts])
        self.generic_visit(node)

    def _part(self, part: ast.expr) -> str:
        """What a piece of an f-string may become."""
        if isinstance(part, ast.Constant):
            return re.escape(str(part.value))
        known = [*self._texts(part.value)] if isinstance(part, ast.FormattedValue) else []
        return f"(?:{'|'.join(map(re.escape, known))})" if known else PART.pattern

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, ast.Add) and (start := next(self._texts(node.left), "")).endswith("."):
            self._may([re.escape(start), PART.pattern])
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if {getattr(base, "id", "") for base in node.bases} & {*REFUSALS, "Exception"}:
            for line in node.body:
                if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "code":
                    self._use(line, (f"errors.{code}" for code in self._texts(line.value)), frozenset())
        self.generic_visit(node)

    def _said(self, method: str, steps: list[str], node: ast.Call, filled: Iterable[str] = ()) -> None:
        keys = [step if "." in step else f"{self._family}.{step}" for step in steps]
        if method == "note":
            self._use(node, (f"journal.act.{what}" for what in steps), None)
            return
        if method == "phrase" and (self._family or any("." in step for step in steps)):
            self._use(node, keys, None)  # a name that was given twice may be a sentence of other holes
        if method in SPOKEN and (self._family or any("." in step for step in steps)):
            self._use(node, keys, ("secret",) if method == "whisper" else filled)
        if method == "ask":
            theirs = any(keyword.arg in ("of", "label") for keyword in node.keywords)
            self._use(
                node, (f"{key}.{part}" for key in keys for part in ("why", *([] if theirs else ["label"]))), set()
            )
        if method in ("ask", "confirm"):
            self.patterns += [re.compile(re.escape(key) + r"\.(?:why|worry|remind)") for key in keys]
        if method in SILENT:
            self.patterns += [re.compile(re.escape(key)) for key in keys]
        if method not in SPOKEN:
            self._use(node, (text for arg in node.args[1:] for text in self._texts(arg) if self._key.fullmatch(text)))

    def _use(self, node: ast.AST, keys: Iterable[str], holes: Iterable[str] | None = ()) -> None:
        """`holes`: those that are filled beside the keywords of a call; None where it cannot be told."""
        given = _given(node) if isinstance(node, ast.Call) else set()
        known = None if holes is None or given is None else frozenset({*holes, *given})
        self.uses += [Use(key, f"{self._file}:{node.lineno}", known) for key in keys]  # type: ignore[attr-defined]

    def _texts(self, node: ast.AST) -> Iterator[str]:
        """The literal that an argument is; both of them for `"a" if … else "b"`; what a name was last given."""
        if isinstance(node, ast.IfExp):
            yield from (*self._texts(node.body), *self._texts(node.orelse))
        elif isinstance(node, ast.Name):
            yield from self._named.get(node.id, ())
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value

    def _may(self, parts: Iterable[str]) -> None:
        pattern = "".join(parts)
        if self._pattern.fullmatch(pattern) and not pattern.startswith(r"talk\.again"):
            self.patterns.append(re.compile(pattern))


def _given(node: ast.Call) -> set[str] | None:
    """The holes that a call fills: its keywords, and the keys of the dictionaries that it is given."""
    keywords = {keyword.arg for keyword in node.keywords}
    dicts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "words")]
    literal = {
        key.value for each in dicts if isinstance(each, ast.Dict) for key in each.keys if isinstance(key, ast.Constant)
    }
    untold = any(keyword.arg == "words" and not isinstance(keyword.value, ast.Dict) for keyword in node.keywords)
    return None if untold or None in keywords else {str(name) for name in keywords | literal}


def missing(words: Words, said: Spoken) -> list[str]:
    """`fr: welcome.hello (commands/welcome.py:12)`: what a language that stands alone lacks."""
    complete = [language for language in words.languages if "@" not in language]
    return [
        f"{language}: {use.key} ({use.where})"
        for language in complete
        for use in {use.key: use for use in said.uses}.values()
        if use.key not in words.catalogues[language].messages
    ]


def unused(words: Words, said: Spoken) -> list[str]:
    return [
        f"{language}: {key}"
        for language in words.languages
        for key in words.catalogues[language].messages
        if not said.may_use(key) or key not in words.catalogues[FIRST].messages
    ]


def tidy(written: str, *, french: bool) -> str:
    """A PO file with its keys in order and, in French, the narrow spaces that a keyboard does not have."""
    head, *blocks = written.strip().split("\n\n")
    if french:
        blocks = [re.sub(r'(?m)^(msgstr\S* )?"(.*)"$', _spaced, block) for block in blocks]
    return "\n\n".join([head, *sorted(blocks, key=_key)]) + "\n"


def _key(block: str) -> str:
    found = re.search(r'(?m)^msgid "(.*)"$', block)
    return found[1] if found else ""


def _spaced(line: re.Match[str]) -> str:
    return f'{line[1] or ""}"{spaced(line[2])}"'


def spaced(prose: str) -> str:
    return re.sub("« ", f"«{NARROW}", re.sub(r" (?=[;:!?»](?:\W|n?$|\\n))", NARROW, prose))


def tidy_guide(written: str) -> str:
    """A French guide, spaced likewise: not its code, nor the bars of its tables."""
    parts = re.split(r"(?ms)(^ *```.*?^ *```|`[^`\n]*`|\]\([^)\n]*\))", written)
    return "".join(part if n % 2 else _guide_spaced(part) for n, part in enumerate(parts))


def _guide_spaced(prose: str) -> str:
    """Behind code, or a link, the sign stands at the beginning of what follows."""
    return re.sub(r"(?m) (?=[;:!?»](?:\W|$))", NARROW, re.sub("« ", f"«{NARROW}", prose))


def tidy_catalogues() -> None:
    """Before a transcript is written too: it holds the spaces that the catalogues have."""
    for file in Path(locales.__path__[0]).glob("*.po"):
        file.write_text(tidy(file.read_text("utf-8"), french=file.stem.startswith("fr")), "utf-8")
    GUIDE.write_text(tidy_guide(GUIDE.read_text("utf-8")), "utf-8")


def main() -> int:
    tidy_catalogues()
    words, said = Words.load(), spoken()
    for title, lines in (("Missing", missing(words, said)), ("Unused", unused(words, said))):
        print(f"{title}: {len(lines)}", *lines, sep="\n  ")
    return 1 if missing(words, said) or unused(words, said) else 0


if __name__ == "__main__":
    sys.exit(main())
