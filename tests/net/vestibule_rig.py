"""A server behind balancers on loopback, stepped by hand."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_network
from selectors import DefaultSelector

from tests.net.rig import Clock, Rig
from ttt_net import Event, Hub, Limits, Server, listen, port_of
from ttt_net.door import Door
from ttt_net.events import ConnectionRefused, Refusal, ignore
from ttt_net.vestibule import Vestibule

HEADER = b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\n"
PLAYER = "192.0.2.7:56324"
LOOPBACK = ("127.0.0.0/8", "::1")


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
