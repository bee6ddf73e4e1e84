"""The stand-in answers as Keycloak was recorded to, line by line; and what it did to people who were told « done »."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.directory.scim import Scim
from integrations.errors import Conflict, NotPermitted, Rejected
from tests.servers.keycloak import Client, Keycloak, Person
from tests.servers.plain_http import plain_http

from .conftest import on_keycloak

CAPTURED = Path(__file__).parents[2] / "captured/keycloak-26.7.3"
FILES = {file.stem: [json.loads(line) for line in file.read_text().splitlines()] for file in CAPTURED.glob("*.jsonl")}
HEADERS = ("content-type", "cache-control")
DATE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
HERE = "https://sso.example.org"
BEFORE = [
    "50161a88-eb12-4bdf-ad9f-0619473c18c4",
    "0c975f41-13df-4ea9-9824-93ad9079c572",
    "fb0f8616-9756-44fb-91f1-ba94a4b6cede",
    "9b14a2f0-cdd3-40f9-a764-89e18ff0569d",
    "82fa3acf-dcbc-4962-a193-9248eed3e637",
]
WIPED_NAMES = ("wipe.deux", "wipe.trois", "wipe.un")
WIPED = [
    "9e3bff3b-9967-46b9-a16a-397b6ae58c29",
    "58229ef5-faf5-4a5b-aec2-baea7488dd4c",
    "f19d9901-79dd-46ec-80c1-ef5807130dc1",
    "f7366d9a-cfd2-4577-9503-f1544d67be1c",
]


def made(scenario: list[dict[str, Any]]) -> Iterator[str]:
    """The ids of what was made there, in their order."""
    for one in scenario:
        if one["request"]["method"] == "POST" and one["response"]["status"] == 201 and one["response"]["body"]:
            yield one["response"]["body"]["id"]


def world(name: str) -> Keycloak:
    """The realm as it was when these exchanges began."""
    ids = {"09-scim-raw": BEFORE, "10-scim-writes": BEFORE, "11-scim-members": WIPED}.get(name, [])
    server = Keycloak(HERE, iter([*ids, *made(FILES[name])]))
    server.scim = name != "09-scim-raw"
    server.clients = {
        "concierge-bot": Client("<secret:concierge-bot>", audience=server.scim),
        "bot-norole": Client("<secret:bot-norole>", audience=name == "12-scim-emails", role="none"),
        "bot-view": Client("<secret:bot-view>", role="view"),
        "synapse": Client("<secret:synapse>", service_account=False),
    }
    if ids is BEFORE:
        server.add_person("action1")
        server.add_person("attr1", given="A", family="B", email="attr1@example.org", locale="fr")
        server.add_person("zoe.martin")
        for name in ("La-Rosee", "la-rosee"):
            server.add_group(name)
        for n in range(16):
            server.people[f"{n}"] = Person(f"{n}", f"p{n}")
    elif ids is WIPED:
        people = [server.add_person(n, given="P", family="N", email=f"{n}@example.org") for n in WIPED_NAMES]
        server.add_group("wipe", *people)
    return server


async def replayed(server: Keycloak, one: dict[str, Any]) -> httpx.Response:
    request, headers = one["request"], dict(one["request"]["headers"])
    who = one["as"]
    if headers.pop("authorization", ""):
        secret = base64.b64encode(
            f"{who}:{'faux' if one['name'] == 'token_wrong_secret' else f'<secret:{who}>'}".encode()
        )
        token = server.token(who) if who != "anonymous" else "nope"
        headers["authorization"] = f"Basic {secret.decode()}" if "/token" in request["path"] else f"Bearer {token}"
    body = request["body"]
    content = str(httpx.QueryParams(body)) if isinstance(body, dict) else body
    async with plain_http(base_url=server.at) as client:
        return await client.request(
            request["method"], request["path"], params=request["query"], headers=headers, content=content
        )


@pytest.mark.parametrize("name", FILES)
async def test_the_stand_in_answers_as_it_was_recorded(name: str) -> None:
    """One after the other, as they were made: each answer shows what became of those before it."""
    async with world(name) as server:
        for one in FILES[name]:
            if one["as"] == "admin":
                server.scim = True
                server.clients["concierge-bot"].audience = "audience" in one["name"]
                continue
            answer, recorded = await replayed(server, one), one["response"]
            told = answer.json() if answer.content else None
            assert (one["name"], answer.status_code) == (one["name"], recorded["status"])
            assert (one["name"], plain(told)) == (one["name"], plain(recorded["body"]))
            assert {h: answer.headers.get(h) for h in HEADERS if h in recorded["headers"]} == {
                h: recorded["headers"][h] for h in HEADERS if h in recorded["headers"]
            }


def plain(body: Any) -> Any:
    """Without what is another each time; the order of fields says nothing."""
    if isinstance(body, dict) and "access_token" in body:
        return body | {"access_token": "", "expires_in": ""}
    return json.loads(DATE.sub("<date>", json.dumps(body, sort_keys=True)))


# -- what it did to people


@pytest.fixture
async def server() -> AsyncIterator[Keycloak]:
    async with Keycloak() as server:
        yield server


@pytest.fixture
async def directory(server: Keycloak) -> AsyncIterator[Scim]:
    directory = on_keycloak(server)
    yield directory
    await directory.close()


async def test_who_is_taken_out_is_out(server: Keycloak, directory: Scim) -> None:
    """« Done » was told, and they stayed: who is in a group was not asked for, so nobody was seen there."""
    for login in ("zoe", "luc"):
        await directory.ensure_account(login, f"{login.title()} Martin", f"{login}@example.org")
        await directory.set_member("la-rosee", login, True)
    await directory.set_member("la-rosee", "zoe", False)
    (group,) = server.groups.values()
    assert {server.people[id].username for id in group.members} == {"luc"}


async def test_nobody_is_sent_along_with_whoever_is_put_in(server: Keycloak, directory: Scim) -> None:
    """Whoever an administrator takes out meanwhile would come back with the list that was read before."""
    await directory.ensure_account("luc", "Luc Petit", "luc@example.org")
    zoe = server.add_person("zoe", given="Zoé", family="Martin", email="zoe@example.org")
    group = server.add_group("la-rosee", zoe)
    server.meanwhile = lambda: group.members.discard(zoe.id)
    await directory.set_member("la-rosee", "luc", True)
    assert await directory.members_of("la-rosee") == ("luc",)


@pytest.mark.parametrize("name", ["Mono", " Mono ", "Zoé"])
async def test_one_word_is_a_name(server: Keycloak, directory: Scim, name: str) -> None:
    await directory.ensure_account("mono", name, "mono@example.org")
    (found,) = await directory.find(username="mono")
    assert found.name == name.strip()
    (person,) = server.people.values()
    assert (person.given, person.family) == (name.strip(), name.strip())


async def test_two_names_that_are_one_and_the_same_word(directory: Scim) -> None:
    await directory.ensure_account("martin", "Martin Martin", "martin@example.org")
    (found,) = await directory.find(username="martin")
    assert found.name == "Martin"  # nothing tells it from a name of one word


@pytest.mark.parametrize("taken", ["zoe@example.org", "ZOE@Example.org", "Zoe@EXAMPLE.ORG"])
async def test_an_address_that_is_taken_in_other_capitals_is_taken(
    server: Keycloak, directory: Scim, taken: str
) -> None:
    """Keycloak looks with capitals, keeps without, and answers 500: an outage was told, and tried for ever."""
    server.add_person("zoe", given="Zoé", family="Martin", email="zoe@example.org")
    await directory.ensure_account("luc", "Luc Petit", "luc@example.org")
    for act in (directory.ensure_account("zoe2", "Zoé Martin", taken), directory.set_email("luc", taken)):
        with pytest.raises(Conflict) as refusal:
            await act
        assert refusal.value.code == "email-taken"


async def test_an_address_that_somebody_takes_meanwhile_is_taken(server: Keycloak, directory: Scim) -> None:
    """Or that the search does not find: a server may mind more than capitals."""
    server.hidden = {"zoe@example.org"}
    server.add_person("zoe", email="zoe@example.org")
    with pytest.raises(Conflict) as refusal:
        await directory.ensure_account("zoe2", "Zoé Martin", "zoe@example.org")
    assert refusal.value.code == "email-taken"


async def test_a_group_of_more_than_a_page(server: Keycloak, directory: Scim) -> None:
    people = [server.add_person(f"p{n:03}", email=f"p{n}@example.org") for n in range(230)]
    server.add_group("la-rosee", *people)
    assert len(await directory.members_of("la-rosee")) == len(await directory.logins()) == 230
    for n in range(300):
        server.add_person(f"q{n:03}")
    server.asked.clear()
    await directory.members_of("la-rosee")
    assert len([path for path in server.asked if "/Users?" in path]) == 3, "the others are not read"
    await directory.set_member("la-rosee", "p229", False)
    assert len(await directory.members_of("la-rosee")) == 229


@pytest.mark.parametrize("name", ["<b>Zoé", "Zoé & Luc"])
async def test_a_name_that_it_does_not_take_is_told_with_its_words(directory: Scim, name: str) -> None:
    with pytest.raises(Rejected) as refusal:
        await directory.ensure_account("zoe", name, "zoe@example.org")
    assert "invalid character" in refusal.value.words["reason"]


# -- the three switches of an administrator


async def codes(directory: Scim) -> list[str]:
    return [finding.code for finding in await directory.check() if not finding.ok]


async def test_scim_that_is_switched_off_says_which_switch(server: Keycloak, directory: Scim) -> None:
    server.scim = False
    assert await codes(directory) == ["directory-no-scim"]
    with pytest.raises(NotPermitted) as refusal:
        await directory.is_free("zoe")
    assert refusal.value.code == "directory-no-scim"
    server.scim = True
    assert await directory.is_free("zoe")


async def test_tokens_that_are_not_for_scim_say_so(server: Keycloak, directory: Scim) -> None:
    server.clients["bot"].audience = False
    assert await codes(directory) == ["directory-audience"]
    server.clients["bot"].audience = True
    assert await codes(directory) == []


@pytest.mark.parametrize("role", ["none", "view"])
async def test_a_client_without_its_role_lacks_a_right(server: Keycloak, directory: Scim, role: Any) -> None:
    """One that may only read was said to be well, until somebody was welcomed."""
    server.clients["bot"].role = role
    assert await codes(directory) == ["directory-not-permitted"]
    assert not server.people


async def test_a_token_that_is_not_taken_is_not_the_credentials(server: Keycloak, directory: Scim) -> None:
    """It was given for them: Keycloak, asked by two names, does not know its own."""
    server.forgetful = True
    assert await codes(directory) == ["directory-token-refused"]
    with pytest.raises(NotPermitted) as refusal:
        await directory.is_free("zoe")
    assert refusal.value.code == "directory-token-refused"


async def test_a_client_that_is_unknown_or_has_another_secret_is_refused(server: Keycloak, directory: Scim) -> None:
    server.clients["bot"].secret = "new"
    assert await codes(directory) == ["directory-credentials"]
    server.clients.clear()
    assert await codes(directory) == ["directory-credentials"]
