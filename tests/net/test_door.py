"""The door: accepting in a rush, and when the system has no room."""

import errno
import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import pytest

from tests.net.rig import TIMEOUT, Client, listening, rigged
from ttt_net import Event, Limits, listen, port_of
from ttt_net.door import Door
from ttt_net.events import AcceptFailed, SessionFailed


class Refusing(socket.socket):
    """A listener that has something else to say than who has connected."""

    error: OSError | None = None
    once: OSError | None = None
    tries = 0

    def accept(self) -> tuple[socket.socket, object]:
        self.tries += 1
        once, self.once = self.once, None
        if once is not None:
            raise once
        if self.error is not None:
            raise self.error
        return super().accept()


@contextmanager
def door(limits: Limits | None = None) -> Iterator[tuple[Door, Refusing, list[Event]]]:
    (plain,) = listen(0, "127.0.0.1")
    listener = Refusing(fileno=plain.detach())
    events: list[Event] = []
    with selectors.DefaultSelector() as selector:
        yield_door = Door([listener], selector, limits or Limits(), events.append, no_room)
        try:
            yield yield_door, listener, events
        finally:
            yield_door.close()


def no_room() -> bool:
    return False


def connect(listener: socket.socket, times: int = 1) -> list[socket.socket]:
    return [socket.create_connection(listener.getsockname(), TIMEOUT) for _ in range(times)]


def accepted(a_door: Door, listener: socket.socket, now: float = 0.0) -> int:
    count = 0
    for sock, _ in a_door.accept(listener, now):
        sock.close()
        count += 1
    return count


def test_a_rush_is_accepted_in_bounded_helpings() -> None:
    with door(Limits(accepts=3)) as (a_door, listener, _):
        clients = connect(listener, 7)
        helpings = [accepted(a_door, listener) for _ in range(4)]
        for client in clients:
            client.close()
        assert helpings == [3, 3, 1, 0]


@pytest.mark.parametrize(
    "number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC]
)
def test_after_trouble_that_is_over_the_next_one_is_accepted_in_the_same_turn(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with door() as (a_door, listener, events):
        (client,) = connect(listener)
        monkeypatch.setattr(a_door, "_make_room", lambda: True)
        listener.once = OSError(number, "for once")
        assert accepted(a_door, listener) == 1
        assert events == []
        client.close()


OF_ONE = [
    errno.ECONNABORTED,
    errno.EPERM,
    errno.EPROTO,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENONET,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.EOPNOTSUPP,
]


@pytest.mark.parametrize("number", OF_ONE)
def test_what_has_befallen_one_in_the_queue_keeps_nobody_else_waiting(number: int) -> None:
    with door() as (a_door, listener, events):
        (client,) = connect(listener)
        listener.once = OSError(number, "it has gone")
        assert accepted(a_door, listener) == 1
        assert events == []
        assert a_door.due == inf
        client.close()


@pytest.mark.parametrize("number", OF_ONE)
def test_where_it_befalls_them_all_the_door_is_shut_for_a_while(number: int) -> None:
    with door(Limits(accepts=3)) as (a_door, listener, events):
        listener.error = OSError(number, "it befalls them all")
        assert accepted(a_door, listener, now=5.0) == 0
        assert events == [AcceptFailed(listener.error, 1.0)]
        assert a_door.due == 6.0


def test_a_pause_can_be_ended_before_it_is_over_and_only_once() -> None:
    with door() as (a_door, listener, _):
        listener.error = OSError(errno.EMFILE, "no room")
        accepted(a_door, listener, now=5.0)
        for _ in range(2):
            a_door.reopen(5.5)
            assert a_door.due == inf
        assert a_door.selector.get_key(listener).fileobj is listener


def test_at_what_the_system_refuses_for_another_reason_nobody_gives_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with door() as (a_door, listener, events):
        monkeypatch.setattr(a_door, "_make_room", lambda: pytest.fail("it would help nobody"))
        listener.error = OSError(errno.EINVAL, "Invalid argument")
        assert accepted(a_door, listener, now=5.0) == 0
        assert events == [AcceptFailed(listener.error, 1.0)]
        assert a_door.due == 6.0


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_where_there_is_no_room_the_door_is_shut_for_a_while(number: int) -> None:
    with door() as (a_door, listener, events):
        (client,) = connect(listener)
        listener.error = OSError(number, "no room")
        assert accepted(a_door, listener, now=5.0) == 0
        assert a_door.due == 6.0
        assert events == [AcceptFailed(listener.error, 1.0)]
        a_door.look_at_clock(5.9)
        assert a_door.due == 6.0
        listener.error = None
        assert accepted(a_door, listener, now=5.9) == 0
        a_door.look_at_clock(6.0)
        assert a_door.due == inf
        assert accepted(a_door, listener, now=6.0) == 1
        client.close()


def test_trouble_that_lasts_is_told_once_and_told_again_when_it_returns() -> None:
    with door() as (a_door, listener, events):
        (client,) = connect(listener)
        for now in (1.0, 2.0, 3.0):
            listener.error = OSError(errno.EMFILE, "no room")
            accepted(a_door, listener, now)
            a_door.look_at_clock(now + 1)
        assert len(events) == 1
        listener.error = None
        assert accepted(a_door, listener, 4.0) == 1
        listener.error = OSError(errno.EMFILE, "no room")
        accepted(a_door, listener, 5.0)
        assert len(events) == 2
        client.close()


def test_nobody_gives_way_to_nobody_when_the_last_descriptor_has_been_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with door() as (a_door, listener, events):
        (client,) = connect(listener)
        monkeypatch.setattr(a_door, "_make_room", lambda: pytest.fail("nobody wants in"))
        for sock, _ in a_door.accept(listener, 5.0):
            # As Linux has it: there is no descriptor, whether anybody wants it or not.
            listener.error = OSError(errno.EMFILE, "no room")
            sock.close()
        assert (events, a_door.due) == ([], inf)
        client.close()


def test_of_two_listeners_that_find_no_room_one_is_enough() -> None:
    (first,), (second,) = listen(0, "127.0.0.1"), listen(0, "127.0.0.1")
    listeners = [Refusing(fileno=plain.detach()) for plain in (first, second)]
    with rigged(listeners=list(listeners)) as rig:
        clients = [rig.connect(port_of(listener)) for listener in listeners]
        for listener in listeners:
            listener.error = OSError(errno.EMFILE, "Too many open files")
        rig.settle()
        assert [type(e) for e in rig.events] == [AcceptFailed]
        assert sum(listener.tries for listener in listeners) == 1
        for listener in listeners:
            listener.error = None
        rig.clock.now += 1.1
        for client in clients:
            assert rig.until_ready(client.sock, 1) == b"A"


def test_a_door_that_finds_no_room_to_open_again_pauses_again() -> None:
    class Full(selectors.DefaultSelector):
        def register(self, *_: object) -> selectors.SelectorKey:
            raise OSError(errno.ENOSPC, "No space left on device")

    with door() as (a_door, listener, events):
        (client,) = connect(listener)
        listener.error = OSError(errno.EMFILE, "no room")
        accepted(a_door, listener, now=5.0)
        listener.error = None
        a_door.selector.__class__ = Full
        a_door.look_at_clock(6.0)
        assert a_door.due == 7.0
        a_door.selector.__class__ = selectors.DefaultSelector
        a_door.look_at_clock(7.0)
        assert a_door.due == inf
        assert accepted(a_door, listener, now=7.0) == 1
        assert len(events) == 1
        client.close()


def test_a_door_can_be_closed_while_it_pauses() -> None:
    with door() as (a_door, listener, _):
        listener.error = OSError(errno.EMFILE, "no room")
        accepted(a_door, listener)
        a_door.close()
        assert a_door.due == inf
        a_door.look_at_clock(100.0)
        assert a_door.due == inf


def test_a_closed_door_is_not_watched_any_more() -> None:
    with door() as (a_door, _, _):
        a_door.close()
        assert not a_door.selector.get_map()


def test_a_server_without_room_serves_who_is_there_and_accepts_again_by_itself() -> None:
    (plain,) = listen(0, "127.0.0.1")
    port = port_of(plain)
    listener = Refusing(fileno=plain.detach())
    with rigged(listeners=[listener]) as rig:
        first = rig.connect(port)
        first.hear(b"A1")
        listener.error = OSError(errno.EMFILE, "Too many open files")
        second = rig.connect(port)
        rig.settle()
        first.say(b"c1")
        rig.settle()
        rig.clock.now += 0.9
        rig.settle()
        assert rig.server.connections == 1
        listener.error = None
        rig.clock.now += 0.2
        second.hear(b"A2")
        assert [type(e) for e in rig.events].count(AcceptFailed) == 1


def test_the_address_of_a_client_is_known() -> None:
    with listening() as (rig, port):
        client: Client = rig.connect(port)
        client.hear(b"A1")
        host, number = client.sock.getsockname()
        assert [s.peer for s in rig.hub.sessions] == [f"{host}:{number}"]
        assert not any(isinstance(e, SessionFailed) for e in rig.events)
