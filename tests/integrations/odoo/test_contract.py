"""The stand-in answers as a real Odoo was recorded to: what is tested on it is tested on what servers do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.servers.odoo import Odoo
from tests.servers.plain_http import plain_http

from .recorded import (
    HEADERS,
    ORDER,
    OUTAGE,
    RIGHTS,
    exchanges,
    plain,
    replayed,
    world,
    world_of_rights,
    world_without_database,
)


@pytest.mark.parametrize(
    ("order", "of", "least"),
    [(ORDER, world, 60), (RIGHTS, world_of_rights, 20), (OUTAGE, world_without_database, 4)],
)
async def test_the_stand_in_answers_as_it_was_recorded(
    order: tuple[str, ...], of: Callable[[], Odoo], least: int
) -> None:
    server, seen = of(), 0
    async with server.running() as url, plain_http(base_url=url) as client:
        for told in exchanges(order):
            if "request" not in told:
                continue
            name, recorded = told["name"], told["response"]
            answer = await replayed(client, told)
            is_json = answer.headers["content-type"].startswith("application/json")
            body = answer.json() if is_json else answer.text
            assert (name, answer.status_code) == (name, recorded["status"])
            assert (name, plain(body)) == (name, plain(recorded["body"]))
            assert {one: answer.headers.get(one) for one in HEADERS if one in recorded["headers"]} == {
                one: recorded["headers"][one] for one in HEADERS if one in recorded["headers"]
            }
            seen += 1
    assert seen > least


async def test_its_mails_are_those_that_were_recorded() -> None:
    """None while the account that makes them has no address; then one for each, unless it is asked not to."""
    (silent,) = [told for told in exchanges() if told["name"] == "mails_after_users"]
    assert silent["mails"] == []
    (heard,) = [told for told in exchanges() if told["name"] == "invitation_mail_needs_sender"]
    server = world()
    make(server, {"login": "muet@exemple.fr", "email": "muet@exemple.fr"}, {})
    assert server.mails == []
    server.contacts[3]["email"] = "admin@exemple.fr"
    for told in heard["mails"]:
        wanted, before = dict(told["created"]), len(server.mails)
        context = wanted.pop("context", {})
        if wanted.pop("group_ids", "") == "portal":
            wanted["group_ids"] = [[6, 0, [10]]]
        make(server, wanted, context)
        assert [subject for _, subject in server.mails[before:]] == ([told["mail"]] if told["mail"] else [])


def make(server: Odoo, wanted: dict[str, object], context: dict[str, object]) -> None:
    server.call(2, "res.users", "create", [], {"vals_list": [{"name": "X", **wanted}], "context": context})
