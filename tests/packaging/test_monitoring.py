"""The alerts and the dashboard: read as Prometheus and Grafana read them, and held to what `/metrics` says."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.parser import text_string_to_metric_families

from bot.supervision.metrics import ERRORS, MAYBE, page
from tests.packaging.tools import run
from tests.servers import apt
from tests.servers.lieu import BotProcess, Lieu
from tests.servers.parent import ends_with_parent
from tests.servers.plain_http import plain_http
from tests.servers.ports import answers, free_port
from tests.servers.synapse import Synapse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packaging/prometheus"
FIRED = Path(__file__).with_name("alerts_test.yml")
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"  # of age's own documentation
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


def test_grafana_s_own_types_know_all_that_the_dashboard_says() -> None:
    """What they do not know is gone once they have read it and written it again."""
    told = json.loads((FOLDER / "grafana.json").read_text())
    assert [*_lost(told, json.loads(JSONEncoder().encode(Dashboard.from_json(told))))] == []
    misspelled = told | {"panel": told["panels"]}
    assert [*_lost(misspelled, json.loads(JSONEncoder().encode(Dashboard.from_json(misspelled))))] == ["/panel"]


def _lost(told: Any, known: Any, at: str = "") -> Iterator[str]:
    """Where something was told that is not there afterwards."""
    if isinstance(told, dict):
        for key, value in told.items():
            if key in known:
                yield from _lost(value, known[key], f"{at}/{key}")
            else:
                yield f"{at}/{key}"
    elif isinstance(told, list):
        for n, (one, other) in enumerate(zip(told, known, strict=True)):
            yield from _lost(one, other, f"{at}/{n}")
    elif told != known:
        yield at


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


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Debian's programs of it are."""
    folder = tmp_path_factory.mktemp("prometheus")
    if reason := apt.unpacked("prometheus", folder):
        pytest.skip(f"NOTHING WAS SEEN BY PROMETHEUS ITSELF: {reason}")
    return folder / "usr/bin"


@pytest.mark.full
def test_prometheus_itself_takes_them(prometheus: Path) -> None:
    done = run(prometheus / "promtool", "check", "config", FOLDER / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(rules())} rules found" in done.stdout


@pytest.mark.full
def test_each_alert_fires_when_it_should_and_not_before(prometheus: Path) -> None:
    done = run(prometheus / "promtool", "test", "rules", FIRED)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_is_fired() -> None:
    tests = [test for test in yaml.safe_load(FIRED.read_text())["tests"] if "alert_rule_test" in test]
    told = [one for test in tests for one in test["alert_rule_test"]]
    names = {rule["alert"] for rule in rules()}
    assert {one["alertname"] for one in told if one["exp_alerts"]} == names
    assert {one["alertname"] for one in told if not one["exp_alerts"]} == names, "and each is silent just before"


@pytest.mark.full
async def test_prometheus_sees_a_bot_live_and_die(prometheus: Path, synapse: Synapse, tmp_path: Path) -> None:
    """Whatever alerts and panels ask has an answer; its metrics are named as Prometheus wants them."""
    copies = {"BACKUP_URL": str(tmp_path / "copies"), "BACKUP_RECIPIENT": RECIPIENT}
    (tmp_path / "copies").mkdir()
    async with Lieu(tmp_path / "lieu", synapse, bot_name=f"bot-{secrets.token_hex(4)}") as lieu:
        bot = BotProcess(tmp_path / "bot", lieu.settings() | copies)
        await bot.start()
        try:
            async with plain_http() as http:
                page = (await http.get(f"{bot.url}/metrics")).text
            done = run(prometheus / "promtool", "check", "metrics", said=page)
            assert (done.returncode, done.stdout + done.stderr) == (0, "")
            async with watching(prometheus, tmp_path / "prometheus", bot) as ask:
                for query in (target["expr"] for panel in panels() for target in panel["targets"]):
                    await ask(query.replace("$instance", ".+"))
                for rule in rules():  # without what is compared: both sides are there
                    for name in metrics(rule["expr"]):
                        await ask(name)
                await bot.kill()
                await ask('ALERTS{alertname="ConciergerieDown"}')
        finally:
            await bot.kill()


@asynccontextmanager
async def watching(prometheus: Path, folder: Path, bot: BotProcess) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """Our configuration, on another port and in a hurry. What is yielded waits until a query has an answer."""
    folder.mkdir()
    told = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    told["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    told["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{bot.port}"]}]
    told["rule_files"] = [str(FOLDER / file) for file in told["rule_files"]]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(told))
    port = free_port()
    argv = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [prometheus / "prometheus", *argv], cwd=folder, stdout=log, stderr=log, preexec_fn=ends_with_parent
        )
    try:
        url = f"http://127.0.0.1:{port}"
        await answers(f"{url}/-/ready", within=60, alive=lambda: process.poll() is None, log=str(folder / "log"))
        async with plain_http(base_url=url) as http:

            async def ask(query: str) -> None:
                async with asyncio.timeout(60):
                    while True:
                        told = (await http.get("/api/v1/query", params={"query": query})).json()
                        assert told["status"] == "success", told
                        if told["data"]["result"]:
                            return
                        await asyncio.sleep(0.2)  # until it has scraped again

            yield ask
    finally:
        process.kill()
        process.wait()


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
