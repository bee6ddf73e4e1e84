"""Newcomers: invited, welcomed, and followed until they are at home."""

from __future__ import annotations

from bot.talk.script import Script

from . import (
    belated,
    folder,
    follow,
    introduction,
    invite,
    join_request,
    joined,
    knock,
    late_rooms,
    link,
    odoo_contact,
    path,
    path_accounts,
    path_effects,
    path_folders,
    poster,
    task,
    trial,
    walk_ins,
    walked_out,
    welcome,
)
from .invite import guests, invitation, mailing
from .path import outline

COMMANDS: tuple[Script, ...] = (invite.invite, follow.follow, path.path, link.link, poster.poster)
DIALOGUES: tuple[Script, ...] = (
    belated.belated,
    *(walk_ins.doorstep, walk_ins.doorsteps, walk_ins.greet, walked_out.walked_out, walked_out.come_back),
    *(welcome.welcome, path_effects.opening, path_folders.opened, path_accounts.opened_account),
    *(late_rooms.let_in, invitation.invite_later, mailing.invitation_mail, mailing.wrong_email, invite.invite_rest),
    *(task.task, trial.trial, folder.folder, odoo_contact.odoo_contact),
    *(introduction.introduction, introduction.day, introduction.week),
    *(join_request.join_mail, join_request.join_request, join_request.join_question),
    *(join_request.join_wave, join_request.join_closed, invite.invite_asker),
    *(joined.memberships, joined.memberships_known, joined.joined, joined.joined_many),
    *(knock.knock, knock.question, knock.refusal, knock.crowd),
)
TOGETHER: tuple[type, ...] = (
    outline.Tools,
    guests.Tools,
    follow.Tools,
    belated.Tools,
    join_request.Tools,
    joined.Tools,
)
