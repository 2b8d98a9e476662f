"""The environment of other programs."""

from collections.abc import Mapping

KEPT_FROM_CHILDREN = ("AURION_PASSWORD", "AURION_PASSPHRASE", "AURION_NOTIFY", "AURION_PROXY")
"""Variables that Chromium and its driver do not get."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a foreign program: without `AURION_*`, some of which are secrets."""
    return {name: value for name, value in environment.items() if not name.startswith("AURION_")}
