"""The summary of an export."""

import io
from datetime import UTC, date, datetime

from scraper.cli.summary import MOST_CHANGES, write_summary
from scraper.domain.changes import Added
from scraper.domain.planning import Period, Planning
from scraper.i18n import LANGUAGES, Catalogue
from scraper.publishing.local_times import PARIS
from scraper.publishing.publish import ExportResult
from tests.cases import for_each
from tests.factories import bare_event

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)


@for_each("language", LANGUAGES)
@for_each("held", [False, True])
@for_each(("account", "after"), [("anna", " anna"), ("", "")])
def test_commands_in_the_summary_name_the_account(language: str, account: str, after: str, *, held: bool) -> None:
    """The commands of the summary contain the account's name, without which they fail for several accounts."""
    events = tuple(bare_event(NOW, number=number) for number in range(MOST_CHANGES + 1))
    outcome = ExportResult(
        outputs=("a.ics",),
        planning=Planning(
            school="junia", period=Period(first=date(2026, 11, 30), last=date(2026, 12, 1)), events=events, proved=(),
            oddities=(),
        ),
        zone=PARIS, changes=tuple(Added(uid=event.id, after=event) for event in events), held=held,
    )  # fmt: skip
    stream = io.StringIO()
    write_summary(outcome, Catalogue(language), stream, NOW, account)
    commands = ["publish{} --show", "publish{}.", "publish{} --discard"] if held else ["changes{})"]
    for command in commands:
        assert f"aurion {command.format(after)}" in stream.getvalue()
