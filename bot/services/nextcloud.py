"""A lieu's Nextcloud: its settings, what the operator is asked and told about it, and what becomes of somebody's
account there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeGuard

from bot.services.directory import is_nextcloud
from bot.services.environment import NONE, Secret, Sources
from bot.services.service import DONE, Accounts, Holder, Question, Section, Sentence, Service, answers, host_of
from bot.services.service import NONE as NO_ACCOUNT
from bot.talk.ports import CloudAddress
from integrations.directory import Directory
from integrations.findings import Finding
from integrations.nextcloud import Nextcloud
from integrations.outbound import Outside


@dataclass(frozen=True, slots=True)
class NextcloudSettings:
    """`password` is the account's real one, which some versions want confirmed; `accounts`: who creates people's."""

    url: str
    user: str
    app_password: Secret
    password: Secret | None
    accounts: Literal["sso", "bot"]


def _read(sources: Sources) -> NextcloudSettings | None:
    if not sources.any_of("NEXTCLOUD_") or sources.text("NEXTCLOUD_URL") == NONE:
        return None
    accounts = sources.choice("NEXTCLOUD_ACCOUNTS", ("sso", "bot"))
    return NextcloudSettings(
        url=sources.url("NEXTCLOUD_URL"),
        user=sources.required("NEXTCLOUD_USER"),
        app_password=sources.required_secret("NEXTCLOUD_APP_PASSWORD"),
        password=sources.secret("NEXTCLOUD_PASSWORD"),
        accounts="bot" if accounts == "bot" else "sso",
    )


def _build(chosen: NextcloudSettings, outside: Outside | None) -> Nextcloud:
    return Nextcloud(
        chosen.url,
        chosen.user,
        chosen.app_password.reveal(),
        password=chosen.password.reveal() if chosen.password else None,
        accounts_from=chosen.accounts,
        outside=outside,
    )


def _handed(cloud: Nextcloud | None) -> Mapping[type, object]:
    return {Nextcloud: cloud, CloudAddress: cloud.federated if cloud else None}


def _refused(cloud: Nextcloud | None) -> str | None:
    return cloud.client.refused if cloud else None


async def _look_again(cloud: Nextcloud | None) -> None:
    if cloud is not None:
        await cloud.client.look_again()


def makes_accounts(cloud: Nextcloud | None, directory: Directory) -> TypeGuard[Nextcloud]:
    """Whether the bot makes accounts there beside those of the lieu's SSO, which lets people in: without one, they are
    the accounts of the `directory` themselves."""
    return cloud is not None and cloud.accounts.source == "bot" and not is_nextcloud(directory)


async def _tries(cloud: Nextcloud | None) -> Iterable[Finding]:
    return await cloud.try_mails() if cloud else ()


# -- somebody's account


def _ref(cloud: Nextcloud, holder: Holder) -> str:
    """One that the bot made: what comes from the SSO follows it."""
    return holder.login if cloud.accounts.source == "bot" and holder.cloud else ""


async def set_open(cloud: Nextcloud, login: str, is_open: bool) -> str:
    if await cloud.accounts.get(login) is None:
        return NO_ACCOUNT
    await cloud.accounts.set_enabled(login, is_open, ours=True)
    return DONE


async def state(cloud: Nextcloud, login: str) -> str:
    found = await cloud.accounts.get(login)
    return NO_ACCOUNT if found is None else "open" if found["enabled"] else "shut"


async def last_seen(cloud: Nextcloud, holder: Holder) -> int:
    found = await cloud.accounts.get(holder.login) if holder.login else None
    return found["last_seen"] if found else 0


# -- what the operator is asked and told

SECTION = Section(
    "Nextcloud",
    (
        Question("NEXTCLOUD_URL", "Its address (https://…)"),
        Question("NEXTCLOUD_USER", "The bot's account there, group admin of the lieu's group"),
        Question("NEXTCLOUD_APP_PASSWORD", "An app password of that account (its settings, under Security)"),
        Question("NEXTCLOUD_PASSWORD", "The account's real password, if accounts must be confirmed (or empty)"),
        Question(
            "NEXTCLOUD_ACCOUNTS",
            "Either the lieu's sso does, at their first sign-in, or the bot does (without an SSO, they are then the"
            " lieu's accounts). Who makes people's accounts",
            "sso",
            ("sso", "bot"),
        ),
    ),
    invitation="\nDoes the lieu have a Nextcloud?",
)

SENTENCES: Mapping[str, Sentence] = {
    "nextcloud-none": ("Nextcloud", "not set up", ""),
    "nextcloud-unreachable": ("Nextcloud", "", "no answer: is it up, is NEXTCLOUD_URL right?"),
    "nextcloud-address": (
        "Nextcloud",
        "",
        "there is no Nextcloud at NEXTCLOUD_URL: write its whole address, with the folder where it is in one"
        " (https://example.org/nextcloud)",
    ),
    "nextcloud-not-installed": ("Nextcloud", "", "nobody has set it up yet: finish its installation"),
    "nextcloud-untrusted": (
        "Nextcloud",
        "",
        "does not answer to the name {host}: have it added (occ config:system:set trusted_domains 9 --value={host}),"
        " or set NEXTCLOUD_URL to the name that people use",
    ),
    "nextcloud-upgrade": (
        "Nextcloud",
        "",
        "new files, old database: the upgrade must be finished (occ upgrade, or its web page)",
    ),
    "nextcloud-throttled": (
        "Nextcloud",
        "",
        "makes all that comes from this address wait, after too many wrong passwords: wait half an hour, or occ"
        " security:bruteforce:reset ADDRESS; behind a proxy, set its trusted_proxies, or everybody counts as one",
    ),
    "nextcloud-blocked": (
        "Nextcloud",
        "",
        "something before it (web server, proxy, firewall) keeps us out: have /status.php, /ocs/v2.php and /remote.php"
        " let through",
    ),
    "nextcloud-unheard": (
        "Nextcloud account",
        "",
        "it answers as though no password had come: NEXTCLOUD_APP_PASSWORD must be an app password (with two factors"
        " the account's own is not enough), and the web server must pass the Authorization header on to PHP",
    ),
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
    "nextcloud-mails-leave": ("Nextcloud mails", "leave: one was sent to {address}, which only you can see arrive", ""),
    "nextcloud-mails-stuck": (
        "Nextcloud mails",
        "",
        "do not leave, and Nextcloud says “OK” all the same, of invitations and shares by mail: mend its mail server"
        " (Administration settings, Basic settings, Email server)",
    ),
    "nextcloud-mails-untold": (
        "Nextcloud mails",
        "whether they leave it tells only administrators: have one press “Send email” (Administration settings, Basic"
        " settings, Email server)",
        "",
    ),
    "nextcloud-mails-untried": (
        "Nextcloud mails",
        "whether they leave is not known: give the bot's account there an e-mail address, and one is sent to it; or"
        " have an administrator press “Send email” (Administration settings, Basic settings, Email server)",
        "",
    ),
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
}

NEXTCLOUD: Service[NextcloudSettings, Nextcloud | None] = Service(
    "nextcloud",
    names=("NEXTCLOUD_APP_PASSWORD", "NEXTCLOUD_PASSWORD", "NEXTCLOUD_URL", "NEXTCLOUD_USER", "NEXTCLOUD_ACCOUNTS"),
    secrets=("NEXTCLOUD_APP_PASSWORD", "NEXTCLOUD_PASSWORD"),
    starts=("NEXTCLOUD_",),
    read=_read,
    build=_build,
    absent=None,
    answers=answers,
    handed=_handed,
    sentences=SENTENCES,
    where="NEXTCLOUD_URL",
    hints=(
        "nextcloud-accounts-unknown",
        "nextcloud-confirmation-unknown",
        "nextcloud-mails-untold",
        "nextcloud-mails-untried",
        "nextcloud-none",
    ),
    sections=(SECTION,),
    tries=_tries,
    addresses=lambda chosen: {"NEXTCLOUD_URL": chosen.url},
    refused=_refused,
    look_again=_look_again,
    accounts=Accounts(3, _ref, set_open, state, last_seen=last_seen),
    host=lambda nextcloud: host_of(nextcloud.client.url) if nextcloud else "",
)
