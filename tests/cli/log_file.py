"""The log file as the tests read it, and a disk that has no room for it."""

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.consoles import Screen

NUMBERED = [f"line {number}" for number in range(40)]

STAMPED = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] (DEBUG|INFO|WARNING|ERROR): (.*)\n")


def messages(file: Path) -> list[str]:
    """Return what the lines of `file` say; every one of them must be stamped."""
    return [message for _, message in entries(file)]


def entries(file: Path) -> list[tuple[str, str]]:
    """Return the level and the message of each line of `file`, which must all be stamped."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        stamped = STAMPED.fullmatch(line)
        assert stamped, f"{line!r} has no stamp"
        found.append((stamped[2], stamped[3]))
    return found


def number_of_reports(screen: Screen) -> int:
    return screen.getvalue().count("cannot be written")


@contextmanager
def no_room_past(size: int) -> Iterator[None]:
    """Let no file grow past `size`: the system refuses, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
