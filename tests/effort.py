"""The number of examples of a slow test of hypothesis."""

from hypothesis import settings


def examples(few: int) -> int:
    """Return `few` in the profile `house`, and in any other one what that profile asks for."""
    return few if settings.get_current_profile_name() == "house" else settings.default.max_examples
