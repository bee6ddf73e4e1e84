"""A lieu's site on WordPress: its settings, what the operator is asked and told about it, and the accounts that an
arrival opens there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.services.environment import NONE, Secret, Sources
from bot.services.service import (
    DONE,
    WITH_FILES,
    Guest,
    Openings,
    Question,
    Section,
    Seen,
    Sentence,
    Service,
    answers,
    host_of,
)
from integrations.directory import login_from
from integrations.domains import same_email
from integrations.errors import Conflict
from integrations.outbound import Outside
from integrations.wordpress import KINDS, ROLES, Account, WordPress

ALIKE = 5  # usernames that are tried where others have the first


@dataclass(frozen=True, slots=True)
class WordPressSettings:
    url: str
    user: str
    app_password: Secret


def _read(sources: Sources) -> WordPressSettings | None:
    if not sources.any_of("WORDPRESS_") or sources.text("WORDPRESS_URL") == NONE:
        return None
    return WordPressSettings(
        url=sources.url("WORDPRESS_URL"),
        user=sources.required("WORDPRESS_USER"),
        app_password=sources.required_secret("WORDPRESS_APP_PASSWORD"),
    )


def _build(chosen: WordPressSettings, _: Outside | None) -> WordPress:
    return WordPress(chosen.url, chosen.user, chosen.app_password.reveal())


def _handed(site: WordPress | None) -> Mapping[type, object]:
    return {WordPress: site}


# -- somebody's account


async def free(site: WordPress, guest: Guest) -> None:
    """Raises Conflict where an account has this address."""
    if await site.accounts.find(guest.email):
        raise Conflict("wordpress-email", email=guest.email)


async def make(site: WordPress, guest: Guest, choice: str, again: bool) -> Seen:
    return _seen(site, await site.accounts.make(_logins(guest), guest.email, guest.name, choice, again=again))


def _logins(guest: Guest) -> list[str]:
    """The same at each try: by its name, what an earlier one has made is known again."""
    first = guest.login or login_from(guest.name) or login_from(guest.email.partition("@")[0]) or "membre"
    return [first, *(f"{first}{number}" for number in range(2, ALIKE + 1))]


async def look(site: WordPress, ref: str) -> Seen | None:
    found = await site.accounts.get(ref)
    return _seen(site, found) if found else None


async def is_whose(site: WordPress, ref: str, guest: Guest) -> bool:
    """By the address, which is one account's alone there."""
    found = await site.accounts.get(ref)
    return found is not None and same_email(found["email"], guest.email)


def _seen(site: WordPress, account: Account) -> Seen:
    given = [role for role in ROLES if role in account["roles"]]
    return {
        "ref": account["id"],
        "choice": given[-1] if given else "",
        "more": not {*account["roles"]} <= {*ROLES},
        "login": account["login"],
        "link": site.password_page,
    }


async def change(site: WordPress, ref: str, choice: str) -> None:
    await site.accounts.set_role(ref, choice)


async def holds(site: WordPress, ref: str) -> Mapping[str, int]:
    return await site.accounts.written(ref)


async def close(site: WordPress, ref: str, heir: str) -> str:
    if await site.accounts.get(ref) is None:
        return DONE
    if not heir and any((await site.accounts.written(ref)).values()):
        await site.accounts.set_role(ref, "")
        return WITH_FILES
    await site.accounts.remove(ref, heir)
    return DONE


# -- what the operator is asked and told

SECTION = Section(
    "WordPress",
    (
        Question("WORDPRESS_URL", "Its address, as people have it (https://…)"),
        Question("WORDPRESS_USER", "The bot's account there, an administrator"),
        Question("WORDPRESS_APP_PASSWORD", "An application password of that account (its profile, at the bottom)"),
    ),
    invitation="\nDoes the lieu have a site on WordPress, where newcomers may be given an account?",
)

SENTENCES: Mapping[str, Sentence] = {
    "wordpress-none": ("WordPress", "not set up", ""),
    "wordpress-unreachable": ("WordPress", "", "no answer: is it up, is WORDPRESS_URL right?"),
    "wordpress-reachable": ("WordPress", "answers", ""),
    "wordpress-address": (
        "WordPress",
        "",
        "there is no WordPress with its REST API at WORDPRESS_URL: write its whole address, with the folder where it is"
        " in one (https://example.org/site), and let /wp-json through, if a plugin or a firewall shuts it off",
    ),
    "wordpress-plain": (
        "WordPress addresses",
        "are plain (?p=123), which works too: pretty permalinks (Settings, Permalinks) are what most plugins expect",
        "",
    ),
    "wordpress-maintenance": ("WordPress", "", "is being brought up to date: wait; if that lasts, remove .maintenance"),
    "wordpress-no-application-passwords": (
        "WordPress account",
        "",
        "application passwords are off: the site needs https, and no plugin (Wordfence…) may switch them off",
    ),
    "wordpress-credentials": (
        "WordPress account",
        "",
        "refused: make an application password (Users, Profile) and set WORDPRESS_USER and WORDPRESS_APP_PASSWORD, for"
        " the account's own is none; if they are right, the web server loses the Authorization header: have it passed"
        " on to PHP (CGIPassAuth on, or SetEnvIf Authorization)",
    ),
    "wordpress-rights": (
        "WordPress account",
        "signed in as {account}, who may change every account: WordPress knows no smaller right. The bot touches those"
        " alone that it made, and makes no editor and no administrator",
        "signed in as {account}, who lacks {rights}: make it an administrator (Users)",
    ),
    "wordpress-not-administrator": (
        "WordPress account",
        "",
        "knows the bot, and does not let it look after accounts: make WORDPRESS_USER an administrator (Users)",
    ),
    "wordpress-no-accounts": (
        "WordPress",
        "",
        "has no door for accounts (/wp-json/wp/v2/users): a plugin shuts it off; let it through for WORDPRESS_USER",
    ),
    "wordpress-rejected": ("WordPress", "", "refuses ({reason}): look at its own log"),
    "wordpress-not-found": ("WordPress", "", "does not find what it should: look at its own log"),
}

WORDPRESS: Service[WordPressSettings, WordPress | None] = Service(
    "wordpress",
    names=("WORDPRESS_APP_PASSWORD", "WORDPRESS_URL", "WORDPRESS_USER"),
    secrets=("WORDPRESS_APP_PASSWORD",),
    starts=("WORDPRESS_",),
    read=_read,
    build=_build,
    absent=None,
    answers=answers,
    handed=_handed,
    sentences=SENTENCES,
    where="WORDPRESS_URL",
    hints=("wordpress-none", "wordpress-plain"),
    sections=(SECTION,),
    addresses=lambda chosen: {"WORDPRESS_URL": chosen.url},
    host=lambda wordpress: host_of(wordpress.client.url) if wordpress else "",
    openings=Openings(ROLES, free, make, look, is_whose, change, holds, close, kinds=KINDS),
)
