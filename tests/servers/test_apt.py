"""Installing a package for the tests must start no service, and leave other people's policy alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import apt


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "policy-rc.d"
    monkeypatch.setattr(apt, "POLICY", file)
    return file


def test_services_are_forbidden_for_the_time_of_the_installation(policy: Path) -> None:
    with apt._services_forbidden() as forbidden:
        assert forbidden
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()


@pytest.mark.parametrize(("code", "forbids"), [(101, True), (0, False)])
def test_a_policy_that_is_there_already_stays(policy: Path, code: int, forbids: bool) -> None:
    policy.write_text(f"#!/bin/sh\nexit {code}\n")
    policy.chmod(0o755)
    with apt._services_forbidden() as forbidden:
        assert forbidden is forbids
    assert policy.read_text().endswith(f"exit {code}\n")


def test_without_root_the_reason_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    reason = apt.ensure_installed(tmp_path / "slapd", "slapd", lacking="the LDAP tests")
    assert "apt-get install slapd" in reason
    assert "the LDAP tests" in reason
