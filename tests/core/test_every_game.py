"""Every text, position and game there is, held against the rules as `rules_model` tells them."""

import copy
import pickle
from collections import Counter
from collections.abc import Callable
from itertools import cycle, product

import pytest

from tests.core.rules_model import ORDER_OF_LINES, POSITIONS, START, Position, Sides
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

SQUARES_AND_BEYOND = (-10, *range(-1, 11), 10**9)

Boards = dict[str, Board]


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


def refusal_of(play: Callable[[], object]) -> type[IllegalMove] | None:
    try:
        play()
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
                refusal = refusal_of(lambda b=board, s=square: b.play(s))
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
            told = boards[position.text].line
            places = [ORDER_OF_LINES.index("{}{}{}".format(*line)) for line in position.lines]
            assert told == position.lines[places.index(min(places))], position.text


def one_on(referee: Referee, position: Position, square: Square) -> Referee:
    """Return a referee who has seen the same moves as `referee`, and `square` as well."""
    ahead = copy.copy(referee)
    ahead.moves = referee.moves.copy()
    ahead.play(Mark(position.turn), square)
    return ahead


class TestEveryGame:
    """Games with the same beginning share it: a referee is copied wherever ways part."""

    def test_the_list_of_moves_is_all_that_a_copy_of_a_referee_could_share(self) -> None:
        referee = Referee()
        referee.play(Mark.X, 4)
        values = {name: getattr(referee, name) for name in Referee.__slots__}
        assert values == {"board": Board().play(4), "moves": [4], "outcome": None}
        assert not hasattr(referee, "__dict__")

    def test_all_255168_games_end_at_the_referee_as_the_rules_say(self, boards: Boards) -> None:
        outcomes = {text: outcome_of(position) for text, position in POSITIONS.items()}
        games = Counter[Mark | None]()

        def play_on(referee: Referee, position: Position, way: list[Square]) -> None:
            """Play every game that goes on from `position`."""
            text = position.text
            assert referee.board is boards[text], way
            assert referee.outcome == outcomes[text], way
            assert referee.moves == way
            if referee.outcome is not None:
                games[referee.outcome.winner] += 1
            for square, after in position.moves.items():
                play_on(one_on(referee, position, square), after, [*way, square])

        play_on(Referee(), START, [])
        assert games.total() == 255_168
        assert games == {Mark.X: 131_184, Mark.O: 77_904, None: 46_080}

    def test_every_illegal_move_is_refused_for_the_right_reason_and_changes_nothing(
        self, boards: Boards
    ) -> None:
        for text, position in POSITIONS.items():
            referee = Referee()
            for mark, square in zip(cycle(Mark), position.way, strict=False):
                referee.play(mark, square)
            for mark, square in product(Mark, SQUARES_AND_BEYOND):
                due = due_from_the_referee(position, mark, square)
                if due is None:
                    continue
                refusal = refusal_of(lambda r=referee, m=mark, s=square: r.play(m, s))
                assert refusal is due, (text, mark, square)
                assert referee.board is boards[text], (text, mark, square)
                assert referee.board.turn.value == position.turn
                assert referee.moves == list(position.way), (text, mark, square)
                assert referee.outcome == outcome_of(position), (text, mark, square)
