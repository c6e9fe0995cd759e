"""The computer goes with its game, and nothing stays of it."""

from typing import Never

import pytest

from tests.net.bot_rig import MEET, OPENED, First, Talk, of_kind
from ttt_core import Mark, Termination
from ttt_net import Departure, Event, Session
from ttt_net.bots import BotSettings, HubWithBots
from ttt_net.client import Client
from ttt_net.events import BotJoined, GameEnded, PlayerLeft, PlayersMatched, SessionFailed


def everything_of(talk: Talk) -> tuple[list[str], Session | None]:
    """Return who is there, and who waits."""
    return [session.peer for session in talk.hub.sessions], talk.bots._lobby.waiting


@pytest.mark.parametrize("so_far", [MEET, OPENED], ids=["the computer's turn", "the person's"])
@pytest.mark.parametrize(
    ("end", "stay", "departure"),
    [
        ("1 leaves", [], Departure.CLOSED),
        ("1 resets", [], Departure.RESET),
        ("1 > q\n1 closed", ["peer 1"], Departure.QUIT),
    ],
)
def test_nothing_stays_of_the_computer_when_the_person_leaves_the_game(
    so_far: str, end: str, stay: list[str], departure: Departure
) -> None:
    talk = Talk()
    talk.hold(so_far + end)
    assert everything_of(talk) == (stay, None)
    talk.check_no_bot_is_left()
    assert of_kind(talk.events, PlayerLeft) == [PlayerLeft(1, departure, b"", probe=False)]
    (ended,) = (event for event in talk.events if isinstance(event, GameEnded))
    assert (ended.outcome.winner, ended.outcome.termination) == (Mark.X, Termination.LEFT)
    talk.hold("+59.0")


def test_nothing_stays_of_the_computer_when_the_person_takes_too_long() -> None:
    talk = Talk()
    talk.hold(
        f"""{OPENED}
        +120.0
        1 < QYou took too long to move. Your opponent wins.
        1 closed
        """
    )
    talk.check_no_bot_is_left()


GHOSTS = {
    "silent before c2": ("+3.0", "1 < QYou have been put out: no answer came from you in time."),
    "silent before c3": (
        "1 > c2\n1 < I2\n+3.0",
        "1 < QYou have been put out: no answer came from you in time.",
    ),
    "wrong": (
        "1 > i5",
        "1 < QYou have been put out: the server received an unexpected message.",
    ),
    "gone": ("1 leaves", ""),
    "leaving": ("1 > q", ""),
}


@pytest.mark.parametrize("how", GHOSTS)
def test_the_computer_leaves_when_who_waited_is_a_ghost(how: str) -> None:
    talk = Talk()
    does, hears = GHOSTS[how]
    closed = "" if how == "gone" else "1 closed"
    talk.hold(f"1 connects\n1 < A1\n1 > c1\n+5.0\n1 < RO\n{does}\n{hears}\n{closed}")
    assert everything_of(talk) == ([] if how == "gone" else ["peer 1"], None)
    talk.check_no_bot_is_left()
    assert talk.events[-1] == PlayerLeft(2, Departure.NOT_NEEDED, b"", probe=False)
    assert of_kind(talk.events, PlayersMatched, GameEnded) == []
    # The next one meets nobody, and waits for as long as anyone.
    talk.hold("3 connects\n3 < A3\n3 > c1\n+4.75\n+0.25\n3 < RO\n3 > c2\n3 < I4")


GHOST_AND_NEXT = """
    1 connects
    1 < A1
    1 > c1
    +5.0
    1 < RO
    +1.0
    3 connects
    3 < A3
    3 > c1
    +2.0
    1 < QYou have been put out: no answer came from you in time.
    1 closed
"""


def test_who_comes_while_a_ghost_is_being_confirmed_gets_a_computer_of_its_own() -> None:
    talk = Talk()
    talk.hold(f"{GHOST_AND_NEXT}\n+2.75\n+0.25\n3 < RO\n3 > c2\n3 < I4")
    assert talk.joined() == [BotJoined(2, 1), BotJoined(4, 3)]


def test_who_comes_while_a_ghost_is_being_confirmed_meets_the_next_person() -> None:
    talk = Talk()
    talk.hold(f"{GHOST_AND_NEXT}\n4 connects\n4 < A4\n4 > c1\n3 < RO\n3 > c2\n3 < I4")
    assert talk.joined() == [BotJoined(2, 1)]


@pytest.mark.parametrize(
    ("came", "rest"),
    [pytest.param(2.5, "+1.75\n+0.25", id="later"), pytest.param(0.25, "", id="at once")],
)
def test_the_wait_counts_from_c1_when_the_first_partner_was_a_ghost(
    came: float, rest: str
) -> None:
    # With the first one gone 3 s after it was told, 2.25 s are left, or none are.
    talk = Talk(after=2.75 if not rest else 5.0)
    talk.hold(
        f"""
        1 connects
        1 < A1
        1 > c1
        +{came}
        2 connects
        2 < A2
        2 > c1
        1 < RO
        +3.0
        1 < QYou have been put out: no answer came from you in time.
        1 closed
        {rest}
        2 < RO
        """
    )
    assert talk.joined() == [BotJoined(3, 2)]


SHUTTING_DOWN = "QThe server is shutting down. Game over."


@pytest.mark.parametrize(
    "so_far",
    [
        "1 connects\n1 < A1\n1 > c1",
        "1 connects\n1 < A1\n1 > c1\n+5.0\n1 < RO",
        MEET,
        OPENED,
    ],
    ids=["waiting", "being introduced", "the computer's turn", "the person's turn"],
)
def test_a_server_that_stops_tells_the_person_and_keeps_no_computer(so_far: str) -> None:
    talk = Talk()
    talk.hold(so_far)
    talk.hub.stop(talk.now)
    talk.hold(f"1 < {SHUTTING_DOWN}\n1 closed\n+59.0\n+1.0\n1 dropped\n+10.0")
    talk.check_no_bot_is_left()
    assert len(talk.joined()) == (0 if so_far.endswith("c1") else 1)


@pytest.mark.parametrize(
    ("so_far", "plays_on"),
    [
        ("1 connects\n1 < A1\n1 > c1", False),
        ("1 connects\n1 < A1\n1 > c1\n+5.0\n1 < RO", False),
        (MEET, True),
    ],
    ids=["waiting", "being introduced", "playing"],
)
def test_a_server_that_drains_lets_the_computer_play_on_and_keeps_no_other(
    so_far: str, *, plays_on: bool
) -> None:
    talk = Talk()
    talk.hold(so_far)
    talk.hub.drain(talk.now)
    if plays_on:
        talk.hold("+1.0\n1 < I1BX        CY\n1 leaves")
    else:
        talk.hold(f"1 < {SHUTTING_DOWN}\n1 closed")
    talk.check_no_bot_is_left()


@pytest.mark.parametrize("whose", ["person", "computer"])
def test_a_bug_at_their_table_ends_the_game_and_keeps_no_computer(whose: str) -> None:
    talk = Talk()
    talk.hold(MEET)
    (bot,) = talk.bots._bots
    talk.hub.fail(talk.clients[1] if whose == "person" else bot, talk.now)
    talk.hold(
        """
        1 < QAn internal error of the server has ended your game. Please connect again.
        1 closed
        """
    )
    talk.check_no_bot_is_left()


ENDED_BY_A_BUG = b"QAn internal error of the server has ended your game. Please connect again."


def fail(*_: object) -> Never:
    raise ZeroDivisionError


def waiting_for_the_computer() -> tuple[HubWithBots, Session, list[Event]]:
    """Return a hub, who waits there for a bot that is due, and what the log is told."""
    events: list[Event] = []
    hub = HubWithBots(BotSettings(after=0.0), First(), None, events.append)
    person = hub.connect("person", 0.0)
    hub.receive(person, b"c1", 0.0)
    return hub, person, events


def test_a_bug_in_the_computer_costs_its_table_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub, person, events = waiting_for_the_computer()
    hub.expire(person, 0.0)
    hub.receive(person, b"c2", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(Client, "receive", fail)
        hub.receive(person, b"c3", 0.0)
    told = [event for event in events if isinstance(event, SessionFailed)]
    assert [(event.player, type(event.error)) for event in told] == [(2, ZeroDivisionError)]
    assert person.outgoing.endswith(ENDED_BY_A_BUG)
    assert (hub._bots, hub.connections, hub.games) == ({}, 1, 0)


def test_where_the_computer_fails_at_once_nobody_is_given_one_after_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub, person, events = waiting_for_the_computer()
    monkeypatch.setattr(Client, "receive", fail)
    for session in hub.take_due(0.0):
        hub.expire(session, 0.0)
    assert len([event for event in events if isinstance(event, BotJoined)]) == 1
    assert person.outgoing.endswith(ENDED_BY_A_BUG)
    assert (hub._bots, hub._lobby.waiting) == ({}, None)
    assert hub.next_deadline() > 0.0
