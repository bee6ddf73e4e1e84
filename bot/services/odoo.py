"""A lieu's Odoo, in which its members are contacts: its settings, and what the operator is asked and told about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.services.environment import NONE, Secret, Sources
from bot.services.service import Question, Section, Sentence, Service, answers, host_of
from integrations.odoo import Odoo, UsersWanted
from integrations.outbound import Outside

LIEU = "{lieu}"  # in the name of a tag, that of the lieu
TAG = f"{LIEU} : membres"
LONGEST_TAG = 64  # characters


@dataclass(frozen=True, slots=True)
class OdooSettings:
    """`login` is set until Odoo 18; `tag` may hold the name of the lieu."""

    url: str
    database: str
    key: Secret
    login: str
    tag: str
    users: UsersWanted


def _read(sources: Sources) -> OdooSettings | None:
    if not sources.any_of("ODOO_") or sources.text("ODOO_URL") == NONE:
        return None
    users = sources.choice("ODOO_USERS", ("none", "portal"))
    return OdooSettings(
        url=sources.url("ODOO_URL"),
        database=sources.required("ODOO_DATABASE"),
        key=sources.required_secret("ODOO_API_KEY"),
        login=sources.text("ODOO_LOGIN"),
        tag=sources.text("ODOO_TAG", TAG),
        users="portal" if users == "portal" else "none",
    )


def _build(chosen: OdooSettings, _: Outside | None) -> Odoo:
    return Odoo(
        chosen.url,
        chosen.database,
        chosen.key.reveal(),
        login=chosen.login,
        tag=chosen.tag,
        wanted=chosen.users,
    )


# -- what the operator is asked and told

SECTION = Section(
    "Odoo",
    (
        Question("ODOO_URL", "The address of Odoo (https://…)"),
        Question("ODOO_DATABASE", "The name of its database"),
        Question(
            "ODOO_API_KEY",
            "An API key of the bot's own account there (its preferences, Security; it lasts three months at most)",
        ),
        Question(
            "ODOO_USERS",
            "Members are contacts there, with a tag. Shall they have a portal account too, to see what concerns them",
            "none",
            ("none", "portal"),
        ),
    ),
    invitation="\nDoes the lieu keep its contacts in Odoo?",
    # Until version 18, which the check says; and a tag that has been chosen already.
    more=("ODOO_LOGIN", "ODOO_TAG"),
)

KEYS = "Odoo's preferences, Security, “New API Key”; then ODOO_API_KEY"
SENTENCES: Mapping[str, Sentence] = {
    "odoo-none": ("Odoo", "not set up", ""),
    "odoo-unreachable": ("Odoo", "", "no answer: is it up, is ODOO_URL right?"),
    "odoo-address": (
        "Odoo",
        "",
        "there is no Odoo at ODOO_URL, or none with a database called ODOO_DATABASE: mend them",
    ),
    "odoo-blocked": ("Odoo", "", "something before it keeps us out: have /json/2, /jsonrpc and /web be let through"),
    "odoo-database": ("Odoo", "", "does not reach its own database: see its log, and PostgreSQL's"),
    "odoo-version": ("Odoo", "version {version}", "version {version} is too old: at least 14 is needed"),
    "odoo-login-needed": (
        "Odoo",
        "",
        "version {version} is spoken to in the old way: set ODOO_LOGIN to the login of the account that has the key",
    ),
    "odoo-login-needless": (
        "Odoo",
        "speaks the new way since version 19, and will forget the old one: leave ODOO_LOGIN out",
        "",
    ),
    "odoo-leaving": (
        "Odoo",
        "the old way to speak to it goes with a coming version: when it is 19 or later, leave ODOO_LOGIN out",
        "",
    ),
    "odoo-credentials": (
        "Odoo account",
        "signed in as {account}",
        f"refused: the key has run out, or is another account's: make a new one ({KEYS}); ODOO_LOGIN, where it is set,"
        " is that account's",
    ),
    "odoo-contacts": (
        "Odoo contacts",
        "can be made and changed",
        "cannot be made or changed: give the bot's account the right Contact / Creation",
    ),
    "odoo-tags": (
        "Odoo tags",
        "can be made and put on",
        "cannot be made: give the bot's account the right Contact / Creation",
    ),
    "odoo-users": (
        "Odoo portal accounts",
        "can be made",
        "cannot be made: give the bot's account the right Access Rights, which is that to nearly everything, or write"
        " ODOO_USERS=none",
    ),
    "odoo-invitations": (
        "Odoo invitations",
        "are mailed to who gets a portal account",
        "are not mailed, and nobody is told so: give the bot's own account in Odoo an e-mail address",
    ),
    "odoo-rights-untold": (
        "Odoo rights",
        "are not told: the bot's account needs Contact / Creation (for portal accounts, Access Rights too)",
        "",
    ),
    "odoo-key": (
        "Odoo key",
        "good until {day}",
        f"good until {{day}} ({{days}} days from now): make a new one before ({KEYS})",
    ),
    "odoo-key-lasts": ("Odoo key", "does not run out", ""),
    "odoo-key-untold": (
        "Odoo key",
        "until when it is good is not told; those of ordinary accounts run out after three months at most",
        "",
    ),
    "odoo-right": ("Odoo", "", "does not let the bot's account do this: give it the right Contact / Creation"),
    "odoo-unsupported": ("Odoo", "", "lacks what is asked of it: is the application Contacts installed?"),
    "odoo-unexpected": ("Odoo", "", "an answer that we do not understand ({error}): look at Odoo's own log"),
    "odoo-rejected": ("Odoo", "", "refuses: {reason}"),
    "odoo-house-rule": ("Odoo", "", "refuses: {reason}"),
}

ODOO: Service[OdooSettings, Odoo | None] = Service(
    "odoo",
    names=("ODOO_API_KEY", "ODOO_URL", "ODOO_DATABASE", "ODOO_LOGIN", "ODOO_TAG", "ODOO_USERS"),
    secrets=("ODOO_API_KEY",),
    starts=("ODOO_",),
    read=_read,
    build=_build,
    absent=None,
    answers=answers,
    handed=lambda odoo: {Odoo: odoo},
    sentences=SENTENCES,
    where="ODOO_URL",
    hints=("odoo-none", "odoo-login-needless", "odoo-leaving", "odoo-rights-untold", "odoo-key-untold"),
    sections=(SECTION,),
    addresses=lambda chosen: {"ODOO_URL": chosen.url},
    host=lambda odoo: host_of(odoo.client.url) if odoo else "",
)
