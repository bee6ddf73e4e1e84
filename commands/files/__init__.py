"""Folders of the lieu in Nextcloud, and with whom they are shared."""

from __future__ import annotations

from bot.talk.script import Script

from . import access, expiry, lieu_folders, lieu_shares, lieu_team_folders, offers, room_taken, share

COMMANDS: tuple[Script, ...] = (lieu_folders.folders, share.share, lieu_shares.shares, offers.offers)
DIALOGUES: tuple[Script, ...] = (
    *(access.holders, room_taken.room_taken, lieu_team_folders.team_folders, lieu_team_folders.storages, expiry.expiry),
)
