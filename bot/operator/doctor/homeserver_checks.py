"""What the homeserver says of the bot: its account, its device, its keys, its limits. Asked as the bot does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import CredentialsRefused, DataUnusable, MatrixRefused
from bot.matrix.client_api import ClientApi, path
from bot.matrix.cross_signing import Identity
from bot.matrix.session import Session, damaged, remembered
from bot.matrix.untrusted_json import Json, block
from bot.services.synapse import SYNAPSE
from bot.settings import Settings
from bot.store.data_folder import SEEDS
from integrations.errors import LONGEST_ADDRESS, Unavailable
from integrations.findings import Finding
from integrations.http import Http

OLDEST = (1, 11)
DRIFT = 30.0  # seconds; the header that tells the time has whole ones
FEW_KEYS = 5
LONGEST = 65_536  # bytes
ADMINISTRATION = "/_synapse/admin/v1"
LIFTED = {"messages_per_second": 0, "burst_count": 0}
NOTHING_OF_ROOMS = '{"room":{"rooms":[]},"presence":{"types":[]},"account_data":{"types":[]}}'


@dataclass(frozen=True, slots=True)
class Patient:
    """Who is examined. `session` is None where the bot has never signed in; `env_file` holds the settings."""

    settings: Settings
    api: ClientApi
    session: Session | None
    env_file: Path | None = None

    @classmethod
    @asynccontextmanager
    async def of(cls, settings: Settings, env_file: Path | None = None) -> AsyncIterator[Patient]:
        session = _session(settings.data_dir)
        given = settings.matrix.access_token
        token = given.reveal() if given else session.access_token if session else ""
        api = ClientApi(settings.matrix.homeserver, token)
        try:
            yield cls(settings, api, session, env_file)
        finally:
            await api.close()


def _session(folder: Path) -> Session | None:
    """None also where it cannot be read, which is said elsewhere: everything else may be looked at."""
    try:
        return remembered(folder)
    except DataUnusable:
        return None


async def homeserver(patient: Patient) -> list[Finding]:
    """Reachable, recent enough, and of the same time as we are."""
    http = Http("matrix", patient.settings.matrix.homeserver, read=10.0)
    try:
        before = datetime.now(UTC)
        answer = await http("GET", "/_matrix/client/versions")
    finally:
        await http.close()
    if answer.status >= 500:
        raise Unavailable("matrix", cause="broken")
    if answer.is_page and answer.status in (401, 403, 407):
        raise Unavailable("matrix", cause="gate")
    versions = answer.json().get("versions") if isinstance(answer.json(), dict) else None
    known = sorted(_number(version) for version in versions or () if isinstance(version, str))
    if not known:
        return [await _elsewhere(patient.settings.matrix.homeserver)]
    newest = ".".join(map(str, known[-1]))
    return [
        Finding("homeserver", known[-1] >= OLDEST, {"version": newest}),
        *_clock(answer.headers.get("date"), before),
    ]


async def _elsewhere(address: str) -> Finding:
    """What is there instead: mostly a name at which only `.well-known` tells where its homeserver is."""
    http = Http("matrix", address, read=10.0, longest=LONGEST)
    try:
        told = (await http("GET", "/.well-known/matrix/client")).json()
    except Unavailable:
        told = None
    finally:
        await http.close()
    to = block(told, "m.homeserver").get("base_url") if isinstance(told, dict) else None
    if not isinstance(to, str) or not urlsplit(to).hostname or not to.isprintable() or to.rstrip("/") == address:
        return Finding("not-a-homeserver", False, {"address": address})
    return Finding("homeserver-elsewhere", False, {"address": address, "to": to.rstrip("/")[:LONGEST_ADDRESS]})


def _number(version: str) -> tuple[int, ...]:
    parts = version.removeprefix("v").split(".")
    return tuple(int(part) for part in parts) if all(map(str.isdecimal, parts)) else (0,)


def _clock(date: str | None, ours: datetime) -> list[Finding]:
    try:
        drift = abs((parsedate_to_datetime(date or "") - ours).total_seconds())
    except (ValueError, TypeError):
        return [Finding("clock-unknown", True)]
    return [Finding("clock", drift <= DRIFT, {"seconds": f"{drift:.0f}"})]


async def account(patient: Patient) -> list[Finding]:
    """Signed in, and as whom the settings say."""
    if not patient.api.token:
        return [Finding("not-signed-in", False)]
    answer = await patient.api.call("GET", path("account", "whoami"))
    found, wanted = str(answer.get("user_id")), patient.settings.matrix.user
    return [Finding("account", found == wanted, {"user": found, "wanted": wanted})]


async def device(patient: Patient) -> list[Finding]:
    """Known under our keys, and signed with them: without that, clients warn people about the bot."""
    session, seeds = patient.session, patient.settings.data_dir / SEEDS
    if not session or not seeds.exists():
        return [Finding("device-unsigned", False)]
    try:
        identity = Identity.load(session.user_id, seeds)
    except ValueError as problem:
        raise damaged(seeds, problem) from None
    answer = await patient.api.call("POST", path("keys", "query"), {"device_keys": {session.user_id: []}})
    ours: Json = block(answer, "device_keys", session.user_id, session.device_id)
    if not ours:
        return [Finding("device-unknown", False, {"device": session.device_id})]
    if not identity.is_known_by(answer):
        return [Finding("identity-replaced", False)]
    return [Finding("device-signed" if identity.has_signed(ours) else "device-unsigned", identity.has_signed(ours))]


async def keys(patient: Patient) -> list[Finding]:
    """One-time keys and the fallback key: without them nobody new can write to the bot."""
    if not patient.session:
        return []
    counted = await patient.api.call("POST", path("keys", "upload"), {})
    left = block(counted, "one_time_key_counts").get("signed_curve25519", 0)
    # A first sync takes nothing away: letters are forgotten only by a sync that goes on from their token.
    told = await patient.api.call("GET", path("sync"), timeout=0, filter=NOTHING_OF_ROOMS, set_presence="offline")
    fallback = told.get("device_unused_fallback_key_types")
    return [
        Finding("one-time-keys", isinstance(left, int) and left >= FEW_KEYS, {"count": str(left)}),
        Finding("fallback-key", isinstance(fallback, list) and "signed_curve25519" in fallback),
    ]


async def limits(patient: Patient) -> list[Finding]:
    """Synapse's limits are made for a person; a bot that welcomes thirty people needs them lifted."""
    if not patient.settings.services[SYNAPSE]:
        return [Finding("limits-unknown", True)]
    return await _override(patient, "GET")


async def lift_limits(patient: Patient) -> list[Finding]:
    """Take them off the bot's account."""
    if not patient.settings.services[SYNAPSE]:
        return [Finding("admin-token-missing", False)]
    return await _override(patient, "POST", LIFTED)


async def _override(patient: Patient, method: str, body: Json | None = None) -> list[Finding]:
    matrix, admin = patient.settings.matrix, patient.settings.services[SYNAPSE]
    api = ClientApi(matrix.homeserver, admin.token.reveal() if admin else "")
    try:
        limits = await api.call(method, path("users", matrix.user, "override_ratelimit", under=ADMINISTRATION), body)
    except (CredentialsRefused, MatrixRefused):
        return [Finding("admin-token", False)]
    finally:
        await api.close()
    return [Finding("limits", limits == LIFTED)]


HOMESERVER = (homeserver, account, device, keys, limits)
