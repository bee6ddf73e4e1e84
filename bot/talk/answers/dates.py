"""A day as an answer: the last one of something, the first one, or that day itself.

`bot.talk.answers.day_phrases` knows what a text says; here it is said what that means as an answer. What may mean
something else is asked, with the day that it probably is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from bot.talk.answers.agreement import agreed, yes_or_no
from bot.talk.answers.answer import Answer, Doubted, Heard, NotUnderstood, written
from bot.talk.answers.answer import said as said_by
from bot.talk.answers.day_phrases import Phrases, Said, Token, corrected, named, tokens_of
from bot.talk.answers.proposal import is_indifferent
from bot.words import Words, fold

Role = Literal["end", "start", "day", "hours"]

YEARS_TO_COME = 100
LONGEST_TEXT = 2_000  # characters in which a day is looked for
LONGEST_ANSWER = 200
NEAR, AGAIN = "date-near", "date-near-again"  # the same is not said twice
NEVER = "date-never"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Date(Answer[date]):
    """`today` in the zone of the lieu, as it was when the conversation began; with the `zone`, an answer counts from
    the day on which it was given.

    `since`: what « deux semaines » may count from as well, where something is prolonged. `alone`: the text in which it
    is looked for says nothing else.

    `role`: « jusqu’au 15 » is an `end`, which is included, « à partir du 15 » a `start`; for something that is done on
    a `day`, in the morning, both are asked about, and so are hours, unless they are said beside it (`hours`).
    `earliest` and `latest` are the first and the last day that may be said.
    """

    kind: ClassVar[str] = "date"
    today: Callable[[], date]
    role: Role = "end"
    zone: str = ""
    earliest: date | None = None
    latest: date | None = None
    since: date | None = None
    alone: bool = False

    async def read(self, heard: Heard, words: Words) -> date:
        meant = heard.offered.get("meant", "")
        text = said_by(heard) if meant else written(heard)
        yes = agreed(heard, words) if meant else None
        if yes:
            return self._possible(date.fromisoformat(meant))
        if yes is False:
            raise NotUnderstood("date-then")
        first, _, rest = text.partition(" ")
        if meant and rest and fold(first) in words.means("talk.words.no"):
            text = rest  # « non, jeudi »
        try:
            return self._day(text, words, self._today_of(heard))
        except NotUnderstood as why:
            if why.code == NEAR and heard.offered.get("code") == NEAR:
                offered = {**why.offered, "code": AGAIN}
                again = NotUnderstood("date-near-again", offered=offered, **why.words)
                raise _surely(again) if isinstance(why, Doubted) else again from why
            raise

    def guess(self, text: str, words: Words) -> date | None:
        """The day that a text about something else names. Raises `NotUnderstood` where it names one, but which is in
        doubt."""
        if self.alone:
            return self._day(text, words, self.today()) if text.strip() else None
        found = [said for said in named(text[:LONGEST_TEXT], words, self.today()) if self._concerns(said)]
        days = {said.last: said for said in found}
        if len(days) > 1:
            raise NotUnderstood("date-several", days=sorted(days))
        return self._settled(found[-1], self.today()) if found else None

    def dump(self, value: date) -> Any:
        return value.isoformat()

    def load(self, json: Any) -> date:
        return date.fromisoformat(json)

    def show(self, value: date, words: Words, language: str) -> str:
        return str(words.show(language, value))

    def _today_of(self, heard: Heard) -> date:
        """« demain » is said of the day on which it was written, however late it is read; no clock is believed that
        goes backwards."""
        if heard.at is None or not self.zone:
            return self.today()
        return max(self.today(), datetime.fromtimestamp(heard.at / 1000, UTC).astimezone(ZoneInfo(self.zone)).date())

    def _day(self, text: str, words: Words, today: date) -> date:
        if is_endless(text, words) or is_indifferent(text, words) or yes_or_no(text, words) is False:
            raise NotUnderstood("date-never")
        tokens = [token for token in tokens_of(text[:LONGEST_ANSWER]) if not token.stop]
        tokens = bare(tokens, words)
        said = Phrases(words, today, tokens, self.since).whole() if len(text) <= LONGEST_ANSWER else None
        if said is None:
            self._propose(tokens, words, today)
            raise NotUnderstood("date")
        return self._whole(said, today)

    def _whole(self, said: Said, today: date, *, sure: bool = True) -> date:
        """Of a text that says a day, and nothing else."""
        try:
            return self._settled(said, today, sure=sure)
        except NotUnderstood as why:
            raise _surely(why) from why

    def _propose(self, tokens: Sequence[Token], words: Words, today: date) -> None:
        """Of a text that says something else as well, or with a slip of the finger: the day that it may mean."""
        mended = corrected(tokens, words)
        said = Phrases(words, today, mended).whole() if mended else None
        if said is not None:
            self._whole(said, today, sure=False)
        spans = [one for _, _, one in Phrases(words, today, mended or tokens).spans() if one.is_something]
        days = {one.last: one for one in spans}
        if len(days) > 1:
            raise NotUnderstood("date-several", days=sorted(days))
        for one in days.values():
            self._settled(one, today, sure=False)

    def _settled(self, said: Said, today: date, *, sure: bool = True) -> date:
        """The day that is meant. Raises `NotUnderstood`, with what is proposed."""
        if said.wrong == "weekday":
            raise NotUnderstood("date-weekday", day=said.first)
        if said.wrong:
            raise NotUnderstood("date-impossible")
        if said.others:
            raise NotUnderstood("date-several", days=list(said.others))
        if self.role == "end" and said.bound in ("from", "after"):
            raise NotUnderstood("date-start", day=said.first)
        if self.role == "start" and said.bound in ("until", "before"):
            raise NotUnderstood("date-end", day=said.last)
        day = self._meaning(said)
        self._within_reach(day, today)
        if not sure or said.doubt_as(self.role):
            raise NotUnderstood("date-near", offered={"meant": day.isoformat(), "code": NEAR}, day=day)
        return self._possible(day)

    def _meaning(self, said: Said) -> date:
        """« avant » leaves out what it names, « jusqu’à » does not; what is before « fin décembre » is in December, and
        before Friday evening it is Friday."""
        if said.bound == "before":
            return said.last if said.kind == "end" or said.hour else said.first - ONE_DAY
        if said.bound == "after":
            return said.last + ONE_DAY
        return said.last if self.role == "end" or said.bound == "until" else said.first

    def _within_reach(self, day: date, today: date) -> None:
        if abs(day.year - today.year) > YEARS_TO_COME:
            raise NotUnderstood("date")
        if day < today:
            raise NotUnderstood("date-past", day=day)
        self._possible(day)

    def _possible(self, day: date) -> date:
        if self.earliest and day < self.earliest:
            raise NotUnderstood("date-early", day=self.earliest)
        if self.latest and day > self.latest:
            raise NotUnderstood("date-late", day=self.latest)
        return day

    def _concerns(self, said: Said) -> bool:
        """Whether this question is about it: a text may say when something begins, and when it ends."""
        if self.role == "start":
            return said.bound in ("from", "after", "range")
        return said.bound not in ("from", "after")


def _surely(why: NotUnderstood) -> Doubted:
    return Doubted(why.code, offered=why.offered, **why.words)


def is_endless(text: str, words: Words) -> bool:
    """« sans limite », « jamais »"""
    return fold(text) in words.means("talk.words.date-never")


def bare(tokens: Sequence[Token], words: Words) -> list[Token]:
    """Without what people say around a day: « euh … je pense », « merci »."""
    around = sorted((phrase.split() for phrase in words.means("talk.words.date-around")), key=len, reverse=True)
    kept, before = list(tokens), -1
    while len(kept) != before:
        before = len(kept)
        texts = [token.text for token in kept]
        start = next((len(one) for one in around if texts[: len(one)] == one), 0)
        kept, texts = kept[start:], texts[start:]
        end = next((len(one) for one in around if texts[-len(one) :] == one), 0)
        kept = kept[: len(kept) - end]
    return kept
