"""What the bot can do: the table of contents, one line a conversation."""

from __future__ import annotations

from bot.talk.script import Script

from . import (
    doorstep,
    folder,
    folders,
    follow,
    help,
    holders,
    install,
    introduction,
    invite,
    journal,
    language,
    lieu,
    link,
    poster,
    quota,
    state,
    team_folders,
    week,
    welcome,
)

ALL: tuple[Script, ...] = (
    help.help,
    invite.invite,
    follow.follow,
    link.link,
    poster.poster,
    week.seven_days,
    journal.journal,
    folders.folders,
    language.language,
    state.state,
    install.install,
    install.settle,
    doorstep.doorstep,
    welcome.welcome,
    folder.folder,
    holders.holders,
    team_folders.team_folders,
    team_folders.storages,
    quota.quota,
    introduction.introduction,
    introduction.week,
    week.monday,
    lieu.which_lieu,
)
