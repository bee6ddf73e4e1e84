"""What setup asks, section by section, and what is looked at once each is answered."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.operator.doctor import Check
from bot.operator.doctor.backup_checks import storage_for_backups
from bot.operator.doctor.homeserver_checks import account, homeserver, limits
from bot.operator.doctor.page_checks import client, public_address
from bot.operator.doctor.service_checks import accounts, check_of
from bot.operator.setup.terminal import Asking
from bot.services.registry import SERVICES
from bot.services.service import Question, Section, Service
from bot.settings import LANGUAGES, SECRETS


@dataclass(frozen=True, slots=True)
class Step:
    """A section, with what is looked at after it; `signs_in`: the bot signs in before that. `tries`: the service of
    which something is tried once it is well."""

    section: Section
    checks: Sequence[Check] = ()
    signs_in: bool = False
    tries: Service[Any, Any] | None = None


def put(question: Question, asking: Asking, answers: MutableMapping[str, str]) -> None:
    """Ask, and keep the answer; an empty one takes the setting away."""
    if question.again and question.name in answers:
        return
    before = answers.pop(question.name, question.default)
    setting, start = question.when
    if setting and not answers.get(setting, "").startswith(start):
        return
    if question.unless not in answers and (said := _ask(question, asking, before)):
        answers[question.name] = said


def _ask(question: Question, asking: Asking, before: str) -> str:
    if question.options:
        return asking.choose(question.words, question.options, before)
    ask = asking.secret if question.name in SECRETS else asking.text
    return ask(question.words, before)


def is_wanted(section: Section, asking: Asking, answers: MutableMapping[str, str]) -> bool:
    """Whether to ask it; a section that is not wanted has no answers left."""
    had = any(name in answers for name in section.own)
    if section.unless and answers.get(section.unless[0]) == section.unless[1]:
        wanted = False
    elif section.needs:
        wanted = answers.get(section.needs[0]) == section.needs[1]
    else:
        wanted = not section.invitation or asking.confirm(section.invitation, had)
    if not wanted:
        for name in section.own:
            answers.pop(name, None)
    return wanted


STEPS: Sequence[Step] = (
    Step(
        Section(
            "Matrix",
            (
                Question("MATRIX_HOMESERVER", "Where Matrix clients connect (https://…)"),
                Question("MATRIX_USER", "The bot's whole address (@conciergerie:example.org)"),
                Question("DATA_DIR", "Folder for its data", "data"),
                Question("MATRIX_PASSWORD", "Its password, to sign in once (empty: I have an access token)"),
                Question(
                    "MATRIX_ACCESS_TOKEN", "Its access token (empty: it has signed in before)", unless="MATRIX_PASSWORD"
                ),
            ),
        ),
        (homeserver, account),
        signs_in=True,
    ),
    Step(
        Section(
            "Rate limits",
            (Question("MATRIX_ADMIN_TOKEN", "Access token of an administrator (not the bot's)"),),
            invitation="\nIs the homeserver a Synapse, of which you are an administrator?",
        ),
        (limits,),
    ),
    *(
        Step(section, (check_of(service),), tries=service) if section.is_checked else Step(section, (accounts,))
        for service in SERVICES
        for section in service.sections
    ),
    Step(
        Section(
            "Habits",
            (
                Question("LANGUAGE", "What the bot speaks at first", LANGUAGES[0], LANGUAGES),
                Question("TIMEZONE", "Time zone", "Europe/Paris"),
                Question(
                    "OPERATORS",
                    "Your own Matrix address (@you:example.org): the bot asks you there before a space becomes a lieu"
                    " (empty: you say it with conciergerie lieux allow)",
                ),
                Question("ALLOWED_SERVERS", "Servers whose people may invite the bot (empty: its own)"),
                Question("HTTP_LISTEN", "Serve health and metrics on (127.0.0.1:8009, or empty)"),
            ),
            more=("COMMAND_PREFIX", "LIEUX", "TRUSTED_CLOUDS", "CHATONS_URL", "PROMISED_AVAILABILITY"),
        ),
    ),
    Step(
        Section(
            "Backups",
            (
                Question(
                    "BACKUP_URL",
                    "Where copies go (s3://bucket/prefix?endpoint=https://…, sftp://user@host/a/path, or /a/path)",
                ),
                Question("BACKUP_RECIPIENT", "The public key of whoever may read them (age1…, of age-keygen)"),
                Question("BACKUP_ACCESS_KEY", "s3: the key of the bucket", when=("BACKUP_URL", "s3://")),
                Question("BACKUP_SECRET_KEY", "s3: its secret", when=("BACKUP_URL", "s3://")),
                Question(
                    "BACKUP_SSH_KEY",
                    "sftp: the file of the private key that opens it (empty: there is a password)",
                    when=("BACKUP_URL", "sftp://"),
                ),
                Question(
                    "BACKUP_SSH_PASSWORD", "sftp: the password", unless="BACKUP_SSH_KEY", when=("BACKUP_URL", "sftp://")
                ),
                Question(
                    "BACKUP_SSH_HOST_KEY",
                    "sftp: what that machine is known by (SHA256:…, as its host publishes it, or a known_hosts file)",
                    when=("BACKUP_URL", "sftp://"),
                ),
            ),
            invitation="\nShould an encrypted copy of the bot's data leave this machine every night?",
        ),
        (storage_for_backups,),
    ),
    Step(
        Section(
            "Public pages",
            (
                Question("PUBLIC_URL", "Where people find them (https://welcome.example.org)"),
                Question(
                    "HTTP_LISTEN", "Where your reverse proxy passes that on, path and all", "127.0.0.1:8009", again=True
                ),
                Question("TRUSTED_PROXIES", "The proxy's address, if it is not on this machine (empty: it is)"),
                Question("CLIENT_URL", "The Element that people open, if you have your own (https://…)"),
            ),
            invitation="\nShould the lieux have public pages, for people who are not on Matrix yet? (your web server"
            " must pass them on)",
        ),
        (public_address, client),
    ),
)
