"""An account that an arrival may open, in the words of its service: what it is, and what one may do there."""

from __future__ import annotations

from bot.services.opened_accounts import Described
from bot.talk.talk import Talk


def account(talk: Talk, service: str) -> str:
    """« un compte sur le site du lieu »."""
    return talk.phrase(f"talk.opening.{service}.account")


def what(talk: Talk, service: str, choice: str) -> str:
    """« publier des articles »."""
    return talk.word(f"talk.opening.{service}.{choice}")


def in_words(talk: Talk, service: str, told: Described) -> list[str]:
    """For a sheet or a checklist, a line each."""
    name, held = talk.service(service), held_in_words(talk, service, told)
    may = what(talk, service, told["choice"]) if told["state"] == "open" else ""
    lines = [talk.phrase(f"talk.opened.{told['state']}", service=name, what=may)]
    return [*lines, talk.phrase("talk.opened.holds", service=name, what=held)] if held else lines


def held_in_words(talk: Talk, service: str, told: Described) -> list[str]:
    """« 3 articles », « 1 page »."""
    return [talk.phrase(f"talk.opened.{service}.{kind}", n=n) for kind, n in told["holds"].items()]
