"""What happens to one client costs the same however many others there are: calls are counted."""

import gc
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from ttt_net import Departure, Hub, Session

FEW, MANY = 10, 2000


class House:
    """A hub with clients that answer what they are told."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.now = 0.0

    def connect(self) -> Session:
        session = self.hub.connect("192.0.2.1:4000", self.now)
        self.flush()
        return session

    def say(self, session: Session, *messages: bytes) -> None:
        for message in messages:
            self.hub.receive(session, message, self.now)
            self.flush()

    def flush(self) -> None:
        for session in self.hub.touched:
            session.outgoing = b""
        self.hub.touched.clear()

    def waiting(self) -> Session:
        session = self.connect()
        self.say(session, b"c1")
        return session

    def game(self) -> tuple[Session, Session]:
        """Return who moves and who waits."""
        o, x = self.waiting(), self.waiting()
        for session in (o, x):
            self.say(session, b"c2", b"c3")
        return x, o

    def look(self) -> None:
        for session in self.hub.take_due(self.now):
            self.hub.expire(session, self.now)
            self.flush()


def calls(act: Callable[[], object]) -> int:
    """Count the calls, of functions in Python and in C, that `act` takes."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    gc.disable()  # what it calls has nothing to do with `act`
    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


def crowded(games: int) -> House:
    """A house with so many games, as many who have not said a word, and as many who linger."""
    house = House()
    for _ in range(games):
        house.game()
        house.connect()
        house.say(house.waiting(), b"?")
    return house


def match(house: House) -> Callable[[], object]:
    house.waiting()
    newcomer = house.connect()
    return lambda: house.say(newcomer, b"c1")


def move(house: House) -> Callable[[], object]:
    x, _ = house.game()
    return lambda: house.say(x, b"i5")


def leave_the_game(house: House) -> Callable[[], object]:
    x, _ = house.game()
    return lambda: house.hub.lost(x, Departure.CLOSED, house.now)


def leave_the_lobby(house: House) -> Callable[[], object]:
    waiting = house.waiting()
    return lambda: house.hub.lost(waiting, Departure.CLOSED, house.now)


def come(house: House) -> Callable[[], object]:
    return house.connect


def give_way(house: House) -> Callable[[], object]:
    return house.hub.give_way


def ask_when(house: House) -> Callable[[], object]:
    return house.hub.next_deadline


def come_due(house: House) -> Callable[[], object]:
    house.now += 3.0  # nobody else is due when this one is
    house.connect()
    house.now += 10.25
    while house.hub.next_deadline() <= house.now - 1.0:
        house.hub.take_due(house.now - 1.0)
    return house.look


@pytest.mark.parametrize(
    "prepare",
    [match, move, leave_the_game, leave_the_lobby, come, give_way, ask_when, come_due],
    ids=lambda act: act.__name__,
)
def test_it_costs_the_same_among_many_as_among_few(
    prepare: Callable[[House], Callable[[], object]],
) -> None:
    prepare(crowded(1))()  # what is made once and kept, such as replies, is there from now on
    among_few = calls(prepare(crowded(FEW)))
    assert among_few > 1
    assert calls(prepare(crowded(MANY))) == among_few
