"""A module that is put off: what stands in for it, and when it is imported after all."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from ttt_cli.logger import postponed

HEAVY = "weight = 100\n\ndef lift(by, times=1):\n    return by * times * weight\n"

Shelve = Callable[..., None]


@pytest.fixture
def shelve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelve]:
    """Let there be a module `heavy`, and others that are given, for as long as the test takes.

    All are given at once: Python remembers what it has seen in a directory.
    """

    def shelve(**sources: str) -> None:
        for name, source in {"heavy": HEAVY, **sources}.items():
            (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)

    yield shelve
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_it_is_not_imported_for_who_only_holds_one_of_its_functions(shelve: Shelve) -> None:
    shelve(light="import heavy\nlift = heavy.lift\n")
    with postponed("heavy", "lift"):
        import_module("light")
    assert "heavy" not in sys.modules


def test_it_is_imported_when_the_function_is_called(shelve: Shelve) -> None:
    shelve(light="import heavy\nlift = heavy.lift\n")
    with postponed("heavy", "lift"):
        light = import_module("light")
    assert light.lift(2, times=3) == 600
    assert sys.modules["heavy"].weight == 100


@pytest.mark.parametrize(
    "source",
    ["import heavy\nweight = heavy.weight\n", "from heavy import weight\n"],
    ids=["import", "from"],
)
def test_it_is_imported_for_who_asks_for_anything_else(shelve: Shelve, source: str) -> None:
    shelve(light=source)
    with postponed("heavy", "lift"):
        assert import_module("light").weight == 100
        assert sys.modules["heavy"].weight == 100
    assert sys.modules["heavy"].lift(1) == 100


def test_it_is_imported_for_who_asks_later(shelve: Shelve) -> None:
    shelve(inner="import heavy\n", light="import inner\n")
    with postponed("heavy", "lift"):
        light = import_module("light")
    assert "heavy" not in sys.modules
    assert light.inner.heavy.weight == 100


def test_it_has_what_the_real_one_has_and_nothing_else(shelve: Shelve) -> None:
    shelve(light="import heavy\n")
    with postponed("heavy"):
        light = import_module("light")
    with pytest.raises(AttributeError, match="module 'heavy' has no attribute 'height'"):
        _ = light.heavy.height


def test_whoever_comes_afterwards_gets_the_real_one(shelve: Shelve) -> None:
    shelve(light="import heavy\nlift = heavy.lift\n")
    with postponed("heavy", "lift"):
        import_module("light")
    assert import_module("heavy").weight == 100


def test_it_serves_all_if_it_is_there_already(shelve: Shelve) -> None:
    shelve(light="import heavy\n")
    real = import_module("heavy")
    with postponed("heavy", "lift"):
        assert import_module("light").heavy is real
    assert sys.modules["heavy"] is real


def test_what_goes_wrong_in_the_meantime_leaves_no_stand_in(shelve: Shelve) -> None:
    shelve(broken="import heavy\nheavy.lift / 0\n")
    with pytest.raises(TypeError), postponed("heavy", "lift"):
        import_module("broken")
    assert "heavy" not in sys.modules
