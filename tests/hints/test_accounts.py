"""Hints of errors about accounts, timers, subscribers, schools and servers: each one leads to another result."""

from typing import NamedTuple

import pytest

from tests.cases import for_each
from tests.hints.conftest import DONE, READY, Walker

ANNA = "[accounts.anna]\nschool = 'junia'\nlogin = 'anna'\noutput = 'a.ics'\n"
BEA = "[accounts.bea]\nschool = 'junia'\nlogin = 'bea'\noutput = 'b.ics'\n"
CALDAV = "[[accounts.anna.outputs]]\ncaldav = '{}'\nuser = 'anna'\n"
ONE = CALDAV.format("https://cloud.example.org/dav/anna/one/")
TWO = CALDAV.format("https://cloud.example.org/dav/anna/two/")
ADD = "account add --no-login-test --school junia"
AT = "https://cloud.example.org"


class Step(NamedTuple):
    """A command that fails with `error`: `follows` is in its hint, and `then` ends with `ends`."""

    error: str
    settings: str
    command: str
    follows: str
    then: str
    ends: str = DONE


STEPS = (
    Step(
        "SettingsError.account-taken",
        ANNA,
        f"{ADD} --name anna --login other",
        "--name",
        f"{ADD} --name other --login other",
    ),
    Step(
        "SettingsError.account-same",
        ANNA,
        f"{ADD} --name other --login anna",
        "aurion export anna",
        "export anna",
        READY,
    ),
    Step("SettingsError.account-fixed", ANNA, "export anna --login bea", "Remove --login", "export anna", READY),
    Step(
        "SettingsError.account-name",
        "",
        f"{ADD} --name 'a b' --login a",
        "without spaces",
        f"{ADD} --name ab --login a",
    ),
    Step("SettingsError.unknown-account", ANNA + BEA, "export ana", "anna", "export anna", READY),
    Step("SettingsError.which-export", ANNA + BEA, "export", "--all", "export anna", READY),
    Step("SettingsError.which-one", ANNA + BEA, "changes", "Name one (anna, bea)", "changes anna", "LedgerMissing"),
    Step("SettingsError.which-one", ANNA + BEA, "publish", "Name one (anna, bea)", "publish anna", DONE),
    Step("LedgerMissing", ANNA + BEA, "changes anna", "aurion export anna", "export anna", READY),
    Step("LedgerMissing", ANNA + BEA, "history anna", "aurion export anna", "export anna", READY),
    Step("LedgerMissing", ANNA + BEA, "export anna --explain 1", "aurion export anna", "export anna", READY),
    Step("SettingsError.which-session", ANNA + BEA, "logout", "anna, bea", "logout anna"),
    Step("SettingsError.remove-unasked", ANNA, "account remove anna", "--yes", "account remove anna --yes"),
    Step(
        "SettingsError.move",
        ANNA,
        "account password anna --move box",
        "--move age",
        "account password anna --move age",
        "SettingsError.no-password",
    ),
    Step(
        "SettingsError.no-password",
        ANNA,
        "account password anna --move age",
        "aurion account password anna",
        "account password anna",
        "CredentialsMissing.password",
    ),
    Step(
        "CredentialsMissing.password",
        ANNA,
        "account password anna",
        "--password-stdin",
        "account password anna --password-stdin",
        "CredentialsMissing.stdin",
    ),
    Step(
        "SettingsError.password-for-one", ANNA + BEA, "export --all --login x", "Name one account", "export anna", READY
    ),
    Step(
        "SettingsError.report-of-two",
        ANNA,
        "report anna --recording good.ics",
        "Give the account or",
        "report anna",
        "SettingsError.no-failure",
    ),
    Step(
        "SettingsError.caldav-which",
        ANNA,
        "account caldav anna",
        "--url",
        f"account caldav anna --url {AT}",
        "CredentialsMissing.caldav-user",
    ),
    Step(
        "CredentialsMissing.caldav-user",
        ANNA,
        f"account caldav anna --url {AT}",
        "--user",
        f"account caldav anna --url {AT} --user anna",
        "CredentialsMissing.caldav-password",
    ),
    Step(
        "CredentialsMissing.caldav-password",
        ANNA,
        f"account caldav anna --url {AT} --user anna",
        "--password-stdin",
        f"account caldav anna --url {AT} --user anna --password-stdin",
        "CredentialsMissing.stdin",
    ),
    Step(
        "SettingsError.caldav-which",
        ANNA + ONE + TWO,
        "account caldav anna --password-stdin",
        "https://cloud.example.org/dav/anna/one/",
        "account caldav anna --password-stdin --url https://cloud.example.org/dav/anna/one/",
        "CredentialsMissing.stdin",
    ),
    Step(
        "SettingsError.caldav-address",
        ANNA,
        "account caldav anna --url http://cloud.example.org --user anna",
        AT,
        f"account caldav anna --url {AT} --user anna",
        "CredentialsMissing.caldav-password",
    ),
    Step(
        "SettingsError.caldav-untried",
        ANNA,
        f"account caldav anna --url {AT}/dav/anna/one/ --user anna --no-login-test --calendar x --password-stdin",
        "Remove one",
        f"account caldav anna --url {AT}/dav/anna/one/ --user anna --no-login-test --password-stdin",
        "CredentialsMissing.stdin",
    ),
    Step(
        "SettingsError.feed-address",
        ANNA,
        "feed rotate x --address ftp://x",
        "https://example.org/agenda",
        "feed rotate x --address https://example.org/agenda",
        "SettingsError.feed-unknown",
    ),
    Step("SettingsError.feed-label", ANNA, "feed add ''", "Phone", "feed list"),
    Step(
        "ScheduleError.every",
        ANNA,
        "schedule on --every 5m --show --kind cron",
        "--every 6h",
        "schedule on --every 6h --show --kind cron",
    ),
    Step(
        "ScheduleError.every",
        ANNA,
        "schedule on --every 5m --show --kind cron",
        "--at",
        "schedule on --at 07:00 --show --kind cron",
    ),
    Step(
        "ScheduleError.at",
        ANNA,
        "schedule on --at x --show --kind cron",
        "07:00,18:00",
        "schedule on --at 07:00,18:00 --show --kind cron",
    ),
    Step(
        "ScheduleError.jitter",
        ANNA,
        "schedule on --jitter 9h --show --kind cron",
        "20m",
        "schedule on --jitter 20m --show --kind cron",
    ),
    Step(
        "ScheduleError.jitter",
        ANNA,
        "schedule on --jitter 9h --show --kind cron",
        "0",
        "schedule on --jitter 0 --show --kind cron",
    ),
    Step("ScheduleError.kind", ANNA, "schedule on --kind x --show", "cron", "schedule on --kind cron --show"),
    Step("ScheduleError.not-here", ANNA, "schedule on --kind windows", "--show", "schedule on --kind windows --show"),
    Step("ScheduleError.serve-every", ANNA, "serve --every 5m --no-open", "--every 6h", "serve --help"),
)


@pytest.mark.slow
@for_each("step", STEPS)
def test_hint_of_an_account_error_leads_to_another_result(walker: Walker, step: Step) -> None:
    """The hint contains the next command, which ends with another result."""
    walker.clear()
    if step.settings:
        walker.write(step.settings)
    found = walker.go(step.command)
    assert found == step.error
    assert step.follows in walker.hint
    assert walker.go(step.then) == step.ends, (walker.error, walker.error and walker.hint)
