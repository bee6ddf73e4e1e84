"""Accounts of a site: made once, never more than three roles, nobody else's touched, what they wrote never lost."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from integrations.errors import Conflict, NotFound, Protected, Refused, Rejected, Unavailable
from integrations.wordpress import ROLES
from tests.integrations.wordpress.conftest import Site, fresh

LOST = httpx.ReadTimeout("lost on the way back")


@pytest.mark.parametrize("role", ROLES)
async def test_an_account_is_made_with_one_role_and_seen(site: Site, role: str) -> None:
    name = fresh()
    made = await site.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé Martin", role)
    assert made == {
        "id": made["id"],
        "login": name,
        "name": "Zoé Martin",
        "email": f"{name}@exemple.fr",
        "roles": [role],
    }
    assert await site.wordpress.accounts.get(made["id"]) == made
    assert [each["id"] for each in await site.wordpress.accounts.find(f"{name.upper()}@Exemple.fr")] == [made["id"]]
    assert await site.wordpress.accounts.find(f"{name[1:]}@exemple.fr") == [], "which the site itself finds"


async def test_no_other_role_is_ever_given(site: Site) -> None:
    made = await site.has("author")
    for role in ("editor", "administrator", ""):
        with pytest.raises(Rejected):
            await site.wordpress.accounts.make([fresh()], f"{fresh()}@exemple.fr", "Zoé", role)
    for role in ("editor", "administrator"):
        with pytest.raises(Rejected):
            await site.wordpress.accounts.set_role(made, role)
    assert (await site.wordpress.accounts.get(made) or {})["roles"] == ["author"]


async def test_a_username_that_somebody_has_is_left_to_them(site: Site) -> None:
    taken = fresh()
    await site.adds(taken, f"{taken}@exemple.fr", "subscriber")
    made = await site.wordpress.accounts.make([taken, f"{taken}2"], f"{fresh()}@exemple.fr", "Zoé", "author")
    assert made["login"] == f"{taken}2"
    with pytest.raises(Conflict) as no:
        await site.wordpress.accounts.make([taken.upper()], f"{fresh()}@exemple.fr", "Zoé", "author")
    assert no.value.code == "wordpress-login-taken"


async def test_an_account_of_before_with_this_address_is_not_changed(site: Site) -> None:
    taken = fresh()
    id = await site.adds(taken, f"{taken}@exemple.fr", "subscriber")
    with pytest.raises(Conflict) as no:
        await site.wordpress.accounts.make([fresh()], f"{taken.upper()}@exemple.fr", "Zoé", "author")
    assert no.value.code == "wordpress-email-taken"
    assert (await site.wordpress.accounts.get(id) or {})["roles"] == ["subscriber"]


async def test_an_account_whose_answer_was_lost_is_found_and_not_made_twice(site: Site) -> None:
    name = fresh()
    site.trouble.after("POST", "/users", LOST)
    made = await site.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé", "author")
    assert (made["login"], made["roles"]) == (name, ["author"])
    again = await site.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé", "author")
    assert again == made
    assert len(site.asked("POST")) == 1


async def test_what_never_left_is_told_as_not_done(site: Site) -> None:
    name = fresh()
    site.trouble.before("POST", "/users", httpx.ConnectError("nobody"))
    with pytest.raises(Unavailable) as away:
        await site.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé", "author")
    assert not away.value.unknown
    assert await site.wordpress.accounts.find(f"{name}@exemple.fr") == []


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_breakdown_in_the_middle_is_read_back(site: Site, where: str, as_json: bool) -> None:
    """It answers with a page, or with a code that is none of its refusals; and has or has not made the account."""
    name = fresh()
    page = httpx.Response(500, html="<p>there has been a critical error")
    told = httpx.Response(500, json={"code": "internal_server_error", "message": "", "data": {"status": 500}})
    getattr(site.trouble, where)("POST", "/users", told if as_json else page)
    making = site.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé", "author")
    if where == "after":
        assert (await making)["login"] == name
        return
    with pytest.raises(Unavailable) as away:
        await making
    assert (away.value.cause, away.value.unknown) == ("broken", True)


async def test_whoever_asks_too_much_waits_as_long_as_they_are_told(site: Site) -> None:
    site.trouble.before("POST", "/users", httpx.Response(429, headers={"Retry-After": "7"}))
    with pytest.raises(Unavailable) as away:
        await site.wordpress.accounts.make([fresh()], f"{fresh()}@exemple.fr", "Zoé", "author")
    assert (away.value.cause, away.value.retry_after, away.value.unknown) == ("limited", 7, False)


async def test_what_was_made_and_not_seen_is_told_so(site: Site) -> None:
    """It goes away before anybody could look: whoever asks again must not take it for somebody else's."""
    name = fresh()
    for _ in range(3):  # reads are tried again
        site.trouble.before("GET", "/users/", httpx.ConnectError("nobody"))
    with pytest.raises(Unavailable) as away:
        await site.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé", "author")
    assert away.value.unknown


async def test_three_at_once_are_one(site: Site) -> None:
    """WordPress itself makes two of them."""
    name = fresh()
    making = [site.wordpress.accounts.make([name], f"{name}@exemple.fr", "Zoé", "author") for _ in range(3)]
    made = await asyncio.gather(*making)
    assert len({each["id"] for each in made}) == 1
    assert len(await site.wordpress.accounts.find(f"{name}@exemple.fr")) == 1


@pytest.mark.parametrize("role", ["", "subscriber", "author"])
@pytest.mark.parametrize("lost", [False, True])
async def test_a_role_is_changed_and_read_back(site: Site, role: str, lost: bool) -> None:
    id = await site.has("contributor")
    if lost:
        site.trouble.after("POST", f"/users/{id}", LOST)
    for _ in range(2):
        await site.wordpress.accounts.set_role(id, role)
    assert (await site.wordpress.accounts.get(id) or {})["roles"] == ([role] if role else [])
    assert len([path for path in site.asked("POST") if path.endswith(f"/{id}")]) == 1


async def test_a_role_that_was_not_written_is_not_told_as_done(site: Site) -> None:
    id = await site.has("contributor")
    site.trouble.before("POST", f"/users/{id}", LOST)
    with pytest.raises(Unavailable) as away:
        await site.wordpress.accounts.set_role(id, "author")
    assert away.value.unknown


@pytest.mark.parametrize("role", ["editor", "administrator"])
async def test_whoever_a_human_gave_more_is_left_alone(site: Site, role: str) -> None:
    id = await site.adds(fresh(), f"{fresh()}@exemple.fr", role)
    for act in (site.wordpress.accounts.set_role(id, ""), site.wordpress.accounts.remove(id, "")):
        with pytest.raises(Protected):
            await act
    assert (await site.wordpress.accounts.get(id) or {})["roles"] == [role]
    assert site.asked("POST") == site.asked("DELETE") == []


async def test_the_bot_does_nothing_to_itself(site: Site) -> None:
    me = await site.wordpress.client.me()
    for id in (me, f"0{me}"):
        with pytest.raises(Protected):
            await site.wordpress.accounts.remove(id, "")
    for id in ("me", "", "-1", f"{me}/application-passwords", "²"):
        with pytest.raises(NotFound):
            await site.wordpress.accounts.remove(id, "")
    assert site.asked("DELETE") == []


async def test_what_they_wrote_goes_to_their_heir(site: Site) -> None:
    id, heir = await site.has("author"), await site.has("author")
    written = {kind: await site.writes(id, kind, status) for kind, status in (("posts", "draft"), ("pages", "publish"))}
    assert await site.wordpress.accounts.written(id) == {"posts": 1, "pages": 1, "media": 0}
    await site.wordpress.accounts.remove(id, heir)
    assert await site.wordpress.accounts.get(id) is None
    for kind, article in written.items():
        assert (await site.written(article, kind)).author == int(heir)
    assert (await site.written(written["posts"])).status == "draft"


async def test_without_an_heir_nothing_of_theirs_is_lost(site: Site) -> None:
    id = await site.has("author")
    article = await site.writes(id)
    for heir in ("", id, "999999"):
        with pytest.raises(Refused) as no:
            await site.wordpress.accounts.remove(id, heir)
        assert no.value.code == "wordpress-no-heir"
    assert site.asked("DELETE") == []
    assert (await site.written(article)).author == int(id)


async def test_whoever_wrote_nothing_is_removed_without_an_heir(site: Site) -> None:
    id = await site.has("subscriber")
    await site.wordpress.accounts.remove(id, "")
    assert await site.wordpress.accounts.get(id) is None
    with pytest.raises(NotFound):
        await site.wordpress.accounts.remove(id, "")


async def test_a_removal_whose_answer_was_lost_is_read_back(site: Site) -> None:
    id, heir = await site.has("author"), await site.has("author")
    article = await site.writes(id)
    site.trouble.after("DELETE", f"/users/{id}", LOST)
    await site.wordpress.accounts.remove(id, heir)
    assert (await site.written(article)).author == int(heir)


async def test_articles_that_are_not_seen_to_be_the_heir_s_are_told(site: Site) -> None:
    id, heir = await site.has("author"), await site.has("author")
    article = await site.writes(id)
    site.trouble.after("GET", f"/posts/{article}", httpx.Response(200, json={"id": int(article), "author": int(id)}))
    with pytest.raises(Refused) as no:
        await site.wordpress.accounts.remove(id, heir)
    assert no.value.code == "wordpress-not-inherited"
