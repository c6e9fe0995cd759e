"""The load: a process of its own that plays checked games against one server.

    python -m tests.benchmarks.load --port 8080 --players 200 --seconds 2

Every player connects, plays a game to its end, reads to the end of stream, closes, and
connects again. The figures, one object of JSON, go to stdout.
"""

import argparse
import gc
import json
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import cycle
from selectors import EVENT_READ, DefaultSelector
from typing import Final

from tests.benchmarks.games import random_games
from tests.benchmarks.player import Crowd, Player, Wrong
from tests.benchmarks.processes import cpu_seconds, tree_of

WARM_UP = 0.4
"""Seconds that are played before the measured ones: the first games fill the server's tables."""

PATIENCE = 30.0
"""Seconds in which a game must end; after that the server has failed."""

MOST_MISTAKES = 100
"""The load ends early when a server makes more mistakes than this."""

DIFFERENT_GAMES = 2000
"""How many games are made before the first is played; after the last comes the first again."""


@dataclass(frozen=True)
class Figures:
    """What one turn against one server has come to."""

    games: int
    moves: int
    seconds: float
    user: float | None
    """Seconds that the server has run in its own code; None where there is no /proc."""
    system: float | None
    """Seconds that the kernel has worked for it."""
    busy: float
    """The share of a CPU that the load itself took: near 1, it was the limit."""
    p50: float
    """Of the times from a mover's `i` to the opponent's `I`, in microseconds."""
    p99: float
    mistakes: list[str]


class Load:
    """Players of one server, and their sockets."""

    def __init__(
        self,
        port: int,
        players: int,
        seed: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.crowd: Final = Crowd(cycle(random_games(seed, DIFFERENT_GAMES)))
        self.mistakes: Final[list[str]] = []
        self._address = ("127.0.0.1", port)
        self._clock = clock
        self._selector = DefaultSelector()
        self._sockets: dict[Player, socket.socket] = {}
        self._leaving = False
        self._progress = (0, 0)
        self._progress_at = clock()
        for _ in range(players):
            self._connect()

    def play_until(self, done: Callable[[], bool], wait: float = 0.05) -> None:
        """Play until `done`, which is asked in each round; a round waits for `wait` seconds."""
        while len(self.mistakes) <= MOST_MISTAKES and not done():
            for key, _ in self._selector.select(wait):
                self._hear(key.data)
            self._look_at_clock()

    def leave(self, between: Callable[[], None] = lambda: None, wait: float = 0.05) -> None:
        """Play the games that are on to their end, and begin no other one."""
        self._leaving = True

        def all_gone() -> bool:
            between()
            players = list(self._sockets)
            if len(players) == 1 and players[0].is_waiting:
                players[0].leave()
            return not players

        self.play_until(all_gone, wait)
        self.close()

    def close(self) -> None:
        """Close every connection that is still open."""
        for player in list(self._sockets):
            self._close(player)
        self._selector.close()

    def _connect(self) -> None:
        sock = socket.socket()
        sock.settimeout(0)
        # Two small messages in a row are to wait for no acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Reading is all there is to wait for: the server speaks first, and a connection that
        # cannot be had is one that cannot be read from.
        sock.connect_ex(self._address)
        player = Player(self.crowd, sock.send)
        self._sockets[player] = sock
        self._selector.register(sock, EVENT_READ, player)

    def _hear(self, player: Player) -> None:
        if player.is_over:  # since this round began
            return
        try:
            player.take(self._sockets[player].recv(4096))
        except BlockingIOError:
            pass
        except (Wrong, OSError) as error:
            self._give_up(player, error)
        else:
            if player.is_over:
                self._replace(player)

    def _give_up(self, player: Player, error: Exception) -> None:
        """Note a mistake, and end the game that it was made in."""
        self.mistakes.append(f"{player.state}, but: {error!r}")
        for gone in (player, player.opponent):
            if gone is not None and not gone.is_over:
                gone.is_over = True
                self._replace(gone)

    def _replace(self, player: Player) -> None:
        self._close(player)
        if not self._leaving:
            self._connect()

    def _close(self, player: Player) -> None:
        self.crowd.players.pop(player.number, None)
        sock = self._sockets.pop(player)
        self._selector.unregister(sock)
        sock.close()

    def _look_at_clock(self) -> None:
        """Let the server fail if no game has ended for a long time."""
        progress = (self.crowd.finished, len(self.mistakes))
        now = self._clock()
        if progress != self._progress:
            self._progress, self._progress_at = progress, now
        elif now - self._progress_at > PATIENCE:
            for player in list(self._sockets):
                if not player.is_over:
                    self._give_up(player, Wrong(f"nothing came for {PATIENCE:g} s"))


def play_for(load: Load, seconds: float, server: int | None) -> Figures:
    """Play for `seconds`, and count what ends in them."""

    def play(period: float) -> None:
        end = time.monotonic() + period
        load.play_until(lambda: time.monotonic() >= end)

    play(WARM_UP)
    return _measured(load, lambda: play(seconds), server)


def play_games(load: Load, games: int, server: int | None) -> Figures:
    """Play until `games` have ended, well or not."""

    def play() -> None:
        load.play_until(lambda: load.crowd.finished + len(load.mistakes) >= games)

    return _measured(load, play, server)


def _measured(load: Load, play: Callable[[], None], server: int | None) -> Figures:
    crowd = load.crowd
    processes = [] if server is None else tree_of(server)
    games, moves, first = crowd.finished, crowd.moves, len(crowd.move_ns)
    cpu = cpu_seconds(processes)
    began, busy = time.perf_counter(), time.process_time()
    play()
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    cpu_after = cpu_seconds(processes)
    games, moves, times = (
        crowd.finished - games,
        crowd.moves - moves,
        sorted(crowd.move_ns[first:]),
    )
    load.leave()
    user, system = (
        (None, None)
        if cpu is None or cpu_after is None
        else (cpu_after.user - cpu.user, cpu_after.system - cpu.system)
    )
    return Figures(
        games,
        moves,
        seconds,
        user,
        system,
        busy / seconds,
        _quantile(times, 0.5),
        _quantile(times, 0.99),
        load.mistakes,
    )


def _quantile(times: list[int], share: float) -> float:
    """Return the time, in microseconds, that a `share` of the sorted times do not exceed."""
    return times[int(share * (len(times) - 1))] / 1000 if times else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--players", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--games", type=int, help="play so many games instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--watch", type=int, metavar="PID", help="the server's process")
    options = parser.parse_args()
    # Each connection leaves its objects to their reference counts.
    gc.disable()
    load = Load(options.port, options.players, options.seed)
    if options.games is None:
        figures = play_for(load, options.seconds, options.watch)
    else:
        figures = play_games(load, options.games, options.watch)
    json.dump(asdict(figures), sys.stdout)


if __name__ == "__main__":
    main()
