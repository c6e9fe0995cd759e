"""The carrier: carries bytes between the clients' sockets and the hub.

It knows no letter of the protocol. What the system refuses is caught where it is asked for,
but for room for one more, which is the door's to find; and a bug costs the one table it befell.
"""

import socket
from collections.abc import Callable
from selectors import BaseSelector
from typing import TypeVarTuple, cast, final

from ttt_net.connection import READ_FIRST, Connection, departure_of
from ttt_net.events import Departure, SessionFailed
from ttt_net.hub import Hub
from ttt_net.session import GONE, Session

Ts = TypeVarTuple("Ts")


@final
class Carrier:
    """All connections of one server, watched by its selector."""

    __slots__ = (
        "_connections",
        "_hub",
        "_most_unsent",
        "_read_bytes",
        "_read_first",
        "_room",
        "_selector",
        "_touched",
        "lost",
    )

    def __init__(self, hub: Hub, selector: BaseSelector) -> None:
        self._hub = hub
        self._selector = selector
        self._touched = hub.touched
        self._room = hub.limits.connections
        self._read_first = min(READ_FIRST, hub.limits.read_bytes)
        self._read_bytes = hub.limits.read_bytes
        self._most_unsent = hub.limits.unsent_bytes
        self._connections: dict[Connection, None] = {}
        self.lost: list[tuple[Session, Departure]] = []
        """Connections that sending has found to be over, for `settle_losses`."""

    def __len__(self) -> int:
        return len(self._connections)

    def adopt(self, sock: socket.socket, peer: str, now: float) -> None:
        """Take over a connected socket whose other end is the client at `peer`.

        Raises OSError if the selector has no room for it; it is for the caller to close then.
        """
        if len(self._connections) >= self._room:
            self.flush(now)  # who has to give way is to have been sent its last message
        connection = Connection(sock, peer, self._touched, self._selector)
        self._connections[connection] = None
        try:
            self._hub.welcome(connection, now)
        except Exception as error:  # noqa: BLE001 - as in receive; and it is to cost no place
            self._hub.emit(SessionFailed(None, error))
            self._close(connection)
            self._hub.forget(connection, now)

    def receive(self, connection: Connection, now: float) -> None:
        """Read from a client, and let the hub do what that calls for."""
        if connection.stage is GONE:
            return  # it has gone in the turn of another
        try:
            try:
                data = connection.sock.recv(self._read_first)
                if len(data) == READ_FIRST:  # hardly ever
                    data += connection.read_on(self._read_bytes - READ_FIRST)
            except BlockingIOError:
                return
            except OSError as error:
                self._hub.lost(connection, departure_of(error), now)
                return
            if data:
                self._hub.receive(connection, data, now)
            elif self._hub.ended(connection, now):
                connection.half_closed = True
                connection.watch(self._selector)
        except Exception as error:  # noqa: BLE001 - whatever it is, the house stays up
            self._fail(connection, error, now)

    def flush(self, now: float) -> None:
        """Send, half-close or close whatever has been touched."""
        # Whoever has no socket, as a bot, is noted elsewhere.
        for connection in cast("list[Connection]", self._touched):
            try:
                if connection.stage is GONE:
                    self._close(connection)
                    continue
                departure = connection.send(self._selector, self._most_unsent)
            except Exception as error:  # noqa: BLE001 - as in receive
                self._hub.emit(SessionFailed(connection.number, error))
                self._hub.forget(connection, now)  # which touches it: it is closed in its turn
            else:
                if departure is not None:
                    self.lost.append((connection, departure))
        self._touched.clear()

    def settle_losses(self, now: float) -> None:
        """Tell the hub of connections that sending has found to be over."""
        lost, self.lost = self.lost, []
        for session, departure in lost:
            self._guard(session, now, self._hub.lost, session, departure, now)
        self.flush(now)

    def expire_due(self, now: float) -> None:
        """Let the hub look after those whose time may be over, as many as it may in one turn."""
        for session in self._hub.take_due(now):
            self._guard(session, now, self._hub.expire, session, now)
        self.flush(now)

    def close_all(self) -> None:
        """Close every connection."""
        for connection in list(self._connections):
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        if connection in self._connections:
            del self._connections[connection]
            connection.close(self._selector)

    def _guard(
        self,
        session: Session,
        now: float,
        act: Callable[[*Ts], None],
        *args: *Ts,
    ) -> None:
        """Do what befalls one session otherwise than by its own bytes."""
        try:
            act(*args)
        except Exception as error:  # noqa: BLE001 - as in receive
            self._fail(session, error, now)

    def _fail(self, session: Session, error: Exception, now: float) -> None:
        """Let a bug in the turn of `session` cost its table and nothing else."""
        self._hub.emit(SessionFailed(session.number, error))
        try:
            self._hub.fail(session, now)
        except Exception as again:  # noqa: BLE001 - not even the goodbye works
            self._hub.emit(SessionFailed(session.number, again))
            self._hub.forget(session, now)
