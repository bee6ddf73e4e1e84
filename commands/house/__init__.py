"""The lieu itself: how it is set up, how it is, what happened in it."""

from __future__ import annotations

from bot.talk.script import Script

from . import candidate, claiming, hours, install, journal, lieu, state, week

COMMANDS: tuple[Script, ...] = (state.state, week.seven_days, journal.journal, install.install, hours.hours)
DIALOGUES: tuple[Script, ...] = (
    *(install.settle, claiming.claim, lieu.which_lieu),
    *(candidate.want_lieu, candidate.lieu_wanted, candidate.lieu_answered, candidate.still_no_lieu),
    candidate.sure_settings,
    *(hours.set_hours, state.quota, week.mondays, week.monday),
)
