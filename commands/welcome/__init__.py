"""Newcomers: invited, welcomed, and followed until they are at home."""

from __future__ import annotations

from bot.talk.script import Script

from . import (
    folder,
    follow,
    introduction,
    invite,
    knock,
    late_rooms,
    link,
    path,
    path_effects,
    path_folders,
    poster,
    task,
    trial,
    walk_ins,
    welcome,
)
from .invite import guests, invitation
from .path import outline

COMMANDS: tuple[Script, ...] = (invite.invite, follow.follow, path.path, link.link, poster.poster)
DIALOGUES: tuple[Script, ...] = (
    *(walk_ins.doorstep, walk_ins.doorsteps, walk_ins.greet),
    *(welcome.welcome, path_effects.opening, path_folders.opened),
    *(late_rooms.let_in, invitation.invite_later, invite.invite_rest),
    *(task.task, trial.trial, folder.folder),
    *(introduction.introduction, introduction.week),
    *(knock.knock, knock.question, knock.refusal, knock.crowd),
)
TOGETHER: tuple[type, ...] = (outline.Tools, guests.Tools)
