"""Keepalive: what the system is asked to look after."""

import math
import socket
from collections.abc import Iterator

import pytest

from ttt_net import Limits, listen
from ttt_net.keepalive import keep_alive


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with socket.socket() as sock:
        yield sock


def settings(sock: socket.socket) -> tuple[int, ...]:
    """Whether it asks; after how long, how often and how many times; the user timeout in ms."""
    tcp = socket.IPPROTO_TCP
    return (
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        sock.getsockopt(tcp, socket.TCP_KEEPIDLE),
        sock.getsockopt(tcp, socket.TCP_KEEPINTVL),
        sock.getsockopt(tcp, socket.TCP_KEEPCNT),
        sock.getsockopt(tcp, socket.TCP_USER_TIMEOUT),
    )


@pytest.mark.parametrize(
    ("patience", "expected"),
    [
        (30.0, (1, 15, 5, 3, 30_000)),
        (0.1, (1, 1, 1, 3, 2_000)),
        (1e9, (1, 16383, 5461, 3, 32_767_000)),
    ],
)
def test_the_questions_fit_into_the_time(
    sock: socket.socket, patience: float, expected: tuple[int, ...]
) -> None:
    keep_alive(sock, patience)
    assert settings(sock) == expected


def test_endless_patience_asks_nothing(sock: socket.socket) -> None:
    before = settings(sock)
    keep_alive(sock, math.inf)
    assert settings(sock) == before
    assert before[0] == 0


def test_a_system_that_does_not_know_all_of_it_does_what_it_can(
    sock: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "TCP_KEEPIDLE")
    keep_alive(sock, 30.0)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        # Found out after 15 s and three questions 5 s apart, or when 30 s are not acknowledged.
        (Limits(), (1, 15, 5, 3, 30_000)),
        (Limits(peer_timeout=20), (1, 10, 3, 3, 20_000)),
    ],
)
def test_accepted_connections_inherit_it(limits: Limits, expected: tuple[int, ...]) -> None:
    (listener,) = listen(0, "127.0.0.1", limits)
    with listener, socket.create_connection(listener.getsockname(), timeout=10):
        listener.settimeout(10)
        served, _ = listener.accept()
        with served:
            assert settings(served) == expected
