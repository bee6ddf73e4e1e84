"""A lieu's Nextcloud: its settings, what the operator is asked and told about it, and what becomes of somebody's
account there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.services.environment import NONE, Secret, Sources
from bot.services.service import DONE, Accounts, Holder, Question, Section, Sentence, Service
from bot.services.service import NONE as NO_ACCOUNT
from bot.talk.ports import CloudAddress
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


# -- what the operator is asked and told

SECTION = Section(
    "Nextcloud",
    (
        Question("NEXTCLOUD_URL", "Its address (https://…)"),
        Question("NEXTCLOUD_USER", "The bot's account there, group admin of the lieu's group"),
        Question("NEXTCLOUD_APP_PASSWORD", "An app password of that account (its settings, under Security)"),
        Question("NEXTCLOUD_PASSWORD", "The account's real password, if accounts must be confirmed (or empty)"),
        Question("NEXTCLOUD_ACCOUNTS", "Who makes people's accounts", "sso", ("sso", "bot")),
    ),
    invitation="\nDoes the lieu have a Nextcloud?",
)

SENTENCES: Mapping[str, Sentence] = {
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
}

NEXTCLOUD: Service[NextcloudSettings, Nextcloud | None] = Service(
    "nextcloud",
    names=("NEXTCLOUD_APP_PASSWORD", "NEXTCLOUD_PASSWORD", "NEXTCLOUD_URL", "NEXTCLOUD_USER", "NEXTCLOUD_ACCOUNTS"),
    secrets=("NEXTCLOUD_APP_PASSWORD", "NEXTCLOUD_PASSWORD"),
    starts=("NEXTCLOUD_",),
    read=_read,
    build=_build,
    absent=None,
    handed=_handed,
    sentences=SENTENCES,
    hints=("nextcloud-accounts-unknown", "nextcloud-confirmation-unknown", "nextcloud-none"),
    sections=(SECTION,),
    addresses=lambda chosen: {"NEXTCLOUD_URL": chosen.url},
    refused=_refused,
    look_again=_look_again,
    accounts=Accounts(3, _ref, set_open, state),
)
