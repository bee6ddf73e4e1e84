"""The mail server that a lieu's mails go through: its settings, and what the operator is asked and told about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.services.environment import NONE, Secret, Sources
from bot.services.service import Question, Section, Sentence, Service, Trial, answers
from integrations.errors import Refused, Rejected, Unavailable
from integrations.findings import Finding, away
from integrations.mail import Mail, email_message, sender_of, smtp_server
from integrations.outbound import Outside

SUBJECT = "Conciergerie: this is a test"
TEXT = """\
Somebody who sets up the Conciergerie bot had this mail sent to you, to see whether its mails arrive.

If that is you: they do. If it is not, somebody mistyped their own address, and there is nothing to do.
"""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`url` holds the password; `sender` is « Conciergerie <bot@example.org> »."""

    url: Secret
    sender: str


def _read(sources: Sources) -> MailSettings | None:
    if not (sources.any_of("SMTP_") or sources.any_of("MAIL_")) or sources.text("SMTP_URL") == NONE:
        return None
    url, sender = sources.required_secret("SMTP_URL"), sources.required("MAIL_FROM")
    if url.reveal():
        try:
            smtp_server(url.reveal())
        except ValueError as wrong:
            sources.wrong(f"{sources.whole('SMTP_URL')} {wrong}")
    if sender:
        try:
            sender_of(sender)
        except Rejected:
            sources.wrong(f"{sources.whole('MAIL_FROM')} must be one address, like Conciergerie <bot@example.org>")
    return MailSettings(url, sender)


def _build(chosen: MailSettings, _: Outside | None) -> Mail:
    return Mail(smtp_server(chosen.url.reveal()), sender_of(chosen.sender))


# -- what the operator is asked and told


async def _send_test(mail: Mail | None, to: str) -> Finding:
    if mail is None:
        return Finding("mail-none", True)
    try:
        await mail.send(email_message(mail.sender, to, SUBJECT, TEXT), to)
    except Unavailable as trouble:
        return away("mail", trouble)
    except Refused as no:
        return Finding(no.code, False, {"sender": mail.sender.addr_spec, **no.words})
    return Finding("mail-sent", True, {"to": to})


SECTION = Section(
    "Mail",
    (
        Question(
            "SMTP_URL",
            "The server that takes them: smtp://name:password@mail.example.org:587, or smtps://…:465 (in the name and"
            " the password, %40 for @, %3A for :, %2F for /, %23 for #)",
        ),
        Question("MAIL_FROM", "Who they come from (Conciergerie <bot@example.org>)"),
    ),
    invitation="\nShall the bot send people mails in the lieu's name, by a mail server (SMTP)?",
)

SENTENCES: Mapping[str, Sentence] = {
    "mail-none": (
        "mails of the lieu",
        "not set up: concierges are given the text of an invitation, to send it themselves",
        "",
    ),
    "mail-unreachable": (
        "mail server",
        "",
        "no answer, or not now: is it up, is SMTP_URL right? smtps:// is for port 465, smtp:// for the others",
    ),
    "mail-certificate": ("mail server", "", "its certificate is not good ({why}), so nothing was said to it: mend it"),
    "mail-later": (
        "mail server",
        "",
        "asks to come back later (“{said}”): many do so with strangers for some minutes, and the bot does come back",
    ),
    "mail-enough": (
        "mail server",
        "",
        "has taken as many mails of ours as it takes for now (“{said}”): the bot tries again every hour; have that"
        " limit raised, or set SMTP_URL to a server that takes more",
    ),
    "mail-unknown-sender": (
        "mail server",
        "",
        "does not find the domain that we write from (“{said}”): set MAIL_FROM to an address that exists, or mend its"
        " domain's DNS",
    ),
    "mail-tls-first": (
        "mail server",
        "",
        "wants encryption before anything else: leave ?starttls=no out of SMTP_URL, or write smtps:// with port 465",
    ),
    "mail-relay": (
        "mail server",
        "",
        "passes nothing on to other servers for us (“{said}”): give SMTP_URL a name and a password (smtp://name:password"
        "@…:587), or have it take mails from this machine (mynetworks in Postfix)",
    ),
    "mail-no-tls": (
        "mail server",
        "",
        "no encryption there, so nothing was said to it: write smtp:// with port 587, or smtps:// with port 465; for a"
        " relay of your own, without a password, end SMTP_URL with ?starttls=no",
    ),
    "mail-credentials": (
        "mail server",
        "",
        "refuses the name or the password of SMTP_URL (“{said}”): mend them; where"
        " signing in needs two factors, SMTP_URL needs an app password",
    ),
    "mail-no-sign-in": (
        "mail server",
        "",
        "signs nobody in there: use the port for sending (587 or 465), or leave name and password out of SMTP_URL",
    ),
    "mail-sign-in-needed": (
        "mail server",
        "",
        "wants a name and a password first: write SMTP_URL=smtp://name:password@…",
    ),
    "mail-sender": (
        "mail server",
        "",
        "does not let us write as {sender} (“{said}”): set MAIL_FROM to an address that this account may use",
    ),
    "mail-refused": ("mail server", "", "refuses (“{said}”): look at its own log"),
    "mail-recipient": ("test mail", "", "the server refuses that address (“{said}”)"),
    "mail-address": ("test mail", "", "that is no e-mail address"),
    "mail-too-big": ("mail server", "", "finds a mail of a few lines too big: look at its own settings"),
    "mail-ready": (
        "mail server",
        "{server} takes mails from {sender}; only you can see one arrive: `conciergerie setup` sends you one",
        "",
    ),
    "mail-sent": ("test mail", "given to the server for {to}", ""),
    "mail-in-clear": ("mail server", "what is said to it is not encrypted: anybody between can read it", ""),
    "mail-unanswerable": ("mail answers", "who answers a mail reaches nobody: the server knows no MAIL_FROM", ""),
}

MAIL: Service[MailSettings, Mail | None] = Service(
    "mail",
    names=("SMTP_URL", "MAIL_FROM"),
    secrets=("SMTP_URL",),
    starts=("SMTP_", "MAIL_"),
    read=_read,
    build=_build,
    absent=None,
    answers=answers,
    handed=lambda mail: {Mail: mail},
    sentences=SENTENCES,
    where="SMTP_URL",
    hints=("mail-none", "mail-in-clear", "mail-unanswerable"),
    sections=(SECTION,),
    host=lambda mail: mail.host if mail else "",
    trial=Trial(
        "Send a test mail to which address? (yours; empty: none)",
        _send_test,
        "Has it arrived? (it may take a minute; look among unwanted mails too)",
    ),
)
