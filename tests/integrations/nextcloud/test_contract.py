"""The stand-in answers as the real servers did: status, envelope, fields and their types, for every recording."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from tests.servers.nextcloud import StandIn

from .before import ALSO_SENT, prepare
from .recorded import LEFT_OUT, VERSIONS, Scenario, credentials, scenarios, world

HEADERS = ("content-type", "www-authenticate", "retry-after", "x-nextcloud-maintenance-mode", "allow")


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_stand_in_answers_as_it_was_recorded(version: str, subtests: pytest.Subtests) -> None:
    replayed = 0
    for scenario in (one for one in scenarios(version) if not one.left_out):
        replayed += 1
        with subtests.test(scenario.name):
            server = world(scenario.version, scenario.day)
            prepare(server, scenario)
            answer = await replay(server, scenario)
            recorded = scenario.response
            assert answer.status_code == recorded["status"]
            assert _headers(dict(answer.headers)) == _headers(recorded["headers"])
            assert _described(_body(answer)) == _described(recorded["body"])
    assert replayed > 290


async def replay(server: StandIn, scenario: Scenario) -> httpx.Response:
    """The recorded request, sent straight into the stand-in."""
    request = scenario.request
    headers = {name: value for name, value in request["headers"].items() if name != "authorization"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://cloud-a.example") as client:
        return await client.request(
            request["method"],
            request["path"],
            params=request["query"] or {},
            headers=headers | credentials(scenario.who) | ALSO_SENT.get(scenario.name, {}),
            content=_content(request),
        )


def _content(request: dict[str, Any]) -> str | None:
    body = request["body"]
    if not isinstance(body, dict):
        return body if body is None else str(body)
    if request["headers"].get("content-type") == "application/json":
        return json.dumps(body)
    return str(httpx.QueryParams(body))


def _headers(headers: dict[str, str]) -> dict[str, str]:
    kept = {name: headers[name] for name in HEADERS if name in headers}
    return {name: value.replace(" ", "").lower() for name, value in kept.items()}


def _body(answer: httpx.Response) -> Any:
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


def _described(body: Any) -> Any:
    """What must be equal: an envelope's words, the names and types of data, the words of WebDAV."""
    if isinstance(body, str):
        return _described_text(body)
    if isinstance(body, dict) and "ocs" in body:
        data = body["ocs"]["data"]
        return {"meta": body["ocs"]["meta"], "data": _shape(data), "allowed": _allowed(data)}
    return _shape(body)


def _described_text(text: str) -> Any:
    if not text.startswith("<?xml"):
        return "a page" if "<html" in text else text
    root = ElementTree.fromstring(text)
    if root.tag == "{DAV:}multistatus":
        return sorted({json.dumps(_properties(answer)) for answer in root})
    if root.tag == "{DAV:}error":
        exception, message = root.findtext("{*}exception"), root.findtext("{*}message")
        return [exception] if str(exception).endswith("NotAuthenticated") else [exception, message]
    return [(item.tag, item.text) for item in root.iterfind("meta/*")]


def _properties(answer: ElementTree.Element) -> list[Any]:
    stats = answer.iterfind("{DAV:}propstat")
    return [[stat.findtext("{DAV:}status"), [p.tag for p in stat.iterfind("{DAV:}prop/*")]] for stat in stats]


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in sorted(value.items())}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(item)) for item in value})
    return type(value).__name__


def _allowed(data: Any) -> int | None:
    """What a share really allows: more than a type."""
    return data.get("permissions") if isinstance(data, dict) else None


@pytest.mark.parametrize("version", VERSIONS)
def test_few_recordings_are_left_out(version: str) -> None:
    found = list(scenarios(version))
    left_out = [scenario.name for scenario in found if scenario.left_out]
    assert len(found) > 290
    assert len(left_out) < 90


def test_no_reason_is_left_without_a_recording() -> None:
    names = {scenario.name for version in VERSIONS for scenario in scenarios(version)}
    assert [start for start in LEFT_OUT if not any(name.startswith(start) for name in names)] == []
