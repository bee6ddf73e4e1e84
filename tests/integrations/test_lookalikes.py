"""Names that the eye takes for each other, and names that it does not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.lookalikes import alike, borrows, mistakable, parts, skeleton

SAME = {
    "Zoé Martin": (
        "zoe martin", "ZOÉ MARTIN", "Zoé  Martin.", "ZoéMartin", "Zoé-Martin", "Z o é Martin",
        "Zоé Mаrtіn", "ΖΟΕ МАRТΙΝ", "zοε mαrτιn", "Zoé Martln", "Z0é Mart1n", "Zoé Mart|n", "zoe rnartin",
        "𝐙𝐨é 𝕸𝖆𝖗𝖙𝖎𝖓", "ｚｏｅ　ｍａｒｔｉｎ", "Ⓩⓞⓔ Martin", "🆉🅾🅴 Martin", "ᴢᴏᴇ ᴍᴀʀᴛɪɴ", "Zøe Mɑrtın", "Żoé Mȧrtín",
        "Zoé\u200b Mar\u200dtin", "Zoé\u202e Martin", "Zoé\u00a0Martin", "Zoé\u3164Martin", "Ꮓoé Martin",
    ),
    "Anne": ("Аnnе", "Aпne", "ANNЕ"),
    "Conciergerie (bot)": ("Соnсіеrgеrіе (Ьоt)", "Conciergerie bot", "ConciergerIe (bot)", "conciergerie [bot]"),
    "Élodie": ("Elodie", "ЕlоdІе", "Éiodie"),
    "La Rosée": ("la.rosee", "La-Rosée", "LA ROSE\u0301E", "Lа Rоsée", "la  rosee"),
    "Phare 10": ("phare lo",),
    "Пётр Жуков": ("ПЁТР ЖУКОВ", "пётр жуков"),
    "Γιάννης Νίκου": ("ΓΙΑΝΝΗΣ ΝΙΚΟΥ",),
    "Olivia": ("Oliνia", "OLIVIA"),
}  # fmt: skip
OTHERS = (
    ("Zoé Martin", "Zoé Martine"), ("Anne", "Hanne"), ("Marc", "Mark"), ("Léa", "Léo"), ("Camille", "Camilla"),
    ("李", "王"), ("東京", "大阪"), ("ж", "я"), ("🌻", "🌷"), ("Photos (2024)", "Photos (2025)"),
    ("Ольга", "Олег"), ("🌻", "🌼"), ("🌻", ""),
)  # fmt: skip


@pytest.mark.parametrize(("name", "other"), [(name, other) for name, others in SAME.items() for other in others])
def test_names_that_look_the_same(name: str, other: str) -> None:
    assert alike(name, other), (skeleton(name), skeleton(other))


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_names_that_do_not(one: str, other: str) -> None:
    assert not alike(one, other)
    assert one.startswith("Photos") or not mistakable(one, other)


def test_what_stands_before_a_bracket_is_a_name_for_people_and_not_for_services() -> None:
    assert mistakable("Zoé Martin (compta)", "Zoe Martin")
    assert mistakable("Zoé Martin", "Zoé Martin @ La Rosée")
    assert not alike("Photos (2024)", "Photos")


def test_the_words_of_a_name() -> None:
    assert parts("Zoé.Martin-2") == [skeleton("zoe"), skeleton("martin"), "2"]
    assert parts("ad\u200bmin · ЕlоdІе") == [skeleton("admin"), skeleton("elodie")]


def test_a_name_that_holds_another() -> None:
    assert borrows("Anne Martin (concierge)", "Anne Martin")
    assert borrows("★ Соnciergerie de La Rosée ★", "Conciergerie")
    assert not borrows("Marianne", "Anne")  # too short: it is in many names by chance
    assert not borrows("Anne", "Anne Martin")


@given(st.text(max_size=300))
def test_any_text_has_one(text: str) -> None:
    assert skeleton(text) == skeleton(text)
    assert skeleton(text).isascii() or not text.isascii()


def test_the_list_is_read_only_when_it_is_needed() -> None:
    """A lieu whose names are all of plain letters never loads it."""
    looks = (
        "import json; from integrations import lookalikes as l; l.skeleton('Zoé Martin'); l.skeleton('Anne');"
        "print(json.dumps(l._plain.cache_info().currsize))"
    )
    told = subprocess.run([sys.executable, "-c", looks], capture_output=True, check=True, text=True)
    assert json.loads(told.stdout) == 0
