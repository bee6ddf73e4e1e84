"""What a lieu is proposed before its concierge has said anything: as it is now, and as its rooms look."""

from __future__ import annotations

from collections.abc import Sequence

from bot.matrix.readings import KeptRoom
from bot.talk.talk import Talk

from .setup_questions import MAKE, Answers

ENTERED_BY_ALL = ("members", "public")


def proposals(talk: Talk, now: Answers, rooms: Sequence[KeptRoom]) -> Answers:
    """The language and the zone are as whoever hosts the bot set them. Of the rooms that the space opens already, those
    that look like everybody's are everybody's, and the others are offered; none that is private is opened."""
    shared = [room for room in rooms if room["entry"] in ENTERED_BY_ALL and not _looks(talk, "private", room)]
    general = [room for room in shared if _looks(talk, "general", room)]
    everybodys = general or shared
    offices = [room["room_id"] for room in rooms if room not in shared and _looks(talk, "office", room)]
    return {
        **now,
        "approval": True,
        "office": offices[0] if len(offices) == 1 else MAKE,
        "open_rooms": [room["room_id"] for room in everybodys],
        "offered_rooms": [room["room_id"] for room in shared if room not in everybodys],
        "hall": everybodys[0]["room_id"] if general or len(shared) == 1 else None,
    }


def _looks(talk: Talk, like: str, room: KeptRoom) -> bool:
    return any(talk.means(f"install.words.{like}", word) for word in room["name"].split())
