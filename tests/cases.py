"""One test with many cases: all of them are tried, and failed ones are named."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

Test = Callable[..., None]


def for_each(names: str | Sequence[str], values: Iterable[Any]) -> Callable[[Test], Test]:
    """Give a test each of these values in turn, as `parametrize` does, but within one test.

    For tests with fixtures that do not change from case to case: they are set up once.
    """
    keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    cases = [dict(zip(keys, value if len(keys) > 1 else (value,), strict=True)) for value in values]
    assert cases, "a test without cases shows nothing"

    def decorated(test: Test) -> Test:
        @wraps(test)
        def run(*instance: object, **fixtures: object) -> None:
            failures = []
            for case in cases:
                try:
                    test(*instance, **fixtures, **case)
                except Exception as error:  # noqa: BLE001 - the other cases are tried, too
                    error.add_note(f"Case: {case}")
                    failures.append(error)
            if len(failures) == 1:
                raise failures[0]
            if failures:
                raise ExceptionGroup(f"{len(failures)} of {len(cases)} cases fail", failures)

        signature = inspect.signature(test)
        left = [parameter for name, parameter in signature.parameters.items() if name not in keys]
        run.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]
        return run

    return decorated
