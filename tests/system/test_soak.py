"""All kinds of people at once, for as long as it takes to play some games."""

import sys

import pytest

from tests.simulation.soak import main

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


@needs_proc
def test_among_people_of_all_kinds_each_byte_is_right_and_nothing_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--minutes", "5", "--games", "60"]) == 0, capsys.readouterr().out
    assert "wrong: nothing; lost: nothing" in capsys.readouterr().out
