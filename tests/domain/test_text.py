"""Texts of the portal, shortened and on one line."""

from scraper.domain.text import truncate
from tests.cases import for_each


@for_each(
    "text, most, shown",
    [
        ("Optique", 7, "Optique"),
        ("Optique", 6, "Optiq…"),
        ("Travaux dirigés", 9, "Travaux…"),
        ("", 5, ""),
    ],
)
def test_truncated_text_ends_with_an_ellipsis(text: str, most: int, shown: str) -> None:
    """Keep a text that fits; of any other, keep the beginning, without a blank before the ellipsis."""
    assert truncate(text, most) == shown
