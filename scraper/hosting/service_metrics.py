"""The state of the service as metrics for Prometheus; read from the database whenever they are fetched."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from scraper.errors import DatabaseUnavailable
from scraper.hosting.service_status import ServiceStatus


@dataclass(frozen=True, slots=True)
class ServiceMetrics(Collector):
    """A collector of the state that `read` returns."""

    read: Callable[[], ServiceStatus]

    def describe(self) -> list[Metric]:
        """Return nothing: so the registry reads no state when the collector is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; only `aurion_database_up` where the database does not answer."""
        try:
            status = self.read()
        except DatabaseUnavailable:
            yield GaugeMetricFamily("aurion_database_up", "Whether the database answers.", value=0)
            return
        yield GaugeMetricFamily("aurion_database_up", "Whether the database answers.", value=1)
        yield _gauge("aurion_accounts", "Students by state.", "state", status.accounts)
        yield _gauge("aurion_turns_due", "Turns that are due, by reason.", "reason", status.due)
        jobs = {"waiting": status.waiting, "running": status.running}
        yield _gauge("aurion_jobs", "Jobs in the queue, by state.", "state", jobs)
        yield _gauge("aurion_failures", "Failed last readings of students, by error.", "kind", status.failures)
        yield _gauge("aurion_channels", "Channels for notifications, by state.", "state", status.channels)
        ages = {"median": status.ages.median, "oldest": status.ages.oldest}
        seconds = {name: age.total_seconds() for name, age in ages.items() if age is not None}
        yield _gauge("aurion_calendar_age_seconds", "Ages of the calendars.", "which", seconds)
        numbers = {"old": status.ages.old, "never_read": status.ages.never_read}
        yield _gauge("aurion_calendars", "Calendars older than 26 hours, and those never read.", "which", numbers)
        portals = {one.portal: one for one in status.portals}
        paused = {name: int(one.paused_until is not None) for name, one in portals.items()}
        yield _gauge("aurion_portal_paused", "Whether a portal is paused.", "portal", paused)
        sessions = {name: one.sessions for name, one in portals.items()}
        yield _gauge("aurion_portal_sessions", "Sessions open at a portal.", "portal", sessions)
        today = {name: one.exchanges_today for name, one in portals.items()}
        yield _gauge("aurion_portal_exchanges_today", "Exchanges since the last evening.", "portal", today)


def _gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric
