"""The console: lines on the standard error output, coloured on a terminal, never waited for."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from typing import TextIO


class Console:
    """Writes lines for a person. Nothing it does raises, and nothing that hangs it is waited for.

    A terminal that has been stopped (Ctrl-S) or a pipe that nobody reads takes no more lines:
    they are left out, and how many is said as soon as it takes some again.
    """

    def __init__(self, stream: TextIO | None = None, *, color: bool = True) -> None:
        # There is none if the standard error output was closed before the start.
        self._stream: TextIO | None = sys.stderr if stream is None else stream
        self._left_out = 0
        self.colors = color and _wants_color(self._stream)
        """Whether lines may have colours."""

    def write(self, text: str) -> None:
        """Write `text`, whole lines with their newlines, as far as it can be done at once."""
        if self._stream is None or self._stream.closed:
            return
        with contextlib.suppress(OSError, ValueError):
            descriptor = _descriptor(self._stream)
            if descriptor is None:
                self._stream.write(text)
                self._stream.flush()
                return
            for lines in _cut(text.encode(self._stream.encoding, "backslashreplace")):
                self._write(descriptor, lines)

    def _write(self, descriptor: int, lines: bytes) -> None:
        """Write past the buffer of the stream.

        What nobody takes would stay in it, and spoil the exit code at the very end.
        """
        if not _takes_more(descriptor):
            self._left_out += lines.count(b"\n")
            return
        if self._left_out:
            lines = b"(%d lines were left out here)\n%b" % (self._left_out, lines)
            self._left_out = 0
        os.write(descriptor, lines)


def _cut(data: bytes) -> Iterator[bytes]:
    """Cut `data` between its lines: a pipe that takes more takes so much without waiting."""
    while len(data) > select.PIPE_BUF:
        end = (data.rfind(b"\n", 0, select.PIPE_BUF) + 1) or (data.index(b"\n") + 1)
        yield data[:end]
        data = data[end:]
    yield data


def _wants_color(stream: TextIO | None) -> bool:
    if stream is None or stream.closed:
        return False
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except OSError:
        return None  # it lies in memory


def _takes_more(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))
