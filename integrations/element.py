"""What an Element that people open in their browser says of itself, in its `config.json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.errors import Unavailable
from integrations.http import Http

LONGEST = 1_000_000  # bytes
WAIT = 8.0  # seconds


@dataclass(frozen=True, slots=True)
class Element:
    """`homeservers` are those where it signs in, each by name or by address; `straight_to_sso`: whoever is not signed
    in goes to the SSO at once, and from there to what they wanted to open."""

    homeservers: frozenset[str]
    straight_to_sso: bool


async def element_at(url: str, wait: float = WAIT) -> Element | None:
    """None where none is there; `wait` is in seconds."""
    http = Http("element", url, connect=wait, read=wait, longest=LONGEST)
    try:
        config = (await http("GET", "/config.json")).json()
    except Unavailable:
        return None
    finally:
        await http.close()
    return _read(config) if isinstance(config, dict) else None


def _read(config: dict[str, Any]) -> Element:
    homeserver = _within(_within(config, "default_server_config"), "m.homeserver")
    told = [homeserver.get("server_name"), homeserver.get("base_url")]
    told += [config.get("default_server_name"), config.get("default_hs_url")]
    named = frozenset(word.rstrip("/") for word in told if isinstance(word, str) and word)
    return Element(named, _within(config, "sso_redirect_options").get("immediate") is True)


def _within(config: dict[str, Any], name: str) -> dict[str, Any]:
    part = config.get(name)
    return part if isinstance(part, dict) else {}
