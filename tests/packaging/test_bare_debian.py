"""The lines of the README, word for word, in a Debian that has nothing else: `make soak` tries them, as root."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.bare_debian import blocks, within


@pytest.mark.soak
def test_the_lines_of_the_readme_install_it(debian: Path) -> None:
    *_, unit = blocks()
    assert within(debian, "/opt/conciergerie/bin/conciergerie --version", user="conciergerie").startswith(
        "conciergerie "
    )
    copied = unit.splitlines()[0]
    within(debian, copied)
    said = within(debian, "systemd-analyze verify --man=no /etc/systemd/system/conciergerie.service 2>&1 || true")
    assert "conciergerie.service" not in said, said
    asked = "cd /var/lib/conciergerie; /opt/conciergerie/bin/conciergerie doctor 2>&1 || test $? = 78"
    assert "MATRIX_USER is missing" in within(debian, asked, user="conciergerie")


def test_every_line_that_is_typed_is_tried() -> None:
    told = "\n".join(blocks())
    assert len(blocks()) == 4
    for word in (
        "apt-get install python3-venv",
        "pip wheel",
        "adduser --system",
        "systemctl enable --now conciergerie",
    ):
        assert word in told
