"""What somebody reads of a page, line by line; what they can press stands between brackets."""

from __future__ import annotations

from html.parser import HTMLParser

BLOCKS = {"h1", "h2", "h3", "p", "li", "div"}
UNSEEN = {"title", "style", "svg"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = [""]
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.lines.append("")
        elif self._is_button(tag, dict(attrs)):
            self.lines[-1] += " ["

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN
        if tag in BLOCKS:
            self.lines.append("")
        elif tag in ("button", "a") and self.lines[-1].rfind("[") > self.lines[-1].rfind("]"):
            self.lines[-1] += "]"

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.lines[-1] += data

    @staticmethod
    def _is_button(tag: str, given: dict[str, str | None]) -> bool:
        return tag == "button" or (tag == "a" and "button" in (given.get("class") or ""))


def page_text(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    lines = (" ".join(line.split(" ")).strip() for line in reader.lines)
    return "\n".join(line for line in (" ".join(one.split("\n")).strip() for one in lines) if line)
