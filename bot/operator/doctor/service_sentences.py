"""What the operator reads of the lieu's services: Nextcloud, the directory, the homeserver's administration."""

from __future__ import annotations

from collections.abc import Mapping

# code: (what was looked at, said when it is well, said when it is not)
OF_SERVICES: Mapping[str, tuple[str, str, str]] = {
    # Nextcloud
    "nextcloud-none": ("Nextcloud", "not set up", ""),
    "nextcloud-unreachable": ("Nextcloud", "", "no answer: is it up, is NEXTCLOUD_URL right?"),
    "nextcloud-moved": (
        "Nextcloud",
        "",
        "sends us to {to}, where no password is sent: if that is yours, set NEXTCLOUD_URL to it",
    ),
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
    # The homeserver's administration
    "synapse-none": (
        "Matrix accounts",
        "the bot cannot pause or link them: it could with MATRIX_ADMIN_TOKEN, an administrator's access token",
        "",
    ),
    "synapse-delegated": (
        "homeserver accounts",
        "kept by the Matrix Authentication Service: the bot suspends them and ends their sessions; locking, closing "
        "and joining them is done there (mas-cli manage lock-user)",
        "",
    ),
    "synapse-admin": ("Matrix accounts", "the bot can pause and link them", ""),
    "synapse-unreachable": ("Matrix accounts", "", "no answer from the homeserver's administration: is it up?"),
    "synapse-moved": (
        "Matrix accounts",
        "",
        "the homeserver sends us to {to}, where no token is sent: if that is yours, set MATRIX_HOMESERVER to it",
    ),
    "synapse-credentials": (
        "Matrix accounts",
        "",
        "MATRIX_ADMIN_TOKEN is refused: sign in again as the administrator and give its new access token",
    ),
    "synapse-not-administrator": (
        "Matrix accounts",
        "",
        "MATRIX_ADMIN_TOKEN belongs to somebody who does not administer the homeserver",
    ),
    "synapse-unsupported": (
        "Matrix accounts",
        "",
        "this address has no administration: is it a Synapse, and does its proxy let /_synapse/admin through?",
    ),
    "ldap-missing": ("directory", "", "LDAP needs a library: pip install 'conciergerie[ldap]'"),
    "mails": (
        "mails",
        "only you can see them arrive: ask the SSO for a forgotten password; if no mail comes, mend its SMTP settings",
        "",
    ),
}
