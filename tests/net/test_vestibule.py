"""The vestibule: balancers say for whom they come, before the house speaks."""

import socket
import struct
from contextlib import ExitStack
from math import inf

import pytest

from tests.net.vestibule_rig import HEADER, LOOPBACK, PLAYER, alone, behind, name, refusals
from ttt_net import Departure
from ttt_net.events import (
    ClientConnected,
    ConnectionRefused,
    PlayerLeft,
    Refusal,
    SessionFailed,
)
from ttt_net.proxy import Header


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


def test_whoever_has_sent_no_header_is_closed_when_the_server_ends() -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        rig.settle()
        rig.server.stop()
        rig.server.run()
        client.hear(b"")


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


def test_behind_a_closed_door_nobody_is_waited_for() -> None:
    with behind() as (rig, port):
        client = rig.connect(port)
        rig.settle()
        rig.server._door.close()
        assert rig.server._door.due == inf
        watched = [key.fileobj for key in rig.server._selector.get_map().values()]
        assert watched == [rig.server.bell]
        client.hear(b"")
