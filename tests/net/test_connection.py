"""A connection: what it waits for, and what it leaves behind when the other end has gone."""

import errno
import selectors
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ttt_net import Departure, Stage
from ttt_net.connection import Connection


class Narrow(socket.socket):
    """A socket that takes so many bytes at most, and whose end may be refused."""

    room = 1000
    broken: OSError | None = None
    flags = 0
    """Those of the last send."""

    def send(self, data: bytes, flags: int = 0) -> int:  # type: ignore[override]
        self.flags = flags
        if self.broken is not None:
            raise self.broken
        if not self.room:
            raise BlockingIOError
        sent = super().send(data[: self.room])
        self.room -= sent
        return sent

    def shutdown(self, how: int) -> None:
        if self.broken is not None:
            raise self.broken
        super().shutdown(how)


class Rig:
    def __init__(self, stack: ExitStack) -> None:
        ours, theirs = socket.socketpair()
        self.client = stack.enter_context(ours)
        self.sock = stack.enter_context(Narrow(fileno=theirs.detach()))
        self.selector = stack.enter_context(selectors.DefaultSelector())
        self.connection = Connection(self.sock, "pair", [], self.selector)

    @property
    def waits_for(self) -> int:
        return self.selector.get_key(self.sock).events

    def send(self, most_unsent: int = 100) -> Departure | None:
        return self.connection.send(self.selector, most_unsent)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(stack)


READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def test_it_never_blocks(rig: Rig) -> None:
    assert rig.sock.gettimeout() == 0


def test_it_waits_for_room_only_while_something_is_left_to_send(rig: Rig) -> None:
    rig.connection.outgoing = b"A1"
    rig.sock.room = 1
    assert rig.send() is None
    assert (rig.connection.outgoing, rig.waits_for) == (b"1", READ | WRITE)
    assert rig.send() is None
    assert (rig.connection.outgoing, rig.waits_for) == (b"1", READ | WRITE)
    rig.sock.room = 1
    assert rig.send() is None
    assert (rig.connection.outgoing, rig.waits_for) == (b"", READ)


def test_of_who_has_ended_its_side_nothing_more_is_waited_for_but_room(rig: Rig) -> None:
    rig.connection.outgoing = b"Q"
    rig.connection.stage = Stage.CLOSING
    rig.sock.room = 0
    assert rig.send() is None
    rig.connection.half_closed = True
    rig.connection.watch(rig.selector)
    assert rig.waits_for == WRITE
    rig.sock.room = 1
    assert rig.send() is Departure.CLOSED
    assert rig.waits_for == WRITE  # it is about to be closed: the selector is told nothing


def test_the_selector_is_told_only_of_changes(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(rig.selector, "modify", lambda _, events, __: told.append(events))
    rig.connection.watch(rig.selector)
    rig.connection.outgoing = b"A1"
    for _ in range(3):
        rig.connection.watch(rig.selector)
    assert told == [READ | WRITE]


@pytest.mark.parametrize(
    ("error", "departure"),
    [(ConnectionResetError(), Departure.RESET), (OSError(errno.EIO, "I/O"), Departure.FAILED)],
)
def test_what_cannot_be_sent_any_more_is_dropped(
    rig: Rig, error: OSError, departure: Departure
) -> None:
    rig.connection.outgoing = b"A1"
    rig.sock.broken = error
    assert rig.send() is departure
    assert rig.connection.outgoing == b""


@pytest.mark.parametrize(("waiting", "departure"), [(14, None), (15, Departure.DEAF)])
def test_only_what_is_still_unsent_counts_towards_the_limit(
    rig: Rig, waiting: int, departure: Departure | None
) -> None:
    rig.connection.outgoing = b"x" * waiting
    rig.sock.room = 4
    assert rig.send(most_unsent=10) is departure


def test_a_connection_that_is_gone_can_still_be_ended(rig: Rig) -> None:
    rig.connection.stage = Stage.CLOSING
    rig.sock.broken = OSError(errno.ENOTCONN, "Transport endpoint is not connected")
    assert rig.send() is None


@pytest.mark.parametrize("trouble", ["not registered", "closed already"])
def test_it_can_be_closed_though_the_selector_does_not_know_it(rig: Rig, trouble: str) -> None:
    if trouble == "not registered":
        rig.selector.unregister(rig.sock)
    else:
        rig.selector.unregister(rig.sock)
        rig.sock.close()
    rig.connection.close(rig.selector)
    assert rig.sock.fileno() == -1


def test_only_the_last_message_is_said_to_be_followed_by_the_end(rig: Rig) -> None:
    rig.connection.outgoing = b"B"
    rig.send()
    assert rig.sock.flags == 0
    rig.connection.stage = Stage.CLOSING
    rig.connection.outgoing = b"Q"
    rig.send()
    assert rig.sock.flags == socket.MSG_MORE
    assert (rig.client.recv(10), rig.client.recv(10)) == (b"BQ", b"")


def test_what_has_come_beyond_the_first_bytes_is_read_up_to_a_limit(rig: Rig) -> None:
    rig.client.send(b"123456")
    assert rig.connection.read_on(4) == b"1234"
    assert rig.connection.read_on(4) == b"56"
    assert rig.connection.read_on(4) == b""


def test_from_a_client_to_whom_all_is_said_very_much_is_dropped_at_once(rig: Rig) -> None:
    rig.connection.stage = Stage.CLOSING
    rig.client.send(b"x" * 10_000)
    assert rig.connection.read_on(4) == b""
    with pytest.raises(BlockingIOError):
        rig.sock.recv(1)


def test_a_connection_that_breaks_while_more_is_read_is_found_out_at_once(rig: Rig) -> None:
    rig.sock.close()
    with pytest.raises(OSError, match="descriptor"):
        rig.connection.read_on(4)
