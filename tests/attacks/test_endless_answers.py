"""Who: a service that was taken over. What: it answers page after page, each as long as one may be, and says that more
will come. Why it must fail: the memory of the bot is for all lieux."""

from __future__ import annotations

import json

import httpx
import pytest

from integrations.directory import scim_client
from integrations.directory.scim_client import ScimClient
from integrations.errors import Refused
from integrations.http import Http
from integrations.oauth import FixedToken


async def test_pages_without_end() -> None:
    """Two hundred pages of ten megabytes would be two gigabytes, several times over once they are read."""
    person = {"userName": "x" * 2**20, "id": "1"}
    page = json.dumps({"totalResults": 10**9, "Resources": [person] * 4}).encode()
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        is_config = request.url.path.endswith("/ServiceProviderConfig")
        return httpx.Response(200, content=b"{}" if is_config else page)

    http = Http("directory", "https://sso.lieu.example", transport=httpx.MockTransport(answer))
    with pytest.raises(Refused) as refusal:
        await ScimClient(http, FixedToken("x")).everything("Users")
    await http.close()
    assert refusal.value.code == "directory-too-many"
    assert len(asked) * len(page) < 2 * scim_client.LONGEST
