"""The server's turns: each who is ready or due has one, and no more than its share of it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from tests.net.rig import Clock, Rig, rigged, session_of
from tests.net.test_server import Listless
from tests.net.test_server_sending import spoil
from ttt_net import Hub, Limits, Server, Session, Stage
from ttt_net.connection import READ_FIRST
from ttt_net.deadlines import GRAIN

SHARE = 2048
DROPPED = 64 * 1024


@contextmanager
def without_end(rig: Rig, number: int) -> Iterator[list[int]]:
    """That player sends more than anybody asks for; how much is read of it, read by read."""
    reads: list[int] = []

    class Endless(socket.socket):
        __slots__ = ()

        def recv(self, size: int, *_: object) -> bytes:
            reads.append(size)
            return b"ez" * (size // 2)

    spoil(rig, number, Endless)
    yield reads


@pytest.mark.parametrize("most", [16, READ_FIRST, READ_FIRST + 50])
def test_one_client_cannot_keep_the_loop_from_the_others(most: int) -> None:
    heard: list[tuple[int, int]] = []

    class Listening(Hub):
        def receive(self, session: Session, data: bytes, now: float) -> None:
            heard.append((session.number, len(data)))
            super().receive(session, data, now)

    limits = Limits(read_bytes=most, answers_unasked=10_000)
    with rigged(limits, hub_class=Listening) as rig:
        loud, quiet = rig.pair(), rig.pair()
        loud.say(b"c1" + b"ez" * 1000)
        quiet.say(b"c1")
        rig.server.step(0)
        assert sorted(heard) == [(1, most), (2, 2)]
        assert session_of(rig, 2).stage is Stage.WAITING
        heard.clear()
        for _ in range(5):
            rig.server.step(0)
        assert heard == [(1, most)] * 5


def test_who_sends_without_end_is_read_no_more_of_in_one_turn_than_its_share() -> None:
    with rigged(Limits(answers_unasked=10_000)) as rig:
        client = rig.pair()
        client.say(b"c1")
        rig.settle()
        client.say(b"ez")
        with without_end(rig, 1) as reads:
            rig.server.step(0)
            assert sum(reads) == SHARE
            assert session_of(rig, 1).stage is Stage.WAITING


def test_of_who_has_been_told_its_last_message_more_is_dropped_but_not_without_end() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.say(b"c1x")
        rig.settle()
        assert session_of(rig, 1).stage is Stage.CLOSING
        client.say(b"ez")
        with without_end(rig, 1) as reads:
            rig.server.step(0)
            assert SHARE < sum(reads) <= READ_FIRST + DROPPED


def test_all_whose_time_is_over_in_one_turn_are_told_so_in_it() -> None:
    with rigged() as rig:
        clients = [rig.pair(), rig.pair()]
        for number, client in enumerate(clients, 1):
            client.hear(b"A%d" % number)
        rig.clock.now += Limits().greeting + GRAIN
        rig.server.step(0)
        for client in clients:
            told = client.sock.recv(100)
            assert told == b"QYou have been put out: no answer came from you in time."


def test_who_speaks_while_very_many_fall_silent_does_not_wait_for_all_of_them() -> None:
    with rigged(Limits(looks=2)) as rig:
        clients = [rig.pair() for _ in range(5)]
        rig.clock.now += 1.0
        newcomer = rig.pair()
        newcomer.hear(b"A6")
        rig.clock.now += Limits().greeting
        rig.server.step(0)
        newcomer.say(b"c1")
        rig.server.step(0)
        assert session_of(rig, 6).stage is Stage.WAITING
        stages = [session.stage for session in rig.hub.sessions[:5]]
        assert stages == [Stage.CLOSING] * 4 + [Stage.GREETED]
        rig.server.step()  # without waiting for anything else
        assert session_of(rig, 5).stage is Stage.CLOSING
        for number, client in enumerate(clients, 1):
            client.hear(b"A%dQYou have been put out: no answer came from you in time." % number)


class Pausing(Clock):
    """A clock of a machine that does nothing for a while, just before the time is read."""

    def __init__(self, now: float, seconds: float, happens: Callable[[], None]) -> None:
        super().__init__()
        self.now = now
        self._seconds = seconds
        self._happens = happens
        self._reads = 0

    def __call__(self) -> float:
        self._reads += 1
        if self._reads == 2:  # once before the loop waits, and once after
            self._happens()
            self.now += self._seconds
        return self.now


def test_who_has_answered_while_the_machine_stood_still_is_not_given_up() -> None:
    with rigged() as rig:
        clients = [rig.pair() for _ in range(2)]
        for number, client in enumerate(clients, 1):
            client.hear(b"A%d" % number)
            client.say(b"c1")
            rig.settle()
        waited, _newcomer = clients
        waited.hear(b"RO")
        rig.server._clock = Pausing(rig.clock.now, 4.0, lambda: waited.say(b"c2"))
        rig.server.step(0)
        waited.hear(b"I2")
        assert session_of(rig, 1).stage is Stage.TOLD_OPPONENT
        assert session_of(rig, 2).stage is Stage.WAITING


def test_who_has_not_answered_when_its_time_is_over_is_given_up_in_that_very_turn() -> None:
    with rigged() as rig:
        client = rig.pair()
        client.hear(b"A1")
        rig.server._clock = Pausing(rig.clock.now, 10.25, lambda: None)
        rig.server.step(0)
        assert session_of(rig, 1).stage is Stage.CLOSING


def test_who_may_have_answered_in_the_last_moment_is_looked_for_and_not_waited_for() -> None:
    selector, clock = Listless(), Clock()
    ours, theirs = socket.socketpair()
    with ours, closing(Server([], Hub(), clock, selector)) as server:
        server.adopt(theirs, "pair")
        clock.now += Limits().greeting
        server.step()
    assert selector.asked[1:] == [0]
