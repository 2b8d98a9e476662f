"""What `aurion doctor` told, and where the page itself has the next step."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from scraper.web.pages.messages import TERMINAL

STATES = ("error", "warning", "ok")
"""The worst first."""
STEPS: Mapping[str, str] = {
    "account none": "add", "password absent": "password", "password passphrase-missing": "run",
    "vault passphrase-missing": "run", "session unknown": "run", "output": "settings",
    "run": "run",
}  # fmt: skip
"""By a check's name, or name and reason: a key of the words under `page.help.next`, and of `PLACES`."""
PLACES: Mapping[str, str] = {"add": "/welcome", "password": "/accounts", "run": "/runs", "settings": "/settings"}


def checks_told(output: str, accounts: Sequence[str]) -> list[Mapping[str, Any]]:
    """The checks of `aurion doctor --json`, the worst first; nothing where it told nothing.

    Each has a `step`, empty where the page has none, with its `place` and the `account` meant. Beside a step a hint for
    somebody at a terminal is left out, as is the account's name before a message where there is one account.
    """
    try:
        told = json.loads(output)["checks"]
        found = [_with_step(one, accounts) for one in told]
        return sorted(found, key=lambda one: STATES.index(one["state"]))
    except (ValueError, KeyError, TypeError):
        return []


def _with_step(check: Mapping[str, str], accounts: Sequence[str]) -> Mapping[str, str]:
    step = STEPS.get(f"{check['name']} {check['reason']}") or STEPS.get(check["name"], "")
    step = "" if check["state"] == "ok" else step
    account = check["account"] if check["account"] in accounts else ""
    place = f"/runs/{account}" if account and step == "run" else PLACES.get(step, "")
    hint = "" if step and TERMINAL.search(check["hint"]) else check["hint"]
    message = check["message"].removeprefix(f"{check['account']}: ") if len(accounts) == 1 else check["message"]
    told = {"step": step, "place": place, "account": account if step == "settings" else ""}
    return {**check, **told, "message": message, "hint": hint}
