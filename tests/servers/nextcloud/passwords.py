"""The password policy of a fresh server: ten characters, and not among the common ones."""

from __future__ import annotations

import secrets
from typing import Any

from .answers import Failure
from .call import Call

LENGTH = 10
COMMON = frozenset({"123", "1234", "password", "password12"})
WORDS = {
    "en": (
        "Password is among the 1,000,000 most common ones. Please make it unique.",
        "Password needs to be at least 10 characters long.",
    ),
    "fr": (
        "Le mot de passe se trouve parmi les 1 000 000 de mots de passe les plus courants. Merci de le rendre unique.",
        "Le mot de passe doit comporter au moins 10 caractères.",
    ),
}


def wrong_with(password: str, language: str) -> str:
    """What the server says of a bad password; none at all is a good one (a link is mailed)."""
    common, short = WORDS.get(language, WORDS["en"])
    wrong = [common] * (password in COMMON) + [short] * (0 < len(password) < LENGTH)
    return " ".join(wrong)


def check(password: str, language: str, *, code: int = 107) -> None:
    if wrong := wrong_with(password, language):
        raise Failure(code, wrong)


def generate(call: Call) -> Any:
    return {"password": secrets.token_urlsafe(LENGTH)}


def validate(call: Call) -> Any:
    wrong = wrong_with(call.form.get("password", ""), call.language)
    return {"passed": False, "reason": wrong} if wrong else {"passed": True}
