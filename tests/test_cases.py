"""Many cases in one test: every one is tried, and those that fail are named."""

import inspect

import pytest

from tests.cases import for_each


def test_each_case_is_tried_and_those_that_fail_are_named() -> None:
    """One failure is raised as it is, several together; the fixtures are the test's own."""
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


def test_no_case_at_all_is_a_mistake() -> None:
    """A table that became empty would be green for ever."""
    with pytest.raises(AssertionError, match="without cases"):
        for_each("number", [])
