"""The public pages, asked for as people do: through the proxy, from outside; and the Element where they lead."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from bot.arrivals.page_addresses import KEY, Tokens
from bot.operator.doctor.homeserver_checks import Patient
from bot.services.directory import DIRECTORY, is_on_homeserver
from bot.settings import CENTRAL_ELEMENT
from bot.web.guard import INSIDE
from bot.web.proof import ANSWERED, ASKED
from integrations.domains import is_loopback
from integrations.element import element_at
from integrations.errors import Moved, Unavailable
from integrations.findings import Finding, away
from integrations.http import Answer, Http

WAIT = 8.0  # seconds
LONGEST = 1_000_000  # bytes of somebody's answer


async def public_address(patient: Patient) -> list[Finding]:
    """What can be said of PUBLIC_URL before the bot runs."""
    url = patient.settings.pages.public_url
    if not url:
        houses = (patient.settings.services, *(lieu.chosen for lieu in patient.settings.lieux))
        needed = any(is_on_homeserver(chosen[DIRECTORY]) for chosen in houses)
        return [Finding("pages-needed", False) if needed else Finding("pages-none", True)]
    clear = urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname)
    return [Finding("pages-in-clear", False, {"url": url})] if clear else []


async def pages(patient: Patient) -> list[Finding]:
    """Whether what is asked at PUBLIC_URL reaches this bot, whole, and nothing else does."""
    url = patient.settings.pages.public_url
    if not url:
        return []
    try:
        key = (patient.settings.data_dir / KEY).read_bytes()
    except FileNotFoundError:
        return [Finding("pages-later", True, {"url": url})]
    tokens, number = Tokens(key), secrets.randbelow(2**40)
    try:
        answer = await _asked(url, f"/proof/{tokens.of(ASKED, number)}")
    except Moved as moved:
        return [Finding("pages-moved", False, {"url": url, "to": moved.to or "?"})]
    except Unavailable as trouble:
        silent = Finding("pages-silent", False, {"url": url, **_listen(patient)})
        return [silent if trouble.passes else away("pages", trouble)]
    told = answer.json()
    if not isinstance(told, dict) or told.get("answer") != tokens.of(ANSWERED, number):
        return [Finding("pages-another", False, {"url": url, **_listen(patient)})]
    return [Finding("pages", True, {"url": url}), *_proxy(told), *await _inside(url)]


async def _asked(url: str, path: str) -> Answer:
    http = Http("pages", url, connect=WAIT, read=WAIT, longest=LONGEST)
    try:
        return await http("GET", path)
    finally:
        await http.close()


def _listen(patient: Patient) -> dict[str, str]:
    listen = patient.settings.http_listen
    return {"listen": f"{listen.host}:{listen.port}" if listen else "HTTP_LISTEN"}


def _proxy(told: dict[str, Any]) -> list[Finding]:
    """Limits count by address: who asks must be told, by somebody who is believed."""
    if not told.get("named"):
        return [Finding("pages-proxy-silent", True)]
    return [Finding("pages-proxy", told.get("believed") is True, {"peer": str(told.get("peer"))})]


async def _inside(url: str) -> list[Finding]:
    at = urlsplit(url)
    shown = [path for path in sorted(INSIDE) if await _is_shown(f"{at.scheme}://{at.netloc}", path)]
    return [Finding("pages-inside", not shown, {"paths": ", ".join(shown)})]


async def _is_shown(origin: str, path: str) -> bool:
    try:
        return (await _asked(origin, path)).status == 200
    except Unavailable:
        return False


async def client(patient: Patient) -> list[Finding]:
    """Whether the Element of CLIENT_URL signs in at our homeserver of itself."""
    told = patient.settings
    if not told.pages.public_url:
        return []
    url, ours = told.pages.client_url, told.matrix.server
    if url == CENTRAL_ELEMENT:
        return [Finding("client-central", True, {"server": ours})]
    element = await element_at(url)
    if element is None:
        return [Finding("client-unknown", False, {"url": url})]
    known = {ours, told.matrix.homeserver.rstrip("/")}
    words = {"url": url, "named": ", ".join(sorted(element.homeservers)) or "?", "ours": ours}
    ok = bool(element.homeservers & known)
    return [
        Finding("client", ok, words),
        *([Finding("client-form", True)] if ok and not element.straight_to_sso else []),
    ]


PAGES = (public_address, pages, client)
