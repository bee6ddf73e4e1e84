"""The alerts and the dashboard: read as Prometheus and Grafana read them, and held to what `/metrics` says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.supervision.metrics import ERRORS, MAYBE, page
from tests.packaging.tools import run
from tests.servers import apt

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packaging/prometheus"
OF_PROMETHEUS = {"up"}  # what it notes itself of each bot


def rules() -> list[dict[str, Any]]:
    told = yaml.safe_load((FOLDER / "alerts.yml").read_text())
    return [rule for group in told["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads((FOLDER / "grafana.json").read_text())["panels"]
    return told


def queries() -> list[str]:
    shown = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [*(rule["expr"] for rule in rules()), *shown]


def metrics(query: str) -> set[str]:
    """The names in it, as Prometheus understands it. Raises ValueError where it does not."""
    return {*_named(promql_parser.parse(query.replace("$instance", "bot")))}


def _named(part: Any) -> Iterator[str]:
    if isinstance(part, promql_parser.VectorSelector):
        yield part.name
    for inner in ("lhs", "rhs", "expr", "vector_selector"):
        if hasattr(part, inner):
            yield from _named(getattr(part, inner))
    for argument in getattr(part, "args", ()):
        yield from _named(argument)


def told() -> set[str]:
    """Every name that `/metrics` has, of a bot with copies, whose disk refused once, before it counts anything."""
    read = dict.fromkeys((*MAYBE, f"{ERRORS}full"), 1.0)
    families = text_string_to_metric_families(page("0.1.0", {}, read, 1_800_000_000.0).decode())
    return {sample.name for family in families for sample in family.samples} | OF_PROMETHEUS


@pytest.mark.parametrize("query", queries())
def test_a_query_asks_what_there_is(query: str) -> None:
    assert metrics(query) != set()
    assert metrics(query) - told() == set()


def test_a_name_that_is_none_is_seen() -> None:
    assert metrics("rate(conciergerie_nothing_total[5m]) > up") - told() == {"conciergerie_nothing_total"}
    with pytest.raises(ValueError, match="parenthesis"):
        metrics("rate(up[5m] > 1")


def test_prometheus_finds_the_bots_and_the_rules() -> None:
    configured = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (job,) = configured["scrape_configs"]
    assert all((FOLDER / file).is_file() for file in configured["rule_files"])
    named = {name for query in queries() for name in re.findall(r'job="([^"]*)"', query)}
    assert named == {job["job_name"]}


@pytest.mark.full
def test_prometheus_itself_takes_them(tmp_path: Path) -> None:
    if reason := apt.unpacked("prometheus", tmp_path):
        pytest.skip(f"THE RULES WERE NOT READ BY PROMETHEUS ITSELF: {reason}")
    done = run(tmp_path / "usr/bin/promtool", "check", "config", FOLDER / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(rules())} rules found" in done.stdout


def test_every_alert_says_what_it_is_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"].keys() == {"summary", "description"}
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_no_panel_lies_on_another() -> None:
    places = [panel["gridPos"] for panel in panels()]
    covered = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(covered) == len(set(covered))
    assert max(x for x, _ in covered) < 24
    assert len({panel["id"] for panel in panels()}) == len(places)
