"""The notifier: tells systemd how the server is doing (sd_notify(3)).

A few datagrams to the socket that NOTIFY_SOCKET names. Nobody waits for them, and one that
cannot be sent ends nothing.
"""

import errno
import os
import socket
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress

from ttt_net import Emit, Event, Hub
from ttt_net.events import Draining

STATUS_EVERY = 5.0
"""How long at least there is between two lines of status, in seconds."""

_WORDS_A_WATCHDOG_HEARS = 3
"""How many signs of life are sent in the watchdog's time, so that one may be lost."""

_MICROSECONDS = 1_000_000

_DAY = 86_400.0
"""The longest watchdog that is heeded, in seconds: no system waits for all that can be written."""


class Notifier:
    """Tells when the server is ready and when it stops, who is there, and that it is alive."""

    def __init__(self, address: str, watchdog: float | None = None) -> None:
        """Speak to the socket at `address`, a path or, after `@`, an abstract name.

        `watchdog` is how many seconds systemd lets pass without a sign of life. Raises
        OSError if the address is neither, or if there are no such sockets.
        """
        if not address.startswith(("/", "@")):
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        # Kept open: a server that has no descriptor left is alive all the same.
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.settimeout(0)
        self._alive_every = None if watchdog is None else watchdog / _WORDS_A_WATCHDOG_HEARS
        self._alive_due = 0.0
        self._status_due = 0.0
        self._told: tuple[int, int] | None = None
        self._first = "READY=1\n"
        self._prefix = ""

    def beat(
        self, now: float, connections: int, games: int, describe: Callable[[], str]
    ) -> float | None:
        """Tell what is new at `now`; to be called whenever the loop is about to wait.

        If `connections` or `games` have changed, `describe` puts the status into words.
        The first call tells that the server is ready. Returns after how many seconds the next
        one is due, None for when something has happened.
        """
        counts = (connections, games)
        if counts != self._told and now >= self._status_due:
            # If that is not taken, it is tried again when the next line is due.
            if self._say(f"{self._first}STATUS={self._prefix}{describe()}"):
                self._first, self._told = "", counts
            self._status_due = now + STATUS_EVERY
        if self._alive_every is not None and now >= self._alive_due:
            self._say("WATCHDOG=1")
            self._alive_due = now + self._alive_every
        return self._left(now, has_news=counts != self._told)

    def stop(self) -> None:
        """Tell that the server has begun to stop. The next beat tells who is still there."""
        self._first, self._told = "", None
        self._prefix = "Shutting down: "
        self._status_due = 0.0
        self._say("STOPPING=1\nSTATUS=Shutting down")

    def close(self) -> None:
        """Tell nothing any more."""
        self._sock.close()

    def _left(self, now: float, *, has_news: bool) -> float | None:
        dues = [self._status_due] if has_news else []
        if self._alive_every is not None:
            dues.append(self._alive_due)
        return max(0.0, min(dues) - now) if dues else None

    def _say(self, text: str) -> bool:
        """Send `text`; whether it was taken."""
        try:
            self._sock.sendto(text.encode(), self._address)
        except OSError:
            return False
        return True


@contextmanager
def notifier_from(environment: MutableMapping[str, str], pid: int) -> Iterator[Notifier | None]:
    """Make a notifier of what systemd has left in the `environment` for the process `pid`.

    None where there is no systemd that wants to be told.
    """
    address = environment.pop("NOTIFY_SOCKET", "")
    span = environment.pop("WATCHDOG_USEC", "")
    meant = environment.pop("WATCHDOG_PID", str(pid))
    guarded = meant == str(pid) and span.isascii() and span.isdigit() and float(span) > 0
    notifier = None
    with suppress(OSError):
        notifier = Notifier(address, min(float(span) / _MICROSECONDS, _DAY) if guarded else None)
    try:
        yield notifier
    finally:
        if notifier is not None:
            notifier.close()


def hearing(notifier: Notifier | None, emit: Emit) -> Emit:
    """Return what lets `notifier`, if there is one, hear of the end besides `emit`."""
    if notifier is None:
        return emit

    def hear(event: Event) -> None:
        emit(event)
        if isinstance(event, Draining):
            notifier.stop()

    return hear


def beating(
    notifier: Notifier | None,
    hub: Hub,
    before_wait: Callable[[], None],
    describe: Callable[[], str],
) -> Callable[[], float | None]:
    """Return what lets `notifier`, if there is one, tell of `hub` after each `before_wait`."""
    if notifier is None:
        return before_wait

    def beat() -> float | None:
        before_wait()
        return notifier.beat(time.monotonic(), hub.connections, hub.games, describe)

    return beat
