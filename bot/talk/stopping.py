"""« stop » in the middle of a long conversation: all of it, or later? What its person stopped can be taken up again."""

from __future__ import annotations

from bot.store.open_questions import STOPPING
from bot.talk.answers import Choice, Heard, NotUnderstood, Option
from bot.talk.answers.agreement import is_made_of
from bot.talk.answers.no_answer import instead
from bot.talk.question import Question
from bot.words import Words

STOP, LATER, GO_ON, PASSED = "stop", "later", "on", "passed"
IN_THEIR_WORDS = {STOP: "talk.words.cancel", LATER: "talk.words.later", GO_ON: "talk.words.resume"}


class Stopping(Choice):
    """One of the three ways; the words that steer a conversation say them too."""

    async def read(self, heard: Heard, words: Words) -> str:
        said = (way for way, key in IN_THEIR_WORDS.items() if is_made_of(heard.text or "", words, key))
        return next(said, None) or await super().read(heard, words)


WAYS = Stopping(
    [
        Option(STOP, key="talk.stopping.stop"),
        Option(LATER, key="talk.stopping.later"),
        Option(GO_ON, key="talk.stopping.on"),
    ]
)


def is_about_something_else(why: NotUnderstood, heard: Heard, words: Words) -> bool:
    """Whether somebody speaks on, as if « stop » had not been said: that is neither a yes nor a doubt."""
    return why.code == "choice-unknown" and bool(heard.text) and instead(heard.text or "", words) is None


def question(room: str, person: str) -> Question:
    return Question(STOPPING, STOPPING, WAYS, room, person, {})
