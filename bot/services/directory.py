"""Where the accounts of a lieu live, by SCIM or LDAP: settings, what the operator is asked
and told about it, and what becomes of somebody's account there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.services.environment import Secret, Sources
from bot.services.service import DONE, NONE, OUT, STILL, Accounts, Question, Section, Sentence, Service
from integrations.directory import Directory
from integrations.directory.no_directory import NoDirectory
from integrations.errors import Unavailable
from integrations.findings import Finding
from integrations.outbound import Outside

Subject = Literal["login", "id", "email"]
SUBJECTS: Mapping[str, Subject | None] = {"": None, "login": "login", "id": "id", "email": "email"}


@dataclass(frozen=True, slots=True)
class ScimSettings:
    """Either `token`, or the three others: an OAuth client with the grant `client_credentials`. `subject`: which of
    somebody's is what the SSO calls them, None where the server is known to have it so."""

    url: str
    token: Secret | None
    token_url: str
    client_id: str
    client_secret: Secret | None
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class LdapSettings:
    """`rdn` is the attribute that names a person: `uid`, or `cn`."""

    url: str
    bind_dn: str
    password: Secret
    users_dn: str
    groups_dn: str
    rdn: str
    subject: Subject


def _read(sources: Sources) -> ScimSettings | LdapSettings | None:
    kind = sources.choice("DIRECTORY", ("none", "scim", "ldap"))
    orphans = sources.any_of("SCIM_") or sources.any_of("LDAP_")
    if orphans and not sources.text("DIRECTORY"):
        name = sources.whole("DIRECTORY")
        given = sources.whole(orphans)
        sources.wrong(f"{given} is set but {name} is not: write {name}=scim, {name}=ldap or {name}=none")
    if kind == "scim":
        return _scim(sources)
    return _ldap(sources) if kind == "ldap" else None


def _scim(sources: Sources) -> ScimSettings:
    url, token = sources.url("SCIM_URL"), sources.secret("SCIM_TOKEN")
    if token:
        return ScimSettings(url, token, "", "", None, _subject(sources))
    return ScimSettings(
        url=url,
        token=None,
        token_url=sources.url("SCIM_TOKEN_URL", instead="SCIM_TOKEN"),
        client_id=sources.required("SCIM_CLIENT_ID", instead="SCIM_TOKEN"),
        client_secret=sources.required_secret("SCIM_CLIENT_SECRET", instead="SCIM_TOKEN"),
        subject=_subject(sources),
    )


def _ldap(sources: Sources) -> LdapSettings:
    return LdapSettings(
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


def _build(chosen: ScimSettings | LdapSettings, _: Outside | None) -> Directory:
    """Raises ImportError for LDAP without the extra `[ldap]`."""
    if isinstance(chosen, LdapSettings):
        from integrations.directory.ldap import Ldap

        return Ldap(
            chosen.url,
            bind_dn=chosen.bind_dn,
            password=chosen.password.reveal(),
            users_dn=chosen.users_dn,
            groups_dn=chosen.groups_dn,
            rdn=chosen.rdn,
            subject=chosen.subject,
        )
    from integrations.directory.scim import connect

    if chosen.token:
        return connect(chosen.url, token=chosen.token.reveal(), subject=chosen.subject)
    return connect(
        chosen.url,
        token_url=chosen.token_url,
        client_id=chosen.client_id,
        client_secret=chosen.client_secret.reveal() if chosen.client_secret else "",
        subject=chosen.subject,
    )


def _addresses(chosen: ScimSettings | LdapSettings) -> Mapping[str, str]:
    """LDAP is upgraded by itself."""
    return {"SCIM_URL": chosen.url, "SCIM_TOKEN_URL": chosen.token_url} if isinstance(chosen, ScimSettings) else {}


async def _check(directory: Directory) -> Iterable[Finding]:
    """The directory's own findings; whether its mails arrive, only a person can see."""
    found = await directory.check()
    mails = any(finding.code == "directory-mails-links" for finding in found)
    return (*found, Finding("mails", True)) if mails else found


async def gives_accounts(directory: Directory) -> bool:
    """Whether people get their account from the lieu: from a directory that is away, too."""
    try:
        return "accounts" in await directory.capabilities()
    except Unavailable:
        return True


async def enter_group(directory: Directory, group: str, login: str) -> None:
    """Into the lieu's group, where the directory has groups. Raises as `Directory.set_member`."""
    if "groups" in await directory.capabilities():
        await directory.set_member(group, login, True)


# -- somebody's account


async def set_open(directory: Directory, login: str, is_open: bool) -> str:
    """And, where the directory can, out of what is open. What a lock was seen to do, where it does not shut."""
    await directory.set_active(login, is_open)
    if is_open:
        return DONE
    leaves = "logout" in await directory.capabilities()
    if leaves:
        await directory.logout(login)
    hold = await directory.hold(login)
    if hold != "shut":
        return hold
    return OUT if leaves else DONE


async def state(directory: Directory, login: str) -> str:
    found = await directory.find(username=login)
    return NONE if not found else "open" if any(account.active for account in found) else "shut"


async def close(directory: Directory, login: str) -> str:
    await directory.delete(login)
    return STILL if await directory.find(username=login) else DONE


# -- what the operator is asked and told

SECTIONS = (
    Section(
        "Accounts",
        (Question("DIRECTORY", "How the lieu's SSO is spoken to", "none", ("scim", "ldap", "none")),),
        # Needed with few SSOs, and the check of the directory names it there.
        more=("DIRECTORY_SUBJECT",),
        is_checked=False,
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
        needs=("DIRECTORY", "ldap"),
    ),
)

SENTENCES: Mapping[str, Sentence] = {
    "directory-none": ("directory", "none: people bring the account that they have", ""),
    "directory-unreachable": ("directory", "", "no answer: is it up, is SCIM_URL or LDAP_URL right?"),
    "directory-moved": (
        "directory",
        "",
        "sends us to {to}, where no password is sent: if that is yours, write it in SCIM_URL or SCIM_TOKEN_URL",
    ),
    "directory-credentials": (
        "directory",
        "",
        "refuses the bot: mend the SCIM_ or LDAP_ credentials, or give it the right",
    ),
    "directory-refuses": ("directory", "", "refuses ({code}): look at its own log"),
    "directory-not-private": (
        "directory",
        "",
        "no encrypted line, so the password was not sent: write LDAP_URL=ldaps://… with the name that is in the"
        " server's certificate, and have this machine trust whoever signed it",
    ),
    "directory-referral": (
        "directory",
        "",
        "sends us on to another server, which would be told the password: set LDAP_URL to the server that has the"
        " accounts, and LDAP_USERS_DN and LDAP_GROUPS_DN to branches that are its own",
    ),
    "directory-branch-missing": ("directory", "", "{dn} does not exist: mend LDAP_USERS_DN and LDAP_GROUPS_DN"),
    "directory-reachable": ("directory", "answers", ""),
    "directory-patch": ("directory changes", "accounts can be locked and put into groups", ""),
    "directory-no-patch": (
        "directory changes",
        "",
        "it does not do PATCH: accounts can be made, not locked or grouped",
    ),
    "directory-lock": ("directory locks", "accounts can be locked, and a new password does not open them", ""),
    "directory-no-lock": (
        "directory locks",
        "",
        "accounts cannot be locked: load the ppolicy overlay, with a ppolicy_default whose pwdLockout is TRUE",
    ),
    "directory-lock-until-password": (
        "directory locks",
        "",
        "a new password opens a locked account: OpenLDAP 2.5 or later mends that. Until then nobody locked should be "
        "mailed one: in LemonLDAP::NG, mailLDAPFilter "
        "(&(mail=$mail)(objectClass=inetOrgPerson)(!(pwdAccountLockedTime=000001010000Z)))",
    ),
    "directory-lock-open": (
        "directory locks",
        "",
        "a lock is written, and obeyed by nobody: put the ppolicy overlay on this database, with a ppolicy_default "
        "whose pwdLockout is TRUE",
    ),
    "directory-lock-untold": (
        "directory locks",
        "",
        "no policy of passwords is to be seen, and without one nobody obeys a lock: set ppolicy_default, with "
        "pwdLockout TRUE, and let the bot read that entry",
    ),
    "directory-pause-untold": (
        "directory locks",
        "whether a locked account is kept out does not show here: try it once, with an account of yours",
        "",
    ),
    "directory-subject-unknown": (
        "directory sign-in",
        "what the SSO calls an account is not known: set DIRECTORY_SUBJECT, to join Matrix accounts of before",
        "",
    ),
    "directory-mails-links": ("first passwords", "the SSO mails a link", ""),
    "directory-mails-no-links": (
        "first passwords",
        "this directory mails no link: the bot sends people to the SSO's own page",
        "",
    ),
    "directory-emails-unique": ("directory e-mails", "each belongs to one account", ""),
    "directory-emails-shared": (
        "directory e-mails",
        "",
        "{count} addresses belong to several accounts, which then cannot sign in by e-mail: change all but one",
    ),
    "directory-missing": ("directory", "", "LDAP needs a library: pip install 'conciergerie[ldap]'"),
    "mails": (
        "mails",
        "only you can see them arrive: ask the SSO for a forgotten password; if no mail comes, mend its SMTP settings",
        "",
    ),
}

# fmt: off
NAMES = (
    "SCIM_CLIENT_SECRET", "SCIM_TOKEN", "LDAP_PASSWORD",
    "DIRECTORY", "DIRECTORY_SUBJECT", "SCIM_URL", "SCIM_TOKEN_URL", "SCIM_CLIENT_ID",
    "LDAP_URL", "LDAP_BIND_DN", "LDAP_USERS_DN", "LDAP_GROUPS_DN", "LDAP_RDN",
)
# fmt: on

DIRECTORY: Service[ScimSettings | LdapSettings, Directory] = Service(
    "directory",
    names=NAMES,
    secrets=("SCIM_CLIENT_SECRET", "SCIM_TOKEN", "LDAP_PASSWORD"),
    starts=("DIRECTORY", "SCIM_", "LDAP_"),
    read=_read,
    build=_build,
    absent=NoDirectory(),
    handed=lambda directory: {Directory: directory},
    sentences=SENTENCES,
    hints=("mails", "directory-mails-no-links", "directory-none"),
    sections=SECTIONS,
    addresses=_addresses,
    check=_check,
    accounts=Accounts(1, lambda _, holder: holder.login, set_open, state, close),
)
