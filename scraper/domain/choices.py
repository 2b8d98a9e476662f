"""Values of settings that several packages know."""

from typing import Literal

Client = Literal["any", "google", "apple", "outlook", "thunderbird"]
"""A calendar program to render for."""
Language = Literal["fr", "en"]
"""A language of the calendar and of the user interface."""
