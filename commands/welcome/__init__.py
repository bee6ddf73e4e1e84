"""Newcomers: invited, welcomed, and followed until they are at home."""

from __future__ import annotations

from bot.talk.script import Script

from . import (
    doorstep,
    folder,
    follow,
    introduction,
    invite,
    knock,
    let_in,
    link,
    opened,
    opening,
    path,
    poster,
    task,
    trial,
    welcome,
)
from .invite import guests, inviting
from .path import outline

COMMANDS: tuple[Script, ...] = (invite.invite, follow.follow, path.path, link.link, poster.poster)
DIALOGUES: tuple[Script, ...] = (
    *(doorstep.doorstep, doorstep.doorsteps, doorstep.greet),
    *(welcome.welcome, opening.opening, opened.opened),
    *(let_in.let_in, inviting.invite_later),
    *(task.task, trial.trial, folder.folder),
    *(introduction.introduction, introduction.week),
    *(knock.knock, knock.question, knock.refusal, knock.crowd),
)
TOGETHER: tuple[type, ...] = (outline.Tools, guests.Tools)
