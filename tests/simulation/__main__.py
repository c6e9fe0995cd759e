"""Runs worlds, as many as wanted: `python -m tests.simulation --seeds 1000`."""

import argparse
import sys
import time

from tests.simulation.report import Report
from tests.simulation.world import SimulationFailed, World


def main(arguments: list[str]) -> int:
    """Run the worlds and say what happened; return 1 if one of them has failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--seeds", type=int, default=100, help="how many worlds to run")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--players", type=int, default=300, help="how many come to each")
    wanted = parser.parse_args(arguments)
    began, total, failed = time.monotonic(), Report(), list[int]()
    for seed in range(wanted.first, wanted.first + wanted.seeds):
        try:
            total += World(seed, wanted.players).run()
        except SimulationFailed as failure:
            failed.append(seed)
            print(f"== seed {seed}\n{failure}\n")  # noqa: T201 - it is a command
    print(total)  # noqa: T201
    print(f"failed: {failed or 'none'}; took {time.monotonic() - began:.1f} s")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
