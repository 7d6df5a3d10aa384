"""The examples in the compiler's docstrings."""

import doctest
from types import ModuleType

import pytest

from infra.compile import problems, unit
from infra.compile.schema import kinds


@pytest.mark.parametrize("module", [problems, unit, kinds], ids=lambda module: module.__name__)
def test_examples_are_true(module: ModuleType) -> None:
    """
    What a docstring shows is what happens.
    """
    failed, tried = doctest.testmod(module)

    assert tried
    assert not failed
