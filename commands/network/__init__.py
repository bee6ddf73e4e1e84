"""Between lieux: networks, requests, projects."""

from __future__ import annotations

from bot.talk.script import Script

from . import doorway, later, neighbours, network, project, request
from .project import commons, ending, guests, reach, together
from .request import changing

COMMANDS: tuple[Script, ...] = (
    network.network,
    neighbours.neighbours,
    request.request,
    request.requests,
    project.project,
)
DIALOGUES: tuple[Script, ...] = (
    *(later.later, later.missing),
    *(doorway.admit_lieu, doorway.at_the_door, doorway.settle_in, doorway.bidden, doorway.part),
    *(request.tend_request, request.watch_request),
    *(together.project_begins, together.project_there, project.project_bid, reach.project_link),
    *(guests.project_guests, guests.project_guest, together.project_late),
    *(commons.project_folder, commons.project_offer, commons.project_more),
    *(ending.project_end, ending.project_over, ending.project_left),
)
TOGETHER: tuple[type, ...] = (changing.Tools, reach.Tools)
