import pytest

from tests.tools import path_of


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked `needs_tool(name, package)` where there is no such tool."""
    for mark in item.iter_markers("needs_tool"):
        name, package = mark.args
        if path_of(name) is None:
            pytest.skip(f"there is no {name} here: install Debian's {package}")
