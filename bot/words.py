"""What the bot says, kept out of its code: PO catalogues → sentences, dates and lists in a person's language.

A key is dotted ("welcome.hello"). A message without translation is looked for in the language's parent ("fr@vous" →
"fr"), then in French. Words that people type ("oui|o|ok") are understood in every language at once.
"""

from __future__ import annotations

import gettext
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

import locales
from bot import elision

FIRST = "fr"
# A field of a PO file: its name, and its strings without the first and the last quotation mark.
FIELD = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.*(?:"\n".*)*)"$', re.M)
PLURAL = re.compile(r"plural=([^;]+)")
HOLE = re.compile(r"\{(\w+)\}")
FAR_AWAY = timedelta(days=200)  # a date further than that is said with its year
SIZES = (("terabyte", 2**40), ("gigabyte", 2**30), ("megabyte", 2**20), ("kilobyte", 2**10))
UNITS = (("duration-day", timedelta(days=1)), ("duration-hour", timedelta(hours=1)))
APART = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae", "°": " "})


class Month(date):
    """A month, told by its first day, which people read as « juin 2019 »."""


class Months(int):
    """So many months, shown as people say it: "2 ans", "18 mois"."""


class Size(int):
    """A number of bytes, which people read as « 4,5 Go »."""


PLAIN = {code: "" if chr(code) in "^`" else " " for code in range(128) if unicodedata.category(chr(code))[0] in "PZCS"}
PLAIN |= {ord(sign): sign for sign in "$+<=>|~"}


def fold(text: str) -> str:
    """What is left to compare two typed texts or reactions: no capitals, accents, punctuation or skin tones."""
    if text.isascii():  # ten times faster, and a lieu may have thousands of names
        return " ".join(text.casefold().translate(PLAIN).split())
    # Marks are left out at once: putting thousands of them in their order takes thousands times thousands of steps.
    bare = "".join(char for char in text.translate(APART) if unicodedata.category(char)[0] != "M")
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", bare).casefold())
    kinds = ((char, unicodedata.category(char)) for char in decomposed)
    kept = (" " if kind[0] in "PZC" else char for char, kind in kinds if kind[0] != "M" and kind != "Sk")
    return " ".join("".join(kept).split())


def cut(text: str, most: int) -> str:
    """A text as there is room for it: so many characters, the last of which says that there is more."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def after(said: str, phrases: Iterable[str]) -> str | None:
    """What follows the longest of these phrases at the beginning of a folded text; None where it begins otherwise."""
    found = [phrase for phrase in phrases if f"{said} ".startswith(f"{phrase} ")]
    return said[len(max(found, key=len)) :].strip() if found else None


def holes_of(template: str) -> frozenset[str]:
    """The names between braces in a sentence."""
    return frozenset(HOLE.findall(template))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One PO file. `messages`: a key's sentence, or its plural forms."""

    locale: Locale
    messages: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Words:
    """Every catalogue. `now` tells which dates are far enough to be said with their year."""

    catalogues: Mapping[str, Catalogue]
    now: Callable[[], datetime]
    _meanings: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    _chains: dict[str, Sequence[Catalogue]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, folder: Path | None = None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Words:
        """The `*.po` of a folder. Raises ValueError for a file that is not well written."""
        files = (folder or Path(locales.__path__[0])).glob("*.po")
        found = {file.stem: _catalogue(file) for file in files}
        return cls({name: found[name] for name in sorted(found, key=lambda name: (name != FIRST, name))}, now)

    @property
    def languages(self) -> tuple[str, ...]:
        """ "fr" first, then the others: "en", "fr@vous"…"""
        return tuple(self.catalogues)

    def has(self, key: str) -> bool:
        return any(key in catalogue.messages for catalogue in self.catalogues.values())

    def holes(self, key: str) -> frozenset[str]:
        """Of a sentence, in whatever language."""
        forms = (form for catalogue in self.catalogues.values() for form in catalogue.messages.get(key, ()))
        return frozenset[str]().union(*map(holes_of, forms))

    def sentence(
        self,
        language: str,
        key: str,
        holes: Mapping[str, object],
        *,
        overlay: Mapping[str, str] | None = None,
        zone: str = "Europe/Paris",
    ) -> tuple[str, dict[str, object]]:
        """A Markdown template and the values of its holes, ready for `bot.matrix.message.text`. Raises `KeyError`.

        Dates, durations, numbers and lists become words; a list whose hole is alone on its line is shown with bullets.
        The hole `n` chooses the plural. `overlay` holds a lieu's own sentences: one that needs holes which this
        sentence does not have is left aside.
        """
        template = (overlay or {}).get(key)
        if template is None or not holes_of(template) <= holes.keys():
            template = self._template(language, key, holes.get("n"))
        if not holes:
            return template, {}
        shown: dict[str, object] = {}
        for name, value in holes.items():
            if isinstance(value, list | tuple) and (alone := _alone(name)).search(template):
                template = alone.sub(r"\n\n\1\n\n", template).strip("\n")
                shown[name] = [self.show(language, item, zone) for item in value]
            else:
                shown[name] = self.show(language, value, zone)
        if self._locale(language).language == FIRST:
            lists = {name: names for name, value in holes.items() if (names := _names(value))}
            return elision.fit(template, shown, lists, lambda items: self.listed(language, items))
        return template, shown

    def word(self, language: str, key: str) -> str:
        """The word to show, where several are understood ("inviter"). Raises `KeyError`."""
        return self._template(language, key).split("|")[0].strip()

    def means(self, key: str) -> frozenset[str]:
        """Every word, in every language, that means this key; folded."""
        if key not in self._meanings:
            found = (catalogue.messages.get(key, ()) for catalogue in self.catalogues.values())
            words = frozenset(fold(word) for forms in found for form in forms for word in form.split("|"))
            self._meanings[key] = words - {""}
        return self._meanings[key]

    def show(self, language: str, value: object, zone: str = "Europe/Paris") -> object:
        """A value as a person says it: str, unless it is something that only the message knows how to show (a link)."""
        match value:
            case bool():
                return self.word(language, "talk.words.yes" if value else "talk.words.no")
            case int() | float():
                return self._number(language, value)
            case date() | time():
                return self._when(language, value, zone)
            case timedelta():
                return self._duration(language, value)
            case list() | tuple():
                return self.listed(language, [self.show(language, item, zone) for item in value])
        return value

    def listed(self, language: str, items: Sequence[object]) -> object:
        """ "a, b et c"; as it is where an item is more than a text."""
        texts = [item for item in items if isinstance(item, str)]
        return format_list(texts, locale=self._locale(language)) if len(texts) == len(items) else list(items)

    def phrases(self, family: str) -> frozenset[str]:
        """Whatever means one of these ("accounts.act.": « fermer », « créer un compte »…); folded."""
        keys = {key for catalogue in self.catalogues.values() for key in catalogue.messages if key.startswith(family)}
        return frozenset[str]().union(*map(self.means, keys))

    def commands(self) -> frozenset[str]:
        """Every word that calls a command, in every language; folded."""
        keys = {key for catalogue in self.catalogues.values() for key in catalogue.messages}
        called = (key for key in keys if key.startswith("command.") and key.endswith(".word"))
        return frozenset[str]().union(*map(self.means, called))

    def locales(self) -> tuple[Locale, ...]:
        """For names of months and days, which are understood in every language."""
        return tuple(catalogue.locale for catalogue in self.catalogues.values())

    def _chain(self, language: str) -> Sequence[Catalogue]:
        """Where a sentence is looked for, one after the other."""
        if language not in self._chains:
            names = dict.fromkeys((language, language.partition("@")[0], FIRST))
            self._chains[language] = [self.catalogues[name] for name in names if name in self.catalogues]
        return self._chains[language]

    def _locale(self, language: str) -> Locale:
        return self._chain(language)[0].locale

    def _template(self, language: str, key: str, n: object = None) -> str:
        for catalogue in self._chain(language):
            forms = catalogue.messages.get(key)
            if forms:
                number = n if isinstance(n, int) else 1
                return forms[min(catalogue.plural(abs(number)), len(forms) - 1)]
        raise KeyError(key)

    def _when(self, language: str, value: date | time, zone: str) -> str:
        if isinstance(value, time):
            return self._clock(language, value)
        if isinstance(value, Month):
            return format_date(value, "LLLL y", locale=self._locale(language))
        if not isinstance(value, datetime):
            return self._day(language, value)
        local = value.astimezone(ZoneInfo(zone))
        pattern = self._template(language, "format.minutes" if local.minute else "format.hour")
        hour = format_time(local, pattern, tzinfo=local.tzinfo, locale=self._locale(language))
        return self._template(language, "format.moment").format(day=self._day(language, local.date()), hour=hour)

    def _clock(self, language: str, hour: time) -> str:
        """« 8 h », « 8 h 30 »."""
        pattern = self._template(language, "format.minutes" if hour.minute else "format.hour")
        return format_time(hour, pattern, locale=self._locale(language))

    def _day(self, language: str, day: date) -> str:
        pattern = self._template(language, "format.first-day" if day.day == 1 else "format.day")
        if abs(day - self.now().date()) > FAR_AWAY:
            pattern += " y"
        return format_date(day, pattern, locale=self._locale(language))

    def _number(self, language: str, size: float) -> str:
        if isinstance(size, Months):
            n, unit = (size // 12, "year") if size % 12 == 0 else (int(size), "month")
            return format_unit(n, f"duration-{unit}", locale=self._locale(language))
        if not isinstance(size, Size):
            return format_decimal(size, locale=self._locale(language))
        unit, one = next((each for each in SIZES if size >= each[1]), SIZES[-1])
        count = round(size / one, 1 if size < 10 * one else None)
        return format_unit(count, f"digital-{unit}", length="short", locale=self._locale(language))

    def _duration(self, language: str, length: timedelta) -> str:
        """In the largest unit of which there are at least two: "2 jours", but "36 heures"."""
        for unit, one in UNITS:
            if length >= 2 * one or length == one:
                return format_unit(round(length / one), unit, locale=self._locale(language))
        return format_unit(
            max(1, round(length / timedelta(minutes=1))), "duration-minute", locale=self._locale(language)
        )


def _catalogue(file: Path) -> Catalogue:
    written = _read(file)
    messages = {key: forms for key, forms in written.items() if key and all(forms)}
    plural = PLURAL.search("".join(written.get("", ())))
    locale = Locale.parse(file.stem.partition("@")[0])
    return Catalogue(locale, messages, gettext.c2py(plural[1] if plural else "n != 1"))


def _names(value: object) -> list[str]:
    """A list of names alone."""
    names = value if isinstance(value, list | tuple) else ()
    return list(names) if all(isinstance(name, str) for name in names) else []


def _read(file: Path) -> dict[str, tuple[str, ...]]:
    """The forms of each `msgid`. Babel's reader, which knows all that PO files may hold, takes five times as long,
    at each start; these hold neither contexts nor what is obsolete."""
    found: dict[str, tuple[str, ...]] = {}
    key = ""
    between, *fields = FIELD.split(file.read_text("utf-8"))
    for name, quoted, after in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        between += after
        text = quoted.replace('"\n"', "")
        if "\\" in text:
            text = json.loads(f'"{text}"')  # with the escapes of C that JSON has too
        if name == "msgid":
            key = text
            found[key] = ()
        elif name != "msgid_plural":
            found[key] += (text,)
    for line in between.splitlines():
        if line and not line.startswith("#"):
            raise ValueError(f"{file.name}: {line}")
    return found


def _alone(hole: str) -> re.Pattern[str]:
    """The hole as a whole line, with the empty lines around: a list that is a paragraph gets bullets."""
    return re.compile(rf"(?m)\n*^(\{{{hole}\}})$\n*")
