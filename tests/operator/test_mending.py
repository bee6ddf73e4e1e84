"""`doctor --list` and `--fix`: what is looked at, and what is mended, asked for and read back."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.operator.cli import cli
from bot.operator.doctor import CHECKS, FIXED, mending
from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.instance import disk, files
from bot.operator.doctor.sentences import SENTENCES, say
from bot.settings import Listen, Settings
from bot.store.free_space import LEAST, FreeSpace
from bot.supervision.health import Health
from bot.supervision.http_server import serve

ENV = "MATRIX_HOMESERVER=http://127.0.0.1:9\nMATRIX_USER=@bot:example.org\nMATRIX_PASSWORD=swordfish\nDATA_DIR={data}\n"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """The settings of a bot whose folder is well."""
    folder, file = tmp_path / "data", tmp_path / "bot.env"
    folder.mkdir(mode=0o700)
    (folder / "seeds.json").touch(0o600)
    file.write_text(ENV.format(data=folder))
    file.chmod(0o600)
    return file


def folder_of(env_file: Path) -> Path:
    return env_file.parent / "data"


def doctor(env_file: Path, *words: str, answers: str = "") -> str:
    done = CliRunner().invoke(
        cli, ["doctor", *words, "--env-file", str(env_file)], input=answers, env={"COLUMNS": "400"}
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


async def codes(env_file: Path, check: Callable[[Patient], object]) -> dict[str, str]:
    async with Patient.of(Settings.load({}, env_file), env_file) as patient:
        return {found.code: say(found).sign for found in await check(patient)}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_each_check_is_listed_by_its_name_with_what_it_looks_at() -> None:
    lines = CliRunner().invoke(cli, ["doctor", "--list"]).output.splitlines()
    assert len(lines) == len(CHECKS)
    assert [len(line.split("  ", 1)[1].strip()) > 20 for line in lines] == [True] * len(lines)
    assert {line.split("  ")[0] for line in lines if line.endswith("(--fix)")} == FIXED


def test_where_nothing_can_be_mended_nothing_is_asked(env_file: Path) -> None:
    assert "nothing here that doctor could mend" in doctor(env_file, "--fix")


async def test_what_others_may_read_is_seen(env_file: Path) -> None:
    assert await codes(env_file, files) == {"private": "✓"}
    env_file.chmod(0o640)
    assert await codes(env_file, files) == {"private": "✓"}, "root's, and of the bot's group"
    env_file.chmod(0o644)
    for path in (folder_of(env_file), folder_of(env_file) / "seeds.json"):
        path.chmod(0o755)
    assert await codes(env_file, files) == {"settings-shown": "✗", "private": "✗"}


def test_what_others_may_read_is_hidden_upon_a_yes(env_file: Path) -> None:
    folder = folder_of(env_file)
    for path in (env_file, folder, folder / "seeds.json"):
        path.chmod(0o755)
    said = doctor(env_file, "--fix", answers="n\n")
    assert f"Keep others from reading {env_file}, {folder}, {folder / 'seeds.json'}?" in said
    assert mode(env_file) == 0o755
    assert "✓ private: mended" in doctor(env_file, "--fix", answers="y\n")
    assert [mode(path) for path in (env_file, folder, folder / "seeds.json")] == [0o750, 0o700, 0o700]
    assert "nothing here" in doctor(env_file, "--fix")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to somebody else")
def test_files_of_another_user_are_given_back_without_asking(env_file: Path) -> None:
    folder = folder_of(env_file)
    os.chown(folder, 4321, 4321)
    said = doctor(env_file, "--fix", "--yes")
    assert "✓ owners: mended" in said
    assert "Give" not in said
    assert ((folder / "seeds.json").stat().st_uid, (folder / "seeds.json").stat().st_gid) == (4321, 4321)


def test_of_the_copies_the_last_one_stays(env_file: Path) -> None:
    folder = folder_of(env_file)
    for version in (9, 31, 100):
        (folder / f"bot.before-{version}").write_bytes(b"x")
    said = doctor(env_file, "--fix", answers="y\n")
    assert f"Delete {folder / 'bot.before-9'}, {folder / 'bot.before-31'}, from before" in said
    assert "✓ copies: mended" in said
    assert [path.name for path in folder.glob("*before*")] == ["bot.before-100"]


def test_what_the_system_refuses_is_not_called_mended(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(env_file).joinpath("bot.before-9").touch(0o600)
    folder_of(env_file).joinpath("bot.before-10").touch(0o600)

    def refuse(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    assert "✗ copies: not mended" in doctor(env_file, "--fix", "--yes")
    monkeypatch.setattr(Path, "unlink", lambda path: None)
    assert "✗ copies: not mended" in doctor(env_file, "--fix", "--yes"), "done is what was seen"


async def test_what_cannot_be_told_is_neither(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits were lifted, maybe: the homeserver does not answer any more."""
    looks = 0

    async def limited(patient: Patient) -> bool:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise mending.Unavailable("matrix")
        return True

    async def lifted(patient: Patient) -> None: ...

    limits = replace(mending.MENDINGS[-1], is_needed=limited, mend=lifted)
    monkeypatch.setattr(mending, "MENDINGS", (limits,))
    said: list[str] = []
    await mending.fix(Settings.load({}, env_file), lambda question: True, said.append)
    assert said == ["? limits: it could not be seen whether it is mended; see below"]


# -- the disk


@pytest.mark.parametrize(
    ("space", "found"),
    [
        (FreeSpace(LEAST, LEAST), {"disk": "✓"}),
        (FreeSpace(LEAST - 1, LEAST), {"disk": "✗"}),
        (FreeSpace(LEAST, LEAST, is_shut=True), {"disk-shut": "✗"}),
    ],
)
async def test_a_disk(env_file: Path, space: FreeSpace, found: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.operator.doctor.instance.free_space", lambda folder: space)
    assert await codes(env_file, disk) == found


async def test_what_the_disk_refused_is_told_by_the_bot_that_runs(env_file: Path) -> None:
    from bot.operator.doctor.instance import _refused_by_disk

    told = {"errors full": 3, "errors ill": 0}

    async def counted() -> dict[str, int]:
        return told

    async with serve(Health(counts=counted), Listen("127.0.0.1", 0)) as port:
        (found,) = await _refused_by_disk(Listen("127.0.0.1", port))
        assert (found.code, found.words) == ("data-errors", {"kinds": "full: 3"})
        assert say(found).sign == "·"
        told["errors full"] = 0
        assert await _refused_by_disk(Listen("127.0.0.1", port)) == []


def test_each_has_its_sentence() -> None:
    assert {"settings-shown", "owners", "disk", "disk-shut", "copies", "data-errors"} <= SENTENCES.keys()
