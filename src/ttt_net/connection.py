"""A connection: a client's socket, what is still to be sent on it, and how our side ends."""

import socket
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector
from typing import final

from ttt_net.events import Departure
from ttt_net.session import CLOSING, Session


@final
class Connection:
    """The socket of one session, watched by a selector."""

    __slots__ = ("_watched", "half_closed", "session", "sock")

    def __init__(self, sock: socket.socket, session: Session, selector: BaseSelector) -> None:
        """Take over `sock`. Raises OSError if the selector has no room for it."""
        self.sock = sock
        self.session = session
        self.half_closed = False
        """Whether the client's side has ended, while it still has something to read."""
        self._watched = EVENT_READ
        sock.settimeout(0)
        selector.register(sock, EVENT_READ, self)

    def send(self, selector: BaseSelector, most_unsent: int) -> Departure | None:
        """Send what can be sent at once, and end our side after the last message.

        Returns how the connection has turned out to be over, if it has. Raises nothing for
        what the other end or the system does.
        """
        session = self.session
        unsent = session.outgoing
        if unsent:
            try:
                session.outgoing = unsent = unsent[self.sock.send(unsent) :]
            except BlockingIOError:
                pass
            except OSError as error:
                session.outgoing = b""
                return departure_of(error)
        if unsent or self._watched != EVENT_READ:
            if len(unsent) > most_unsent:
                return Departure.DEAF
            self.watch(selector)
        if session.stage is CLOSING and not unsent:
            return self._finish()
        return None

    def watch(self, selector: BaseSelector) -> None:
        """Wait for what can still come, and for room if something is left to send."""
        events = EVENT_WRITE if self.session.outgoing else 0
        if not self.half_closed:
            events |= EVENT_READ
        if events and events != self._watched:
            self._watched = events
            selector.modify(self.sock, events, self)

    def close(self, selector: BaseSelector) -> None:
        """Close the socket."""
        try:  # noqa: SIM105 - `suppress` takes three calls where nothing is to be suppressed
            selector.unregister(self.sock)
        except (KeyError, ValueError):
            pass  # it knows no socket that something has gone wrong with
        self.sock.close()

    def _finish(self) -> Departure | None:
        """End our side; the client's end, or the linger deadline, is waited for (item 7)."""
        if self.half_closed:
            return Departure.CLOSED
        try:  # noqa: SIM105 - as in close
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone already: its reading side is about to say so
        return None


def departure_of(error: OSError) -> Departure:
    """Say how a connection is over whose socket has raised `error`."""
    return Departure.RESET if isinstance(error, ConnectionError) else Departure.FAILED
