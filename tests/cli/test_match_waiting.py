"""A match on a terminal: a sign of life while it waits, and what is typed at any time."""

from collections.abc import Iterator

import pytest

from tests.cli.screens import CONTROLS
from tests.cli.seats import WELCOME, Play
from tests.cli.stage import GREETING, TURN, Cue
from ttt_cli import match as match_module
from ttt_cli.match import NOT_YET, WAITING, YOUR_MOVE, Ending


@pytest.fixture
def seat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    """A terminal to type on and to be redrawn in place."""
    monkeypatch.setenv("TERM", "xterm")
    play = Play(terminal=True)
    monkeypatch.setattr(match_module, "select", play.stage)
    yield play
    play.close()


def shown(seat: Play) -> list[str]:
    """What was said while waiting, as it stood on the terminal."""
    return [CONTROLS.sub("", line) for line in seat.lines if "…" in line]


def test_a_player_who_waits_sees_a_sign_of_life_on_a_terminal(seat: Play) -> None:
    seat.fail(None, None, b"A7", *[None] * 3, seat.stage.hang_up)
    server, opponent = "Waiting for the server…", "Waiting for an opponent…"
    assert list(dict.fromkeys(shown(seat))) == [
        *(server, f"{server} 1 s", f"{server} 2 s"),
        *(opponent, f"{opponent} 1 s", f"{opponent} 2 s"),
    ]


def test_the_seconds_are_those_since_the_other_player_is_to_move(seat: Play) -> None:
    seat.stage.now += 50.0
    seat.fail(b"A7ROI6B         CN", None, None, seat.stage.hang_up)
    assert shown(seat)[-3:] == [WAITING, f"{WAITING} 1 s", f"{WAITING} 2 s"]


def test_the_seconds_begin_again_with_each_wait(seat: Play) -> None:
    cues: list[Cue] = [GREETING + TURN, None, None, "1\n", b"BX        CN", None]
    seat.fail(*cues, seat.stage.hang_up)
    assert shown(seat)[-2:] == [WAITING, f"{WAITING} 1 s"]


def test_who_is_asked_is_left_in_peace(seat: Play) -> None:
    def no_more() -> None:
        said.append(seat.paper.getvalue())
        seat.type("q\n")

    said: list[str] = []
    assert seat.run(GREETING + TURN, None, None, no_more) is Ending.LEFT
    assert said[0].endswith(f"{YOUR_MOVE}\n")
    assert said[0] == seat.paper.getvalue()


@pytest.mark.parametrize("line", ["5", "nonsense", ""])
def test_a_player_who_types_too_early_is_told(seat: Play, line: str) -> None:
    seat.fail(b"A7ROI6B         CN", f"{line}\n", seat.stage.hang_up)
    assert seat.window[-2:] == [NOT_YET, ""]
    assert seat.heard() == b"c1c2c3"


@pytest.mark.parametrize("before", [[], [b"A7R"], [b"A7ROI6B         CN"]])
def test_a_player_can_leave_while_waiting_on_a_terminal(seat: Play, before: list[Cue]) -> None:
    assert seat.run(*before, "q\n") is Ending.LEFT
    assert seat.heard().endswith(b"q")


def test_that_it_is_too_early_is_said_until_there_is_something_new(seat: Play) -> None:
    def check() -> None:
        assert seat.window[-3:] == [f"{WAITING} 3 s", NOT_YET, ""]
        seat.stage.server.sendall(b"I1BX        CY")

    def check_again() -> None:
        assert seat.window[-2:] == [YOUR_MOVE, ""]
        seat.type("q\n")

    cues: list[Cue] = [b"A7ROI6B         CN", "5\n", *[None] * 3, check, check_again]
    assert seat.run(*cues) is Ending.LEFT


@pytest.mark.parametrize("before", [[], [b"A7R"], [b"A7ROI6B         CN"], [GREETING + TURN]])
def test_ctrl_d_leaves_at_once_on_a_terminal(seat: Play, before: list[Cue]) -> None:
    assert seat.run(*before, "\x04") is Ending.LEFT
    assert seat.heard().endswith(b"q")


def test_a_move_is_drawn_in_place(seat: Play) -> None:
    seat.fail(GREETING + TURN, "1\n", b"BX        CN", seat.stage.hang_up)
    assert seat.window == [
        *(line for line in WELCOME if "Waiting" not in line),
        *("", "[X]| 2 | 3 ", "---+---+---", " 4 | 5 | 6 ", "---+---+---", " 7 | 8 | 9 ", ""),
        *(WAITING, ""),
    ]


def test_half_a_line_stays_in_view_and_counts(seat: Play) -> None:
    def check() -> None:
        assert seat.window[-2:] == [f"{WAITING} 2 s", "qui"]
        seat.type("t\n")

    cues: list[Cue] = [b"A7ROI6B         CN", "qux", "\x7fi", None, None, check]
    assert seat.run(*cues) is Ending.LEFT


def test_half_a_line_is_still_there_when_it_is_time_for_it(seat: Play) -> None:
    def check() -> None:
        assert seat.window[-2:] == [YOUR_MOVE, "5"]
        seat.type("\n")

    cues: list[Cue] = [b"A7ROI6B         CN", "5", b"I1BX        CY", check, "q\n"]
    assert seat.run(*cues) is Ending.LEFT
    assert seat.heard() == b"c1c2c3i5q"


def test_nothing_is_said_to_what_was_typed_after_q(seat: Play) -> None:
    def type_fast() -> None:
        seat.match._keyboard._lines.extend(("q", "5"))
        seat.type("6\n")

    assert seat.run(GREETING + TURN, type_fast) is Ending.LEFT
    assert NOT_YET not in seat.paper.getvalue()
    assert seat.heard() == b"c1c2c3q"
