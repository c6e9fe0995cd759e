"""Listening sockets: which addresses, which port, and how they are set up."""

import contextlib
import errno
import socket
from typing import final

from ttt_net.addresses import addresses_of
from ttt_net.keepalive import keep_alive
from ttt_net.limits import Limits


@final
class Listener(socket.socket):
    """A listening socket that knows its family and type by heart.

    `accept` asks for both each time, and to look a member up in its enum takes longer than all
    else in there that is done in Python.
    """

    __slots__ = ("_family", "_type")

    def __init__(
        self,
        family: int = -1,
        type: int = -1,  # noqa: A002 - as a socket has it
        proto: int = -1,
        fileno: int | None = None,
    ) -> None:
        super().__init__(family, type, proto, fileno)
        self._family, self._type = super().family, super().type

    @property
    def family(self) -> socket.AddressFamily:
        """The family of its addresses."""
        return self._family

    @property
    def type(self) -> socket.SocketKind:
        """What kind of socket it is: a stream."""
        return self._type


_IPV6_MISSING = frozenset((errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT))


def listen(
    port: int, host: str | None = None, limits: Limits | None = None
) -> list[socket.socket]:
    """Listen on `port`, 0 for any free one, and return the sockets.

    Without `host` that is every address of the machine: IPv6 and IPv4 in one socket, or
    IPv4 alone where there is no IPv6. A name gets a socket for each of its addresses.
    Raises OSError (socket.gaierror for an unknown name) with nothing left open.
    """
    limits = limits or Limits()
    if host is None:
        return [_listen_everywhere(port, limits)]
    with contextlib.ExitStack() as undo:
        listeners: list[socket.socket] = []
        for family, address in addresses_of(host, port):
            # The first address chooses the port, if any will do; the others take the same.
            chosen = port_of(listeners[0]) if listeners else port
            place = (address[0], chosen, *address[2:])
            listener = _open(family, place, limits)
            listeners.append(undo.enter_context(listener))
        undo.pop_all()
    return listeners


def prepare(listener: socket.socket, limits: Limits) -> None:
    """Set up `listener` for a server: it does not block, and whom it accepts inherits the rest.

    Who has connected before does not inherit it any more.
    """
    listener.settimeout(0)
    # Without this a small message waits for the acknowledgement of the last one.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    keep_alive(listener, limits.peer_timeout)


def port_of(listener: socket.socket) -> int:
    """Return the port that `listener` has got."""
    port: int = listener.getsockname()[1]
    return port


def peer_of(address: tuple[str | int, ...]) -> str:
    """Write the address of a client as an operator would, IPv4 in IPv6 as IPv4."""
    host, port = str(address[0]), address[1]
    if "." in host:
        return f"{host.removeprefix('::ffff:')}:{port}"
    return f"[{host}]:{port}"


def _listen_everywhere(port: int, limits: Limits) -> socket.socket:
    if socket.has_ipv6:
        try:
            return _open(socket.AF_INET6, ("::", port), limits)
        except OSError as error:
            if error.errno not in _IPV6_MISSING:
                raise
    return _open(socket.AF_INET, ("0.0.0.0", port), limits)  # noqa: S104 - all of them is meant


def _open(
    family: socket.AddressFamily, address: tuple[str | int, ...], limits: Limits
) -> socket.socket:
    with contextlib.ExitStack() as undo:
        listener = undo.enter_context(Listener(family, socket.SOCK_STREAM))
        # A server that is started again takes its port back at once, though connections of
        # its last life are still in TIME_WAIT.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        prepare(listener, limits)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(limits.backlog)
        undo.pop_all()
    return listener
