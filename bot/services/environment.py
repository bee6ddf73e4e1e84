"""Where settings come from: the environment, `bot.env`, and the files that `…_FILE` names; problems are collected."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from copy import copy
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from integrations.domains import url_asked

SCOPE = "LIEU_"  # how settings of one lieu begin
NONE = "none"  # written in place of an address: there is no such service


class Secret:
    """A value that does not show itself in logs and tracebacks; `reveal()` where it is sent."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class Sources:
    """One value a name, the environment first. What is wrong becomes a sentence in `problems`, never with a secret.

    Names that match `scoped` begin with one of `prefixes`: `within` it, they are called as all others are.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        env_file: Path | None,
        names: Sequence[str],
        secrets: Sequence[str],
        scoped: re.Pattern[str],
    ) -> None:
        self.problems: list[str] = []
        self._names, self._scoped, self._prefix = (*names, *(f"{name}_FILE" for name in secrets)), scoped, ""
        self._environ = {name: value.strip() for name, value in environ.items() if self._is_known(name)}
        self._file = self._read(env_file) if env_file else {}

    @property
    def prefixes(self) -> list[str]:
        """Each with which a setting that has a value begins."""
        given = {name for values in (self._environ, self._file) for name, value in values.items() if value}
        return sorted({match[1] for name in given if (match := self._match(name))})

    def within(self, prefix: str) -> Sources:
        """The settings that begin so; what is wrong with them is said with everything else."""
        inside = copy(self)
        inside._prefix = prefix
        return inside

    def whole(self, name: str) -> str:
        """How a setting is called by whoever writes it."""
        return self._prefix + name

    def _is_known(self, name: str) -> bool:
        return name in self._names or self._match(name) is not None

    def _match(self, name: str) -> re.Match[str] | None:
        return self._scoped.fullmatch(name.removesuffix("_FILE"))

    def _read(self, path: Path) -> dict[str, str]:
        try:
            # No interpolation: a password may hold a dollar sign.
            values = dotenv_values(path, interpolate=False) if path.is_file() else None
        except (OSError, ValueError) as error:
            self.wrong(f"{path} cannot be read: {error.__class__.__name__}")
            return {}
        if values is None:
            self.wrong(f"{path} does not exist; `conciergerie setup` makes it")
            return {}
        self._look_for_slips(values)
        return {name: value.strip() for name, value in values.items() if value and value.strip()}

    def _look_for_slips(self, names: Mapping[str, object]) -> None:
        for name in names:
            near = difflib.get_close_matches(name, self._names, 1, 0.8)
            if near and near[0] != name:
                self.wrong(f"{name} is not a setting; is {near[0]} meant?")
            elif name.startswith(SCOPE) and not self._is_known(name):
                self.wrong(f"{name} is not a setting that a lieu may have for itself: see bot.example.env")

    def unknown(self) -> list[str]:
        """The names in the file that are no settings, and look like none."""
        return sorted(name for name in self._file if not self._is_known(name))

    def wrong(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)

    def is_in_file(self, name: str) -> bool:
        return name in self._file

    def any_of(self, prefix: str) -> str:
        """The name of one setting that begins so and has a value, or an empty string."""
        return next((name for name in self._names if name.startswith(prefix) and self.text(name)), "")

    def text(self, name: str, otherwise: str = "") -> str:
        whole = self.whole(name)
        return self._environ.get(whole) or self._file.get(whole) or otherwise

    def required(self, name: str, *, instead: str = "") -> str:
        value = self.text(name)
        if not value:
            self._missing(name, instead)
        return value

    def _missing(self, name: str, instead: str) -> None:
        self.wrong(f"{self.whole(name)}{f' (or {self.whole(instead)})' if instead else ''} is missing")

    def choice(self, name: str, options: Sequence[str], *, file_first: bool = False) -> str:
        """One of `options`; the first where nothing was chosen."""
        value = self._file[name] if file_first else self.text(name, options[0])
        if value not in options:
            self.wrong(f"{self.whole(name)} must be {' or '.join(options)}, not {value!r}")
            return options[0]
        return value

    def url(self, name: str, *, schemes: tuple[str, ...] = ("https", "http"), instead: str = "") -> str:
        """An address without its last slash, with the name of its machine as it is asked."""
        value = url_asked(self.required(name, instead=instead).rstrip("/"))
        if value and not _is_url(value, schemes):
            self.wrong(
                f"{self.whole(name)} must be an address like {schemes[0]}://example.org, with no name or password in it"
            )
        return value

    def secret(self, name: str) -> Secret | None:
        """The value of `name`, or the content of the file that `name_FILE` says."""
        value, file = self.text(name), self.text(f"{name}_FILE")
        if value and file:
            self.wrong(f"{self.whole(name)} and {self.whole(name)}_FILE are both set: keep one")
        if file and not value:
            value = self._content(f"{name}_FILE", Path(file))
        return Secret(value) if value else None

    def required_secret(self, name: str, *, instead: str = "") -> Secret:
        before = len(self.problems)
        found = self.secret(name)
        if not found and len(self.problems) == before:
            self._missing(name, instead)
        return found or Secret("")

    def _content(self, name: str, path: Path) -> str:
        try:
            value = path.read_text("utf-8").strip()
        except (OSError, ValueError):
            value = ""
        if not value:
            self.wrong(f"{self.whole(name)}: there is nothing to read in {path}")
        return value


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        named = bool(parts.hostname and parts.hostname.isascii()) or parts.scheme == "ldapi"
        return parts.scheme in schemes and "@" not in parts.netloc and named
    except ValueError:
        return False
