"""Results of `aurion doctor`, each with the page that solves the problem."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from scraper.web.pages.messages import TERMINAL

STATES = ("error", "warning", "ok")
"""The states of a check, worst first."""
_STEPS: Mapping[str, str] = {
    "account none": "add", "password absent": "password", "password passphrase-missing": "run",
    "vault passphrase-missing": "run", "session unknown": "run", "output": "settings",
    "run": "run",
}  # fmt: skip
"""The next step by a check's name, or name and reason: a key under `page.help.next` and of `PLACES`."""
PLACES: Mapping[str, str] = {"add": "/welcome", "password": "/accounts", "run": "/runs", "settings": "/settings"}


def parse_checks(output: str, accounts: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the checks of `aurion doctor --json`, worst first; none where the output is no such JSON.

    Each has a `step` (empty where the page offers none) with its `place` and `account`. A hint about the command line
    is dropped where there is a step; the account's name is dropped from messages where there is only one account.
    """
    try:
        checks = json.loads(output)["checks"]
        completed = [_with_step(one, accounts) for one in checks]
        return sorted(completed, key=lambda one: STATES.index(one["state"]))
    except (ValueError, KeyError, TypeError):
        return []


def _with_step(check: Mapping[str, str], accounts: Sequence[str]) -> Mapping[str, str]:
    step = _STEPS.get(f"{check['name']} {check['reason']}") or _STEPS.get(check["name"], "")
    step = "" if check["state"] == "ok" else step
    account = check["account"] if check["account"] in accounts else ""
    place = f"/runs/{account}" if account and step == "run" else PLACES.get(step, "")
    hint = "" if step and TERMINAL.search(check["hint"]) else check["hint"]
    message = check["message"].removeprefix(f"{check['account']}: ") if len(accounts) == 1 else check["message"]
    link = {"step": step, "place": place, "account": account if step == "settings" else ""}
    return {**check, **link, "message": message, "hint": hint}
