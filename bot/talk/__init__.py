"""Guided conversations: what is asked, how answers are understood, and where each conversation stands.

What a command needs is named here.
"""

from bot.matrix.markup import Beside, Code, Lines, Link, Mention
from bot.people import PRIVATE, Place, Role
from bot.talk.answers import (
    PERHAPS_ASKING,
    PERHAPS_UNSAID,
    STATED,
    VERBATIM,
    Attachment,
    Choice,
    ChoiceOrPath,
    Date,
    Email,
    Guests,
    Invitee,
    Invitees,
    Language,
    Listed,
    Many,
    Name,
    Option,
    Page,
    Person,
    Picks,
    Proposed,
    Recipient,
    Room,
    Text,
    Username,
    YesNo,
    first_name,
    likely_name,
)
from bot.talk.answers.admission import Admission, Ruling
from bot.talk.answers.claim import Claim, Done
from bot.talk.answers.member import Member, Whom
from bot.talk.answers.verdict import Verdict
from bot.talk.script import command, days, dialogue, hours
from bot.words import Size

__all__ = [
    "PERHAPS_ASKING",
    "PERHAPS_UNSAID",
    "PRIVATE",
    "STATED",
    "VERBATIM",
    "Admission",
    "Attachment",
    "Beside",
    "Choice",
    "ChoiceOrPath",
    "Claim",
    "Code",
    "Date",
    "Done",
    "Email",
    "Guests",
    "Invitee",
    "Invitees",
    "Language",
    "Lines",
    "Link",
    "Listed",
    "Many",
    "Member",
    "Mention",
    "Name",
    "Option",
    "Page",
    "Person",
    "Picks",
    "Place",
    "Proposed",
    "Recipient",
    "Role",
    "Room",
    "Ruling",
    "Size",
    "Text",
    "Username",
    "Verdict",
    "Whom",
    "YesNo",
    "command",
    "days",
    "dialogue",
    "first_name",
    "hours",
    "likely_name",
]
