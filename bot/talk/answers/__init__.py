"""Kinds of answers: each one offers, reads, keeps and says again what a person may answer to a question."""

from bot.talk.answers.addresses import Email, Person, Username, username_from
from bot.talk.answers.agreement import yes_or_no
from bot.talk.answers.answer import Answer, Heard, NotMeant, NotUnderstood, Option
from bot.talk.answers.attachments import Attachment, Page
from bot.talk.answers.choices import Choice, ChoiceOrPath, Language, Many, Room
from bot.talk.answers.dates import Date
from bot.talk.answers.given_right import Given
from bot.talk.answers.invitees import Guests, Invitee, Invitees, Problem, guests_in
from bot.talk.answers.names import Name, first_name, likely_name
from bot.talk.answers.no_answer import PERHAPS_ASKING, PERHAPS_UNSAID, STATED, VERBATIM
from bot.talk.answers.passage import Passage
from bot.talk.answers.picks import Picked, Picks
from bot.talk.answers.proposal import Proposed
from bot.talk.answers.recipients import Recipient
from bot.talk.answers.targets import Targets
from bot.talk.answers.text import Listed, Text, YesNo

__all__ = [
    "PERHAPS_ASKING",
    "PERHAPS_UNSAID",
    "STATED",
    "VERBATIM",
    "Answer",
    "Attachment",
    "Choice",
    "ChoiceOrPath",
    "Date",
    "Email",
    "Given",
    "Guests",
    "Heard",
    "Invitee",
    "Invitees",
    "Language",
    "Listed",
    "Many",
    "Name",
    "NotMeant",
    "NotUnderstood",
    "Option",
    "Page",
    "Passage",
    "Person",
    "Picked",
    "Picks",
    "Problem",
    "Proposed",
    "Recipient",
    "Room",
    "Targets",
    "Text",
    "Username",
    "YesNo",
    "first_name",
    "guests_in",
    "likely_name",
    "username_from",
    "yes_or_no",
]
