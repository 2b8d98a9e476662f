"""The page that installs a browser: progress, result, and the way there after a failed run."""

from collections.abc import Callable, Sequence
from threading import Event

import pytest

from scraper.errors import ExitCode
from scraper.system.paths import state_folder
from scraper.system.run_history import Run, Runs
from scraper.web.pages import background_jobs
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, text_of

Report = Callable[[str], object]


class Installer:
    """The command in a child process: it reports a step, and waits for its end."""

    def __init__(self, code: int, output: str, *messages: str) -> None:
        self.result, self.messages = (code, output), messages
        self.step, self.end, self.commands = Event(), Event(), [()]

    def __call__(self, arguments: Sequence[str], _: object, *, on_line: Report, **options: object) -> tuple[int, str]:
        """Run it."""
        assert options["seconds"]
        self.commands.append(tuple(arguments))  # type: ignore[arg-type]
        for message in self.messages:
            on_line(f"{message}\n")
        self.step.set()
        assert self.end.wait(60)
        return self.result


def wait_for_end(served: Served) -> str:
    """Return the page as soon as the job has ended."""
    for _ in range(1200):
        job = served.state.background_jobs.last("browser")
        if job and job.is_over:
            break
        Event().wait(0.05)
    return text_of(served.get("/browser"))


def test_page_shows_progress_then_the_browser(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second job is not started."""
    installer = Installer(0, "Browser: /usr/bin/chromium\n", "Downloading Chromium…")
    monkeypatch.setattr(background_jobs, "run_command", installer)
    assert "Find or install a browser" in text_of(served.get("/browser"))
    assert served.post("/browser").headers["location"] == "/browser"
    assert installer.step.wait(20)
    running = served.get("/browser")
    assert "Downloading Chromium…" in text_of(running)
    assert "data-waiting" in running.text
    served.post("/browser")
    installer.end.set()
    assert "A browser is ready. Browser: /usr/bin/chromium" in wait_for_end(served)
    assert installer.commands[1:] == [("install-browser",)]


def test_failed_installation_shows_error_and_button(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has the sentence and the next step of the command."""
    installer = Installer(2, "", "Error: no browser could be installed.", "Install one.")
    installer.end.set()
    monkeypatch.setattr(background_jobs, "run_command", installer)
    served.post("/browser")
    assert "no browser could be installed. Install one." in wait_for_end(served)


def test_run_without_a_browser_links_to_the_installation(new_account: str, served: Served) -> None:
    """A visitor of an earlier server may not install."""
    run = Run(at=NOON, exit_code=ExitCode.SETTINGS, error="BrowserMissing", reason="none")
    Runs(state_folder(), new_account).add(run)
    page = served.get(f"/runs/{new_account}")
    assert 'action="/browser"' in page.text
    assert "No browser starts on this computer" in text_of(page)
