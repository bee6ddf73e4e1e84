"""The room of a project: one that we made for it, or into which the bot of the lieu that asked invites us for it.

A partner is a stranger: whatever else it calls the project's room (our office, a neighbour's, a network's) is not
touched.
"""

from __future__ import annotations

from bot import lieux
from bot.lieux import Lieu
from bot.store import networks, ownership, projects, requests, rooms
from bot.store.database import Tx
from bot.store.projects import Project
from bot.store.requests import Request

AWAITED = 600_000  # milliseconds that the invitation may come after the word


def purpose(request: Request) -> str:
    """What a room says in its first event (`org.conciergerie.key`) where it was made for this request."""
    return f"project/{request.wire}"


def room_of(tx: Tx, project: Project) -> str:
    """Where the project is at home, as long as we may take it for that; or empty."""
    request = requests.get(tx, project.request)
    entered = request is not None and project.entered and not _is_taken(tx, request, project.room_id)
    return project.room_id if entered else ""


def door(tx: Tx, lieu: Lieu, id: str, now: int) -> projects.OfferedRoom:
    """What the lieu that asked calls its room, looked at before we enter it: `room`, empty where it is none; `by` whom
    we are invited, empty where it is ours; `purpose`; and whether we should `wait` for the invitation."""
    request, project = requests.get(tx, id), projects.get(tx, id, lieu.id)
    none: projects.OfferedRoom = {"room": "", "by": "", "purpose": "", "wait": False}
    if request is None or project is None or project.status != "open" or _is_taken(tx, request, project.room_id):
        return none
    found: projects.OfferedRoom = none | {"room": project.room_id, "purpose": purpose(request)}
    if _is_made_here(tx, request, project.room_id):
        return found
    home = networks.neighbour(tx, request.network, request.home)
    known = rooms.known(tx, project.room_id)
    if home is not None and known is not None and known.invited_by == home.bot:
        return found | {"by": home.bot}
    return none | {"wait": now - project.since < AWAITED}


def claim(tx: Tx, lieu: Lieu, id: str) -> projects.ClaimedRoom:
    """A room of before, or of another bot of this lieu's, that may be the project's: `room`, or empty; `purpose`."""
    request, project = requests.get(tx, id), projects.get(tx, id, lieu.id)
    if request is None or project is None or project.entered or _is_taken(tx, request, project.room_id):
        return {"room": "", "purpose": ""}
    return {"room": project.room_id, "purpose": purpose(request)}


def fits(door: projects.OfferedRoom, origin: dict[str, str]) -> bool:
    """Whether a room (`by` whom it was made, and its `key`) is what its door says: made for this request, or by the
    bot that invites us and for nothing else."""
    return bool(origin["key"] == door["purpose"] if origin["key"] else origin["by"] == door["by"])


def _is_made_here(tx: Tx, request: Request, room_id: str) -> bool:
    """Two lieux of one bot: nobody is invited."""
    return rooms.purpose_of(tx, room_id) == purpose(request)


def _is_taken(tx: Tx, request: Request, room_id: str) -> bool:
    """Whether this room is something else already: of a lieu of ours, a network's, a private one, or another
    project's."""
    made = rooms.purpose_of(tx, room_id)
    others = [project for project in projects.in_room(tx, room_id) if project.request != request.id]
    return (
        room_id in lieux.all_rooms(tx)
        or (made is not None and made != purpose(request))
        or networks.of_room(tx, room_id) is not None
        or rooms.person_of_direct(tx, room_id) is not None
        or ownership.is_owned(tx, "matrix", "room", room_id)
        or bool(others)
    )
