import re

import pytest

from tests.cli.screens import CONTROLS, Stream, piped, terminal
from ttt_cli.screen import Screen, draw
from ttt_core import Board

EMPTY = Board()
FIRST_MOVE = EMPTY.play(4)
WON = Board.from_text("XXX OO. ...")


@pytest.fixture(autouse=True)
def terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


class TestColours:
    def shown(self, screen: Screen, stream: Stream) -> str:
        screen.show(EMPTY.play(0).play(1), "Your move.", last=1)
        return stream.getvalue()

    def test_are_used_on_a_terminal(self) -> None:
        shown = self.shown(*terminal())
        assert re.search(r"\x1b\[36m(\x1b\[22m)? X \x1b\[0m\|", shown)
        assert "|\x1b[33m\x1b[1m[O]\x1b[0m|" in shown

    def test_colour_nothing_but_marks(self) -> None:
        screen, stream = terminal()
        screen.tell("X and O")
        screen.show(EMPTY, "X moves.")
        assert "\x1b" not in CONTROLS.sub("", stream.getvalue())

    def test_are_used_if_no_color_is_set_to_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_COLOR", "")
        assert "\x1b[36m" in self.shown(*terminal())

    def test_are_not_used_if_the_player_wants_none(self) -> None:
        assert "\x1b" not in CONTROLS.sub("", self.shown(*terminal(color=False)))

    def test_are_not_used_if_the_environment_wants_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        screen, stream = terminal()
        assert "\x1b" not in CONTROLS.sub("", self.shown(screen, stream))
        assert screen.in_place

    def test_are_not_used_in_a_pipe(self) -> None:
        assert "\x1b" not in self.shown(*piped())

    def test_are_not_used_on_a_terminal_that_can_do_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TERM", "dumb")
        assert "\x1b" not in self.shown(*terminal())

    def test_say_nothing_that_the_signs_do_not_say(self) -> None:
        for board in (EMPTY, FIRST_MOVE, WON):
            coloured = draw(board, last=2, line=board.line, color=True)
            plain = draw(board, last=2, line=board.line)
            assert [re.sub(r"\x1b\[[0-9]+m", "", row) for row in coloured] == plain


class TestABoard:
    def test_has_numbers_on_its_free_squares(self) -> None:
        assert draw(EMPTY) == [
            " 1 | 2 | 3 ",
            "---+---+---",
            " 4 | 5 | 6 ",
            "---+---+---",
            " 7 | 8 | 9 ",
        ]

    @pytest.mark.parametrize("square", range(9))
    def test_has_the_last_move_in_brackets(self, square: int) -> None:
        rows = "\n".join(draw(EMPTY.play(square), last=square))
        assert rows == "\n".join(draw(EMPTY)).replace(f" {square + 1} ", "[X]")

    def test_has_older_moves_without_anything_around_them(self) -> None:
        assert draw(EMPTY.play(0).play(1), last=1)[0] == " X |[O]| 3 "

    def test_has_the_winning_line_in_stars_and_no_brackets_there(self) -> None:
        assert draw(WON, last=2, line=WON.line)[0::2] == [
            "*X*|*X*|*X*",
            " O | O | 6 ",
            " 7 | 8 | 9 ",
        ]

    def test_has_nothing_around_a_mark_if_nothing_was_last(self) -> None:
        assert draw(WON)[0] == " X | X | X "

    def test_has_five_rows_of_eleven_columns(self) -> None:
        assert [len(row) for row in draw(WON, last=2, line=WON.line)] == [11] * 5
