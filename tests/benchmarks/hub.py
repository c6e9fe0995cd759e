"""The benchmark of the hub alone: games through it in memory, without a socket.

    python -m tests.benchmarks.hub

What is measured is what the project's own code costs; the kernel's share of a game, which
is several times that, is not in it, and neither are the clock and the deadlines that come
due. Each game is played once with its answers checked before the clock starts.
"""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import NamedTuple

from tests.benchmarks.games import FIRST_BOARD, Game, random_games
from tests.benchmarks.machine import command_line, machine_line
from tests.benchmarks.table import markdown
from ttt_net import Departure, Hub, Session

NOW = 1000.0
"""The time at which everything happens."""

DIFFERENT_GAMES = 1000


class Costs(NamedTuple):
    """What some games have cost, in nanoseconds."""

    games: int
    moves: int
    in_all: int
    in_moves: int
    """Of it from the first move of each game to the result."""


def leave_answers(_hub: Hub) -> None:
    """Let the answers pile up in the sessions: the hub and nothing else."""


def take_answers(hub: Hub) -> None:
    """Do after a turn what the server's loop does, but for handing the bytes to a socket."""
    for session in hub.touched:
        if session.outgoing:
            session.outgoing = session.outgoing[len(session.outgoing) :]
    hub.touched.clear()


def shake_hands(hub: Hub, flush: Callable[[Hub], None]) -> tuple[Session, Session]:
    """Let two connect and confirm everything; return X and O."""
    o, x = hub.connect("o", NOW), hub.connect("x", NOW)
    for session, message in (
        *((o, b"c1"), (x, b"c1")),
        *((o, b"c2"), (o, b"c3")),
        *((x, b"c2"), (x, b"c3")),
    ):
        flush(hub)
        hub.receive(session, message, NOW)
    flush(hub)
    return x, o


def hang_up(hub: Hub, players: Sequence[Session]) -> None:
    """Let both clients close, as the server's loop tells the hub."""
    for session in players:
        hub.lost(session, Departure.CLOSED, NOW)
    hub.touched.clear()


def check(games: Sequence[Game]) -> None:
    """Play each game with every answer compared. Raises AssertionError."""
    hub = Hub()
    for game in games:
        players = shake_hands(hub, leave_answers)
        heard = tuple(session.outgoing[-len(FIRST_BOARD[0]) :] for session in players)
        assert heard == FIRST_BOARD, heard
        take_answers(hub)
        for at, ply in enumerate(game):
            mover, other = players[at % 2], players[1 - at % 2]
            hub.receive(mover, ply.move, NOW)
            assert (mover.outgoing, other.outgoing) == (ply.mover, ply.other), ply
            take_answers(hub)
        hang_up(hub, players)


def measure(games: Sequence[Game], count: int, flush: Callable[[Hub], None]) -> Costs:
    """Play `count` games, one after the other, and tell what they cost."""
    hub = Hub()
    moves = in_moves = 0
    began = perf_counter_ns()
    for number in range(count):
        game = games[number % len(games)]
        players = shake_hands(hub, flush)
        first = perf_counter_ns()
        for at, ply in enumerate(game):
            hub.receive(players[at % 2], ply.move, NOW)
            flush(hub)
        in_moves += perf_counter_ns() - first
        moves += len(game)
        hang_up(hub, players)
    return Costs(count, moves, perf_counter_ns() - began, in_moves)


@dataclass(frozen=True)
class Way:
    """A way to measure, and what it is called."""

    name: str
    flush: Callable[[Hub], None]


WAYS = (Way("hub alone", leave_answers), Way("and its answers taken", take_answers))


def row(name: str, turns: Sequence[Costs]) -> list[str]:
    """Tell of the cheapest turn: whatever else runs on the machine only adds."""
    games, moves, in_all, in_moves = min(turns, key=lambda costs: costs.in_all)
    second = 1_000_000_000
    return [
        name,
        f"{in_moves / moves:.0f}",
        f"{in_all / games:.0f}",
        f"{moves * second / in_moves:.0f}",
        f"{games * second / in_all:.0f}",
    ]


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.hub", description="Measures the hub without sockets."
    )
    parser.add_argument("--games", type=int, default=10_000, help="games of a turn [10000]")
    parser.add_argument("--turns", type=int, default=5, help="turns; the best one counts [5]")
    parser.add_argument("--seed", type=int, default=1, help="which random games [1]")
    options = parser.parse_args(arguments)
    games = random_games(options.seed, min(options.games, DIFFERENT_GAMES))
    check(games)
    gc.freeze()
    turns: dict[Way, list[Costs]] = {way: [] for way in WAYS}
    for _ in range(options.turns):
        for way, costs in turns.items():
            costs.append(measure(games, options.games, way.flush))
    headings = ["", "ns/move", "ns/game", "moves/s", "games/s"]
    rows = [headings, *(row(way.name, costs) for way, costs in turns.items())]
    said = [
        f"`{command_line('tests.benchmarks.hub', arguments)}`",
        machine_line(),
        "",
        markdown(rows),
    ]
    sys.stdout.write("\n".join(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
