import os
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import click
import pytest

from tests.cli.consoles import Screen, Terminal
from ttt_cli.questions import (
    ask,
    ask_address,
    ask_port,
    ask_server_port,
    ask_what_to_do,
    on_terminal,
    tell,
)

NO_PORT = "is no port: a port is a whole number from 0 to 65535 (0: any free port)."
NO_ADDRESS = "An address is the name or the number of a machine: localhost."
WHICH_PORT = "Please enter the port: "
WHICH_ADDRESS = "Please enter the address: "


@pytest.fixture
def screen() -> Screen:
    """Shows the questions."""
    return Screen()


def port_asked_for(screen: Screen) -> int:
    with redirect_stdout(screen), redirect_stderr(screen):
        return ask_port()


def address_asked_for(screen: Screen) -> str:
    with redirect_stdout(screen), redirect_stderr(screen):
        return ask_address()


class TestWhoCanBeAsked:
    def test_is_somebody_at_a_terminal(self, terminal: Terminal) -> None:
        assert on_terminal()

    @pytest.mark.usefixtures("no_terminal")
    def test_is_nobody_at_another_input(self) -> None:
        assert not on_terminal()

    def test_is_nobody_without_an_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        assert not on_terminal()

    @pytest.mark.usefixtures("no_terminal")
    def test_is_nobody_though_the_output_looks_like_a_terminal(self) -> None:
        looks_like_one = Screen(is_terminal=True)
        with redirect_stdout(looks_like_one), redirect_stderr(looks_like_one):
            assert not on_terminal()


class TestAskingForThePort:
    def test_takes_a_port_for_an_answer(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type("8080")
        assert port_asked_for(screen) == 8080
        assert screen.getvalue() == WHICH_PORT

    @pytest.mark.parametrize("answer", ["", "abc", "-1", "70000", "8080x", "{0} <red>"])
    def test_says_what_a_port_is_and_asks_again(
        self, terminal: Terminal, screen: Screen, answer: str
    ) -> None:
        terminal.type(answer, " 65535 ")
        assert port_asked_for(screen) == 65535
        assert screen.getvalue() == f"{WHICH_PORT}{answer!r} {NO_PORT}\n{WHICH_PORT}"

    def test_asks_as_often_as_it_takes(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type(*["x"] * 50, "0")
        assert port_asked_for(screen) == 0
        assert screen.getvalue().count(WHICH_PORT) == 51

    def test_is_given_up_at_the_end_of_input(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type("abc")
        with pytest.raises(click.Abort):
            port_asked_for(screen)
        assert screen.getvalue().count(WHICH_PORT) == 2

    def test_keeps_the_standard_output_clean(
        self, terminal: Terminal, capsys: pytest.CaptureFixture[str]
    ) -> None:
        terminal.type("abc", "8080")
        ask_port()
        out, err = capsys.readouterr()
        assert not out.strip()
        assert NO_PORT in err


class TestAskingForTheAddress:
    @pytest.mark.parametrize("answer", ["localhost", "192.0.2.1", "::1", " localhost "])
    def test_takes_anything_for_an_answer(
        self, terminal: Terminal, screen: Screen, answer: str
    ) -> None:
        terminal.type(answer)
        assert address_asked_for(screen) == answer.strip()
        assert screen.getvalue() == WHICH_ADDRESS

    def test_says_what_an_address_is_and_asks_again_if_there_is_no_answer(
        self, terminal: Terminal, screen: Screen
    ) -> None:
        terminal.type("", "  ", "localhost")
        assert address_asked_for(screen) == "localhost"
        assert screen.getvalue() == f"{WHICH_ADDRESS}{NO_ADDRESS}\n" * 2 + WHICH_ADDRESS

    def test_is_given_up_at_the_end_of_input(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type("")
        with pytest.raises(click.Abort):
            address_asked_for(screen)

    def test_keeps_the_standard_output_clean(
        self, terminal: Terminal, capsys: pytest.CaptureFixture[str]
    ) -> None:
        terminal.type("", "localhost")
        ask_address()
        out, err = capsys.readouterr()
        assert not out.strip()
        assert NO_ADDRESS in err


@pytest.mark.parametrize("question", [port_asked_for, address_asked_for])
def test_a_question_is_given_up_at_ctrl_c(
    terminal: Terminal, screen: Screen, question: Callable[[Screen], object]
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    terminal.type()
    screen.when("Please enter", lambda _: signal.raise_signal(signal.SIGINT))
    try:
        with pytest.raises(click.Abort):
            question(screen)
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_answer_has_no_white_space_around_it(terminal: Terminal) -> None:
    terminal.type(" a b ")
    assert ask("What?") == "a b"


def test_bytes_that_are_no_text_are_no_answer(
    terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    os.write(terminal._ours, b"\xe9\n8080\n")
    assert ask_port() == 8080
    assert capsys.readouterr().err.count("is no port") == 1


class TestAskingForThePortOfAServer:
    def test_takes_any_port_but_0(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type("0", "8080")
        with redirect_stdout(screen), redirect_stderr(screen):
            assert ask_server_port() == 8080
        assert screen.lines[0].endswith(
            "'0' is no port: a port is a whole number from 1 to 65535."
        )


class TestAskingWhatToDo:
    def ask(self, screen: Screen) -> int:
        with redirect_stdout(screen), redirect_stderr(screen):
            return ask_what_to_do("port", 1, lambda: 2)

    @pytest.mark.parametrize("answer", ["r", "R", "retry"])
    def test_can_be_answered_with_the_same_again(
        self, terminal: Terminal, screen: Screen, answer: str
    ) -> None:
        terminal.type(answer)
        assert self.ask(screen) == 1

    @pytest.mark.parametrize("answer", ["c", "Change", "change port"])
    def test_can_be_answered_with_another_place(
        self, terminal: Terminal, screen: Screen, answer: str
    ) -> None:
        terminal.type(answer)
        assert self.ask(screen) == 2

    @pytest.mark.parametrize("answer", ["a", "ABORT"])
    def test_can_be_answered_with_the_end(
        self, terminal: Terminal, screen: Screen, answer: str
    ) -> None:
        terminal.type(answer)
        with pytest.raises(click.exceptions.Exit) as ended:
            self.ask(screen)
        assert ended.value.exit_code == 1

    def test_is_asked_until_there_is_an_answer(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type("", "x", "change address", "r")
        assert self.ask(screen) == 1
        assert screen.getvalue() == "[A]bort, [C]hange port, or [R]etry? " * 4


@pytest.mark.parametrize("columns", ["40", "80"])
def test_what_is_too_long_for_a_terminal_is_broken_between_words(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    screen = Screen(is_terminal=True)
    question = "[A]bort, [C]hange address and port, or [R]etry?"
    terminal.type("r")
    with redirect_stderr(screen):
        tell(question)
        ask(question)
    broken = question if columns == "80" else question.replace("or [R]", "or\n[R]")
    assert screen.getvalue() == f"{broken}\n{broken} "


def test_without_a_standard_error_output_a_question_is_put_as_it_is(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    tell("Hello")
