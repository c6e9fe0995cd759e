from collections.abc import Callable
from dataclasses import FrozenInstanceError
from itertools import cycle

import pytest

from ttt_core.board import (
    Board,
    GameOver,
    IllegalMove,
    Line,
    Mark,
    NoSuchSquare,
    NotYourTurn,
    Square,
    SquareTaken,
)
from ttt_core.referee import Outcome, Referee, Termination

X_WINS = (0, 3, 1, 4, 2)
O_WINS = (0, 3, 1, 4, 8, 5)
X_WINS_WITH_THE_LAST_SQUARE = (0, 4, 1, 5, 3, 6, 8, 7, 2)
DRAW = (0, 1, 2, 4, 3, 5, 7, 6, 8)


def refereed(*squares: Square) -> Referee:
    """Return a game in which X and O have taken `squares` in turn."""
    referee = Referee()
    for mark, square in zip(cycle(Mark), squares, strict=False):
        referee.play(mark, square)
    return referee


def forfeited(mark: Mark, why: Termination) -> Referee:
    referee = refereed(4)
    referee.forfeit(mark, why)
    return referee


def called_off() -> Referee:
    referee = refereed(4)
    referee.call_off()
    return referee


def state_of(referee: Referee) -> tuple[Board, list[Square], Outcome | None]:
    return referee.board, list(referee.moves), referee.outcome


each_mark = pytest.mark.parametrize("mark", Mark)
after_each_ending = pytest.mark.parametrize(
    ("ended", "reason"),
    [
        pytest.param(lambda: refereed(*X_WINS), "a line is complete", id="line of X"),
        pytest.param(lambda: refereed(*O_WINS), "a line is complete", id="line of O"),
        pytest.param(lambda: refereed(*DRAW), "the board is full", id="draw"),
        pytest.param(called_off, "the game was called off", id="called off"),
        *(
            pytest.param(lambda m=mark, w=why: forfeited(m, w), words, id=f"{mark} {why.name}")
            for mark in Mark
            for why, words in (
                (Termination.LEFT, "a player left"),
                (Termination.PUT_OUT, "a player broke the rules and was put out"),
                (Termination.TIMED_OUT, "a player took too long"),
            )
        ),
    ],
)


class TestTheStart:
    def test_a_game_starts_with_the_empty_board_no_moves_and_no_outcome(self) -> None:
        assert state_of(Referee()) == (Board(), [], None)

    def test_two_games_have_nothing_in_common(self) -> None:
        one, other = Referee(), Referee()
        one.play(Mark.X, 4)
        assert state_of(other) == (Board(), [], None)


class TestPlaying:
    def test_a_move_gives_the_new_board_and_is_noted(self) -> None:
        referee = Referee()
        assert referee.play(Mark.X, 4) is Board().play(4)
        assert state_of(referee) == (Board().play(4), [4], None)

    def test_moves_are_noted_in_the_order_in_which_they_were_made(self) -> None:
        assert refereed(8, 4, 0, 2).moves == [8, 4, 0, 2]

    @pytest.mark.parametrize(
        ("moves", "winner", "line"),
        [
            (X_WINS, Mark.X, (0, 1, 2)),
            (O_WINS, Mark.O, (3, 4, 5)),
            (X_WINS_WITH_THE_LAST_SQUARE, Mark.X, (0, 1, 2)),
        ],
    )
    def test_a_complete_line_ends_the_game_for_the_one_who_completed_it(
        self, moves: tuple[Square, ...], winner: Mark, line: Line
    ) -> None:
        assert refereed(*moves[:-1]).outcome is None
        assert refereed(*moves).outcome == Outcome(Termination.LINE, winner, line)

    def test_a_full_board_without_a_line_is_a_draw(self) -> None:
        assert refereed(*DRAW[:-1]).outcome is None
        assert refereed(*DRAW).outcome == Outcome(Termination.FULL_BOARD, None, None)

    def test_an_outcome_cannot_be_changed_and_has_room_for_nothing_else(self) -> None:
        outcome = Outcome(Termination.LEFT, Mark.X, None)
        for name in ("termination", "winner", "line"):
            with pytest.raises(FrozenInstanceError):
                setattr(outcome, name, None)
        assert not hasattr(outcome, "__dict__")


class TestRefusedMoves:
    @pytest.mark.parametrize(
        ("moves", "mark", "turn"), [((), "O", "X"), ((4,), "X", "O"), ((4, 0), "O", "X")]
    )
    def test_a_move_out_of_turn_is_refused(
        self, moves: tuple[Square, ...], mark: str, turn: str
    ) -> None:
        referee = refereed(*moves)
        before = state_of(referee)
        reason = f"^{mark} cannot take square 8: it is the turn of {turn}$"
        with pytest.raises(NotYourTurn, match=reason):
            referee.play(Mark(mark), 8)
        assert state_of(referee) == before

    @pytest.mark.parametrize(
        ("square", "kind"),
        [
            (4, SquareTaken),
            (0, SquareTaken),
            (-1, NoSuchSquare),
            (9, NoSuchSquare),
            (10**9, NoSuchSquare),
        ],
    )
    def test_a_move_that_the_board_refuses_changes_nothing(
        self, square: Square, kind: type[IllegalMove]
    ) -> None:
        referee = refereed(4, 0)
        before = state_of(referee)
        with pytest.raises(kind, match=rf"square {square}\b"):
            referee.play(Mark.X, square)
        assert state_of(referee) == before

    @pytest.mark.parametrize("square", [4, 9])
    def test_being_out_of_turn_comes_before_what_is_wrong_with_the_square(
        self, square: Square
    ) -> None:
        with pytest.raises(NotYourTurn):
            refereed(4).play(Mark.X, square)

    def test_the_same_player_may_try_again(self) -> None:
        referee = refereed(4)
        with pytest.raises(SquareTaken):
            referee.play(Mark.O, 4)
        assert referee.play(Mark.O, 0) is Board.from_text("O...X....")

    @after_each_ending
    @each_mark
    @pytest.mark.parametrize("square", [0, 4, 8, 9])
    def test_after_the_end_every_move_is_refused_with_why_it_ended(
        self, ended: Callable[[], Referee], reason: str, mark: Mark, square: Square
    ) -> None:
        referee = ended()
        before = state_of(referee)
        with pytest.raises(GameOver, match=f"^{mark} cannot take square {square}: {reason}$"):
            referee.play(mark, square)
        assert state_of(referee) == before


class TestForfeiting:
    @pytest.mark.parametrize("moves", [(), (4,), (4, 0)])
    @pytest.mark.parametrize("why", Termination)
    @pytest.mark.parametrize(("mark", "winner"), [(Mark.X, Mark.O), (Mark.O, Mark.X)])
    def test_whoever_forfeits_the_other_one_wins_whosever_turn_it_is(
        self, moves: tuple[Square, ...], why: Termination, mark: Mark, winner: Mark
    ) -> None:
        referee = refereed(*moves)
        board = referee.board
        outcome = referee.forfeit(mark, why)
        assert outcome == Outcome(why, winner, None)
        assert state_of(referee) == (board, list(moves), outcome)

    @each_mark
    def test_without_a_reason_the_player_has_left(self, mark: Mark) -> None:
        assert Referee().forfeit(mark).termination is Termination.LEFT

    @after_each_ending
    @each_mark
    def test_nobody_can_forfeit_after_the_end(
        self, ended: Callable[[], Referee], reason: str, mark: Mark
    ) -> None:
        referee = ended()
        before = state_of(referee)
        with pytest.raises(GameOver, match=f"^the game has ended already: {reason}$"):
            referee.forfeit(mark, Termination.TIMED_OUT)
        assert state_of(referee) == before


class TestCallingOff:
    @pytest.mark.parametrize("moves", [(), (4,), (4, 0)])
    def test_nobody_wins_a_game_that_is_called_off(self, moves: tuple[Square, ...]) -> None:
        referee = refereed(*moves)
        board = referee.board
        outcome = referee.call_off()
        assert outcome == Outcome(Termination.CALLED_OFF, None, None)
        assert state_of(referee) == (board, list(moves), outcome)

    @after_each_ending
    def test_no_game_can_be_called_off_after_the_end(
        self, ended: Callable[[], Referee], reason: str
    ) -> None:
        referee = ended()
        before = state_of(referee)
        with pytest.raises(GameOver, match=f"^the game has ended already: {reason}$"):
            referee.call_off()
        assert state_of(referee) == before
