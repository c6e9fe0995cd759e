"""`ttt check` against `ttt serve`, both as installed."""

import signal

import pytest

from tests.system.process import COMMAND, Shell
from tests.system.visitors import Visitors


def check(shell: Shell, port: int) -> tuple[int, str, str]:
    done = shell.run([COMMAND, "check", "127.0.0.1", str(port)])
    return done.returncode, done.stdout, done.stderr


def test_a_running_server_is_well_and_its_log_is_left_as_it_was(shell: Shell) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    before = shell.log_lines
    for _ in range(3):
        assert check(shell, port) == (0, "", "")
    assert shell.log_lines == before


def test_it_meets_nobody_though_somebody_waits(shell: Shell, visitors: Visitors) -> None:
    server = shell.start("serve", "--port", "0", "--log-level", "debug")
    port = server.listening()
    waiting = visitors.confirmed(port)
    server.expect("player 1\n")
    assert check(shell, port) == (0, "", "")
    server.expect("Player 2 has left: said quit\n")
    waiting.say(b"q")
    assert waiting.rest() == b""
    assert "matched" not in server.text


def test_a_full_server_is_told_of_in_its_own_words(shell: Shell, visitors: Visitors) -> None:
    port = shell.start("serve", "--port", "0", "--max-connections", "1").listening()
    visitors.confirmed(port)
    code, _, line = check(shell, port)
    assert code == 1
    assert line == (
        f"No server of this game answers at port {port} of 127.0.0.1: "
        "it says: The server is full. Please try again later.\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_has_ended_is_not_well(number: signal.Signals, shell: Shell) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    server.stop(number)
    code, _, line = check(shell, port)
    assert (code, line.count("\n")) == (1, 1)
    assert line.endswith(": Connection refused\n")
