"""Somebody with a browser in front of the lieu's site: chooses a password by the mailed link, signs in, writes."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser
from typing import Any

from tests.servers.plain_http import plain_http
from tests.servers.wordpress import WordPress

WP = "/wp-json/wp/v2"


class WordPressVisitor:
    """`async with WordPressVisitor(site, page) as zoe:`, where `page` asks for the link; a browser keeps cookies, and
    `zoe.application` is a password for a program of theirs, once they made one."""

    def __init__(self, site: WordPress) -> None:
        self.site, self.application = site, ""
        self._browser = plain_http(base_url=site.url, timeout=30)
        self._login = ""

    async def __aenter__(self) -> WordPressVisitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._browser.aclose()

    async def choose_password(self, page: str, email: str, password: str) -> None:
        """From the page that they were told of, by the link of the site's mail."""
        await self._browser.post(page, data={"user_login": email})
        mail = await self.site.mails.next_mail(email, containing="action=rp")
        form = await self._browser.get(unescape(mail.link("action=rp")), follow_redirects=True)
        chosen = {"pass1": password, "pass2": password} | _hidden(form.text)
        answer = await self._browser.post("/wp-login.php?action=resetpass", data=chosen)
        assert answer.status_code == 200
        assert "action=lostpassword" not in str(answer.url)

    async def signs_in(self, login: str, password: str) -> bool:
        self._login = login
        self._browser.cookies.clear()
        await self._browser.get("/wp-login.php")
        await self._browser.post("/wp-login.php", data={"log": login, "pwd": password, "testcookie": "1"})
        return any(cookie.name.startswith("wordpress_logged_in_") for cookie in self._browser.cookies.jar)

    async def makes_application_password(self) -> None:
        """On their profile."""
        made = await self._asks("POST", f"{WP}/users/me/application-passwords", {"name": "téléphone"})
        self.application = made["password"]

    async def publishes(self, title: str) -> str:
        """An article of theirs, from their browser. Its id."""
        row = await self._asks("POST", f"{WP}/posts", {"title": title, "content": "samedi", "status": "publish"})
        return str(row["id"])

    async def _asks(self, method: str, path: str, body: dict[str, str]) -> dict[str, Any]:
        nonce = (await self._browser.get("/wp-admin/admin-ajax.php?action=rest-nonce")).text
        answer = await self._browser.request(method, path, json=body, headers={"X-WP-Nonce": nonce})
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def program(self) -> str:
        """Whether a program with their application password is let in; else what the site says. Elsewhere than here, it
        may answer as though nobody had asked."""
        own = (self._login, self.application)
        async with plain_http(base_url=self.site.url, auth=own, timeout=30) as program:
            answer = await program.get(f"{WP}/users/me", params={"context": "edit"})
        return "entre" if answer.is_success else str(answer.json()["code"])


def _hidden(page: str) -> dict[str, str]:
    found: dict[str, str] = {}

    class Form(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "input" and given.get("type") == "hidden":
                found[str(given.get("name"))] = given.get("value") or ""

    Form().feed(page)
    return found
