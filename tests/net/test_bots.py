"""The computer as opponent: who gets it, and when."""

from typing import Never

import pytest

from tests.conversation import FEEDS
from tests.net.bot_rig import MEET, First, Talk
from ttt_core import Level
from ttt_net import Event, Limits, Session
from ttt_net.bots import PEER, BotSettings, HubWithBots
from ttt_net.events import BotJoined, ClientConnected, GameEnded, PlayersMatched


@pytest.mark.parametrize("feed", FEEDS)
def test_who_has_waited_long_enough_gets_the_computer_and_the_log_says_so(feed: str) -> None:
    talk = Talk(feed=feed)
    talk.hold(MEET)
    assert talk.events == [
        ClientConnected(1, "peer 1", probe=False),
        BotJoined(2, 1),
        ClientConnected(2, PEER, probe=False),
        PlayersMatched(2, 1),
    ]
    assert PEER == "the computer"


def test_the_wait_begins_with_c1_and_the_computer_comes_no_earlier() -> None:
    Talk().hold(
        """
        1 connects
        1 < A1
        +3.0
        1 > c1
        +4.75
        +0.25
        1 < RO
        """
    )


def test_the_hub_says_when_it_wants_to_look_for_the_weary() -> None:
    talk = Talk(after=2.1)
    talk.hold("1 connects\n1 < A1\n1 > c1")
    assert talk.hub.next_deadline() == 2.1
    assert talk.hub.take_due(2.0) == []
    assert talk.hub.take_due(2.1) == [talk.clients[1]]


def test_of_many_bots_that_are_to_move_few_do_in_one_turn_and_the_others_in_the_next() -> None:
    settings = BotSettings(after=0.0, level=Level.PERFECT, thinks=1.0)
    hub = HubWithBots(settings, First(), Limits(looks=2))
    for _ in range(3):
        person = hub.connect("somebody", 0.0)
        hub.receive(person, b"c1", 0.0)
        (weary,) = hub.take_due(0.0)
        hub.expire(weary, 0.0)
        hub.receive(person, b"c2", 0.0)
        hub.receive(person, b"c3", 0.0)
    turns = [[session.peer for session in hub.take_due(1.0)] for _ in range(2)]
    assert turns == [[PEER, PEER], [PEER]]


def test_who_is_joined_by_a_person_before_never_meets_the_computer() -> None:
    talk = Talk()
    talk.hold(
        """
        1 connects
        1 < A1
        1 > c1
        +4.75
        2 connects
        2 < A2
        2 > c1
        1 < RO
        +2.0
        1 > c2
        1 < I2
        +2.0
        1 > c3
        2 < RX
        2 > c2
        2 < I1
        2 > c3
        1 < B         CN
        2 < B         CY
        +5.75
        """
    )
    assert talk.joined() == []


def test_a_sign_of_life_that_is_due_brings_no_computer_before_its_time() -> None:
    Talk(after=8.0).hold("1 connects\n1 < A1\n1 > c1\n+6.0\n1 < Ez\n1 > ez\n+1.75\n+0.25\n1 < RO")


def test_the_computer_comes_in_place_of_the_sign_of_life_that_is_due_at_the_same_time() -> None:
    Talk(after=6.0).hold(
        """
        1 connects
        1 < A1
        1 > c1
        +6.0
        1 < RO
        """
    )


def test_persons_who_come_while_the_computer_is_being_introduced_meet_each_other() -> None:
    talk = Talk()
    talk.hold(
        """
        1 connects
        1 < A1
        1 > c1
        +5.0
        1 < RO
        3 connects
        3 < A3
        3 > c1
        1 > c2
        1 < I2
        4 connects
        4 < A4
        4 > c1
        3 < RO
        3 > c2
        3 < I4
        3 > c3
        4 < RX
        1 > c3
        1 < B         CN
        4 > c2
        4 < I3
        4 > c3
        3 < B         CN
        4 < B         CY
        +1.0
        1 < I1BX        CY
        """
    )
    assert talk.joined() == [BotJoined(2, 1)]


def test_the_computer_moves_before_its_own_time_is_over_whenever_it_is_looked_at() -> None:
    events: list[Event] = []
    settings = BotSettings(after=0.0, level=Level.PERFECT, thinks=0.6)
    hub = HubWithBots(settings, First(), Limits(thinking=0.7), events.append)
    now = 0.22
    person = hub.connect("person", now)
    hub.receive(person, b"c1", now)
    hub.expire(person, now)
    for message in (b"c2", b"c3"):
        hub.receive(person, message, now)
    (computer,) = hub._bots
    person.outgoing = b""
    # The machine was busy: its time of 0.7 s is over, and the leaf for 0.82 s is that of 1.0 s.
    hub.expire(computer, 0.95)
    assert person.outgoing.endswith(b"CY")
    assert GameEnded not in map(type, events)
    assert len(hub._thinking) == 0


class Unread(list[Session]):
    """A list that nobody may look through."""

    def __iter__(self) -> Never:
        raise AssertionError

    __contains__ = __iter__  # type: ignore[assignment]


def test_to_attend_to_the_computer_nobody_looks_through_all_who_are_noted() -> None:
    hub = HubWithBots(BotSettings(after=0.0), First())
    hub.touched = Unread()
    person = hub.connect("person", 0.0)
    hub.receive(person, b"c1", 0.0)
    hub.expire(person, 0.0)
    for message in (b"c2", b"c3"):
        hub.receive(person, message, 0.0)
    for session in hub.take_due(2.0):
        hub.expire(session, 2.0)
    assert person.outgoing.endswith(b"CY")
    hub.receive(person, b"q", 2.0)
    assert hub._bots == {}
