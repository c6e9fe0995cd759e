"""How `ttt play` ends, and that it leaves politely."""

import errno
import signal
import sys
from pathlib import Path

import click
import pytest

from tests.cli.consoles import Screen
from tests.cli.seats import Player, interrupt
from tests.cli.stage import GREETING, HOST, TURN, Cue
from ttt_cli.match import Match
from ttt_cli.play import check_usage

GONE = "no game was going on"
LEFT = "You have left the game."
AGAIN = "Play again? (y/n)"
GOODBYE = "Goodbye."
NO_SERVER = "This is no Tic-Tac-Toe server, or it made a mistake:"

pytestmark = pytest.mark.usefixtures("signals")


@pytest.mark.parametrize(
    ("before", "heard"),
    [((), b"q"), ((b"A7R",), b"c1q"), ((GREETING,), b"c1c2q"), ((GREETING + TURN,), b"c1c2c3q")],
)
def test_an_interrupt_in_a_game_says_goodbye(
    player: Player, before: tuple[Cue, ...], heard: bytes
) -> None:
    assert player.play(*before, interrupt) == 0
    assert player.text.endswith(f"{LEFT}\n")
    if not before:
        player.stage.accept()
    assert player.stage.heard() == heard


def test_a_second_ctrl_c_does_not_cut_the_farewell_short(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = Match.leave

    def interrupted_leave(match: Match) -> None:
        interrupt()
        leave(match)

    monkeypatch.setattr(Match, "leave", interrupted_leave)
    assert player.play(GREETING + TURN, interrupt) == 0
    assert player.text.endswith(f"{LEFT}\n")
    assert GONE not in player.text
    assert player.stage.heard() == b"c1c2c3q"


def test_who_leaves_is_not_asked_for_another_game(player: Player) -> None:
    assert player.play(GREETING + TURN, "q\n") == 0
    assert player.text.endswith(f"{LEFT}\n")
    assert AGAIN not in player.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"QThe house is full.", "The server has ended the game: The house is full.\n"),
        (b"hello", f'{NO_SERVER} a player number was due, not "hello".\n'),
        (b"", "The server ended the connection before it had said a word.\n"),
    ],
)
def test_a_game_that_cannot_go_on_ends_in_one_sentence(
    piped: Player, said: bytes, told: str
) -> None:
    def say_and_go() -> None:
        piped.stage.server.sendall(said)
        piped.stage.hang_up()

    rest = (piped.stage.hang_up,) if said.startswith(b"Q") else ()
    cues: tuple[Cue, ...] = (said, *rest) if rest else (say_and_go,)
    assert piped.play(*cues) == 1
    assert piped.text == told


def test_two_people_play_at_one_keyboard(piped: Player) -> None:
    piped.type("1\n4\n2\n5\n3\nn\n")
    assert piped.run("--local") == 0
    assert piped.text.endswith(f"X wins.\n{AGAIN}\n{GOODBYE}\n")
    assert piped.stage.connections == 0


def test_two_people_play_as_often_as_they_like(piped: Player) -> None:
    piped.type("1\n4\n2\n5\n3\ny\n" * 3 + "q\n")
    assert piped.run("--local") == 0
    assert piped.text.count("X wins.") == piped.text.count(AGAIN) == 3
    assert piped.text.endswith(f"{LEFT}\n")


@pytest.mark.parametrize("option", ["--local", "--bot"])
@pytest.mark.parametrize("place", [(HOST,), (HOST, "8080")])
def test_a_server_is_not_ignored_by_a_game_without_one(
    piped: Player, option: str, place: tuple[str, ...]
) -> None:
    assert piped.run(option, *place) == 2
    assert "without a server: leave out HOST and PORT." in piped.text


def test_without_a_standard_output_there_is_no_game(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(click.UsageError, match="no standard output"):
        check_usage(HOST, 5, is_local=False)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), ""),
        (OSError(errno.EIO, "Input/output error"), ""),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "Nothing can be shown any more: No space left on device\n",
        ),
    ],
)
def test_an_output_that_takes_nothing_more_ends_the_game_politely(
    piped: Player, tmp_path: Path, error: OSError, told: str
) -> None:
    class Full(Screen):
        def write(self, text: str) -> int:
            if "X moves first" in text:
                raise error
            return super().write(text)

        def fileno(self) -> int:
            return paper.fileno()

    with (tmp_path / "paper").open("w") as paper:
        piped.screen = Full()
        assert piped.play(GREETING) == 1
        paper.write("goes nowhere")
    assert (tmp_path / "paper").read_text() == ""
    assert piped.text == f"You are player 7.\nWaiting for an opponent…\n{told}"
    assert piped.stage.heard() == b"c1c2q"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("before", "heard"), [((), b"q"), ((b"A7R",), b"c1q"), ((GREETING + TURN,), b"c1c2c3q")]
)
def test_a_signal_that_ends_it_says_goodbye_too(
    player: Player, number: signal.Signals, before: tuple[Cue, ...], heard: bytes
) -> None:
    assert player.play(*before, lambda: signal.raise_signal(number)) == 128 + number
    if not before:
        player.stage.accept()
    assert player.stage.heard() == heard


def test_a_signal_that_is_to_be_ignored_is(player: Player) -> None:
    def hang_up_and_type() -> None:
        signal.raise_signal(signal.SIGHUP)
        player.type("q\n")

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert player.play(GREETING, hang_up_and_type) == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert player.text.endswith(f"{LEFT}\n")


def test_plain_lines_can_be_had_on_a_terminal(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    player.screen = Screen(is_terminal=True)
    assert player.run("--plain", HOST, str(player.stage.port), cues=(GREETING, interrupt)) == 0
    assert "\x1b" not in player.text
    assert "\r" not in player.text
    # After the echo of Ctrl-C, which is the terminal's, a line begins.
    assert player.text.endswith(f"\n\n{LEFT}\n")


@pytest.mark.parametrize("level", ["perfect", "human", "PERFECT"])
def test_one_plays_against_the_computer(piped: Player, level: str) -> None:
    piped.type("1\nq\n")
    assert piped.run("--bot", "--bot-level", level) == 0
    assert f"against the computer ({level.lower()})." in piped.text
    assert "The computer thinks…" in piped.text


@pytest.mark.parametrize("arguments", [(), ("--no-color",)])
def test_colours_can_be_refused(
    piped: Player, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    piped.screen = Screen(is_terminal=True)
    piped.type("1\nq\n")
    assert piped.run("--local", *arguments) == 0
    assert ("\x1b[36m" in piped.text) is not bool(arguments)
