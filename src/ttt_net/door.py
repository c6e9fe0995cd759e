"""The door: accepts who has connected, and pauses when the system has no room for more."""

import contextlib
import errno
import socket
from collections.abc import Callable, Iterator, Sequence
from math import inf
from selectors import EVENT_READ, BaseSelector
from typing import TypeVarTuple

from ttt_net.events import AcceptFailed, Emit
from ttt_net.limits import Limits
from ttt_net.listener import peer_of

Ts = TypeVarTuple("Ts")

_NO_ROOM = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC))
"""Of descriptors, of memory, or for one more in the selector."""

_OF_ONE_CONNECTION = frozenset(
    getattr(errno, name, 0)
    for name in (
        "ECONNABORTED",
        "EPERM",
        "EPROTO",
        "ENETDOWN",
        "ENETUNREACH",
        "ENONET",
        "ENOPROTOOPT",
        "EHOSTDOWN",
        "EHOSTUNREACH",
        "EOPNOTSUPP",
    )
)
"""What has befallen one connection in the queue, and not the next one (accept(2))."""


class Door:
    """The listening sockets of one server, watched by its selector while they are open."""

    __slots__ = (
        "_make_room",
        "_told",
        "due",
        "emit",
        "limits",
        "listeners",
        "selector",
    )

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        selector: BaseSelector,
        limits: Limits,
        emit: Emit,
        make_room: Callable[[], bool],
    ) -> None:
        """Take over `listeners`; `make_room` closes a connection that is not needed any more.

        It returns whether there was one.
        """
        self.listeners = list(listeners)
        """Those that are open."""
        self.selector = selector
        self.limits = limits
        self.emit = emit
        self._make_room = make_room
        self._told = False
        self.due = inf
        """When a pause is over, in monotonic seconds; inf while there is none."""
        self._watch()

    def accept(self, listener: socket.socket, now: float) -> Iterator[tuple[socket.socket, str]]:
        """Accept who has connected to `listener`, with their addresses.

        A bounded number, so that games go on in a rush. Where the system refuses, for want
        of descriptors or of memory, and no room can be made, the door is closed for a while:
        it would only refuse again, at once, and the loop would spin.
        """
        if self.due != inf:
            return  # another listener has just found that there is no room
        refused: OSError | None = None
        for attempt in range(self.limits.accepts):
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                refused = error
                if self._goes_on(error, attempt, now):
                    continue
                return
            refused = None
            yield sock, peer_of(address)
            if self.due != inf:
                return  # there was no room for this one behind the door
            self._told = False
        if refused is not None:
            self._pause(refused, now)  # it befalls them all, it seems

    def with_room(self, now: float, act: Callable[[*Ts], object], *args: *Ts) -> bool:
        """Do what takes room for somebody who has been accepted; whether it has been done.

        Where there is none, somebody gives way and it is tried once more; if nobody does, or
        that has not helped, the door pauses. Raises what `act` raises for any other reason.
        """
        error = _want_of_room(act, *args)
        if error is not None and self._make_room():
            error = _want_of_room(act, *args)
        if error is not None:
            self._pause(error, now)
        return error is None

    def give_way(self) -> bool:
        """Close one that waits here; whether there is one. Nobody does: they are all let in."""
        return False

    def look_at_clock(self, now: float) -> None:
        """Open again if the pause is over, or pause again if there is no room even for that."""
        if self.due <= now:
            self.reopen(now)

    def reopen(self, now: float) -> None:
        """End the pause, if there is one, be it over or not."""
        if self.due != inf:
            self.due = inf
            try:
                self._watch()
            except OSError as error:
                self._pause(error, now)

    def close(self) -> None:
        """Close for good."""
        for listener in self.listeners:
            if self.due == inf:
                self.selector.unregister(listener)
            listener.close()
        self.listeners.clear()
        self.due = inf

    def _goes_on(self, error: OSError, attempt: int, now: float) -> bool:
        """Whether to accept on, in this turn, when the `attempt`, from 0 on, was refused."""
        if error.errno in _OF_ONE_CONNECTION:
            return True
        if attempt > 0:
            # The system says so even if nobody is left in the queue, and then nobody is to give
            # way. If somebody is, the selector tells of it again.
            return False
        if error.errno in _NO_ROOM and self._make_room():
            return True
        self._pause(error, now)
        return False

    def _pause(self, error: OSError, now: float) -> None:
        if not self._told:
            self._told = True
            self.emit(AcceptFailed(error, self.limits.accept_pause))
        self.due = now + self.limits.accept_pause
        for listener in self.listeners:
            # Those that the selector had no room for it does not know.
            with contextlib.suppress(KeyError):
                self.selector.unregister(listener)

    def _watch(self) -> None:
        for listener in self.listeners:
            self.selector.register(listener, EVENT_READ)


def _want_of_room(act: Callable[[*Ts], object], *args: *Ts) -> OSError | None:
    """Do `act`, and return what the system says if it has no room for that."""
    try:
        act(*args)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        return error
    return None
