"""Run the floods over the installed server: `python -m tests.floods`; one minute.

Prints a line for each promise with what was seen of it. The exit code is 1 if one is broken.
Not part of the tests: its figures are those of the machine it runs on.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.floods.blackout import blackout
from tests.floods.house import House
from tests.floods.measures import (
    Figure,
    flood,
    hostile_peer,
    out_of_files,
    partings,
    rush,
)
from tests.system.process import Shell


def figures(shell: Shell) -> Iterator[Figure]:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    house = House(server)
    # First of all: nobody has been here yet who could have left memory for the next.
    yield from flood(house, port, dropped=5_000, silent=2_000, seconds=20)
    yield from rush(port, 500)
    yield from partings(port, 60)
    yield from out_of_files(house, port, 5)
    yield from hostile_peer(house, port)
    yield from blackout(port)


def main() -> int:
    kept = True
    with tempfile.TemporaryDirectory() as directory:
        shell = Shell(Path(directory))
        try:
            for figure in figures(shell):
                kept &= figure.kept
                verdict = "kept  " if figure.kept else "BROKEN"
                print(f"{verdict}  {figure.promise:<70}  {figure.seen}", flush=True)  # noqa: T201
        finally:
            shell.close()
    return not kept


if __name__ == "__main__":
    sys.exit(main())
