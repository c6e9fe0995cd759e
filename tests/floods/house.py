"""The server under the floods: what it costs, as the system counts it."""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

from tests.system.process import Running

PATIENCE = 120.0
"""Seconds after which what should have come about has not."""


class House:
    """One running server, looked at from outside."""

    def __init__(self, server: Running) -> None:
        self._server = server
        self._proc = Path(f"/proc/{server.pid}")

    @property
    def files(self) -> int:
        """How many files it has open."""
        return len(list((self._proc / "fd").iterdir()))

    @property
    def memory(self) -> float:
        """What of it is in memory, in MB."""
        pages = int((self._proc / "statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6

    @property
    def cpu(self) -> float:
        """How many seconds it has computed."""
        fields = (self._proc / "stat").read_text("latin-1").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def limit_files(self, most: int | None = None) -> None:
        """Let it open files up to the number `most`; None for as many as it may ever have."""
        _, hard = resource.prlimit(self._server.pid, resource.RLIMIT_NOFILE)
        soft = hard if most is None else most
        resource.prlimit(self._server.pid, resource.RLIMIT_NOFILE, (soft, hard))

    def highest_file(self) -> int:
        return max(int(entry.name) for entry in (self._proc / "fd").iterdir())


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Wait until `condition` holds; whether it came to hold in time."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
