"""Where the accounts of a lieu live, by SCIM, by LDAP, in a Keycloak or on its homeserver: settings, what the operator
is asked and told about it, and what becomes of somebody's account there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from bot.services import keycloak_settings
from bot.services.environment import Secret, Sources
from bot.services.keycloak_settings import KeycloakSettings
from bot.services.service import (
    DONE,
    NONE,
    OUT,
    STILL,
    WITH_FILES,
    Accounts,
    Holder,
    Question,
    Section,
    Sentence,
    Service,
    answers,
    host_of,
)
from integrations.directory import Directory, FirstLogin, FirstLoginDict, Subject, begin_first_login
from integrations.directory.cloud_accounts import NextcloudDirectory
from integrations.directory.homeserver_accounts import HomeserverDirectory, SynapseDirectory
from integrations.directory.ldap_kinds import KINDS, below_base
from integrations.directory.no_directory import NoDirectory
from integrations.errors import Refused, Unavailable
from integrations.findings import Finding
from integrations.nextcloud.accounts import MAIL_LIVES
from integrations.outbound import Outside
from integrations.synapse import Synapse

SUSPENDED = "suspended"  # an account of the homeserver: its sessions are ended, and it lets nobody write
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
    """`kind` is one of `KINDS`; `rdn` the attribute that names a person: `uid`, or `cn`; `password_url` the page where
    people choose a password, empty where there is none or nobody knows."""

    kind: str
    url: str
    bind_dn: str
    password: Secret
    users_dn: str
    groups_dn: str
    rdn: str
    password_url: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class SynapseAccounts:
    """The accounts of the homeserver at this address; `token` belongs to whoever administers it."""

    homeserver: str
    token: Secret


@dataclass(frozen=True, slots=True)
class MasAccounts:
    """The accounts of a Matrix Authentication Service at `url`, which says what they are called at `homeserver`."""

    url: str
    client_id: str
    client_secret: Secret
    homeserver: str


DirectorySettings = ScimSettings | LdapSettings | KeycloakSettings | SynapseAccounts | MasAccounts
STARTS = ("SCIM_", "LDAP_", "KEYCLOAK_", "MAS_")


def _read(sources: Sources) -> DirectorySettings | None:
    kind = sources.choice("DIRECTORY", ("none", "keycloak", "scim", "ldap", "synapse", "mas"))
    orphans = next((name for start in STARTS if (name := sources.any_of(start))), "")
    if orphans and not sources.text("DIRECTORY"):
        name = sources.whole("DIRECTORY")
        given = sources.whole(orphans)
        sources.wrong(f"{given} is set but {name} is not: write {name}=keycloak, scim, ldap, mas or none")
    match kind:
        case "scim":
            return _scim(sources)
        case "keycloak":
            return keycloak_settings.read(sources, _subject(sources))
        case "synapse":
            return _synapse(sources)
        case "mas":
            return _mas(sources)
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
    name, bind_dn = sources.choice("LDAP_KIND", tuple(KINDS)), sources.required("LDAP_BIND_DN")
    kind = KINDS[name]
    return LdapSettings(
        kind=name,
        url=sources.url("LDAP_URL", schemes=("ldap", "ldaps", "ldapi")),
        bind_dn=bind_dn,
        password=sources.required_secret("LDAP_PASSWORD"),
        users_dn=_branch(sources, "LDAP_USERS_DN", kind.users, bind_dn),
        groups_dn=_branch(sources, "LDAP_GROUPS_DN", kind.groups, bind_dn),
        rdn=sources.choice("LDAP_RDN", (kind.rdn, *(rdn for rdn in ("uid", "cn") if rdn != kind.rdn))),
        password_url=sources.url("LDAP_PASSWORD_URL") if sources.text("LDAP_PASSWORD_URL") else "",
        subject=_subject(sources) or "login",
    )


def _branch(sources: Sources, name: str, usual: str, bind_dn: str) -> str:
    """Where this kind of software has it, unless it is told to be elsewhere."""
    usual = below_base(usual, bind_dn)
    return sources.text(name, usual) if usual else sources.required(name)


def _synapse(sources: Sources) -> SynapseAccounts:
    return SynapseAccounts(sources.url("MATRIX_HOMESERVER"), sources.required_secret("MATRIX_ADMIN_TOKEN"))


def _mas(sources: Sources) -> MasAccounts:
    return MasAccounts(
        url=sources.url("MAS_URL"),
        client_id=sources.required("MAS_CLIENT_ID"),
        client_secret=sources.required_secret("MAS_CLIENT_SECRET"),
        homeserver=sources.url("MATRIX_HOMESERVER"),
    )


def is_on_homeserver(chosen: DirectorySettings | None) -> bool:
    """Whether people choose their first password on a page of ours."""
    return isinstance(chosen, SynapseAccounts | MasAccounts)


def account_home(chosen: DirectorySettings | None) -> str:
    """The address of the homeserver on which these accounts are; empty where they are in an SSO."""
    return chosen.homeserver if isinstance(chosen, SynapseAccounts | MasAccounts) else ""


def _subject(sources: Sources) -> Subject | None:
    return SUBJECTS[sources.choice("DIRECTORY_SUBJECT", tuple(SUBJECTS))]


def _build(chosen: DirectorySettings, _: Outside | None) -> Directory:
    """Raises ImportError for LDAP without the extra `[ldap]`."""
    if isinstance(chosen, KeycloakSettings):
        return keycloak_settings.build(chosen)
    if isinstance(chosen, SynapseAccounts):
        return SynapseDirectory(Synapse(chosen.homeserver, chosen.token.reveal()))
    if isinstance(chosen, MasAccounts):
        from integrations.directory import mas

        return mas.connect(chosen.url, chosen.client_id, chosen.client_secret.reveal(), homeserver=chosen.homeserver)
    if isinstance(chosen, LdapSettings):
        from integrations.directory.ldap import Ldap

        return Ldap(
            chosen.url,
            bind_dn=chosen.bind_dn,
            password=chosen.password.reveal(),
            users_dn=chosen.users_dn,
            groups_dn=chosen.groups_dn,
            kind=KINDS[chosen.kind],
            rdn=chosen.rdn,
            first_login_url=chosen.password_url or None,
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


def _addresses(chosen: DirectorySettings) -> Mapping[str, str]:
    """LDAP is upgraded by itself."""
    if isinstance(chosen, KeycloakSettings):
        return {"KEYCLOAK_URL": chosen.url}
    if isinstance(chosen, MasAccounts):
        return {"MAS_URL": chosen.url}
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


def is_nextcloud(directory: Directory) -> bool:
    """Whether a lieu without an SSO has its accounts in its Nextcloud: there, whoever has one made is mailed the link
    to their first password, without being asked to."""
    return isinstance(directory, NextcloudDirectory)


def is_homeserver(directory: Directory) -> TypeGuard[HomeserverDirectory]:
    """Whether a lieu without an SSO has its accounts on its homeserver: an account is somebody's Matrix address, and
    its first password is chosen on the page of their invitation."""
    return isinstance(directory, HomeserverDirectory)


def is_told_elsewhere(directory: Directory) -> bool:
    """Whether another service says how it is: it is in that one."""
    return is_nextcloud(directory) or isinstance(directory, SynapseDirectory)


async def first_password(directory: Directory, login: str, *, made: bool) -> FirstLoginDict:
    """`FirstLogin.to_dict()`. `made`: the account was made just now, and nobody gets two links for it."""
    if made and is_nextcloud(directory):
        return FirstLogin("mail", MAIL_LIVES).to_dict()
    return await begin_first_login(directory, login)


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
    if hold == "open" and is_homeserver(directory):  # then it does not stop at the lock, which nobody obeys
        return SUSPENDED
    if hold != "shut":
        return hold
    return OUT if leaves else DONE


async def state(directory: Directory, login: str) -> str:
    found = await directory.find(username=login)
    return NONE if not found else "open" if any(account.active for account in found) else "shut"


async def last_seen(directory: Directory, holder: Holder) -> int:
    return await directory.last_visit(holder.login) if holder.login else 0


async def tells(directory: Directory) -> bool:
    return await directory.tells_visits()


async def close(directory: Directory, login: str) -> str:
    """What is in an account that would go with it stays, behind a shut door."""
    try:
        await directory.delete(login)
    except Refused as no:
        if no.code != "nextcloud-account-used":
            raise
        await directory.set_active(login, False)
        return WITH_FILES
    return STILL if await directory.find(username=login) else DONE


# -- what the operator is asked and told

SECTIONS = (
    Section(
        "Accounts",
        (
            Question(
                "DIRECTORY",
                "People's accounts live there; without an SSO, on the homeserver (synapse, or mas for its Matrix"
                " Authentication Service), or (none) in Nextcloud if the bot makes them there, else people bring their"
                " own. How the lieu's SSO is spoken to",
                "none",
                ("keycloak", "scim", "ldap", "synapse", "mas", "none"),
            ),
        ),
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
            Question("LDAP_KIND", "Which software has the accounts", "openldap", tuple(KINDS)),
            Question("LDAP_URL", "Its address (ldaps://…)"),
            Question("LDAP_BIND_DN", "The entry that the bot signs in as"),
            Question("LDAP_PASSWORD", "Its password"),
            Question("LDAP_USERS_DN", "The branch of people (ou=users,…; but for openldap, empty: where it has it)"),
            Question("LDAP_GROUPS_DN", "The branch of groups (ou=groups,…; likewise)"),
            Question("LDAP_PASSWORD_URL", "The page where people choose their password (https://…, or empty)"),
        ),
        more=("LDAP_RDN",),
        needs=("DIRECTORY", "ldap"),
    ),
    keycloak_settings.SECTION,
    Section(
        "Accounts of the homeserver",
        (Question("MATRIX_ADMIN_TOKEN", "Access token of an administrator of the homeserver", again=True),),
        needs=("DIRECTORY", "synapse"),
    ),
    Section(
        "Matrix Authentication Service",
        (
            Question("MAS_URL", "Its address (https://auth.example.org)"),
            Question("MAS_CLIENT_ID", "The id of a client among its policy.data.admin_clients"),
            Question("MAS_CLIENT_SECRET", "That client's secret"),
        ),
        needs=("DIRECTORY", "mas"),
    ),
)

SENTENCES: Mapping[str, Sentence] = {
    "accounts-nextcloud": (
        "people's accounts",
        "live in Nextcloud: the bot makes them (NEXTCLOUD_ACCOUNTS=bot), and Nextcloud mails the link to the password",
        "",
    ),
    "accounts-both": (
        "people's accounts",
        "live in the SSO (DIRECTORY); those of Nextcloud are made beforehand, and the SSO opens them: they have no "
        "password of their own (user_oidc needs unique-uid=0, and the username as uid)",
        "",
    ),
    "accounts-elsewhere": (
        "people's accounts",
        "",
        "live on {theirs}, and the bot on {ours}, where it would invite others of their names: DIRECTORY must be that"
        " of the bot's own homeserver, or none",
    ),
    "accounts-apart": (
        "people's accounts",
        "live on the homeserver (DIRECTORY); those of Nextcloud are made apart from them (NEXTCLOUD_ACCOUNTS=bot), with"
        " a password of their own, to which Nextcloud mails the link",
        "",
    ),
    "directory-none": (
        "directory",
        "none: people bring the account that they have, or have that of Nextcloud where the bot makes it",
        "",
    ),
    "directory-nextcloud": ("directory", "the accounts of Nextcloud", ""),
    "directory-synapse": (
        "directory",
        "the accounts of the homeserver: people choose their first password on the page of their invitation",
        "the homeserver signs nobody in with a password: set password_config.enabled to true there",
    ),
    "directory-synapse-away": (
        "directory",
        "",
        "the accounts of the homeserver need MATRIX_ADMIN_TOKEN: see what is said of Matrix accounts",
    ),
    "directory-delegated": (
        "directory",
        "",
        "the homeserver's accounts are kept by its Matrix Authentication Service: write DIRECTORY=mas",
    ),
    "directory-mas": (
        "directory",
        "the accounts of the Matrix Authentication Service: people choose their first password on the page of their"
        " invitation",
        "the Matrix Authentication Service signs nobody in with a password: set passwords.enabled to true there",
    ),
    "directory-scope": (
        "directory",
        "",
        "its client may not administer: list MAS_CLIENT_ID in policy.data.admin_clients of the Matrix Authentication"
        " Service",
    ),
    "directory-no-admin-api": (
        "directory",
        "",
        "no administration at MAS_URL: have one of its listeners serve the resource adminapi, where the bot reaches it",
    ),
    "directory-unreachable": (
        "directory",
        "",
        "no answer: is it up, is SCIM_URL, LDAP_URL, KEYCLOAK_URL or MAS_URL right?",
    ),
    "directory-credentials": (
        "directory",
        "",
        "does not know the bot: mend the SCIM_, LDAP_ or KEYCLOAK_ credentials",
    ),
    "directory-not-permitted": (
        "directory",
        "",
        "knows the bot, and does not let it look after accounts: give its client that right (on Keycloak, manage-users "
        "of realm-management to the service account, or KEYCLOAK_GROUP and a permission on that group), or let "
        "LDAP_BIND_DN write below both branches",
    ),
    "directory-no-scim": (
        "directory",
        "",
        "no SCIM at SCIM_URL: mend it; a Keycloak (…/realms/REALM/scim/v2) is started with --features=scim-api, and "
        "has a switch for it in the settings of the realm",
    ),
    "directory-token-refused": (
        "directory",
        "",
        "gives the bot a token, and does not take it: write the same host name in SCIM_URL and SCIM_TOKEN_URL, that of"
        " the server's own settings (Keycloak: hostname)",
    ),
    "directory-token-url": (
        "directory",
        "",
        "nobody gives tokens at SCIM_TOKEN_URL: mend it (Keycloak: …/realms/REALM/protocol/openid-connect/token)",
    ),
    "directory-audience": (
        "directory",
        "",
        "its tokens are not for SCIM: on Keycloak, give the client a mapper « Audience », whose « Included Custom "
        "Audience » is SCIM_URL, letter by letter",
    ),
    "directory-refuses": ("directory", "", "refuses ({code}): look at its own log"),
    "directory-not-private": (
        "directory",
        "",
        "does not encrypt, so the password was not sent: have it do so (STARTTLS), or write LDAP_URL=ldaps://… with"
        " the port where it does",
    ),
    "directory-tls-demanded": (
        "directory",
        "",
        "wants an encrypted line from this machine too: write LDAP_URL=ldaps://…, or ldap:// with the name that is in"
        " its certificate in place of localhost",
    ),
    "directory-read-only": (
        "directory",
        "",
        "is a copy of another server, or was shut: it is read and not written; set LDAP_URL to the original",
    ),
    "directory-too-many": (
        "directory",
        "",
        "does not show everybody at once: each person and group is found, not who lacks an account or was there before;"
        ' in slapd.conf, below that database: limits dn.exact="{dn}" size=unlimited (olcLimits in cn=config)',
    ),
    "directory-referral": (
        "directory",
        "",
        "sends us on to another server, which would be told the password: set LDAP_URL to the server that has the"
        " accounts, and LDAP_USERS_DN and LDAP_GROUPS_DN to branches that are its own",
    ),
    "directory-branch-missing": (
        "directory",
        "",
        "{dn} does not exist: mend LDAP_USERS_DN and LDAP_GROUPS_DN, or let LDAP_BIND_DN read it",
    ),
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
    "directory-lock-elsewhere": (
        "directory locks",
        "this software locks nobody by LDAP: a pause closes Matrix and files; an administrator looks after the account",
        "",
    ),
    "directory-looked-up": (
        "directory changes",
        "YunoHost makes accounts and groups by itself alone (homes, permissions and hooks go with them): the bot finds"
        " who has one, and makes, locks and groups none",
        "",
    ),
    "directory-made-only": (
        "directory changes",
        "accounts are made and deleted; LDAP changes nothing else in LLDAP, its own page changes groups and addresses",
        "",
    ),
    "directory-mails-links": ("first passwords", "the SSO mails a link", ""),
    "directory-mails-no-links": (
        "first passwords",
        "this directory mails no link: the bot sends people to the SSO's own page",
        "",
    ),
    "directory-visits": ("who came when", "accounts that nobody uses are noticed", ""),
    "directory-no-lastbind": (
        "who came when",
        "the server does not note when people sign in: accounts that nobody uses are not noticed here; they are, from"
        " OpenLDAP 2.5 on, with `lastbind on` below that database in slapd.conf (olcLastBind: TRUE in cn=config)",
        "",
    ),
    "directory-emails-unique": ("directory e-mails", "each belongs to one account", ""),
    "directory-emails-shared": (
        "directory e-mails",
        "",
        "{count} addresses belong to several accounts, which then cannot sign in by e-mail: change all but one",
    ),
    **keycloak_settings.SENTENCES,
    "directory-missing": ("directory", "", "LDAP needs a library: pip install 'conciergerie[ldap]'"),
    "mails": (
        "mails",
        "only you can see them arrive: ask the SSO for a forgotten password; if no mail comes, mend its SMTP settings",
        "",
    ),
}

KIND_HINTS = ("directory-lock-elsewhere", "directory-looked-up", "directory-made-only", "directory-no-lastbind")

# fmt: off
NAMES = (
    "SCIM_CLIENT_SECRET", "SCIM_TOKEN", "LDAP_PASSWORD", "MAS_CLIENT_SECRET", *keycloak_settings.NAMES,
    "DIRECTORY", "DIRECTORY_SUBJECT", "SCIM_URL", "SCIM_TOKEN_URL", "SCIM_CLIENT_ID",
    "LDAP_KIND", "LDAP_URL", "LDAP_BIND_DN", "LDAP_USERS_DN", "LDAP_GROUPS_DN", "LDAP_RDN", "LDAP_PASSWORD_URL",
    "MAS_URL", "MAS_CLIENT_ID",
)
# fmt: on

DIRECTORY: Service[DirectorySettings, Directory] = Service(
    "directory",
    names=NAMES,
    secrets=("SCIM_CLIENT_SECRET", "SCIM_TOKEN", "LDAP_PASSWORD", "MAS_CLIENT_SECRET", *keycloak_settings.SECRETS),
    starts=("DIRECTORY", *STARTS),
    read=_read,
    build=_build,
    absent=NoDirectory(),
    answers=answers,
    handed=lambda directory: {Directory: directory},
    sentences=SENTENCES,
    where="SCIM_URL, SCIM_TOKEN_URL, LDAP_URL, KEYCLOAK_URL or MAS_URL",
    hints=("mails", "directory-mails-no-links", "directory-none", *KIND_HINTS, *keycloak_settings.HINTS),
    sections=SECTIONS,
    addresses=_addresses,
    check=_check,
    accounts=Accounts(1, lambda _, holder: holder.login, set_open, state, close, last_seen, tells),
    host=lambda directory: host_of(directory.url),
    trial=keycloak_settings.TRIAL,
)
