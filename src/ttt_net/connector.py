"""The connector: a socket to a server, and the client that speaks over it."""

import contextlib
import socket
from types import TracebackType
from typing import Self

from ttt_net.client import Client
from ttt_net.news import News

CONNECT_WAIT = 10.0
"""How long a server may take to accept a connection, in seconds."""

_READ_BYTES = 2048


class Connector:
    """A connection to a server: news come out of it, moves go into its `client`."""

    def __init__(self, host: str, port: int, timeout: float = CONNECT_WAIT) -> None:
        """Connect to `host`, within `timeout` seconds for each of its addresses.

        Raises OSError (socket.gaierror for an unknown name, TimeoutError).
        """
        self.client = Client()
        try:
            self._sock = socket.create_connection((host, port), timeout)
        except ValueError as error:
            # So it calls a name with an empty or an endless part, or with a NUL in it.
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from error
        # A move must not wait for the acknowledgement of the last one.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

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
        """Say what is left to say and close the socket."""
        self.flush()
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
