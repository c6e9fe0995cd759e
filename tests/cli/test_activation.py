"""Sockets that are passed on: what is taken over, and what is refused."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ttt_cli.activation import NotPassedOn, passed_listeners

PID = 4711
HOST = "127.0.0.1"


class Hand:
    """Descriptors in a row, as systemd passes them on."""

    def __init__(self) -> None:
        # Far above all that the tests open by themselves.
        self.first = 200
        self.count = 0

    def give(self, descriptor: int) -> int:
        """Put a copy of `descriptor` beside the others; return its number."""
        number = os.dup2(descriptor, self.first + self.count)
        self.count += 1
        return number

    def environment(self, **others: str) -> dict[str, str]:
        return {"LISTEN_PID": str(PID), "LISTEN_FDS": str(self.count), **others}

    def take(self) -> list[socket.socket]:
        return passed_listeners(self.environment(), PID, self.first)


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    yield hand
    for number in range(hand.first, hand.first + hand.count):
        try:
            os.close(number)
        except OSError:
            continue  # it was taken, and closed


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_listening_sockets_are_taken_over_in_their_order(hand: Hand, stack: ExitStack) -> None:
    originals = [stack.enter_context(socket.create_server((HOST, 0))) for _ in range(2)]
    for sock in originals:
        hand.give(sock.fileno())
    listeners = [stack.enter_context(sock) for sock in hand.take()]
    assert [sock.getsockname() for sock in listeners] == [sock.getsockname() for sock in originals]
    assert [sock.fileno() for sock in listeners] == [hand.first, hand.first + 1]


def test_they_are_not_passed_on_further(hand: Hand, stack: ExitStack) -> None:
    number = hand.give(stack.enter_context(socket.create_server((HOST, 0))).fileno())
    assert os.get_inheritable(number)
    (listener,) = hand.take()
    with listener:
        assert not os.get_inheritable(number)


def test_the_environment_is_tidied_up(hand: Hand) -> None:
    environment = hand.environment(LISTEN_FDNAMES="ttt", HOME="/")
    assert passed_listeners(environment, PID, hand.first) == []
    assert environment == {"HOME": "/"}


@pytest.mark.parametrize("pid", [{}, {"LISTEN_PID": "1"}, {"LISTEN_PID": ""}])
def test_what_is_meant_for_another_process_is_left_alone(pid: dict[str, str]) -> None:
    environment = {**pid, "LISTEN_FDS": "1"}
    assert passed_listeners(environment, PID) == []
    assert environment == {}


@pytest.mark.parametrize("count", ["", "-1", "two", "\u0663"])
def test_a_number_that_is_none_is_refused(count: str) -> None:
    with pytest.raises(NotPassedOn, match="LISTEN_FDS does not tell how many"):
        passed_listeners({"LISTEN_PID": str(PID), "LISTEN_FDS": count}, PID)


def test_a_file_is_refused(hand: Hand, tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        hand.give(file.fileno())
    with pytest.raises(NotPassedOn, match=r"descriptor 200 is no socket \(.* non-socket\)"):
        hand.take()


def test_a_descriptor_that_is_not_open_is_refused(hand: Hand) -> None:
    environment = hand.environment() | {"LISTEN_FDS": "1"}
    with pytest.raises(NotPassedOn, match=r"descriptor 200 is no socket \(Bad file descriptor\)"):
        passed_listeners(environment, PID, hand.first)


@pytest.mark.parametrize(
    ("family", "kind", "why"),
    [
        (socket.AF_INET, socket.SOCK_DGRAM, "is no TCP socket"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "is no TCP socket"),
        (socket.AF_INET, socket.SOCK_STREAM, "does not listen"),
    ],
)
def test_another_kind_of_socket_is_refused(
    hand: Hand, family: socket.AddressFamily, kind: socket.SocketKind, why: str
) -> None:
    with socket.socket(family, kind) as sock:
        hand.give(sock.fileno())
    with pytest.raises(NotPassedOn, match=f"descriptor 200 {why}"):
        hand.take()


def test_nothing_is_left_open_if_one_is_refused(hand: Hand, stack: ExitStack) -> None:
    number = hand.give(stack.enter_context(socket.create_server((HOST, 0))).fileno())
    hand.give(stack.enter_context(socket.socket()).fileno())
    with pytest.raises(NotPassedOn, match="descriptor 201 does not listen"):
        hand.take()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
