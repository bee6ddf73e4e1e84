"""Addresses that Matrix clients understand: what a page or a mail can do for somebody who has none yet."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bot.matrix.facts import server_of
from bot.settings import CENTRAL_ELEMENT

ANYWHERE = "https://matrix.to/#/"
APP = "https://mobile.element.io/element/"
STORES = {
    "android": "https://play.google.com/store/apps/details?id=io.element.android.x",
    "f-droid": "https://f-droid.org/packages/io.element.android.x/",
    "ios": "https://apps.apple.com/app/id1631335820",
}


@dataclass(frozen=True, slots=True)
class ClientLinks:
    """`client_url` is the Element that people of these lieux open in a browser, without its last slash."""

    client_url: str = CENTRAL_ELEMENT

    @property
    def knows_server(self) -> bool:
        """Whether it signs in at our homeserver of itself; no address makes the central one do so."""
        return self.client_url != CENTRAL_ELEMENT

    def sign_in(self, login: str = "") -> str:
        """On a computer: straight to the SSO where that can be (`#/start_sso`), else the client's first page; to the
        form with this `login` filled in, where the homeserver has the passwords."""
        if not self.knows_server:
            return f"{self.client_url}/"
        page = f"login?{urlencode({'defaultUsername': login})}" if login else "start_sso"
        return f"{self.client_url}/#/{page}"

    def app(self, person: str) -> str:
        """On a phone: Element X, or the store that has it, with the server and the name filled in."""
        return f"{APP}?{urlencode({'account_provider': server_of(person), 'login_hint': f'mxid:{person}'})}"

    def room(self, room_id: str, via: str) -> str:
        """A room or a space, once signed in; `via` is a server that is in it."""
        return f"{self.client_url}/#/room/{quote(room_id, safe='!')}?{urlencode({'via': via})}"

    def anywhere(self, room_id: str, via: str) -> str:
        """The same, for somebody who has an account elsewhere, and a client of their own."""
        return f"{ANYWHERE}{quote(room_id, safe='!')}?{urlencode({'via': via})}"
