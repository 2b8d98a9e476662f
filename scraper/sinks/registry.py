"""The registered kinds of sinks, by name. Settings, commands, deliveries and checks know them from here only."""

from scraper.sinks.caldav import KIND as CALDAV
from scraper.sinks.google import KIND as GOOGLE
from scraper.sinks.kind import SinkKind

SINK_KINDS: dict[str, SinkKind] = {kind.name: kind for kind in (CALDAV, GOOGLE)}
