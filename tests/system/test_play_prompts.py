"""The questions of `ttt play`, asked on a real terminal, and each of their answers."""

import re
import socket
from collections.abc import Iterator

import pytest

from tests.system.hosts import HOST, Host
from tests.system.process import CTRL_C, CTRL_D, Running, Shell

ADDRESS = "Please enter the address: $"
PORT = "Please enter the port: $"
WHAT_NOW = re.escape("[A]bort, [C]hange address and port, or [R]etry? ") + "$"
REFUSED = f"Cannot connect to port {{}} of {HOST}: Connection refused\n"
GONE = "You have left; no game was going on.\n"
YOUR_MOVE = re.escape("Your move: a number from 1 to 9 (q leaves).").replace(r"\ ", r"\s")
AGAIN = r"Play again\? \(y/n\)\n"

GREETING = b"A7RXI6B         CY"
WON = (
    (1, b"BX        CNI4BX  O     CY"),
    (2, b"BXX O     CNI5BXX OO    CY"),
    (3, b"BXXXOO    CWP012"),
)


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


@pytest.fixture
def closed() -> Iterator[str]:
    """A port that nobody listens to."""
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        yield str(silent.getsockname()[1])


def leaves(player: Running, host: Host) -> None:
    """See that it has connected, and let it go."""
    host.accept()
    player.answer("Waiting for the server", "q\n")
    player.expect("You have left the game.\n")
    assert player.wait() == 0
    assert "Traceback" not in player.text
    assert host.rest() == b"q"


def test_what_is_missing_is_asked_for_until_there_is_an_answer(shell: Shell, host: Host) -> None:
    player = shell.start_on_terminal("play", TERM="xterm")
    player.answer(ADDRESS, "\n")
    player.expect("An address is the name or the number of a machine")
    player.answer(ADDRESS, f"{HOST}\n")
    for wrong in ("", "x", "0", "65536", "-1"):
        player.answer(PORT, f"{wrong}\n")
        player.expect(f"'{wrong}' is no port: a port is a whole number from 1 to 65535.\n")
    player.answer(PORT, f"{host.port}\n")
    leaves(player, host)


def test_an_answer_of_four_kilobytes_is_quoted_in_twenty_signs(shell: Shell) -> None:
    player = shell.start_on_terminal("play", HOST, TERM="xterm")
    player.answer(PORT, "9" * 4000 + "\n")
    player.expect(f"^9+\n'{'9' * 19}.*' is no port")
    player.answer(PORT, CTRL_C)
    assert player.wait() == 0


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("question", [ADDRESS, PORT, WHAT_NOW])
def test_who_answers_no_question_leaves_without_a_connection(
    shell: Shell, closed: str, question: str, key: str
) -> None:
    arguments = {ADDRESS: (), PORT: (HOST,), WHAT_NOW: (HOST, closed)}[question]
    player = shell.start_on_terminal("play", *arguments, TERM="xterm")
    player.answer(question, key)
    player.expect(f"\n{GONE}$")
    assert player.wait() == 0
    assert "Traceback" not in player.text
    assert "Aborted" not in player.text


@pytest.mark.parametrize("answer", ["a", "Abort"])
def test_abort_ends_with_code_1(shell: Shell, closed: str, answer: str) -> None:
    player = shell.start_on_terminal("play", HOST, closed, TERM="xterm")
    player.expect(REFUSED.format(closed))
    player.answer(WHAT_NOW, f"{answer}\n")
    assert player.wait() == 1
    assert "Traceback" not in player.text


def test_retry_tries_again_and_what_is_no_answer_is_asked_again(shell: Shell, closed: str) -> None:
    player = shell.start_on_terminal("play", HOST, closed, TERM="xterm")
    player.expect(REFUSED.format(closed))
    for answer in ("", "x", "ar"):
        player.answer(WHAT_NOW, f"{answer}\n")
    player.answer(WHAT_NOW, "r\n")
    player.expect(REFUSED.format(closed))
    player.answer(WHAT_NOW, "a\n")
    assert player.wait() == 1
    assert player.text.count("Cannot connect") == 2


def test_change_asks_for_both_and_goes_there(shell: Shell, host: Host, closed: str) -> None:
    player = shell.start_on_terminal("play", HOST, closed, TERM="xterm")
    player.answer(WHAT_NOW, "c\n")
    player.answer(ADDRESS, f"{HOST}\n")
    player.answer(PORT, f"{host.port}\n")
    leaves(player, host)


def test_a_narrow_window_has_the_question_broken_between_words(shell: Shell, closed: str) -> None:
    player = shell.start_on_terminal("play", HOST, closed, columns=40, TERM="xterm")
    player.answer(r"address and port, or\n\[R\]etry\? $", "a\n")
    assert player.wait() == 1
    assert max(map(len, player.lines)) < 40


def at_the_move(shell: Shell, host: Host) -> Running:
    player = shell.start_on_terminal("play", HOST, host.port, TERM="xterm")
    host.accept()
    host.say(GREETING)
    player.expect(YOUR_MOVE)
    return player


def test_a_move_is_asked_for_until_it_can_be_made(shell: Shell, host: Host) -> None:
    player = at_the_move(shell, host)
    for wrong, told in (
        ("0", "'0' is no square."),
        ("", "'' is no square."),
        ("five", "'five' is no square."),
        ("\x1b[A\x1b[Bx", "'x' is no square."),
        ("5" * 4096, f"'{'5' * 19}"),
        ("世界", r"'\?\?' is no square"),
    ):
        player.type(f"{wrong}\n")
        player.expect(told)
        player.expect(YOUR_MOVE)
    player.type("1\n")
    host.hear(b"c1c2c3i1")
    host.say(b"BX        CNI4BX  O     CY")
    player.expect(YOUR_MOVE)
    player.type("4\n")
    player.expect(r"Square 4 is taken\.")
    player.type("2\n")
    host.hear(b"i2")
    host.say(b"BXX O     CN")
    player.expect("Waiting for the other player")
    player.type("3\n")
    player.expect(r"It is not your turn yet\.")
    # The seconds go on; a slow machine may leave one out.
    beat = r"Waiting for the other player.* (\d+) s\nIt is not your turn yet"
    assert int(player.expect(beat)[1]) < int(player.expect(beat)[1])
    player.type(CTRL_D)
    assert player.wait() == 0
    assert host.rest() == b"q"


@pytest.mark.parametrize("answer", ["n", "no", "q", CTRL_D, CTRL_C])
def test_one_game_may_be_enough(shell: Shell, host: Host, answer: str) -> None:
    player = at_the_move(shell, host)
    host.hear(b"c1c2c3")
    for move, said in WON:
        player.type(f"{move}\n")
        host.hear(b"i%d" % move)
        host.say(said)
    player.expect(r"You win\. Congratulations!")
    player.expect(AGAIN)
    player.type("maybe\nperhaps\n")
    player.expect(r"Please answer y or n\.")
    player.type(answer if answer in (CTRL_C, CTRL_D) else f"{answer}\n")
    assert player.wait() == 0
    assert player.window(80)[-5:] == [
        *("", "You win. Congratulations!", "Play again? (y/n)", "Goodbye.", "")
    ]
    assert host.rest() == b""
