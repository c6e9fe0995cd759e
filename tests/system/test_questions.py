"""The questions about the port, asked on a real terminal, and what happens where there is none."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.process import COMMAND, CTRL_C, CTRL_D, Running, Shell
from tests.system.visitors import Visitors

WHICH = "Please enter the port: $"
WHAT_NOW = re.escape("[A]bort, [C]hange port, or [R]etry? ") + "$"
TAKEN = r"Cannot reserve port {}: another program is using it \(Address already in use\)\n"

WITHOUT_STDIN = ("/bin/sh", "-c", 'exec "$@" <&-', "sh", COMMAND)
"""Runs the command with its stdin closed."""


WAIT_UNTIL_IT_IS_CLOSED = """
import builtins, os, select

def read(prompt, read=builtins.input):
    os.write(2, b"closing time")
    terminal = select.poll()
    terminal.register(0, 0)  # its end is told of without being asked for
    terminal.poll(30_000)
    return read(prompt)

builtins.input = read
"""
"""Runs before the command, which then asks only when nobody can answer any more."""


@pytest.fixture
def holder() -> Iterator[socket.socket]:
    """Another program that listens to a port."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield holder


@pytest.fixture
def taken(holder: socket.socket) -> int:
    """The port that is taken."""
    port: int = holder.getsockname()[1]
    return port


def ends(command: Running, code: int) -> None:
    """Check that it ends with `code` and that nobody has seen a traceback."""
    assert command.wait() == code
    assert "Traceback" not in command.text
    assert "Error" not in command.text


def serves(server: Running, port: int, visitors: Visitors) -> None:
    """Check that it lets players in and ends as it should."""
    visitors.confirmed(port)
    server.expect(r"Received connection from .*: player 1\n")
    visitors.leave()
    assert server.stop(signal.SIGTERM) == 0


class TestWithoutAPort:
    def test_a_terminal_is_asked_until_the_answer_is_a_port(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start_on_terminal("serve", columns=200)
        for answer in ("", "abc", "-1", "70000", "8080x", "0x50", "8 0", "80.0"):
            server.answer(WHICH, f"{answer}\n")
            told = re.escape(f"'{answer}' is no port: a port is a whole number from 0 to 65535")
            server.expect(rf"^{re.escape(answer)}\n{told}.*\n(?=Please enter the port:)")
        server.answer(WHICH, "0\n")
        serves(server, server.listening(), visitors)

    @pytest.mark.parametrize("keys", [CTRL_C, CTRL_D, f"abc\n{CTRL_C}", f"abc\n{CTRL_D}"])
    def test_who_does_not_want_to_answer_ends_it_with_code_1(
        self, keys: str, shell: Shell
    ) -> None:
        server = shell.start_on_terminal("serve")
        for line in keys.splitlines():
            server.answer(WHICH, line if line in (CTRL_C, CTRL_D) else f"{line}\n")
        ends(server, 1)
        assert not shell.log.exists()

    @pytest.mark.parametrize("command", [(COMMAND,), WITHOUT_STDIN], ids=["pipe", "closed"])
    def test_where_stdin_is_no_terminal_it_is_a_usage_error(
        self, command: tuple[str, ...], shell: Shell
    ) -> None:
        done = shell.run([*command, "serve"], typed="8080\n")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Usage: ttt serve [OPTIONS]\n")
        assert done.stderr.splitlines()[-1].startswith("Error: No port is given")

    def test_neither_is_a_terminal_asked_that_only_shows_what_is_said(self, shell: Shell) -> None:
        with Path("/dev/null").open() as nothing:
            server = shell.start_on_terminal("serve", stdin=nothing.fileno())
            assert server.wait() == 2
        assert server.text.startswith("Usage: ttt serve [OPTIONS]\n")
        assert "Please enter" not in server.text


class TestATakenPort:
    def test_its_number_and_the_reason_are_told_before_the_question(
        self, taken: int, shell: Shell
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", str(taken))
        server.expect(f"^{TAKEN.format(taken)}{WHAT_NOW}")

    @pytest.mark.parametrize("answer", ["A", "abort", "ABORT"])
    def test_abort_ends_it_with_code_1(self, answer: str, taken: int, shell: Shell) -> None:
        server = shell.start_on_terminal("serve", "--port", str(taken))
        server.answer(WHAT_NOW, f"{answer}\n")
        ends(server, 1)
        assert len(shell.log_lines) == 1

    @pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
    def test_who_does_not_want_to_answer_ends_it_with_code_1(
        self, key: str, taken: int, shell: Shell
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", str(taken))
        server.answer(WHAT_NOW, key)
        ends(server, 1)

    def test_an_answer_that_is_none_of_the_three_asks_again(
        self, taken: int, shell: Shell
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", str(taken))
        for answer in ("", "x", "ac", "8080", "no", "a"):
            server.answer(WHAT_NOW, f"{answer}\n")
        ends(server, 1)
        assert server.text.count("Cannot reserve") == 1

    @pytest.mark.parametrize("answer", ["c", "CHANGE"])
    def test_change_asks_for_a_port_and_tries_that(
        self, answer: str, taken: int, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", str(taken))
        server.answer(WHAT_NOW, f"{answer}\n")
        for wrong in ("", "x"):
            server.answer(WHICH, f"{wrong}\n")
        server.answer(WHICH, "0\n")
        serves(server, server.listening(), visitors)

    @pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
    def test_who_does_not_want_to_change_it_either_ends_it_with_code_1(
        self, key: str, taken: int, shell: Shell
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", str(taken))
        server.answer(WHAT_NOW, "c\n")
        server.answer(WHICH, key)
        ends(server, 1)

    def test_retry_tries_the_same_port_again(
        self, holder: socket.socket, taken: int, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start_on_terminal("serve", "--port", str(taken))
        for answer in ("r", "RETRY"):
            server.answer(TAKEN.format(taken) + WHAT_NOW, f"{answer}\n")
        server.expect(TAKEN.format(taken) + WHAT_NOW)
        holder.close()
        server.type("r\n")
        assert server.listening() == taken
        serves(server, taken, visitors)

    def test_a_port_that_was_changed_to_is_the_one_that_is_retried(
        self, taken: int, shell: Shell, visitors: Visitors
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            server = shell.start_on_terminal("serve", "--port", str(taken))
            server.answer(WHAT_NOW, "c\n")
            server.answer(WHICH, f"{port}\n")
            server.expect(TAKEN.format(port) + WHAT_NOW)
        server.type("r\n")
        assert server.listening() == port
        serves(server, port, visitors)

    @pytest.mark.parametrize("command", [(COMMAND,), WITHOUT_STDIN], ids=["pipe", "closed"])
    def test_where_stdin_is_no_terminal_one_line_says_so_and_it_ends(
        self, command: tuple[str, ...], taken: int, shell: Shell
    ) -> None:
        done = shell.run([*command, "serve", "--port", str(taken)], typed="c\n0\n")
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(TAKEN.format(taken), done.stderr)
        (logged,) = shell.log_lines
        assert logged.endswith(f"] ERROR: {done.stderr.strip()}")

    def test_neither_is_a_terminal_asked_that_only_shows_what_is_said(
        self, taken: int, shell: Shell
    ) -> None:
        with Path("/dev/null").open() as nothing:
            server = shell.start_on_terminal("serve", "--port", str(taken), stdin=nothing.fileno())
            ends(server, 1)
        assert re.fullmatch(TAKEN.format(taken), server.text)
        assert len(shell.log_lines) == 1


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("when", ["just before", "while"])
@pytest.mark.parametrize("question", [WHICH, WHAT_NOW], ids=["which", "what now"])
def test_a_terminal_that_is_closed_when_the_answer_is_waited_for_ends_it_with_code_1(
    question: str, when: str, unbuffered: str, taken: int, shell: Shell
) -> None:
    port = () if question is WHICH else ("--port", str(taken))
    path = ""
    if when == "just before":
        (shell.directory / "sitecustomize.py").write_text(WAIT_UNTIL_IT_IS_CLOSED)
        path, question = str(shell.directory), "closing time"
    server = shell.start_on_terminal("serve", *port, PYTHONPATH=path, PYTHONUNBUFFERED=unbuffered)
    server.expect(question)
    server.look_away()
    assert server.wait() == 1


def test_another_server_on_the_port_is_left_in_peace(shell: Shell, visitors: Visitors) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    game = visitors.game(port)
    assert shell.start("serve", "--port", str(port), "--no-log-file").wait() == 1
    game.play(5)
