"""The server when there is a bug: it costs one table, and the house stays up."""

import errno
import selectors
import socket
from collections.abc import Callable
from math import inf
from typing import Any

import pytest

from tests.net.rig import Client, Rig, listening, rigged
from tests.net.test_server_sending import Broken, leave_something_for, spoil
from ttt_net import Event, Hub, Limits, Server, Session, listen, server
from ttt_net.bell import Bell
from ttt_net.events import SessionFailed

FAILED = b"QAn internal error of the server has ended your game. Please connect again."


def failures(rig: Rig) -> list[tuple[int | None, type[Exception]]]:
    return [(e.player, type(e.error)) for e in rig.events if isinstance(e, SessionFailed)]


class Faulty(Hub):
    """A hub with bugs: it raises in the turn of a client that says so."""

    def receive(self, session: Session, data: bytes, now: float) -> None:
        if data == b"bug":
            raise ZeroDivisionError
        super().receive(session, data, now)


class Hopeless(Faulty):
    """A hub that cannot even say goodbye."""

    def fail(self, session: Session, now: float) -> None:
        raise RuntimeError


def test_a_bug_costs_one_table_and_nothing_else() -> None:
    with rigged(hub_class=Faulty) as rig:
        x, o = rig.match()
        other_x, other_o = rig.match()
        x.say(b"bug")
        x.hear(FAILED)
        o.hear(FAILED)
        other_x.say(b"i5")
        other_o.hear(b"I5B    X    CY")
        assert failures(rig) == [(2, ZeroDivisionError)]


def test_a_bug_in_what_is_due_costs_one_table_and_nothing_else() -> None:
    class Untimely(Hub):
        def expire(self, session: Session, now: float) -> None:
            raise ZeroDivisionError

    with rigged(hub_class=Untimely) as rig:
        client = rig.pair()
        client.hear(b"A1")
        client.say(b"c1")
        rig.settle()
        rig.clock.now += 6.3
        client.hear(FAILED)
        assert failures(rig) == [(1, ZeroDivisionError)]


def test_a_client_whose_goodbye_fails_too_is_closed_without_one() -> None:
    with rigged(hub_class=Hopeless) as rig:
        client = rig.pair()
        client.hear(b"A1")
        client.say(b"bug")
        client.hear(b"")
        assert failures(rig) == [(1, ZeroDivisionError), (1, RuntimeError)]
        assert rig.server.connections == 0


def test_the_opponent_of_a_client_whose_goodbye_fails_is_told() -> None:
    with rigged(hub_class=Hopeless) as rig:
        x, o = rig.match()
        x.say(b"bug")
        x.hear(b"")
        o.hear(FAILED)


def test_a_game_whose_goodbye_fails_is_no_game_any_more_that_a_stop_would_wait_for() -> None:
    with rigged(hub_class=Hopeless) as rig:
        x, _ = rig.match()
        assert rig.hub.games == 1
        x.say(b"bug")
        x.hear(b"")
        assert rig.hub.games == 0


@pytest.mark.parametrize("error", [KeyError("watched already"), OSError(errno.EBADF, "closed")])
def test_a_bug_in_taking_a_client_over_closes_its_connection_and_nothing_else(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> selectors.SelectorKey:
        raise error

    with listening() as (rig, port):
        monkeypatch.setattr(rig.server._selector, "register", refuse)
        client = rig.connect(port)
        client.hear(b"")
        rig.settle()
        assert failures(rig) == [(None, type(error))]
        assert (rig.hub.sessions, rig.server.connections) == ([], 0)
        assert rig.server._door.due == inf


def test_a_server_that_cannot_watch_its_listeners_leaves_nothing_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full(selectors.DefaultSelector):
        def register(self, *what: Any) -> selectors.SelectorKey:
            if isinstance(what[0], socket.socket):
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().register(*what)

    selector = Full()
    bell = Bell()
    monkeypatch.setattr(server, "Bell", lambda: bell)
    listeners = [*listen(0, "127.0.0.1"), *listen(0, "127.0.0.1")]
    with pytest.raises(OSError, match="No space"):
        Server(listeners, Hub(), selector=selector)
    assert [each.fileno() for each in listeners] == [-1, -1]
    assert bell.fileno() == -1
    assert selector.get_map() is None


def test_a_bug_in_greeting_a_client_closes_its_connection_and_costs_no_place() -> None:
    class Unwelcoming(Hub):
        def welcome(self, session: Session, now: float) -> None:
            super().welcome(session, now)
            if session.number == 1:
                raise ZeroDivisionError

    with listening(Limits(connections=1), hub_class=Unwelcoming) as (rig, port):
        rig.connect(port).hear(b"")
        assert failures(rig) == [(None, ZeroDivisionError)]
        assert (rig.hub.connections, rig.server.connections) == (0, 0)
        rig.connect(port).hear(b"A2")


def test_who_can_be_neither_greeted_nor_struck_off_is_closed_and_costs_no_place() -> None:
    times = []

    class Helpless(Hub):
        def welcome(self, session: Session, now: float) -> None:
            raise ZeroDivisionError

        def forget(self, session: Session, now: float) -> None:
            times.append(now)
            raise RuntimeError

    with listening(hub_class=Helpless) as (rig, port):
        rig.connect(port).hear(b"")
        rig.settle()
        assert failures(rig) == [(None, ZeroDivisionError), (None, RuntimeError)]
        assert times == [rig.clock.now]
        assert rig.server.connections == 0


class Buggy(socket.socket):
    """A socket that cannot be sent to, for there is a bug."""

    __slots__ = ()

    def send(self, *_: object) -> int:
        raise ZeroDivisionError


class Noting(Hub):
    """A hub that notes when somebody was struck off without a word."""

    def __init__(self, limits: Limits | None, emit: Callable[[Event], None]) -> None:
        super().__init__(limits, emit)
        self.times: list[float] = []

    def forget(self, session: Session, now: float) -> None:
        self.times.append(now)
        super().forget(session, now)


def test_a_bug_in_sending_costs_one_table_and_nothing_else() -> None:
    with rigged() as rig:
        x, o = rig.match()
        spoil(rig, 1, Buggy)
        x.say(b"i5")
        x.hear(b"B    X    CN" + FAILED)
        o.hear(b"")
        assert failures(rig) == [(1, ZeroDivisionError)]
        assert rig.server.connections == 1


def a_move(rig: Rig, x: Client) -> None:
    x.say(b"i5")
    rig.settle()


def a_sign_of_life_is_due(rig: Rig, x: Client) -> None:
    rig.clock.now += 6.3
    rig.settle()


def its_opponent_is_lost(rig: Rig, x: Client) -> None:
    spoil(rig, 2, Broken)
    leave_something_for(rig, 2)
    rig.server.step(0)
    rig.server.step(0)


def another_is_adopted(rig: Rig, x: Client) -> None:
    leave_something_for(rig, 1)
    rig.pair()


def the_house_is_full(rig: Rig, x: Client) -> None:
    leave_something_for(rig, 1)
    _, theirs = (rig.stack.enter_context(end) for end in socket.socketpair())
    rig.server._carrier.adopt(theirs, "newcomer", rig.clock.now)


def room_is_made(rig: Rig, x: Client) -> None:
    leave_something_for(rig, 1)
    rig.server._make_room()


def the_server_stops(rig: Rig, x: Client) -> None:
    rig.server.stop()
    rig.server.stop()
    rig.server.run()


@pytest.mark.parametrize(
    "when",
    [
        a_move,
        a_sign_of_life_is_due,
        its_opponent_is_lost,
        another_is_adopted,
        the_house_is_full,
        room_is_made,
        the_server_stops,
    ],
)
def test_a_bug_in_sending_is_dealt_with_at_once_whenever_it_is(
    when: Callable[[Rig, Client], None],
) -> None:
    limits = Limits(connections=3 if when is another_is_adopted else 2)
    with rigged(limits, hub_class=Noting) as rig:
        x, _ = rig.match()
        spoil(rig, 1, Buggy)
        when(rig, x)
        assert isinstance(rig.hub, Noting)
        assert rig.hub.times == [rig.clock.now]


def test_a_bug_in_taking_note_of_a_loss_costs_one_table_and_nothing_else() -> None:
    class Careless(Hub):
        def lost(self, *_: object) -> None:
            raise ZeroDivisionError

    with rigged(hub_class=Careless) as rig:
        _, o = rig.match()
        spoil(rig, 2, Broken)
        leave_something_for(rig, 2)
        rig.server.step(0)
        o.hear(FAILED)
        assert failures(rig)[0] == (2, ZeroDivisionError)
