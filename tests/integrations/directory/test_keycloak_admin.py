"""The stand-in of Keycloak's Admin REST answers as it was recorded to, line by line; what the bot makes of a realm."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.directory import Barred
from integrations.directory.keycloak import Keycloak, connect
from integrations.directory.keycloak_client import KeycloakClient
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable, Unsupported
from integrations.http import Http
from tests.integrations.trouble import Trouble
from tests.servers.keycloak import Client, Person
from tests.servers.keycloak_admin import SERVICE_ACCOUNT, KeycloakAdmin
from tests.servers.plain_http import plain_http

from .conftest import SSO, in_realm

CAPTURED = Path(__file__).parents[2] / "captured/keycloak-26.7.3/admin"
FILES = {file.stem: [json.loads(line) for line in file.read_text().splitlines()] for file in CAPTURED.glob("*.jsonl")}
HEADERS = ("content-type", "cache-control", "location")
# What nobody here reads, and what is another each time.
UNREAD = {
    "access", "access_token", "createdDate", "createdTimestamp", "credentialData", "expires_in", "id_token",
    "lastFailure", "failedLoginNotBefore", "notBefore", "not-before-policy", "public_key", "refresh_token", "scope",
    "session_state", "start", "lastAccess", "clients",
    "adminEventsDetailsEnabled", "adminEventsEnabled", "clientId", "details", "eventsListeners", "realmId", "sessionId",
    "time",
}  # fmt: skip
ANOTHER_ID = (
    "sessions", "sessions_disabled", "credentials", "events_one", "events_newest_first", "events_everybody",
)  # fmt: skip
PROGRAMS = ("bot-min", "bot-norole", "bot-view", "concierge-bot")
IDS = {
    "concierge-bot": "f0f86635-953c-4e0e-9b55-8d56ac07a09a", "bot-norole": "38416745-5f68-4862-b865-da4322c90725",
    "bot-min": "260e1b4c-93da-4ed1-bd2f-227faaaca50c", "bot-view": "612d8374-56f5-4807-a351-b5ab4d5b9415",
}  # fmt: skip
LA_ROSEE, CHILD = "82fa3acf-dcbc-4962-a193-9248eed3e637", "815fe1b9-d7f0-4cb6-ac0b-ca6c7f854ba6"
AUTRE_LIEU = "9cca4c1a-07d3-423d-b42d-06b0a75eb9c7"
OURS, THEIRS = "210e1d5b-f49c-4aaf-9704-d0eaf44673e7", "603ae6d1-2bb4-42d0-a6d5-af257a426f41"
PASSWORD = "<password:person>"


def made(scenario: list[dict[str, Any]]) -> Iterator[str]:
    """The ids of the people and groups that were made there, in their order."""
    for one in scenario:
        place = one["response"]["headers"].get("location", "")
        if one["response"]["status"] == 201 and ("/users/" in place or "/groups/" in place):
            yield place.rpartition("/")[2]


def world(name: str) -> KeycloakAdmin:
    """The realm as it was when these exchanges began."""
    server = KeycloakAdmin(SSO, iter([*IDS.values(), *BEFORE[name][0], *made(FILES[name])]))
    for program in IDS:
        server.add_person(f"{SERVICE_ACCOUNT}{program}")
    server.clients = {program: Client(f"<secret:{program}>") for program in PROGRAMS}
    server.clients["synapse"] = Client("<secret:synapse>", service_account=False)
    server.clients["bot-min"].role, server.clients["bot-norole"].role = "query", "none"
    BEFORE[name][1](server)
    return server


def nobody(_: KeycloakAdmin) -> None: ...


def person(server: KeycloakAdmin, username: str, email: str = "", **more: Any) -> Person:
    names = {"given": "Prénom", "family": "Nom"}
    return server.add_person(username, **names, email=email or f"{username}@example.org", **more)


def three_for_mails(server: KeycloakAdmin) -> None:
    person(server, "mathilde")
    server.add_person("sans.adresse")
    person(server, "endormie", active=False)
    person(server, "autre")


def two_for_mails(server: KeycloakAdmin) -> None:
    person(server, "mathilde.c")
    person(server, "autre")


def one_with_a_password(server: KeycloakAdmin) -> None:
    own = server.of(person(server, "mathilde.c"))
    own.password, own.verified = PASSWORD, True


def watched(server: KeycloakAdmin) -> None:
    one_with_a_password(server)
    person(server, "autre")
    server.clients["bot-events"] = Client("<secret:bot-events>")
    server.watchers.add("bot-events")


def signs_in(server: KeycloakAdmin, *, wrong: bool = False) -> None:
    assert server.sign_in("mathilde.c", PASSWORD) == ""
    assert not wrong or server.sign_in("mathilde.c", "faux")


def two_lieux(server: KeycloakAdmin) -> None:
    server.add_group("la-rosee", person(server, "dans.la.rosee"))
    server.add_group("conciergerie").parent = LA_ROSEE
    server.add_group("autre-lieu", person(server, "dans.un.autre"))
    server.add_person("action1")
    server.add_person("attr1", given="A", family="B", email="attr1@example.org", locale="fr")
    person(server, "autre.chercheur")


BEFORE: dict[str, tuple[list[str], Callable[[KeycloakAdmin], None]]] = {
    "01-token": ([], nobody),
    "02-users": ([], nobody),
    "03-groups": (["eebc70a3-55cc-4298-ab88-274853dd59c6"], lambda server: void(person(server, "gaston"))),
    "04-first-password": (
        [
            "f1d12619-bbb5-4a53-952e-02b2073df813",
            "b7f4d937-ef22-4560-a6a2-e83bbbb25bed",
            "6cdbf9a6-3135-4554-94c6-8727c395c21f",
            "349707bf-6788-4fab-9ded-5b500f28101e",
        ],
        three_for_mails,
    ),
    "04b-first-password-link": (
        ["425f4c68-5997-4245-81b9-81700cd2a88d", "349707bf-6788-4fab-9ded-5b500f28101e"],
        two_for_mails,
    ),
    "05-lock-logout-delete": (["425f4c68-5997-4245-81b9-81700cd2a88d"], one_with_a_password),
    "06-federated-identity": (
        ["535f1d98-c447-4867-b742-f8cacd5f88e6", "afdf2c6b-87bc-4eda-a1ba-d14a0deb5746"],
        lambda server: void((person(server, "chercheuse"), person(server, "autre.chercheur"))),
    ),
    "07-fine-grained": (
        [
            OURS,
            LA_ROSEE,
            CHILD,
            THEIRS,
            AUTRE_LIEU,
            "50161a88-eb12-4bdf-ad9f-0619473c18c4",
            "0c975f41-13df-4ea9-9824-93ad9079c572",
            "afdf2c6b-87bc-4eda-a1ba-d14a0deb5746",
        ],
        two_lieux,
    ),
    "08-events": (["8bdf08e9-54a4-4e14-9035-b223689030f5", "e0de82d3-b61e-4760-97b1-33c466c3d5ca"], watched),
}
OF_EVENTS = {one["name"]: one["response"]["body"] for one in FILES["08-events"]}
MEANWHILE: dict[str, Callable[[KeycloakAdmin], object]] = {
    "mail_smtp_down": lambda server: setattr(server, "smtp", "down"),
    "mail_smtp_unset": lambda server: setattr(server, "smtp", "unset"),
    "mail_short": lambda server: setattr(server, "smtp", "well"),
    "mail_user_after_link": lambda server: server.follow(server.mails[0], PASSWORD),
    "permission_create": lambda server: server.permitted.update({"bot-min": {LA_ROSEE}}),
    "config_off": lambda server: (signs_in(server), server.events.update(OF_EVENTS["config_off"])),
    "events_on": lambda server: server.events.update(OF_EVENTS["config_on"]),
    "events_one": lambda server: signs_in(server, wrong=True),
    "events_newest_first": signs_in,
    "events_briefly": lambda server: server.events.update(OF_EVENTS["config_briefly"]),
    "permission_users": lambda server: server.everybody.add("bot-min"),
}
"""What people, and the administrator, did just before an exchange."""


def void(_: object) -> None: ...


async def replayed(server: KeycloakAdmin, one: dict[str, Any]) -> httpx.Response:
    request, headers, who = one["request"], dict(one["request"]["headers"]), one["as"]
    if given := headers.pop("authorization", ""):
        if given.startswith("Basic"):
            headers["authorization"] = f"Basic {base64.b64encode(f'{who}:<secret:{who}>'.encode()).decode()}"
        else:
            headers["authorization"] = f"Bearer {'nope' if who == 'anonymous' else server.token(who)}"
    body, how = request["body"], {}
    if body is not None:
        form = "form" in headers.get("content-type", "")
        how = {"data": body} if form else {"content": body} if isinstance(body, str) else {"json": body}
    async with plain_http(base_url=server.at) as client:
        path, query = request["path"], request["query"]
        return await client.request(request["method"], path, params=query, headers=headers, **how)


@pytest.mark.parametrize("name", FILES)
async def test_the_stand_in_answers_as_it_was_recorded(name: str) -> None:
    """One after the other, as they were made: each answer shows what became of those before it."""
    async with world(name) as server:
        for one in FILES[name]:
            MEANWHILE.get(one["name"], nobody)(server)
            if one["as"] == "admin":
                continue
            answer, recorded = await replayed(server, one), one["response"]
            told = answer.json() if answer.content else None
            assert (one["name"], answer.status_code) == (one["name"], recorded["status"])
            assert (one["name"], plain(told, one["name"])) == (one["name"], plain(recorded["body"], one["name"]))
            assert {h: answer.headers.get(h) for h in HEADERS if h in recorded["headers"]} == {
                h: recorded["headers"][h] for h in HEADERS if h in recorded["headers"]
            }


def plain(told: Any, name: str) -> Any:
    if isinstance(told, list):
        return [plain(one, name) for one in told]
    if not isinstance(told, dict):
        return told
    unread = UNREAD | ({"id"} if name in ANOTHER_ID else set())
    return {key: plain(value, name) for key, value in told.items() if key not in unread}


# -- what the bot makes of a realm

EMAIL = "zoe@example.org"


@pytest.fixture
async def server() -> AsyncIterator[KeycloakAdmin]:
    async with KeycloakAdmin(SSO) as server:
        yield server


@pytest.fixture
async def directory(server: KeycloakAdmin) -> AsyncIterator[Keycloak]:
    directory = in_realm(server)
    yield directory
    await directory.close()


def written(server: KeycloakAdmin) -> list[tuple[str, str, Any]]:
    return [(method, path, json.loads(body or "null")) for method, path, body in server.calls if method != "GET"]


async def test_a_pause_changes_nothing_else_and_ends_what_is_open(server: KeycloakAdmin, directory: Keycloak) -> None:
    """A change of « attributes », were it empty, wipes the names and the address of somebody."""
    zoe = server.add_person("zoe", given="Zoé", family="Martin", email=EMAIL, locale="fr")
    server.of(zoe).password = PASSWORD
    assert server.sign_in("zoe", PASSWORD) == ""
    await directory.set_active("zoe", False)
    await directory.logout("zoe")
    assert written(server) == [
        ("PUT", f"/users/{zoe.id}", {"enabled": False}),
        ("POST", f"/users/{zoe.id}/logout", None),
    ]
    assert (zoe.given, zoe.family, zoe.email, zoe.locale) == ("Zoé", "Martin", EMAIL, "fr")
    assert not server.of(zoe).sessions
    assert server.sign_in("zoe", PASSWORD) == "Account disabled"
    assert await directory.hold("zoe") == "shut"


async def test_a_link_that_was_mailed_before_the_pause_opens_nothing(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    await directory.ensure_account("zoe", "Zoé Martin", EMAIL)
    await directory.start_first_login("zoe")
    await directory.set_active("zoe", False)
    assert not server.follow(server.mails[0], PASSWORD)
    with pytest.raises(Refused) as refusal:
        await directory.start_first_login("zoe")
    assert refusal.value.code == "directory-account-shut"
    await directory.set_active("zoe", True)
    assert server.follow(server.mails[0], PASSWORD)


async def test_a_link_lives_as_long_as_the_host_chose_and_an_earlier_one_lives_on(server: KeycloakAdmin) -> None:
    """« A fresh link replaces the earlier one » was promised of every directory: here it does not."""
    at = 1000.0
    server._now = lambda: at
    secret = server.clients["bot"].secret
    directory = connect(server.at, "lieu", client_id="bot", client_secret=secret, mail_hours=5)
    await directory.ensure_account("zoe", "Zoé Martin", EMAIL)
    first, _again = [await directory.start_first_login("zoe") for _ in range(2)]
    assert (first.kind, first.expires_in, first.replaces) == ("mail", 5 * 3600, False)
    assert [mail.actions for mail in server.mails] == [["UPDATE_PASSWORD", "VERIFY_EMAIL"]] * 2
    at += 5 * 3600
    assert [server.follow(mail, PASSWORD) for mail in server.mails] == [True, True]
    assert not server.follow(server.mails[0], PASSWORD)
    at += 1
    with pytest.raises(Refused) as refusal:
        await directory.start_first_login("zoe")
    assert refusal.value.code == "already-has-password"
    assert len(server.mails) == 2
    await directory.close()


@pytest.mark.parametrize("smtp", ["down", "unset"])
async def test_mails_that_do_not_leave_are_no_outage_of_the_directory(
    server: KeycloakAdmin, directory: Keycloak, smtp: Any
) -> None:
    await directory.ensure_account("zoe", "Zoé Martin", EMAIL)
    server.smtp = smtp
    with pytest.raises(Unavailable) as trouble:
        await directory.start_first_login("zoe")
    assert (trouble.value.cause, trouble.value.passes, trouble.value.unknown) == ("mails-fail", False, False)
    server.smtp = "well"
    assert (await directory.start_first_login("zoe")).kind == "mail"


async def test_somebody_without_an_address_is_mailed_nothing(server: KeycloakAdmin, directory: Keycloak) -> None:
    server.add_person("sans.adresse")
    with pytest.raises(Rejected, match="account-without-email"):
        await directory.start_first_login("sans.adresse")


@pytest.mark.parametrize("name", ["Mono", " Mono "])
async def test_one_word_is_a_name_and_the_other_is_asked_at_the_first_sign_in(
    server: KeycloakAdmin, directory: Keycloak, name: str
) -> None:
    await directory.ensure_account("mono", name, "mono@example.org")
    (found,) = await directory.find(username="mono")
    assert found.name == "Mono"
    (one,) = server.people.values()
    assert (one.given, one.family) == ("Mono", "")


REJECTED = {
    "zoe": ("Zoé <3", EMAIL, "directory-name-rejected"),
    "luc": ("Luc & Fils", EMAIL, "directory-name-rejected"),
    "deux": ("Zoé <3 & fils", EMAIL, "directory-name-rejected"),
    "long": ("Z" * 300, EMAIL, "directory-name-rejected"),
    "adresse": ("Zoé Martin", "pas-une-adresse", "directory-email-rejected"),
    "ab": ("Zoé Martin", EMAIL, "directory-login-rejected"),
}


@pytest.mark.parametrize("login", REJECTED)
async def test_what_it_does_not_take_is_told(server: KeycloakAdmin, directory: Keycloak, login: str) -> None:
    name, email, code = REJECTED[login]
    with pytest.raises(Rejected) as refusal:
        await directory.ensure_account(login, name, email)
    assert refusal.value.code == code
    assert refusal.value.words["reason"].startswith("error-")
    assert not server.people


async def test_two_letters_are_no_username(directory: Keycloak) -> None:
    assert not await directory.is_free("al")
    assert await directory.is_free("al2")


async def test_a_program_is_nobody_and_its_name_is_taken(server: KeycloakAdmin, directory: Keycloak) -> None:
    """Its account is found like a person's, by those who look for it: it would be paused, or have a folder."""
    program = server.add_person("service-account-bot")
    server.add_group("la-rosee", program)
    assert await directory.find(username="service-account-bot") == ()
    assert not await directory.is_free("service-account-bot")
    assert await directory.members_of("la-rosee") == ()
    assert await directory.logins() == frozenset()
    await directory.delete("service-account-bot")
    assert program.id in server.people
    with pytest.raises(NotFound):
        await directory.set_active("service-account-bot", False)
    with pytest.raises(Conflict):
        await directory.ensure_account("service-account-bot", "Un Robot", EMAIL)


async def test_everybody_is_read_page_by_page(server: KeycloakAdmin, directory: Keycloak) -> None:
    people = [server.add_person(f"p{n:03}") for n in range(430)]
    server.add_group("la-rosee", *people)
    assert len(await directory.logins()) == len(await directory.members_of("la-rosee")) == 430
    for n in range(230):
        server.add_group(f"groupe {n}")
    assert len(await directory.group_names()) == 231


async def test_somebody_is_found_among_many_who_are_called_alike(server: KeycloakAdmin, directory: Keycloak) -> None:
    for n in range(120):
        server.add_person(f"a.zoe{n}", email=f"a.zoe{n}@example.org")
    server.add_person("zoe", email=EMAIL)
    assert [one.login for one in await directory.find(username="zoe")] == ["zoe"]
    assert [one.login for one in await directory.find(email=EMAIL)] == ["zoe"]


async def test_an_empty_name_or_address_is_nobodys(server: KeycloakAdmin, directory: Keycloak) -> None:
    """To Keycloak it is no condition, and everybody comes."""
    server.add_person("zoe")
    assert await directory.find(username="") == await directory.find(email="") == await directory.find() == ()
    assert not server.calls


# -- answers that are lost, or that no Keycloak gives


@pytest.fixture
async def shaky(server: KeycloakAdmin, trouble: Trouble) -> AsyncIterator[Keycloak]:
    """At the end of a bad line."""
    http = Http("directory", server.at, transport=trouble)
    directory = Keycloak(KeycloakClient(http, "lieu", "bot", server.clients["bot"].secret), mail_hours=72)
    yield directory
    await directory.close()


LOST = [httpx.ReadError("lost"), httpx.Response(502), httpx.Response(500, json={"error": "unknown_error"})]


@pytest.mark.parametrize("answer", LOST)
async def test_what_was_done_and_not_told_is_seen(
    server: KeycloakAdmin, shaky: Keycloak, trouble: Trouble, answer: Any
) -> None:
    trouble.after("POST", "/users", answer)
    account, created = await shaky.ensure_account("zoe", "Zoé Martin", EMAIL)
    assert (account["login"], created, len(server.people)) == ("zoe", True, 1)
    for path, act in (
        ("/users/", shaky.set_active("zoe", False)),
        ("/users/", shaky.set_email("zoe", "juste@example.org")),
        ("/groups/", shaky.set_member("la-rosee", "zoe", True)),
    ):
        trouble.after("PUT", path, answer)
        await act
    assert await shaky.members_of("la-rosee") == ("zoe",)
    assert [(one.active, one.email) for one in await shaky.everybody()] == [(False, "juste@example.org")]
    assert len([path for method, path, _ in written(server) if method == "PUT"]) == 3, "nothing is written twice"
    trouble.after("DELETE", "/users/", answer)
    await shaky.delete("zoe")
    assert not server.people


async def test_what_was_not_done_is_not_said_to_be(server: KeycloakAdmin, shaky: Keycloak, trouble: Trouble) -> None:
    server.add_person("zoe", email=EMAIL)
    for method, act in (
        ("PUT", shaky.set_active("zoe", False)),
        ("POST", shaky.ensure_account("luc", "Luc", "luc@example.org")),
        ("DELETE", shaky.delete("zoe")),
    ):
        trouble.before(method, "/users", httpx.ReadError("lost"))
        with pytest.raises(Unavailable):
            await act
    (zoe,) = server.people.values()
    server.of(zoe).sessions["open"] = 0
    for method, act in (("PUT", shaky.set_active("zoe", False)), ("POST", shaky.logout("zoe"))):
        trouble.before(method, "/users", httpx.Response(204))  # it says that it did
        with pytest.raises(Unavailable):
            await act


STRANGE = [{}, {"error": "x"}, "zoe", None, 1]
NO_ROW = [None, 1, {}, {"id": 1, "username": "zoe"}, {"id": "1"}, {"id": "1", "username": ["zoe"]}, [{"id": "1"}]]


async def test_pages_without_end_are_not_read_without_end() -> None:
    """Where something before it forgets which page was asked for."""

    async def answer(request: httpx.Request) -> httpx.Response:
        told = {"access_token": "t"} if request.method == "POST" else [{"id": "1", "username": "zoe"}]
        return httpx.Response(200, json=told)

    http = Http("directory", SSO, transport=httpx.MockTransport(answer))
    directory = Keycloak(KeycloakClient(http, "lieu", "bot", "s"), mail_hours=72)
    with pytest.raises(Refused, match="directory-too-many"):
        await directory.logins()
    await directory.close()


@pytest.mark.parametrize("told", STRANGE)
async def test_what_is_no_list_says_nothing_of_anybody(
    server: KeycloakAdmin, shaky: Keycloak, trouble: Trouble, told: Any
) -> None:
    """That there is nobody of this name, least of all."""
    server.add_person("zoe", email=EMAIL)
    for path, look in (
        ("/users", lambda: shaky.is_free("zoe")),
        ("/users", lambda: shaky.find(email=EMAIL)),
        ("/users", shaky.logins),
        ("/credentials", lambda: shaky.start_first_login("zoe")),
        ("/groups", shaky.group_names),
    ):
        trouble.before("GET", path, httpx.Response(200, json=told))
        with pytest.raises(Unavailable):
            await look()
    assert not server.mails


@pytest.mark.parametrize("row", NO_ROW)
async def test_rows_of_another_form_are_nobody(shaky: Keycloak, trouble: Trouble, row: Any) -> None:
    for look in (lambda: shaky.find(username="zoe"), lambda: shaky.find(email=EMAIL), shaky.everybody):
        trouble.before("GET", "/users", httpx.Response(200, json=[row]))
        assert await look() == ()


@pytest.mark.parametrize(
    "row", [{"name": "la-rosee"}, {"id": "1", "name": "autre", "path": "/autre"}, {"id": "1", "name": "la-rosee"}]
)
async def test_a_group_that_was_not_asked_for_is_not_taken_for_it(shaky: Keycloak, trouble: Trouble, row: Any) -> None:
    trouble.before("GET", "/group-by-path", httpx.Response(200, json=row))
    assert not await shaky.has_group("la-rosee")


@pytest.mark.parametrize("told", [{"failedLoginNotBefore": "x", "disabled": True}, {"disabled": "yes"}, {}])
async def test_a_bar_that_is_not_dated_is_none(
    server: KeycloakAdmin, shaky: Keycloak, trouble: Trouble, told: Any
) -> None:
    server.add_person("zoe")
    trouble.before("GET", "/attack-detection", httpx.Response(200, json=told))
    assert await shaky.barred("zoe") is None


# -- groups


async def test_a_group_within_another_is_its_administrators_to_arrange(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    zoe = server.add_person("zoe")
    child = server.add_group("atelier", zoe)
    child.parent = server.add_group("la-rosee").id
    assert await directory.groups_of("zoe") == ()
    assert await directory.members_of("atelier") == ()
    assert not await directory.has_group("atelier")
    assert await directory.group_names() == {"la-rosee"}
    await directory.set_member("atelier", "zoe", True)
    assert await directory.groups_of("zoe") == ("atelier",)
    assert len(server.groups) == 3


@pytest.mark.parametrize("name", ["jardin/potager", "..", ".", "/", ""])
async def test_a_name_that_no_path_leads_to_is_no_groups(server: KeycloakAdmin, directory: Keycloak, name: str) -> None:
    server.add_person("zoe")
    server.add_group("jardin/potager")
    assert not await directory.has_group(name)
    assert await directory.members_of(name) == ()
    await directory.set_member(name, "zoe", False)
    with pytest.raises(Rejected) as refusal:
        await directory.set_member(name, "zoe", True)
    assert refusal.value.code == "directory-group-name"
    assert not written(server)


@pytest.mark.parametrize("name", ["L'Établi & co", "50 % bénévoles", "a%2Fb", "Été_2026 (1)", "~", "« été »"])
async def test_a_name_with_signs_is_a_name(server: KeycloakAdmin, directory: Keycloak, name: str) -> None:
    zoe = server.add_person("zoe")
    await directory.set_member(name, "zoe", True)
    await directory.set_member(name, "zoe", True)
    (group,) = server.groups.values()
    assert (group.name, group.members) == (name, {zoe.id})


async def test_of_two_groups_that_differ_in_capitals_the_one_that_is_written_is_meant(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    zoe = server.add_person("zoe")
    server.add_group("La-Rosee")
    server.add_group("la-rosee", zoe)
    assert await directory.members_of("la-rosee") == ("zoe",)
    assert await directory.members_of("La-Rosee") == ()


@pytest.mark.parametrize("roles", [{"realm-management": ["manage-users"]}, {"realm-management": ["view-users"]}])
async def test_a_group_whose_people_administer_is_in_nobodys_gift(
    server: KeycloakAdmin, directory: Keycloak, roles: dict[str, list[str]]
) -> None:
    """Its name says nothing of it; Keycloak would let whoever looks after people give it away."""
    server.add_person("zoe")
    group = server.add_group("équipe")
    group.roles = roles
    for act in (directory.set_member("équipe", "zoe", True), directory.ensure_group("équipe")):
        with pytest.raises(NotPermitted) as refusal:
            await act
        assert refusal.value.code == "group-administers"
    assert not group.members


# -- wrong passwords


async def test_who_typed_too_many_wrong_passwords_is_seen_and_let_try_again(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    zoe = server.add_person("zoe", email=EMAIL)
    server.of(zoe).password = PASSWORD
    assert await directory.barred("zoe") is None
    for _ in range(2):
        assert server.sign_in("zoe", "faux")
    assert server.sign_in("zoe", PASSWORD)
    assert (await directory.find(username="zoe"))[0].active, "Keycloak says nothing of it there"
    barred = await directory.barred("zoe")
    assert barred == Barred(server.of(zoe).barred_until)
    for _ in range(2):
        await directory.unbar("zoe")
    assert await directory.barred("zoe") is None
    assert server.sign_in("zoe", PASSWORD) == ""
    with pytest.raises(NotFound):
        await directory.unbar("personne")


async def test_who_is_kept_out_for_good_is_let_in_again(server: KeycloakAdmin, directory: Keycloak) -> None:
    """It is dated at the end of numbers, which no calendar has; lifted, the account stays disabled."""
    server.for_good = True
    zoe = server.add_person("zoe", email=EMAIL)
    server.of(zoe).password = PASSWORD
    for _ in range(2):
        assert server.sign_in("zoe", "faux")
    assert not zoe.active
    assert await directory.barred("zoe") == Barred(None)
    for _ in range(2):
        await directory.unbar("zoe")
    assert await directory.barred("zoe") is None
    assert server.sign_in("zoe", PASSWORD) == ""
    await directory.set_active("zoe", False)  # by somebody, for whatever reason
    await directory.unbar("zoe")
    assert not zoe.active


async def test_a_realm_that_bars_nobody_says_so(server: KeycloakAdmin, directory: Keycloak) -> None:
    server.bars = False
    server.add_person("zoe")
    assert "unbar" not in await directory.capabilities()
    with pytest.raises(Unsupported):
        await directory.barred("zoe")


# -- several lieux in one realm


@pytest.fixture
async def narrow(server: KeycloakAdmin) -> AsyncIterator[Keycloak]:
    """The bot may look after the people of one group, and nobody else."""
    server.clients["bot"].role = "query"
    ours = server.add_group("la-rosee", server.add_person("luc", email="luc@example.org"))
    server.add_group("phare", server.add_person("zoe", email=EMAIL))
    server.permitted = {"bot": {ours.id}}
    directory = in_realm(server, group="la-rosee")
    yield directory
    await directory.close()


async def test_an_account_is_made_in_the_only_group_that_the_bot_may_fill(
    server: KeycloakAdmin, narrow: Keycloak
) -> None:
    await narrow.ensure_account("lise", "Lise Petit", "lise@example.org")
    await narrow.set_member("la-rosee", "lise", True)  # where they are already: nothing is asked for that is not given
    assert await narrow.members_of("la-rosee") == ("lise", "luc")
    assert await narrow.logins() == {"lise", "luc"}
    await narrow.start_first_login("lise")
    await narrow.set_active("lise", False)
    await narrow.logout("lise")
    await narrow.delete("lise")
    assert [finding.code for finding in await narrow.check() if not finding.ok] == []


async def test_a_name_of_somebody_who_is_not_shown_is_taken_from_then_on(narrow: Keycloak) -> None:
    """It looks free, until it is asked for."""
    assert await narrow.is_free("zoe")
    with pytest.raises(Conflict) as refusal:
        await narrow.ensure_account("zoe", "Zoé Durand", "zoe.durand@example.org")
    assert refusal.value.code == "login-taken"
    assert not await narrow.is_free("zoe")
    with pytest.raises(Conflict) as refusal:
        await narrow.ensure_account("zoe2", "Zoé Martin", EMAIL)
    assert refusal.value.code == "email-taken"
    assert await narrow.is_free("zoe2")


@pytest.fixture
async def elsewhere(server: KeycloakAdmin) -> AsyncIterator[Keycloak]:
    """The settings name a group that is not there."""
    directory = in_realm(server, group="ailleurs")
    yield directory
    await directory.close()


async def test_what_is_not_permitted_there_is_told_one_by_one(
    narrow: Keycloak, elsewhere: Keycloak, directory: Keycloak
) -> None:
    for act, code in (
        (narrow.set_member("la-rosee", "luc", False), "directory-no-membership"),
        (narrow.ensure_group("atelier"), "directory-no-new-group"),
        (narrow.set_member("phare", "luc", True), "directory-not-permitted"),
        (elsewhere.ensure_account("lise", "Lise", "l@example.org"), "directory-group-missing"),
        (directory.ensure_account("lise", "Lise", "l@example.org"), "directory-not-permitted"),
    ):
        with pytest.raises(NotPermitted) as refusal:
            await act
        assert refusal.value.code == code
    assert await narrow.has_group("phare"), "refused, it is said to be there"
    assert not await narrow.has_group("nulle-part")


async def test_who_is_taken_out_of_the_only_group_that_is_shown_is_out(server: KeycloakAdmin, narrow: Keycloak) -> None:
    """Asked whether they are, Keycloak refuses: nothing is shown of them any more."""
    server.movers = {"bot"}
    for _ in range(2):
        await narrow.set_member("la-rosee", "luc", False)
    assert await narrow.members_of("la-rosee") == ()
    assert not server.groups[next(iter(server.permitted["bot"]))].members


async def test_doctor_says_which_group_is_missing_and_that_none_was_named(
    narrow: Keycloak, elsewhere: Keycloak, directory: Keycloak
) -> None:
    (finding,) = await elsewhere.check()
    assert (finding.code, finding.ok, finding.words) == ("directory-group-missing", False, {"group": "ailleurs"})
    assert [finding.code for finding in await directory.check()] == ["directory-not-permitted"]
    assert "directory-not-permitted" not in [finding.code for finding in await narrow.check()]


# -- why it lets nobody in


async def codes(directory: Keycloak) -> list[str]:
    return [finding.code for finding in await directory.check() if not finding.ok]


@pytest.mark.parametrize("role", ["none", "view"])
async def test_a_client_without_its_role_lacks_a_right(server: KeycloakAdmin, directory: Keycloak, role: Any) -> None:
    server.clients["bot"].role = role
    assert await codes(directory) == ["directory-not-permitted"]
    server.clients["bot"].role = "manage"  # a token says what its owner might do: another one is asked for
    assert await codes(directory) == []
    assert not server.people


async def test_a_client_that_is_unknown_or_has_another_secret_is_refused(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    server.clients["bot"].secret = "new"
    assert await codes(directory) == ["directory-credentials"]
    server.clients.clear()
    assert await codes(directory) == ["directory-credentials"]


async def test_a_client_without_an_account_of_its_own_says_which_switch(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    server.clients["bot"].service_account = False
    assert await codes(directory) == ["directory-no-service-account"]


async def test_a_token_is_asked_for_anew_once_and_one_that_is_never_taken_is_told(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    await directory.is_free("zoe")
    server._tokens.clear()  # as where it was started again with other keys
    assert await directory.is_free("zoe")
    server.forgetful = True
    assert await codes(directory) == ["directory-two-names"]


@pytest.mark.parametrize(
    ("url", "realm", "code"),
    [
        ("", "leiu", "directory-no-realm"),
        ("/auth", "lieu", "directory-no-keycloak"),
        ("", "..", "directory-no-keycloak"),
    ],
)
async def test_an_address_or_a_realm_that_is_not_there(server: KeycloakAdmin, url: str, realm: str, code: str) -> None:
    secret = server.clients["bot"].secret
    directory = connect(f"{server.at}{url}", realm, client_id="bot", client_secret=secret, mail_hours=72)
    assert await codes(directory) == [code]
    with pytest.raises(NotPermitted) as refusal:
        await directory.is_free("zoe")
    assert refusal.value.code == code
    await directory.close()


async def test_a_realm_in_which_addresses_are_usernames(server: KeycloakAdmin, directory: Keycloak) -> None:
    server.email_as_username = True
    assert await codes(directory) == ["directory-usernames-are-addresses"]


@pytest.mark.parametrize(
    ("address", "is_inside"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://keycloak:8080", True),
        ("https://sso.lieu.internal", True),
        ("http://192.168.1.7", True),
        ("https://[fd00::1]", True),
        ("https://sso.example.org", False),
        ("https://sso.example.org/auth", False),
        ("https://[", False),
        ("", False),
    ],
)
async def test_links_that_only_this_network_finds_are_told(
    server: KeycloakAdmin, directory: Keycloak, address: str, is_inside: bool
) -> None:
    """They are in people's mails, and begin with the name by which the bot calls, unless Keycloak was told its own."""
    server.public = address
    assert await codes(directory) == (["directory-links-inside"] if is_inside else [])


# -- accounts of elsewhere


async def test_an_account_of_elsewhere_opens_one_that_nobody_has_entered(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    await directory.ensure_account("zoe", "Zoé Martin", EMAIL)
    for _ in range(2):
        await directory.link_identity("zoe", "renater", "zoe@univ.example")
    (zoe,) = [one for one in server.people.values() if one.username == "zoe"]
    named = {"userId": "zoe@univ.example", "userName": "zoe@univ.example"}
    assert server.of(zoe).identities == {"renater": {"identityProvider": "renater"} | named}
    assert [method for method, path, _ in server.calls if "federated-identity/" in path] == ["POST"]


@pytest.mark.parametrize(
    ("provider", "subject", "code"),
    [
        ("renater", "lou@univ.example", "subject-taken"),  # Keycloak itself takes it, and lets in one of the two
        ("inconnu", "zoe@univ.example", "identity-provider-unknown"),  # and this too: nothing is seen of it afterwards
        ("renater", "", "identity-provider-unknown"),
        ("", "zoe@univ.example", "identity-provider-unknown"),
        ("../../groups", "zoe@univ.example", "identity-provider-unknown"),
    ],
)
async def test_what_keycloak_takes_without_a_word_is_refused(
    server: KeycloakAdmin, directory: Keycloak, provider: str, subject: str, code: str
) -> None:
    await directory.ensure_account("lou", "Lou", "lou@example.org")
    await directory.link_identity("lou", "renater", "lou@univ.example")
    await directory.ensure_account("zoe", "Zoé Martin", EMAIL)
    with pytest.raises(Refused) as refusal:
        await directory.link_identity("zoe", provider, subject)
    assert refusal.value.code == code
    with pytest.raises(Conflict) as refusal:
        await directory.link_identity("lou", "renater", "autre@univ.example")
    assert refusal.value.code == "provider-taken"
    (zoe,) = [one for one in server.people.values() if one.username == "zoe"]
    assert "renater" not in server.of(zoe).identities


async def test_an_account_that_has_a_password_is_nobody_elses_to_open(
    server: KeycloakAdmin, directory: Keycloak
) -> None:
    await directory.ensure_account("zoe", "Zoé Martin", EMAIL)
    (zoe,) = [one for one in server.people.values() if one.username == "zoe"]
    server.of(zoe).password = PASSWORD
    with pytest.raises(Refused) as refusal:
        await directory.link_identity("zoe", "renater", "zoe@univ.example")
    assert refusal.value.code == "already-has-password"
    assert server.of(zoe).identities == {}


async def test_one_subject_given_to_two_at_once_opens_one_account(server: KeycloakAdmin, directory: Keycloak) -> None:
    for login in ("zoe", "lou"):
        await directory.ensure_account(login, "Une Personne", f"{login}@example.org")
    both = [directory.link_identity(login, "renater", "x@univ.example") for login in ("zoe", "lou")]
    told = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in told if one is not None] == [Conflict]
    assert sum(bool(server.of(one).identities) for one in server.people.values()) == 1


# -- who came when


@pytest.fixture
def clock() -> list[float]:
    return [1_796_000_000.0]


@pytest.fixture
async def dated(clock: list[float]) -> AsyncIterator[KeycloakAdmin]:
    async with KeycloakAdmin(SSO, now=lambda: clock[0]) as server:
        for login in ("zoe", "marc"):
            server.of(server.add_person(login, email=f"{login}@example.org")).password = PASSWORD
        server.watchers.add("bot")
        server.events["eventsEnabled"] = True
        yield server


async def test_the_last_sign_in_that_is_kept_counts_when_nothing_is_open_any_more(
    dated: KeycloakAdmin, clock: list[float]
) -> None:
    async with of_its_own(in_realm(dated)) as directory:
        assert dated.sign_in("zoe", PASSWORD) == ""
        first = int(clock[0] * 1000)
        clock[0] += 3600
        assert dated.sign_in("marc", PASSWORD) == ""
        assert dated.sign_in("zoe", "faux")
        await directory.logout("zoe")
        assert await directory.last_visit("zoe") == first
        assert await directory.last_visit("marc") == first + 3_600_000
        assert [await directory.last_visit(other) for other in ("personne", "", "*")] == [0, 0, 0]
        assert await directory.tells_visits()


@pytest.mark.parametrize(
    ("events", "shown", "code", "told", "counts"),
    [
        ({}, True, "directory-visits", True, True),
        ({"eventsExpiration": 3 * 365 * 86400}, True, "directory-visits", True, True),
        ({"enabledEventTypes": []}, True, "directory-visits", True, True),
        ({"eventsExpiration": 86400}, True, "directory-visits-briefly", False, True),
        ({"enabledEventTypes": ["LOGOUT"]}, True, "directory-visits-not-kept", False, False),
        ({"eventsEnabled": False}, True, "directory-visits-not-kept", False, False),
        ({}, False, "directory-visits-hidden", False, False),
    ],
)
async def test_a_realm_that_does_not_keep_sign_ins_or_show_them_is_not_believed(
    dated: KeycloakAdmin, events: dict[str, Any], shown: bool, code: str, told: bool, counts: bool
) -> None:
    """What it kept before somebody switched that off is no sign of who came since."""
    assert dated.sign_in("zoe", PASSWORD) == ""
    dated.events |= events
    dated.watchers = {"bot"} if shown else set()
    async with of_its_own(in_realm(dated)) as directory:
        assert await directory.last_visit("zoe") > 0, "a session is open"
        await directory.logout("zoe")
        assert (await directory.last_visit("zoe") > 0, await directory.tells_visits()) == (counts, told)
        assert [finding.ok for finding in await directory.check() if finding.code == code] == [True]


@asynccontextmanager
async def of_its_own(directory: Keycloak) -> AsyncIterator[Keycloak]:
    yield directory
    await directory.close()
