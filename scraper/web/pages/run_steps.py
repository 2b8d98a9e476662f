"""The steps of a run as the page shows them."""

from dataclasses import dataclass
from typing import Literal

from scraper.i18n import Catalogue
from scraper.web.pages.active_runs import Step
from scraper.web.pages.run_status import RunStatus
from scraper.web.pages.templating import typeset

EXPECTED = ("browser", "portal", "login", "planning", "events", "reading", "comparing", "writing")
"""Of a run that logs in anew; one that knows the portal's session still leaves some out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One step: its name, how it stands (`look` and in words), and how long it took, or has taken so far."""

    step: str
    look: Literal["waiting", "going", "done", "failed", "skipped"]
    name: str
    told: str
    time: str


def lines_of(standing: RunStatus, words: Catalogue) -> list[Line]:
    """All steps of the run that this server saw; none of another."""
    if standing.live is None:
        return []
    known = {step.name: step for step in standing.live.steps()}
    if not known and standing.kind == "going":
        known = {EXPECTED[0]: Step(name=EXPECTED[0], seconds=0, is_over=False)}  # its process starts
    names = [*(name for name in known if name not in EXPECTED), *EXPECTED]
    last = max((names.index(name) for name in known), default=-1)
    looks = {name: _look(known.get(name), standing, passed=at < last) for at, name in enumerate(names)}
    return [
        Line(
            step=name, look=look, name=words(f"page.steps.{name}") if words.has(f"page.steps.{name}") else name,
            told=words(f"page.runs.looks.{look}"), time=seconds(known[name].seconds, words) if name in known else "",
        )
        for name, look in looks.items()
        if look != "skipped"
    ]  # fmt: skip


def said_of(standing: RunStatus, words: Catalogue) -> str:
    """What goes on, in one sentence that changes with each step."""
    if standing.kind != "going" or standing.live is None:
        return words(f"page.runs.kinds.{standing.kind}")
    begun = [line.name for line in lines_of(standing, words) if line.look in {"going", "done"}]
    return typeset(words("page.runs.now", step=begun[-1]), words.language)


def seconds(took: float, words: Catalogue) -> str:
    """So many seconds, as the language writes them."""
    return words("page.runs.seconds", seconds=f"{took:.1f}".replace(".", words("page.runs.point")))


def _look(
    step: Step | None, standing: RunStatus, *, passed: bool
) -> Literal["waiting", "going", "done", "failed", "skipped"]:
    if step is None:
        return "waiting" if standing.kind == "going" and not passed else "skipped"
    if step.is_over:
        return "done"
    return "going" if standing.kind == "going" else "failed"
