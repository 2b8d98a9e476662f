"""What was found, and how much of it is told."""

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
    """One breach: `line` is physical, from 1; `rule` keys the sentences under `check.rules`; `facts` fill them.

    An `error` breaks the RFC that `source` names, a `client` finding is what that client drops or misreads, a
    `note` is worth knowing and no breach.
    """

    line: int
    rule: str
    level: Level
    source: str
    facts: Mapping[str, str] = field(default_factory=dict)


@cache
def table(name: str) -> dict[str, Any]:
    """One of this package's data files, read once."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def shown(text: str) -> str:
    """The text as a terminal may show it: short, and without what could steer it."""
    short = text if len(text) <= LONGEST_FACT else f"{text[:LONGEST_FACT]}…"
    return short if short.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in short)


class Report:
    """Takes what was found and keeps it until drained; how much is told, and held, is bounded."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.full = False
        self._told = 0
        self._counts: Counter[str] = Counter()
        self._hidden = 0

    def add(self, rule: str, line: int, *, source: str = "", **facts: str) -> None:
        """Notes a breach of `rule`; `source` is where its own depends on the property or component."""
        known = table("rules")[rule]
        self._counts[rule] += 1
        if known.get("once") and self._counts[rule] > 1:
            self.full = self.full or (known.get("stops", False) and self._counts[rule] >= MOST_COUNTED)
            return
        subject = facts.get("name") or facts.get("component", "")
        forgiven = subject in known.get("forgiven", "").split()
        self._tell(rule, line, source=source, facts=facts, level="note" if forgiven else known["level"])
        if not forgiven and subject not in known.get("spared", "").split():
            for client in known.get("also", "").split():
                self.add(client, line)

    def _tell(self, rule: str, line: int, *, source: str, facts: Mapping[str, str], level: Level) -> None:
        known = table("rules")[rule]
        if self._told >= MOST or self._counts[rule] > MOST_OF_ONE_RULE:
            self._hidden += 1
            self.full = self._hidden >= MOST_COUNTED
            return
        self._told += 1
        told = {name: shown(fact) for name, fact in facts.items()}
        source = known["source"] or source
        self.found.append(Finding(line=line, rule=rule, level=level, source=source, facts=told))

    def drain(self) -> list[Finding]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found

    def close(self, line: int) -> None:
        """Says, after the last line read, what was left out."""
        rules = {"more": self._hidden > 0, "stopped": self.full}
        for rule in (rule for rule, applies in rules.items() if applies):
            known = table("rules")[rule]
            facts = {"count": str(self._hidden)} if rule == "more" else {}
            self.found.append(Finding(line=line, rule=rule, level="note", source=known["source"], facts=facts))
