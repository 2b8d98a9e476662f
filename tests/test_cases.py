"""Tests of many cases: every case is tried, and failed ones are named."""

import inspect

import pytest

from tests.cases import for_each


def test_every_case_is_tried_and_failed_ones_are_named() -> None:
    """One failure is raised itself, several as a group; fixtures are those of the test."""
    tried: list[tuple[str, int, int]] = []

    @for_each("number", [1, 2, 3])
    @for_each(("sign", "least"), [("a", 2), ("b", 1)])
    def promise(start: int, number: int, sign: str, least: int) -> None:
        tried.append((sign, least, number))
        assert start + number >= least, sign

    assert [*inspect.signature(promise).parameters] == ["start"]
    promise(start=1)
    assert sorted(tried) == sorted((sign, least, n) for sign, least in [("a", 2), ("b", 1)] for n in (1, 2, 3))
    with pytest.raises(AssertionError) as one:
        promise(start=0)
    assert one.value.__notes__ == ["Case: {'sign': 'a', 'least': 2}", "Case: {'number': 1}"]
    with pytest.raises(ExceptionGroup, match="2 of 3 cases fail") as several:
        promise(start=-1)
    assert [failure.__notes__[-1] for failure in several.value.exceptions] == [
        "Case: {'number': 1}",
        "Case: {'number': 2}",
    ]


def test_empty_table_of_cases_is_an_error() -> None:
    """Such a test would always pass."""
    with pytest.raises(AssertionError, match="without cases"):
        for_each("number", [])
