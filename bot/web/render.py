"""From a template and words of the catalogues to a page."""

from __future__ import annotations

import io
from functools import cache

from aiohttp import web
from markupsafe import Markup

from bot.templates import Templates
from bot.web.tongues import tongue
from bot.words import Words


class Renderer:
    """`root` is the path under which the pages are, `language` what is spoken where nobody chose."""

    def __init__(self, words: Words, root: str, language: str = "fr") -> None:
        self._words = words
        self._root = root.rstrip("/")
        self.language = language

    def answer(self, template: str, language: str, *, status: int = 200, **told: object) -> web.Response:
        """The page as a browser is given it."""
        return web.Response(
            text=_templates().render(f"{template}.html", self._words, language, {"root": self._root, **told}),
            status=status,
            content_type="text/html",
            headers={"Content-Language": language.partition("@")[0], "Vary": "Accept-Language, User-Agent"},
        )

    def tongue(self, request: web.Request, otherwise: str = "") -> str:
        """The language that this browser asks for, and who reads it is addressed in as in `otherwise`."""
        asked = request.headers.get("Accept-Language", "")
        return tongue(asked, self._words.languages, otherwise or self.language)


@cache
def _templates() -> Templates:
    return Templates("bot.web", "page")


def qr_code(address: str) -> Markup:
    """A picture of the address, dark on light with its quiet border in every light: cameras want it so."""
    import segno  # for the few pictures with a code

    svg = io.BytesIO()
    segno.make(address, error="m").save(
        svg, kind="svg", border=4, dark="#2b2320", light="#fff", xmldecl=False, svgns=False, omitsize=True, nl=False
    )
    return Markup(svg.getvalue().decode())  # noqa: S704 - made of squares
