"""The person's way in is true of a real site: nobody knows their password, and the page mails them a link."""

from __future__ import annotations

from integrations.wordpress import WordPress
from tests.integrations.wordpress.conftest import fresh
from tests.servers import wordpress as real
from tests.servers.plain_http import plain_http


async def test_the_page_mails_a_link_and_nothing_else_was_mailed(wordpress: real.WordPress) -> None:
    site, name = WordPress(wordpress.url, real.BOT, wordpress.password), fresh()
    email = f"{name}@exemple.fr"
    made = await site.accounts.make([name], email, "Zoé", "author")
    await site.accounts.set_role(made["id"], "")
    await site.accounts.set_role(made["id"], "contributor")
    assert [mail for mail in wordpress.mails.messages if email in mail.to] == []
    async with plain_http() as browser:
        answer = await browser.post(site.password_page, data={"user_login": email})
    assert answer.status_code in (200, 302)
    mail = await wordpress.mails.next_mail(email)
    assert "action=rp" in mail.link("wp-login.php")
    await site.close()


async def test_a_site_without_pretty_permalinks_is_spoken_to_all_the_same(wordpress: real.WordPress) -> None:
    """Every site answers there; one without them, there alone."""
    site = WordPress(wordpress.url, real.BOT, wordpress.password)
    site.client._root = "/"
    name = fresh()
    made = await site.accounts.make([name], f"{name}@exemple.fr", "Zoé", "author")
    assert await site.accounts.written(made["id"]) == {"posts": 0, "pages": 0, "media": 0}
    await site.accounts.set_role(made["id"], "")
    await site.accounts.remove(made["id"], "")
    assert await site.accounts.find(f"{name}@exemple.fr") == []
    assert {finding.code for finding in await site.check()} == {"wordpress-reachable", "wordpress-rights"}
    await site.close()
