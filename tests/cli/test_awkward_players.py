"""What a player may type and be, that nobody would expect."""

import os
import socket
import sys
import time
from io import BytesIO, StringIO, TextIOWrapper

import pytest

from ttt_cli.keyboard import Keyboard, square_in
from ttt_cli.local import play_local
from ttt_cli.main import cli
from ttt_cli.screen import Screen
from ttt_net import Connector


def piped(lines: str) -> Keyboard:
    """A keyboard on a pipe that is read to its end here, so that nothing stays open."""
    ours, theirs = os.pipe()
    os.write(theirs, lines.encode())
    os.close(theirs)
    keyboard = Keyboard(ours)
    while not keyboard.is_over:
        keyboard.read()
    os.close(ours)
    return keyboard


@pytest.mark.parametrize("line", ["", "0", "10", "007", "1" * 5000, "\N{SUPERSCRIPT TWO}", "-1"])
def test_nothing_but_a_digit_from_1_to_9_is_a_square(line: str) -> None:
    assert square_in(line) is None
    assert [square_in(str(number)) for number in range(1, 10)] == list(range(9))


@pytest.mark.parametrize("host", ["a..b", "x" * 70, "a\0b"])
def test_a_name_that_can_be_none_is_unknown(host: str) -> None:
    with pytest.raises(socket.gaierror, match="not known"):
        Connector(host, 1, time.monotonic)


def test_an_input_that_was_closed_before_the_start_is_over() -> None:
    keyboard = Keyboard(None)
    assert (keyboard.is_over, keyboard.is_terminal, keyboard.wait()) == (True, False, None)


def test_without_an_input_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(SystemExit) as ended:
        cli.main(["play"], prog_name="ttt")
    assert ended.value.code == 2
    assert "HOST PORT" in capsys.readouterr().err


def test_an_output_without_an_ellipsis_shows_a_question_mark() -> None:
    paper = BytesIO()
    with TextIOWrapper(paper, encoding="ascii") as out:
        Screen(out).say("Waiting\N{HORIZONTAL ELLIPSIS}")
        assert paper.getvalue() == b"Waiting?\n"


def test_the_last_line_of_an_input_comes_once() -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"5")
    os.close(theirs)
    keyboard = Keyboard(ours)
    for _ in range(4):
        keyboard.read()
    os.close(ours)
    assert (keyboard.take(), keyboard.take()) == ("5", None)


def test_a_taken_square_is_said_to_be_taken() -> None:
    screen = StringIO()
    play_local(Screen(screen), piped("5\n5\nq\n"), bot=None)
    assert "Square 5 is taken. O moves: a number from 1 to 9 (q leaves)." in screen.getvalue()
