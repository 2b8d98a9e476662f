"""The steps of a run as the page lists them."""

from dataclasses import dataclass
from typing import Literal

from scraper.i18n import Catalogue
from scraper.web.pages.active_runs import RunStep
from scraper.web.pages.run_status import RunStatus
from scraper.web.pages.templating import typeset

EXPECTED = ("browser", "portal", "login", "planning", "events", "reading", "comparing", "writing")
"""The steps of a run that logs in; a run with a saved session skips some of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """One step on the page: its name, its state (a key and its text), and its duration so far."""

    step: str
    state: Literal["waiting", "going", "done", "failed", "skipped"]
    name: str
    label: str
    time: str


def step_lines(status: RunStatus, words: Catalogue) -> list[StepLine]:
    """Return the steps of a run that this server started; none for another run."""
    if status.run is None:
        return []
    steps_by_name = {step.name: step for step in status.run.steps()}
    if not steps_by_name and status.kind == "going":
        steps_by_name = {EXPECTED[0]: RunStep(name=EXPECTED[0], seconds=0, is_over=False)}  # its process starts
    names = [*(name for name in steps_by_name if name not in EXPECTED), *EXPECTED]
    last = max((names.index(name) for name in steps_by_name), default=-1)
    states = {name: _step_state(steps_by_name.get(name), status, passed=at < last) for at, name in enumerate(names)}
    return [
        StepLine(
            step=name, state=state, name=words(f"page.steps.{name}") if words.has(f"page.steps.{name}") else name,
            label=words(f"page.runs.looks.{state}"),
            time=format_seconds(steps_by_name[name].seconds, words) if name in steps_by_name else "",
        )
        for name, state in states.items()
        if state != "skipped"
    ]  # fmt: skip


def status_sentence(status: RunStatus, words: Catalogue) -> str:
    """Return one sentence on what is under way, which changes with each step."""
    if status.kind != "going" or status.run is None:
        return words(f"page.runs.kinds.{status.kind}")
    started = [line.name for line in step_lines(status, words) if line.state in {"going", "done"}]
    return typeset(words("page.runs.now", step=started[-1]), words.language)


def format_seconds(took: float, words: Catalogue) -> str:
    """Return a duration in seconds as the language writes it."""
    return words("page.runs.seconds", seconds=f"{took:.1f}".replace(".", words("page.runs.point")))


def _step_state(
    step: RunStep | None, status: RunStatus, *, passed: bool
) -> Literal["waiting", "going", "done", "failed", "skipped"]:
    if step is None:
        return "waiting" if status.kind == "going" and not passed else "skipped"
    if step.is_over:
        return "done"
    return "going" if status.kind == "going" else "failed"
