"""The outlet: hands bytes to a terminal, a pipe or a file at once, as many as it takes.

To ask first (poll(2)) is not enough: a terminal says that it has room, and then lets the writer
wait for more. And the descriptor cannot be told not to wait: the shell, and whoever else has
it, would be told so too.
"""

import fcntl
import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread

_LAST_WORDS = 0.5
"""How long the last lines may take that go through a thread, in seconds."""

_PAUSE = 0.1
"""How long the thread waits for room where the descriptor does not let it wait, in seconds."""

_PIECE = 4096
"""How many bytes the thread carries at a time."""


class Outlet:
    """Writes with `write`, which does not wait. Nothing it does raises."""

    def __init__(
        self, write: Callable[[bytes], int], close: Callable[[], None] = lambda: None
    ) -> None:
        self._write = write
        self._close = close

    def take(self, data: bytes) -> int:
        """Return how many of the first bytes of `data` could be written at once."""
        try:
            return self._write(data)
        except OSError:  # there is no room, or nobody there any more
            return 0

    def close(self) -> None:
        """Close what was opened besides the descriptor, which stays open."""
        self._close()


def outlet_to(descriptor: int) -> Outlet:
    """Return an outlet to whatever `descriptor` is, which is left as it is."""
    with suppress(OSError):  # somebody else's terminal or pipe, or there is no /proc
        return _straight(descriptor)
    with suppress(OSError, RuntimeError):  # no descriptor is left, or no thread
        return _through_a_thread(descriptor)
    return Outlet(lambda _: 0)


def _straight(descriptor: int) -> Outlet:
    mode = os.fstat(descriptor).st_mode
    if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        return Outlet(lambda _: 0)  # it is none to write to, and is not to become one
    if stat.S_ISSOCK(mode):
        sock = socket.socket(fileno=os.dup(descriptor))
        return Outlet(lambda data: sock.send(data, socket.MSG_DONTWAIT), sock.close)
    if stat.S_ISFIFO(mode) or os.isatty(descriptor):
        # Opened once more it is ours, and may be told not to wait.
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
        own = os.open(f"/proc/self/fd/{descriptor}", flags)
        return Outlet(partial(os.write, own), partial(os.close, own))
    # A file lets nobody wait. Opened once more, it would be written over from its beginning.
    return Outlet(partial(os.write, descriptor))


def _through_a_thread(descriptor: int) -> Outlet:
    """Return an outlet to a pipe of ours, from which a thread carries all on, and may wait."""
    theirs, own = os.pipe()
    os.set_blocking(own, False)
    # Nobody waits for it at the end of Python, where it may be stuck.
    thread = Thread(target=_carry, args=(theirs, descriptor), name="console", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        os.close(theirs)
        os.close(own)
        raise

    def close() -> None:
        os.close(own)
        thread.join(_LAST_WORDS)

    return Outlet(partial(os.write, own), close)


def _carry(source: int, descriptor: int) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are the loop's
    with suppress(OSError), open(source, "rb", buffering=0) as pipe:
        while data := pipe.read(_PIECE):
            while data:
                try:
                    data = data[os.write(descriptor, data) :]
                except BlockingIOError:  # somebody who shares it has told it not to wait
                    time.sleep(_PAUSE)
