"""The server: the loop over sockets, and the clock; it knows no letter of the protocol.

One wait for whoever is ready, one reading of the clock, one turn for each of them, and one
send to each whom that turn had something to say to. No client can end the loop: what the
system refuses is caught where it is asked for, and a bug costs the one table it befell.
"""

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from math import ceil, inf
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, SelectorKey
from typing import cast, final

from ttt_net.bell import Bell
from ttt_net.carrier import Carrier
from ttt_net.door import Door
from ttt_net.epoll import selector_for_loop
from ttt_net.events import Listening, SessionFailed, Stopped
from ttt_net.hub import Hub
from ttt_net.listener import port_of
from ttt_net.vestibule import Network, Vestibule


@final
class Server:
    """Gives everybody a turn who comes or has something to say, until it is told to stop."""

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        hub: Hub,
        clock: Callable[[], float] = time.monotonic,
        selector: BaseSelector | None = None,
        before_wait: Callable[[], float | None] = lambda: None,
        balancers: Sequence[Network] = (),
    ) -> None:
        """Serve those who come to `listeners`, through `balancers` alone if there are any.

        `before_wait` is called whenever the loop is about to wait: the moment for what may
        be done for many clients at once, such as writing the log. If it returns a number,
        the loop waits for so many seconds at most, whether anything happens or not. Raises
        OSError, with everything closed, if the system has no room to watch the listeners.
        """
        self._ports = sorted({port_of(listener) for listener in listeners})
        self._hub = hub
        self._limits = hub.limits
        self._clock = clock
        self._before_wait = before_wait
        self._stops = 0
        with ExitStack() as undo:
            for listener in listeners:
                undo.callback(listener.close)
            self._selector = undo.enter_context(selector or selector_for_loop())
            self.bell = undo.enter_context(closing(Bell()))
            """Wakes the loop; its cord is for `signal.set_wakeup_fd`."""
            self._selector.register(self.bell, EVENT_READ)
            door = Door(listeners, self._selector, hub.limits, hub.emit, self._make_room)
            undo.pop_all()
        self._carrier = Carrier(hub, self._selector)
        self._door = Vestibule(door, balancers, lambda: self.connections) if balancers else door

    @property
    def connections(self) -> int:
        """How many clients have a socket open here."""
        return len(self._carrier)

    def run(self, *, leave_queue: bool = False) -> None:
        """Serve until `stop`, let the games come to an end, and close every connection.

        Who stands before the door then is let in, to be told; `leave_queue` leaves them to
        the next server, for listeners that somebody else holds open too. Games are given
        `Limits.drain` seconds; who is in none, and whose game is not over then, is told so,
        and given `Limits.stopping` seconds to read it.
        """
        for port in self._ports:
            self._hub.emit(Listening(port))
        while not self._stops:
            self.step()
        if not leave_queue:
            self._let_in_the_last()
        self._door.close()
        self._attempt(self._hub.drain)
        self._go_on(self._limits.drain, lambda: self._hub.games)
        self._attempt(self._hub.stop)
        self._go_on(self._limits.stopping, lambda: self.connections)
        self._carrier.close_all()
        self._hub.emit(Stopped())

    def stop(self) -> None:
        """Let `run` come to its end; said twice, at once. May be called from a signal handler."""
        self._stops += 1
        self.bell.ring()

    def close(self) -> None:
        """Close every socket without a word, and the bell."""
        self._door.close()
        self._carrier.close_all()
        self._selector.close()
        self.bell.close()

    def adopt(self, sock: socket.socket, peer: str) -> None:
        """Take over a connected socket whose other end is the client at `peer`.

        For who has a socket that came to no listener, as a test, or one end of a pair.
        """
        now = self._clock()
        try:
            self._carrier.adopt(sock, peer, now)
        finally:
            self._carrier.flush(now)

    def step(self, timeout: float = inf) -> None:
        """Wait, `timeout` seconds at most, and give everybody who is ready one turn."""
        due = min(self._hub.next_deadline(), self._door.due)
        ready = self._selector.select(self._patience(due, timeout))
        now = self._clock()
        self._hear(ready, now)
        if due <= now:
            # Whatever has come by now has come in time, however long the machine has left the
            # server alone: it is read before anybody is given up.
            self._hear(self._selector.select(0), now)
            self._carrier.expire_due(now)
            self._door.look_at_clock(now)

    def _hear(self, ready: list[tuple[SelectorKey, int]], now: float) -> None:
        """Give everybody who is `ready` one turn, and send what there is to say after that."""
        carrier, touched = self._carrier, self._hub.touched
        for key, events in ready:
            connection = key.data
            if connection is None:
                self._answer(key.fileobj, now)
                continue
            if events != EVENT_READ:
                touched.append(connection)  # there is room to send
            if events != EVENT_WRITE:
                carrier.receive(connection, now)
        # Once for the whole round: who sleeps at the other end of a socket is woken by the
        # first of many sends, instead of falling asleep between any two of them.
        carrier.flush(now)
        if carrier.lost:
            carrier.settle_losses(now)

    def _patience(self, due: float, timeout: float) -> float | None:
        """Return how long to wait for sockets; None is for ever.

        Until something is `due` that no socket tells of, or the `timeout` is over.
        """
        rest = self._before_wait()
        if rest is not None and rest < timeout:
            timeout = rest
        if self._carrier.lost:
            return 0
        if due != inf and (left := due - self._clock()) < timeout:
            timeout = left
        return None if timeout == inf else timeout

    def _make_room(self) -> bool:
        """Close who has lingered longest, or else who is not let in yet; whether there is one."""
        now = self._clock()
        self._carrier.flush(now)
        found = self._hub.give_way() or self._door.give_way()
        self._carrier.flush(now)
        return found

    def _let_in_the_last(self) -> None:
        """Let in those who have been standing before the door already."""
        now = self._clock()
        self._door.reopen(now)
        # Not only until nobody comes: of a helping that balancers sent, nobody may be announced.
        for _ in range(ceil(self._limits.backlog / self._limits.accepts)):
            callers = {key.fileobj for key, _ in self._selector.select(0)}
            for listener in self._door.listeners:
                if listener in callers:
                    self._let_in(listener, now)

    def _attempt(self, farewell: Callable[[float], None]) -> None:
        """Say `farewell` to all. A bug in that does not keep the server up."""
        now = self._clock()
        try:
            farewell(now)
        except Exception as error:  # noqa: BLE001 - closing is still to be done
            self._hub.emit(SessionFailed(None, error))
        self._carrier.flush(now)

    def _go_on(self, seconds: float, there_is: Callable[[], int]) -> None:
        """Go on for as long as `there_is` something to wait for, but not if told to stop again."""
        end = self._clock() + seconds
        while there_is() and self._stops == 1 and (left := end - self._clock()) > 0:
            self.step(left)

    def _answer(self, caller: object, now: float) -> None:
        """Hear the bell, or let in who stands before the door."""
        if caller is self.bell:
            self.bell.hear()
        else:
            self._let_in(cast("socket.socket", caller), now)

    def _let_in(self, listener: socket.socket, now: float) -> None:
        """Let in who stands before the door, as many as may come in one turn."""
        for client, peer in self._door.accept(listener, now):
            try:
                is_in = self._door.with_room(now, self._carrier.adopt, client, peer, now)
            except Exception as error:  # noqa: BLE001 - whatever it is, the house stays up
                self._hub.emit(SessionFailed(None, error))
                is_in = False
            if not is_in:
                client.close()
