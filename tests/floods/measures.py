"""What is measured of the server in and after a flood, one promise at a time."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.floods.house import House, until
from tests.floods.tides import flooding, garbage, held, one_hostile
from tests.system.crowd import Crowd
from tests.system.visitors import Visitor, Visitors


@dataclass(frozen=True)
class Figure:
    """A promise, and what was seen of it."""

    promise: str
    seen: str
    kept: bool


@dataclass
class Watch:
    """Lets one new pair come after the other, and notes how long each takes to meet."""

    port: int
    waits: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            visitors = Visitors()
            try:
                self.waits.append(meeting(visitors, self.port))
            except (OSError, AssertionError) as error:
                self.failures.append(repr(error))
            finally:
                visitors.leave()


def meeting(visitors: Visitors, port: int) -> float:
    """Return the seconds from the arrival of a second player to the first board of both."""
    o = visitors.confirmed(port)
    # That one is to wait before the other one comes: the server answers in the order it reads.
    visitors.connect(port).sock.close()
    began = time.monotonic()
    x = visitors.confirmed(port)
    for visitor, mark, other in ((o, b"RO", x), (x, b"RX", o)):
        visitor.hear(mark)
        visitor.say(b"c2")
        visitor.hear(b"I%d" % other.number)
        visitor.say(b"c3")
    x.hear(b"B         CY")
    o.hear(b"B         CN")
    return time.monotonic() - began


def flood(house: House, port: int, dropped: int, silent: int, seconds: float) -> list[Figure]:
    """Let the floods come over the server while games run."""
    files = house.files
    memory = house.memory
    crowd = Crowd(port)
    watch = Watch(port)
    try:
        members = crowd.begin(50)
        with watch.watching():
            with flooding(held, port, dropped) as drops:
                taken, refused, took = drops.hear()
                drops.go_on()
                drops.hear()
            with flooding(held, port, silent) as silence:
                silence.hear()
                with flooding(garbage, port, 50, seconds) as noise:
                    crowd.play_on(members)
                    count, lasted = noise.hear()
                silence.go_on()
                silence.hear()
        finished = sum(member.over[:2] in (b"CW", b"CL") for member in members)
    finally:
        crowd.leave()
    back = until(lambda: house.files == files)
    more = house.memory - memory
    worst = max(watch.waits, default=9.0)
    many = f"{len(watch.waits)} pairs, the slowest in {1000 * worst:.0f} ms"
    return [
        Figure(
            f"{dropped:,} connections at once are all taken",
            f"{taken:,} taken, {refused} refused, in {took:.1f} s",
            not refused,
        ),
        Figure(
            f"{silent:,} silent ones and 50 of garbage a second disturb no game",
            f"{count} of garbage in {lasted:.0f} s, {finished} of 100 players at their end",
            finished == 100,
        ),
        Figure(
            "a new pair meets in under 100 ms all the while",
            f"{many}, {len(watch.failures)} failed",
            worst < 0.1 and not watch.failures,
        ),
        Figure(
            "afterwards as many descriptors are open as before",
            f"{files} before, {house.files} after",
            back,
        ),
        Figure(
            "afterwards the memory is within 1 MB of what it was before",
            f"{more:+.2f} MB",
            more < 1,
        ),
    ]


def hostile_peer(house: House, port: int) -> list[Figure]:
    """Let one peer send all it can and read nothing."""
    before = most = house.memory
    with flooding(one_hostile, port, 50) as tide:
        end = threading.Event()

        def look() -> None:
            nonlocal most
            while not end.wait(0.005):
                most = max(most, house.memory)

        looking = threading.Thread(target=look)
        looking.start()
        tide.hear()
        end.set()
        looking.join()
        tide.go_on()
    more = most - before
    promise = "one hostile peer (50 MB, reads nothing) costs less than 4 MB"
    return [Figure(promise, f"{more:+.2f} MB", more < 4)]


def out_of_files(house: House, port: int, seconds: float) -> list[Figure]:
    """Take the server's descriptors away for some seconds, with somebody before the door."""
    visitors = Visitors()
    game = visitors.game(port)
    files = house.highest_file() + 1
    house.limit_files(files)
    late = threading.Thread(target=lambda: visitors.connect(port))
    late.start()
    time.sleep(0.5)
    began = house.cpu
    time.sleep(seconds)
    share = (house.cpu - began) / seconds
    game.play(5)
    house.limit_files()
    raised = time.monotonic()
    late.join(30)
    took = time.monotonic() - raised
    visitors.leave()
    return [
        Figure(
            "out of descriptors it is near idle, and the games go on",
            f"{100 * share:.1f} % of a core for {seconds:g} s; a game was played",
            share < 0.02,
        ),
        Figure(
            "it accepts again by itself when there is room",
            f"{took:.2f} s after",
            not late.is_alive() and took < 2,
        ),
    ]


def partings(port: int, times: int) -> list[Figure]:
    """Let movers and waiters leave in each way, and see when their opponents know."""
    worst = 0.0
    for turn in range(times):
        visitors = Visitors()
        game = visitors.game(port)
        going, told = (game.x, game.o) if turn % 2 else (game.o, game.x)
        began = time.monotonic()
        _WAYS[turn % len(_WAYS)](going)
        told.hear(b"QYour opponent has left the game. You win.")
        worst = max(worst, time.monotonic() - began)
        visitors.leave()
    promise = "a partner whose opponent leaves, closes or resets knows within 50 ms"
    seen = f"{times} times, the slowest in {1000 * worst:.1f} ms"
    return [Figure(promise, seen, worst < 0.05)]


_WAYS = (lambda visitor: visitor.say(b"q"), lambda visitor: visitor.sock.close(), Visitor.reset)


def rush(port: int, count: int) -> list[Figure]:
    """Let many arrive in one instant, and see who met whom."""
    crowd = Crowd(port)
    try:
        members = crowd.begin(count // 2)
        ends = [member.opponent for member in members]
        crowd.play_on(members)
    finally:
        crowd.leave()
    promise = f"{count} who arrive at one instant are matched once each"
    seen = f"{len(set(ends))} opponents of {count}"
    return [Figure(promise, seen, len(set(ends)) == count)]
