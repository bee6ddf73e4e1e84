"""A message that is passed on as it was written: its words with their form, and its picture or file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from bot.matrix.passages import Said, shown
from bot.talk.answers.answer import Answer, Heard, NotUnderstood, written
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Passage(Answer[Said]):
    """At most `max` characters, on several lines."""

    kind: ClassVar[str] = "text"
    max: int = 4000

    @property
    def is_for_people(self) -> bool:
        return True

    @property
    def takes_files(self) -> bool:
        return True

    async def read(self, heard: Heard, words: Words) -> Said:
        said: Said = {"text": shown(heard.said).plain}
        if not said["text"] and (heard.text or not heard.attachment):
            said["text"] = written(heard, lines=True)
        if len(said["text"]) > self.max:
            raise NotUnderstood("too-long", max=self.max, n=len(said["text"]))
        if heard.said.get("formatted"):
            said["formatted"] = heard.said["formatted"]
        if heard.attachment:
            said["attachment"] = dict(heard.attachment)
        return said

    def load(self, json: Any) -> Said:
        """Earlier versions kept the words alone."""
        return {"text": json} if isinstance(json, str) else json

    def show(self, value: Said, words: Words, language: str) -> str:
        return value["text"] or str(value["attachment"]["name"])
