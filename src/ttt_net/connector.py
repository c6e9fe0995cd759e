"""The connector: a socket to a server, and the client that speaks over it."""

import contextlib
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ttt_net.addresses import addresses_of
from ttt_net.client import Client
from ttt_net.keepalive import keep_alive
from ttt_net.news import News

CONNECT_WAIT = 10.0
"""How long a server may take to accept a connection, in seconds, whatever its addresses."""

_READ_BYTES = 2048
_UNREAD_BYTES = 65_536

_PEER_WAIT = 30.0
"""How long the server's machine may be unreachable: in a game it says nothing by itself."""


class Connector:
    """A connection to a server: news come out of it, moves go into its `client`."""

    def __init__(
        self, host: str, port: int, clock: Callable[[], float], timeout: float = CONNECT_WAIT
    ) -> None:
        """Connect to `host`, within `timeout` seconds by the `clock` for all its addresses.

        Raises OSError (socket.gaierror for an unknown name, TimeoutError).
        """
        with contextlib.ExitStack() as undo:
            # Some systems refuse the options of a connection that the other end has reset.
            sock = undo.enter_context(_connect(host, port, clock, clock() + timeout))
            # A server that takes in nothing more is not waited for any longer than that.
            sock.settimeout(timeout)
            # A move must not wait for the acknowledgement of the last one.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            keep_alive(sock, _PEER_WAIT)
            undo.pop_all()
        self._sock = sock
        self.client = Client(clock())

    def fileno(self) -> int:
        """Return the descriptor to wait for with a selector."""
        return self._sock.fileno()

    def read(self, now: float) -> list[News]:
        """Read what has come, answer what needs no player, and return what is new.

        To be called when the descriptor is readable. Raises nothing: a connection that
        fails has ended.
        """
        try:
            data = self._sock.recv(_READ_BYTES)
        except OSError:
            data = b""
        news = self.client.receive(data, now) if data else self.client.end()
        self.flush()
        return news

    def tick(self, now: float) -> list[News]:
        """Do what is due (see `Client.tick`) and return what is new."""
        news = self.client.tick(now)
        self.flush()
        return news

    def flush(self) -> None:
        """Send what the client has to say."""
        data, self.client.outgoing = self.client.outgoing, b""
        # If that fails, what the server said last is still there to be read, and then the
        # end of the connection.
        with contextlib.suppress(OSError):
            self._sock.sendall(data)

    def close(self) -> None:
        """Leave politely, whatever the reason, unless it is over; and close the socket."""
        self.client.leave()
        self.flush()
        # With anything unread, closing is a reset, and the server may never see our last word.
        with contextlib.suppress(OSError):
            self._sock.settimeout(0)
            self._sock.recv(_UNREAD_BYTES)
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _connect(host: str, port: int, clock: Callable[[], float], deadline: float) -> socket.socket:
    """Connect to the first address of `host` that accepts; each has its share of the time."""
    failure: OSError = TimeoutError()
    addresses = addresses_of(host, port)
    for number, (family, address) in enumerate(addresses):
        left = deadline - clock()
        if left <= 0:
            raise TimeoutError
        with contextlib.ExitStack() as undo:
            sock = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
            sock.settimeout(left / (len(addresses) - number))
            try:
                sock.connect(address)
            except OSError as error:
                failure = error
                continue
            undo.pop_all()
            return sock
    raise failure
