"""A connection: a session with its socket; how it is sent to, and how our side ends."""

import socket
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector
from typing import final

from ttt_net.events import Departure
from ttt_net.session import CLOSING, Session

READ_FIRST = 256
"""How much is read at first, in bytes: all that a client of this protocol has to say at once.

The memory for it costs Python next to nothing, as that for 512 bytes and more does not.
"""

_DROPPED_AT_ONCE = 65536
"""How much is read at once from a client to whom all has been said: it is not looked at."""

_MORE = getattr(socket, "MSG_MORE", 0)
"""Says that the end of our side follows at once: Linux lets both travel in one packet."""


@final
class Connection(Session):
    """A session whose client is at the other end of a socket, watched by a selector.

    One object and not two, for it is at hand wherever either of them is needed; the hub sees
    the session in it, and the rest is the carrier's.
    """

    __slots__ = ("_watched", "half_closed", "sock")

    def __init__(
        self, sock: socket.socket, peer: str, touched: list[Session], selector: BaseSelector
    ) -> None:
        """Take over `sock`. Raises OSError if the selector has no room for it."""
        super().__init__(peer, touched)
        self.sock = sock
        self.half_closed = False
        """Whether the client's side has ended, while it still has something to read."""
        self._watched = EVENT_READ
        sock.settimeout(0)
        selector.register(sock, EVENT_READ, self)

    def read_on(self, most: int) -> bytes:
        """Read up to `most` bytes more, if they have come. Raises OSError, as `recv`.

        From a client to whom all has been said nothing is returned, and more is dropped.
        """
        dropped = self.stage is CLOSING
        try:
            data = self.sock.recv(_DROPPED_AT_ONCE if dropped else most)
        except BlockingIOError:
            return b""
        return b"" if dropped else data

    def send(self, selector: BaseSelector, most_unsent: int) -> Departure | None:
        """Send what can be sent at once, and end our side after the last message.

        Returns how the connection has turned out to be over, if it has. Raises nothing for
        what the other end or the system does.
        """
        unsent = self.outgoing
        is_last = self.stage is CLOSING
        if unsent:
            try:
                sent = self.sock.send(unsent, _MORE) if is_last else self.sock.send(unsent)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                self.outgoing = b""
                return departure_of(error)
            if sent == len(unsent):
                self.outgoing = b""
            elif len(unsent) - sent > most_unsent:
                return Departure.DEAF
            else:
                self.outgoing = unsent[sent:]
                self.watch(selector)
                return None
        if self._watched != EVENT_READ:
            self.watch(selector)
        return self._finish() if is_last else None

    def watch(self, selector: BaseSelector) -> None:
        """Wait for what can still come, and for room if something is left to send."""
        events = EVENT_WRITE if self.outgoing else 0
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
