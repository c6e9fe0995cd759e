"""The benchmark: `ttt serve` and a plain asyncio server in turns, under the same checked games.

    python -m tests.benchmarks

Prints what a game costs each server and the ratios, and ends with status 1 if one of them
has said anything wrong.
"""

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.load import Figures
from tests.benchmarks.machine import command_line, machine_line
from tests.benchmarks.processes import Places, places, started_on
from tests.benchmarks.servers import ASYNCIO, OURS, Contender, running
from tests.benchmarks.table import table

ROOT = Path(__file__).parents[2]

SHOWN = 5
"""How many mistakes of a server are told in words."""


def take_turn(contender: Contender, where: Places, load: Sequence[str]) -> Figures:
    """Start a server, let the load play against it, and end it."""
    with running(contender, where.server) as server:
        watched = ("--port", str(server.port), "--watch", str(server.process.pid))
        command = [sys.executable, "-m", "tests.benchmarks.load", *load, *watched]
        with started_on(where.load):
            said = subprocess.check_output(command, cwd=ROOT, stdin=subprocess.DEVNULL)
        figures = Figures(**json.loads(said))
        if server.process.poll() is not None:
            ended = f"the server has ended with exit code {server.process.returncode}"
            figures = replace(figures, mistakes=[*figures.mistakes, ended])
    return figures


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark and return the exit code."""
    options = _parser().parse_args(arguments)
    where = places()
    others = [Contender(f"other {n}", words) for n, words in enumerate(options.server, 1)]
    contenders = [OURS, ASYNCIO, *others]
    load = [f"--players={options.players}", f"--seed={options.seed}"]
    load.append(f"--games={options.games}" if options.games else f"--seconds={options.seconds}")
    runs: dict[str, list[Figures]] = {contender.name: [] for contender in contenders}
    for turn in range(options.turns):
        # There and back, so that nobody always comes after the same one.
        for contender in contenders[:: -1 if turn % 2 else 1]:
            try:
                runs[contender.name].append(take_turn(contender, where, load))
            except OSError as error:
                sys.stderr.write(f"{contender.name} does not listen: {error}\n")
                return 1
    lines = [
        f"`{command_line('tests.benchmarks', arguments)}`",
        machine_line(),
        _placed(where),
        *(f"{contender.name}: `{shlex.join(contender.command)}`" for contender in others),
        "",
        table(runs),
        *_mistakes(runs),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if any(figures.mistakes for turns in runs.values() for figures in turns) else 0


def _placed(where: Places) -> str:
    if not where.server:
        return "Servers and load share the CPUs."
    (server,) = where.server
    load = ", ".join(map(str, sorted(where.load)))
    return f"Servers on CPU {server}, load on CPU {load}."


def _mistakes(runs: dict[str, list[Figures]]) -> list[str]:
    lines = []
    for name, turns in runs.items():
        told = [mistake for figures in turns for mistake in figures.mistakes]
        lines += [f"{name}: {mistake}" for mistake in told[:SHOWN]]
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measures `ttt serve` beside a plain asyncio server.",
    )
    add = parser.add_argument
    add(
        "--players",
        type=_at_least(2),
        default=200,
        metavar="N",
        help="how many play at once [200]",
    )
    add(
        "--seconds", type=float, default=1.5, metavar="S", help="how long a turn is measured [1.5]"
    )
    add("--games", type=_at_least(1), metavar="G", help="measure a turn of G games instead")
    add("--turns", type=_at_least(1), default=5, metavar="T", help="turns of each server [5]")
    add("--seed", type=int, default=1, help="which random games are played [1]")
    add(
        "--server",
        action="append",
        default=[],
        type=_command,
        metavar="COMMAND",
        help="measure this one too, {port} replaced, in an empty directory; may be repeated",
    )
    return parser


def _at_least(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if int(text) < least:
            msg = f"{least} is the least"
            raise argparse.ArgumentTypeError(msg)
        return int(text)

    return number


def _command(line: str) -> list[str]:
    if "{port}" not in line:
        msg = f"there is no {{port}} in {line!r}"
        raise argparse.ArgumentTypeError(msg)
    words = shlex.split(line)
    program = shutil.which(words[0])
    if program is None:
        msg = f"there is no command {words[0]!r}"
        raise argparse.ArgumentTypeError(msg)
    # It is started in another directory.
    return [str(Path(program).absolute()), *words[1:]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
