"""An Odoo that is away, ill, or did the work and lost its answer; and what it says of itself when it refuses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from integrations.errors import NotPermitted, Refused, Rejected, Unavailable, Unsupported
from integrations.odoo import Odoo
from integrations.odoo.faults import fault
from tests.integrations.trouble import Trouble
from tests.servers import odoo

from .conftest import KEY

LOST = [httpx.ReadTimeout("silence"), httpx.Response(502), httpx.Response(500, text="<h1>Oups</h1>")]
Act = Callable[[Odoo, int, int], Awaitable[Any]]
ACTS: dict[str, tuple[str, Act]] = {
    "tag made": ("res.partner.category/create", lambda client, *_: client.tags.ensure("Membres")),
    "contact made": ("res.partner/create", lambda client, *_: client.contacts.make("Zoé", "zoe@exemple.fr", "z")),
    "tag on": ("res.partner/write", lambda client, id, tag: client.contacts.set_tag(id, tag, True)),
    "archived": ("res.partner/write", lambda client, id, _: client.contacts.set_active(id, False)),
    "account made": ("res.users/create", lambda client, id, _: client.users.ensure(id, "lea@exemple.fr")),
}


def kept(server: odoo.Odoo) -> Any:
    return {model: dict(rows) for model, rows in server.records.items()}


@pytest.mark.parametrize("lost", LOST, ids=["silence", "proxy", "ill"])
@pytest.mark.parametrize("name", ACTS)
async def test_an_answer_that_was_lost_is_looked_up(
    server: odoo.Odoo, shaky: Odoo, trouble: Trouble, name: str, lost: httpx.Response | Exception
) -> None:
    """Done once, whatever was heard of it."""
    path, act = ACTS[name]
    id, tag = server.add_contact("Léa", "lea@exemple.fr"), server.add_tag("Autres")
    trouble.after("POST", path, lost)
    await act(shaky, id, tag)
    once = kept(server)
    await act(shaky, id, tag)
    assert kept(server) == once
    assert len([one for one in server.asked if one.endswith(path)]) == 1


@pytest.mark.parametrize("name", ACTS)
async def test_down_then_up(server: odoo.Odoo, shaky: Odoo, name: str) -> None:
    path, act = ACTS[name]
    id, tag = server.add_contact("Léa", "lea@exemple.fr"), server.add_tag("Autres")
    before = kept(server)
    server.ill = True
    with pytest.raises(Unavailable) as lost:
        await act(shaky, id, tag)
    assert lost.value.cause == "proxy"
    assert kept(server) == before
    server.ill = False
    await act(shaky, id, tag)
    assert len([one for one in server.asked if one.endswith(path)]) == 1


async def test_what_was_accepted_and_is_not_seen_is_not_done(server: odoo.Odoo, shaky: Odoo, trouble: Trouble) -> None:
    """« true » says nothing: an automation of the house may have undone it."""
    id = server.add_contact("Léa", "lea@exemple.fr")
    trouble.before("POST", "res.partner/write", httpx.Response(200, json=True))
    with pytest.raises(Unavailable) as unseen:
        await shaky.contacts.set_active(id, False)
    assert unseen.value.unknown


async def test_two_arrivals_at_once_with_one_address_make_one_contact(server: odoo.Odoo, client: Odoo) -> None:
    told = await asyncio.gather(
        *(client.contacts.make("Zoé", "zoe@exemple.fr", mark) for mark in "ab"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in told) == ["Conflict", "dict"]
    assert len([row for row in server.contacts.values() if row["email"] == "zoe@exemple.fr"]) == 1


# -- what it says


@pytest.mark.parametrize(
    ("status", "name", "kind", "code"),
    [
        (403, "odoo.exceptions.AccessError", NotPermitted, "odoo-right"),
        (422, "odoo.exceptions.ValidationError", Rejected, "odoo-rejected"),
        (422, "odoo.exceptions.UserError", Rejected, "odoo-rejected"),
        (500, "odoo.exceptions.RedirectWarning", Refused, "odoo-house-rule"),
        (500, "builtins.ValueError", Refused, "odoo-unexpected"),
        (404, "werkzeug.exceptions.NotFound", Unsupported, "odoo-unsupported"),
    ],
)
async def test_a_refusal_is_known_by_its_name(
    shaky: Odoo, trouble: Trouble, status: int, name: str, kind: type[Refused], code: str
) -> None:
    said = {"name": name, "message": "Non, pas ainsi.\nCar…", "debug": "Traceback secret@exemple.fr"}
    trouble.before("POST", "res.partner/search_read", httpx.Response(status, json=said))
    with pytest.raises(kind) as refusal:
        await shaky.contacts.with_email("zoe@exemple.fr")
    assert refusal.value.code == code
    assert "secret" not in str(refusal.value.args)
    assert "Car" not in str(refusal.value.args)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (httpx.Response(500, text="<h1>Internal Server Error</h1>"), "broken"),
        (httpx.Response(500, json={"error": "?"}), "broken"),
        (httpx.Response(500, json={"name": "psycopg2.OperationalError", "message": "server closed"}), "broken"),
        (httpx.Response(503, text="<h1>Service Unavailable</h1>", headers={"content-type": "text/html"}), "proxy"),
        (httpx.Response(401, text="<h1>Qui va là</h1>", headers={"content-type": "text/html"}), "gate"),
        (httpx.Response(403, text="<h1>Non</h1>", headers={"content-type": "text/html"}), "blocked"),
        (httpx.Response(200, text="<h1>Accueil</h1>", headers={"content-type": "text/html"}), "address"),
        (httpx.Response(404, text="<h1>Rien</h1>", headers={"content-type": "text/html"}), "address"),
    ],
)
async def test_what_has_no_name_is_an_outage(shaky: Odoo, trouble: Trouble, answer: httpx.Response, cause: str) -> None:
    trouble.before("POST", "res.partner/search_read", answer)
    with pytest.raises(Unavailable) as away:
        await shaky.contacts.with_email("zoe@exemple.fr")
    assert away.value.cause == cause


@pytest.mark.parametrize(("key", "database", "cause"), [("autre", "lieu", "credentials"), (KEY, "autre", "address")])
async def test_another_key_and_another_database(server: odoo.Odoo, key: str, database: str, cause: str) -> None:
    stranger = Odoo(server.url, database, key)
    with pytest.raises(Unavailable) as away:
        await stranger.contacts.with_email("zoe@exemple.fr")
    assert away.value.cause == cause
    await stranger.close()


@pytest.mark.parametrize(("login", "cause"), [("", "database"), ("conciergerie", "broken")])
async def test_an_odoo_without_its_database_is_not_another_address(server: odoo.Odoo, login: str, cause: str) -> None:
    """It answers with the page of a database that does not exist: whoever looks at ODOO_DATABASE finds nothing."""
    client = Odoo(server.url, server.database, KEY, login=login)
    server.database_down = True
    with pytest.raises(Unavailable) as away:
        await client.contacts.with_email("zoe@exemple.fr")
    assert away.value.cause == cause
    server.database_down = False
    assert await client.contacts.with_email("zoe@exemple.fr") == []
    await client.close()


@pytest.mark.parametrize("login", ["conciergerie", "autre"])
async def test_a_stranger_by_json_rpc(server: odoo.Odoo, login: str) -> None:
    """Who is answered 200, and `false`."""
    stranger = Odoo(server.url, server.database, "autre" if login == "conciergerie" else KEY, login=login)
    with pytest.raises(Unavailable) as away:
        await stranger.contacts.with_email("zoe@exemple.fr")
    assert away.value.cause == "credentials"
    await stranger.close()


@pytest.mark.parametrize("told", [{}, [], None, {"name": 3}, {"name": ""}, "?"])
def test_what_is_no_fault(told: object) -> None:
    assert fault(told) is None


@pytest.mark.parametrize(
    "told",
    [[None], [{"id": None, "name": False}], [{"id": "18"}], [[18]], {"id": 18}, [{"id": True}], "18", 18],
)
async def test_what_is_no_record_is_none(shaky: Odoo, trouble: Trouble, told: object) -> None:
    trouble.before("POST", "res.partner/search_read", httpx.Response(200, json=told))
    assert await shaky.contacts.with_email("zoe@exemple.fr") == []


async def test_no_traceback_and_no_key_in_the_log(
    server: odoo.Odoo, client: Odoo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Refused):
        await client.client.search("res.partner", [["mel", "=", "x"]], ["name"])
    assert "Traceback" not in caplog.text
    assert KEY not in caplog.text
