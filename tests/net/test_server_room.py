"""The server where the system has no room for one more: who gives way, and what it loses."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from select import select
from selectors import DefaultSelector, SelectorKey
from typing import Any

import pytest

from tests.net.rig import Client, Clock, Rig, listening, rigged
from tests.net.test_door import Refusing
from tests.net.vestibule_rig import HEADER, refusals
from ttt_net import Hub, Server, listen, port_of
from ttt_net.events import AcceptFailed, Event

PUT_OUT = b"QYou have been put out: the server received an unexpected message."


class Full(Refusing):
    """A listener without room for whoever stands before it while there are `most` connections."""

    most = 1
    rig: Rig

    def accept(self) -> tuple[socket.socket, object]:
        someone_is_there, _, _ = select([self], [], [], 0)
        if someone_is_there and self.rig.server.connections >= self.most:
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


class DoorLast(DefaultSelector):
    """A selector that tells of the listeners last, whoever was ready first."""

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        return sorted(super().select(timeout), key=lambda ready: ready[0].data is None)


@contextmanager
def full_at(most: int, *balancers: str) -> Iterator[tuple[Rig, Full]]:
    """A server on loopback that the system gives no more than `most` connections."""
    (plain,) = listen(0, "127.0.0.1")
    listener = Full(fileno=plain.detach())
    listener.settimeout(0)
    listener.most = most
    events: list[Event] = []
    hub, clock = Hub(emit=events.append), Clock()
    networks = [ip_network(network) for network in balancers]
    server = Server([listener], hub, clock, DoorLast(), balancers=networks)
    listener.rig = rig = Rig(server, hub, clock, events)
    try:
        with rig.stack:
            yield rig, listener
    finally:
        server.close()


def lingering(rig: Rig, port: int, number: int) -> Client:
    """A client who has been sent its last message, and stays."""
    client = rig.connect(port)
    client.hear(b"A%d" % number)
    client.say(b"c1x")
    client.hear(PUT_OUT)
    client.hear(b"")
    return client


def test_who_gives_way_in_the_round_in_which_it_is_put_out_is_sent_its_last_message() -> None:
    with full_at(1) as (rig, listener):
        client = rig.connect(port_of(listener))
        client.hear(b"A1")
        client.say(b"c1x")
        newcomer = rig.connect(port_of(listener))
        rig.server.step(0)
        assert rig.server.connections == 1
        client.hear(PUT_OUT)
        client.hear(b"")
        newcomer.hear(b"A2")


def test_no_more_give_way_than_there_has_to_be_room_for() -> None:
    with full_at(3) as (rig, listener):
        port = port_of(listener)
        for number in (1, 2, 3):
            lingering(rig, port, number)
        rig.connect(port).hear(b"A4")
        assert [session.number for session in rig.hub.sessions] == [2, 3, 4]
        assert AcceptFailed not in map(type, rig.events)


def test_who_only_lingers_gives_way_before_who_is_still_to_be_announced() -> None:
    with full_at(3, "127.0.0.0/8") as (rig, listener):
        port = port_of(listener)
        done, silent = rig.connect(port), rig.connect(port)
        done.say(HEADER)
        done.hear(b"A1")
        done.say(b"c1x")
        done.hear(PUT_OUT)
        listener.most = 1
        newcomer = rig.connect(port)
        rig.settle()
        assert (rig.server.connections, refusals(rig)) == (0, [])
        listener.most = 3
        for client, number in ((silent, 2), (newcomer, 3)):
            client.say(HEADER)
            client.hear(b"A%d" % number)


@contextmanager
def no_room_to_watch(rig: Rig, *, beside: int = 0) -> Iterator[None]:
    """The selector of the server has no room for one more `beside` so many."""
    register = rig.server._selector.register

    def refuse(*what: Any) -> SelectorKey:
        if rig.server.connections >= beside:
            raise OSError(errno.ENOSPC, "No space left on device")
        return register(*what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rig.server._selector, "register", refuse)
        yield


def test_where_there_is_no_room_to_watch_one_more_one_is_closed_for_each_pause() -> None:
    with listening() as (rig, port):
        clients = [rig.connect(port) for _ in range(3)]
        with no_room_to_watch(rig):
            clients[0].hear(b"")
            rig.settle()
            assert rig.server._door.due == rig.clock.now + 1.0
        rig.clock.now += 1.0
        rig.server.step(0)  # it opens again, and finds out only in its next turn
        with no_room_to_watch(rig):
            clients[1].hear(b"")
            rig.settle()
        (told,) = rig.events
        assert isinstance(told, AcceptFailed)
        assert (told.error.errno, told.pause) == (errno.ENOSPC, 1.0)
        rig.clock.now += 1.0
        clients[2].hear(b"A1")


def test_who_only_lingers_gives_way_when_there_is_no_room_to_watch_one_more() -> None:
    with listening() as (rig, port):
        lingering = rig.connect(port)
        lingering.hear(b"A1")
        lingering.say(b"c1hello")
        lingering.hear(b"QYou have been put out: the server received an unexpected message.")
        with no_room_to_watch(rig, beside=1):
            rig.connect(port).hear(b"A2")
        assert rig.server.connections == 1
        lingering.hear(b"")
        assert AcceptFailed not in map(type, rig.events)


def test_where_giving_way_does_not_help_one_has_given_way_and_no_more() -> None:
    with listening() as (rig, port):
        for number in (1, 2, 3):
            lingering(rig, port, number)
        with no_room_to_watch(rig):
            rig.connect(port).hear(b"")
        assert [session.number for session in rig.hub.sessions] == [2, 3]
        assert [type(event) for event in rig.events].count(AcceptFailed) == 1


def test_a_stop_ends_the_pause_of_the_door_for_those_who_stand_before_it() -> None:
    with full_at(0) as (rig, listener):
        client = rig.connect(port_of(listener))
        rig.server.step(0)
        assert [type(event) for event in rig.events] == [AcceptFailed]
        listener.most = 2
        rig.server.stop()
        rig.server.stop()
        rig.server.run()
        client.sock.settimeout(10)
        assert client.sock.recv(100) == b"A1"


def test_at_a_stop_nobody_asks_for_room_for_nobody() -> None:
    (plain,) = listen(0, "127.0.0.1")
    listener = Refusing(fileno=plain.detach())
    with rigged(listeners=[listener]) as rig:
        # As Linux has it: there is no descriptor, whether anybody wants it or not.
        listener.error = OSError(errno.EMFILE, "Too many open files")
        rig.server.stop()
        rig.server.stop()
        rig.server.run()
        assert AcceptFailed not in map(type, rig.events)
