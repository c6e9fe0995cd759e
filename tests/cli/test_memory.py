"""What the process does with its memory while it serves, and only then."""

import gc
import signal

import pytest

from ttt_cli.memory import settled


def test_the_collector_passes_over_what_is_there_and_looks_more_seldom_meanwhile() -> None:
    often, passed_over = gc.get_threshold(), gc.get_freeze_count()
    with settled(10):
        assert gc.get_threshold()[0] > often[0]
        assert gc.get_freeze_count() > passed_over
    assert gc.get_threshold() == often
    assert gc.get_freeze_count() == 0


def test_the_collector_is_as_it_was_whatever_ends_it() -> None:
    often = gc.get_threshold()
    with pytest.raises(KeyboardInterrupt), settled(10):
        signal.raise_signal(signal.SIGINT)
    assert (gc.get_threshold(), gc.get_freeze_count()) == (often, 0)
