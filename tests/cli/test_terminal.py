import contextlib
import os
import pty
import signal
import termios
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.screens import visible
from tests.cli.windows import resize
from ttt_cli.keyboard import Keyboard
from ttt_cli.screen import Screen
from ttt_cli.terminal import Terminal
from ttt_core import Board

END = "\x1e"
LONG = "A sentence that takes two lines of a narrow window, or three."


class Window:
    """A pseudo-terminal with a screen and the terminal under test on it."""

    def __init__(self, *, plain: bool = False) -> None:
        self.ours, self.theirs = pty.openpty()
        resize(self.ours, 80)
        self.out = os.fdopen(os.dup(self.theirs), "w", encoding="utf-8")
        self.screen = Screen(self.out, color=False, plain=plain)
        self.keyboard = Keyboard(self.theirs, self.screen.type)
        self.terminal = Terminal(self.keyboard, self.screen)

    @property
    def mode(self) -> list[Any]:
        return termios.tcgetattr(self.theirs)

    @property
    def gives_each_key(self) -> bool:
        return not self.mode[3] & (termios.ICANON | termios.ECHO)

    def written(self) -> str:
        """What has been written since the last time."""
        self.out.write(END)
        self.out.flush()
        written = b""
        while not written.endswith(END.encode()):  # a terminal hands it on in pieces
            written += os.read(self.ours, 65536)
        return written.decode().removesuffix(END).replace("\r\n", "\n")

    def close(self) -> None:
        self.out.close()
        os.close(self.theirs)
        os.close(self.ours)


def lose(terminal: int) -> None:
    """Let the descriptor of a terminal be none any more."""
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), terminal)


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("TERM", "xterm")
    window = Window()
    yield window
    window.close()


@pytest.fixture
def signals_left_alone() -> Iterator[None]:
    numbers = (signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


pytestmark = pytest.mark.usefixtures("signals_left_alone")


def test_it_gives_each_key_while_it_is_in_use_and_is_then_what_it_was(window: Window) -> None:
    before = window.mode
    with window.terminal.in_use():
        assert window.gives_each_key
        assert window.mode[3] & termios.ISIG  # Ctrl-C is Ctrl-C
        os.write(window.ours, b"5")
        assert os.read(window.theirs, 10) == b"5"
    assert window.mode == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_it_is_what_it_was_whatever_ends_its_use(
    window: Window, error: type[BaseException]
) -> None:
    def fail() -> None:
        with window.terminal.in_use():
            raise error

    before = window.mode
    with pytest.raises(error):
        fail()
    assert window.mode == before


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, SystemExit])
def test_a_line_that_was_not_ended_is_gone_in_the_end(
    window: Window, error: type[BaseException] | None
) -> None:
    def type_and_end() -> None:
        with window.terminal.in_use():
            window.screen.say("Your move.")
            os.write(window.ours, b"12")
            window.keyboard.read()
            if error is not None:
                raise error

    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        type_and_end()
    assert visible(window.written(), 80) == ["Your move.", ""]
    os.write(window.ours, b"y\n")
    window.keyboard.read()
    assert window.keyboard.take() == "y"


def test_it_may_go_while_it_is_in_use(window: Window) -> None:
    with window.terminal.in_use():
        lose(window.theirs)


def test_it_may_have_gone_before(window: Window) -> None:
    lose(window.theirs)
    with window.terminal.in_use():
        pass


def test_nothing_is_done_where_nothing_is_redrawn() -> None:
    window = Window(plain=True)
    before = window.mode
    handler = signal.getsignal(signal.SIGTSTP)
    with window.terminal.in_use():
        assert window.mode == before
        assert signal.getsignal(signal.SIGTSTP) is handler
    window.close()


@pytest.mark.parametrize("has_input", [True, False])
def test_an_input_that_is_no_terminal_is_left_alone(window: Window, *, has_input: bool) -> None:
    end, beginning = os.pipe()
    before = window.mode
    keyboard = Keyboard(end if has_input else None)
    with Terminal(keyboard, window.screen).in_use():
        assert window.mode == before
        window.screen.say("Hello")
        window.written()
        resize(window.ours, 40)
        signal.raise_signal(signal.SIGWINCH)
        assert visible(window.written(), 40) == ["Hello", ""]
    os.close(end)
    os.close(beginning)


@pytest.mark.parametrize("columns", [40, 41, 60, 79, 81, 200])
def test_a_window_that_changes_is_drawn_anew(window: Window, columns: int) -> None:
    with window.terminal.in_use():
        window.screen.tell(LONG)
        window.screen.show(Board(), LONG)
        window.screen.type("typed")
        # As a window that breaks lines anew when it is narrowed shows them.
        before = window.written()
        resize(window.ours, columns)
        signal.raise_signal(signal.SIGWINCH)
        shown = visible(before + window.written(), columns)
        fresh = Window()
        resize(fresh.ours, columns)
        fresh.screen.tell(LONG)
        fresh.screen.show(Board(), LONG)
        fresh.screen.type("typed")
        assert shown == visible(fresh.written(), columns)
        fresh.close()


def test_who_comes_back_finds_everything_below_what_was_written_meanwhile(window: Window) -> None:
    with window.terminal.in_use():
        window.screen.say("One.")
        before = window.written()
        termios.tcsetattr(window.theirs, termios.TCSANOW, [*window.mode[:3], 0, *window.mode[4:]])
        signal.raise_signal(signal.SIGCONT)
        assert window.gives_each_key
        assert visible(f"{before}$ fg\n{window.written()}", 80) == ["One.", "$ fg", "One.", ""]


def test_it_is_what_it_was_while_the_program_is_stopped(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[object] = []

    def stop(number: int) -> None:
        stopped.extend((number, window.mode, signal.getsignal(number)))

    before = window.mode
    press_ctrl_z = signal.raise_signal
    with window.terminal.in_use():
        monkeypatch.setattr(signal, "raise_signal", stop)
        press_ctrl_z(signal.SIGTSTP)
        assert stopped == [signal.SIGTSTP, before, signal.SIG_DFL]
        assert window.gives_each_key


def test_a_signal_in_the_middle_of_drawing_lets_it_be_done_again(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = window.screen._draw

    def disturbed(columns: int) -> None:
        monkeypatch.setattr(window.screen, "_draw", draw)
        draw(columns)
        resize(window.ours, 40)
        signal.raise_signal(signal.SIGWINCH)

    with window.terminal.in_use():
        monkeypatch.setattr(window.screen, "_draw", disturbed)
        window.screen.say(LONG)
    assert visible(window.written(), 40) == [*textwrap.wrap(LONG, 39), ""]
