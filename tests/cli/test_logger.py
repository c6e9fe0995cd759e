"""A module that is imported with a stand-in for what it imports itself."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ttt_cli.logger import import_beside, no_running_loop

STAND_IN = ModuleType("heavy")
vars(STAND_IN)["weight"] = 0


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of modules that can be imported, and are forgotten afterwards.

    All are to be written before the first is imported: Python remembers what there is.
    """
    (tmp_path / "heavy.py").write_text("weight = 100\nlength = 7\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_it_gets_the_stand_in_and_whoever_comes_later_the_real_one(shelf: Path) -> None:
    (shelf / "light.py").write_text("import heavy\nweight = heavy.weight\n")
    (shelf / "later.py").write_text("from heavy import weight\n")
    assert import_beside(STAND_IN, "light").weight == 0
    assert "heavy" not in sys.modules
    assert import_beside(ModuleType("other"), "later").weight == 100


def test_it_gets_the_real_one_if_that_is_there_already(shelf: Path) -> None:
    (shelf / "light.py").write_text("import heavy\nweight = heavy.weight\n")
    real = import_beside(ModuleType("other"), "heavy")
    assert import_beside(STAND_IN, "light").weight == 100
    assert sys.modules["heavy"] is real


@pytest.mark.parametrize(
    "source",
    ["from heavy import length", "import heavy\nlength = heavy.length"],
)
def test_it_gets_the_real_one_if_it_wants_more_than_the_stand_in_has(
    shelf: Path, source: str
) -> None:
    (shelf / "light.py").write_text(source)
    assert import_beside(STAND_IN, "light").length == 7
    assert sys.modules["heavy"] is not STAND_IN


def test_what_is_wrong_with_it_is_told_as_if_there_were_no_stand_in(shelf: Path) -> None:
    (shelf / "light.py").write_text("import heavy\nimport nowhere_to_be_found\n")
    (shelf / "broken.py").write_text("import heavy\nheavy.weight / 0\n")
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        import_beside(STAND_IN, "light")
    with pytest.raises(ZeroDivisionError):
        import_beside(STAND_IN, "broken")
    assert sys.modules.get("heavy") is not STAND_IN


def test_where_no_loop_runs_the_one_for_asyncio_says_what_asyncio_says() -> None:
    import asyncio  # noqa: PLC0415 - only here, to be compared

    with pytest.raises(RuntimeError) as real:
        asyncio.get_running_loop()
    with pytest.raises(RuntimeError) as ours:
        no_running_loop()
    assert str(ours.value) == str(real.value)
