"""The strategy, held against a solver of its own over a second telling of the rules."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import FrozenInstanceError
from functools import cache
from typing import NamedTuple

import pytest

from tests.core.boards import DRAWN, EMPTY, FINISHED
from tests.core.rules_model import POSITIONS, Position
from ttt_core import Board, Dice, GameOver, Level, Mark, Square, Verdict, choose, verdict

OTHER = {"X": "O", "O": "X"}
UNFINISHED = [text for text, position in POSITIONS.items() if not position.is_over]
JUST_BELOW_1 = math.nextafter(1.0, 0.0)
RATE = 0.3


class Ending(NamedTuple):
    """How a position ends in the best play of both, and what its best moves are."""

    winner: str | None
    plies: int
    best: tuple[int, ...] = ()


def solve() -> Mapping[str, Ending]:
    """Solve the whole game backwards: the fullest positions first."""
    endings: dict[str, Ending] = {}
    for text in sorted(POSITIONS, key=lambda text: text.count(".")):
        endings[text] = ending_of(POSITIONS[text], endings)
    return endings


def ending_of(position: Position, endings: Mapping[str, Ending]) -> Ending:
    """Return the ending of a position whose successors' endings are known."""
    if position.is_over:
        return Ending(position.winner, 0)
    after = {square: endings[then.text] for square, then in position.moves.items()}
    for winner, hasty in ((position.turn, True), (None, False), (OTHER[position.turn], False)):
        plies = [ending.plies for ending in after.values() if ending.winner == winner]
        if plies:
            wanted = (winner, min(plies) if hasty else max(plies))
            best = tuple(square for square, ending in after.items() if ending[:2] == wanted)
            return Ending(winner, 1 + wanted[1], best)
    raise AssertionError(position)


ENDINGS = solve()


def verdict_on(text: str) -> Verdict:
    return verdict(Board.from_text(text))


@cache
def ways_to_end(text: str, player: str) -> frozenset[tuple[str | None, int]]:
    """Return each way a game can end, as its winner and the number of moves that are left.

    `player` takes any of the best moves each time, and the opponent any move at all.
    """
    position = POSITIONS[text]
    if position.is_over:
        return frozenset([(position.winner, 0)])
    squares = verdict_on(text).best_moves if position.turn == player else tuple(position.moves)
    return frozenset(
        (winner, 1 + plies)
        for square in squares
        for winner, plies in ways_to_end(position.moves[square].text, player)
    )


class Rigged:
    """Dice that fall as they are told, and note what they were given to choose from."""

    def __init__(self, number: float, pick: int = 0) -> None:
        self.number = number
        self.pick = pick
        self.offered: tuple[Square, ...] = ()

    def random(self) -> float:
        return self.number

    def choice(self, seq: Sequence[Square], /) -> Square:
        self.offered = tuple(seq)
        return seq[self.pick % len(seq)]


def offered(text: str, level: Level, number: float) -> tuple[Square, ...]:
    """Return what `choose` lets the dice choose from when they say `number`."""
    dice = Rigged(number)
    choose(Board.from_text(text), level, dice)
    return dice.offered


def test_the_solver_knows_all_positions_and_each_kind_of_ending() -> None:
    assert len(ENDINGS) == 5478
    assert {ending.winner for ending in ENDINGS.values()} == {"X", "O", None}


def test_the_verdict_names_the_winner_of_the_best_play_of_every_position() -> None:
    for text, ending in ENDINGS.items():
        winner = verdict_on(text).winner
        assert (winner and winner.value) == ending.winner, text


def test_the_verdict_names_the_moves_that_are_left_in_the_best_play_of_every_position() -> None:
    for text, ending in ENDINGS.items():
        assert verdict_on(text).plies == ending.plies, text


def test_the_verdict_names_all_best_moves_of_every_position_and_no_others() -> None:
    for text, ending in ENDINGS.items():
        assert verdict_on(text).best_moves == ending.best, text


@pytest.mark.parametrize("player", ["X", "O"])
def test_who_plays_any_best_moves_never_loses_what_is_not_lost(player: str) -> None:
    for text in POSITIONS:
        if ENDINGS[text].winner != OTHER[player]:
            winners = {winner for winner, _ in ways_to_end(text, player)}
            assert OTHER[player] not in winners, text


@pytest.mark.parametrize("player", ["X", "O"])
def test_who_plays_any_best_moves_wins_all_that_is_won_and_at_the_longest_in_its_plies(
    player: str,
) -> None:
    for text in POSITIONS:
        if ENDINGS[text].winner == player:
            ends = ways_to_end(text, player)
            assert {winner for winner, _ in ends} == {player}, text
            assert max(plies for _, plies in ends) == verdict_on(text).plies, text


@pytest.mark.parametrize("player", ["X", "O"])
def test_who_is_lost_and_plays_any_best_moves_lasts_at_least_the_plies(player: str) -> None:
    for text in POSITIONS:
        if ENDINGS[text].winner == OTHER[player]:
            losses = [
                plies for winner, plies in ways_to_end(text, player) if winner == OTHER[player]
            ]
            assert min(losses) == verdict_on(text).plies, text


def test_best_play_of_both_from_a_won_position_takes_exactly_its_plies() -> None:
    for text, ending in ENDINGS.items():
        board = Board.from_text(text)
        for _ in range(ending.plies):
            assert not board.is_over, text
            board = board.play(verdict(board).best_moves[-1])
        assert board.is_over, text
        assert (board.winner and board.winner.value) == ending.winner, text


@pytest.mark.parametrize("text", FINISHED)
def test_a_finished_board_has_its_winner_no_plies_and_no_moves(text: str) -> None:
    board = Board.from_text(text)
    assert verdict(board) == Verdict(board.winner, 0, ())


def test_a_verdict_cannot_be_changed_and_has_room_for_nothing_else() -> None:
    empty = verdict(Board())
    for name in ("winner", "plies", "best_moves"):
        with pytest.raises(FrozenInstanceError):
            setattr(empty, name, None)
    assert not hasattr(empty, "__dict__")


def test_the_empty_board_is_a_draw_in_nine_whatever_the_first_move() -> None:
    assert verdict(Board()) == Verdict(None, 9, tuple(range(9)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("XX.OO....", Verdict(Mark.X, 1, (2,)), id="a win at once"),
        pytest.param("XX.O.....", Verdict(Mark.X, 4, (2,)), id="O can but put it off"),
        pytest.param("X...O...X", Verdict(None, 6, (1, 3, 5, 7)), id="the edges, not the corners"),
    ],
)
def test_some_verdicts_can_be_seen_by_hand(text: str, expected: Verdict) -> None:
    assert verdict_on(text) == expected


@pytest.mark.parametrize("number", [0.0, math.nextafter(RATE, 0.0), RATE, JUST_BELOW_1])
def test_a_perfect_player_chooses_from_the_best_moves_whatever_the_dice_say(number: float) -> None:
    for text in UNFINISHED:
        assert offered(text, Level.PERFECT, number) == ENDINGS[text].best, text


@pytest.mark.parametrize("number", [0.0, math.nextafter(RATE, 0.0)])
def test_a_human_player_errs_wherever_it_can_when_the_dice_say_less_than_the_rate(
    number: float,
) -> None:
    for text in UNFINISHED:
        best = ENDINGS[text].best
        others = tuple(square for square in POSITIONS[text].moves if square not in best)
        assert offered(text, Level.HUMAN, number) == (others or best), text


@pytest.mark.parametrize("number", [RATE, 0.5, JUST_BELOW_1])
def test_a_human_player_chooses_from_the_best_moves_when_the_dice_say_the_rate_or_more(
    number: float,
) -> None:
    for text in UNFINISHED:
        assert offered(text, Level.HUMAN, number) == ENDINGS[text].best, text


@pytest.mark.parametrize("level", Level)
def test_the_move_is_the_one_that_the_dice_choose(level: Level) -> None:
    for text in UNFINISHED:
        for pick in range(9):
            dice = Rigged(0.0, pick)
            square = choose(Board.from_text(text), level, dice)
            assert square == dice.offered[pick % len(dice.offered)], text


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("text", FINISHED)
def test_no_move_can_be_chosen_on_a_finished_board(text: str, level: Level) -> None:
    with pytest.raises(GameOver, match=r"^no move can be chosen: the game is over$"):
        choose(Board.from_text(text), level, Rigged(0.0))


@pytest.mark.parametrize("level", Level)
def test_a_seeded_random_is_dice_and_plays_the_same_game_again(level: Level) -> None:
    def game() -> list[Board]:
        dice: Dice = random.Random(3)
        boards = [Board.from_text(EMPTY)]
        while not boards[-1].is_over:
            boards.append(boards[-1].play(choose(boards[-1], level, dice)))
        return boards

    assert game() == game()


def test_two_perfect_players_draw_whatever_the_dice() -> None:
    for seed in range(50):
        dice, board = random.Random(seed), Board()
        while not board.is_over:
            board = board.play(choose(board, Level.PERFECT, dice))
        assert board.winner is None
        assert verdict(board) == verdict_on(DRAWN)


def test_a_human_player_errs_as_often_as_its_rate_says() -> None:
    # Only the centre is a good answer to a corner.
    board = Board.from_text("X........")
    best = verdict(board).best_moves
    dice = random.Random(11)
    wrong = sum(choose(board, Level.HUMAN, dice) not in best for _ in range(20_000))
    assert wrong / 20_000 == pytest.approx(RATE, abs=0.01)
