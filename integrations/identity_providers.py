"""The accounts of elsewhere that open a lieu's SSO (a university's, FranceConnect…): the way straight to each of them.

What the SSO does with whoever comes back from there is its own affair: it knows them by their e-mail address, mostly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from .errors import Moved, Unavailable
from .findings import Finding, away
from .http import Answer, Http

SERVICE = "identity-providers"
PROVIDER, BACK = "{provider}", "{back}"
UNIVERSITIES = ("renater", "edugain", "shibboleth", "universit")
BRANDS = {"franceconnect": "FranceConnect", "proconnect": "ProConnect", "agentconnect": "AgentConnect"}
WAIT = 8.0  # seconds
LONGEST = 2_000_000  # bytes of a page that is not read


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """`alias`: what the SSO calls it; `label`: what people call an account there, empty for that of a university, which
    is called otherwise in each language."""

    alias: str
    label: str

    @classmethod
    def called(cls, alias: str, label: str = "") -> IdentityProvider:
        """Without a label, one that is known is called by its own name, and any other by its alias."""
        known = next((name for brand, name in BRANDS.items() if brand in alias.casefold()), alias)
        return cls(alias, label or ("" if is_of_universities(alias) else known))

    def is_called(self, name: str) -> bool:
        """Whether a button with this name is for it."""
        own = {self.alias.casefold(), self.label.casefold()} - {""}
        return any(word in name.casefold() for word in own) or (not self.label and is_of_universities(name))


def is_of_universities(name: str) -> bool:
    return any(word in name.casefold() for word in UNIVERSITIES)


def is_known(name: str) -> bool:
    """Whether it is an account of elsewhere, by what anybody calls it."""
    return is_of_universities(name) or any(brand in name.casefold().replace(" ", "") for brand in BRANDS)


class IdentityProviders:
    """`address` has the place of the `{provider}`, and of where to come `{back}` to; both are percent-encoded there.
    Without one, they are buttons of the homeserver. `pages` is the address below which one comes back."""

    def __init__(self, providers: Sequence[IdentityProvider] = (), address: str = "", pages: str = "") -> None:
        self.providers = tuple(providers)
        self._address, self._pages = address, pages

    def ways(self, back: str) -> list[tuple[str, str]]:
        """The label and the address of each; none where no address leads there, or nobody can come back from it."""
        if not self._address or (BACK in self._address and not back):
            return []
        return [(one.label, self._to(one, back)) for one in self.providers]

    def buttons(self, names: Sequence[str]) -> list[str]:
        """Of the homeserver's own buttons, by what is written on them, those that lead to one of these."""
        return [name for name in names if any(one.is_called(name) for one in self.providers)]

    def _to(self, provider: IdentityProvider, back: str) -> str:
        filled = self._address.replace(PROVIDER, quote(provider.alias, safe=""))
        return filled.replace(BACK, quote(back, safe=""))

    async def check(self) -> tuple[Finding, ...]:
        """Whether the SSO goes on from there, as a browser would be told to."""
        if not self._address:
            return (Finding(f"{SERVICE}-buttons", ok=True),) if self.providers else ()
        if BACK in self._address and not self._pages:
            return (Finding(f"{SERVICE}-later", ok=True),)
        return tuple([await self._look(one) for one in self.providers])

    async def _look(self, provider: IdentityProvider) -> Finding:
        words = {"provider": provider.alias}
        try:
            status = (await _asked(self._to(provider, self._pages))).status
        except Moved as on:
            return Finding(SERVICE, True, words) if on.cause == "portal" else away(SERVICE, on)
        except Unavailable as trouble:
            return away(SERVICE, trouble)
        if status >= 400:
            return Finding(f"{SERVICE}-refused", False, words | {"status": str(status)})
        return Finding(f"{SERVICE}-page", True, words)

    async def close(self) -> None:
        """Nothing is open."""


async def _asked(address: str) -> Answer:
    at = urlsplit(address)
    origin = f"{at.scheme}://{at.netloc}"
    http = Http(SERVICE, origin, connect=WAIT, read=WAIT, longest=LONGEST)
    try:
        return await http("GET", address.removeprefix(origin) or "/")
    finally:
        await http.close()
