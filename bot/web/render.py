"""From a template and words of the catalogues to a page."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial

import segno
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.matrix.markup import Link, clean, render
from bot.web.tongues import tongue
from bot.words import Words

Say = Callable[..., Markup]
LONGEST = 2_000  # characters of somebody's words that a page shows


class Renderer:
    """A template says a sentence of the family « page » with `say("newcomer.hello", name=…)`; `plain` is the same
    without markup, for titles and attributes. What fills its holes is shown as it is, never as markup; « name | tidy »
    is somebody's words without what deceives the eye. `root` is the path under which the pages are, `language` what is
    spoken where nobody chose."""

    def __init__(self, words: Words, root: str, language: str = "fr") -> None:
        self._words = words
        self._root = root.rstrip("/")
        self.language = language
        self._templates = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["tidy"] = lambda words: clean(words, LONGEST)

    def page(self, template: str, language: str, **told: object) -> str:
        say, plain = partial(self._say, language), partial(self.plain, language)
        known = {"say": say, "plain": plain, "lang": language.partition("@")[0], "root": self._root, "link": Link}
        return self._templates.get_template(f"{template}.html").render({**known, **told})

    def answer(self, template: str, language: str, *, status: int = 200, **told: object) -> web.Response:
        """The page as a browser is given it."""
        html = self.page(template, language, **told)
        return web.Response(
            text=html,
            status=status,
            content_type="text/html",
            headers={"Content-Language": language.partition("@")[0], "Vary": "Accept-Language, User-Agent"},
        )

    def tongue(self, request: web.Request, otherwise: str = "") -> str:
        """The language that this browser asks for, and who reads it is addressed in as in `otherwise`."""
        asked = request.headers.get("Accept-Language", "")
        return tongue(asked, self._words.languages, otherwise or self.language)

    def plain(self, language: str, key: str, /, **holes: object) -> str:
        return render(*self._words.sentence(language, f"page.{key}", holes)).plain

    def _say(self, language: str, key: str, /, **holes: object) -> Markup:
        return Markup(render(*self._words.sentence(language, f"page.{key}", holes)).html)  # noqa: S704 - escaped there


def qr_code(address: str) -> Markup:
    """A picture of the address, dark on light with its quiet border in every light: cameras want it so."""
    svg = io.BytesIO()
    segno.make(address, error="m").save(
        svg, kind="svg", border=4, dark="#2b2320", light="#fff", xmldecl=False, svgns=False, omitsize=True, nl=False
    )
    return Markup(svg.getvalue().decode())  # noqa: S704 - made of squares
