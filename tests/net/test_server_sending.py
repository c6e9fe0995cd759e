"""The server over real sockets: when a client's socket does not take what is sent."""

import errno
import socket
from selectors import EVENT_WRITE

import pytest

from tests.net.rig import Client, Rig, rigged, session_of
from ttt_net import Departure, Limits, Stage
from ttt_net.connection import Connection
from ttt_net.events import PlayerLeft, SessionFailed

PUT_OUT = b"QYou have been put out: the server received an unexpected message."


class Narrow(socket.socket):
    """A socket that takes `room` bytes and then no more, until it is given more room."""

    room = 0

    def send(self, data: bytes, *_: object) -> int:  # type: ignore[override]
        if not self.room:
            raise BlockingIOError
        sent = super().send(data[: self.room])
        self.room -= sent
        return sent


class Broken(socket.socket):
    """A socket that cannot be sent to, for its other end has gone."""

    __slots__ = ()

    def send(self, *_: object) -> int:
        raise BrokenPipeError


def spoil(rig: Rig, number: int, kind: type[socket.socket]) -> None:
    """Let sending to that player fail from now on."""
    connection = session_of(rig, number)
    assert isinstance(connection, Connection)
    connection.sock.__class__ = kind


def leave_something_for(rig: Rig, number: int) -> None:
    session = session_of(rig, number)
    session.outgoing = b"ez"
    rig.hub.touched.append(session)


def narrow_client(rig: Rig) -> tuple[Client, Narrow]:
    ours, theirs = socket.socketpair()
    rig.stack.enter_context(ours)
    narrow = Narrow(fileno=theirs.detach())
    rig.server.adopt(narrow, "narrow")
    return Client(rig, ours), narrow


def test_what_cannot_be_sent_at_once_is_sent_when_there_is_room() -> None:
    with rigged() as rig:
        client, narrow = narrow_client(rig)
        narrow.room = 1
        client.hear(b"A")
        narrow.room = 5
        client.hear(b"1")
        client.say(b"c1")
        rig.settle()
        assert session_of(rig, 1).stage is Stage.WAITING


def test_the_end_of_stream_comes_after_what_could_not_be_sent_at_once() -> None:
    with rigged() as rig:
        client, narrow = narrow_client(rig)
        narrow.room = 2
        client.hear(b"A1")
        client.say(b"c1x")
        rig.settle()
        client.say(b"more")
        rig.settle()
        narrow.room = 2000
        client.hear(PUT_OUT)
        client.hear(b"")


def test_a_client_that_has_ended_its_side_is_still_sent_its_last_message() -> None:
    with rigged() as rig:
        client, narrow = narrow_client(rig)
        narrow.room = 2
        client.hear(b"A1")
        client.say(b"c1x")
        client.sock.shutdown(socket.SHUT_WR)
        rig.settle()
        # A client whose side has ended can always be read from: the loop would spin.
        assert rig.server._selector.get_key(narrow).events == EVENT_WRITE
        narrow.room = 2000
        client.hear(PUT_OUT)
        client.hear(b"")
        rig.settle()
        assert rig.server.connections == 0


def test_a_side_that_has_ended_is_not_looked_at_again_though_nothing_could_be_sent_since() -> None:
    with rigged() as rig:
        client, narrow = narrow_client(rig)
        narrow.room = 2
        client.hear(b"A1")
        client.say(b"c1x")
        rig.settle()
        client.sock.shutdown(socket.SHUT_WR)
        session = session_of(rig, 1)
        assert isinstance(session, Connection)
        rig.server._carrier.receive(session, rig.clock.now)
        assert rig.server._selector.get_key(narrow).events == EVENT_WRITE


@pytest.mark.parametrize(("waiting", "kept"), [(10, 1), (11, 0)])
def test_a_client_that_does_not_read_is_given_up_beyond_the_limit(waiting: int, kept: int) -> None:
    with rigged(Limits(unsent_bytes=10)) as rig:
        narrow_client(rig)
        session = session_of(rig, 1)
        session.outgoing = b"x" * waiting
        rig.hub.touched.append(session)
        rig.server._carrier.flush(rig.clock.now)
        rig.settle()
        assert rig.server.connections == kept
        deaf = PlayerLeft(1, Departure.DEAF, b"", probe=True) in rig.events
        assert deaf is not bool(kept)


def test_a_client_that_the_selector_cannot_wait_for_any_more_costs_its_own_connection() -> None:
    with rigged() as rig:
        client, narrow = narrow_client(rig)
        narrow.room = 2
        client.hear(b"A1")
        rig.server._selector.unregister(narrow)  # as `modify` does when the system refuses
        session = session_of(rig, 1)
        session.outgoing = b"x" * 10
        rig.hub.touched.append(session)
        rig.server._carrier.flush(rig.clock.now)
        assert rig.server.connections == 0
        assert [type(e) for e in rig.events if isinstance(e, SessionFailed)] == [SessionFailed]


def test_all_whose_sending_has_failed_in_one_turn_are_lost_in_it() -> None:
    with rigged() as rig:
        for number in (1, 2):
            rig.pair()
            spoil(rig, number, Broken)
            leave_something_for(rig, number)
        rig.server.step(0)
        assert (rig.server.connections, rig.hub.sessions, rig.hub.touched) == (0, [], [])


def test_the_opponent_of_who_cannot_be_sent_to_is_told_that_it_has_left() -> None:
    with rigged() as rig:
        _, o = rig.match()
        spoil(rig, 2, Broken)
        leave_something_for(rig, 2)
        rig.server.step(0)
        o.hear(b"QYour opponent has left the game. You win.")


@pytest.mark.parametrize(
    ("error", "departure"),
    [(BrokenPipeError(), Departure.RESET), (OSError(errno.EIO, "I/O"), Departure.FAILED)],
)
def test_a_failed_send_is_a_loss_in_the_next_step(error: OSError, departure: Departure) -> None:
    class Broken(socket.socket):
        def send(self, *_: object) -> int:
            raise error

    with rigged() as rig:
        ours, theirs = socket.socketpair()
        with ours:
            rig.server.adopt(Broken(fileno=theirs.detach()), "broken")
            assert rig.server.connections == 1
            rig.server.step()  # does not wait: the loss is due now
            assert rig.server.connections == 0
        assert rig.events[-1] == PlayerLeft(1, departure, b"", probe=True)
