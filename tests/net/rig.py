"""A server on loopback with a clock that tests set, and clients to speak with it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ttt_net import Event, Hub, Limits, Server, Session, listen, port_of

TIMEOUT = 10.0
"""How long a read may take before the test has failed, in seconds."""


class Clock:
    """Time as a number."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Client:
    """One end of a connection; the server is stepped until it has what it waits for."""

    def __init__(self, rig: "Rig", sock: socket.socket) -> None:
        self.rig = rig
        self.sock = sock
        sock.settimeout(0)

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hear(self, expected: bytes) -> None:
        """Read exactly `expected`; b"" is the end of stream."""
        heard = b""
        while len(heard) < max(1, len(expected)):
            piece = self.rig.until_ready(self.sock, max(1, len(expected) - len(heard)))
            heard += piece
            if not piece:
                break
        assert heard == expected

    def close(self) -> None:
        self.sock.close()


class Rig:
    """A server, stepped by hand."""

    def __init__(self, server: Server, hub: Hub, clock: Clock, events: list[Event]) -> None:
        self.server = server
        self.hub = hub
        self.clock = clock
        self.events = events
        self.stack = ExitStack()

    def until_ready(self, sock: socket.socket, size: int) -> bytes:
        for _ in range(1000):
            try:
                return sock.recv(size)
            except BlockingIOError:
                self.server.step(TIMEOUT / 1000)
        msg = "the server did not say what was waited for"
        raise AssertionError(msg)

    def settle(self) -> None:
        """Step until the server finds nothing to do."""
        for _ in range(10):
            self.server.step(0)

    def pair(self) -> Client:
        """A client over a pair of sockets, adopted by the server."""
        ours, theirs = socket.socketpair()
        self.stack.enter_context(ours)
        self.server.adopt(theirs, "pair")
        return Client(self, ours)

    def connect(self, port: int) -> Client:
        sock = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.stack.enter_context(sock)
        return Client(self, sock)

    def match(self) -> tuple[Client, Client]:
        """Two clients in a game; the first one moves."""
        waited, newcomer = self.pair(), self.pair()
        first = len(self.hub.sessions) - 1
        for client, number in ((waited, first), (newcomer, first + 1)):
            client.hear(b"A%d" % number)
            client.say(b"c1")
            self.settle()
        for client, mark, other in ((waited, b"O", first + 1), (newcomer, b"X", first)):
            client.hear(b"R" + mark)
            client.say(b"c2")
            client.hear(b"I%d" % other)
            client.say(b"c3")
        newcomer.hear(b"B         CY")
        waited.hear(b"B         CN")
        return newcomer, waited


def session_of(rig: Rig, number: int) -> Session:
    """The session of the client with that player number."""
    return next(session for session in rig.hub.sessions if session.number == number)


@contextmanager
def rigged(
    limits: Limits | None = None,
    listeners: list[socket.socket] | None = None,
    hub_class: type[Hub] = Hub,
) -> Iterator[Rig]:
    """A server with no listener of its own: clients come in over pairs of sockets."""
    events: list[Event] = []
    hub = hub_class(limits, events.append)
    clock = Clock()
    server = Server(listeners or [], hub, clock)
    rig = Rig(server, hub, clock, events)
    try:
        with rig.stack:
            yield rig
    finally:
        server.close()


@contextmanager
def listening(
    limits: Limits | None = None, hub_class: type[Hub] = Hub
) -> Iterator[tuple[Rig, int]]:
    """A server that listens on a port of loopback."""
    listeners = listen(0, "127.0.0.1", limits)
    with rigged(limits, listeners, hub_class) as rig:
        yield rig, port_of(listeners[0])
