"""The first password: the mail of the SSO, its ten minutes, and “renvoyer le lien”."""

from __future__ import annotations

import httpx
import pytest

from integrations.directory.canaille import CanaillePages
from integrations.directory.scim import Scim
from integrations.errors import Refused, Rejected, Unavailable
from tests.integrations.trouble import Trouble
from tests.servers.canaille import Canaille, CanailleVisitor, Client, LinkExpired
from tests.servers.mailcatcher import MailCatcher
from tests.servers.plain_http import plain_http

PASSWORD = "un long mot de passe"
BACK = "http://127.0.0.1:9/back"


async def test_the_link_of_the_mail_opens_the_account(
    sso: Scim, canaille: Canaille, mails: MailCatcher, login: str, email: str
) -> None:
    await sso.ensure_account(login, "Zoé Martin", email)
    first = await sso.start_first_login(login)
    assert (first.kind, first.expires_in, first.link) == ("mail", 600, None)
    mail = await mails.next_mail(email)
    async with CanailleVisitor(canaille.url) as visitor:
        await visitor.set_password(mail.link("/reset/"), PASSWORD)
    assert await signs_in(canaille, login)


async def test_an_expired_link_is_replaced_by_one_that_works(
    sso: Scim, canaille: Canaille, mails: MailCatcher, login: str, email: str
) -> None:
    await sso.ensure_account(login, "Zoé Martin", email)
    await sso.start_first_login(login)
    old = (await mails.next_mail(email)).link("/reset/")
    canaille.age_link(login)
    async with CanailleVisitor(canaille.url) as visitor:
        with pytest.raises(LinkExpired):
            await visitor.set_password(old, PASSWORD)
        await sso.start_first_login(login)
        new = (await mails.next_mail(email)).link("/reset/")
        assert new != old
        await visitor.set_password(new, PASSWORD)
    assert await signs_in(canaille, login)


async def test_a_link_is_not_sent_to_somebody_who_has_a_password(
    sso: Scim, canaille: Canaille, mails: MailCatcher, login: str, email: str
) -> None:
    await with_password(sso, canaille, mails, login, email)
    with pytest.raises(Refused) as refusal:
        await sso.start_first_login(login)
    assert refusal.value.code == "already-has-password"


async def test_locking_and_unlocking_keeps_the_password(
    sso: Scim, canaille: Canaille, mails: MailCatcher, login: str, email: str
) -> None:
    await with_password(sso, canaille, mails, login, email)
    await sso.set_active(login, False)
    assert not await signs_in(canaille, login)
    await sso.set_active(login, True)
    assert await signs_in(canaille, login)


async def test_a_page_that_says_sent_is_not_believed(
    shaky: Scim, trouble: Trouble, mails: MailCatcher, login: str, email: str
) -> None:
    await shaky.ensure_account(login, "Zoé Martin", email)
    trouble.before("POST", "/firstlogin/", httpx.Response(200, text="Envoi du lien"))
    with pytest.raises(Refused) as refusal:
        await shaky.start_first_login(login)
    assert refusal.value.code == "link-not-renewed"
    assert not [mail for mail in mails.messages if email in mail.to]


async def test_a_link_that_was_made_before_the_line_broke_is_recognised(
    shaky: Scim, trouble: Trouble, mails: MailCatcher, login: str, email: str
) -> None:
    await shaky.ensure_account(login, "Zoé Martin", email)
    trouble.after("POST", "/firstlogin/", httpx.ReadTimeout("no answer"))
    assert (await shaky.start_first_login(login)).kind == "mail"
    assert (await mails.next_mail(email)).link("/reset/")


async def test_a_link_that_was_not_made_is_asked_for_later(
    shaky: Scim, trouble: Trouble, login: str, email: str
) -> None:
    await shaky.ensure_account(login, "Zoé Martin", email)
    trouble.before("POST", "/firstlogin/", httpx.Response(500))
    with pytest.raises(Unavailable):
        await shaky.start_first_login(login)


async def test_an_account_without_address_gets_no_mail(sso: Scim, shaky: Scim, trouble: Trouble, login: str) -> None:
    person = {"userName": login, "name": {"formatted": "Zoé", "familyName": "Zoé"}, "active": True}
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    assert await sso._client.create("Users", {"schemas": schemas, **person}) is None
    with pytest.raises(Rejected):
        await shaky.start_first_login(login)
    assert not [request for request in trouble.seen if "/firstlogin/" in request.url.path]


async def test_the_pages_are_those_of_the_same_server(canaille: Canaille, sso: Scim) -> None:
    pages: CanaillePages = sso._pages
    browser = pages.browser()
    assert (await browser("GET", "/login")).status == 200
    await browser.close()


async def with_password(sso: Scim, canaille: Canaille, mails: MailCatcher, login: str, email: str) -> None:
    await sso.ensure_account(login, "Zoé Martin", email)
    await sso.start_first_login(login)
    mail = await mails.next_mail(email)
    async with CanailleVisitor(canaille.url) as visitor:
        await visitor.set_password(mail.link("/reset/"), PASSWORD)


async def test_a_service_learns_the_username(
    sso: Scim, canaille: Canaille, mails: MailCatcher, login: str, email: str
) -> None:
    """What the Matrix server makes an address of."""
    await with_password(sso, canaille, mails, login, email)
    service = await canaille.register("Service", [BACK])
    async with CanailleVisitor(canaille.url) as visitor, plain_http() as server:
        back = httpx.URL(await visitor.sign_in(authorization(canaille, service), login, PASSWORD))
        described = (await server.get(f"{canaille.issuer}/.well-known/openid-configuration")).json()
        grant = {"grant_type": "authorization_code", "code": back.params["code"], "redirect_uri": BACK}
        given = await server.post(described["token_endpoint"], data=grant, auth=(service.id, service.secret))
        bearer = {"Authorization": f"Bearer {given.json()['access_token']}"}
        person = (await server.get(described["userinfo_endpoint"], headers=bearer)).json()
    assert (described["issuer"], person["sub"]) == (canaille.issuer, login)
    assert await sso.subject(login) == person["sub"]


async def signs_in(canaille: Canaille, login: str) -> bool:
    """Whether a service that relies on the SSO lets this person in."""
    service = await canaille.register("Service", [BACK])
    async with CanailleVisitor(canaille.url) as visitor:
        try:
            return (await visitor.sign_in(authorization(canaille, service), login, PASSWORD)).startswith(
                f"{BACK}?code="
            )
        except ValueError:
            return False


def authorization(canaille: Canaille, service: Client) -> str:
    asked = {
        "response_type": "code",
        "client_id": service.id,
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": "s",
        "nonce": "n",
    }
    return str(httpx.URL(f"{canaille.url}/oauth/authorize", params=asked))
