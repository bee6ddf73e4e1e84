"""The image and the trial: read by their linters and schemas everywhere, built where there is an engine; `make soak`
brings one, and does what packaging/README.md says, on images that stand in for those of a registry (`engine.py`)."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.settings import Settings
from tests.packaging.engine import Engine
from tests.packaging.tools import hadolint

ROOT = Path(__file__).parents[2]
FOLDER, SCHEMA = ROOT / "packaging/docker", ROOT / "tests/data/compose-spec.json"
IMAGE = "conciergerie-of-the-tests"


def dockerfile() -> str:
    return (FOLDER / "Dockerfile").read_text()


def compose() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return told


def of_synapse() -> str:
    (image,) = {one["image"] for one in compose()["services"].values() if "image" in one}
    return str(image)


def base() -> str:
    (image,) = set(re.findall(r"(?m)^FROM (\S+)", dockerfile()))
    return str(image)


def test_the_dockerfile_is_as_hadolint_wants_it() -> None:
    done = hadolint(FOLDER / "Dockerfile")
    assert (done.stdout, done.returncode) == ("", 0)


def test_what_runs_is_nobody_of_the_machine_and_is_looked_at() -> None:
    last = dockerfile().rpartition("\nFROM ")[2]
    assert re.search(r"(?m)^USER \d+:\d+$", last)
    assert "/health" in last[last.index("HEALTHCHECK") :]
    assert "--require-hashes" in dockerfile()


def test_all_that_the_wheel_is_made_of_comes_into_the_image() -> None:
    """And nothing else: neither settings nor data nor the history."""
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().split()
    assert ignored[0] == "*"
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = {name for line in re.findall(r"(?m)^COPY (?!--)(.*) \S+$", dockerfile()) for name in line.split()}
    assert let_in == copied
    told = (ROOT / "pyproject.toml").read_text()
    packages = set(re.findall(r'"(\w+)\*"', re.search(r"include = (.*)", told)[1]))
    assert packages | {"pyproject.toml", "README.md", "LICENSE"} <= copied


def test_the_trial_is_a_compose_file() -> None:
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(compose())] == []
    assert not validator.is_valid(compose() | {"services": {"bot": {"ports": 8009}}})


def test_the_trial_has_the_homeserver_that_the_tests_have() -> None:
    (version,) = re.findall(r"(?m)^matrix-synapse==(.*)$", (ROOT / "constraints.txt").read_text())
    assert of_synapse() == f"docker.io/matrixdotorg/synapse:v{version}"


def test_the_settings_of_the_trial_are_settings(tmp_path: Path) -> None:
    told = {key: str(value) for key, value in compose()["services"]["conciergerie"]["environment"].items()}
    made = Settings.load(told, None)
    assert made.operators == ("@ines:localhost",)
    register = compose()["services"]["accounts"]["entrypoint"][-1]
    assert made.matrix.password is not None
    assert f"-u conciergerie -p {made.matrix.password.reveal()}" in register


def engine() -> str:
    """A program that builds and runs images here; a client without its daemon is none."""
    for name in ("podman", "docker"):
        if shutil.which(name) and subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:
            return name
    return ""


@pytest.mark.full
def test_the_image_is_built_and_its_bot_starts() -> None:
    name = engine()
    if not name:
        pytest.skip("NO CONTAINER ENGINE RUNS HERE (docker, podman): the image was linted, and not built")
    if subprocess.run([name, "pull", f"docker.io/library/{base()}"], capture_output=True, check=False).returncode:
        pytest.skip(f"{base()} CANNOT BE FETCHED HERE: the image was linted, and not built")
    how = ["--format", "docker"] if name == "podman" else []  # the other format has no health check
    build = [name, "build", *how, "-f", FOLDER / "Dockerfile", "-t", IMAGE, ROOT]
    subprocess.run(build, check=True, timeout=1800)
    run = [name, "run", "--rm", "--read-only", "--cap-drop=ALL", "--tmpfs=/tmp", IMAGE]
    assert subprocess.run([*run, "--version"], check=True, capture_output=True).stdout.startswith(b"conciergerie ")
    without = subprocess.run([*run, "run"], check=False, capture_output=True, text=True, timeout=60)
    assert (without.returncode, "MATRIX_USER" in without.stderr) == (78, True)


# -- as packaging/README.md says it, word for word


SOURCES, TRIAL, NETWORK = "/work/conciergerie", "conciergerie-trial-conciergerie-1", "conciergerie-trial_default"


def typed() -> list[str]:
    """The lines of « Docker » that stand apart, and the trial's."""
    told = (ROOT / "packaging/README.md").read_text()
    part = told[told.index("## Docker") : told.index("## Prometheus")]
    return [*re.findall(r"(?m)^    (\S.*)$", part), *re.findall(r"`(docker compose [^`]*)`", part)]


def test_every_line_that_is_typed_is_tried() -> None:
    assert [line.split()[1] for line in typed()] == ["build", "volume", "run", "run", "build", "run", "stop", "compose"]


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    if reason := Engine.lacks():
        pytest.skip(reason)
    there = Engine(Path("/var/tmp") / f"conciergerie-engine-{os.getpid()}")
    try:
        there.start()
        subprocess.run(
            ["git", "clone", "-q", "--no-hardlinks", ROOT, there.work / "conciergerie"], check=True, capture_output=True
        )
        there.make_python(base())
        there.make_synapse(of_synapse(), base())
        yield there
    finally:
        there.stop()


def health(docker: Engine, container: str) -> tuple[str, str]:
    """What Docker knows of it, and what the last look said."""
    told = json.loads(docker.run("docker", "inspect", "-f", "{{json .State.Health}}", container))
    return told["Status"], (told["Log"] or [{"Output": ""}])[-1]["Output"]


def becomes(docker: Engine, container: str, status: str) -> str:
    deadline = time.monotonic() + 300
    while (told := health(docker, container))[0] != status:
        assert time.monotonic() < deadline, told
        time.sleep(1)
    return told[1]


def plays(docker: Engine, act: str) -> str:
    """What Inès lives with the trial; what she reads."""
    command = docker.beside(sys.executable, "-m", "tests.packaging.trial", act)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def answers(docker: Engine, line: str, sheet: dict[str, str]) -> str:
    """Type it in a terminal and answer what is on the sheet, by a word that is in the question; what was to be read."""
    child, terminal = pty.fork()
    if not child:
        told = docker.command(*shlex.split(line), cwd=SOURCES)
        os.execvp(told[0], told)
    read = asked = ""
    try:
        while more := os.read(terminal, 4096).decode(errors="replace"):
            read, asked = read + more, asked + more
            if asked.endswith(": "):
                answer = next((said for words, said in sheet.items() if words in asked), "")
                os.write(terminal, f"{answer}\n".encode())
                asked = ""
    except OSError:  # a terminal whose program has ended
        pass
    finally:
        os.close(terminal)
    assert os.waitpid(child, 0)[1] == 0, read
    return read


@pytest.mark.soak
def test_the_trial_is_lived_and_upgraded(docker: Engine) -> None:
    *_, up = typed()
    up = shlex.split(f"{up} --detach")
    docker.run(*up, cwd=SOURCES)
    assert json.loads(becomes(docker, TRIAL, "healthy")) == {"ok": True, "reasons": []}
    begun = time.monotonic()
    assert "C’est prêt" in plays(docker, "install")
    assert time.monotonic() - begun < 60, "the homeserver lets the bot say one thing in five seconds"

    version = docker.work / "conciergerie/bot/__init__.py"
    version.write_text(re.sub('"(.*)"', '"99.0"', version.read_text()))
    docker.run(*up, cwd=SOURCES)
    assert docker.run("docker", "exec", TRIAL, "conciergerie", "--version") == "conciergerie 99.0\n"
    assert "tout va bien" in plays(docker, "ask")
    assert "none missing" in docker.run("docker", "exec", TRIAL, "conciergerie", "journal", "--verify")

    docker.run("docker", "stop", "conciergerie-trial-synapse-1")
    reasons = json.loads(becomes(docker, TRIAL, "unhealthy"))["reasons"]
    assert reasons, "and what /health says is what Docker shows"
    docker.run("docker", "start", "conciergerie-trial-synapse-1")
    becomes(docker, TRIAL, "healthy")


@pytest.mark.soak
def test_a_bot_is_set_up_survives_a_reboot_and_is_upgraded(docker: Engine) -> None:
    """On the trial's homeserver, as another account."""
    *_, up = typed()
    docker.run(*shlex.split(f"{up} --detach"), cwd=SOURCES)
    register = "register_new_matrix_user -c /data/homeserver.yaml -u rosee -p a-trial-only --no-admin"
    docker.run("docker", "exec", "conciergerie-trial-synapse-1", *register.split(), "http://localhost:8008")
    build, volume, setup, start, again, foresee, end, _ = typed()
    docker.run(*shlex.split(build), cwd=SOURCES)
    docker.run(*shlex.split(volume))
    sheet = {
        "Where Matrix clients connect": "http://synapse:8008",
        "whole address": "@rosee:localhost",
        "Its password": "a-trial-only",
        "Your own Matrix address": "@ines:localhost",
        "Change these answers": "n",
    }
    there = f"docker run --network {NETWORK} "
    read = answers(docker, setup.replace("docker run ", there), sheet)
    assert "signed in, and the device is signed" in read
    docker.run(*shlex.split(start.replace("docker run ", there)))
    becomes(docker, "conciergerie", "healthy")

    docker.reboot()
    docker.run("docker", "start", "conciergerie-trial-synapse-1")  # a trial does not come back by itself
    becomes(docker, "conciergerie", "healthy")

    docker.run(*shlex.split(again), cwd=SOURCES)
    assert "under way, which go on" in docker.run(*shlex.split(foresee))
    docker.run("sh", "-ec", end)
    docker.run(*shlex.split(start.replace("docker run ", there)))
    becomes(docker, "conciergerie", "healthy")
    assert '"signed in"' in docker.try_run("docker", "logs", "conciergerie").stderr
    assert docker.run("docker", "exec", "conciergerie", "id", "-u") == "990\n"
    docker.run("docker", "rm", "-f", "conciergerie")
    docker.run("docker", "volume", "rm", "conciergerie")
    docker.run(*shlex.split(up)[:4], "down", "--volumes", cwd=SOURCES)
    assert docker.run("docker", "volume", "ls", "-q") == ""
