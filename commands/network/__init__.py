"""Between lieux: networks, requests, projects."""

from __future__ import annotations

from bot.talk.script import Script

from . import chatons, deferred, lieu_admission, neighbours, network, project, request
from .project import common_room, folder_access, foreign_guests, project_end, shared_folder
from .request import outcomes

COMMANDS: tuple[Script, ...] = (
    network.network,
    neighbours.neighbours,
    request.request,
    request.requests,
    project.project,
    chatons.chatons,
)
DIALOGUES: tuple[Script, ...] = (
    *(deferred.later, deferred.missing),
    *(
        lieu_admission.admit_lieu,
        lieu_admission.at_the_door,
        lieu_admission.settle_in,
        lieu_admission.bidden,
        lieu_admission.part,
    ),
    *(request.tend_request, request.watch_request),
    *(common_room.project_begins, common_room.project_there, project.project_bid, folder_access.project_link),
    *(foreign_guests.project_guests, foreign_guests.project_guest, common_room.project_late),
    *(shared_folder.project_folder, shared_folder.project_offer, shared_folder.project_more),
    *(project_end.project_end, project_end.project_over, project_end.project_left),
)
TOGETHER: tuple[type, ...] = (outcomes.Tools, folder_access.Tools, chatons.Tools)
