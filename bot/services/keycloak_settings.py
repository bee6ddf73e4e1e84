"""Keycloak as the lieu's directory, by its Admin REST API: settings, what the operator is asked and told about it, and
what they can see work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.services.environment import Secret, Sources
from bot.services.service import Question, Section, Sentence, Trial
from integrations.directory import Directory, Subject
from integrations.errors import NotFound, Refused, Unavailable
from integrations.findings import Finding, away

MAIL_HOURS = 72  # a link of Friday evening still opens on Monday
LONGEST = 30 * 24


@dataclass(frozen=True, slots=True)
class KeycloakSettings:
    """`group` is the one in which accounts are made, where the bot may look after that one alone; the link to a first
    password lives `mail_hours`. `subject`: None where Keycloak calls people as it does of itself."""

    url: str
    realm: str
    client_id: str
    client_secret: Secret
    group: str
    mail_hours: int
    subject: Subject | None


def read(sources: Sources, subject: Subject | None) -> KeycloakSettings:
    return KeycloakSettings(
        url=sources.url("KEYCLOAK_URL"),
        realm=sources.required("KEYCLOAK_REALM"),
        client_id=sources.required("KEYCLOAK_CLIENT_ID"),
        client_secret=sources.required_secret("KEYCLOAK_CLIENT_SECRET"),
        group=sources.text("KEYCLOAK_GROUP"),
        mail_hours=_hours(sources),
        subject=subject,
    )


def _hours(sources: Sources) -> int:
    written = sources.text("KEYCLOAK_MAIL_HOURS", str(MAIL_HOURS))
    hours = int(written) if written.isdecimal() and len(written) < 5 else 0
    if not 1 <= hours <= LONGEST:
        sources.wrong(f"{sources.whole('KEYCLOAK_MAIL_HOURS')} must be a number of hours from 1 to {LONGEST}")
    return hours


def build(chosen: KeycloakSettings) -> Directory:
    from integrations.directory.keycloak import connect

    return connect(
        chosen.url,
        chosen.realm,
        client_id=chosen.client_id,
        client_secret=chosen.client_secret.reveal(),
        group=chosen.group,
        mail_hours=chosen.mail_hours,
        subject=chosen.subject,
    )


async def _sign_out(directory: Directory, login: str) -> Finding:
    try:
        await directory.logout(login)
    except NotFound:
        return Finding("directory-no-such-person", False)
    except Refused as no:
        return Finding("directory-refuses", False, {"code": no.code})
    except Unavailable as trouble:
        return away("directory", trouble)
    return Finding("directory-signed-out", True)


TRIAL = Trial(
    "A username of yours that is signed in to Matrix now: it is signed out in Keycloak, to see whether Matrix follows"
    " (empty: not now)",
    _sign_out,
    "Has Element been signed out too?",
    offered=lambda chosen: isinstance(chosen, KeycloakSettings),
)

SECTION = Section(
    "Keycloak",
    (
        Question("KEYCLOAK_URL", "Its address, as people know it (https://sso.example.org)"),
        Question("KEYCLOAK_REALM", "The realm of the lieu"),
        Question("KEYCLOAK_CLIENT_ID", "The bot's client: its service account has the role manage-users"),
        Question("KEYCLOAK_CLIENT_SECRET", "The client's secret, in Keycloak"),
    ),
    needs=("DIRECTORY", "keycloak"),
    more=("KEYCLOAK_GROUP", "KEYCLOAK_MAIL_HOURS"),
)

SENTENCES: Mapping[str, Sentence] = {
    "directory-no-keycloak": (
        "directory",
        "",
        "no Keycloak at KEYCLOAK_URL: mend it; one that was installed before version 17 may have /auth at its end",
    ),
    "directory-no-realm": (
        "directory",
        "",
        "has no realm of this name: mend KEYCLOAK_REALM (the name in its addresses, …/realms/NAME, capitals too)",
    ),
    "directory-no-service-account": (
        "directory",
        "",
        "knows the client, and gives it no account: switch on « Client authentication » and « Service accounts roles »",
    ),
    "directory-two-names": (
        "directory",
        "",
        "gives the bot a token, and does not take it: it is known by two names; set hostname on Keycloak, and have the"
        " proxy pass /realms and /admin alike",
    ),
    "directory-group-missing": (
        "directory",
        "",
        "has no group {group} that the bot is shown: mend KEYCLOAK_GROUP, or make that group, and let the bot see it",
    ),
    "directory-no-membership": (
        "directory",
        "",
        "lets the bot put nobody into {group}, nor out of it: add a permission of type Users, with"
        " manage-group-membership",
    ),
    "directory-no-new-group": (
        "directory",
        "",
        "lets the bot make no group: make {group} there, or give its service account manage-users",
    ),
    "directory-usernames-are-addresses": (
        "directory usernames",
        "",
        "it takes e-mail addresses for usernames, which then are in people's Matrix addresses: switch off « Email as"
        " username » in the realm's settings (Login)",
    ),
    "directory-links-inside": (
        "directory mails",
        "",
        "their links begin with {to}, which only machines beside the bot find: set hostname on Keycloak, or write in"
        " KEYCLOAK_URL the name that people know",
    ),
    "directory-mails-fail": (
        "directory mails",
        "",
        "the directory is well, and cannot send its mails: mend the realm's settings (Email), which test them too",
    ),
    "directory-logout-elsewhere": (
        "directory sign-out",
        "whoever is paused is signed out of the SSO; Element follows where Synapse listens (backchannel_logout_enabled)"
        " and Keycloak's client for Matrix has a Backchannel logout URL, which the bot is not shown:"
        " https://MATRIX/_synapse/client/oidc/backchannel_logout. `conciergerie setup` tries it with you",
        "",
    ),
    "sign-out-yes": (
        "Matrix sign-out",
        "Synapse listens to Keycloak; its Backchannel logout URL is the other half",
        "",
    ),
    "sign-out-no": (
        "Matrix sign-out",
        "Synapse does not listen to Keycloak, which signs out whoever is paused: write backchannel_logout_enabled: true"
        " in its oidc_providers",
        "",
    ),
    "directory-visits-hidden": (
        "who came when",
        "the realm does not show the bot when people signed in: accounts that nobody uses are not noticed here; they"
        " are, where its service account has view-events of realm-management, and the realm keeps LOGIN events",
        "",
    ),
    "directory-visits-not-kept": (
        "who came when",
        "the realm keeps no sign-ins: accounts that nobody uses are not noticed here; they are, where its settings"
        " (Events, User events) save LOGIN for three years",
        "",
    ),
    "directory-visits-briefly": (
        "who came when",
        "the realm keeps sign-ins for less than half a year, which tells who came and of nobody that they did not: have"
        " it save LOGIN for three years (Events, User events), to notice accounts that nobody uses",
        "",
    ),
    "directory-no-such-person": ("sign-out", "", "nobody has this username: try another"),
    "directory-signed-out": ("sign-out", "done in Keycloak, where nothing of theirs is open now", ""),
}

SECRETS = ("KEYCLOAK_CLIENT_SECRET",)
NAMES = (
    *SECRETS, "KEYCLOAK_URL", "KEYCLOAK_REALM", "KEYCLOAK_CLIENT_ID", "KEYCLOAK_GROUP", "KEYCLOAK_MAIL_HOURS",
)  # fmt: skip
HINTS = (
    "directory-visits-hidden", "directory-visits-not-kept", "directory-visits-briefly",
    "directory-logout-elsewhere", "sign-out-yes", "sign-out-no",
)  # fmt: skip
