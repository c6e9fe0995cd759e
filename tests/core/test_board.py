import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import cast

import pytest

from tests.core.boards import (
    DRAWN,
    EMPTY,
    FINISHED,
    ONE_FREE,
    OPENED,
    SOME_OF_EACH_KIND,
    WON_BY_X,
    WON_WHEN_FULL,
    played,
)
from ttt_core import board as board_module
from ttt_core.board import (
    LINES,
    Board,
    GameOver,
    IllegalMove,
    InvalidBoard,
    Line,
    Mark,
    NoSuchSquare,
    NotYourTurn,
    SquareTaken,
)

OFF_THE_BOARD = (-1, 9, 10**9)


@pytest.fixture(params=SOME_OF_EACH_KIND)
def board(request: pytest.FixtureRequest) -> Board:
    return Board.from_text(request.param)


class TestMark:
    def test_each_mark_is_the_other_of_the_other(self) -> None:
        assert Mark.X.other is Mark.O
        assert Mark.O.other is Mark.X

    def test_a_mark_is_written_as_its_letter(self) -> None:
        assert [str(mark) for mark in Mark] == ["X", "O"]


class TestTheEmptyBoard:
    def test_it_has_nine_free_squares(self) -> None:
        assert Board().cells == " " * 9
        assert list(Board().legal_moves) == list(range(9))

    def test_x_moves_first(self) -> None:
        assert Board().turn is Mark.X

    def test_nobody_has_won_and_nothing_is_over(self) -> None:
        assert (Board().line, Board().winner, Board().is_over) == (None, None, False)


class TestPlaying:
    def test_a_move_draws_the_mark_whose_turn_it_is(self) -> None:
        assert played(4).cells == "    X    "
        assert played(4, 0).cells == "O   X    "

    def test_turns_alternate(self) -> None:
        turns = [played(*range(moves)).turn for moves in range(6)]
        assert turns == [Mark.X, Mark.O] * 3

    def test_a_move_leaves_the_board_before_it_as_it_was(self) -> None:
        before = played(4)
        before.play(0)
        assert before.cells == "    X    "
        assert before.turn is Mark.O

    def test_the_order_of_the_moves_does_not_matter_to_the_position(self) -> None:
        assert played(0, 4, 8) is played(8, 4, 0)


class TestMarkAt:
    def test_it_tells_who_holds_a_square(self) -> None:
        board = played(4, 0)
        assert [board.mark_at(square) for square in (0, 4, 8)] == [Mark.O, Mark.X, None]

    @pytest.mark.parametrize("square", OFF_THE_BOARD)
    def test_nobody_can_hold_a_square_off_the_board(self, square: int) -> None:
        with pytest.raises(NoSuchSquare, match=rf"^there is no square {square}: .* 0 to 8$"):
            Board().mark_at(square)


class TestLegalMoves:
    def test_they_are_the_free_squares_in_order(self) -> None:
        assert list(played(4, 8, 1).legal_moves) == [0, 2, 3, 5, 6, 7]

    def test_each_leads_to_the_board_that_playing_it_gives(self) -> None:
        board = played(4, 8)
        assert {square: board.play(square) for square in (0, 1, 2, 3, 5, 6, 7)} == (
            board.legal_moves
        )

    def test_they_are_worked_out_once(self, board: Board) -> None:
        assert board.legal_moves is board.legal_moves

    def test_a_move_is_looked_up_where_they_have_been_worked_out(self, board: Board) -> None:
        assert board.legal_moves == board._after

    @pytest.mark.parametrize("text", FINISHED)
    def test_there_are_none_after_the_end(self, text: str) -> None:
        assert len(Board.from_text(text).legal_moves) == 0

    @pytest.mark.parametrize("text", [OPENED, WON_BY_X])
    def test_they_cannot_be_changed(self, text: str) -> None:
        board = Board.from_text(text)
        before = dict(board.legal_moves)
        as_if_writable = cast("dict[int, Board]", board.legal_moves)
        with pytest.raises(TypeError):
            as_if_writable[5] = Board()
        with pytest.raises(TypeError):
            del as_if_writable[5]
        assert board.legal_moves == before


class TestTheEnd:
    def test_lines_are_rows_then_columns_then_diagonals(self) -> None:
        rows = ((0, 1, 2), (3, 4, 5), (6, 7, 8))
        columns = ((0, 3, 6), (1, 4, 7), (2, 5, 8))
        diagonals = ((0, 4, 8), (2, 4, 6))
        assert rows + columns + diagonals == LINES

    @pytest.mark.parametrize("line", LINES)
    def test_three_crosses_in_a_line_win(self, line: Line) -> None:
        a, b, c = line
        elsewhere = [square for square in range(9) if square not in line]
        board = played(a, elsewhere[0], b, elsewhere[1], c)
        assert (board.line, board.winner, board.is_over) == (line, Mark.X, True)

    @pytest.mark.parametrize("line", LINES)
    def test_three_noughts_in_a_line_win(self, line: Line) -> None:
        a, b, c = line
        # The first, second and fourth square beside a line are never a line themselves.
        elsewhere = [square for square in range(9) if square not in line]
        board = played(elsewhere[0], a, elsewhere[1], b, elsewhere[3], c)
        assert (board.line, board.winner, board.is_over) == (line, Mark.O, True)

    @pytest.mark.parametrize(
        ("text", "first"), [("XXXXOOXOO", (0, 1, 2)), ("XOOXXOXOX", (0, 3, 6))]
    )
    def test_of_two_complete_lines_the_first_counts(self, text: str, first: Line) -> None:
        assert Board.from_text(text).line == first

    def test_a_full_board_without_a_line_is_a_draw(self) -> None:
        board = Board.from_text(DRAWN)
        assert (board.line, board.winner, board.is_over) == (None, None, True)

    def test_a_full_board_with_a_line_is_won(self) -> None:
        board = Board.from_text(WON_WHEN_FULL)
        assert (board.line, board.winner, board.is_over) == ((0, 1, 2), Mark.X, True)

    def test_a_game_goes_on_while_a_square_is_free_and_no_line_complete(self) -> None:
        board = Board.from_text(ONE_FREE)
        assert (board.line, board.winner, board.is_over) == (None, None, False)
        assert list(board.legal_moves) == [8]


class TestIllegalMoves:
    @pytest.mark.parametrize("square", OFF_THE_BOARD)
    def test_a_square_off_the_board_is_no_such_square(self, square: int) -> None:
        with pytest.raises(NoSuchSquare, match=rf"^there is no square {square}: .* 0 to 8$"):
            Board().play(square)

    @pytest.mark.parametrize(("square", "holder"), [(4, "X"), (0, "O")])
    def test_a_square_with_a_mark_is_taken(self, square: int, holder: str) -> None:
        with pytest.raises(SquareTaken, match=f"^square {square} is taken by {holder}$"):
            played(4, 0).play(square)

    @pytest.mark.parametrize("square", [0, 8, *OFF_THE_BOARD])
    @pytest.mark.parametrize("text", FINISHED)
    def test_after_the_end_any_square_meets_the_end_of_the_game(
        self, text: str, square: int
    ) -> None:
        with pytest.raises(GameOver, match=f"^square {square} cannot be taken: .* over$"):
            Board.from_text(text).play(square)

    @pytest.mark.parametrize("kind", [NoSuchSquare, SquareTaken, NotYourTurn, GameOver])
    def test_every_kind_is_an_illegal_move_and_a_value_error_and_no_other_kind(
        self, kind: type[IllegalMove]
    ) -> None:
        assert kind.__bases__ == (IllegalMove,)
        assert issubclass(kind, ValueError)


class TestOneObjectForEachPosition:
    def test_every_empty_board_is_the_same_object(self) -> None:
        assert Board() is Board()
        assert Board() is Board.from_text(EMPTY)

    def test_boards_are_equal_only_to_themselves(self) -> None:
        boards = [Board.from_text(text) for text in SOME_OF_EACH_KIND]
        for at, board in enumerate(boards):
            assert [board == other for other in boards] == [at == i for i in range(len(boards))]

    def test_a_board_is_not_equal_to_its_text(self) -> None:
        text: object = Board().cells
        assert Board() != text

    def test_equal_boards_have_equal_hashes(self) -> None:
        assert hash(played(0, 4, 8)) == hash(played(8, 4, 0))
        assert {played(0, 4, 8): "found"}[played(8, 4, 0)] == "found"

    def test_copies_are_the_board_itself(self, board: Board) -> None:
        assert copy.copy(board) is board
        assert copy.deepcopy(board) is board

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_a_pickle_comes_back_as_the_board_itself(self, board: Board, protocol: int) -> None:
        assert pickle.loads(pickle.dumps(board, protocol)) is board

    def test_a_board_that_is_known_is_not_worked_out_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known = Board()
        monkeypatch.setattr(board_module, "_first_line", None)
        assert Board() is known

    def test_a_refused_text_leaves_no_board_behind(self, monkeypatch: pytest.MonkeyPatch) -> None:
        boards: dict[str, Board] = {}
        monkeypatch.setattr(board_module, "_boards", boards)
        with pytest.raises(InvalidBoard):
            Board.from_text("XX.......")
        assert boards == {}

    def test_two_threads_that_both_miss_a_board_get_the_same_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        both_have_looked = Barrier(2, timeout=60)

        class Boards(dict[str, Board]):
            def get(self, cells: str) -> Board | None:  # type: ignore[override]
                found = super().get(cells)
                both_have_looked.wait()
                return found

        boards = Boards()
        monkeypatch.setattr(board_module, "_boards", boards)
        with ThreadPoolExecutor(2) as threads:
            one, other = threads.map(Board.from_text, [OPENED, OPENED])
        assert one is other
        assert list(boards.values()) == [one]


class TestImmutability:
    @pytest.mark.parametrize(
        "name", ["cells", "turn", "line", "winner", "is_over", "legal_moves", "play", "colour"]
    )
    def test_no_attribute_can_be_set_or_deleted(self, board: Board, name: str) -> None:
        before = [getattr(board, slot) for slot in Board.__slots__]
        with pytest.raises(AttributeError, match=f"immutable: '{name}' cannot be set"):
            setattr(board, name, None)
        with pytest.raises(AttributeError, match=f"immutable: '{name}' cannot be deleted"):
            delattr(board, name)
        assert [getattr(board, slot) for slot in Board.__slots__] == before
