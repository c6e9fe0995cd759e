"""The terminal under a game: each key at once, and a window that changes."""

import contextlib
import signal
import termios
from collections.abc import Iterator
from typing import Any

from ttt_cli.keyboard import Keyboard
from ttt_cli.screen import Screen
from ttt_cli.signals import Handler, handled

_LOCAL_FLAGS, _CONTROLS = 3, 6


class Terminal:
    """Where a screen is redrawn in place. Elsewhere nothing is done to anything."""

    def __init__(self, keyboard: Keyboard, screen: Screen) -> None:
        """Give the keys to `keyboard`, if that is a terminal's."""
        is_used = keyboard.is_terminal and screen.in_place
        self._descriptor = keyboard.fileno() if is_used else None
        self._keyboard = keyboard
        self._screen = screen
        self._mode: list[Any] | None = None

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Have each key at once and unechoed, and redraw the screen when that is needed.

        In the end, whatever it is, a line that has not been ended is gone, and the terminal is
        what it was before. It is so, too, while the program is stopped (Ctrl-Z).
        """
        if not self._screen.in_place:
            yield
            return
        handlers: dict[int, Handler] = {
            signal.SIGWINCH: lambda *_: self._screen.redraw(),
            signal.SIGTSTP: lambda *_: self._stop(),
            signal.SIGCONT: lambda *_: self._come_back(),
        }
        with contextlib.ExitStack() as undo:
            undo.callback(self._give_back)
            undo.callback(self._keyboard.drop)
            self._take()
            for number, handler in handlers.items():
                undo.enter_context(handled(number, handler))
            yield

    def _take(self) -> None:
        if self._descriptor is None:
            return
        with contextlib.suppress(termios.error):  # it has gone: the next read tells so
            mode = termios.tcgetattr(self._descriptor)
            self._mode = self._mode or list(mode)
            mode[_LOCAL_FLAGS] &= ~(termios.ICANON | termios.ECHO)
            mode[_CONTROLS] = [*mode[_CONTROLS]]
            mode[_CONTROLS][termios.VMIN], mode[_CONTROLS][termios.VTIME] = 1, 0
            termios.tcsetattr(self._descriptor, termios.TCSANOW, mode)

    def _give_back(self) -> None:
        if self._descriptor is not None and self._mode is not None:
            mode, self._mode = self._mode, None
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, mode)

    def _stop(self) -> None:
        self._give_back()
        with handled(signal.SIGTSTP, signal.SIG_DFL):
            signal.raise_signal(signal.SIGTSTP)
        self._take()

    def _come_back(self) -> None:
        self._take()
        self._screen.redraw(below=True)
