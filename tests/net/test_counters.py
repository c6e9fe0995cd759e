from collections.abc import Callable

import pytest

from tests.conversation import Conversation
from tests.net.bot_rig import MEET, Talk
from tests.net.openings import PAIRED, PLAYED, PLAYING
from ttt_core import Mark, Outcome, Referee, Termination
from ttt_net import Limits
from ttt_net.counters import RESULTS, Counters, Numbers

NOTHING = (0,) * len(RESULTS)


def only(result: str) -> tuple[int, ...]:
    return tuple(int(name == result) for name in RESULTS)


def after(lines: str, limits: Limits | None = None) -> Numbers:
    conversation = Conversation(limits)
    conversation.hold(lines)
    return conversation.hub.numbers()


def play(*squares: int) -> Callable[[Referee], object]:
    return lambda referee: [referee.play(referee.board.turn, n) for n in squares]


def test_an_empty_house_has_nothing_to_count() -> None:
    assert after("") == Numbers(
        connections=0, waiting=0, games=0, moves=0, refused=0, results=NOTHING
    )


def test_who_waits_is_counted_until_somebody_comes() -> None:
    numbers = after("1 connects\n1 < A1\n1 > c1")
    assert (numbers.connections, numbers.waiting, numbers.games) == (1, 1, 0)
    numbers = after(PAIRED)
    assert (numbers.connections, numbers.waiting, numbers.games) == (2, 0, 0)


def test_a_game_is_going_on_from_its_first_board_to_its_end() -> None:
    numbers = after(PLAYING)
    assert (numbers.connections, numbers.games, numbers.moves) == (2, 1, 0)
    assert numbers.results == NOTHING
    numbers = after(PLAYED)
    assert (numbers.games, numbers.moves, numbers.results) == (0, 5, only("x_won"))


def test_each_move_that_is_refused_is_counted_apart_whoever_made_it() -> None:
    refused = "2 > i0\n2 < B         CY\n1 > i1\n"
    numbers = after(PLAYING + refused + "2 > i5\n2 < B    X    CN\n1 < I5B    X    CY")
    assert (numbers.moves, numbers.refused) == (1, 2)


def test_the_moves_of_the_computer_are_moves_and_it_is_no_connection() -> None:
    talk = Talk()
    talk.hold(MEET + "+1.0\n1 < I1BX        CY")
    numbers = talk.hub.numbers()
    assert (numbers.connections, numbers.games, numbers.moves) == (1, 1, 1)


@pytest.mark.parametrize(
    ("result", "end"),
    [
        ("x_won", play(0, 3, 1, 4, 2)),
        ("o_won", play(0, 3, 1, 4, 8, 5)),
        ("draw", play(0, 1, 2, 4, 3, 5, 7, 6, 8)),
        ("left", lambda referee: referee.forfeit(Mark.X)),
        ("left", lambda referee: referee.forfeit(Mark.O)),
        ("put_out", lambda referee: referee.forfeit(Mark.O, Termination.PUT_OUT)),
        ("timed_out", lambda referee: referee.forfeit(Mark.X, Termination.TIMED_OUT)),
        ("called_off", lambda referee: referee.call_off()),
    ],
)
def test_a_game_that_has_ended_is_counted_by_its_result(
    result: str, end: Callable[[Referee], object]
) -> None:
    referee, counters = Referee(), Counters()
    end(referee)
    assert referee.outcome is not None
    counters.note_end(referee.outcome)
    assert tuple(counters.results) == only(result)


def test_there_is_a_result_for_each_end_that_a_game_may_have() -> None:
    counters = Counters()
    for count in (1, 2, 3):
        for why in Termination:
            counters.note_end(Outcome(why, Mark.X if why is Termination.LINE else None, None))
        counters.note_end(Outcome(Termination.LINE, Mark.O, None))
        assert counters.results == [count] * len(RESULTS)


def test_a_player_who_is_put_out_or_too_slow_or_leaves_ends_a_game_of_that_result() -> None:
    lost = "1 < QYour opponent took too long to move. You win.\n1 closed\n"
    slow = "2 < QYou took too long to move. Your opponent wins.\n2 closed"
    limits = Limits(thinking=3.0)
    assert after(f"{PLAYING}\n+3.25\n{lost}{slow}", limits).results == only("timed_out")
    left = "2 leaves\n1 < QYour opponent has left the game. You win.\n1 closed"
    assert after(PLAYING + left).results == only("left")
