"""The vestibule: balancers say for whom they come, before the house speaks."""

import errno
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import ip_network
from math import inf
from selectors import DefaultSelector, SelectorKey

import pytest

from tests.net.rig import Clock, Rig
from ttt_net import Departure, Event, Hub, Limits, Server, listen, port_of
from ttt_net.door import Door
from ttt_net.events import (
    AcceptFailed,
    ClientConnected,
    ConnectionRefused,
    PlayerLeft,
    Refusal,
    SessionFailed,
    TurnedAway,
    ignore,
)
from ttt_net.proxy import Header
from ttt_net.vestibule import Vestibule

HEADER = b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n"
PLAYER = "192.0.2.7:56324"
LOOPBACK = ("127.0.0.0/8", "::1")


class Narrow(DefaultSelector):
    """A selector that has no room for one more, if it is told so."""

    is_full = False

    def register(self, *arguments: object) -> SelectorKey:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left")
        return super().register(*arguments)  # type: ignore[arg-type]


@contextmanager
def behind(
    *networks: str, limits: Limits | None = None, selector: DefaultSelector | None = None
) -> Iterator[tuple[Rig, int]]:
    """A server that listens on loopback and is told by whom players are announced."""
    events: list[Event] = []
    hub = Hub(limits, events.append)
    listeners = listen(0, "127.0.0.1", limits)
    balancers = [ip_network(network) for network in networks or LOOPBACK]
    clock = Clock()
    server = Server(listeners, hub, clock, selector, balancers=balancers)
    rig = Rig(server, hub, clock, events)
    try:
        with rig.stack:
            yield rig, port_of(listeners[0])
    finally:
        server.close()


def name(sock: socket.socket) -> str:
    host, port = sock.getsockname()
    return f"{host}:{port}"


def refusals(rig: Rig) -> list[tuple[Refusal, bytes, bool]]:
    return [(e.why, e.data, e.again) for e in rig.events if isinstance(e, ConnectionRefused)]


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        (HEADER, PLAYER),
        (b"PROXY TCP6 2001:db8::7 fd00::1 1 2\r\n", "[2001:db8::7]:1"),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
            + bytes((192, 0, 2, 7, 10, 0, 0, 1))
            + struct.pack("!HH", 56324, 443),
            PLAYER,
        ),
    ],
)
@pytest.mark.parametrize("cut", [1, 7, None])
def test_a_player_behind_a_balancer_is_known_by_its_own_address(
    header: bytes, peer: str, cut: int | None
) -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        client.say(header[:cut])
        rig.settle()
        client.say(b"" if cut is None else header[cut:])
        client.hear(b"A1")
        client.say(b"c1")
        rig.settle()
        assert rig.events == [ClientConnected(1, peer, probe=False)]


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"])
def test_a_balancer_that_comes_for_itself_is_greeted_under_its_own_address(header: bytes) -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        client.say(header)
        client.hear(b"A1")
        client.say(b"c1")
        rig.settle()
        assert rig.events == [ClientConnected(1, name(client.sock), probe=False)]


def test_nothing_is_said_and_no_number_is_given_before_the_header_is_whole() -> None:
    with behind() as (rig, port):
        late, early = rig.connect(port), rig.connect(port)
        late.say(HEADER[:-1])
        rig.settle()
        with pytest.raises(BlockingIOError):
            late.sock.recv(1)
        early.say(HEADER)
        early.hear(b"A1")
        late.say(HEADER[-1:])
        late.hear(b"A2")


def test_what_comes_together_with_the_header_is_said_to_the_house() -> None:
    with behind() as (rig, port):
        first, second = rig.connect(port), rig.connect(port)
        first.say(HEADER + b"c1")
        first.hear(b"A1")
        second.say(HEADER[:9])
        rig.settle()
        second.say(HEADER[9:] + b"c1")
        second.hear(b"A2")
        first.hear(b"RO")


@pytest.mark.parametrize("data", [b"c1", b"GET / HTTP/1.1\r\n\r\n", HEADER[:-2] + b" \r\n"])
def test_what_is_no_header_is_refused_without_a_word(data: bytes) -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        rig.settle()
        client.say(data)
        rig.settle()
        with pytest.raises(ConnectionResetError):
            client.hear(b"")
        assert rig.events == [
            ConnectionRefused(name(client.sock), Refusal.MALFORMED, data, again=False)
        ]
        assert rig.server.connections == 0


def test_who_does_not_come_from_a_balancer_is_refused_whatever_it_says() -> None:
    with behind("10.0.0.0/8", "fd00::/8") as (rig, port):
        for _ in range(2):
            client = rig.connect(port)
            client.say(HEADER)
            rig.settle()
            with pytest.raises(ConnectionResetError):
                client.hear(b"")
        # One line is enough, however many there are.
        assert refusals(rig) == [(Refusal.UNTRUSTED, b"", False), (Refusal.UNTRUSTED, b"", True)]


def test_a_refusal_is_news_again_once_somebody_has_been_let_in() -> None:
    with behind() as (rig, port):
        for data in (b"q", b"q", HEADER, b"q"):
            rig.connect(port).say(data)
            rig.settle()
        assert [again for _, _, again in refusals(rig)] == [False, True, False]


@pytest.mark.parametrize("sent", [b"", HEADER[:-1]])
def test_a_header_that_does_not_come_in_time_is_refused(sent: bytes) -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        client = rig.connect(port)
        client.say(sent)
        rig.settle()
        rig.clock.now += 4.9
        rig.settle()
        other = rig.connect(port)
        rig.settle()
        assert rig.events == []
        rig.clock.now += 0.1
        client.hear(b"")
        assert refusals(rig) == [(Refusal.SLOW, sent, False)]
        rig.clock.now += 4.9
        other.hear(b"")


def test_the_time_to_greet_begins_when_the_header_is_whole() -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        client = rig.connect(port)
        rig.settle()
        rig.clock.now += 4.9
        client.say(HEADER)
        client.hear(b"A1")
        rig.clock.now += 4.9
        client.say(b"c1")
        rig.settle()
        assert rig.events == [ClientConnected(1, PLAYER, probe=False)]


def test_the_loop_sleeps_until_a_header_is_due() -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        assert rig.server._door.due == inf
        rig.connect(port)
        rig.settle()
        rig.clock.now += 2.0
        assert rig.server._door.due == rig.clock.now + 3.0


def test_a_pause_of_the_door_may_end_before_a_header_is_due() -> None:
    with behind(limits=Limits(greeting=5.0, accept_pause=1.0)) as (rig, port):
        rig.connect(port)
        rig.settle()
        rig.server._door._door._pause(OSError(24, "Too many"), rig.clock.now)  # type: ignore[union-attr]
        assert rig.server._door.due == rig.clock.now + 1.0
        rig.clock.now += 1.0
        again = rig.connect(port)
        again.say(HEADER)
        again.hear(b"A1")


class Bringing(socket.socket):
    """A listener that brings connections which a test has made, and then has no room."""

    brings: Sequence[tuple[socket.socket, object]] = ()

    def accept(self) -> tuple[socket.socket, object]:
        if not self.brings:
            raise OSError(errno.EMFILE, "no room")
        first, *self.brings = self.brings
        return first


@contextmanager
def alone(*trusted: str) -> Iterator[tuple[Vestibule, Bringing]]:
    """A vestibule in no server."""
    with DefaultSelector() as selector, Bringing() as listener:
        door = Door([listener], selector, Limits(), ignore, lambda: False)
        networks = [ip_network(network) for network in trusted]
        vestibule = Vestibule(door, networks, lambda: 0)
        yield vestibule, listener
        vestibule.close()


def test_a_door_without_room_is_looked_at_again_after_its_pause() -> None:
    with alone() as (vestibule, listener):
        assert list(vestibule.accept(listener, 5.0)) == []
        assert vestibule.due == 6.0


@pytest.mark.parametrize(
    "address", [("127.0.0.1", 5), ("::1", 5, 0, 0), ("::ffff:127.0.0.1", 5, 0, 0)]
)
def test_a_header_that_has_come_with_its_connection_is_read_at_once(
    address: tuple[str | int, ...],
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, alone(*LOOPBACK) as (vestibule, listener):
        ours.sendall(HEADER)
        listener.brings = [(theirs, address)]
        assert list(vestibule.accept(listener, 0.0)) == [(theirs, PLAYER)]


@pytest.mark.parametrize(("sent", "end"), [(b"", "FIN"), (HEADER[:5], "FIN"), (b"", "RST")])
def test_who_goes_before_its_header_is_whole_is_forgotten(sent: bytes, end: str) -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        client.say(sent)
        rig.settle()
        if end == "RST":
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        rig.settle()
        assert refusals(rig) == [(Refusal.CUT, sent, False)]


def test_who_is_told_that_the_house_is_full_is_named_by_its_own_address() -> None:
    with behind(limits=Limits(connections=1)) as (rig, port):
        inside = rig.connect(port)
        inside.say(HEADER)
        inside.hear(b"A1")
        client = rig.connect(port)
        client.say(HEADER)
        client.hear(b"QThe server is full. Please try again later.")
        assert rig.events == [TurnedAway(PLAYER, 1, again=False)]


def test_who_has_sent_no_header_counts_and_the_one_that_came_first_gives_way() -> None:
    with behind(limits=Limits(connections=5, unannounced=2)) as (rig, port):
        inside = rig.connect(port)
        inside.say(HEADER)
        inside.hear(b"A1")
        silent = [rig.connect(port) for _ in range(5)]
        rig.settle()
        assert refusals(rig) == [(Refusal.CROWDED, b"", False)]
        silent[0].hear(b"")
        silent[1].say(HEADER)
        silent[1].hear(b"A2")


def test_there_is_room_for_a_few_headers_in_a_full_house() -> None:
    with behind(limits=Limits(connections=1, unannounced=2)) as (rig, port):
        inside = rig.connect(port)
        inside.say(HEADER)
        inside.hear(b"A1")
        silent = [rig.connect(port) for _ in range(3)]
        rig.settle()
        assert refusals(rig) == [(Refusal.CROWDED, b"", False)]
        silent[0].hear(b"")


def test_who_has_been_refused_in_the_turn_of_another_has_no_turn() -> None:
    with behind(limits=Limits(connections=1, unannounced=1, accepts=1)) as (rig, port):
        first = rig.connect(port)
        rig.settle()
        # Both are ready in one round; the second is accepted first or is refused for the first.
        rig.connect(port)
        first.say(HEADER)
        rig.settle()
        before = list(rig.events)
        caller = socket.socket()
        assert list(rig.server._door.accept(caller, rig.clock.now)) == []
        caller.close()
        assert rig.events == before
        assert rig.server._door.due > rig.clock.now + rig.hub.limits.accept_pause


def test_whoever_has_sent_no_header_is_closed_when_the_server_ends() -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        rig.settle()
        rig.server.stop()
        rig.server.run()
        client.hear(b"")


def test_where_the_selector_has_no_room_the_door_pauses_as_where_the_system_has_none() -> None:
    selector = Narrow()
    with behind(selector=selector) as (rig, port):
        selector.is_full = True
        client = rig.connect(port)
        client.hear(b"")
        (told,) = rig.events
        assert isinstance(told, AcceptFailed)
        assert (told.error.errno, told.pause) == (errno.ENOSPC, 1.0)
        selector.is_full = False
        again = rig.connect(port)
        rig.clock.now += 1.0
        again.say(HEADER)
        again.hear(b"A1")


def test_a_bug_costs_the_one_connection_it_befell(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise ZeroDivisionError

    with behind() as (rig, port):
        client = rig.connect(port)
        rig.settle()
        with monkeypatch.context() as patch:
            patch.setattr(Header, "take", fail)
            client.say(HEADER)
            rig.settle()
        (told,) = rig.events
        assert isinstance(told, SessionFailed)
        assert (told.player, type(told.error)) == (None, ZeroDivisionError)
        again = rig.connect(port)
        again.say(HEADER)
        again.hear(b"A1")
        again.close()
        rig.settle()
        assert rig.events[-1] == PlayerLeft(1, Departure.CLOSED, b"", probe=True)


def test_where_who_is_announced_cannot_be_watched_any_more_the_door_pauses_too() -> None:
    selector = Narrow()
    with behind(selector=selector) as (rig, port):
        client = rig.connect(port)
        rig.settle()
        selector.is_full = True
        client.say(HEADER)
        client.hear(b"")
        rig.settle()
        (told,) = rig.events
        assert isinstance(told, AcceptFailed)
        assert (told.error.errno, told.pause) == (errno.ENOSPC, 1.0)
        assert rig.server._door.due == rig.clock.now + 1.0
        assert rig.server.connections == 0


def test_all_whose_header_has_come_with_them_are_let_in_in_one_turn() -> None:
    with ExitStack() as stack, alone(*LOOPBACK) as (vestibule, listener):
        pairs = [socket.socketpair() for _ in range(2)]
        for ours, theirs in pairs:
            stack.enter_context(ours)
            stack.enter_context(theirs)
            ours.sendall(HEADER)
        listener.brings = [(theirs, ("127.0.0.1", 5)) for _, theirs in pairs]
        let_in = list(vestibule.accept(listener, 0.0))
        assert let_in == [(theirs, PLAYER) for _, theirs in pairs]


def test_all_whose_header_has_not_come_in_time_are_refused_in_one_turn() -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        for _ in range(3):
            rig.connect(port)
        rig.settle()
        rig.clock.now += 5.0
        rig.server.step(0)
        assert [why for why, _, _ in refusals(rig)] == [Refusal.SLOW] * 3


def test_behind_a_closed_door_nobody_is_waited_for() -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        rig.settle()
        rig.server._door.close()
        assert rig.server._door.due == inf
        watched = [key.fileobj for key in rig.server._selector.get_map().values()]
        assert watched == [rig.server.bell]
        client.hear(b"")
