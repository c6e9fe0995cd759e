"""The log file as the tests read it."""

import re
from pathlib import Path

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
