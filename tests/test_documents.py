"""Documents that cannot lie: what they name is there, and what is there is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from bot.operator.cli import cli
from bot.words import Words, fold
from commands import ALL

ROOT = Path(__file__).parents[1]
WORDS = Words.load()
GUIDES = {"README.md": "fr", "locales/guide.fr.md": "fr", "locales/guide.en.md": "en"}
PAGES = [name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md") if (ROOT / name).exists()]
A_FILE = re.compile(r"[\w./*@-]+\.(?:py|md|txt|po|env|toml|typ|sql|json)")
SHARED = {"client.py", "errors.py", "limits.py", "moderation.py", "settings.py"}  # names: test_project holds them
ELSEWHERE = {"bot.env", "key.txt", "rosee.json"}  # what the reader makes


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def code(text: str) -> list[str]:
    """What stands between backticks, in a line of prose."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^ *```.*?^ *```", "", text))


@pytest.mark.parametrize("page", GUIDES)
def test_every_command_is_named(page: str) -> None:
    told = {span.split()[0] for span in code(read(page))}
    words = {WORDS.word(GUIDES[page], f"command.{script.name}.word") for script in ALL if script.is_command}
    assert sorted(word for word in words if f"!{word}" not in told) == []


@pytest.mark.parametrize("page", [*GUIDES, "SECURITY.md", "CHANGELOG.md"])
def test_every_command_that_is_named_is_one(page: str) -> None:
    known = {form for script in ALL if script.is_command for form in WORDS.means(f"command.{script.name}.word")}
    known |= {word for name in ("where", "why", "back") for word in WORDS.means(f"talk.words.{name}")}
    told = {span.split()[0][1:] for span in code(read(page)) if re.match(r"![^\W\d]", span)}
    assert sorted(word for word in told if fold(word) not in known | {"bonjour"}) == []


def paths(page: str) -> Iterator[str]:
    """Every path that a page names, by the root of the sources: in code, and where its links lead."""
    top = {path.name for path in ROOT.iterdir()}
    text = read(page)
    for span in code(text):
        first = span.split("/")[0]
        if A_FILE.fullmatch(span) or (first in top and "/" in span and not re.search("[ <]", span)):
            yield span
    yield from re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text)


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_is_named_exists(page: str) -> None:
    gone = {path for path in paths(page) if not any(ROOT.glob(path.rstrip("/")))}
    assert sorted(gone - ELSEWHERE - {"__init__.py"} - SHARED) == []


def promises() -> list[tuple[str, list[tuple[str, str]]]]:
    """What is promised to a host, and the files that prove it."""
    part = read("README.md").partition("### What is promised, and where it is proved")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("| ")][1:]
    return [(what.strip(), re.findall(r"\]\(([^)]+)\)|`(tests/[^`]+)`", where)) for what, where in rows]


def test_each_promise_is_proved_by_tests() -> None:
    """Files with tests that the runner would find; what else is linked tells of them."""
    assert len(promises()) > 10
    for what, told in promises():
        files = [file for link, span in told for file in ROOT.glob(link or span)]
        proofs = [file for file in files if file.suffix == ".py"]
        assert proofs or any(file.parent.name == "attacks" for file in files), what
        for file in proofs:
            assert file.name.startswith("test_"), file
            assert re.search(r"(?m)^(async )?def test_\w+", file.read_text("utf-8")), file


def test_the_drawing_of_the_house_names_what_is_there() -> None:
    told = re.findall(r"\b(bot/[\w/]+\.py)", "".join(re.findall(r"(?s)```.*?```", read("ARCHITECTURE.md"))))
    assert len(told) > 5
    assert [path for path in told if not (ROOT / path).is_file()] == []


def test_the_glossary_names_what_is_there() -> None:
    """A row of the words is no longer than a line, and none is told twice."""
    rows = re.findall(r"(?m)^\| ([^|]+) \| [^|]+ \|$", read("ARCHITECTURE.md").partition("## Words")[2])
    words = [word.strip() for row in rows for word in row.split(",") if word.strip() not in ("word", "---")]
    assert len(words) > 20
    assert len(words) == len(set(words))


def test_what_a_service_touches_is_what_is_promised() -> None:
    """Of the WordPress, which stands for the next one: the files that name it are those that are told, and no command
    but that of the hosts, who offer it, is among them."""
    (promise,) = re.findall(r"(?s)What the WordPress touched.*?\n\n", read("ARCHITECTURE.md"))
    told = {path.rstrip("/") for path in code(promise) if (ROOT / path).exists() and not path.startswith("tests")}
    found = {re.sub(r"^(integrations/\w+)/.*", r"\1", name) for name in naming("wordpress")}
    assert found - {"ARCHITECTURE.md", "CONTRIBUTING.md"} == told
    assert [name for name in told if name.startswith("commands")] == ["commands/network/chatons.py"]


def naming(word: str) -> Iterator[str]:
    """The files of ours, tests apart, in which this word is."""
    kinds = {".py", ".po", ".md", ".sql", ".html", ".txt", ".env", ".toml"}
    files = [
        file for name in ("bot", "commands", "integrations", "locales", "docs") for file in (ROOT / name).rglob("*")
    ]
    for file in (file for file in [*files, *ROOT.iterdir()] if file.is_file() and file.suffix in kinds):
        if file.name not in ELSEWHERE and word in file.read_text("utf-8").casefold():
            yield file.relative_to(ROOT).as_posix()


def test_every_setting_that_is_named_is_explained() -> None:
    """`bot.example.env` has every setting: `tests/test_settings.py` compares them."""
    known = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", read("bot.example.env")))
    wanted = {span for page in ("README.md", "SECURITY.md") for span in code(read(page))}
    assert sorted(span for span in wanted if re.fullmatch(r"[A-Z]+(_[A-Z]+)+|LIEUX|OPERATORS", span)) != []
    assert sorted(span for span in wanted if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", span) and span not in known) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_is_named_is_one(page: str) -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", read("Makefile")))
    named = {words for span in code(read(page)) for words in re.findall(r"^make ([a-z]+)", span)}
    named |= set(re.findall(r"(?m)^    make ([a-z]+)", read(page)))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_of_the_command_line_that_is_named_is_one(page: str) -> None:
    verbs = set(get_command(cli).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"`(?:/opt/conciergerie/bin/)?conciergerie ([a-z-]+)", read(page)))
    assert named <= verbs


def test_every_verb_of_the_command_line_is_told() -> None:
    named = set(re.findall(r"conciergerie ([a-z-]+)", read("README.md")))
    assert sorted(get_command(cli).commands.keys() - named) == []  # type: ignore[attr-defined]


def test_every_place_in_a_page_that_is_named_is_there() -> None:
    """`page.md#its-heading`, as forges make it of a heading."""
    for page in PAGES:
        for told, heading in re.findall(r"\]\(([\w./]*)#([\w-]+)\)", read(page)):
            titles = re.findall(r"(?m)^#+ (.+)$", read(told or page))
            assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, page


def test_the_unit_and_its_template_say_the_same() -> None:
    """But for the instance, which has a user and a folder of its own."""
    template = read("packaging/systemd/conciergerie@.service")
    assert {line for line in template.splitlines() if "%" in line} == {
        "Description=Conciergerie %i",
        "User=conciergerie-%i",
        "WorkingDirectory=/var/lib/conciergerie-%i",
        "StateDirectory=conciergerie-%i",
    }
    assert re.sub("[ -]%i", "", template) == read("packaging/systemd/conciergerie.service")
