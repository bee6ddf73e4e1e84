"""What is installed where the sources are not: the wheel has all of the bot, and starts from nothing else."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot import __version__
from tests.operator.test_from_the_first import first
from tests.packaging.tools import BESIDE, run

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "commands", "integrations", "locales")


def of_the_tree() -> set[str]:
    files = (path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}


def test_the_wheel_is_the_tree(wheel: Path) -> None:
    """Every module, template, sentence, migration and picture, and nothing that is not of the bot."""
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert sorted(of_the_tree() - held) == []
    assert sorted(held - of_the_tree()) == []
    assert len(held) > 300


def test_the_licence_comes_with_both(dist: Path, wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
    (sources,) = dist.glob("*.tar.gz")
    with tarfile.open(sources) as archive:
        assert f"conciergerie-{__version__}/LICENSE" in archive.getnames()


def test_an_index_would_take_them(dist: Path) -> None:
    done = run(BESIDE / "twine", "check", "--strict", *sorted(dist.iterdir()))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment of its own with the bot out of the wheel; what it needs is that of the developers."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin/python"
    done = run(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel)
    assert done.returncode == 0, done.stderr
    own = folder / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    # A path, whose own .pth files count for nothing: the sources are not among it.
    (own / "developers.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    return folder / "bin/conciergerie"


def asked(program: Path, folder: Path, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "COLUMNS": "100"}
    return subprocess.run(
        [program, *arguments],
        cwd=folder,
        env=environment,
        input=said,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_is_not_the_sources_that_start(installed: Path, tmp_path: Path) -> None:
    program = "import bot, commands, integrations, locales; print(bot.__file__, commands.__file__)"
    done = run(installed.with_name("python"), "-I", "-c", program, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(path.startswith(str(installed.parents[1])) for path in done.stdout.split())


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["doctor", "--help"], ["setup", "--help"]])
def test_its_help_is_there(installed: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = asked(installed, tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


def test_its_version_is_ours(installed: Path, tmp_path: Path) -> None:
    assert asked(installed, tmp_path, "--version").stdout == f"conciergerie {__version__}\n"


def test_doctor_says_what_is_missing(installed: Path, tmp_path: Path) -> None:
    done = asked(installed, tmp_path, "doctor")
    assert (done.returncode, "MATRIX_USER is missing" in done.stderr) == (78, True), done.stderr


def test_doctor_looks_at_everything(installed: Path, tmp_path: Path) -> None:
    """At a homeserver that is not there."""
    (tmp_path / "bot.env").write_text(
        "MATRIX_HOMESERVER=http://127.0.0.1:9\nMATRIX_USER=@bot:example.org\nMATRIX_PASSWORD=swordfish\n"
    )
    done = asked(installed, tmp_path, "doctor")
    assert (done.returncode, done.stderr) == (1, "")
    assert "check-broken" not in done.stdout
    assert "nobody listens there" in " ".join(done.stdout.split())


def test_setup_begins_to_ask(installed: Path, tmp_path: Path) -> None:
    terminal, its_end = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "dumb"}
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), its_end)
    with subprocess.Popen([installed, "setup"], cwd=tmp_path, env=environment, **ends) as process:
        os.close(its_end)
        said = b""
        while b"Where Matrix clients connect" not in said and select.select([terminal], [], [], 60)[0]:
            said += os.read(terminal, 4096)
        process.kill()
    os.close(terminal)
    assert b"Where Matrix clients connect" in said, said.decode()


def test_the_demo_says_where_it_is(installed: Path, tmp_path: Path) -> None:
    done = asked(installed, tmp_path, "demo")
    assert (done.returncode, "part of the sources" in done.stderr) == (1, True)


def newer(wheel: Path, folder: Path) -> Path:
    """The same wheel, of a version that is to come."""
    made = folder / wheel.name.replace(f"-{__version__}-", "-99.0-")
    with ZipFile(wheel) as was, ZipFile(made, "w") as now:
        for name in was.namelist():
            content = was.read(name)
            if name == "bot/__init__.py" or name.endswith((".dist-info/METADATA", ".dist-info/RECORD")):
                content = content.replace(__version__.encode(), b"99.0")
            now.writestr(name.replace(f"conciergerie-{__version__}.", "conciergerie-99.0."), content)
    return made


def typed(installer: str) -> list[str]:
    """What packaging/README.md says of it: to install, to look beforehand, to upgrade."""
    told = (ROOT / "packaging/README.md").read_text()
    part = told[told.index("## pipx, uv") : told.index("## Docker")]
    return [line for line in re.findall(r"(?m)^    (\S.*)$", part) if line.startswith(installer)]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("installer", ["pipx", "uv"])
def test_an_installer_of_applications_makes_it_a_command(
    wheel: Path, tmp_path: Path, installer: str, version: str
) -> None:
    """With all that it needs, of the index, in the versions that are tested; as packaging/README.md says it."""
    program = shutil.which(installer, path=f"{BESIDE}:{os.environ['PATH']}")
    if program is None:
        pytest.skip(f"NO {installer} HERE: the wheel was not installed with it")
    found = run(BESIDE / "uv", "python", "find", "--no-python-downloads", "--no-project", "--system", version)
    if found.returncode:
        pytest.skip(f"NO PYTHON {version} HERE: the wheel was not installed with {installer} for it")
    python = found.stdout.strip()
    (tmp_path / "dist").mkdir()
    shutil.copyfile(wheel, tmp_path / "dist" / wheel.name)
    newer(wheel, tmp_path / "dist")
    shutil.copyfile(ROOT / "constraints.txt", tmp_path / "constraints.txt")
    places = {"PIPX_HOME": "pipx", "PIPX_BIN_DIR": "bin", "UV_TOOL_DIR": "uv", "UV_TOOL_BIN_DIR": "bin"}
    environment = os.environ | {name: str(tmp_path / place) for name, place in places.items()}
    environment |= {"UV_PYTHON": python, "PIPX_DEFAULT_PYTHON": python, "HOME": str(tmp_path)}
    environment.pop("PYTHONPATH", None)

    def types(line: str) -> str:
        command = [program, *shlex.split(line)[1:]]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    install, foresee, upgrade = typed(installer)
    types(install)
    bot = tmp_path / "bin/conciergerie"
    assert asked(bot, tmp_path, "--version").stdout == f"conciergerie {__version__}\n"
    assert asked(bot, tmp_path, "doctor").returncode == 78

    data = tmp_path / "data"
    data.mkdir()
    first(data)
    least = "MATRIX_HOMESERVER=http://127.0.0.1:9\nMATRIX_USER=@bot:example.org\nMATRIX_PASSWORD=swordfish\n"
    (tmp_path / "bot.env").write_text(least)
    before = (data / "bot.sqlite").read_bytes()
    assert "under way, which go on" in types(foresee.replace(__version__, "99.0"))
    types(upgrade.replace(__version__, "99.0"))
    assert asked(bot, tmp_path, "--version").stdout == "conciergerie 99.0\n"
    assert (data / "bot.sqlite").read_bytes() == before
