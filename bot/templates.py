"""The templates of pages and mails, which say sentences of the catalogues."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from bot.matrix.markup import Rendered, clean, render
from bot.words import Words

LONGEST = 2_000  # characters of somebody's words that are shown


class Templates:
    """Those of a `package`, which say a sentence of one `family` of words with `say("hello", name=…)`; `plain` is the
    same without markup, for titles and attributes. What fills a hole is shown as it is, never as markup;
    « name | tidy » is somebody's words without what deceives the eye."""

    def __init__(self, package: str, family: str) -> None:
        # Here, not above: a bot without pages and mails is spared it.
        from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

        self._family = family
        self._environment = Environment(
            loader=PackageLoader(package),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["tidy"] = lambda words: clean(words, LONGEST)

    def render(
        self,
        file: str,
        words: Words,
        language: str,
        told: Mapping[str, object],
        *,
        overlay: Mapping[str, str] | None = None,
        zone: str = "Europe/Paris",
    ) -> str:
        """`told` is what it knows besides the words; `overlay` and `zone` as in `Words.sentence`."""

        def rendered(key: str, holes: Mapping[str, object]) -> Rendered:
            return render(*words.sentence(language, f"{self._family}.{key}", holes, overlay=overlay, zone=zone))

        def plain(key: str, /, **holes: object) -> str:
            return rendered(key, holes).plain

        def marked_up(key: str, /, **holes: object) -> Markup:
            return Markup(rendered(key, holes).html)  # noqa: S704 - escaped there

        say = marked_up if file.endswith(".html") else plain
        known = {"say": say, "plain": plain, "lang": language.partition("@")[0]}
        return self._environment.get_template(file).render({**known, **told})
