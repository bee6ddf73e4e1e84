"""Reading the HTML of a message, whatever somebody put in it."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

ENDLESS = re.compile(r"(&#[0-9]{9})[0-9]+")


class HostileParser(HTMLParser):
    """What the standard one raises of (`<![x`) is a comment, as browsers have it."""

    def feed(self, data: str) -> None:
        """What no sign closes is text: it would be looked for from each `<` to the end, which takes seconds. No sign
        has a number of ten figures, and Python refuses to count so far."""
        ended, sign, rest = ENDLESS.sub(r"\1", data).rpartition(">")
        comments, close, after = (ended + sign).rpartition("-->")
        super().feed(comments + close + after.replace("<!--", "&lt;!--") + rest.replace("<", "&lt;"))

    def close(self) -> None:
        """A tag that does not end is text, at once: the standard one would look for an end behind each sign of it anew,
        for a minute."""
        rest, self.rawdata = self.rawdata, ""
        if rest:
            self.handle_data(unescape(rest))

    def parse_html_declaration(self, i: int) -> int:
        try:
            return super().parse_html_declaration(i)
        except AssertionError:
            return self.parse_bogus_comment(i)
