"""What a start loads: every module takes time before the first answer, and memory for months."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What only some bots or some commands need, with where it is loaded instead.
LATER = {
    "openpyxl": "a workbook that somebody dropped, or asked for",
    "jinja2": "pages and mails",
    "segno": "a picture with a code",
    "typst": "a drawing, in a process of its own",
    "aiosmtplib": "a lieu that writes mails",
    "ldap3": "a directory that speaks LDAP",
    "prometheus_client": "the first time that somebody reads the metrics",
    "typer": "the operator's other commands",
    "rich": "tables and questions of the operator's other commands",
    "click": "the operator's other commands",
    "twisted": "nobody: it may be installed for something else",
    "nio.client": "nobody: of nio, the encryption is used",
    "aiohttp.web": "health, metrics and pages, for who listens",
    "bot.web.site": "public pages",
    "integrations.storage": "copies of the data that leave the machine",
    "bot.operator.cli": "the operator's other commands",
}
MOST = 1_134  # modules, in the developers’ environment; 1,535 before anything was loaded later
LOADED = """
from bot.operator.loading import load
load()
import sys, bot.__main__, bot.operator.process
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", LOADED], env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", LATER)
def test_what_few_need_is_loaded_where_it_is_needed(name: str, loaded: set[str]) -> None:
    assert name not in loaded, f"it is for {LATER[name]}"


def test_a_start_loads_so_many_modules_at_most(loaded: set[str]) -> None:
    assert len(loaded) <= MOST


def test_whoever_wants_all_of_nio_has_it_afterwards() -> None:
    """With the classes upon which the bot's own are made."""
    program = """
from bot.operator.loading import load
load()
from bot.matrix.crypto import machine
import nio
assert nio.AsyncClient
assert nio.MegolmEvent is machine.MegolmEvent
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
