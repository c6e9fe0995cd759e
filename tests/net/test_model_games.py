"""Whole games of the existing clients against the hub, under a virtual clock."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest

from tests.memory_world import MemoryWorld, Seat, Splitting
from tests.model_client import (
    LEAVE,
    LINES,
    SILENT,
    ClientDied,
    Close,
    CutShort,
    ModelClient,
    Send,
    Think,
    scripted,
)
from ttt_core import Mark, Outcome, Termination
from ttt_net import Departure
from ttt_net.events import GameEnded, MessageUnexpected, PlayerLeft, PlayersMatched

Squares = tuple[int, ...]

SLOW = 119.0  # seconds of the 120 for a move: the rest is for the way there and back

NOT_BEGUN = "Your opponent has left before the game began. Please connect again."


def squares_of(line: str) -> Squares:
    return tuple(int(digit) + 1 for digit in line)


def free_beside(*taken: int) -> list[int]:
    return [square for square in range(1, 10) if square not in taken]


def taking_turns(crosses: Sequence[int], noughts: Sequence[int]) -> Squares:
    """Return the squares of X and of O in the order of a game."""
    turns = [square for pair in zip(crosses, noughts, strict=False) for square in pair]
    return (*turns, *crosses[len(noughts) :])


def won_by_o(line: str) -> Squares:
    noughts = squares_of(line)
    lines = [squares_of(other) for other in LINES]
    crosses = next(trio for trio in combinations(free_beside(*noughts), 3) if trio not in lines)
    return taking_turns(crosses, noughts)


def double_lines() -> Iterator[tuple[str, Squares]]:
    """Yield a game for each two lines that cross, ended by X where they do."""
    for first, second in combinations(LINES, 2):
        for crossing in set(first) & set(second):
            both = sorted(set(first + second) - {crossing})
            crosses = squares_of("".join(both) + crossing)
            yield first, taking_turns(crosses, free_beside(*crosses))


WINS = [
    ("W", line, taking_turns(squares_of(line), free_beside(*squares_of(line))[:2]))
    for line in LINES
]
LOSSES = [("L", line, won_by_o(line)) for line in LINES]
DOUBLES = [("W", line, squares) for line, squares in double_lines()]
DRAW = ("D", None, (1, 2, 3, 5, 4, 6, 8, 7, 9))
GAMES = [*WINS, *LOSSES, *DOUBLES, DRAW]
"""How each game ends for X, its line, and the squares that are taken."""


def first_free(cells: str, mark: str) -> int:
    return cells.index(" ") + 1


class Two(NamedTuple):
    """Two clients who have played to the end, X having come 20 s after O."""

    world: MemoryWorld
    o: ModelClient
    x: ModelClient
    o_seat: Seat
    x_seat: Seat


def play(
    squares: Squares, think: float = 0.0, splitting: Splitting = "whole", delay: float = 0.0
) -> Two:
    world = MemoryWorld(splitting=splitting, latency=delay, reaction=delay)
    o = ModelClient(scripted(squares[1::2]), think)
    x = ModelClient(scripted(squares[0::2]), think)
    two = Two(world, o, x, world.join(o), world.join(x, at=20.0))
    world.run()
    return two


def test_there_are_22_endings_with_two_lines() -> None:
    assert len({frozenset(squares[0::2]) for _, _, squares in DOUBLES}) == 22


@pytest.mark.parametrize(("result", "line", "squares"), GAMES)
def test_both_hear_the_result_and_the_line_of_two_lines_the_first(
    result: str, line: str | None, squares: Squares
) -> None:
    two = play(squares)
    assert (two.x.mark, two.o.mark) == ("X", "O")
    assert (two.x.result, two.o.result) == (result, {"W": "L", "L": "W", "D": "D"}[result])
    assert two.x.line == two.o.line == line


@pytest.mark.parametrize("squares", [squares for _, _, squares in GAMES])
def test_both_players_see_every_board_and_hear_every_move_of_the_other(squares: Squares) -> None:
    two = play(squares)
    assert two.x.boards == two.o.boards
    assert len(two.x.boards) == 1 + len(squares)
    assert two.x.moves_heard == list(squares[1::2])
    assert two.o.moves_heard == list(squares[0::2])


@pytest.mark.parametrize("squares", [squares for _, _, squares in GAMES])
def test_bytes_one_by_one_and_late_give_the_same_conversation(squares: Squares) -> None:
    whole, bytewise = play(squares), play(squares, splitting="bytes")
    assert whole.o_seat.talk == bytewise.o_seat.talk
    assert whole.x_seat.talk == bytewise.x_seat.talk
    slow = play(squares, splitting="bytes", delay=0.4)
    for near, far in ((whole.o_seat, slow.o_seat), (whole.x_seat, slow.x_seat)):
        assert near.said() == far.said()
        assert near.heard() == far.heard()


def test_a_game_is_recorded_with_its_players_moves_and_outcome() -> None:
    two = play(DRAW[-1], think=1.0)
    outcome = Outcome(Termination.FULL_BOARD, None, None)
    moves = tuple(square - 1 for square in DRAW[-1])
    assert two.world.events[-2:] == [PlayersMatched(2, 1), GameEnded(2, 1, outcome, moves, 9.0)]
    assert two.world.hub.sessions == []


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_with_two_minutes_of_thinking_on_each_move_nobody_gives_up(delay: float) -> None:
    two = play(DRAW[-1], SLOW, delay=delay)
    assert [(one.result, one.gave_up) for one in (two.x, two.o)] == [("D", False)] * 2
    assert max(two.o_seat.silences() + two.x_seat.silences()) <= 7.0


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_an_echo_comes_after_6_s_of_silence_and_never_to_who_has_to_move(delay: float) -> None:
    two = play(DRAW[-1], SLOW, delay=delay)
    for seat, waits in ((two.o_seat, 5), (two.x_seat, 4)):
        heard = [spoken for spoken in seat.talk if spoken.by == "server"]
        game = heard[[spoken.data[:1] for spoken in heard].index(b"B") :]
        echoes = [(before, this) for before, this in pairwise(game) if this.data == b"Ez"]
        assert len(echoes) == waits * (SLOW // 6)
        assert all(6.0 <= this.at - before.at <= 6.25 for before, this in echoes)
        assert not any(before.data.endswith(b"CY") for before, _ in echoes)


def test_who_waits_alone_for_a_quarter_of_an_hour_then_plays() -> None:
    world = MemoryWorld()
    waiter, partner = ModelClient(first_free), ModelClient(first_free)
    seat = world.join(waiter)
    world.join(partner, at=900.0)
    world.run()
    assert max(seat.silences()) <= 7.0
    assert waiter.echoes in range(900 // 7, 900 // 6)
    assert (waiter.opponent, waiter.result) == (2, "L")
    assert (partner.opponent, partner.result) == (1, "W")


@pytest.mark.parametrize("apart", [0.0, 0.3, 5.0])
def test_players_are_matched_in_the_order_of_their_arrival(apart: float) -> None:
    world = MemoryWorld(latency=0.2)
    clients = [ModelClient(first_free, think=2.0) for _ in range(6)]
    for place, client in enumerate(clients):
        world.join(client, at=place * apart)
    world.run()
    assert [client.opponent for client in clients] == [2, 1, 4, 3, 6, 5]
    assert [client.mark for client in clients] == ["O", "X"] * 3
    assert [client.result for client in clients] == ["L", "W"] * 3


@pytest.mark.parametrize("ghosts", [1, 2])
@pytest.mark.parametrize("next_arrival", [6.0, 7.0, 30.0])
def test_a_newcomer_never_meets_a_ghost_but_the_next_to_arrive(
    ghosts: int, next_arrival: float
) -> None:
    world = MemoryWorld()
    newcomer, third = ModelClient(first_free), ModelClient(first_free)
    for place in range(ghosts):  # each says c1, and is not heard of any more
        world.join(CutShort(ModelClient(first_free), 2, SILENT), at=float(place))
    seat = world.join(newcomer, at=5.0)
    world.join(third, at=next_arrival)
    world.run()
    assert (newcomer.opponent, newcomer.mark, newcomer.result) == (ghosts + 2, "O", "L")
    assert (third.opponent, third.mark, third.result) == (ghosts + 1, "X", "W")
    before_its_mark = seat.heard()[1 : seat.heard().index(b"RO")]
    assert set(before_its_mark) <= {b"Ez"}


@pytest.mark.parametrize("end", [Close(), SILENT], ids=str)
@pytest.mark.parametrize("actions", [3, 4, 5])
def test_a_newcomer_lost_after_it_was_told_its_mark_costs_the_other_a_goodbye(
    actions: int, end: Close | Think
) -> None:
    world = MemoryWorld()
    waited = ModelClient(first_free)
    world.join(waited)
    seat = world.join(CutShort(ModelClient(first_free), actions, end), at=5.0)
    world.run()
    assert b"RX" in seat.heard()
    assert waited.farewell == NOT_BEGUN
    assert (waited.opponent, waited.result, waited.gave_up) == (2, None, False)


@pytest.mark.parametrize("stay", [tenths / 10 for tenths in range(20)])
def test_a_newcomer_may_go_at_any_moment_of_the_handshake_of_the_other(stay: float) -> None:
    world = MemoryWorld(latency=0.15, reaction=0.15)
    waited = ModelClient(first_free)
    world.join(waited)
    world.join(CutShort(ModelClient(first_free), 2, Think(stay), Close()), at=5.0)
    world.run()
    assert waited.farewell == NOT_BEGUN
    assert not waited.gave_up


@pytest.mark.parametrize("leaver", ["X", "O"])
def test_who_quits_in_a_game_is_told_of_to_the_other(leaver: str) -> None:
    world = MemoryWorld()
    quitter = ModelClient(scripted([5, LEAVE]), reason=b"tea")
    other = ModelClient(first_free)
    for client in (quitter, other) if leaver == "O" else (other, quitter):
        world.join(client)
    world.run()
    assert quitter.mark == leaver
    assert other.farewell == "Your opponent has left the game. You win."
    assert PlayerLeft(quitter.number or 0, Departure.QUIT, b"tea", probe=False) in world.events
    outcomes = [event.outcome for event in world.events if isinstance(event, GameEnded)]
    assert outcomes == [Outcome(Termination.LEFT, Mark(other.mark), None)]


@pytest.mark.parametrize(("actions", "how"), [(7, Departure.RESET), (8, Departure.CLOSED)])
def test_who_closes_without_having_read_all_resets(actions: int, how: Departure) -> None:
    world = MemoryWorld()
    world.join(ModelClient(first_free))
    world.join(CutShort(ModelClient(first_free), actions, Close()))
    world.run()
    assert PlayerLeft(2, how, b"", probe=False) in world.events


def test_who_thinks_for_a_minute_reads_after_its_move_that_the_other_has_left() -> None:
    world, thinker = MemoryWorld(), ModelClient(first_free, think=59.0)
    seat = world.join(thinker)
    world.join(CutShort(ModelClient(first_free), 12, Close()))
    world.run()
    assert seat.said()[-1] == b"i2"
    assert thinker.farewell == "Your opponent has left the game. You win."


def test_who_thinks_longer_finds_the_connection_closed() -> None:
    world = MemoryWorld()
    world.join(ModelClient(first_free, think=61.0))
    world.join(CutShort(ModelClient(first_free), 12, Close()))
    with pytest.raises(ClientDied, match="client 1 read None"):
        world.run()


@pytest.mark.parametrize("end", [Close(), SILENT], ids=str)
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("splitting", ["whole", "bytes"])
@pytest.mark.parametrize("delay", [0.0, 0.4])
def test_wherever_a_client_is_lost_the_other_gets_an_end_that_it_understands(
    end: Close | Think, place: int, splitting: Splitting, delay: float
) -> None:
    for actions in range(100):
        world = MemoryWorld(splitting=splitting, latency=delay, reaction=delay)
        other, third = ModelClient(first_free, think=1.0), ModelClient(first_free)
        lost = CutShort(ModelClient(first_free), actions, end)
        world.join(other if place else lost)
        world.join(lost if place else other)
        world.join(third, at=60.0)
        world.run(until=400.0)
        assert (other.result is None) != (other.farewell is None), actions
        assert not other.gave_up
        assert len(world.hub.sessions) == (0 if other.opponent == third.number else 1)
        if lost.done < actions:
            return
    pytest.fail("100 actions are no whole life")


@pytest.mark.parametrize(("splitting", "first"), [("whole", b"xy"), ("bytes", b"x")])
def test_bytes_travel_as_slowly_and_in_such_pieces_as_they_are_made_to(
    splitting: Splitting, first: bytes
) -> None:
    world = MemoryWorld(splitting=splitting, latency=0.25, reaction=0.5)
    seat = world.join(CutShort(ModelClient(first_free), 1, Send(b"xy"), Close()))
    world.run()
    assert (seat.talk[0].at, seat.talk[1].at) == (0.0, 0.75)
    assert MessageUnexpected(1, first, "being greeted") in world.events
