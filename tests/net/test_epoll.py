"""The selector of the loop: what any selector does, and what only this one does."""

import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, DefaultSelector

import pytest

from ttt_net.epoll import Epoll, selector_for_loop

Pair = tuple[socket.socket, socket.socket]

BOTH = EVENT_READ | EVENT_WRITE


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=[Epoll, DefaultSelector])
def selector(request: pytest.FixtureRequest, stack: ExitStack) -> BaseSelector:
    """What is true of one is true of the other."""
    make: Callable[[], BaseSelector] = request.param
    return stack.enter_context(make())


@pytest.fixture
def epoll(stack: ExitStack) -> Epoll:
    return stack.enter_context(Epoll())


@pytest.fixture
def pair(stack: ExitStack) -> Pair:
    a, b = socket.socketpair()
    stack.enter_context(a)
    stack.enter_context(b)
    return a, b


def ready(selector: BaseSelector, timeout: float | None = 0) -> list[tuple[object, int]]:
    return [(key.data, events) for key, events in selector.select(timeout)]


def test_it_tells_who_can_be_read_from_and_written_to(selector: BaseSelector, pair: Pair) -> None:
    a, b = pair
    key = selector.register(a, EVENT_READ, "a")
    assert (key.fileobj, key.fd, key.events, key.data) == (a, a.fileno(), EVENT_READ, "a")
    assert ready(selector) == []
    b.send(b"x")
    assert ready(selector) == [("a", EVENT_READ)]
    key = selector.modify(a, BOTH, "still a")
    assert (key.fileobj, key.fd, key.events, key.data) == (a, a.fileno(), BOTH, "still a")
    assert ready(selector) == [("still a", BOTH)]
    a.recv(1)
    assert ready(selector) == [("still a", EVENT_WRITE)]
    selector.modify(a, EVENT_WRITE, "a")
    b.send(b"x")
    assert ready(selector) == [("a", EVENT_WRITE)]


def test_who_has_no_room_is_told_to_read_alone(selector: BaseSelector, pair: Pair) -> None:
    a, b = pair
    a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    a.settimeout(0)
    with suppress(BlockingIOError):
        for _ in range(10_000):
            a.send(b"x" * 1024)
    selector.register(a, BOTH, "a")
    assert ready(selector) == []
    b.send(b"x")
    assert ready(selector) == [("a", EVENT_READ)]


def test_a_number_will_do_for_a_file(selector: BaseSelector, pair: Pair) -> None:
    a, b = pair
    selector.register(a.fileno(), EVENT_READ, "a")
    b.send(b"x")
    assert ready(selector) == [("a", EVENT_READ)]
    assert selector.unregister(a.fileno()).data == "a"


@pytest.mark.parametrize("watched", [EVENT_READ, EVENT_WRITE, BOTH])
def test_the_end_of_a_connection_can_be_read_and_written(
    selector: BaseSelector, pair: Pair, watched: int
) -> None:
    a, b = pair
    selector.register(a, watched)
    b.close()
    assert ready(selector) == [(None, watched)]


def test_who_is_unregistered_is_told_of_no_more(selector: BaseSelector, pair: Pair) -> None:
    a, b = pair
    selector.register(a, EVENT_READ, "a")
    b.send(b"x")
    assert selector.unregister(a).data == "a"
    for _ in range(2):
        assert ready(selector) == []
    assert dict(selector.get_map()) == {}
    selector.register(a, EVENT_READ, "again")
    assert ready(selector) == [("again", EVENT_READ)]


def test_who_is_unregistered_can_be_registered_at_once(selector: BaseSelector, pair: Pair) -> None:
    a, b = pair
    selector.register(a, EVENT_WRITE, "a")
    selector.unregister(a)
    selector.register(a, EVENT_READ, "again")
    assert ready(selector) == []
    b.send(b"x")
    assert ready(selector) == [("again", EVENT_READ)]
    assert [key.data for key in selector.get_map().values()] == ["again"]
    assert selector.get_key(a).data == "again"


def test_a_descriptor_may_come_again_after_it_was_closed(
    selector: BaseSelector, stack: ExitStack
) -> None:
    number = None
    for turn in range(3):
        a, b = socket.socketpair()
        stack.enter_context(b)
        assert number in (None, a.fileno())
        number = a.fileno()
        selector.register(a, EVENT_READ, turn)
        b.send(b"x")
        assert ready(selector) == [(turn, EVENT_READ)]
        selector.unregister(a)
        a.close()


def test_who_is_watched_is_not_watched_twice(selector: BaseSelector, pair: Pair) -> None:
    selector.register(pair[0], EVENT_READ)
    with pytest.raises(KeyError, match="socket"):
        selector.register(pair[0], EVENT_READ)


def test_who_is_not_watched_cannot_be_modified_or_unregistered(
    selector: BaseSelector, pair: Pair
) -> None:
    with pytest.raises(KeyError):
        selector.modify(pair[0], EVENT_READ)
    with pytest.raises(KeyError):
        selector.unregister(pair[0])


def test_who_is_closed_can_be_neither_registered_nor_unregistered(
    selector: BaseSelector, pair: Pair
) -> None:
    pair[0].close()
    with pytest.raises(ValueError, match=r"-1"):
        selector.register(pair[0], EVENT_READ)
    with pytest.raises((KeyError, ValueError)):
        selector.unregister(pair[0])


def test_what_the_system_cannot_watch_is_refused_and_not_kept(
    selector: BaseSelector, stack: ExitStack
) -> None:
    with open(__file__, "rb") as file, pytest.raises(PermissionError):  # noqa: PTH123
        selector.register(file, EVENT_READ)
    assert dict(selector.get_map()) == {}


def test_who_cannot_be_modified_is_not_watched_any_more(
    selector: BaseSelector, stack: ExitStack
) -> None:
    a, b = socket.socketpair()
    stack.enter_context(a)
    stack.enter_context(b)
    selector.register(a, EVENT_READ)
    # Another takes its place behind the selector's back: the system knows nothing of it.
    other, its_end = socket.socketpair()
    with other, its_end:
        os.dup2(other.fileno(), a.fileno())
    with pytest.raises(FileNotFoundError):
        selector.modify(a, BOTH)
    assert dict(selector.get_map()) == {}


def test_whom_the_system_has_forgotten_can_be_unregistered(
    selector: BaseSelector, stack: ExitStack, pair: Pair
) -> None:
    a, _ = pair
    selector.register(a, EVENT_READ)
    other, its_end = socket.socketpair()
    with other, its_end:
        os.dup2(other.fileno(), a.fileno())
    selector.unregister(a)
    assert dict(selector.get_map()) == {}


def test_who_is_closed_keeps_neither_its_descriptor_nor_whom_it_has_watched(
    epoll: Epoll, pair: Pair
) -> None:
    epoll.register(pair[0], EVENT_READ)
    epoll.close()
    assert epoll._epoll.closed
    assert epoll.get_map() == {}


def test_a_short_wait_ends_not_before_its_time(epoll: Epoll) -> None:
    # What there is are whole milliseconds: it is rounded up.
    for timeout in (0.00001, 0.0011):
        began = time.monotonic()
        assert epoll.select(timeout) == []
        assert time.monotonic() - began >= timeout


def test_a_wait_that_is_over_already_is_none_and_not_for_ever() -> None:
    waits: list[float | None] = []

    class Noted:
        def poll(self, timeout: float | None, most: int) -> list[tuple[int, int]]:
            assert most == 1  # as there has to be one at least
            waits.append(timeout)
            return []

    with Epoll() as epoll:
        epoll._epoll.close()
        epoll._epoll = Noted()  # type: ignore[assignment]
        for timeout in (None, 1.5, 0, -1):
            assert epoll.select(timeout) == []
        epoll._epoll = select.epoll()
    assert waits == [None, 1.5, 0, 0]


def test_of_however_many_all_are_told_of(epoll: Epoll, stack: ExitStack) -> None:
    end, writer = os.pipe()
    os.write(writer, b"x")
    ends = [end, *(os.dup(end) for _ in range(599))]
    for fd in (*ends, writer):
        stack.callback(os.close, fd)
    for fd in ends:
        epoll.register(fd, EVENT_READ)
    assert {key.fd for key, _ in epoll.select(0)} == set(ends)


def test_who_is_closed_and_held_open_elsewhere_does_not_end_a_wait(
    epoll: Epoll, pair: Pair
) -> None:
    a, b = pair
    epoll.register(a, EVENT_READ)
    with a.dup():
        epoll.unregister(a)
        a.close()
        b.send(b"x")
        assert epoll._epoll.poll(0) == []


def test_where_there_is_no_epoll_the_standard_library_has_a_selector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with selector_for_loop() as best:
        assert isinstance(best, Epoll)
    monkeypatch.delattr(select, "epoll")
    with selector_for_loop() as other:
        assert isinstance(other, DefaultSelector)
