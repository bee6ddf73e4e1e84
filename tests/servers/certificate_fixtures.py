"""An authority that this machine trusts, while a test asks servers what their certificates lack."""

from __future__ import annotations

import ssl

import aiohttp
import pytest

from tests.servers.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """This machine trusts one authority."""
    trusted = authority.trusted()
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusted)
    monkeypatch.setattr("integrations.http._trusted", lambda: trusted)
    return trusted
