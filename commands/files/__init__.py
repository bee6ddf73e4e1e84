"""Folders of the lieu in Nextcloud, and with whom they are shared."""

from __future__ import annotations

from bot.talk.script import Script

from . import access, expiry, folders, offers, share, shares, team_folders

COMMANDS: tuple[Script, ...] = (folders.folders, share.share, shares.shares, offers.offers)
DIALOGUES: tuple[Script, ...] = (*(access.holders, team_folders.team_folders, team_folders.storages, expiry.expiry),)
