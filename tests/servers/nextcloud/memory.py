"""What a Nextcloud remembers: accounts, groups, folders, shares, the mails that it sent."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

ADMINS = "admin"
FIRST_FILE = 200
FIRST_BINNED = 1796034103  # they are told apart by the second in which they were thrown away
TOKEN_LENGTH = 15
PERSON, GROUP, LINK, MAIL, REMOTE = 0, 1, 3, 4, 6
READ, UPDATE, CREATE, DELETE, RESHARE, ALL = 1, 2, 4, 8, 16, 31
SNOWFLAKE = 155034688454967296  # ids of what other servers offer, since version 34


@dataclass
class Account:
    id: str
    password: str = ""
    name: str = ""
    email: str | None = None
    groups: list[str] = field(default_factory=list)
    subadmin: list[str] = field(default_factory=list)
    language: str = "en"
    locale: str = ""
    phone: str = ""
    quota: int = -3
    enabled: bool = True
    last_login: int = 0
    backend: str = "Database"
    app_passwords: set[str] = field(default_factory=set)
    has_team_folders: bool = False  # their settings were delegated to it
    app_password_only: bool = False  # two-factor or tokens enforced: the real password opens nothing

    @property
    def is_admin(self) -> bool:
        return ADMINS in self.groups


@dataclass
class Node:
    """A folder (content None) or a file. `permissions`: other letters than its owner's; `offer`: whose mount it is."""

    id: int
    content: bytes | None = None
    kind: str = "httpd/unix-directory"
    permissions: str = ""
    offer: str = ""
    etag: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def is_folder(self) -> bool:
        return self.content is None


@dataclass
class Binned:
    """What was thrown away: `name` in the bin, where it was, and itself with all that was in it by their paths."""

    name: str
    path: str
    nodes: dict[str, Node]


@dataclass
class Share:
    id: str
    type: int
    owner: str
    path: str
    to: str | None
    permissions: int
    expires: str | None = None
    password: str | None = None
    label: str = ""
    note: str = ""
    token: str | None = None
    hide_download: bool = False
    hollow: Node | None = None  # of another server's folder that was taken back: its recipients still see a name

    def has_ended(self, today: date, *, modern: bool) -> bool:
        """The newer version shares until the evening of the last day, the older one until the evening before."""
        if not self.expires:
            return False
        last = date.fromisoformat(self.expires)
        return last < today or (last == today and not modern)


@dataclass
class TeamFolder:
    id: int
    name: str
    groups: dict[str, int] = field(default_factory=dict)
    quota: int = -3
    acl: bool = False
    manage: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Storage:
    """An external storage, mounted for these groups."""

    id: int
    name: str
    groups: list[str] = field(default_factory=list)


@dataclass
class Offer:
    """A folder of another server that somebody here may accept. `mount`: where it then is, as soon as it is reached;
    `seen`: how often it was met there by a look through the home."""

    id: str
    remote: str
    remote_id: str
    token: str
    name: str
    owner: str
    user: str
    accepted: bool = False
    mount: str = ""
    permissions: int = ALL
    seen: int = 0


@dataclass(frozen=True)
class Mail:
    """A mail that left the server. `with_link`: it lets the person choose a password."""

    to: str
    with_link: bool


@dataclass
class Policy:
    """The switches of the administration page."""

    sharing: bool = True
    group_sharing: bool = True
    links: bool = True
    link_upload: bool = True
    link_password: bool = False
    link_days: int | None = None
    internal_days: int | None = None
    remote_days: int | None = None
    ends_enforced: bool = True  # those days are the most, and not only what is taken where nothing is said
    own_groups_only: bool = False
    email_required: bool = False
    generated_ids: bool = False
    team_folders: bool = True
    mail_works: bool = True
    federation: bool = True
    mail_shares: bool = True
    storages_app: bool = True
    password_app: bool = True
    memory_cache: bool = True  # nearly every installation has one
    deposits_stay_readable: bool = False  # not met on a real server: what the bot does all the same


class Memory:
    """Everything above, of one server of one version."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.modern = int(version.partition(".")[0]) >= 34
        self.policy = Policy()
        self.accounts: dict[str, Account] = {}
        self.groups: list[str] = [ADMINS]
        self.shown: dict[str, str] = {}  # what some groups are called by those who see them
        self.homes: dict[str, dict[str, Node]] = {}
        self.bins: dict[str, list[Binned]] = {}
        self.shares: dict[str, Share] = {}
        self.team_folders: dict[int, TeamFolder] = {}
        self.storages: list[Storage] = []
        self.offers: dict[str, Offer] = {}
        self.mails: list[Mail] = []
        self.token: Callable[[], str] = lambda: secrets.token_urlsafe(TOKEN_LENGTH)[:TOKEN_LENGTH]
        self._ids = itertools.count(1)
        self._files = itertools.count(FIRST_FILE)
        self._binned = itertools.count(FIRST_BINNED)

    def find(self, login: str) -> Account | None:
        """Logins are the same in any case."""
        return next((a for a in self.accounts.values() if a.id.casefold() == login.casefold()), None)

    def add(self, account: Account) -> Account:
        account.name = account.name or account.id
        account.groups, account.subadmin = list(account.groups), list(account.subadmin)
        self.accounts[account.id] = account
        self.homes[account.id] = {"": self.node()}
        self.groups += [group for group in account.groups if group not in self.groups]
        return account

    def remove(self, account: Account) -> None:
        del self.accounts[account.id], self.homes[account.id]
        self.shares = {id: s for id, s in self.shares.items() if account.id not in (s.owner, s.to)}

    def throw_away(self, login: str, path: str) -> None:
        """Into the bin of whose home it is in; what is shared of it ends."""
        home = self.homes[login]
        nodes = {each: home.pop(each) for each in [*home] if f"{each}/".startswith(f"{path}/")}
        name = f"{path.rpartition('/')[2]}.d{next(self._binned)}"
        self.bins.setdefault(login, []).append(Binned(name, path, nodes))
        ended = [id for id, one in self.shares.items() if one.owner == login and is_in(path, one.path)]
        for id in ended:
            del self.shares[id]

    def move(self, login: str, path: str, to: str) -> None:
        """With all that is in it, and its shares."""
        home = self.homes[login]
        for each in [each for each in home if is_in(path, each)]:
            home[to + each.removeprefix(path)] = home.pop(each)
        for share in self.shares.values():
            if share.owner == login and is_in(path, share.path):
                share.path = f"/{to}{share.path.strip('/').removeprefix(path)}"

    def members(self, group: str) -> list[str]:
        return sorted(account.id for account in self.accounts.values() if group in account.groups)

    def groups_like(self, search: str) -> list[str]:
        """In whose id or name this is."""
        wanted = search.casefold()
        return [one for one in self.groups if wanted in one.casefold() or wanted in self.shown.get(one, "").casefold()]

    def used(self, login: str) -> int:
        """Bytes in somebody's home."""
        return sum(len(node.content or b"") for node in self.homes[login].values())

    def team_folder(self, name: str) -> TeamFolder:
        id = max(self.team_folders, default=0) + 1
        folder = self.team_folders[id] = TeamFolder(id, name)
        return folder

    def node(self, content: bytes | None = None, kind: str = "httpd/unix-directory", offer: str = "") -> Node:
        return Node(next(self._files), content, kind, offer=offer)

    def share(self, type: int, owner: str, path: str, to: str | None, permissions: int, **more: str | None) -> Share:
        token = self.token() if type in (LINK, MAIL, REMOTE) else None
        share = Share(str(next(self._ids)), type, owner, path, to, permissions, token=token)
        for name, value in more.items():
            setattr(share, name, value)
        self.shares[share.id] = share
        return share

    def offer(self, **told: str) -> Offer:
        offer = Offer(str((SNOWFLAKE if self.modern else 0) + next(self._ids)), **told)
        self.offers[offer.id] = offer
        return offer


def is_in(path: str, other: str) -> bool:
    """Whether the other path is this one, or in it."""
    return f"{other.strip('/')}/".startswith(f"{path}/")
