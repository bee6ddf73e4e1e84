"""What real sites answered, in three versions: the bot reads it rightly, and the stand-in answers the same."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.errors import NotFound, NotPermitted, Rejected, Unavailable, Unsupported
from integrations.wordpress import WordPress
from integrations.wordpress.client import Reply, settled
from tests.stage.memory_wordpress import PASSWORD, USER, Account, MemoryWordPress
from tests.tiers import either

CAPTURED = Path(__file__).parents[2] / "captured"
VERSIONS = ("6.1.9", "6.8.12", "7.1.4")
SHOWN = ("id", "username", "email", "roles", "author", "deleted", "count", "code")
Line = dict[str, Any]


def recorded(version: str, scenario: str) -> dict[str, Line]:
    lines = (CAPTURED / f"wordpress-{version}" / f"{scenario}.jsonl").read_text().splitlines()
    return {line["name"]: line for line in map(json.loads, lines)}


def answer(line: Line) -> httpx.Response:
    said, headers = line["response"], line["response"]["headers"]
    body = said["body"] if isinstance(said["body"], str) else json.dumps(said["body"])
    return httpx.Response(said["status"], headers=headers, content=body.encode())


class Player(httpx.AsyncBaseTransport):
    """The index as it was recorded, and this line to all else."""

    def __init__(self, version: str, line: Line) -> None:
        self._index, self._line = recorded(version, "discover")["index_anonymous"], line

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return answer(self._index if request.url.path == "/wp-json/" else self._line)


async def heard(version: str, scenario: str, name: str) -> Reply:
    line = recorded(version, scenario)[name]
    site = WordPress("https://wp.lieu.example", USER, PASSWORD, transport=Player(version, line))
    asked = line["request"]
    try:
        return await site.client.ask(asked["method"], asked["path"].removeprefix("/wp-json"), {}, asked["body"])
    finally:
        await site.close()


@pytest.mark.parametrize("version", either(*VERSIONS))
@pytest.mark.parametrize(
    ("scenario", "name", "code"),
    [
        ("create", "exists_username", "existing_user_login"),
        ("create", "exists_username_other_case", "existing_user_login"),
        ("create", "exists_email", "existing_user_email"),
        ("create", "exists_email_other_case", "existing_user_email"),
        ("create", "bad_username_long", "user_login_too_long"),
    ],
)
async def test_what_exists_already_is_no_breakdown(version: str, scenario: str, name: str, code: str) -> None:
    reply = await heard(version, scenario, name)
    assert (reply.status, reply.code) == (500, code)


@pytest.mark.parametrize("version", either(*VERSIONS))
@pytest.mark.parametrize(
    ("scenario", "name", "error"),
    [
        ("create", "bad_role", Rejected),
        ("create", "create_without_password", Rejected),
        ("update", "update_unknown", NotFound),
        ("search", "get_unknown_id", NotFound),
        ("delete", "delete_without_reassign", Rejected),
        ("delete", "delete_reassign_unknown", Rejected),
        ("delete", "delete_again", NotFound),
        ("rights", "editor_creates", NotPermitted),
        ("rights", "editor_lists_edit", NotPermitted),
        ("outage", "wrong_route", Unsupported),
    ],
)
async def test_a_refusal_is_told_as_one(version: str, scenario: str, name: str, error: type[Exception]) -> None:
    reply = await heard(version, scenario, name)
    with pytest.raises(error):
        settled(reply)


@pytest.mark.parametrize("version", either(*VERSIONS))
@pytest.mark.parametrize(
    ("scenario", "name", "cause", "unknown"),
    [
        ("outage", "maintenance", "maintenance", False),
        ("outage", "maintenance_create", "maintenance", False),
        ("outage", "database_down", "broken", False),
        ("outage", "app_passwords_without_https", "credentials", False),
        ("outage", "authorization_header_lost", "credentials", False),
        ("auth", "wrong_password", "credentials", False),
        ("auth", "no_credentials_create", "credentials", False),
    ],
)
async def test_an_outage_is_no_verdict(version: str, scenario: str, name: str, cause: str, unknown: bool) -> None:
    with pytest.raises(Unavailable) as away:
        await heard(version, scenario, name)
    assert (away.value.cause, away.value.unknown) == (cause, unknown)


@pytest.mark.parametrize("version", either(*VERSIONS))
async def test_bad_credentials_are_not_taken_for_good_ones(version: str) -> None:
    """A route that everybody may read answers 200 to them, so that who the bot is, is asked for editing."""
    assert recorded(version, "auth")["wrong_password_public_route"]["response"]["status"] == 200
    line = recorded(version, "outage")["authorization_header_lost"]
    site = WordPress("https://wp.lieu.example", USER, PASSWORD, transport=Player(version, line))
    assert [finding.code for finding in await site.check()] == ["wordpress-credentials"]
    await site.close()


# -- the stand-in


def as_recorded() -> MemoryWordPress:
    """The people of the recordings, under the numbers that they had there."""
    memory = MemoryWordPress()
    memory.accounts[1] = Account(1, "anne", "anne@lieu.example", "anne", ["administrator"])
    for name, role in (("edith", "editor"), ("suzy", "subscriber"), ("claire", "concierge")):
        memory.add(name, f"{name}@lieu.example", role)
    memory.bot.username, memory.bot.email = "bot", "bot@lieu.example"
    return memory


async def asked(memory: MemoryWordPress, line: Line) -> httpx.Response:
    said = line["request"]
    password = PASSWORD if line["as"] == "bot" else "wrong"
    way_in = {"Authorization": f"Basic {base64.b64encode(f'{USER}:{password}'.encode()).decode()}"}
    headers = {} if line["as"] == "anonymous" else way_in
    async with httpx.AsyncClient(transport=memory, base_url="https://wp.lieu.example", headers=headers) as http:
        return await http.request(said["method"], said["path"], params=said["query"], json=said["body"])


def shown(body: Any) -> Any:
    """What the bot reads of an answer."""
    if isinstance(body, list):
        return [shown(row) for row in body]
    found = {name: body[name] for name in SHOWN if name in body} if isinstance(body, dict) else {}
    way_in = {"off": body["authentication"] == []} if isinstance(body, dict) and "authentication" in body else {}
    return found | way_in


def alike(ours: Any, theirs: Any) -> bool:
    """Of rows, the first; of an object, all that theirs has."""
    if isinstance(theirs, list):
        return all(map(alike, ours, theirs))
    return all(ours.get(key) == value for key, value in theirs.items())


@pytest.mark.parametrize("version", either(*VERSIONS))
async def test_the_stand_in_answers_as_they_do(version: str) -> None:
    """One after the other, as it went: accounts are made, changed, and removed."""
    memory = as_recorded()
    memory.articles.clear()
    for scenario in ("create", "search", "app_passwords", "update", "delete"):
        for name, line in recorded(version, scenario).items():
            if name == "post_by_lea_setup":
                memory.articles[4] = memory.write(memory.accounts[6])
                memory.articles[4].id = 4
                continue
            if name == "delete_all_for_lea":
                memory.accounts[6].app_passwords = line["response"]["body"]["count"]
            if line["as"] == "edith":
                continue  # it knows one who may, and nobody
            real, ours = answer(line), await asked(memory, line)
            assert ours.status_code == real.status_code, name
            theirs, read = shown(real.json()), shown(ours.json())
            if scenario in ("update", "delete"):  # where the recorded one had another address by then
                theirs.pop("email", None)
            assert alike(read, theirs), (name, read, theirs)
            assert ours.headers.get("X-WP-Total") == real.headers.get("X-WP-Total"), name


@pytest.mark.parametrize("version", either(*VERSIONS))
async def test_the_stand_in_is_ill_as_they_are(version: str) -> None:
    weather = {
        "maintenance": {"maintenance": True},
        "maintenance_create": {"maintenance": True},
        "database_down": {"database_down": True},
        "app_passwords_without_https": {"application_passwords": False},
        "index_without_https": {"application_passwords": False},
        "wrong_route": {},
        "authorization_header_lost": {"header_lost": True},
    }
    lines = recorded(version, "outage") | recorded(version, "discover")
    for name, line in lines.items():
        memory = as_recorded()
        for what, how in weather.get(name, {}).items():
            setattr(memory, what, how)
        memory.plain = name == "index_plain_permalinks"
        line["as"] = "bot" if name == "wrong_route" else line["as"]
        real, ours = answer(line), await asked(memory, line)
        assert ours.status_code == real.status_code, name
        assert ours.headers.get("retry-after") == real.headers.get("retry-after"), name
        kinds = [each.headers["content-type"].partition(";")[0] for each in (ours, real)]
        assert kinds[0] == kinds[1], name
        if kinds[0] == "application/json":
            assert alike(shown(ours.json()), shown(real.json())), name
