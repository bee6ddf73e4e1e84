"""What the operator reads for each code: the thing that was looked at, how it is well, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.findings import Finding

# Neither well nor ill: something that the operator may want to know or to do.
HINTS = frozenset(
    {
        "clock-unknown",
        "limits-unknown",
        "mails",
        "nextcloud-accounts-unknown",
        "nextcloud-confirmation-unknown",
        "nextcloud-none",
        "no-data",
        "directory-mails-no-links",
        "directory-none",
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    sign: str
    title: str
    words: str


def say(finding: Finding) -> Said:
    """One row of the table. A code that nobody described is shown as it is."""
    title, well, mend = SENTENCES.get(finding.code, (finding.code, "", ""))
    hint = finding.ok and finding.code in HINTS
    sentence = well if finding.ok else mend
    sign = "·" if hint else "✓" if finding.ok else "✗"
    return Said(sign, title.format_map(_Words(finding.words)), sentence.format_map(_Words(finding.words)))


class _Words(dict[str, str]):
    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__(words)

    def __missing__(self, name: str) -> str:
        return "?"


# code: (what was looked at, said when it is well, said when it is not)
SENTENCES: Mapping[str, tuple[str, str, str]] = {
    # Whatever was asked
    "no-answer": (
        "{about}",
        "",
        "no answer: is the service up, is its address right, does the network let us through?",
    ),
    "refused": ("{about}", "", "the service refuses ({code})"),
    "check-broken": ("{about}", "", "this check failed by itself ({error}): please report it"),
    # Homeserver
    "homeserver": (
        "homeserver",
        "answers, Matrix {version}",
        "speaks Matrix {version} only: upgrade it",
    ),
    "not-a-homeserver": (
        "homeserver",
        "",
        "{address} is not a homeserver: set MATRIX_HOMESERVER to where clients connect",
    ),
    "clock": (
        "clock",
        "within {seconds} s of the homeserver's",
        "{seconds} s away from the homeserver's: start a time service (timedatectl set-ntp true) on whichever is wrong",
    ),
    "clock-unknown": ("clock", "the homeserver does not tell the time", ""),
    "account": ("account", "signed in as {user}", "signed in as {user}, but MATRIX_USER is {wanted}: mend one of them"),
    "not-signed-in": ("account", "", "the bot has not signed in yet: start it once (conciergerie run)"),
    "matrix-credentials": (
        "{about}",
        "",
        "the homeserver no longer knows the bot's session: give MATRIX_PASSWORD, then restart the bot",
    ),
    "device-signed": ("device", "signed by the bot's own identity", ""),
    "device-unsigned": (
        "device",
        "",
        "not signed, so clients warn people about the bot: start the bot, it signs itself; if this stays, see its log",
    ),
    "device-unknown": (
        "device",
        "",
        "the homeserver has no keys for {device}: restart the bot, it publishes them again",
    ),
    "identity-replaced": (
        "device",
        "",
        "the homeserver knows another identity: restore the backup that has it, or give MATRIX_PASSWORD and restart the"
        " bot (people will see that its identity changed)",
    ),
    "one-time-keys": (
        "one-time keys",
        "{count} left",
        "{count} left, so new conversations cannot be encrypted: start the bot, it makes more",
    ),
    "fallback-key": ("fallback key", "there", "missing or used: restart the bot, it publishes one"),
    "limits": (
        "rate limits",
        "lifted for the bot",
        "in force, so that a few invitations take an hour: conciergerie doctor --lift-limits",
    ),
    "limits-unknown": (
        "rate limits",
        "unknown: with MATRIX_ADMIN_TOKEN, doctor sees them and --lift-limits takes them off the bot",
        "",
    ),
    "admin-token": (
        "rate limits",
        "",
        "MATRIX_ADMIN_TOKEN is not the token of an administrator of a Synapse: mend it, or leave it out",
    ),
    "admin-token-missing": ("rate limits", "", "only an administrator lifts them: set MATRIX_ADMIN_TOKEN"),
    # The house
    "no-data": ("data", "{folder} does not exist yet: the first start makes it", ""),
    "private": ("data", "{folder} is the bot's only", "others may read {files}: chmod -R go= {folder}"),
    "running": ("bot", "running", "not running: conciergerie run, or your service manager"),
    "last-sync": ("last sync", "fresh", "not well ({reasons}): see the bot's log"),
    "letters": (
        "letters",
        "{waiting} waiting",
        "{waiting} waiting: is the homeserver slow, or are its limits in force?",
    ),
    "aside": ("events set aside", "none", "{aside} could not be handled: look for “aside” in the log, and report it"),
    "powers": (
        "{lieu}: {room}",
        "the bot can do its work",
        "the bot cannot {cannot}: raise its power level to {level}",
    ),
    "room-absent": ("{lieu}: {room}", "", "the bot is not in this room: invite it there"),
    # Nextcloud
    "nextcloud-none": ("Nextcloud", "not set up", ""),
    "nextcloud-unreachable": ("Nextcloud", "", "no answer: is it up, is NEXTCLOUD_URL right?"),
    "nextcloud-address": ("Nextcloud", "", "there is no Nextcloud at NEXTCLOUD_URL"),
    "nextcloud-version": ("Nextcloud", "version {version}", "version {version} is too old: at least 29 is needed"),
    "nextcloud-maintenance": ("Nextcloud", "", "in maintenance: wait, or occ maintenance:mode --off"),
    "nextcloud-credentials": (
        "Nextcloud account",
        "signed in as {account}",
        "refused: make a new app password (Settings, Security) and set NEXTCLOUD_USER and NEXTCLOUD_APP_PASSWORD",
    ),
    "nextcloud-unexpected": ("Nextcloud", "", "an answer that we do not understand: look at Nextcloud's own log"),
    "nextcloud-rights-admin": ("Nextcloud rights", "an administrator; a group's administrator would be enough", ""),
    "nextcloud-rights-subadmin": ("Nextcloud rights", "administers {groups}", ""),
    "nextcloud-rights-none": (
        "Nextcloud rights",
        "administers no group; none is needed where groups come with the sign-in",
        "administers no group: an administrator makes it group admin of the lieu's group (Accounts page)",
    ),
    "nextcloud-confirmation-ready": ("Nextcloud password", "confirmed", ""),
    "nextcloud-confirmation-not-needed": ("Nextcloud password", "need not be confirmed", ""),
    "nextcloud-confirmation-unknown": (
        "Nextcloud password",
        "whether it must be confirmed is not known: set NEXTCLOUD_PASSWORD if accounts or groups are refused",
        "",
    ),
    "nextcloud-password-needed": (
        "Nextcloud password",
        "",
        "this version wants it confirmed before accounts and groups change: set NEXTCLOUD_PASSWORD",
    ),
    "nextcloud-password-wrong": ("Nextcloud password", "", "NEXTCLOUD_PASSWORD is not the account's password"),
    "nextcloud-accounts-sso": (
        "Nextcloud accounts",
        "come from the SSO",
        "come from the SSO here: set NEXTCLOUD_ACCOUNTS=sso",
    ),
    "nextcloud-accounts-bot": (
        "Nextcloud accounts",
        "made by the bot",
        "live in Nextcloud itself here: set NEXTCLOUD_ACCOUNTS=bot",
    ),
    "nextcloud-accounts-unknown": ("Nextcloud accounts", "none seen yet; NEXTCLOUD_ACCOUNTS is {setting}", ""),
    "nextcloud-ids-hashed": (
        "Nextcloud accounts",
        "",
        "their ids are hashes, so that nobody is found by username: in user_oidc set unique-uid=0 and map uid",
    ),
    "nextcloud-sharing": (
        "Nextcloud sharing",
        "allowed",
        "switched off: allow apps to use the share API (Sharing page)",
    ),
    "nextcloud-group-sharing": (
        "Nextcloud sharing with groups",
        "allowed",
        "switched off: allow sharing with groups (Sharing page)",
    ),
    # Directory
    "directory-none": ("directory", "none: people bring the account that they have", ""),
    "directory-unreachable": ("directory", "", "no answer: is it up, is SCIM_URL or LDAP_URL right?"),
    "directory-credentials": (
        "directory",
        "",
        "refuses the bot: mend the SCIM_ or LDAP_ credentials, or give it the right",
    ),
    "directory-refuses": ("directory", "", "refuses ({code}): look at its own log"),
    "directory-branch-missing": ("directory", "", "{dn} does not exist: mend LDAP_USERS_DN and LDAP_GROUPS_DN"),
    "directory-reachable": ("directory", "answers", ""),
    "directory-patch": ("directory changes", "accounts can be locked and put into groups", ""),
    "directory-no-patch": (
        "directory changes",
        "",
        "it does not do PATCH: accounts can be made, not locked or grouped",
    ),
    "directory-lock": ("directory locks", "accounts can be locked", ""),
    "directory-no-lock": ("directory locks", "", "accounts cannot be locked: load the ppolicy overlay"),
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
    "ldap-missing": ("directory", "", "LDAP needs a library: pip install 'conciergerie[ldap]'"),
    "mails": (
        "mails",
        "only you can see them arrive: ask the SSO for a forgotten password; if no mail comes, mend its SMTP settings",
        "",
    ),
}
