"""Signals: how one is handled for a while, and those that end a game by an exception."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], object]


@contextlib.contextmanager
def handled(number: int, handler: Handler | signal.Handlers) -> Iterator[None]:
    """Handle a signal, unless it is to be ignored, as SIGHUP under nohup.

    In the end it is handled as before, unless it has come to be ignored in the meantime.
    """
    before = signal.getsignal(number)
    if before is signal.SIG_IGN:
        yield
        return
    try:
        signal.signal(number, handler)
        yield
    finally:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, before)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP end the program, by an exception.

    KeyboardInterrupt comes once: a second Ctrl-C would cut short the farewell to the
    server that the first one leads to. The others are a SystemExit with code 128+n.
    """

    def interrupt(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with (
        handled(signal.SIGINT, interrupt),
        handled(signal.SIGTERM, end),
        handled(signal.SIGHUP, end),
    ):
        yield
