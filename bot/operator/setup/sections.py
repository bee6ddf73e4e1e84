"""What setup asks, section by section, and what each section has checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.operator.doctor import Check
from bot.operator.doctor.homeserver import account, homeserver, limits
from bot.operator.doctor.service_checks import directory, nextcloud
from bot.operator.setup.terminal import Asking
from bot.settings import LANGUAGES, SECRETS


@dataclass(frozen=True, slots=True)
class Question:
    """One setting. With `options`, one of them; `unless` is another setting that makes this one needless."""

    name: str
    words: str
    default: str = ""
    options: Sequence[str] = ()
    unless: str = ""

    def put(self, asking: Asking, answers: dict[str, str]) -> None:
        """Ask, and keep the answer; an empty one takes the setting away."""
        before = answers.pop(self.name, self.default)
        if self.unless not in answers and (said := self._ask(asking, before)):
            answers[self.name] = said

    def _ask(self, asking: Asking, before: str) -> str:
        if self.options:
            return asking.choose(self.words, self.options, before)
        ask = asking.secret if self.name in SECRETS else asking.text
        return ask(self.words, before)


@dataclass(frozen=True, slots=True)
class Section:
    """Questions that are checked together. `invitation` is asked first; `needs` is an earlier answer."""

    title: str
    questions: Sequence[Question]
    checks: Sequence[Check] = ()
    invitation: str = ""
    needs: tuple[str, str] | None = None
    signs_in: bool = False
    more: Sequence[str] = ()

    @property
    def names(self) -> set[str]:
        return {question.name for question in self.questions} | set(self.more)

    def wanted(self, asking: Asking, answers: dict[str, str]) -> bool:
        """Whether to ask it; a section that is not wanted has no answers left."""
        had = any(name in answers for name in self.names)
        if self.needs:
            wanted = answers.get(self.needs[0]) == self.needs[1]
        else:
            wanted = not self.invitation or asking.confirm(self.invitation, had)
        if not wanted:
            for name in self.names:
                answers.pop(name, None)
        return wanted


SECTIONS: Sequence[Section] = (
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
        (homeserver, account),
        signs_in=True,
    ),
    Section(
        "Rate limits",
        (Question("MATRIX_ADMIN_TOKEN", "Access token of an administrator (not the bot's)"),),
        (limits,),
        invitation="\nIs the homeserver a Synapse, of which you are an administrator?",
    ),
    Section(
        "Nextcloud",
        (
            Question("NEXTCLOUD_URL", "Its address (https://…)"),
            Question("NEXTCLOUD_USER", "The bot's account there, group admin of the lieu's group"),
            Question("NEXTCLOUD_APP_PASSWORD", "An app password of that account (its settings, under Security)"),
            Question("NEXTCLOUD_PASSWORD", "The account's real password, if accounts must be confirmed (or empty)"),
            Question("NEXTCLOUD_ACCOUNTS", "Who makes people's accounts", "sso", ("sso", "bot")),
        ),
        (nextcloud,),
        invitation="\nDoes the lieu have a Nextcloud?",
    ),
    Section(
        "Accounts",
        (Question("DIRECTORY", "How the lieu's SSO is spoken to", "none", ("scim", "ldap", "none")),),
        # Needed with few SSOs, and the check of the directory names it there.
        more=("DIRECTORY_SUBJECT",),
    ),
    Section(
        "SCIM",
        (
            Question("SCIM_URL", "Where people are (https://sso.example.org/scim/v2)"),
            Question("SCIM_TOKEN", "A token that does not expire (empty: an OAuth client)"),
            Question("SCIM_TOKEN_URL", "Where the OAuth client gets its tokens", unless="SCIM_TOKEN"),
            Question("SCIM_CLIENT_ID", "The client's id", unless="SCIM_TOKEN"),
            Question("SCIM_CLIENT_SECRET", "The client's secret", unless="SCIM_TOKEN"),
        ),
        (directory,),
        needs=("DIRECTORY", "scim"),
    ),
    Section(
        "LDAP",
        (
            Question("LDAP_URL", "Its address (ldaps://…)"),
            Question("LDAP_BIND_DN", "The entry that the bot signs in as"),
            Question("LDAP_PASSWORD", "Its password"),
            Question("LDAP_USERS_DN", "The branch of people (ou=users,…)"),
            Question("LDAP_GROUPS_DN", "The branch of groups (ou=groups,…)"),
            Question("LDAP_RDN", "The attribute that names a person", "uid", ("uid", "cn")),
        ),
        (directory,),
        needs=("DIRECTORY", "ldap"),
    ),
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
        more=("COMMAND_PREFIX", "LIEUX", "TRUSTED_CLOUDS"),
    ),
)
