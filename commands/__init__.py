"""What the bot can do: the sections of `!aide`, in its order; each has the table of its commands."""

from __future__ import annotations

from dataclasses import replace

from bot.mail.mail_texts import MailTexts
from bot.mail.way_in import WayIn
from bot.services.adoption import Adoption
from bot.services.claims import Claims
from bot.services.lieu_folder import LieuFolder
from bot.services.member_contacts import MemberContacts
from bot.services.opened_accounts import OpenedAccounts
from bot.services.ownership import NewAccounts
from bot.services.usernames import Usernames
from bot.talk.script import Script

from . import everybody, files, house, network, people, rooms, welcome

SECTIONS = {
    "welcome": welcome,
    "people": people,
    "rooms": rooms,
    "files": files,
    "network": network,
    "house": house,
    "everybody": everybody,
}
COMMANDS = {name: section.COMMANDS for name, section in SECTIONS.items()}

# What the bot begins by itself, or a command for somebody else, beside the command that it belongs to.
DIALOGUES: tuple[Script, ...] = tuple(script for section in SECTIONS.values() for script in section.DIALOGUES)

ALL: tuple[Script, ...] = (
    *(replace(script, section=name) for name, scripts in COMMANDS.items() for script in scripts),
    *DIALOGUES,
)

# What scripts are handed as one: each is made of other capabilities.
TOGETHER: tuple[type, ...] = (
    *(Claims, LieuFolder, MemberContacts, NewAccounts, OpenedAccounts, Usernames, MailTexts, WayIn, Adoption),
    *(*welcome.TOGETHER, *people.TOGETHER, *rooms.TOGETHER, *network.TOGETHER, *house.TOGETHER),
)
