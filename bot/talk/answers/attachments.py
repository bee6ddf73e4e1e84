"""What people hand over: a picture or another file, the address of a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.matrix.markup import is_address
from bot.talk.answers.answer import Answer, Heard, NotUnderstood, written
from bot.words import Words

ADDRESS = re.compile(r"https?://[^\s<>\"'`\\{}]+")
BARE = re.compile(r"(?:[\w-]+\.)+[a-z]{2,63}(?:/\S*)?", re.IGNORECASE)
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Attachment(Answer[Mapping[str, Any]]):
    """A picture or a file, as `bot.matrix.message.attached` has it."""

    kind: ClassVar[str] = "attachment"

    async def read(self, heard: Heard, words: Words) -> Mapping[str, Any]:
        if heard.attachment is None:
            raise NotUnderstood("attachment-wanted")
        return heard.attachment

    def show(self, value: Mapping[str, Any], words: Words, language: str) -> str:
        return str(value["name"])


@dataclass(frozen=True, slots=True)
class Page(Answer[str]):
    """The address of a web page; `https://` is understood."""

    kind: ClassVar[str] = "page"

    async def read(self, heard: Heard, words: Words) -> str:
        text = written(heard)
        page = f"https://{text}" if BARE.fullmatch(text) else text
        if not page.startswith(("http://", "https://")) or len(page) > LONGEST or not is_address(page):
            raise NotUnderstood("page")
        return page

    def guess(self, text: str, words: Words) -> str | None:
        found = [page.rstrip(".,;:!?)»") for page in ADDRESS.findall(text)]
        return next((page for page in found if len(page) <= LONGEST and is_address(page)), None)
