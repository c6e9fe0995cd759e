"""The bell: wakes a loop that waits for its sockets, from a signal or its handler."""

import contextlib
import socket
from typing import final


@final
class Bell:
    """A pair of sockets: what is written to one end makes the other one readable."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.settimeout(0)
        self._theirs.settimeout(0)

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._ours.fileno()

    @property
    def cord(self) -> int:
        """The descriptor that rings when something is written to it: for `set_wakeup_fd`.

        A signal that comes just before the loop begins to wait interrupts nothing, and its
        handler in Python runs only when the loop wakes: so the signal itself has to ring.
        """
        return self._theirs.fileno()

    def ring(self) -> None:
        """Wake the loop. May be called from a signal handler."""
        # It may be full of rings that nobody has heard yet, or be closed already.
        with contextlib.suppress(OSError):
            self._theirs.send(b"!")

    def hear(self) -> None:
        """Take note of all rings so far; to be called when the descriptor is readable."""
        self._ours.recv(4096)

    def close(self) -> None:
        """Take it down."""
        self._ours.close()
        self._theirs.close()
