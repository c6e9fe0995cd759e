"""The server when there are as many connections as there may be."""

import errno
import socket
from contextlib import ExitStack, closing
from ipaddress import ip_network

import pytest

from tests.net.rig import Rig, listening, rigged, session_of
from tests.net.test_door import Refusing
from tests.net.test_server_room import no_room_to_watch
from tests.net.test_server_sending import leave_something_for
from ttt_net import Event, Hub, Limits, Server, Stage, listen, port_of
from ttt_net.connection import Connection
from ttt_net.events import AcceptFailed, TurnedAway

FULL = b"QThe server is full. Please try again later."


def turned_away(rig: Rig) -> list[bool]:
    """Whether each who was turned away came right after another one."""
    return [event.again for event in rig.events if isinstance(event, TurnedAway)]


def test_one_too_many_is_told_so_and_closed() -> None:
    with listening(Limits(connections=2)) as (rig, port):
        clients = [rig.connect(port) for _ in range(2)]
        for number, client in enumerate(clients, 1):
            client.hear(b"A%d" % number)
        refused = [rig.connect(port) for _ in range(2)]
        for client in refused:
            client.hear(FULL)
            client.hear(b"")
        assert turned_away(rig) == [False, True]
        # The one who was turned away before gives way to the next one.
        assert rig.server.connections == 3
        for client in (clients[0], *refused):
            client.close()
        rig.settle()
        rig.connect(port).hear(b"A5")
        rig.connect(port).hear(FULL)
        assert turned_away(rig) == [False, True, False]


def test_who_only_lingers_gives_way() -> None:
    with listening(Limits(connections=2)) as (rig, port):
        x, o = rig.connect(port), rig.connect(port)
        for client in (x, o):
            client.hear(b"A1" if client is x else b"A2")
        x.say(b"c1GET / HTTP/1.1")
        x.hear(b"QYou have been put out: the server received an unexpected message.")
        x.hear(b"")
        assert rig.server.connections == 2
        rig.connect(port).hear(b"A3")
        assert rig.server.connections == 2
        assert turned_away(rig) == []


def test_who_gives_way_in_the_turn_of_its_last_message_has_been_sent_it() -> None:
    with rigged(Limits(connections=1)) as rig:
        client = rig.pair()
        client.hear(b"A1")
        session = session_of(rig, 1)
        assert isinstance(session, Connection)
        client.say(b"c1hello")
        rig.server._carrier.receive(session, rig.clock.now)
        rig.pair().hear(b"A2")
        client.hear(b"QYou have been put out: the server received an unexpected message.")
        client.hear(b"")


def test_who_gives_way_to_want_of_room_is_sent_its_last_message_and_closed_at_once() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.hear(b"A1")
        session = session_of(rig, 1)
        assert isinstance(session, Connection)
        client.say(b"c1hello")
        rig.server._carrier.receive(session, rig.clock.now)
        assert rig.server._make_room()
        assert rig.server.connections == 0
        client.hear(b"QYou have been put out: the server received an unexpected message.")
        client.hear(b"")


def test_who_only_lingers_gives_way_when_descriptors_run_short() -> None:
    (plain,) = listen(0, "127.0.0.1")
    port = port_of(plain)
    listener = Refusing(fileno=plain.detach())
    with rigged(listeners=[listener]) as rig:
        gone = rig.connect(port)
        gone.hear(b"A1")
        gone.say(b"c1hello")
        gone.hear(b"QYou have been put out: the server received an unexpected message.")
        listener.error = OSError(errno.EMFILE, "Too many open files")
        rig.connect(port)
        rig.settle()
        assert rig.server.connections == 0
        assert [type(event) for event in rig.events].count(AcceptFailed) == 1


def test_those_before_the_door_are_let_in_to_be_told_that_it_closes() -> None:
    with listening(Limits(accepts=2)) as (rig, port):
        clients = [rig.connect(port) for _ in range(5)]
        rig.server.stop()
        rig.server.stop()
        rig.server.run()
        for number, client in enumerate(clients, 1):
            client.sock.settimeout(10)
            client.sock.sendall(b"c1")
            assert client.sock.recv(100) == b"A%d" % number


def test_those_before_each_of_the_listeners_are_let_in_to_be_told() -> None:
    listeners = [*listen(0, "127.0.0.1"), *listen(0, "127.0.0.1")]
    ports = [port_of(listener) for listener in listeners]
    with rigged(listeners=listeners) as rig:
        clients = [rig.connect(port) for port in ports]
        rig.server.stop()
        rig.server.stop()
        rig.server.run()
        for number, client in enumerate(clients, 1):
            client.sock.settimeout(10)
            assert client.sock.recv(100) == b"A%d" % number


def test_who_cannot_be_taken_over_keeps_nobody_from_being_sent_to() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.hear(b"A1")
        leave_something_for(rig, 1)
        ours, theirs = socket.socketpair()
        with ours, theirs, no_room_to_watch(rig), pytest.raises(OSError, match="No space left"):
            rig.server.adopt(theirs, "one too many")
        assert client.sock.recv(10) == b"ez"


def test_a_backlog_that_is_never_empty_does_not_keep_the_door_open() -> None:
    with listening(Limits(backlog=2, accepts=2)) as (rig, port):
        clients = [rig.connect(port) for _ in range(3)]
        rig.server.stop()
        rig.server.stop()
        rig.server.run()
        for number, client in enumerate(clients[:2], 1):
            client.sock.settimeout(10)
            assert client.sock.recv(100) == b"A%d" % number
        assert len(rig.hub.sessions) <= 2


def test_the_log_is_told_who_was_turned_away_and_how_many_there_are() -> None:
    events: list[Event] = []
    hub = Hub(Limits(connections=1), events.append)
    hub.connect("192.0.2.1:4000", 0.0)
    refused = hub.connect("192.0.2.2:4000", 0.0)
    assert events == [TurnedAway("192.0.2.2:4000", 1, again=False)]
    assert refused.peer == "192.0.2.2:4000"
    assert refused.announced  # by that event: no other is to tell of it


def test_as_many_give_way_as_there_are_too_many() -> None:
    hub = Hub(Limits(connections=1))
    first = hub.connect("first", 0.0)
    hub.connect("turned away", 0.0)
    hub.receive(first, b"c1q", 0.0)
    assert [session.stage for session in hub.sessions] == [Stage.CLOSING] * 2
    welcome = hub.connect("welcome", 0.0)
    assert hub.sessions == [welcome]
    assert welcome.outgoing == b"A3"


def test_who_is_not_let_in_yet_gives_way_when_descriptors_run_short() -> None:
    (plain,) = listen(0, "127.0.0.1")
    port = port_of(plain)
    refusing = Refusing(fileno=plain.detach())
    refusing.settimeout(0)
    hub = Hub()
    balancers = [ip_network("127.0.0.0/8")]
    with closing(Server([refusing], hub, balancers=balancers)) as server, ExitStack() as stack:
        silent, player = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            for _ in range(2)
        )
        server.step(0)
        refusing.once = OSError(errno.EMFILE, "Too many open files")
        third = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        server.step(0)
        assert silent.recv(100) == b""
        for client, number in ((player, 1), (third, 2)):
            client.sendall(b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n")
            server.step(10)
            assert client.recv(100) == b"A%d" % number


def test_where_nobody_can_give_way_the_door_pauses_behind_a_balancer_too() -> None:
    (plain,) = listen(0, "127.0.0.1")
    refusing = Refusing(fileno=plain.detach())
    refusing.error = OSError(errno.EMFILE, "Too many open files")
    events: list[Event] = []
    balancers = [ip_network("127.0.0.0/8")]
    with (
        closing(Server([refusing], Hub(emit=events.append), balancers=balancers)) as server,
        socket.create_connection(refusing.getsockname(), timeout=10),
    ):
        server.step(10)
        assert [type(event) for event in events] == [AcceptFailed]
