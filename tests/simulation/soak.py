"""Plays for a while against the installed server: `python -m tests.simulation.soak --minutes 10`.

The same people come as to the simulated worlds, over real sockets on loopback, and the
existing clients among them check each byte of their games.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from selectors import DefaultSelector

from tests.simulation.loopback import Loopback
from tests.simulation.population import HONEST, Manners, Visitor, visitor
from tests.simulation.seat import Seat
from tests.simulation.timeline import Timeline
from tests.system.process import Running, Shell

CROWD = 40
"""How many are there at once."""

PACE = 0.01
"""How much faster than people they think."""

MOOD = Manners(wicked=0.15, slow=0.1, broken=0.1, leaving=0.02, mischief=0.1)

LAST_GAMES = 60.0
"""Seconds in which the last ones must have come to their end."""

MOST_GROWTH = 8 << 20
"""How many bytes of memory the server may have more at the end than after the warm-up."""

WARM_UP = 0.3
"""Which part of the run comes before the memory is looked at."""

PAGE = 4096


class Soak:
    """A crowd that comes and goes."""

    def __init__(self, port: int, seed: int) -> None:
        self.games = 0
        """How many existing clients have got their result."""
        self.wrong: list[str] = []
        self.lost: list[str] = []
        self.came: Counter[str] = Counter()
        self._port = port
        self._rng = Random(seed)
        self._timeline = Timeline(time.monotonic())
        self._selector = DefaultSelector()
        self._seats: dict[Seat[Loopback], Visitor] = {}
        self._links: dict[Loopback, None] = {}

    def play_on(self) -> None:
        """Let somebody in for each one who has gone, and everybody go on a little."""
        while len(self._seats) < CROWD:
            self._connect(visitor(self._rng, MOOD))
        self._go_on()

    def end(self) -> None:
        """Send away who does not play, and wait for the others; then close everything."""
        end = time.monotonic() + LAST_GAMES
        while self._seats and time.monotonic() < end:
            for seat, guest in list(self._seats.items()):
                client = guest.client
                if guest.kind not in HONEST or client is None or client.opponent is None:
                    guest.left = True
                    seat.kill()
            self._go_on()
        self.lost.extend(f"{seat.link.name} plays on for ever" for seat in self._seats)
        for link in list(self._links):
            link.close()
        self._selector.close()

    def _connect(self, guest: Visitor) -> None:
        self.came[guest.kind] += 1
        name = f"{guest.kind} {self.came.total()}"
        link = Loopback(name, self._port, self._timeline, self._selector)
        self._links[link] = None
        seat = Seat(link, guest.actor, self._leave, PACE)
        self._seats[seat] = guest
        if guest.fate is not None:
            what, after = guest.fate
            at = self._timeline.now + PACE * after
            self._timeline.plan(at, link.abort if what == "reset" else link.swallow)
        seat.begin()

    def _go_on(self) -> None:
        for key, _ in self._selector.select(0.01):
            key.data.ready()
        self._timeline.now = time.monotonic()
        self._timeline.catch_up()

    def _leave(self, seat: Seat[Loopback]) -> None:
        guest = self._seats.pop(seat)
        # Who only falls silent keeps its connection for a while.
        self._timeline.plan(self._timeline.now + 10 * self._rng.random(), self._close, seat.link)
        client = guest.client
        if client is None or guest.kind not in HONEST:
            return
        self.games += client.result is not None
        if seat.death is not None:
            self.wrong.append(f"{seat.link.name}: {seat.death}")
        elif client.gave_up or not (client.result or client.farewell or guest.left):
            self.lost.append(f"{seat.link.name} has come to no end")

    def _close(self, link: Loopback) -> None:
        link.close()
        del self._links[link]


def memory_of(server: Running) -> int:
    """Return how many bytes of memory the server has in use."""
    return int(Path(f"/proc/{server.pid}/statm").read_text("ascii").split()[1]) * PAGE


def descriptors_of(server: Running) -> int:
    """Return how many descriptors the server has open."""
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def until_gone(server: Running, descriptors: int) -> int:
    """Wait until the server has no more than so many `descriptors`; return what is beyond."""
    end = time.monotonic() + LAST_GAMES
    while (beyond := descriptors_of(server) - descriptors) > 0 and time.monotonic() < end:
        time.sleep(0.05)
    return beyond


def main(arguments: list[str]) -> int:
    """Play, and say what came of it; return 1 if anything was wrong, lost or is left."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to play")
    parser.add_argument("--games", type=int, default=sys.maxsize, help="how many at most")
    parser.add_argument("--seed", type=int, default=0, help="who comes, and what they do")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory:
        shell = Shell(Path(directory))
        try:
            server = shell.start("serve", "--port", "0", "--host", "127.0.0.1", "--no-log-file")
            return _soak(server, wanted.seed, 60 * wanted.minutes, wanted.games)
        finally:
            shell.close()


def _soak(server: Running, seed: int, seconds: float, games: int) -> int:
    soak = Soak(server.listening(), seed)
    began, descriptors = time.monotonic(), descriptors_of(server)
    memory = None
    while (gone := time.monotonic() - began) < seconds and soak.games < games:
        soak.play_on()
        if memory is None and (gone > WARM_UP * seconds or soak.games > WARM_UP * games):
            memory = memory_of(server)
    grown = memory_of(server) - (memory or 0)
    soak.end()
    left = until_gone(server, descriptors)
    traceback = "Traceback" in server.text
    print(  # noqa: T201 - it is a command
        f"{soak.games} results in {time.monotonic() - began:.0f} s; who came: {soak.came}\n"
        f"wrong: {soak.wrong or 'nothing'}; lost: {soak.lost or 'nothing'}; "
        f"memory grown by {grown} bytes after the warm-up, {left} descriptors left"
    )
    off = soak.wrong or soak.lost or left > 0 or grown > MOST_GROWTH or traceback
    return 1 if off or server.stop(15) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
