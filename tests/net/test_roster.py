"""The roster: what is told to sessions, and when they are looked at."""

import pytest

from tests.conversation import Conversation
from ttt_net import Departure, Hub, Limits, Session
from ttt_net.events import ignore
from ttt_net.roster import Roster


@pytest.mark.parametrize("unsent", [b"", b"Ez"])
@pytest.mark.parametrize("its_unsent", [b"", b"Ez"])
def test_what_is_unsent_to_either_of_two_goes_out_before_what_both_are_told(
    unsent: bytes, its_unsent: bytes
) -> None:
    roster = Roster(Limits(), ignore)
    touched: list[Session] = []
    one, other = Session("one", touched), Session("other", touched)
    for session, data in ((one, unsent), (other, its_unsent)):
        if data:
            roster.tell(session, data)
    roster.tell_both(one, b"CN", other, b"CY")
    assert (one.outgoing, other.outgoing) == (unsent + b"CN", its_unsent + b"CY")
    assert sorted(session.peer for session in touched) == ["one", "other"]


@pytest.mark.parametrize(
    "limits",
    [Limits(greeting=1.0), Limits(confirmation=1.0), Limits(echo_every=1.0)],
    ids=["greeting", "confirmation", "echo_every"],
)
def test_who_answers_at_once_is_not_moved_in_the_calendar_until_the_first_board(
    limits: Limits,
) -> None:
    hub = Hub(limits)
    waited = hub.connect("waited", 0.0)
    newcomer = hub.connect("newcomer", 0.0)
    for session, message in (
        (waited, b"c1"),
        (newcomer, b"c1"),
        (waited, b"c2"),
        (waited, b"c3"),
        (newcomer, b"c2"),
        (newcomer, b"c3"),
    ):
        hub.receive(session, message, 0.0)
        assert (waited.look, newcomer.look) == (1.0, 1.0)


def test_sessions_stand_in_the_order_of_their_numbers_whoever_has_gone_in_between() -> None:
    hub = Hub(Limits(connections=4))
    early = [hub.connect(f"early {number}", 0.0) for number in range(4)]
    turned_away = hub.connect("one too many", 0.0)
    hub.receive(early[3], b"c1", 0.0)
    hub.lost(early[1], Departure.CLOSED, 0.0)
    late = hub.connect("late", 0.0)  # for which the one that was turned away gives way
    assert turned_away not in hub.sessions
    hub.receive(early[0], b"c1", 0.0)
    assert hub.sessions == [early[0], early[2], early[3], late]
    assert [session.number for session in hub.sessions] == [1, 3, 4, 6]


SHUT_DOWN = """
    1 < QThe server is shutting down. Game over.
    1 closed
"""


def test_a_farewell_that_is_kept_waits_no_longer_than_the_confirmation_itself_may_take() -> None:
    talk = Conversation()
    talk.hold("1 connects\n1 < A1\n+9.5")
    talk.hub.drain(talk.now)
    talk.hold("+0.5" + SHUT_DOWN)


def test_a_farewell_that_is_kept_waits_no_longer_for_being_said_twice() -> None:
    talk = Conversation()
    talk.hold("1 connects\n1 < A1")
    talk.hub.drain(talk.now)
    talk.hold("+0.75")
    talk.hub.stop(talk.now)
    talk.hold("+0.25" + SHUT_DOWN)
