"""The vestibule has an end of time and of room: for headers that are late, and for too many."""

import errno
import socket
from math import inf
from selectors import DefaultSelector, SelectorKey

import pytest

from tests.net.vestibule_rig import HEADER, PLAYER, alone, behind, refusals
from ttt_net import Limits
from ttt_net.events import (
    AcceptFailed,
    ClientConnected,
    Refusal,
    TurnedAway,
)


class Narrow(DefaultSelector):
    """A selector that has no room for more than it is told."""

    most = inf

    def register(self, *arguments: object) -> SelectorKey:
        if len(self.get_map()) >= self.most:
            raise OSError(errno.ENOSPC, "No space left")
        return super().register(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("sent", [b"", HEADER[:-1]])
def test_a_header_that_does_not_come_in_time_is_refused(sent: bytes) -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        client = rig.connect(port)
        client.say(sent)
        rig.settle()
        rig.clock.now += 4.9
        rig.settle()
        other = rig.connect(port)
        rig.settle()
        assert rig.events == []
        rig.clock.now += 0.1
        client.hear(b"")
        assert refusals(rig) == [(Refusal.SLOW, sent, False)]
        rig.clock.now += 4.9
        other.hear(b"")


def test_the_time_to_greet_begins_when_the_header_is_whole() -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        client = rig.connect(port)
        rig.settle()
        rig.clock.now += 4.9
        client.say(HEADER)
        client.hear(b"A1")
        rig.clock.now += 4.9
        client.say(b"c1")
        rig.settle()
        assert rig.events == [ClientConnected(1, PLAYER, probe=False)]


def test_the_loop_sleeps_until_a_header_is_due() -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        assert rig.server._door.due == inf
        rig.connect(port)
        rig.settle()
        rig.clock.now += 2.0
        assert rig.server._door.due == rig.clock.now + 3.0


def test_a_pause_of_the_door_may_end_before_a_header_is_due() -> None:
    with behind(limits=Limits(greeting=5.0, accept_pause=1.0)) as (rig, port):
        rig.connect(port)
        rig.settle()
        rig.server._door._door._pause(OSError(24, "Too many"), rig.clock.now)  # type: ignore[union-attr]
        assert rig.server._door.due == rig.clock.now + 1.0
        rig.clock.now += 1.0
        again = rig.connect(port)
        again.say(HEADER)
        again.hear(b"A1")


def test_a_door_without_room_is_looked_at_again_after_its_pause() -> None:
    with alone() as (vestibule, listener):
        assert list(vestibule.accept(listener, 5.0)) == []
        assert vestibule.due == 6.0


def test_who_is_told_that_the_house_is_full_is_named_by_its_own_address() -> None:
    with behind(limits=Limits(connections=1)) as (rig, port):
        inside = rig.connect(port)
        inside.say(HEADER)
        inside.hear(b"A1")
        client = rig.connect(port)
        client.say(HEADER)
        client.hear(b"QThe server is full. Please try again later.")
        assert rig.events == [TurnedAway(PLAYER, 1, again=False)]


def test_who_has_sent_no_header_counts_and_the_one_that_came_first_gives_way() -> None:
    with behind(limits=Limits(connections=5, unannounced=2)) as (rig, port):
        inside = rig.connect(port)
        inside.say(HEADER)
        inside.hear(b"A1")
        silent = [rig.connect(port) for _ in range(5)]
        rig.settle()
        assert refusals(rig) == [(Refusal.CROWDED, b"", False)]
        silent[0].hear(b"")
        silent[1].say(HEADER)
        silent[1].hear(b"A2")


def test_there_is_room_for_a_few_headers_in_a_full_house() -> None:
    with behind(limits=Limits(connections=1, unannounced=2)) as (rig, port):
        inside = rig.connect(port)
        inside.say(HEADER)
        inside.hear(b"A1")
        silent = [rig.connect(port) for _ in range(3)]
        rig.settle()
        assert refusals(rig) == [(Refusal.CROWDED, b"", False)]
        silent[0].hear(b"")


def test_who_has_been_refused_in_the_turn_of_another_has_no_turn() -> None:
    with behind(limits=Limits(connections=1, unannounced=1, accepts=1)) as (rig, port):
        first = rig.connect(port)
        rig.settle()
        # Both are ready in one round; the second is accepted first or is refused for the first.
        rig.connect(port)
        first.say(HEADER)
        rig.settle()
        before = list(rig.events)
        caller = socket.socket()
        assert list(rig.server._door.accept(caller, rig.clock.now)) == []
        caller.close()
        assert rig.events == before
        assert rig.server._door.due > rig.clock.now + rig.hub.limits.accept_pause


def test_where_the_selector_has_no_room_the_door_pauses_as_where_the_system_has_none() -> None:
    selector = Narrow()
    with behind(selector=selector) as (rig, port):
        selector.most = 0
        client = rig.connect(port)
        client.hear(b"")
        (told,) = rig.events
        assert isinstance(told, AcceptFailed)
        assert (told.error.errno, told.pause) == (errno.ENOSPC, 1.0)
        selector.most = inf
        again = rig.connect(port)
        rig.clock.now += 1.0
        again.say(HEADER)
        again.hear(b"A1")


def test_where_the_selector_has_no_room_who_was_there_first_gives_way_to_who_comes() -> None:
    selector = Narrow()
    with behind(selector=selector) as (rig, port):
        silent = rig.connect(port)
        rig.settle()
        selector.most = len(selector.get_map())
        client = rig.connect(port)
        rig.settle()
        silent.hear(b"")
        assert refusals(rig) == [(Refusal.CROWDED, b"", False)]
        client.say(HEADER)
        client.hear(b"A1")


def test_all_whose_header_has_not_come_in_time_are_refused_in_one_turn() -> None:
    with behind(limits=Limits(greeting=5.0)) as (rig, port):
        for _ in range(3):
            rig.connect(port)
        rig.settle()
        rig.clock.now += 5.0
        rig.server.step(0)
        assert [why for why, _, _ in refusals(rig)] == [Refusal.SLOW] * 3


def test_where_who_is_announced_cannot_be_watched_any_more_the_door_pauses_too() -> None:
    selector = Narrow()
    with behind(selector=selector) as (rig, port):
        client = rig.connect(port)
        rig.settle()
        selector.most = len(selector.get_map()) - 1
        client.say(HEADER)
        client.hear(b"")
        rig.settle()
        (told,) = rig.events
        assert isinstance(told, AcceptFailed)
        assert (told.error.errno, told.pause) == (errno.ENOSPC, 1.0)
        assert rig.server._door.due == rig.clock.now + 1.0
        assert rig.server.connections == 0
