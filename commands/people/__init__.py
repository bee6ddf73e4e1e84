"""People of the lieu: who they are, their accounts, their leaving, and moderation."""

from __future__ import annotations

from bot.talk.script import Script

from . import (
    accounts,
    adoption,
    asleep,
    erase,
    exclude,
    exclusions,
    identity,
    lists,
    members,
    membership_end,
    moderation,
    silence,
    up_to_date,
)
from .accounts import departure, erasure, lookup, pauses
from .adoption import ticked_list
from .members import own_data, sheet

COMMANDS: tuple[Script, ...] = (
    members.members,
    accounts.account,
    departure.departure,
    moderation.moderate,
    lists.lists,
)
DIALOGUES: tuple[Script, ...] = (
    *(identity.identity, departure.departing, departure.shown_out, departure.closing, pauses.pauses),
    *(moderation.warn, moderation.lift, moderation.tell),
    *(silence.silence, silence.voice_back, erase.erase, erase.erase_one, exclude.exclude),
    *(exclusions.exclude_several, exclusions.exclude_rest),
    *(lists.listed, lists.listed_many),
    *(up_to_date.up_to_date, membership_end.membership_ended, membership_end.memberships_ended),
    asleep.asleep,
    *(own_data.own_data, erasure.erase_me, erasure.erasure),
    *(adoption.adopt, adoption.adoption_offer, adoption.adoption_wanted, adoption.give_back),
)
TOGETHER: tuple[type, ...] = (
    *(exclusions.Tools, lookup.Tools, sheet.Tools, ticked_list.Tools),
    *(membership_end.Tools, up_to_date.Tools),
    *(own_data.OwnTools, erasure.Wiping),
)
