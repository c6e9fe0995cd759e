"""The descriptors: which numbers the simulated system has given to which of its files."""

from heapq import heappop, heappush
from itertools import count
from typing import Protocol

FIRST_DESCRIPTOR = 1_000_000
"""Beyond those of the machine that the simulation runs on."""


class File(Protocol):
    """Whatever can be open and waited for."""

    spins: int
    """How often it was said to be ready since something was done about it."""

    @property
    def events(self) -> int: ...


class Descriptors:
    """All files that are open."""

    def __init__(self) -> None:
        self._files: dict[int, File] = {}
        self._free: list[int] = []
        self._next = count(FIRST_DESCRIPTOR)

    def __len__(self) -> int:
        return len(self._files)

    def open(self, file: File) -> int:
        """Give `file` the lowest number that is free: the one that was closed just now, maybe."""
        fd = heappop(self._free) if self._free else next(self._next)
        self._files[fd] = file
        return fd

    def close(self, fd: int) -> None:
        """Let `fd` be nobody's."""
        del self._files[fd]
        heappush(self._free, fd)

    def get(self, fd: int) -> File | None:
        """Return what is open as `fd`, or None if that is no simulated file."""
        return self._files.get(fd)
