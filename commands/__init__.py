"""What the bot can do: the table of contents. A command stands in the section of `!aide` that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.claims import Claims
from bot.logins import Logins
from bot.talk.script import Script

from . import (
    accounts,
    announce,
    candidate,
    claiming,
    doorstep,
    doorway,
    erase,
    exclude,
    expiry,
    folder,
    folders,
    follow,
    help,
    holders,
    identity,
    inherit,
    install,
    introduction,
    invite,
    journal,
    knock,
    language,
    later,
    let_in,
    levels,
    lieu,
    link,
    lists,
    members,
    moderation,
    neighbours,
    network,
    offers,
    opened,
    opening,
    path,
    poster,
    project,
    report,
    request,
    rooms,
    share,
    shares,
    silence,
    speak,
    state,
    task,
    team_folders,
    trial,
    week,
    welcome,
)
from .accounts import departure, pauses
from .accounts.keys import Keys
from .invite import guests as invited
from .invite import inviting
from .path.desk import Desk
from .project import commons, ending, guests, late, reach, together

COMMANDS: Mapping[str, tuple[Script, ...]] = {
    "welcome": (invite.invite, follow.follow, path.path, link.link, poster.poster),
    "people": (members.members, accounts.account, departure.departure, moderation.moderate, lists.lists),
    "rooms": (rooms.rooms, announce.announce),
    "files": (folders.folders, share.share, shares.shares, offers.offers),
    "network": (network.network, neighbours.neighbours, request.request, request.requests, project.project),
    "house": (state.state, week.seven_days, journal.journal, install.install),
    "everybody": (speak.speak, help.help, language.language, report.report),
}

# What the bot begins by itself, or a command for somebody else, beside the command that it belongs to.
DIALOGUES: tuple[Script, ...] = (
    *(install.settle, claiming.claim, lieu.which_lieu),
    *(
        candidate.want_lieu,
        candidate.lieu_wanted,
        candidate.lieu_answered,
        candidate.still_no_lieu,
        candidate.sure_settings,
    ),
    *(doorstep.doorstep, doorstep.doorsteps, doorstep.greet, welcome.welcome, opening.opening, opened.opened),
    *(let_in.let_in, inviting.invite_later),
    *(task.task, trial.trial, folder.folder),
    *(introduction.introduction, introduction.week),
    *(knock.knock, knock.question, knock.refusal, knock.crowd, levels.levels),
    *(identity.identity, departure.departing, departure.closing, pauses.pauses),
    *(moderation.warn, silence.silence, silence.voice_back, erase.erase, erase.erase_one, exclude.exclude),
    *(moderation.lift, moderation.tell, inherit.inherit, report.reported, lists.listed, lists.listed_many),
    *(speak.pass_on, speak.call, speak.called),
    *(holders.holders, team_folders.team_folders, team_folders.storages, state.quota, expiry.expiry),
    *(week.monday, later.later, later.missing),
    *(doorway.admit_lieu, doorway.at_the_door, doorway.settle_in, doorway.bidden, doorway.part),
    *(request.tend_request, request.watch_request),
    *(together.project_begins, together.project_there, project.project_bid, reach.project_link),
    *(guests.project_guests, guests.project_guest, late.project_late),
    *(commons.project_folder, commons.project_offer, commons.project_more),
    *(ending.project_end, ending.project_over, ending.project_left),
)

ALL: tuple[Script, ...] = (
    *(replace(script, section=name) for name, scripts in COMMANDS.items() for script in scripts),
    *DIALOGUES,
)

# What scripts are handed as one: each is made of other capabilities.
TOGETHER: tuple[type, ...] = (Claims, Logins, Keys, Desk, invited.Desk, reach.Hands)
