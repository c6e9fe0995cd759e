"""The server over real sockets: reading, turns, and closing."""

import errno
import selectors
import socket
import struct
from contextlib import closing
from math import inf

import pytest

from tests.net.rig import Clock, listening, rigged, session_of
from ttt_net import Departure, Hub, Server, Session, Stage
from ttt_net.door import Door
from ttt_net.events import PlayerLeft

LEFT = b"QYour opponent has left the game. You win."
SHUTTING_DOWN = b"QThe server is shutting down. Game over."


def reset(sock: socket.socket) -> None:
    """Close `sock` so that the other end sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_a_client_that_connects_is_told_its_number() -> None:
    with listening() as (rig, port):
        rig.connect(port).hear(b"A1")
        rig.connect(port).hear(b"A2")


def test_who_is_adopted_comes_from_where_the_caller_says() -> None:
    with rigged() as rig:
        rig.pair()
        assert session_of(rig, 1).peer == "pair"


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


class Listless(selectors.DefaultSelector):
    """Notes how long it is asked to wait, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float | None] = []

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.asked.append(timeout)
        return super().select(0)


@pytest.mark.parametrize(
    ("rest", "timeout", "waits"),
    [(None, inf, None), (None, 3.0, 3.0), (2.0, inf, 2.0), (2.0, 3.0, 2.0), (4.0, 3.0, 3.0)],
)
def test_the_loop_wakes_as_soon_as_who_is_called_before_each_wait_wants_it(
    rest: float | None, timeout: float, waits: float | None
) -> None:
    selector = Listless()
    server = Server([], Hub(), selector=selector, before_wait=lambda: rest)
    with closing(server):
        server.step(timeout)
    assert selector.asked == [waits]


def test_a_deadline_before_that_and_before_the_door_opens_again_wakes_it_sooner() -> None:
    selector, clock = Listless(), Clock()
    hub = Hub()
    with closing(Server([], hub, clock, selector, before_wait=lambda: 30.0)) as server:
        hub.connect("somebody", clock.now)
        assert isinstance(server._door, Door)
        server._door.due = clock.now + 20.0
        server.step()
    (waited,) = selector.asked
    assert waited is not None
    assert 3.0 <= waited < 4.0  # the first look, before the greeting is over


def test_a_loss_that_is_not_settled_yet_is_not_waited_with() -> None:
    selector, hub = Listless(), Hub()
    with closing(Server([], hub, Clock(), selector)) as server:
        lost = hub.connect("somebody", 1000.0)
        server._carrier.lost.append((lost, Departure.RESET))
        server.step()
    assert selector.asked == [0]


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
            assert (session_of(rig, 1).farewell, rig.events) == (b"", [])


def test_a_last_message_arrives_although_the_client_was_still_talking() -> None:
    with listening() as (rig, port):
        client = rig.connect(port)
        client.hear(b"A1")
        client.say(b"c1x")
        for _ in range(3):
            # To a socket that is closed already, this would bring a reset, and nothing else.
            client.say(b"i5" * 1000)
            rig.settle()
        client.hear(b"QYou have been put out: the server received an unexpected message.")
        client.say(b"i5" * 1000)
        rig.settle()
        client.hear(b"")
        assert rig.server.connections == 1


def test_who_ends_its_side_before_it_is_told_why_it_is_put_out_is_told() -> None:
    with listening() as (rig, port):
        client = rig.connect(port)
        client.hear(b"A1")
        client.say(b"GET / HTTP/1.1")
        client.sock.shutdown(socket.SHUT_WR)
        client.hear(b"QYou have been put out: the server received an unexpected message.")
        client.hear(b"")
        rig.settle()
        assert (rig.server.connections, rig.hub.sessions) == (0, [])


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


def test_who_is_closed_in_the_turn_of_another_gets_no_turn() -> None:
    turns = []

    class Ruthless(Hub):
        def receive(self, session: Session, data: bytes, now: float) -> None:
            turns.append(session.number)
            for other in self.sessions:
                if other is not session:
                    self.forget(other, now)

    with rigged(hub_class=Ruthless) as rig:
        clients = [rig.pair(), rig.pair()]
        for client in clients:
            client.say(b"c1")
        rig.server.step(0)
        assert len(turns) == 1
        assert rig.server.connections == 1


def test_the_bell_costs_nobody_its_turn() -> None:
    with rigged() as rig:
        client = rig.pair()
        rig.server.bell.ring()
        client.say(b"c1")
        rig.server.step(0)
        assert session_of(rig, 1).stage is Stage.WAITING
