"""The console: lines on the standard error output, coloured on a terminal, never waited for."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from typing import TextIO

from ttt_cli.outlet import Outlet, outlet_to

INFORMATIONAL = 6
"""The priority of an ordinary line, for syslog(3)."""


class Console:
    """Writes lines for a person. Nothing it does raises, and nothing that hangs it is waited for.

    A terminal that has been stopped (Ctrl-S) or a pipe that nobody reads takes no more lines:
    they are left out, and how many is said as soon as it takes some again. A line that was
    half written by then is finished first.
    """

    def __init__(self, stream: TextIO | None = None, *, color: bool = True) -> None:
        # There is none if the standard error output was closed before the start.
        self._stream: TextIO | None = sys.stderr if stream is None else stream
        self._left_out = 0
        self._unfinished = b""
        descriptor = _descriptor(self._stream)
        self._outlet = None if descriptor is None else outlet_to(descriptor)
        self._is_journal = descriptor is not None and _is_journal(descriptor)
        self.colors = color and _wants_color(self._stream)
        """Whether lines may have colours."""

    @property
    def is_behind(self) -> bool:
        """Whether a line is only half there, or it is still to be said that some are not."""
        return bool(self._left_out or self._unfinished)

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
            if self._outlet is None:
                self._stream.write(text)
                self._stream.flush()
                return
            # Past the buffer of the stream: what nobody takes would stay in it, and spoil the
            # exit code at the very end.
            for lines in _cut(text.encode(self._stream.encoding, "backslashreplace")):
                self._write(self._outlet, lines)

    def catch_up(self) -> None:
        """Finish the line that is half there and say how many are not, if there is room."""
        if self._outlet is not None:
            self._catch_up(self._outlet)

    def close(self) -> None:
        """Catch up if that can be done, and write nothing any more. The stream stays open."""
        self.catch_up()
        outlet, self._outlet, self._stream = self._outlet, None, None
        if outlet is not None:
            outlet.close()

    def _write(self, outlet: Outlet, lines: bytes) -> None:
        if self.is_behind:
            self._catch_up(outlet)
        if self.is_behind:
            self._left_out += lines.count(b"\n")
        else:
            self._left_out = self._begin(outlet, lines)

    def _catch_up(self, outlet: Outlet) -> None:
        if self._unfinished:
            self._unfinished = self._unfinished[outlet.take(self._unfinished) :]
        if self._left_out and not self._unfinished:
            notice = b"(%d lines were left out here)\n" % self._left_out
            if self._begin(outlet, notice) == 0:
                self._left_out = 0

    def _begin(self, outlet: Outlet, lines: bytes) -> int:
        """Write `lines`; return how many there was no room to begin."""
        taken = outlet.take(lines)
        end = lines.index(b"\n", taken - 1) + 1 if taken else 0
        self._unfinished = lines[taken:end]
        return lines.count(b"\n", end)


def _cut(data: bytes) -> Iterator[bytes]:
    """Cut `data` between its lines: a pipe keeps so much together, or takes none of it."""
    while data:
        end = (data.rfind(b"\n", 0, select.PIPE_BUF) + 1) or (data.index(b"\n") + 1)
        yield data[:end]
        data = data[end:]


def _wants_color(stream: TextIO | None) -> bool:
    if stream is None or stream.closed:
        return False
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _is_journal(descriptor: int) -> bool:
    """Tell whether `descriptor` is the one that systemd has connected with its journal."""
    status = os.fstat(descriptor)
    # Whoever sends the output elsewhere hands on the variable all the same (systemd.exec(5)).
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _descriptor(stream: TextIO | None) -> int | None:
    if stream is None or stream.closed:
        return None
    try:
        return stream.fileno()
    except OSError:
        return None  # it lies in memory
