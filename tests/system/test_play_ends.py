"""How `ttt play` ends when it is not by a game: the server hears `q`, the player a sentence."""

import re
import signal
from collections.abc import Iterator
from functools import partial

import pytest

from tests.system.hosts import HOST, Host
from tests.system.process import CTRL_C, CTRL_Z, Running, Shell

WAITING = "Waiting for the other player"
NO_SERVER = "This is no Tic-Tac-Toe server, or it made a mistake:"
LEFT = "You have left the game.\n"
STAGES = {
    "before a word": (b"", "Waiting for the server", b""),
    "waiting for an opponent": (b"A7R", "Waiting for an opponent", b"c1"),
    "matched": (b"A7RXI6B", "Your opponent is player 6", b"c1c2c3"),
    "at the move": (b"A7RXI6B         CY", r"Your move: .*\(q leaves\)", b"c1c2c3"),
    "waiting for a move": (b"A7ROI6B         CN", WAITING, b"c1c2c3"),
}
stages = pytest.mark.parametrize("stage", STAGES)


@pytest.fixture
def host() -> Iterator[Host]:
    with Host() as host:
        yield host


def come_to(stage: str, shell: Shell, host: Host, term: str = "xterm") -> tuple[Running, bytes]:
    """Return a player at that stage, and what the server has heard by then."""
    said, shown, heard = STAGES[stage]
    player = shell.start_on_terminal("play", HOST, host.port, TERM=term)
    host.accept()
    host.say(said)
    player.expect(shown)
    return player, heard


@pytest.mark.parametrize(
    ("stage", "term"),
    # Plain lines do not tell that the first word of the server is being waited for.
    [*((stage, "xterm") for stage in STAGES), *((stage, "dumb") for stage in list(STAGES)[1:])],
)
def test_ctrl_c_leaves_politely(stage: str, term: str, shell: Shell, host: Host) -> None:
    player, heard = come_to(stage, shell, host, term)
    player.answer("", CTRL_C)
    player.expect(LEFT)
    assert player.wait() == 0
    assert "Traceback" not in player.text
    assert host.rest() == heard + b"q"
    if term == "dumb":
        assert player.text.endswith(f"^C\n{LEFT}")


@stages
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_politely(
    stage: str, number: signal.Signals, shell: Shell, host: Host
) -> None:
    player, heard = come_to(stage, shell, host)
    assert player.stop(number) == 128 + number
    assert "Traceback" not in player.text
    assert host.rest() == heard + b"q"


@stages
def test_a_terminal_that_is_closed_leaves_politely(stage: str, shell: Shell, host: Host) -> None:
    player, heard = come_to(stage, shell, host)
    player.look_away()
    assert host.rest() == heard + b"q"
    assert player.wait() in (1, 128 + signal.SIGHUP)


def test_an_output_that_nobody_reads_leaves_politely(shell: Shell, host: Host) -> None:
    player = shell.start_piped("play", HOST, host.port, typed="5\n")
    host.accept()
    host.say(b"A7R")
    player.expect("You are player 7.\nWaiting for an opponent.*\n")
    player.look_away()
    host.say(b"X")
    assert host.rest() == b"c1c2q"
    assert player.wait() == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "The server ended the connection before it had said a word."),
        (b"A7R", "The connection to the server was lost."),
        (b"A7ROI6B         CN", "The connection to the server was lost."),
        (
            b"A7ROI6B         CNQBye. \x1b[2J\xff",
            "The server has ended the game: Bye. ?[2J\N{REPLACEMENT CHARACTER}",
        ),
        (b"QThe house is full.", "The server has ended the game: The house is full."),
        (b"Q", "The server has ended the game: it did not say why."),
        (
            b"SSH-2.0-OpenSSH_9.2\r\n",
            f'{NO_SERVER} a player number was due, not "SSH-2.0-OpenSSH_9.2?…".',
        ),
        (
            b"A7RXI6BX        CN",
            f'{NO_SERVER} the board "X        " does not follow from the one before.',
        ),
    ],
)
def test_a_game_that_cannot_go_on_ends_in_one_sentence_and_code_1(
    said: bytes, told: str, shell: Shell, host: Host
) -> None:
    for start in (partial(shell.start_piped, typed="5\n"), shell.start_on_terminal):
        player = start("play", HOST, host.port)
        host.accept()
        host.say(said)
        host.hang_up()
        assert player.wait() == 1
        assert " ".join(player.window(200)).endswith(f"{told} ")
        assert "Traceback" not in player.text


JOB_CONTROL = """
: <>"$0"
set -m
"$@"
echo "the shell: $(stty -a | grep -o -- ' -*icanon\\| -*echo ')"
read answer
fg
"""


def test_a_player_may_be_stopped_and_come_back(shell: Shell, host: Host) -> None:
    player = shell.start_on_terminal("play", HOST, host.port, script=JOB_CONTROL, TERM="xterm")
    host.accept()
    host.say(b"A7RXI6B         CY")
    player.expect(r"Your move: .*\(q leaves\)")
    player.type("5")
    player.expect("5")
    player.type(CTRL_Z)
    player.expect(r"the shell:  icanon\n? echo")
    player.type("\n")
    player.expect(r"You are player 7\.")
    player.expect(r"Your move: .*\(q leaves\)\.\n5")
    player.type("\n")
    host.hear(b"c1c2c3i5")
    host.say(b"B    X    CN")
    player.expect(WAITING)
    player.type("q\n")
    player.expect(LEFT)
    assert player.wait() == 0
    assert host.rest() == b"q"


def test_ctrl_z_where_nobody_could_bring_it_back_does_nothing(shell: Shell, host: Host) -> None:
    player, heard = come_to("at the move", shell, host)
    player.type(f"{CTRL_Z}q\n")
    player.expect(re.escape(LEFT))
    assert player.wait() == 0
    assert host.rest() == heard + b"q"


def type_half_a_line(player: Running) -> None:
    player.answer(r"move.*: a number .*\(q leaves\)", "12")
    player.expect("12$")


def test_half_a_line_does_not_outlive_a_game_that_ctrl_c_ends(shell: Shell) -> None:
    player = shell.start_on_terminal("play", "--local", TERM="xterm")
    type_half_a_line(player)
    player.answer("", CTRL_C)
    assert player.wait() == 0
    assert player.window(80)[-2:] == [LEFT.strip(), ""]


@pytest.mark.parametrize(("said", "code"), [(b"QBye.", 1), (b"", 1), (b"SIGTERM", 143)])
def test_half_a_line_does_not_outlive_a_game_that_something_else_ends(
    shell: Shell, host: Host, said: bytes, code: int
) -> None:
    player = shell.start_on_terminal("play", HOST, host.port, TERM="xterm")
    host.accept()
    host.say(b"A7RXI6B         CY")
    type_half_a_line(player)
    if said == b"SIGTERM":
        player.signal(signal.SIGTERM)
    else:
        host.say(said)
        host.hang_up()
    assert player.wait() == code
    assert player.window(80)[-1] == ""


def test_half_a_line_is_no_part_of_what_is_typed_after_the_game(shell: Shell, host: Host) -> None:
    player = shell.start_on_terminal("play", HOST, host.port, TERM="xterm")
    host.accept()
    host.say(b"A7RXI6B         CY")
    host.hear(b"c1c2c3")
    for move, said in (
        (b"1", b"BX        CNI4BX  O     CY"),
        (b"2", b"BXX O     CNI5BXX OO    CY"),
        (b"9", b"BXX OO   XCN"),
    ):
        player.type(f"{move.decode()}\n")
        host.hear(b"i" + move)
        host.say(said)
    player.answer(WAITING, "7")
    player.expect("7$")
    host.say(b"I6BXX OOO  XCLP345")
    player.answer(r"Play again\? \(y/n\)", "n\n")
    assert player.wait() == 0
    assert player.window(80)[-3:] == ["Play again? (y/n)", "Goodbye.", ""]
