"""The server over real sockets: reading, writing, closing, and what goes wrong there."""

import errno
import signal
import socket
import struct
import threading
import time

import pytest

from tests.net.rig import Client, Rig, listening, rigged
from ttt_net import Departure, Hub, Limits, Session, Stage
from ttt_net.events import GameEnded, Listening, PlayerLeft, SessionFailed, Stopped, Stopping

LEFT = b"QYour opponent has left the game. You win."
SHUTTING_DOWN = b"QThe server is shutting down. Game over."
FAILED = b"QAn internal error of the server has ended your game. Please connect again."


def reset(sock: socket.socket) -> None:
    """Close `sock` so that the other end sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def session_of(rig: Rig, number: int) -> Session:
    return next(session for session in rig.hub.sessions if session.number == number)


def test_a_client_that_connects_is_told_its_number() -> None:
    with listening() as (rig, port):
        rig.connect(port).hear(b"A1")
        rig.connect(port).hear(b"A2")


def test_a_game_is_played_over_sockets() -> None:
    with rigged() as rig:
        x, o = rig.match()
        for mover, other, move, mine, theirs in (
            (x, o, b"i1", b"BX        CN", b"I1BX        CY"),
            (o, x, b"i4", b"BX  O     CN", b"I4BX  O     CY"),
            (x, o, b"i2", b"BXX O     CN", b"I2BXX O     CY"),
            (o, x, b"i5", b"BXX OO    CN", b"I5BXX OO    CY"),
            (x, o, b"i3", b"BXXXOO    CWP012", b"I3BXXXOO    CLP012"),
        ):
            mover.say(move)
            mover.hear(mine)
            other.hear(theirs)
        for client in (x, o):
            client.hear(b"")
            client.close()
        rig.settle()
        assert rig.server.connections == 0
        assert rig.hub.sessions == []


def test_deadlines_are_kept_by_the_clock() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.hear(b"A1")
        client.say(b"c1")
        rig.settle()
        rig.clock.now += 5.9
        rig.settle()
        with pytest.raises(BlockingIOError):
            client.sock.recv(2)
        rig.clock.now += 0.4
        client.hear(b"Ez")


def test_a_message_may_come_in_two_pieces() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.hear(b"A1")
        client.say(b"c")
        rig.settle()
        client.say(b"1")
        rig.settle()
        assert session_of(rig, 1).stage is Stage.WAITING


@pytest.mark.parametrize("end", ["close", "reset", "half-close"])
def test_a_partner_is_told_at_once_however_its_opponent_goes(end: str) -> None:
    with listening() as (rig, port):
        a, b = rig.connect(port), rig.connect(port)
        a.hear(b"A1")
        a.say(b"c1")
        rig.settle()
        b.hear(b"A2")
        b.say(b"c1")
        for client, other, mark in ((a, b"2", b"O"), (b, b"1", b"X")):
            client.hear(b"R" + mark)
            client.say(b"c2")
            client.hear(b"I" + other)
            client.say(b"c3")
        a.hear(b"B         CN")
        match end:
            case "close":
                b.hear(b"B         CY")
                b.close()
            case "reset":
                reset(b.sock)
            case _:
                b.sock.shutdown(socket.SHUT_WR)
        a.hear(LEFT)
        a.hear(b"")
        departure = Departure.RESET if end == "reset" else Departure.CLOSED
        assert PlayerLeft(2, departure, b"", probe=False) in rig.events


def test_a_connection_that_fails_otherwise_is_lost() -> None:
    class Failing(socket.socket):
        def recv(self, *_: object) -> bytes:
            raise OSError(errno.EHOSTUNREACH, "No route to host")

    with rigged() as rig:
        ours, theirs = socket.socketpair()
        with ours:
            rig.server.adopt(Failing(fileno=theirs.detach()), "failing")
            ours.sendall(b"c1")
            rig.settle()
            assert rig.events[-1] == PlayerLeft(1, Departure.FAILED, b"", probe=True)


def test_being_woken_for_nothing_changes_nothing() -> None:
    class Spurious(socket.socket):
        def recv(self, *_: object) -> bytes:
            raise BlockingIOError

    with rigged() as rig:
        ours, theirs = socket.socketpair()
        with ours:
            rig.server.adopt(Spurious(fileno=theirs.detach()), "spurious")
            ours.sendall(b"c1")
            rig.settle()
            assert rig.server.connections == 1


def test_a_last_message_arrives_although_the_client_was_still_talking() -> None:
    with listening() as (rig, port):
        client = rig.connect(port)
        client.hear(b"A1")
        client.say(b"c1x")
        client.say(b"i5" * 100)
        client.hear(b"QYou have been put out: the server received an unexpected message.")
        client.say(b"i5" * 100)
        client.hear(b"")


def test_a_socket_is_closed_when_the_client_has_ended_its_side() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.hear(b"A1")
        client.say(b"q")
        client.hear(b"")
        assert rig.server.connections == 1
        client.close()
        rig.settle()
        assert rig.server.connections == 0


def test_a_socket_is_closed_when_the_client_has_lingered_too_long() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.hear(b"A1")
        client.say(b"q")
        client.hear(b"")
        rig.clock.now += 60.3
        rig.settle()
        assert rig.server.connections == 0


class Narrow(socket.socket):
    """A socket that takes `room` bytes and then no more, until it is given more room."""

    room = 0

    def send(self, data: bytes, *_: object) -> int:  # type: ignore[override]
        if not self.room:
            raise BlockingIOError
        sent = super().send(data[: self.room])
        self.room -= sent
        return sent


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
        client.hear(b"QYou have been put out: the server received an unexpected message.")
        client.hear(b"")


def test_a_client_that_has_ended_its_side_is_still_sent_its_last_message() -> None:
    with rigged() as rig:
        client, narrow = narrow_client(rig)
        narrow.room = 2
        client.hear(b"A1")
        client.say(b"c1x")
        client.sock.shutdown(socket.SHUT_WR)
        rig.settle()
        narrow.room = 2000
        client.hear(b"QYou have been put out: the server received an unexpected message.")
        client.hear(b"")
        rig.settle()
        assert rig.server.connections == 0


@pytest.mark.parametrize(("waiting", "kept"), [(10, 1), (11, 0)])
def test_a_client_that_does_not_read_is_given_up_beyond_the_limit(waiting: int, kept: int) -> None:
    with rigged(Limits(unsent_bytes=10)) as rig:
        narrow_client(rig)
        session = session_of(rig, 1)
        session.outgoing = b"x" * waiting
        rig.hub.touched.append(session)
        rig.server._flush()
        rig.settle()
        assert rig.server.connections == kept
        deaf = PlayerLeft(1, Departure.DEAF, b"", probe=True) in rig.events
        assert deaf is not bool(kept)


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


def test_who_is_closed_in_the_turn_of_another_gets_no_turn() -> None:
    turns = []

    class Ruthless(Hub):
        def receive(self, session: Session, data: bytes, now: float) -> None:
            turns.append(session.number)
            for other in self.sessions:
                if other is not session:
                    self.forget(other)

    with rigged(hub_class=Ruthless) as rig:
        clients = [rig.pair(), rig.pair()]
        for client in clients:
            client.say(b"c1")
        rig.server.step(0)
        assert len(turns) == 1
        assert rig.server.connections == 1


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
        (failure,) = [e for e in rig.events if isinstance(e, SessionFailed)]
        assert (failure.player, type(failure.error)) == (2, ZeroDivisionError)


def test_a_client_whose_goodbye_fails_too_is_closed_without_one() -> None:
    with rigged(hub_class=Hopeless) as rig:
        client = rig.pair()
        client.hear(b"A1")
        client.say(b"bug")
        client.hear(b"")
        assert [type(e.error) for e in rig.events if isinstance(e, SessionFailed)] == [
            ZeroDivisionError,
            RuntimeError,
        ]
        assert rig.server.connections == 0


def test_a_bug_in_greeting_a_client_closes_its_connection() -> None:
    class Unwelcoming(Hub):
        def connect(self, peer: str, now: float) -> Session:
            raise ZeroDivisionError

    with listening(Unwelcoming) as (rig, port):
        rig.connect(port).hear(b"")
        assert [e.player for e in rig.events if isinstance(e, SessionFailed)] == [None]


def stop_when(rig: Rig, condition: type) -> None:
    """Let the server stop when the event `condition` happens."""
    append = rig.events.append

    def emit(event: object) -> None:
        append(event)  # type: ignore[arg-type]
        if isinstance(event, condition):
            rig.server.stop()

    rig.hub.emit = emit


def test_a_stopped_server_tells_its_players_and_closes_everything() -> None:
    with listening() as (rig, port):
        client = rig.connect(port)
        client.hear(b"A1")
        client.say(b"c1")
        rig.settle()
        stop_when(rig, Listening)
        ending = threading.Thread(target=read_to_the_end, args=(client.sock, heard := bytearray()))
        ending.start()
        rig.server.run()
        ending.join()
        assert bytes(heard) == SHUTTING_DOWN
        assert [e for e in rig.events if not isinstance(e, PlayerLeft)][-3:] == [
            Listening(port),
            Stopping(1),
            Stopped(),
        ]


def read_to_the_end(sock: socket.socket, heard: bytearray) -> None:
    sock.settimeout(10)
    while data := sock.recv(1024):
        heard += data
    sock.close()


def test_a_stopping_server_does_not_wait_for_ever() -> None:
    with rigged(Limits(stopping=0.05)) as rig:
        x, _ = rig.match()
        rig.server._clock = time.monotonic
        rig.server.stop()
        rig.server.run()
        x.hear(SHUTTING_DOWN)
        assert any(isinstance(event, GameEnded) for event in rig.events)


def test_a_server_told_twice_to_stop_stops_at_once() -> None:
    with rigged(Limits(stopping=1000)) as rig:
        rig.match()
        rig.server.stop()
        rig.server.stop()
        rig.server.run()
        assert rig.events[-1] == Stopped()


def test_a_signal_handler_may_stop_the_server_while_it_waits() -> None:
    with rigged() as rig:
        before = signal.signal(signal.SIGALRM, lambda *_: rig.server.stop())
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        try:
            rig.server.run()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert rig.events[-1] == Stopped()


def test_stopping_a_closed_server_changes_nothing() -> None:
    with rigged() as rig:
        rig.server.stop()
        rig.server.run()
        rig.server.stop()
