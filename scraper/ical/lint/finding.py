"""Findings, and a bounded report of them."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Level = Literal["error", "client", "note"]
MOST = 1000
MOST_OF_ONE_RULE = 100
MOST_COUNTED = 20_000
LONGEST_FACT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A broken rule: `line` is physical, from 1; `rule` is a key of the messages under `check.rules`, with `facts`.

    An `error` breaks the RFC named by `source`, a `client` finding is content that a client drops or misreads, a `note`
    is worth knowing but breaks nothing.
    """

    line: int
    rule: str
    level: Level
    source: str
    facts: Mapping[str, str] = field(default_factory=dict)


@cache
def table(name: str) -> dict[str, Any]:
    """Return one of this package's data files; cached."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def printable_fact(text: str) -> str:
    """Return the text shortened and without control characters, safe for a terminal."""
    short = text if len(text) <= LONGEST_FACT else f"{text[:LONGEST_FACT]}…"
    return short if short.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in short)


class FindingCollector:
    """A collector of findings that keeps them until drained; the number reported and the number kept are bounded."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.full = False
        self._reported = 0
        self._counts: Counter[str] = Counter()
        self._hidden = 0

    def add(self, rule: str, line: int, *, source: str = "", **facts: str) -> None:
        """Add a finding; `source` is for rules where it depends on the property or component."""
        known = table("rules")[rule]
        self._counts[rule] += 1
        if known.get("once") and self._counts[rule] > 1:
            self.full = self.full or (known.get("stops", False) and self._counts[rule] >= MOST_COUNTED)
            return
        subject = facts.get("name") or facts.get("component", "")
        forgiven = subject in known.get("forgiven", "").split()
        if self._reported >= MOST or self._counts[rule] > MOST_OF_ONE_RULE:
            self._hidden += 1
            self.full = self._hidden >= MOST_COUNTED
        else:
            self._reported += 1
            safe = {name: printable_fact(fact) for name, fact in facts.items()}
            level: Level = "note" if forgiven else known["level"]
            self.found.append(Finding(line=line, rule=rule, level=level, source=known["source"] or source, facts=safe))
        if not forgiven and subject not in known.get("spared", "").split():
            for client in known.get("also", "").split():
                self.add(client, line)

    def drain(self) -> list[Finding]:
        """Return the findings since the last call."""
        found, self.found = self.found, []
        return found

    def close(self, line: int) -> None:
        """Add, after the last line read, the findings "more" and "stopped" where others were left out."""
        rules = {"more": self._hidden > 0, "stopped": self.full}
        for rule in (rule for rule, applies in rules.items() if applies):
            known = table("rules")[rule]
            facts = {"count": str(self._hidden)} if rule == "more" else {}
            self.found.append(Finding(line=line, rule=rule, level="note", source=known["source"], facts=facts))
