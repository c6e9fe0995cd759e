import pytest

from tests.core.boards import SOME_OF_EACH_KIND, played
from ttt_core.board import Board, IllegalMove, InvalidBoard

X_FIRST = "X moves first, and so has as many as O or one more"
X_HAD_WON = "O has moved after X completed a line"
O_HAD_WON = "X has moved after O completed a line"


@pytest.fixture(params=SOME_OF_EACH_KIND)
def board(request: pytest.FixtureRequest) -> Board:
    return Board.from_text(request.param)


class TestReadingText:
    @pytest.mark.parametrize(
        "text",
        [
            "O...X....",
            "O   X    ",
            "O..\n.X.\n...",
            "O . .\n. X .\n. . .",
            "  O..\t.X.\r\n...\n",
        ],
    )
    def test_free_squares_are_dots_or_spaces_and_white_space_between_dots_is_skipped(
        self, text: str
    ) -> None:
        assert Board.from_text(text) is played(4, 0)

    def test_nine_characters_are_nine_cells_even_with_spaces_among_them(self) -> None:
        assert Board.from_text("X O X O X") is Board.from_text("X.O.X.O.X")

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            ("", 0),
            ("X . O . X", 5),
            ("X\nO......", 8),
            ("........", 8),
            ("..........", 10),
            (". . . . . . . .", 8),
            ("XO" * 9, 18),
        ],
    )
    def test_more_or_fewer_than_nine_cells_are_no_board(self, text: str, count: int) -> None:
        with pytest.raises(InvalidBoard, match=rf"^a board has 9 cells, .* has {count}$"):
            Board.from_text(text)

    @pytest.mark.parametrize("cell", ["x", "o", "0", "-", "é", "\0", "\N{ZERO WIDTH SPACE}"])
    def test_any_other_character_is_no_cell(self, cell: str) -> None:
        with pytest.raises(InvalidBoard) as refused:
            Board.from_text(f"X{cell}O......")
        assert str(refused.value).startswith(f"{cell!r} is no cell: ")

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("XX.......", f"no game reaches 2 X and 0 O: {X_FIRST}"),
            ("O........", f"no game reaches 0 X and 1 O: {X_FIRST}"),
            ("XXXXXXXXX", f"no game reaches 9 X and 0 O: {X_FIRST}"),
            ("XXXOOO...", f"no game reaches this board: {X_HAD_WON}"),
            ("XXXOO...O", f"no game reaches this board: {X_HAD_WON}"),
            ("OOOXX..XX", f"no game reaches this board: {O_HAD_WON}"),
            ("OOOXXX..X", f"no game reaches this board: {O_HAD_WON}"),
        ],
    )
    def test_a_board_that_no_game_reaches_is_refused_with_the_reason(
        self, text: str, reason: str
    ) -> None:
        with pytest.raises(InvalidBoard, match=f"^{reason}$"):
            Board.from_text(text)

    def test_a_refusal_is_a_value_error_but_no_illegal_move(self) -> None:
        assert issubclass(InvalidBoard, ValueError)
        assert not issubclass(InvalidBoard, IllegalMove)


class TestWritingText:
    def test_a_board_is_drawn_in_three_rows_with_dots_for_free_squares(self) -> None:
        assert str(played(4, 0)) == "O . .\n. X .\n. . ."

    def test_its_repr_is_the_call_that_gives_it(self) -> None:
        assert repr(played(4, 0)) == "Board.from_text('O...X....')"

    def test_what_is_written_is_read_back(self, board: Board) -> None:
        assert Board.from_text(str(board)) is board
        assert Board.from_text(board.cells) is board
        assert eval(repr(board)) is board
