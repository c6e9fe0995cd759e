"""The console: lines on the standard error output, coloured on a terminal, never waited for."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from typing import TextIO

INFORMATIONAL = 6
"""The priority of an ordinary line, for syslog(3)."""


class Console:
    """Writes lines for a person. Nothing it does raises, and nothing that hangs it is waited for.

    A terminal that has been stopped (Ctrl-S) or a pipe that nobody reads takes no more lines:
    they are left out, and how many is said as soon as it takes some again.
    """

    def __init__(self, stream: TextIO | None = None, *, color: bool = True) -> None:
        # There is none if the standard error output was closed before the start.
        self._stream: TextIO | None = sys.stderr if stream is None else stream
        self._left_out = 0
        self._is_journal = _is_journal(self._stream)
        self.colors = color and _wants_color(self._stream)
        """Whether lines may have colours."""

    def write(self, text: str, priority: int = INFORMATIONAL) -> None:
        """Write `text`, whole lines with their newlines, as far as it can be done at once.

        The `priority`, one of those of syslog(3), is said to systemd's journal only.
        """
        if self._stream is None or self._stream.closed:
            return
        if self._is_journal:
            # The journal takes each line by itself (sd-daemon(3)).
            text = "".join(f"<{priority}>{line}\n" for line in text[:-1].split("\n"))
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


def _is_journal(stream: TextIO | None) -> bool:
    """Tell whether `stream` is the one that systemd has connected with its journal."""
    if stream is None or stream.closed:
        return False
    descriptor = _descriptor(stream)
    if descriptor is None:
        return False
    status = os.fstat(descriptor)
    # Whoever sends the output elsewhere hands on the variable all the same (systemd.exec(5)).
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except OSError:
        return None  # it lies in memory


def _takes_more(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))
