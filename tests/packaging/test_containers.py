"""The image and the trial: read by their linters and schemas everywhere, built where there is an engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from bot.settings import Settings
from tests.packaging.tools import hadolint

ROOT = Path(__file__).parents[2]
FOLDER, SCHEMA = ROOT / "packaging/docker", ROOT / "tests/data/compose-spec.json"
IMAGE = "conciergerie-of-the-tests"


def dockerfile() -> str:
    return (FOLDER / "Dockerfile").read_text()


def compose() -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return told


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
    images = {one["image"] for one in compose()["services"].values() if "image" in one}
    assert images == {f"docker.io/matrixdotorg/synapse:v{version}"}


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
    (base,) = set(re.findall(r"(?m)^FROM (\S+)", dockerfile()))
    if subprocess.run([name, "pull", f"docker.io/library/{base}"], capture_output=True, check=False).returncode:
        pytest.skip(f"{base} CANNOT BE FETCHED HERE: the image was linted, and not built")
    how = ["--format", "docker"] if name == "podman" else []  # the other format has no health check
    build = [name, "build", *how, "-f", FOLDER / "Dockerfile", "-t", IMAGE, ROOT]
    subprocess.run(build, check=True, timeout=1800)
    run = [name, "run", "--rm", "--read-only", "--cap-drop=ALL", "--tmpfs=/tmp", IMAGE]
    assert subprocess.run([*run, "--version"], check=True, capture_output=True).stdout.startswith(b"conciergerie ")
    without = subprocess.run([*run, "run"], check=False, capture_output=True, text=True, timeout=60)
    assert (without.returncode, "MATRIX_USER" in without.stderr) == (78, True)
