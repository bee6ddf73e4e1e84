"""The lieu itself: how it is set up, how it is, what happened in it."""

from __future__ import annotations

from bot.talk.script import Script

from . import (
    clock,
    disk,
    forgetting,
    guarantees,
    hours,
    install,
    journal,
    lieu,
    new_lieu,
    register,
    safe_mode,
    set_aside,
    state,
    takeover,
    to_mend,
    week,
)
from .install import setup_questions

COMMANDS: tuple[Script, ...] = (
    state.state,
    guarantees.guarantees,
    week.seven_days,
    journal.journal,
    install.install,
    hours.hours,
    register.data,
)
DIALOGUES: tuple[Script, ...] = (
    *(install.settle, takeover.claim, lieu.which_lieu),
    *(new_lieu.want_lieu, new_lieu.lieu_wanted, new_lieu.lieu_answered, new_lieu.still_no_lieu),
    new_lieu.sure_settings,
    forgetting.forget_much,
    *(disk.disk_told, set_aside.set_aside, safe_mode.safe_told, safe_mode.safe_mode, to_mend.looks, to_mend.to_mend),
    clock.clock_told,
    *(
        hours.set_hours,
        state.hosts_state,
        state.quota,
        state.backup_host,
        state.backup_lieu,
        state.new_device,
        week.mondays,
        week.monday,
    ),
    *(guarantees.outage, guarantees.outage_of_several),
    *(guarantees.outage_over, guarantees.outage_over_of_several),
)
TOGETHER: tuple[type, ...] = (setup_questions.Tools,)
