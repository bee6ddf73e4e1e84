"""Folders of the lieu in Nextcloud, and with whom they are shared."""

from __future__ import annotations

from bot.talk.script import Script

from . import expiry, folders, holders, offers, share, shares, team_folders

COMMANDS: tuple[Script, ...] = (folders.folders, share.share, shares.shares, offers.offers)
DIALOGUES: tuple[Script, ...] = (*(holders.holders, team_folders.team_folders, team_folders.storages, expiry.expiry),)
