"""From a template and words of the catalogues to a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.matrix.markup import render
from bot.words import Words

Say = Callable[..., Markup]


class Renderer:
    """A template says a sentence of the family « page » with `say("newcomer.hello", name=…)`; `plain` is the same
    without markup, for titles and attributes. What fills its holes is shown as it is, never as markup. `root` is the
    path under which the pages are."""

    def __init__(self, words: Words, root: str) -> None:
        self._words = words
        self._root = root
        self._templates = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, template: str, language: str, **told: object) -> str:
        say, plain = partial(self._say, language), partial(self.plain, language)
        known = {"say": say, "plain": plain, "lang": language.partition("@")[0], "root": self._root, **told}
        return self._templates.get_template(f"{template}.html").render(known)

    def plain(self, language: str, key: str, /, **holes: object) -> str:
        return render(*self._words.sentence(language, f"page.{key}", holes)).plain

    def _say(self, language: str, key: str, /, **holes: object) -> Markup:
        return Markup(render(*self._words.sentence(language, f"page.{key}", holes)).html)  # noqa: S704 - escaped there
