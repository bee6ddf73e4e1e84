"""What everybody may ask, newcomers too."""

from __future__ import annotations

from bot.talk.script import Script

from . import help, language, my_data, report, speak

COMMANDS: tuple[Script, ...] = (
    *(speak.speak, help.help, language.language, report.report),
    *(my_data.my_data, my_data.erase_my_data),
)
DIALOGUES: tuple[Script, ...] = (*(speak.pass_on, speak.call, speak.called, report.reported),)
