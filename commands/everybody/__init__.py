"""What everybody may ask, newcomers too."""

from __future__ import annotations

from bot.talk.script import Script

from . import help, language, report, speak

COMMANDS: tuple[Script, ...] = (speak.speak, help.help, language.language, report.report)
DIALOGUES: tuple[Script, ...] = (*(speak.pass_on, speak.call, speak.called, report.reported),)
