"""Hints of errors about options, variables and the settings file: each one leads to another result."""

from typing import NamedTuple

import pytest

from tests.cases import for_each
from tests.hints.conftest import DONE, READY, Walker

BASE = "export --school junia --login x"
EXPORT = f"{BASE} --output a.ics"


class Step(NamedTuple):
    """A command that fails with `error`: `follows` is in its hint, and `then` ends with `ends`."""

    error: str
    command: str
    follows: str
    then: str
    ends: str = READY


OPTIONS = (
    Step("SettingsError.no-school", "export --login x", "--school", "export --login x --school junia"),
    Step(
        "SettingsError.json-and-output", f"{BASE} --json -o -", "--output with a file", f"{BASE} --json --output a.ics"
    ),
    Step("SettingsError.school-and-url", f"{EXPORT} --url https://a.fr", "Remove one", EXPORT),
    Step(
        "SettingsError.period",
        f"{EXPORT} --from 2026-09-02 --until 2026-09-01",
        "in this order",
        f"{EXPORT} --from 2026-09-01 --until 2026-09-02",
    ),
    Step(
        "SettingsError.months-and-until",
        f"{EXPORT} --months 2 --until 2026-09-01",
        "Remove one",
        f"{EXPORT} --months 2",
    ),
    Step(
        "SettingsError.period-long",
        f"{EXPORT} --from 2026-09-01 --until 2086-09-01",
        "shorter",
        f"{EXPORT} --from 2026-09-01 --until 2027-09-01",
    ),
    Step(
        "SettingsError.debug",
        f"{EXPORT} --debug /proc/debug",
        "a folder that you may write to",
        f"{EXPORT} --debug folder",
    ),
    Step(
        "SettingsError.record",
        f"{EXPORT} --record /nowhere/at/all.json",
        "in an existing folder",
        f"{EXPORT} --record r.json",
    ),
    Step("SettingsError.school", "export --login x --school ''", "aurion schools", "schools", DONE),
    Step(
        "SettingsError.url",
        "export --login x --url ''",
        "https address",
        "export --login x --url https://aurion.example.fr",
    ),
    Step("SettingsError.months", f"{EXPORT} --months many", "--months 6", f"{EXPORT} --months 6"),
    Step(
        "SettingsError.first",
        f"{EXPORT} --from x",
        "--from with a date",
        f"{EXPORT} --from 2026-09-01",
    ),
    Step(
        "SettingsError.last",
        f"{EXPORT} --until x",
        "--until with a date",
        f"{EXPORT} --from 2026-08-01 --until 2026-09-01",
    ),
    Step("SettingsError.path-home", f"{BASE} -o ~no-such-user/a.ics", "Write ~/", f"{BASE} -o ~/b.ics"),
    Step("SettingsError.path-address", f"{BASE} -o https://dav.example/a", "~/planning.ics", f"{BASE} -o ~/b.ics"),
    Step("SettingsError.path-empty", f"{BASE} -o ''", "~/planning.ics", f"{BASE} -o ~/planning.ics"),
    Step("SettingsError.usage-twice", f"{BASE} -o a.ics -o b.ics", "only once", f"{BASE} -o b.ics"),
    Step("SettingsError.language", f"{EXPORT} --language xx", "--language fr", f"{EXPORT} --language fr"),
    Step("SettingsError.timeout", f"{EXPORT} --timeout 0.01", "--timeout 60", f"{EXPORT} --timeout 60"),
    Step("SettingsError.client", f"{EXPORT} --client lotus", "--client any, google", f"{EXPORT} --client google"),
    Step(
        "SettingsError.address",
        "export --login x --url http://aurion.example.fr",
        "https://aurion.example.fr",
        "export --login x --url https://aurion.example.fr",
    ),
    Step("UnknownSchool.unknown", "export --login x --school juna", "junia", "export --login x --school junia"),
    Step(
        "UnknownSchool.like-none",
        "export --login x --school qqqqqq",
        "--url",
        "export --login x --url https://aurion.example.fr",
    ),
    Step("CredentialsMissing.login", "export --school junia", "--login", "export --school junia --login x"),
    Step("SettingsError.check-file", "check missing.ics", "that you may read", "check good.ics", DONE),
    Step("BadRecording.unreadable", "replay missing.json", "path", "replay good.ics", "BadRecording.shape"),
    Step(
        "SettingsError.show-and-drop",
        "publish --show --discard",
        "Remove one",
        "publish --show --school junia --login x",
        "LedgerMissing",
    ),
    Step("SettingsError.usage-command", "exprot", "aurion --help", "--help", DONE),
    Step("SettingsError.usage-option", "export --bogus", "aurion export --help", "export --help", DONE),
    Step("SettingsError.usage-value", "export --months", "aurion export --help", "export --help", DONE),
    Step("SettingsError.usage-missing", "replay", "aurion replay --help", "replay --help", DONE),
    Step("SettingsError.usage-extra", "replay a b", "aurion replay --help", "replay --help", DONE),
    Step("SettingsError.usage-number", "history --show x", "aurion history --help", "history --help", DONE),
    Step(
        "SettingsError.no-account",
        "export --all",
        "aurion account add",
        "account add --name x --school junia --login x --no-login-test",
        DONE,
    ),
    Step("LedgerMissing", "history", "aurion export", EXPORT),
    Step("SettingsError.no-failure", "report", "aurion export --record FILE", f"{EXPORT} --record r.json"),
    Step("SettingsError.feed-label", "feed add ''", "as “Phone”", "feed list", DONE),
    Step("SettingsError.feed-unknown", "feed revoke Phone", "aurion feed list", "feed list", DONE),
    Step(
        "ScheduleError.every-and-at",
        "schedule on --every 6h --at 07:00 --show",
        "Remove one",
        "schedule on --every 6h --show --kind cron",
        DONE,
    ),
)


OUTPUT = '[[outputs]]\npath = "b.ics"\n'
RULE = '[[rules]]\nsubject = "Anglais"\n'
CALDAV = "https://cloud.example.org/remote.php/dav/calendars/anna/planning/"
FILE = (
    Step("SettingsError.unknown-setting", "ouput = 'a.ics'", "output", "output = 'a.ics'"),
    Step("SettingsError.settings-toml", "months = ", "move the file away", "months = 6"),
    Step("SettingsError.password-in-file", "password = 'x'", "AURION_PASSWORD", ""),
    Step("SettingsError.school", "school = 1", 'school = "junia"', 'school = "junia"'),
    Step("SettingsError.url", "url = 1", 'url = "https://aurion.example.fr"', 'url = "https://aurion.example.fr"'),
    Step("SettingsError.login", "login = 1", "login = ", 'login = "first.last@student.example.fr"'),
    Step("SettingsError.months", "months = 99", "months = 6", "months = 6"),
    Step("SettingsError.first", "from = 'x'", "from = 2026-09-01", "from = 2026-09-01"),
    Step("SettingsError.last", "until = 'x'", "until = 2026-09-01", "from = 2026-08-01\nuntil = 2026-09-01"),
    Step("SettingsError.output", "output = 1", 'output = "~/planning.ics"', 'output = "~/planning.ics"'),
    Step("SettingsError.language", "language = 'xx'", 'language = "fr"', 'language = "fr"'),
    Step("SettingsError.timeout", "timeout = 0", "timeout = 60", "timeout = 60"),
    Step("SettingsError.visible", "visible = 'x'", "visible = false", "visible = false"),
    Step("SettingsError.browser", "browser = 1", 'browser = "/usr/bin/chromium"', 'browser = "/usr/bin/chromium"'),
    Step(
        "SettingsError.login_hosts",
        "login_hosts = 1",
        'login_hosts = ["cas.school.fr"]',
        'login_hosts = ["cas.school.fr"]',
    ),
    Step("SettingsError.menu", "menu = 1", 'menu = "Mon planning"', 'menu = "Mon planning"'),
    Step("SettingsError.client", "for = 'lotus'", 'for = "any"', 'for = "any"'),
    Step("SettingsError.past", "past = 'x'", 'past = "year"', 'past = "year"'),
    Step("SettingsError.publish", "publish = 'x'", 'publish = "unless-suspicious"', 'publish = "unless-suspicious"'),
    Step("SettingsError.notify", "notify = ['x']", '["ntfy://my-topic"]', 'notify = ["ntfy://my-topic"]'),
    Step("SettingsError.news_days", "news_days = 99", "Use for example 2", "news_days = 2"),
    Step("SettingsError.digest_hour", "digest_hour = 24", "Use for example 20", "digest_hour = 20"),
    Step("SettingsError.news_exams", "news_exams = 'x'", "true", "news_exams = true"),
    Step("SettingsError.table-alarms", "alarms = ['x']", '["10m", "2h", "1d"]', 'alarms = ["10m", "2h", "1d"]'),
    Step(
        "SettingsError.table-alarms", "exam_alarms = ['x']", '["10m", "2h", "1d"]', 'exam_alarms = ["10m", "2h", "1d"]'
    ),
    Step("SettingsError.table", "rules = 1", "[[rules]]", RULE + "do = 'drop'"),
    Step("SettingsError.table", "outputs = 1", "[[outputs]]", OUTPUT),
    Step("SettingsError.table", "outputs = ['a']", "[[outputs]]", OUTPUT),
    Step("SettingsError.table-key", OUTPUT + "fro = 'any'", "for", OUTPUT),
    Step("SettingsError.table-missing", "[[outputs]]\nfor = 'any'", "path", OUTPUT),
    Step("SettingsError.table-missing", RULE, "do", RULE + "do = 'drop'"),
    Step("SettingsError.table-text", "[[outputs]]\npath = 1", "in quotes", OUTPUT),
    Step("SettingsError.table-for", OUTPUT + "for = 'lotus'", "any, google", OUTPUT + "for = 'google'"),
    Step("SettingsError.table-language", OUTPUT + "language = 'xx'", '"fr"', OUTPUT + 'language = "fr"'),
    Step(
        "SettingsError.table-alarms",
        OUTPUT + "alarms = ['x']",
        '["10m", "2h", "1d"]',
        OUTPUT + 'alarms = ["10m", "2h", "1d"]',
    ),
    Step("SettingsError.table-exam", RULE + "do = 'drop'\nexam = 'x'", "true", RULE + "do = 'drop'\nexam = true"),
    Step("SettingsError.table-do", RULE + "do = 'x'", '"drop"', RULE + 'do = "drop"'),
    Step("SettingsError.table-to", RULE + "do = 'rename'", "text in to", RULE + "do = 'rename'\nto = 'English'"),
    Step(
        "SettingsError.table-caldav",
        "[[outputs]]\ncaldav = 'x'\nuser = 'anna'",
        CALDAV,
        f"[[outputs]]\ncaldav = '{CALDAV}'\nuser = 'anna'",
    ),
    Step(
        "SettingsError.table-user",
        f"[[outputs]]\ncaldav = '{CALDAV}'\nuser = 1",
        "in quotes",
        f"[[outputs]]\ncaldav = '{CALDAV}'\nuser = 'anna'",
    ),
    Step(
        "SettingsError.table-uids",
        OUTPUT + "uids = 'own'",
        "remove the line",
        OUTPUT,
    ),
    Step(
        "SettingsError.table-two-places",
        OUTPUT + f"caldav = '{CALDAV}'\nuser = 'anna'",
        "two outputs",
        OUTPUT + f"[[outputs]]\ncaldav = '{CALDAV}'\nuser = 'anna'",
    ),
    Step("SettingsError.same-path", OUTPUT + OUTPUT, "a different path", OUTPUT + OUTPUT.replace("b", "c")),
    Step(
        "SettingsError.accounts-table",
        "accounts = 1",
        "[accounts.NAME]",
        "[accounts.NAME]\nschool = 'junia'\nlogin = 'a'",
    ),
    Step(
        "SettingsError.account-name",
        "[accounts.'a b']\nlogin = 'a'",
        "without spaces",
        "[accounts.ab]\nschool = 'junia'\nlogin = 'a'",
    ),
    Step(
        "SettingsError.account-twin",
        "[accounts.a]\nlogin = 'a'\n[accounts.A]\nlogin = 'b'",
        "Rename one",
        "school = 'junia'\n[accounts.a]\nlogin = 'a'\n[accounts.B]\nlogin = 'b'",
    ),
)


@pytest.mark.slow
@for_each("step", OPTIONS)
def test_hint_of_a_command_line_leads_to_another_result(walker: Walker, step: Step) -> None:
    """The hint contains the next command, which ends with another result."""
    walker.clear()
    assert walker.go(step.command) == step.error
    assert step.follows in walker.hint
    assert walker.go(step.then) == step.ends, walker.error


def test_hint_of_a_missing_password_on_standard_input(walker: Walker) -> None:
    """One line with the password is enough."""
    assert walker.go(f"{EXPORT} --password-stdin") == "CredentialsMissing.stdin"
    assert "one line" in walker.hint
    walker.typed = "secret\n"
    assert walker.go(f"{EXPORT} --password-stdin") == READY


@pytest.mark.slow
@for_each("step", FILE)
def test_hint_of_a_settings_file_leads_to_another_result(walker: Walker, step: Step) -> None:
    """With the line of the hint in place of the invalid one, the export starts."""
    command, ends = ("account list", DONE) if "accounts" in step.then else ("export --school junia --login x", READY)
    walker.write(step.command)
    assert walker.go(command) == step.error, walker.error
    assert step.follows in walker.hint
    walker.write(step.then)
    assert walker.go(command) == ends, walker.error
