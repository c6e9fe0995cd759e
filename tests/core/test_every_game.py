"""Every text, position and game there is, held against the rules as `rules_model` tells them."""

import copy
import pickle
from collections import Counter
from collections.abc import Callable
from itertools import cycle, product
from typing import ParamSpec

import pytest

from tests.core.rules_model import POSITIONS, START, Position, Sides
from ttt_core.board import (
    Board,
    GameOver,
    IllegalMove,
    InvalidBoard,
    Line,
    Mark,
    NoSuchSquare,
    NotYourTurn,
    Square,
    SquareTaken,
)
from ttt_core.referee import Outcome, Referee, Termination

SQUARES_AND_BEYOND = (*range(-1, 10), 10**9)

Boards = dict[str, Board]
Asked = ParamSpec("Asked")


@pytest.fixture(scope="module")
def boards() -> Boards:
    """The board of each position, played to from the empty one."""
    boards = {}
    for text, position in POSITIONS.items():
        board = Board()
        for square in position.way:
            board = board.play(square)
        boards[text] = board
    return boards


def refusal_of(
    play: Callable[Asked, object], *asked: Asked.args, **more: Asked.kwargs
) -> type[IllegalMove] | None:
    try:
        play(*asked, **more)
    except IllegalMove as refusal:
        return type(refusal)
    return None


def due_from_the_board(position: Position, square: Square) -> type[IllegalMove] | None:
    if position.is_over:
        return GameOver
    if not 0 <= square <= 8:
        return NoSuchSquare
    return None if square in position.moves else SquareTaken


def due_from_the_referee(
    position: Position, mark: Mark, square: Square
) -> type[IllegalMove] | None:
    if mark.value != position.turn and not position.is_over:
        return NotYourTurn
    return due_from_the_board(position, square)


def line_of(position: Position) -> Line | None:
    if not position.lines:
        return None
    a, b, c = position.lines[0]
    return a, b, c


def winner_of(position: Position) -> Mark | None:
    return None if position.winner is None else Mark(position.winner)


def outcome_of(position: Position) -> Outcome | None:
    if not position.is_over:
        return None
    ending = Termination.LINE if position.lines else Termination.FULL_BOARD
    return Outcome(ending, winner_of(position), line_of(position))


class TestTheModel:
    def test_it_has_as_many_positions_and_ends_as_the_game_is_known_to_have(self) -> None:
        ends = Counter(position.winner for position in POSITIONS.values() if position.is_over)
        assert len(POSITIONS) == 5478
        assert ends == {"X": 626, "O": 316, None: 16}

    def test_it_plays_to_the_very_positions_in_which_no_rule_is_broken(self) -> None:
        texts = map("".join, product(".XO", repeat=9))
        assert {text for text in texts if Sides.of(text).broken_rule is None} == set(POSITIONS)


class TestEveryText:
    def test_a_text_is_read_if_a_game_reaches_it_and_else_refused_with_the_rule_it_breaks(
        self, boards: Boards
    ) -> None:
        for text in map("".join, product(".XO", repeat=9)):
            if text in POSITIONS:
                assert Board.from_text(text) is boards[text]
                continue
            with pytest.raises(InvalidBoard) as refused:
                Board.from_text(text)
            broken_rule = Sides.of(text).broken_rule
            assert broken_rule is not None
            assert broken_rule in str(refused.value), text


class TestEveryPosition:
    def test_each_has_a_board_of_its_own(self, boards: Boards) -> None:
        assert len({id(board) for board in boards.values()}) == 5478
        assert len(set(boards.values())) == 5478

    def test_each_board_says_of_itself_what_the_rules_say(self, boards: Boards) -> None:
        for text, position in POSITIONS.items():
            board = boards[text]
            assert board.cells == text.replace(".", " ")
            assert board.turn.value == position.turn, text
            assert board.line == line_of(position), text
            assert board.winner is winner_of(position), text
            assert board.is_over is position.is_over, text

    def test_the_legal_moves_are_those_of_the_rules_in_the_order_of_the_squares(
        self, boards: Boards
    ) -> None:
        for text, position in POSITIONS.items():
            after = [(square, boards[then.text]) for square, then in position.moves.items()]
            assert list(boards[text].legal_moves.items()) == after, text

    def test_every_other_move_is_refused_for_the_right_reason(self, boards: Boards) -> None:
        for text, position in POSITIONS.items():
            board = boards[text]
            for square in SQUARES_AND_BEYOND:
                refusal = refusal_of(board.play, square)
                assert refusal is due_from_the_board(position, square), (text, square)

    def test_each_square_holds_the_mark_that_the_text_shows(self, boards: Boards) -> None:
        marks = {".": None, "X": Mark.X, "O": Mark.O}
        for text, board in boards.items():
            assert [board.mark_at(square) for square in range(9)] == [marks[c] for c in text]

    def test_each_is_read_back_from_whatever_it_is_written_as(self, boards: Boards) -> None:
        for text, board in boards.items():
            assert str(board).split() == list(text)
            assert repr(board) == f"Board.from_text({text!r})"
            assert Board.from_text(str(board)) is board
            assert Board.from_text(board.cells) is board

    def test_each_is_its_own_copy_and_comes_back_from_a_pickle(self, boards: Boards) -> None:
        for text, board in boards.items():
            assert copy.copy(board) is board, text
            assert copy.deepcopy(board) is board, text
        assert pickle.loads(pickle.dumps(boards)) == boards

    def test_22_ends_have_two_complete_lines_and_the_board_tells_the_first(
        self, boards: Boards
    ) -> None:
        doubles = [position for position in POSITIONS.values() if len(position.lines) > 1]
        assert len(doubles) == 22
        for position in doubles:
            first, _ = position.lines
            assert boards[position.text].line == first, position.text


class TestEveryGame:
    """Games with the same beginning share it: where ways part, the referee is taken back."""

    def test_a_referee_keeps_nothing_that_taking_back_would_miss(self) -> None:
        assert set(Referee.__slots__) == {"board", "moves", "outcome"}
        assert not hasattr(Referee(), "__dict__")

    def test_all_255168_games_end_at_the_referee_as_the_rules_say(self, boards: Boards) -> None:
        outcomes = {text: outcome_of(position) for text, position in POSITIONS.items()}
        referee = Referee()
        games = Counter[Mark | None]()

        def play_on(position: Position, way: list[Square], mark: Mark, other: Mark) -> None:
            """Play every game that goes on from `position`, where `mark` moves next."""
            before = boards[position.text]
            for square, after in position.moves.items():
                board = referee.play(mark, square)
                assert board is referee.board is boards[after.text], way
                way.append(square)
                if after.is_over:
                    outcome = referee.outcome
                    assert outcome is not None, way
                    assert outcome == outcomes[after.text], way
                    assert referee.moves == way
                    games[outcome.winner] += 1
                else:
                    assert referee.outcome is None, way
                    play_on(after, way, other, mark)
                way.pop()
                referee.moves.pop()
                referee.board = before
                referee.outcome = None

        play_on(START, [], Mark.X, Mark.O)
        assert games.total() == 255_168
        assert games == {Mark.X: 131_184, Mark.O: 77_904, None: 46_080}

    def test_every_illegal_move_is_refused_for_the_right_reason_and_changes_nothing(
        self, boards: Boards
    ) -> None:
        for text, position in POSITIONS.items():
            referee = Referee()
            for mark, square in zip(cycle(Mark), position.way, strict=False):
                referee.play(mark, square)
            way, outcome = list(position.way), outcome_of(position)
            for mark, square in product(Mark, SQUARES_AND_BEYOND):
                due = due_from_the_referee(position, mark, square)
                if due is None:
                    continue
                assert refusal_of(referee.play, mark, square) is due, (text, mark, square)
                assert referee.board is boards[text], (text, mark, square)
                assert referee.board.turn.value == position.turn, (text, mark, square)
                assert referee.moves == way, (text, mark, square)
                assert referee.outcome == outcome, (text, mark, square)
