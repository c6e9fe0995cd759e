"""The hub and those who wait: signs of life, matching, and ghosts."""

import pytest

from tests.conversation import FEEDS, Conversation, talk
from tests.net.openings import (
    ARRIVED,
    NEWCOMER_TOLD_OPPONENT,
    PAIRED,
    PLAYING,
    READY,
    TOLD_OPPONENT,
)
from ttt_net.events import Departure, GameEnded, PlayerLeft, PlayersMatched

SILENT = "QYou have been put out: no answer came from you in time."
NOT_BEGUN = "QYour opponent has left before the game began. Please connect again."

pytestmark = pytest.mark.parametrize("feed", FEEDS)


def test_a_lone_player_is_asked_for_a_sign_of_life_every_six_seconds(feed: str) -> None:
    talk(ARRIVED + "+5.9\n+0.1\n1 < Ez\n1 > ez\n+5.9\n+0.1\n1 < Ez\n1 > ez\n+6\n1 < Ez", feed)


def test_two_unanswered_echoes_are_forgiven_and_no_third_is_asked(feed: str) -> None:
    events = talk(ARRIVED + f"+6\n1 < Ez\n+6\n1 < Ez\n+6\n1 < {SILENT}\n1 closed", feed)
    assert PlayerLeft(1, Departure.SILENT, b"", probe=False) in events


def test_a_late_answer_to_an_echo_is_an_answer(feed: str) -> None:
    talk(ARRIVED + "+6\n1 < Ez\n+6\n1 < Ez\n+5\n1 > ez\n1 > ez\n+1\n1 < Ez\n", feed)


def test_an_answer_that_was_not_asked_for_is_dropped_and_pays_for_no_later_echo(
    feed: str,
) -> None:
    talk(ARRIVED + f"1 > ez\n+6\n1 < Ez\n+6\n1 < Ez\n+6\n1 < {SILENT}\n1 closed", feed)


def test_a_client_that_never_confirms_its_number_is_told_so_after_ten_seconds(feed: str) -> None:
    events = talk(f"1 connects\n1 < A1\n+9.9\n+0.1\n1 < {SILENT}\n1 closed", feed)
    assert PlayerLeft(1, Departure.SILENT, b"", probe=False) in events


def test_a_late_first_confirmation_is_a_confirmation(feed: str) -> None:
    talk("1 connects\n1 < A1\n+9.5\n1 > c1\n+5.9\n+0.35\n1 < Ez", feed)


def test_a_newcomer_is_asked_for_signs_of_life_while_its_partner_is_confirmed(feed: str) -> None:
    talk(
        """
        1 connects
        1 < A1
        1 > c1
        2 connects
        2 < A2
        2 > c1
        1 < RO
        +2.75
        1 > c2
        1 < I2
        +2.75
        1 > c3
        2 < RX
        2 > c2
        2 < I1
        """,
        feed,
    )


def test_a_newcomer_goes_on_being_asked_after_its_partner_has_failed(feed: str) -> None:
    talk(PAIRED + f"+3\n1 < {SILENT}\n1 closed\n+3\n2 < Ez\n2 > ez", feed)


def test_an_echo_may_be_unanswered_when_the_match_is_made(feed: str) -> None:
    talk(
        ARRIVED
        + """
        +6
        1 < Ez
        2 connects
        2 < A2
        2 > c1
        1 < RO
        1 > ez
        1 > c2
        1 < I2
        """,
        feed,
    )


def test_who_waited_is_matched_and_confirmed_before_the_newcomer_hears_of_it(feed: str) -> None:
    assert PlayersMatched(newcomer=2, waited=1) in talk(READY, feed)


def test_somebody_who_has_not_confirmed_its_number_is_nobodys_opponent(feed: str) -> None:
    talk(
        "1 connects\n1 < A1\n2 connects\n2 < A2\n2 > c1\n+6\n2 < Ez\n2 > ez\n+4\n"
        f"1 < {SILENT}\n1 closed",
        feed,
    )


@pytest.mark.parametrize("going", ["1 leaves", "1 resets", "1 > q\n1 closed"])
@pytest.mark.parametrize("opening", [PAIRED, TOLD_OPPONENT])
def test_when_the_one_who_waited_goes_the_newcomer_is_next_in_line(
    opening: str, going: str, feed: str
) -> None:
    events = talk(opening + going + "\n3 connects\n3 < A3\n3 > c1\n2 < RO", feed)
    assert not any(isinstance(event, GameEnded) for event in events)


def test_a_newcomer_who_comes_back_meets_at_once_whom_it_finds_waiting(feed: str) -> None:
    talk(PAIRED + "3 connects\n3 < A3\n3 > c1\n1 leaves\n2 < RO\n2 > c2\n2 < I3", feed)


def test_the_earlier_arrival_of_two_who_come_back_plays_o(feed: str) -> None:
    talk(
        PAIRED
        + """
        3 connects
        3 < A3
        3 > c1
        4 connects
        4 < A4
        4 > c1
        3 < RO
        3 leaves
        1 leaves
        2 < RO
        """,
        feed,
    )


@pytest.mark.parametrize("going", ["2 leaves", "2 resets", "2 > q\n2 closed"])
@pytest.mark.parametrize("opening", [PAIRED, READY])
def test_when_the_newcomer_goes_the_other_is_told_at_once_where_that_is_safe(
    opening: str, going: str, feed: str
) -> None:
    # Between "2 closed" and what client 1 hears there is no order: both are expected together.
    talk(opening + f"{going}\n1 < {NOT_BEGUN}\n1 closed", feed)


def test_a_farewell_waits_until_the_opponents_number_is_confirmed(feed: str) -> None:
    talk(TOLD_OPPONENT + f"2 leaves\n+2\n1 > c3\n1 < {NOT_BEGUN}\n1 closed", feed)


def test_a_farewell_waits_no_longer_than_the_confirmation_may_take(feed: str) -> None:
    talk(TOLD_OPPONENT + f"+1\n2 leaves\n+1.9\n+0.1\n1 < {NOT_BEGUN}\n1 closed", feed)


@pytest.mark.parametrize("going", ["1 leaves", f"1 > q\n1 < {NOT_BEGUN}\n1 closed"])
def test_a_client_may_go_while_its_farewell_waits(going: str, feed: str) -> None:
    events = talk(TOLD_OPPONENT + f"2 leaves\n{going}", feed)
    assert [event.player for event in events if isinstance(event, PlayerLeft)] == [2]


def test_the_newcomer_has_three_seconds_for_each_answer(feed: str) -> None:
    talk(READY + f"+2.9\n+0.1\n1 < {NOT_BEGUN}\n1 closed\n2 < {SILENT}\n2 closed", feed)
    talk(
        NEWCOMER_TOLD_OPPONENT + f"+2.9\n+0.1\n1 < {NOT_BEGUN}\n1 closed\n2 < {SILENT}\n2 closed",
        feed,
    )


def test_the_one_who_is_ready_does_not_wait_longer_than_the_newcomer_has(feed: str) -> None:
    # The newcomer's last moment falls into the same quarter of a second as the other's.
    events = talk(
        READY + f"+2.9\n2 > c2\n2 < I1\n+2.9\n+0.2\n1 < {NOT_BEGUN}\n1 closed\n"
        f"2 < {SILENT}\n2 closed",
        feed,
    )
    assert PlayerLeft(2, Departure.SILENT, b"", probe=False) in events


def test_a_newcomer_that_gives_a_sign_of_life_is_nobody_elses_opponent(feed: str) -> None:
    talk(PAIRED + "2 > ez\n3 connects\n3 < A3\n3 > c1\n1 > c2\n1 < I2", feed)


def test_one_answer_is_for_one_echo(feed: str) -> None:
    talk(
        ARRIVED + f"+6\n1 < Ez\n+6\n1 < Ez\n1 > ez\n+6\n1 < Ez\n+6\n1 < {SILENT}\n1 closed",
        feed,
    )


def test_who_waits_for_a_move_is_asked_for_signs_of_life_and_who_moves_is_not(feed: str) -> None:
    talk(
        PLAYING + "+6\n1 < Ez\n1 > ez\n+6\n1 < Ez\n1 > ez\n2 > i1\n2 < BX        CN\n"
        "1 < I1BX        CY\n+6\n2 < Ez\n2 > ez\n+6\n2 < Ez",
        feed,
    )


def test_a_move_gives_its_maker_six_seconds_before_it_is_asked(feed: str) -> None:
    talk(PLAYING + "+4\n2 > i1\n2 < BX        CN\n1 < I1BX        CY\n+5.9\n+0.1\n2 < Ez", feed)


def test_five_hundred_at_one_instant_are_matched_once_each_in_order(feed: str) -> None:
    conversation = Conversation(feed=feed)
    hub = conversation.hub
    crowd = [hub.connect("crowd", 0.0) for _ in range(501)]
    for session in crowd:
        hub.receive(session, b"c1", 0.0)
    for session in crowd:
        for message in (b"c2", b"c3"):
            if session.outgoing.endswith(b"RO") or b"I" in session.outgoing:
                hub.receive(session, message, 0.0)
    pairs = [(e.waited, e.newcomer) for e in conversation.events if isinstance(e, PlayersMatched)]
    assert pairs == [(n, n + 1) for n in range(1, 501, 2)]
