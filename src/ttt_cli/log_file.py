"""The log file: appended to line by line, moved aside when it is full.

loguru could write a file by itself. It would then buffer what a full disk does not take,
take braces in a name for a time, and when it deletes old files, take a neighbour's for its
own; and each line would cost twice as much.
"""

import os
import stat
from pathlib import Path

_MOST_LINKS = 40
"""How many links Linux follows to a file (path_resolution(7))."""


class NotMovedAside(OSError):
    """The file is full and cannot be moved aside, or not to its place; no line is lost by that."""


class LogFile:
    """A file that lines are appended to, whole and at once. Everything may raise OSError."""

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        """Take `path`; beyond `max_bytes` it becomes `path.1`, that one `path.2`, up to `keep`.

        If `path` is a link, so does the file behind it, where that lies.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._descriptor: int | None = None
        self._unfinished = False

    def write(self, line: str) -> None:
        """Append `line`, which ends with its newline; raises NotMovedAside after doing so."""
        data = line.encode(errors="backslashreplace")
        size = self._size_by_name()
        failure = None
        if size is None:
            self.open()
        elif 0 < size > self._max_bytes - len(data):
            failure = self._move_aside()
        self._append(b"\n" + data if self._unfinished else data)
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Close the file; a line written later opens it again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def open(self) -> None:
        """Open the file, making it and its directories if they are not there."""
        self.close()
        self._descriptor = self._open()
        self._unfinished = False

    def reopen(self) -> None:
        """Open the file anew by its name, if it is open: it may have been moved away.

        May come in the middle of a `write`: the descriptor keeps its number, so that whatever
        is being written goes to one file or the other.
        """
        if self._descriptor is not None:
            fresh = self._open()
            os.dup2(fresh, self._descriptor, inheritable=False)
            os.close(fresh)

    def _open(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Not blocking: nobody may hold up the games by not reading a pipe.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        return os.open(self._path, flags, 0o644)

    def _size_by_name(self) -> int | None:
        """Return the length of the file, 0 for a pipe or a device, which cannot be full.

        None if the name belongs to another file by now, or to none, as after logrotate.
        """
        if self._descriptor is None:
            return None
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return None
        if not os.path.samestat(named, os.fstat(self._descriptor)):
            return None
        return named.st_size if stat.S_ISREG(named.st_mode) else 0

    def _place(self) -> Path | None:
        """Return the name of the file itself, behind all links.

        None if only a descriptor leads to it, as with /dev/stdout: whatever it were renamed
        to, it would be the one that is opened next. And None if the links lead nowhere, which
        somebody must just have changed.
        """
        path = self._path
        for _ in range(_MOST_LINKS):
            if not path.is_symlink():
                return path
            if os.path.realpath(path.parent).startswith("/proc/"):
                return None
            path = path.parent / path.readlink()
        return None

    def _move_aside(self) -> NotMovedAside | None:
        """Move the file aside and begin a new one, or return why that cannot be done."""
        try:
            place = self._place()
            if place is None:
                return None
            self._number_aside(place)  # if it was cut short the last time
            # Not to its number at once, for this is what fails if anything does: what was
            # moved aside before must not be pushed out for nothing.
            place.rename(_aside(place, 0))
            self.reopen()
            self._unfinished = False
            self._number_aside(place)
        except OSError as error:
            return NotMovedAside(error.errno, error.strerror)
        return None

    def _number_aside(self, place: Path) -> None:
        """Let the file just moved aside, if there is one, be the first, and the others later.

        Up to the first number that is free, or that is not to be kept.
        """
        if not _aside(place, 0).is_file():
            return
        free = 0
        while free < self._keep and _aside(place, free).exists():
            free += 1
        if free == 0:
            _aside(place, 0).unlink()
        for number in range(free, 0, -1):
            _aside(place, number - 1).rename(_aside(place, number))

    def _append(self, data: bytes) -> None:
        """Write all of `data`, or raise; a part of it may be there then (a full disk)."""
        assert self._descriptor is not None
        while data:
            written = os.write(self._descriptor, data)
            data = data[written:]
            self._unfinished = bool(data)


def _aside(place: Path, number: int) -> Path:
    return place.with_name(f"{place.name}.{number}")
