"""The hub and its games: moves, refusals, partings, and the end of the server."""

from collections.abc import Callable

import pytest

from tests.conversation import FEEDS, Conversation, talk
from tests.net.openings import ARRIVED, BY_STAGE, PAIRED, PLAYED, PLAYING, READY, TOLD_OPPONENT
from ttt_core import Mark, NoSuchSquare, NotYourTurn, Outcome, SquareTaken, Termination
from ttt_net import Event, Hub, Limits, Stage
from ttt_net.events import Departure, GameEnded, MatchFailed, MoveRefused, PlayerLeft, Stopping

LEFT = "QYour opponent has left the game. You win."
PUT_OUT = "QYour opponent broke the rules and was put out. You win."
TOO_MANY = "QYou have been put out: too many illegal moves."
SHUTTING_DOWN = "QThe server is shutting down. Game over."
FAILED = "QAn internal error of the server has ended your game. Please connect again."

AGAIN = "2 < B         CY\n"

feeds = pytest.mark.parametrize("feed", FEEDS)


def refusals(lines: str) -> list[tuple[int, bytes, type]]:
    return [(e.player, e.message, type(e.why)) for e in talk(lines) if isinstance(e, MoveRefused)]


@feeds
def test_a_game_is_played_to_its_end_and_recorded(feed: str) -> None:
    conversation = Conversation(feed=feed)
    conversation.hold(PLAYING)
    conversation.now += 12.5
    conversation.hold(PLAYED.removeprefix(PLAYING))
    outcome = Outcome(Termination.LINE, Mark.X, (0, 1, 2))
    assert conversation.events[-1] == GameEnded(2, 1, outcome, (0, 3, 1, 4, 2), 12.5)


def test_a_game_is_as_long_as_it_has_taken_whenever_it_began() -> None:
    conversation = Conversation()
    conversation.now = 1000.0
    conversation.hold(PLAYING)
    conversation.now += 12.5
    conversation.hold(PLAYED.removeprefix(PLAYING))
    ended = conversation.events[-1]
    assert isinstance(ended, GameEnded)
    assert ended.seconds == 12.5


def test_moves_that_come_together_are_taken_one_by_one_and_the_turn_is_kept() -> None:
    lines = PLAYING + "2 > i1\n2 > i2\n2 < BX        CN\n1 < I1BX        CY"
    for feed in FEEDS:
        talk(lines, feed)
    assert refusals(lines) == [(2, b"i2", NotYourTurn)]


def test_a_move_glued_to_the_last_confirmation_is_a_move() -> None:
    talk(
        READY + "2 > c2\n2 < I1\n2 > c3\n2 > i1\n1 < B         CNI1BX        CY\n"
        "2 < B         CYBX        CN",
        "joined",
    )


@pytest.mark.parametrize(
    ("move", "why"),
    [
        ("i0", NoSuchSquare),
        ("ix", NoSuchSquare),
        ("i\\xb2", NoSuchSquare),
        ("i\\x00", NoSuchSquare),
        ("ii", NoSuchSquare),
    ],
)
def test_a_move_that_names_no_square_is_refused_and_asked_again(move: str, why: type) -> None:
    message = move.encode().decode("unicode_escape").encode("latin-1")
    assert refusals(PLAYING + f"2 > {move}\n{AGAIN}") == [(2, message, why)]


def test_a_taken_square_is_refused_and_asked_again_on_the_same_board() -> None:
    lines = PLAYING + "2 > i1\n2 < BX        CN\n1 < I1BX        CY\n1 > i1\n1 < BX        CY"
    assert refusals(lines) == [(1, b"i1", SquareTaken)]


def test_a_move_out_of_turn_is_refused_without_a_word() -> None:
    assert refusals(PLAYING + "1 > i5\n2 > i1\n2 < BX        CN\n1 < I1BX        CY") == [
        (1, b"i5", NotYourTurn)
    ]


@feeds
def test_the_third_refusal_in_a_row_puts_the_mover_out(feed: str) -> None:
    events = talk(
        PLAYING + f"2 > i0\n{AGAIN}2 > ix\n{AGAIN}2 > i0\n1 < {PUT_OUT}\n1 closed\n"
        f"2 < {TOO_MANY}\n2 closed",
        feed,
    )
    assert events[-1] == GameEnded(2, 1, Outcome(Termination.PUT_OUT, Mark.O, None), (), 0.0)


@feeds
def test_the_third_move_out_of_turn_puts_out_who_should_wait(feed: str) -> None:
    talk(
        PLAYING + f"1 > i5\n1 > i5\n1 > i5\n1 < {TOO_MANY}\n1 closed\n2 < {PUT_OUT}\n2 closed",
        feed,
    )


def test_a_legal_move_makes_the_refusals_before_it_forgotten() -> None:
    talk(
        PLAYING + f"2 > i0\n{AGAIN}2 > ix\n{AGAIN}2 > i1\n2 < BX        CN\n"
        "1 < I1BX        CY\n1 > i2\n1 < BXO       CN\n2 < I2BXO       CY\n"
        "2 > i0\n2 < BXO       CY\n2 > i1\n2 < BXO       CY"
    )


@pytest.mark.parametrize("refusals_allowed", [1, 5])
def test_how_many_refusals_put_out_is_a_limit(refusals_allowed: int) -> None:
    limits = Limits(refusals=refusals_allowed)
    asked_again = f"2 > i0\n{AGAIN}" * (refusals_allowed - 1)
    end = f"2 > i0\n1 < {PUT_OUT}\n1 closed\n2 < {TOO_MANY}\n2 closed"
    talk(PLAYING + asked_again + end, limits=limits)


def test_answers_that_nobody_asked_for_make_no_refusal_forgotten() -> None:
    end = f"1 < {PUT_OUT}\n1 closed\n2 < {TOO_MANY}\n2 closed"
    talk(PLAYING + f"2 > i0\n{AGAIN}2 > ez\n2 > i0\n{AGAIN}2 > ez\n2 > i0\n{end}")


def test_answers_that_nobody_asked_for_give_no_more_time_to_move() -> None:
    slow = "1 < QYour opponent took too long to move. You win.\n1 closed\n"
    slow += "2 < QYou took too long to move. Your opponent wins.\n2 closed"
    talk(PLAYING + f"+3\n2 > ez\n+2\n2 > ez\n+0.5\n{slow}", limits=Limits(thinking=5.5))


def test_who_does_not_move_in_time_loses_and_both_are_told() -> None:
    echoes = "+6\n1 < Ez\n1 > ez\n" * 3
    events = talk(
        PLAYING
        + echoes
        + "+1.9\n+0.1\n1 < QYour opponent took too long to move. You win.\n1 closed\n"
        "2 < QYou took too long to move. Your opponent wins.\n2 closed",
        limits=Limits(thinking=20),
    )
    assert events[-2] == PlayerLeft(2, Departure.TOO_SLOW, b"", probe=False)
    assert events[-1] == GameEnded(2, 1, Outcome(Termination.TIMED_OUT, Mark.O, None), (), 20.0)


def test_being_asked_again_gives_no_more_time() -> None:
    talk(
        PLAYING + f"+5\n2 > i0\n{AGAIN}+0.5\n1 < QYour opponent took too long to move. You win.\n"
        "1 closed\n2 < QYou took too long to move. Your opponent wins.\n2 closed",
        limits=Limits(thinking=5.5),
    )


@feeds
@pytest.mark.parametrize("going", ["leaves", "resets", "> q\n1 closed"])
def test_when_a_player_goes_in_a_game_the_other_is_told_at_once(going: str, feed: str) -> None:
    events = talk(PLAYING + f"1 {going}\n2 < {LEFT}\n2 closed", feed)
    assert events[-1] == GameEnded(2, 1, Outcome(Termination.LEFT, Mark.X, None), (), 0.0)


@pytest.mark.parametrize(
    ("said", "reason"),
    [("q", b""), ("qqq", b""), ("qmust go", b"must go"), ("qq bye", b"q bye"), ("qX", b"X")],
)
def test_the_reason_of_a_quit_is_kept_unless_it_is_made_of_qs(said: str, reason: bytes) -> None:
    events = talk(ARRIVED + f"1 > {said}\n1 closed")
    assert events[-1] == PlayerLeft(1, Departure.QUIT, reason, probe=False)


@pytest.mark.parametrize("length", [1024, 1025])
def test_a_reason_is_kept_up_to_its_limit(length: int) -> None:
    events: list[Event] = []
    hub = Hub(emit=events.append)
    session = hub.connect("a", 0.0)
    hub.receive(session, b"c1q" + b"x" * length, 0.0)
    assert events[-1] == PlayerLeft(1, Departure.QUIT, b"x" * 1024, probe=False)


def test_a_lingering_end_is_dropped_after_a_minute() -> None:
    talk(PLAYED + "1 leaves\n+59.9\n+0.1\n2 dropped")


def test_whoever_is_gone_leaves_nothing_behind() -> None:
    conversation = Conversation()
    conversation.hold(PLAYED + "1 leaves\n2 leaves")
    assert conversation.hub.sessions == []
    assert conversation.clients[1].opponent is None
    assert conversation.clients[1].table is None


@pytest.mark.parametrize("stage", list(BY_STAGE))
def test_stopping_tells_everybody_in_every_stage(stage: Stage) -> None:
    conversation = Conversation()
    conversation.hold(BY_STAGE[stage])
    games = conversation.hub.games
    conversation.hub.stop(conversation.now)
    assert (Stopping(1) in conversation.events) is (games == 1) is (stage is Stage.PLAYING)
    assert conversation.hub.games == 0
    due = conversation.now + conversation.hub.limits.settle
    for session in conversation.hub.take_due(due):
        conversation.hub.expire(session, due)
    for session in conversation.hub.sessions:
        assert session.stage is Stage.CLOSING
        assert stage is Stage.CLOSING or session.outgoing.decode().endswith(SHUTTING_DOWN)


@pytest.mark.parametrize("end", [Hub.drain, Hub.stop])
def test_all_who_are_in_no_game_are_told_of_the_end(end: Callable[[Hub, float], None]) -> None:
    hub = Hub()
    crowd = [hub.connect("somebody", 0.0) for _ in range(3)]
    end(hub, 0.0)
    assert [session.farewell for session in crowd] == [SHUTTING_DOWN.encode()] * 3


def test_stopping_does_not_wait_for_farewells_longer_than_a_second() -> None:
    conversation = Conversation()
    conversation.hold(TOLD_OPPONENT + "2 leaves")
    conversation.hub.stop(conversation.now)
    conversation.hold(
        "+1\n1 < QYour opponent has left before the game began. Please connect again.\n1 closed"
    )


def test_a_game_that_is_called_off_has_no_winner() -> None:
    conversation = Conversation()
    conversation.hold(PLAYING)
    conversation.hub.stop(3.0)
    outcome = Outcome(Termination.CALLED_OFF, None, None)
    assert conversation.events[-1] == GameEnded(2, 1, outcome, (), 3.0)


def test_after_a_bug_both_players_of_the_table_are_told() -> None:
    conversation = Conversation()
    conversation.hold(PLAYING)
    conversation.hub.fail(conversation.clients[2], conversation.now)
    conversation.hold(f"+0\n1 < {FAILED}\n1 closed\n2 < {FAILED}\n2 closed")


def test_after_a_bug_a_waiting_player_is_told_and_meets_nobody() -> None:
    conversation = Conversation()
    conversation.hold(ARRIVED)
    conversation.hub.fail(conversation.clients[1], conversation.now)
    conversation.hold("2 connects\n2 < A2\n1 < " + FAILED + "\n1 closed\n2 > c1")


def test_a_bug_in_a_session_that_is_over_changes_nothing() -> None:
    conversation = Conversation()
    conversation.hold(PLAYED)
    conversation.hub.fail(conversation.clients[1], conversation.now)
    assert conversation.clients[1].stage is Stage.CLOSING


def test_a_forgotten_session_meets_nobody() -> None:
    conversation = Conversation()
    conversation.hold(ARRIVED)
    conversation.hub.forget(conversation.clients[1], conversation.now)
    conversation.hold("2 connects\n1 dropped\n2 < A2\n2 > c1")


def test_the_opponent_of_a_forgotten_session_is_told() -> None:
    conversation = Conversation()
    conversation.hold(PLAYING)
    conversation.hub.forget(conversation.clients[1], conversation.now)
    conversation.hold(f"+0\n1 dropped\n2 < {FAILED}\n2 closed")
    assert conversation.hub.games == 0
    assert [session.table for session in conversation.clients.values()] == [None, None]


def test_after_a_bug_past_the_end_of_a_game_both_are_told_and_no_second_end_is_recorded() -> None:
    conversation = Conversation()
    conversation.hold(PLAYING)
    table = conversation.clients[1].table
    assert table is not None
    table.referee.forfeit(Mark.X)
    conversation.hub.fail(conversation.clients[1], conversation.now)
    conversation.hold(f"+0\n1 < {FAILED}\n1 closed\n2 < {FAILED}\n2 closed")
    assert not any(isinstance(event, GameEnded) for event in conversation.events)


@pytest.mark.parametrize("opening", [PAIRED, TOLD_OPPONENT, READY])
def test_a_game_that_has_not_begun_is_not_recorded_as_one(opening: str) -> None:
    conversation = Conversation()
    conversation.hold(opening)
    conversation.hub.lost(conversation.clients[2], Departure.CLOSED, 0.0)
    assert conversation.events[-1] == MatchFailed(gone=2, told=1)
    assert not any(isinstance(event, GameEnded) for event in conversation.events)


def test_a_session_that_went_while_its_deadline_came_is_left_alone() -> None:
    conversation = Conversation()
    conversation.hold(PAIRED)
    hub = conversation.hub
    due = hub.take_due(100.0)
    for session in due:
        hub.lost(session, Departure.CLOSED, 100.0)
    for session in due:
        hub.expire(session, 100.0)
    assert hub.sessions == []
