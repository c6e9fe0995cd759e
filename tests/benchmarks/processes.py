"""Processes: where they run, and how much CPU they have used."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Cpu(NamedTuple):
    """Seconds of CPU."""

    user: float
    system: float


class Places(NamedTuple):
    """The CPUs of a benchmark; empty where processes cannot be told where to run."""

    server: frozenset[int]
    load: frozenset[int]


def places() -> Places:
    """Give the server the first CPU there is, and the load the others."""
    try:
        first, *others = sorted(os.sched_getaffinity(0))
    except AttributeError:
        return Places(frozenset(), frozenset())
    return (
        Places(frozenset((first,)), frozenset(others))
        if others
        else Places(frozenset(), frozenset())
    )


@contextmanager
def started_on(cpus: frozenset[int]) -> Iterator[None]:
    """Let the processes that are started meanwhile, and theirs, run on `cpus` alone."""
    if not cpus:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tree_of(pid: int) -> list[int]:
    """Return `pid` and all processes that come from it."""
    parents = {}
    for stat in PROC.glob("[0-9]*/stat"):
        fields = _fields(stat)
        if fields:
            parents[int(stat.parent.name)] = int(fields[1])
    tree = [pid]
    for known in tree:  # grows
        tree.extend(child for child, parent in parents.items() if parent == known)
    return tree


def cpu_seconds(pids: Sequence[int]) -> Cpu | None:
    """Return what these processes, and those they have waited for, have used so far.

    None where /proc does not tell. It counts in ticks, mostly of 10 ms.
    """
    found = [fields for pid in pids if (fields := _fields(PROC / str(pid) / "stat"))]
    if not found:
        return None
    tick = os.sysconf("SC_CLK_TCK")
    # utime, stime, cutime and cstime, counted from the state, which is the first field here.
    user = sum(int(fields[11]) + int(fields[13]) for fields in found)
    system = sum(int(fields[12]) + int(fields[14]) for fields in found)
    return Cpu(user / tick, system / tick)


def _fields(stat: Path) -> list[str]:
    """Return what follows the name of the process, which may hold anything; [] if it is gone."""
    try:
        return stat.read_text("latin-1").rpartition(")")[2].split()
    except OSError:
        return []
