"""Why a planning is read, and what is read first."""

from enum import IntEnum
from typing import Literal, TypeAlias

Reason: TypeAlias = Literal["sign-up", "click", "class", "canary", "night", "retry"]


class Priority(IntEnum):
    """The order of turns: a higher one comes first."""

    NIGHT = 0
    CANARY = 10
    CLASS = 20
    CLICK = 30
    SIGN_IN = 40
