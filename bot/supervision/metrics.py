"""The bot's numbers, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

COUNTED = {
    "received": ("events_received", "Events taken from the sync."),
    "sent": ("messages_sent", "Events sent."),
    "retried": ("sends_retried", "Sends tried again."),
}
READ = {
    "waiting": ("letters_waiting", "Events written and not yet sent."),
    "conversations": ("conversations_open", "Conversations that wait for somebody."),
    "aside": ("events_aside", "Events set aside because handling them failed."),
    "besides": ("set_aside", "Conversations and parts of the bot set aside."),
    "safe": ("safe_mode", "1 where only !état is answered."),
    "writes": ("database_writes", "Transactions written since the start."),
    "free": ("data_free_bytes", "Free on the disk under the data."),
    "wanted": ("data_wanted_bytes", "What should be free there: a migration's copy and a backup."),
    "late": ("loop_late_seconds", "Longest standstill of the event loop of late."),
    "age": ("sync_age_seconds", "Time since the last answer of the homeserver."),
}
ERRORS = "errors "

# What not every bot has.
MAYBE = {"proved": ("backup_proved_age_seconds", "Age of the last copy of the data that was restored in a trial.")}


def page(version: str, counted: Mapping[str, int], read: Mapping[str, float], since: float) -> bytes:
    """What was `counted` `since` the start (Unix time), and what is `read` now; a number that is missing is none."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_Numbers(version, counted, read, since))
    return generate_latest(registry)


class _Numbers(Collector):
    def __init__(self, version: str, counted: Mapping[str, int], read: Mapping[str, float], since: float) -> None:
        self._version, self._counted, self._read, self._since = version, counted, read, since

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("conciergerie_build", "Which version runs.", {"version": self._version})
        for key, (name, words) in COUNTED.items():
            number = self._counted.get(key, 0)
            yield CounterMetricFamily(f"conciergerie_{name}", words, value=number, created=self._since)
        for key, (name, words) in READ.items():
            yield GaugeMetricFamily(f"conciergerie_{name}", words, value=self._read.get(key, 0))
        for key, (name, words) in MAYBE.items():
            if key in self._read:
                yield GaugeMetricFamily(f"conciergerie_{name}", words, value=self._read[key])
        errors = CounterMetricFamily("conciergerie_data_errors", "What the disk refused, by its kind.", labels=["kind"])
        for key, count in self._read.items():
            if key.startswith(ERRORS):
                errors.add_metric([key.removeprefix(ERRORS)], count, created=self._since)
        yield errors
