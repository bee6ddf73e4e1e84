"""Environment and `bot.env` → one frozen `Settings`, or everything that is wrong with them at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.errors import BadSettings
from bot.services import registry
from bot.services import settings as services
from bot.services.directory import DIRECTORY, account_home
from bot.services.environment import Secret, Sources
from bot.services.settings import Chosen, OfLieu
from bot.store.data_folder import SESSION
from integrations.domains import asked

if TYPE_CHECKING:
    from integrations import storage

__all__ = [
    "LANGUAGES",
    "NAMES",
    "SECRETS",
    "Backups",
    "Listen",
    "Matrix",
    "Pages",
    "Secret",
    "Settings",
    "backup_storage",
    "data_dir",
    "unknown",
]

# One for each catalogue; French, which the others fall back on, is the first.
LANGUAGES = ("fr", *sorted({f.name[:-3] for f in files("locales").iterdir() if f.name.endswith(".po")} - {"fr"}))
CENTRAL_ELEMENT = "https://app.element.io"
PREFIX = re.compile(r"[^\w\s/@#]{1,3}")
PLAIN_ADDRESS = re.compile(r"(https?://[^/?#]+(/(?!\.+/|\.+$)[A-Za-z0-9_.~-]+)*)?")  # what is under it is what is asked
USER_ID = re.compile(r"@[a-z0-9._=/+-]+:[A-Za-z0-9.:\[\]-]+")
RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,2})?)\s*%?")
HALF = 5_000  # of the time, in hundredths of a percent: nobody promises less
SPACE_ID = re.compile(r"![^\s,:]+(:[A-Za-z0-9.:\[\]-]+)?")  # since version 12 of rooms, without a server

# fmt: off
SECRETS = ("MATRIX_PASSWORD", "MATRIX_ACCESS_TOKEN", "BACKUP_SECRET_KEY", "BACKUP_SSH_PASSWORD", *registry.SECRETS)
NAMES = (
    "MATRIX_PASSWORD", "MATRIX_ACCESS_TOKEN", "MATRIX_USER", "DATA_DIR", *registry.NAMES,
    "ALLOWED_SERVERS", "OPERATORS", "LIEUX", "TRUSTED_CLOUDS", "CHATONS_URL", "LANGUAGE", "TIMEZONE", "COMMAND_PREFIX",
    "BACKUP_URL", "BACKUP_RECIPIENT", "BACKUP_ACCESS_KEY", "BACKUP_SECRET_KEY",
    "BACKUP_SSH_KEY", "BACKUP_SSH_PASSWORD", "BACKUP_SSH_HOST_KEY", "PROMISED_AVAILABILITY",
    "HTTP_LISTEN", "PUBLIC_URL", "CLIENT_URL", "TRUSTED_PROXIES",
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Matrix:
    """The bot's own account."""

    homeserver: str
    user: str
    password: Secret | None
    access_token: Secret | None

    @property
    def server(self) -> str:
        return self.user.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Listen:
    """Where health and metrics are served. Port 0 takes a free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Pages:
    """`public_url`: where people find the public pages (empty: there are none); `client_url`: the Element that they
    open in a browser; `proxies`: whose word on who asks is taken, besides that of this machine."""

    public_url: str
    client_url: str
    proxies: tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Backups:
    """Where copies go every night (`integrations.storage.place`), the public keys (age) of whoever can read them, and
    what opens that place (`integrations.storage.Keys`)."""

    url: str
    recipients: tuple[str, ...] = ()
    access_key: str = ""
    secret_key: Secret | None = None
    ssh_key: str = ""
    ssh_password: Secret | None = None
    host_key: str = ""

    @property
    def towards(self) -> str:
        """A digest of where copies go and who can read them: what was proved of another place, or for another key,
        says nothing of this one. Other keys of the same bucket change nothing."""
        whose = "\n".join([self.url.rstrip("/"), *sorted(self.recipients)])
        return sha256(whose.encode()).hexdigest()[:12]

    @property
    def keys(self) -> storage.Keys:
        from integrations import storage

        secret, password = (one.reveal() if one else "" for one in (self.secret_key, self.ssh_password))
        return storage.Keys(self.access_key, secret, self.ssh_key, password, self.host_key)

    def lacking(self, place: storage.Place) -> Iterator[tuple[str, str]]:
        """Which settings that place cannot be opened without, each with a sentence."""
        from integrations.storage import FINGERPRINT

        if place.is_bucket:
            given = {"BACKUP_ACCESS_KEY": self.access_key, "BACKUP_SECRET_KEY": self.secret_key}
            yield from ((name, f"{name} is missing") for name, value in given.items() if not value)
        elif not place.is_here:
            if not (self.ssh_key or self.ssh_password):
                yield (
                    "BACKUP_SSH_PASSWORD",
                    "BACKUP_SSH_KEY (the file of a private key) or BACKUP_SSH_PASSWORD is missing: one opens sftp://",
                )
            if not (FINGERPRINT.search(self.host_key) or self.host_key.startswith(("/", "~"))):
                yield (
                    "BACKUP_SSH_HOST_KEY",
                    "BACKUP_SSH_HOST_KEY must be what the machine is known by: its fingerprint (SHA256:…), as its host"
                    " publishes it, or the path of a known_hosts. To see what it shows now: "
                    f"ssh-keyscan -p {place.port} {place.host} | ssh-keygen -lf -",
                )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the operator chose. `allowed_servers`: whose people may invite the bot; `operators`: who is asked
    whether a space is a lieu; `spaces`: of those that are, whoever invites the bot; `trusted_clouds`: those of others
    that may be shared with although not everybody can reach them; `chatons_url`: the file of a federation of
    hosts (empty: none is read); `backups`: None where no copy leaves the machine; `promise`: how much of the time
    services are to answer, in hundredths of a percent (0: nothing is promised); `lieux`: those which have services of
    their own, and `services` those of every other lieu."""

    matrix: Matrix
    services: Chosen
    lieux: tuple[OfLieu, ...]
    data_dir: Path
    allowed_servers: tuple[str, ...]
    operators: tuple[str, ...]
    spaces: tuple[str, ...]
    trusted_clouds: tuple[str, ...]
    chatons_url: str
    backups: Backups | None
    promise: int
    language: str
    timezone: ZoneInfo
    prefix: str
    http_listen: Listen | None
    pages: Pages

    @classmethod
    def load(cls, environ: Mapping[str, str], env_file: Path | None) -> Settings:
        """Read both; the environment wins. Raises BadSettings with a sentence for each thing that is wrong."""
        sources = _sources(environ, env_file)
        settings = _settings(sources)
        if sources.problems:
            raise BadSettings(sources.problems)
        return settings


def data_dir(environ: Mapping[str, str], env_file: Path | None) -> Path:
    """Where the data are, whatever else is wrong: a backup is wanted most when nothing works."""
    return _data_dir(_sources(environ, env_file))


def unknown(environ: Mapping[str, str], env_file: Path | None) -> list[str]:
    """What the file sets that is no setting of this version."""
    return _sources(environ, env_file).unknown()


def backup_storage(environ: Mapping[str, str], env_file: Path | None) -> Backups:
    """Where the copies are, as far as it was written down, whatever else is wrong: on a new machine, there may be no
    more than what opens that place."""
    return _place_for_copies(_sources(environ, env_file))


def _place_for_copies(sources: Sources) -> Backups:
    return Backups(
        sources.text("BACKUP_URL"),
        _words(sources, "BACKUP_RECIPIENT"),
        sources.text("BACKUP_ACCESS_KEY"),
        sources.secret("BACKUP_SECRET_KEY"),
        sources.text("BACKUP_SSH_KEY"),
        sources.secret("BACKUP_SSH_PASSWORD"),
        sources.text("BACKUP_SSH_HOST_KEY"),
    )


def _sources(environ: Mapping[str, str], env_file: Path | None) -> Sources:
    return Sources(environ, env_file, NAMES, SECRETS, services.OF_LIEU)


def _data_dir(sources: Sources) -> Path:
    return Path(sources.text("DATA_DIR", "data")).expanduser()


def _settings(sources: Sources) -> Settings:
    folder = _data_dir(sources)
    matrix, common = _matrix(sources, folder), services.common(sources)
    houses = services.of_lieux(sources, common)
    for lieu in houses:
        home = account_home(lieu.chosen[DIRECTORY])
        if home and home.casefold() != matrix.homeserver.casefold():
            sources.wrong(
                f"{lieu.prefix}DIRECTORY: such accounts are those of the bot's own homeserver. Set"
                f" {lieu.prefix}MATRIX_HOMESERVER to {matrix.homeserver}, or let a second bot run on the other one"
            )
    operators = _ids(sources, "OPERATORS", USER_ID, "a whole Matrix address, like @ines:example.org")
    if matrix.user in operators:
        sources.wrong("OPERATORS are the people who host the bot: the bot cannot be asked about itself")
    return Settings(
        matrix=matrix,
        services=common,
        lieux=houses,
        data_dir=folder,
        allowed_servers=tuple(map(asked, _words(sources, "ALLOWED_SERVERS"))) or (matrix.server,),
        operators=operators,
        spaces=_ids(sources, "LIEUX", SPACE_ID, "the id of a space, like !abcdef:example.org"),
        trusted_clouds=_clouds(sources),
        chatons_url=sources.url("CHATONS_URL") if sources.text("CHATONS_URL") else "",
        backups=_backups(sources),
        promise=_promise(sources),
        language=_language(sources),
        timezone=_timezone(sources),
        prefix=_prefix(sources),
        http_listen=_listen(sources),
        pages=_pages(sources),
    )


def _matrix(sources: Sources, folder: Path) -> Matrix:
    password, token = sources.secret("MATRIX_PASSWORD"), sources.secret("MATRIX_ACCESS_TOKEN")
    if not (password or token or _has_signed_in(folder)):
        sources.wrong(
            "MATRIX_PASSWORD (or MATRIX_ACCESS_TOKEN) is missing: the bot has not signed in yet, or its data are not in"
            f" {folder} (is it mounted?)"
        )
    homeserver, user = sources.url("MATRIX_HOMESERVER"), sources.required("MATRIX_USER")
    if user and not USER_ID.fullmatch(user):
        sources.wrong("MATRIX_USER must be a whole Matrix address, like @conciergerie:example.org")
    return Matrix(homeserver, user, password, token)


def _has_signed_in(folder: Path) -> bool:
    try:
        return (folder / SESSION).exists()
    except OSError:  # shut to us: that is told by whoever opens it
        return True


def _words(sources: Sources, name: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", sources.text(name)) if word)


def _ids(sources: Sources, name: str, shape: re.Pattern[str], wanted: str) -> tuple[str, ...]:
    found = _words(sources, name)
    for word in found:
        if not shape.fullmatch(word):
            sources.wrong(f"{name}: {word} must be {wanted}")
    return tuple(dict.fromkeys(found))


def _clouds(sources: Sources) -> tuple[str, ...]:
    found = _words(sources, "TRUSTED_CLOUDS")
    if any(set(name) & set("/@:") for name in found):
        sources.wrong("TRUSTED_CLOUDS must be names of machines like cloud.example.org, separated by spaces")
    return found


def _backups(sources: Sources) -> Backups | None:
    if not sources.text("BACKUP_URL"):
        if name := sources.any_of("BACKUP_"):
            sources.wrong(f"{name} needs BACKUP_URL: where copies go")
        return None
    from integrations import storage  # for those who have copies

    chosen = _place_for_copies(sources)
    try:
        _opened_by(sources, storage.place(chosen.url), chosen)
    except ValueError as wrong:
        sources.wrong(f"BACKUP_URL {wrong}")
    sources.required("BACKUP_RECIPIENT")
    if not all(map(RECIPIENT.fullmatch, chosen.recipients)):  # which is not repeated: it may be the secret half
        sources.wrong(
            "BACKUP_RECIPIENT must be a public key of age, which begins with age1 (several, separated by spaces)"
        )
    return chosen


def _opened_by(sources: Sources, place: storage.Place, chosen: Backups) -> None:
    """Whether what opens that place is there."""
    if place.is_here and Path(place.path).resolve().is_relative_to(_data_dir(sources).resolve()):
        sources.wrong("BACKUP_URL must not lie in DATA_DIR: what takes the data would take the copies")
    for name, sentence in chosen.lacking(place):
        if not sources.text(f"{name}_FILE"):  # of which it is said that there is nothing in it
            sources.wrong(sentence)


def _promise(sources: Sources) -> int:
    """In hundredths of a percent."""
    value = sources.text("PROMISED_AVAILABILITY")
    found = PERCENT.fullmatch(value)
    share = round(float(found[1].replace(",", ".")) * 100) if found else 0
    if value and not HALF <= share <= 10_000:  # « 0,99 » is no one percent
        sources.wrong("PROMISED_AVAILABILITY must be a share of the time, like 99,5 %")
        return 0
    return share


def _language(sources: Sources) -> str:
    # A desktop's shell has a LANGUAGE of its own ("fr_FR:fr"): the file wins, and a foreign value is not a mistake.
    if sources.is_in_file("LANGUAGE"):
        return sources.choice("LANGUAGE", LANGUAGES, file_first=True)
    value = sources.text("LANGUAGE")
    return value if value in LANGUAGES else LANGUAGES[0]


def _timezone(sources: Sources) -> ZoneInfo:
    name = sources.text("TIMEZONE", "Europe/Paris")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        sources.wrong(f"TIMEZONE: no time zone is called {name!r}; write one like Europe/Paris")
        return ZoneInfo("UTC")


def _prefix(sources: Sources) -> str:
    prefix = sources.text("COMMAND_PREFIX", "!")
    if not PREFIX.fullmatch(prefix):
        sources.wrong("COMMAND_PREFIX must be one to three signs like ! (Matrix clients keep / @ and # for themselves)")
    return prefix


def _listen(sources: Sources) -> Listen | None:
    value = sources.text("HTTP_LISTEN")
    host, _, port = value.rpartition(":")
    if not value:
        return None
    if not host or not port.isdecimal() or int(port) > 65535:
        sources.wrong("HTTP_LISTEN must be an address and a port, like 127.0.0.1:8009")
        return None
    return Listen(host.strip("[]"), int(port))


def _pages(sources: Sources) -> Pages:
    public = sources.url("PUBLIC_URL") if sources.text("PUBLIC_URL") else ""
    if public and not sources.text("HTTP_LISTEN"):
        sources.wrong(
            "PUBLIC_URL needs HTTP_LISTEN: the address to which your reverse proxy passes what is asked there"
        )
    if not PLAIN_ADDRESS.fullmatch(public):
        sources.wrong("PUBLIC_URL may end with a path of plain letters, like https://example.org/welcome, and no more")
    client = sources.url("CLIENT_URL") if sources.text("CLIENT_URL") else CENTRAL_ELEMENT
    return Pages(public, client, tuple(_networks(sources, "TRUSTED_PROXIES")))


def _networks(sources: Sources, name: str) -> Iterator[IPv4Network | IPv6Network]:
    for word in _words(sources, name):
        try:
            yield ip_network(word, strict=False)
        except ValueError:
            sources.wrong(f"{name}: {word} must be an address or a network, like 10.0.0.2 or 10.0.0.0/24")
