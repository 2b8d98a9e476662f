"""The question of a shell for completions: its variable, and the words typed so far."""

from collections.abc import Mapping

COMPLETION = "_AURION_COMPLETE"
"""The variable that the script of `aurion completion` sets when the shell asks for completions."""


def words_to_complete(environment: Mapping[str, str]) -> list[str]:
    """Return the words typed so far if a shell asks for completions, else none."""
    if COMPLETION not in environment:
        return []
    return (environment.get("COMP_WORDS") or environment.get("_TYPER_COMPLETE_ARGS") or "").split()[1:]
