"""The simulated epoll and its sockets do what Linux does."""

import errno
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from random import Random
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from typing import Any, Protocol
from unittest.mock import Mock

import pytest

from tests.simulation.descriptors import Descriptors
from tests.simulation.epoll import SimulatedEpoll
from tests.simulation.listener import Listener
from tests.simulation.network import Link, Quality
from tests.simulation.timeline import Timeline

ALL = EPOLLIN | EPOLLOUT | EPOLLRDHUP
"""All that may be asked for; EPOLLERR and EPOLLHUP are told of anyway."""

PATIENCE = 10.0
"""Seconds after which what has been sent on this machine has failed to arrive."""


class Machine(Protocol):
    """A system with a listening socket."""

    epoll: Any

    def connect(self) -> "Client": ...
    def accept(self) -> Any: ...


class Client(Protocol):
    """The other end of a connection."""

    def send(self) -> None: ...
    def end(self) -> None: ...
    def reset(self) -> None: ...


class RealClient:
    """Over loopback."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self) -> None:
        """Say something."""
        self._sock.send(b"c1")

    def end(self) -> None:
        """End its side."""
        self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Reset the connection."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


class RealMachine:
    """The one the test runs on."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.epoll = stack.enter_context(select.epoll())
        self._listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

    def connect(self) -> RealClient:
        """Let a client connect."""
        return RealClient(
            self._stack.enter_context(socket.create_connection(self._listener.getsockname()))
        )

    def accept(self) -> socket.socket:
        """Accept it."""
        sock = self._stack.enter_context(self._listener.accept()[0])
        sock.settimeout(0)
        return sock


class SimulatedClient:
    """Over a simulated network."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def send(self) -> None:
        """Say something."""
        self._link.send(b"c1")

    def end(self) -> None:
        """End its side."""
        self._link.half_close()

    def reset(self) -> None:
        """Reset the connection."""
        self._link.abort()


class SimulatedMachine:
    """One that is made up."""

    def __init__(self, stack: ExitStack) -> None:
        self._timeline = Timeline(0.0)
        descriptors = Descriptors()
        self.epoll = SimulatedEpoll(self._timeline, Random(0), descriptors, Mock())
        self._listener = Listener(self._timeline, descriptors, self.epoll)
        stack.callback(self.epoll.close)

    def connect(self) -> SimulatedClient:
        """Let a client connect."""
        link = Link("#1", Quality(0.0, 1000, cuts=False), self._timeline, Random(0), Mock())
        self._listener.connect(link)
        return SimulatedClient(link)

    def accept(self) -> Any:
        """Accept it."""
        return self._listener.accept()[0]


@pytest.fixture(params=[RealMachine, SimulatedMachine])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    with ExitStack() as stack:
        yield request.param(stack)


def told(machine: Machine, fd: int) -> int:
    """Return what epoll has to tell of `fd` now."""
    found: dict[int, int] = dict(machine.epoll.poll(0))
    return found.get(fd, 0)


def fails(number: int, act: Callable[..., object], *what: int) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - its number is looked at
        act(*what)
    assert caught.value.errno == number


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("", EPOLLOUT),
        ("send", EPOLLIN | EPOLLOUT),
        ("send read", EPOLLOUT),
        ("end", EPOLLIN | EPOLLOUT | EPOLLRDHUP),
        ("end read", EPOLLIN | EPOLLOUT | EPOLLRDHUP),
        ("shutdown", EPOLLOUT),
        ("shutdown end", EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP),
        ("end shutdown", EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP),
        ("reset", EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR),
        ("send reset", EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP | EPOLLERR),
        ("reset read", EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP),
    ],
)
def test_a_socket_is_told_of_as_linux_does(machine: Machine, story: str, expected: int) -> None:
    client = machine.connect()
    server = machine.accept()
    machine.epoll.register(server.fileno(), ALL)
    seen = EPOLLOUT
    for deed in story.split():
        if deed == "read":
            with suppress(ConnectionResetError):
                server.recv(100)
        elif deed == "shutdown":
            server.shutdown(socket.SHUT_WR)
        else:
            getattr(client, deed)()
            seen = await_change(machine, server.fileno(), seen)
    assert told(machine, server.fileno()) == expected


def await_change(machine: Machine, fd: int, before: int) -> int:
    """Wait for what a client has done to arrive."""
    end = time.monotonic() + PATIENCE
    while (now := told(machine, fd)) == before and time.monotonic() < end:
        pass
    return now


@pytest.mark.parametrize("asked", [0, EPOLLIN, EPOLLOUT])
def test_a_reset_is_told_of_whatever_was_asked_for(machine: Machine, asked: int) -> None:
    client = machine.connect()
    fd = (server := machine.accept()).fileno()
    machine.epoll.register(fd, asked)
    client.reset()
    await_change(machine, fd, asked & EPOLLOUT)
    assert told(machine, fd) == asked | EPOLLHUP | EPOLLERR
    server.close()


def test_what_makes_no_sense_is_refused(machine: Machine) -> None:
    machine.connect()
    server = machine.accept()
    epoll, fd = machine.epoll, server.fileno()
    fails(errno.ENOENT, epoll.modify, fd, EPOLLIN)
    fails(errno.ENOENT, epoll.unregister, fd)
    epoll.register(fd, EPOLLIN)
    fails(errno.EEXIST, epoll.register, fd, EPOLLIN)
    epoll.unregister(fd)
    fails(errno.ENOENT, epoll.unregister, fd)
    server.close()
    fails(errno.EBADF, epoll.register, fd, EPOLLIN)
    fails(errno.EBADF, epoll.modify, fd, EPOLLIN)


def test_who_is_closed_is_forgotten_and_who_gets_its_number_is_not_watched(
    machine: Machine,
) -> None:
    machine.connect()
    first = machine.accept()
    fd = first.fileno()
    machine.epoll.register(fd, ALL)
    machine.connect()
    first.close()
    second = machine.accept()
    assert second.fileno() == fd
    assert told(machine, fd) == 0
    fails(errno.ENOENT, machine.epoll.modify, fd, ALL)
    machine.epoll.register(fd, ALL)
    assert told(machine, fd) == EPOLLOUT


def test_no_more_are_told_of_than_are_wanted(machine: Machine) -> None:
    for _ in range(3):
        machine.connect()
        machine.epoll.register(machine.accept().fileno(), EPOLLOUT)
    assert len(machine.epoll.poll(0, 2)) <= 2
