"""The server: the loop over sockets, and the clock; it knows no letter of the protocol.

One wait for whoever is ready, one reading of the clock, one turn for each of them, and one
send to each whom that turn had something to say to. No client can end the loop: what the
system refuses is caught where it is asked for, and a bug costs the one table it befell.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, DefaultSelector
from typing import ParamSpec, cast, final

from ttt_net.door import Door
from ttt_net.events import Departure, Listening, SessionFailed, Stopped
from ttt_net.hub import Hub
from ttt_net.listener import port_of
from ttt_net.session import Session, Stage

P = ParamSpec("P")


@final
class Connection:
    """A client's socket, and what the loop knows of it."""

    __slots__ = ("ended", "finished", "session", "sock", "watched")

    def __init__(self, sock: socket.socket, session: Session) -> None:
        self.sock = sock
        self.session = session
        self.watched = EVENT_READ
        """What the selector waits for."""
        self.finished = False
        """Whether our side has ended: all is sent, and the end of stream with it."""
        self.ended = False
        """Whether the client's side has ended, while it still has something to read."""


@final
class Server:
    """Carries bytes between the sockets and the hub, until it is told to stop."""

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        hub: Hub,
        clock: Callable[[], float] = time.monotonic,
        selector: BaseSelector | None = None,
    ) -> None:
        self._ports = sorted({port_of(listener) for listener in listeners})
        self._hub = hub
        self._limits = hub.limits
        self._clock = clock
        self._connections: dict[Session, Connection] = {}
        self._lost: list[tuple[Session, Departure]] = []
        self._stops = 0
        self._selector = DefaultSelector() if selector is None else selector
        self._alarm, self._bell = socket.socketpair()
        self._alarm.settimeout(0)
        self._bell.settimeout(0)
        self._selector.register(self._alarm, EVENT_READ)
        self._door = Door(listeners, self._selector, hub.limits, hub.emit)

    @property
    def connections(self) -> int:
        """How many clients have a socket open here."""
        return len(self._connections)

    @property
    def bell(self) -> int:
        """The descriptor to give to `signal.set_wakeup_fd`.

        A signal that comes just before the loop begins to wait interrupts nothing, and its
        handler in Python runs only when the loop wakes: so the signal itself has to ring.
        """
        return self._bell.fileno()

    def run(self) -> None:
        """Serve until `stop`, then tell the players and close every connection."""
        for port in self._ports:
            self._hub.emit(Listening(port))
        while not self._stops:
            self.step()
        end = self._clock() + self._limits.stopping
        self._door.close()
        self._tell_all()
        while self._connections and self._stops == 1 and (left := end - self._clock()) > 0:
            self.step(left)
        self._close_all()
        self._hub.emit(Stopped())

    def stop(self) -> None:
        """Let `run` end; said twice, at once. May be called from a handler (see `bell`)."""
        self._stops += 1
        # The bell may be full of rings that nobody has heard yet, or be closed already.
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    def close(self) -> None:
        """Close every socket without a word, and the bell."""
        self._door.close()
        self._close_all()
        self._selector.close()
        self._alarm.close()
        self._bell.close()

    def adopt(self, sock: socket.socket, peer: str) -> None:
        """Take over a connected socket whose other end is the client at `peer`."""
        self._adopt(sock, peer, self._clock())

    def step(self, timeout: float | None = None) -> None:
        """Wait, `timeout` seconds at most, and give everybody who is ready one turn."""
        ready = self._selector.select(self._patience(timeout))
        now = self._clock()
        for key, events in ready:
            connection = key.data
            if connection is None:
                self._answer(key.fileobj, now)
                continue
            if connection.session.stage is Stage.GONE:
                continue  # closed in the turn of another
            if events & EVENT_WRITE:
                self._guard(connection.session, now, self._send, connection)
            if events & EVENT_READ:
                self._guard(connection.session, now, self._receive, connection, now)
        self._settle_losses(now)
        self._look_at_clock(now)

    def _adopt(self, sock: socket.socket, peer: str, now: float) -> None:
        sock.settimeout(0)
        session = self._hub.connect(peer, now)
        connection = Connection(sock, session)
        try:
            self._selector.register(sock, EVENT_READ, connection)
        except OSError:
            self._hub.forget(session, now)
            raise
        self._connections[session] = connection
        self._flush()

    def _patience(self, timeout: float | None) -> float | None:
        """Return how long to wait for sockets before something else is due."""
        if self._lost:
            return 0
        now = self._clock()
        for due in (self._hub.next_deadline(), self._door.open_again):
            if due is not None:
                wait = max(0, due - now)
                timeout = wait if timeout is None else min(timeout, wait)
        return timeout

    def _receive(self, connection: Connection, now: float) -> None:
        session = connection.session
        try:
            data = connection.sock.recv(self._limits.read_bytes)
        except BlockingIOError:
            return
        except OSError as error:
            self._hub.lost(session, _departure(error), now)
            return
        if data:
            self._hub.receive(session, data, now)
        elif session.stage is Stage.CLOSING and session.outgoing:
            connection.ended = True
            self._watch(connection)
        else:
            self._hub.lost(session, Departure.CLOSED, now)

    def _flush(self) -> None:
        """Send, half-close or close whatever the last turn has touched."""
        touched = self._hub.touched
        for session in touched:
            connection = self._connections.get(session)
            if connection is not None:
                try:
                    self._send(connection)
                except Exception as error:  # noqa: BLE001 - as in _guard
                    self._hub.emit(SessionFailed(session.number, error))
                    self._hub.forget(session, self._clock())
                    self._close(connection)
        touched.clear()

    def _send(self, connection: Connection) -> None:
        session = connection.session
        if session.stage is Stage.GONE:
            self._close(connection)
            return
        if session.outgoing:
            try:
                sent = connection.sock.send(session.outgoing)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                session.outgoing = b""
                self._lost.append((session, _departure(error)))
                return
            session.outgoing = session.outgoing[sent:]
        if len(session.outgoing) > self._limits.unsent_bytes:
            self._lost.append((session, Departure.DEAF))
        elif not session.outgoing and session.stage is Stage.CLOSING:
            self._finish(connection)
        self._watch(connection)

    def _finish(self, connection: Connection) -> None:
        """End our side; the client's end, or the linger deadline, is waited for (item 7)."""
        if connection.ended:
            self._lost.append((connection.session, Departure.CLOSED))
        elif not connection.finished:
            connection.finished = True
            # If the connection is gone already, its reading side is about to say so.
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_WR)

    def _watch(self, connection: Connection) -> None:
        """Wait for what can still come, and for room if something is left to send."""
        events = EVENT_WRITE if connection.session.outgoing else 0
        if not connection.ended:
            events |= EVENT_READ
        if events and events != connection.watched:
            connection.watched = events
            self._selector.modify(connection.sock, events, connection)

    def _close(self, connection: Connection) -> None:
        del self._connections[connection.session]
        # The selector knows no socket that something has gone wrong with.
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.sock)
        connection.sock.close()

    def _tell_all(self) -> None:
        try:
            self._hub.stop(self._clock())
        except Exception as error:  # noqa: BLE001 - as in _guard; closing is still to be done
            self._hub.emit(SessionFailed(None, error))
        self._flush()

    def _close_all(self) -> None:
        for connection in list(self._connections.values()):
            self._close(connection)

    def _settle_losses(self, now: float) -> None:
        """Tell the hub of connections that sending has found to be over."""
        lost, self._lost = self._lost, []
        for session, departure in lost:
            self._guard(session, now, self._hub.lost, session, departure, now)

    def _look_at_clock(self, now: float) -> None:
        due = self._hub.next_deadline()
        if due is not None and due <= now:
            for session in self._hub.take_due(now):
                self._guard(session, now, self._hub.expire, session, now)
        self._door.look_at_clock(now)

    def _guard(
        self,
        session: Session,
        now: float,
        act: Callable[P, None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        """Do one session's turn. A bug in it costs its table and nothing else."""
        try:
            act(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, the house stays up
            self._hub.emit(SessionFailed(session.number, error))
            try:
                self._hub.fail(session, now)
            except Exception as again:  # noqa: BLE001 - not even the goodbye works
                self._hub.emit(SessionFailed(session.number, again))
                self._hub.forget(session, now)
        self._flush()

    def _answer(self, sock: object, now: float) -> None:
        """Hear the bell, or let in who stands before the door."""
        if sock is self._alarm:
            self._alarm.recv(4096)
            return
        for client, peer in self._door.accept(cast("socket.socket", sock), now):
            try:
                self._adopt(client, peer, now)
            except Exception as error:  # noqa: BLE001 - as in _guard
                self._hub.emit(SessionFailed(None, error))
                client.close()


def _departure(error: OSError) -> Departure:
    return Departure.RESET if isinstance(error, ConnectionError) else Departure.FAILED
