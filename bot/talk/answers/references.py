"""People and rooms of Matrix that an answer names."""

from __future__ import annotations

from bot.matrix.identifiers import ids_in, is_sound
from bot.talk.answers.answer import Heard


def mentioned(heard: Heard, sigils: str) -> tuple[str, ...]:
    """The ids that begin with one of the sigils ("@" people, "#" and "!" rooms): pills first, then the text's."""
    pointed = {id.lower() for id in heard.pills}  # the text of a mention may be the address in other letters
    written = [id for id in ids_in(heard.named or heard.text or "") if id.lower() not in pointed]
    ids = dict.fromkeys((*heard.pills, *written))
    return tuple(id for id in ids if id[:1] in sigils and is_sound(id))
