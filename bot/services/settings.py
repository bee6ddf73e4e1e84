"""Settings of the services: those that all lieux of the bot have in common, and those that one lieu has for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.services.environment import SCOPE, Secret, Sources
from bot.words import fold

# fmt: off
SECRETS = (
    "MATRIX_ADMIN_TOKEN", "NEXTCLOUD_APP_PASSWORD", "NEXTCLOUD_PASSWORD", "SCIM_CLIENT_SECRET", "SCIM_TOKEN",
    "LDAP_PASSWORD",
)
NAMES = (
    *SECRETS,
    "MATRIX_HOMESERVER", "NEXTCLOUD_URL", "NEXTCLOUD_USER", "NEXTCLOUD_ACCOUNTS",
    "DIRECTORY", "DIRECTORY_SUBJECT", "SCIM_URL", "SCIM_TOKEN_URL", "SCIM_CLIENT_ID",
    "LDAP_URL", "LDAP_BIND_DN", "LDAP_USERS_DN", "LDAP_GROUPS_DN", "LDAP_RDN",
)
# fmt: on
SPACE = "SPACE"  # of one lieu only: which space it is, whatever its name
GROUP, FOLDER = "GROUP", "FOLDER"  # of one lieu only: what is its own although it was there before
OF_LIEU = re.compile(rf"({SCOPE}[A-Z0-9_]+?_)({'|'.join((*NAMES, SPACE, GROUP, FOLDER))})")
NONE = "none"


Subject = Literal["login", "id", "email"]
SUBJECTS: Mapping[str, Subject | None] = {"": None, "login": "login", "id": "id", "email": "email"}


@dataclass(frozen=True, slots=True)
class Nextcloud:
    """`password` is the account's real one, which some versions want confirmed; `accounts`: who creates people's."""

    url: str
    user: str
    app_password: Secret
    password: Secret | None
    accounts: Literal["sso", "bot"]


@dataclass(frozen=True, slots=True)
class Scim:
    """Either `token`, or the three others: an OAuth client with the grant `client_credentials`. `subject`: which of
    somebody's is what the SSO calls them, None where the server is known to have it so."""

    url: str
    token: Secret | None
    token_url: str
    client_id: str
    client_secret: Secret | None
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class Ldap:
    """`rdn` is the attribute that names a person: `uid`, or `cn`."""

    url: str
    bind_dn: str
    password: Secret
    users_dn: str
    groups_dn: str
    rdn: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Administration:
    """Of a homeserver: the token belongs to an account that administers it, which is not the bot's."""

    homeserver: str
    token: Secret


@dataclass(frozen=True, slots=True)
class Chosen:
    """All the services of a lieu."""

    nextcloud: Nextcloud | None
    directory: Scim | Ldap | None
    administration: Administration | None


@dataclass(frozen=True, slots=True)
class OfLieu:
    """The services of one lieu: each is its own, or the common one. `prefix` is how its settings begin, and `whose`
    the id of its space, or the name that it has in the settings; `group` and `folder` are given to it, whoever had them
    before."""

    prefix: str
    whose: str
    chosen: Chosen
    group: str = ""
    folder: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it says which space it is, whatever anybody is called."""
        return self.whose != self.prefix[len(SCOPE) : -1]


def setting_name(lieu: str) -> str:
    """How a lieu is called in the settings: LA_ROSEE for « La Rosée »."""
    return re.sub(r"[^A-Z0-9]+", "_", fold(lieu).upper()).strip("_")


def common(sources: Sources) -> Chosen:
    return Chosen(_nextcloud(sources), _directory(sources), _administration(sources))


def of_lieux(sources: Sources, otherwise: Chosen) -> tuple[OfLieu, ...]:
    """Each service is set wholly for a lieu, or not at all: a password never goes to another one's address."""
    return tuple(_of_lieu(sources.within(prefix), prefix, otherwise) for prefix in sources.prefixes)


def _of_lieu(sources: Sources, prefix: str, otherwise: Chosen) -> OfLieu:
    directory = sources.any_of("DIRECTORY") or sources.any_of("SCIM_") or sources.any_of("LDAP_")
    chosen = Chosen(
        nextcloud=_nextcloud(sources) if sources.any_of("NEXTCLOUD_") else otherwise.nextcloud,
        directory=_directory(sources) if directory else otherwise.directory,
        administration=_administration(sources) if sources.any_of("MATRIX_") else otherwise.administration,
    )
    whose = sources.text(SPACE) or prefix[len(SCOPE) : -1]
    return OfLieu(prefix, whose, chosen, sources.text(GROUP), sources.text(FOLDER).strip("/"))


def _nextcloud(sources: Sources) -> Nextcloud | None:
    if not sources.any_of("NEXTCLOUD_") or sources.text("NEXTCLOUD_URL") == NONE:
        return None
    accounts = sources.choice("NEXTCLOUD_ACCOUNTS", ("sso", "bot"))
    return Nextcloud(
        url=sources.url("NEXTCLOUD_URL"),
        user=sources.required("NEXTCLOUD_USER"),
        app_password=sources.required_secret("NEXTCLOUD_APP_PASSWORD"),
        password=sources.secret("NEXTCLOUD_PASSWORD"),
        accounts="bot" if accounts == "bot" else "sso",
    )


def _administration(sources: Sources) -> Administration | None:
    """Of the bot's own homeserver, or of the one where a lieu has its accounts."""
    token = sources.secret("MATRIX_ADMIN_TOKEN")
    return Administration(sources.url("MATRIX_HOMESERVER"), token) if token else None


def _directory(sources: Sources) -> Scim | Ldap | None:
    kind = sources.choice("DIRECTORY", ("none", "scim", "ldap"))
    orphans = sources.any_of("SCIM_") or sources.any_of("LDAP_")
    if orphans and not sources.text("DIRECTORY"):
        name = sources.whole("DIRECTORY")
        given = sources.whole(orphans)
        sources.wrong(f"{given} is set but {name} is not: write {name}=scim, {name}=ldap or {name}=none")
    if kind == "scim":
        return _scim(sources)
    return _ldap(sources) if kind == "ldap" else None


def _scim(sources: Sources) -> Scim:
    url, token = sources.url("SCIM_URL"), sources.secret("SCIM_TOKEN")
    if token:
        return Scim(url, token, "", "", None, _subject(sources))
    return Scim(
        url=url,
        token=None,
        token_url=sources.url("SCIM_TOKEN_URL", instead="SCIM_TOKEN"),
        client_id=sources.required("SCIM_CLIENT_ID", instead="SCIM_TOKEN"),
        client_secret=sources.required_secret("SCIM_CLIENT_SECRET", instead="SCIM_TOKEN"),
        subject=_subject(sources),
    )


def _ldap(sources: Sources) -> Ldap:
    return Ldap(
        url=sources.url("LDAP_URL", schemes=("ldap", "ldaps", "ldapi")),
        bind_dn=sources.required("LDAP_BIND_DN"),
        password=sources.required_secret("LDAP_PASSWORD"),
        users_dn=sources.required("LDAP_USERS_DN"),
        groups_dn=sources.required("LDAP_GROUPS_DN"),
        rdn=sources.choice("LDAP_RDN", ("uid", "cn")),
        subject=_subject(sources) or "login",
    )


def _subject(sources: Sources) -> Subject | None:
    return SUBJECTS[sources.choice("DIRECTORY_SUBJECT", tuple(SUBJECTS))]
