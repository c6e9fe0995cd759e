"""The server when it is told to stop."""

import signal
import socket
import threading
import time
from collections import deque
from contextlib import ExitStack, closing
from ipaddress import ip_network
from itertools import chain, count, repeat

from tests.net.rig import TIMEOUT, Rig, listening, rigged, session_of
from tests.net.test_server import Listless
from ttt_core import Termination
from ttt_net import Event, Hub, Limits, Server, Session, listen, port_of
from ttt_net.events import (
    Draining,
    GameEnded,
    Listening,
    PlayerLeft,
    SessionFailed,
    Stopped,
    Stopping,
)

SHUTTING_DOWN = b"QThe server is shutting down. Game over."


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
            Draining(1, 0, 2.0),
            Stopped(),
        ]


def test_who_comes_is_served_until_the_server_is_told_to_stop() -> None:
    heard: list[bytes] = []

    class Hearing(Hub):
        def receive(self, session: Session, data: bytes, now: float) -> None:
            heard.append(data)
            stop_at_once()

    with listening(hub_class=Hearing) as (rig, port):

        def stop_at_once(*_: object) -> None:
            rig.server.stop()
            rig.server.stop()

        rig.connect(port).say(b"c1")
        before = signal.signal(signal.SIGALRM, stop_at_once)
        signal.setitimer(signal.ITIMER_REAL, TIMEOUT)  # or who serves nobody would never end
        try:
            rig.server.run()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert heard == [b"c1"]


def test_each_port_is_told_of() -> None:
    listeners = [*listen(0, "127.0.0.1"), *listen(0, "127.0.0.1")]
    ports = sorted(map(port_of, listeners))
    with rigged(listeners=listeners) as rig:
        rig.server.stop()
        rig.server.run()
        assert [event.port for event in rig.events if isinstance(event, Listening)] == ports


def read_to_the_end(sock: socket.socket, heard: bytearray) -> None:
    sock.settimeout(10)
    while data := sock.recv(1024):
        heard += data
    sock.close()


def test_a_stopping_server_does_not_wait_for_ever() -> None:
    with rigged(Limits(stopping=0.05, drain=0)) as rig:
        x, _ = rig.match()
        rig.server._clock = time.monotonic
        rig.server.stop()
        rig.server.run()
        x.hear(SHUTTING_DOWN)
        assert any(isinstance(event, GameEnded) for event in rig.events)


def test_a_stopping_server_waits_for_who_is_still_there_as_long_as_it_may() -> None:
    selector, now = Listless(), count(1000.0, 0.25)
    hub = Hub(Limits(stopping=5.0))
    ours, theirs = socket.socketpair()
    with ours, closing(Server([], hub, lambda: next(now), selector)) as server:
        server.adopt(theirs, "pair")
        ours.sendall(b"c1")
        server.step()
        selector.asked.clear()
        server.stop()
        server.run()
    waits = [wait for wait in selector.asked if wait is not None]
    assert len(waits) == len(selector.asked)
    assert 3 < max(waits) <= 5
    assert waits[-1] < 1


def test_a_bug_in_saying_goodbye_does_not_keep_the_server_from_stopping() -> None:
    class Speechless(Hub):
        def stop(self, now: float) -> None:
            raise ZeroDivisionError

    with rigged(Limits(stopping=0.05), hub_class=Speechless) as rig:
        rig.server._clock = time.monotonic
        rig.server.stop()
        rig.server.run()
        failures = [event for event in rig.events if isinstance(event, SessionFailed)]
        assert [type(failure.error) for failure in failures] == [ZeroDivisionError]
        assert rig.events[-1] == Stopped()


def test_running_games_come_to_their_end_before_the_server_does() -> None:
    with rigged() as rig:
        x, o = rig.match()
        waiting = rig.pair()
        waiting.hear(b"A3")
        waiting.say(b"c1")
        rig.settle()
        table = session_of(rig, 1).table
        assert table is not None
        turns = deque([(x, b"i1"), (o, b"i4"), (x, b"i2"), (o, b"i5"), (x, b"i3")])
        readings = iter(range(1000))

        def clock() -> float:
            next(readings)
            if turns and len(table.referee.moves) == 5 - len(turns):
                mover, move = turns.popleft()
                mover.say(move)
            if not rig.hub.games:
                for client in (x, o, waiting):
                    client.close()
            return 1000.0

        rig.server._clock = clock
        rig.server.stop()
        rig.server.run()
        assert [e for e in rig.events if isinstance(e, Draining)] == [Draining(1, 1, 2.0)]
        ended = [event for event in rig.events if isinstance(event, GameEnded)]
        assert [event.outcome.termination for event in ended] == [Termination.LINE]
        assert not any(isinstance(event, Stopping) for event in rig.events)
        assert rig.events[-1] == Stopped()


def test_games_that_do_not_come_to_their_end_in_time_are_called_off() -> None:
    with rigged(Limits(drain=5.0)) as rig:
        x, _ = rig.match()
        now = iter(range(1000, 2000))
        rig.server._clock = lambda: float(next(now))
        rig.server.stop()
        rig.server.run()
        ended = [event for event in rig.events if isinstance(event, GameEnded)]
        assert [event.outcome.termination for event in ended] == [Termination.CALLED_OFF]
        assert Stopping(1) in rig.events
        x.sock.settimeout(10)
        assert x.sock.recv(100) == SHUTTING_DOWN


def test_a_server_told_twice_to_stop_stops_at_once() -> None:
    with rigged(Limits(stopping=1000)) as rig:
        rig.match()
        rig.server.stop()
        rig.server.stop()
        rig.server.run()
        assert rig.events[-1] == Stopped()
        assert rig.server.connections == 0


def test_games_that_are_given_no_time_are_called_off_before_anybody_is_heard_again() -> None:
    with rigged(Limits(drain=0)) as rig:
        x, _ = rig.match()
        x.say(b"i5")
        stop_when(rig, Stopping)
        rig.server._clock = chain(repeat(1000.0, 20), count(1001.0)).__next__
        rig.server.stop()
        rig.server.run()
        (ended,) = (event for event in rig.events if isinstance(event, GameEnded))
        assert (ended.outcome.termination, ended.moves) == (Termination.CALLED_OFF, ())


def test_a_signal_handler_may_stop_the_server_while_it_waits() -> None:
    with rigged() as rig:
        before = signal.signal(signal.SIGALRM, lambda *_: rig.server.stop())
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        try:
            rig.server.run()
        finally:
            signal.signal(signal.SIGALRM, before)
        assert rig.events[-1] == Stopped()


def test_a_signal_rings_the_bell_even_if_its_handler_has_not_run_yet() -> None:
    with rigged() as rig:
        before = signal.set_wakeup_fd(rig.server.bell.cord)
        handler = signal.signal(signal.SIGUSR1, lambda *_: None)
        try:
            signal.raise_signal(signal.SIGUSR1)
        finally:
            signal.signal(signal.SIGUSR1, handler)
            signal.set_wakeup_fd(before)
        assert rig.server._selector.select(0)


def test_a_closed_server_leaves_its_selector_closed() -> None:
    selector = Listless()
    Server([], Hub(), selector=selector).close()
    assert not selector.get_map()


def test_stopping_a_closed_server_changes_nothing() -> None:
    with rigged() as rig:
        rig.server.close()
        rig.server.stop()


def test_who_stands_before_the_door_may_be_left_to_the_next_server() -> None:
    (listener,) = listen(0, "127.0.0.1")
    with listener, socket.create_connection(listener.getsockname(), 10) as client:
        events: list[Event] = []
        with closing(Server([listener.dup()], Hub(emit=events.append))) as server:
            server.stop()
            server.run(leave_queue=True)
        assert events == [Listening(port_of(listener)), Draining(0, 0, 2.0), Stopped()]
        with rigged(listeners=[listener.dup()]) as rig:
            rig.settle()
            assert client.recv(128) == b"A1"


def test_who_stands_behind_those_whom_nobody_announces_is_let_in_to_be_told() -> None:
    listeners = listen(0, "127.0.0.1")
    hub = Hub(Limits(accepts=1))
    balancers = [ip_network("127.0.0.0/8")]
    with closing(Server(listeners, hub, balancers=balancers)) as server, ExitStack() as stack:
        place = ("127.0.0.1", port_of(listeners[0]))
        silent, player = (
            stack.enter_context(socket.create_connection(place, timeout=10)) for _ in range(2)
        )
        player.sendall(b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n")
        server.stop()
        server.stop()
        server.run()
        assert silent.recv(100) == b""
        assert player.recv(100) == b"A1"
