"""How long a connector tries to connect, and to which addresses."""

import errno
import socket

import pytest

from tests.net.test_connector import HOST, Clock
from ttt_net import Connector
from ttt_net.connector import CONNECT_WAIT


class Network:
    """Addresses that answer, refuse or are silent, and how long each was waited for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: BaseException | None) -> None:
        self.clock = Clock()
        self.waits: list[float] = []
        self.left = list(answers)
        self.closed = 0
        network = self

        class Socket(socket.socket):
            def connect(self, address: object) -> None:
                wait, answer = self.gettimeout(), network.left.pop(0)
                assert wait is not None
                network.waits.append(wait)
                if answer is not None:
                    network.clock.now += wait if isinstance(answer, TimeoutError) else 0.0
                    raise answer

            def close(self) -> None:
                network.closed += self.fileno() >= 0
                super().close()

        monkeypatch.setattr(socket, "socket", Socket)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (HOST, 1))] * len(answers)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    def connect(self, timeout: float = CONNECT_WAIT) -> None:
        Connector("far", 1, self.clock, timeout).close()


def test_an_address_is_given_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(monkeypatch, TimeoutError())
    with pytest.raises(TimeoutError):
        network.connect()
    assert network.waits == [CONNECT_WAIT] == [10.0]
    assert network.closed == 1


@pytest.mark.parametrize(
    "refused", [socket.TCP_NODELAY, socket.SO_KEEPALIVE], ids=["no delay", "keepalive"]
)
def test_where_an_option_cannot_be_set_the_socket_is_closed(
    refused: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(monkeypatch, None)

    def refuse(_: socket.socket, level: int, option: int, value: int) -> None:
        if option == refused:
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(socket.socket, "setsockopt", refuse)
    with pytest.raises(OSError, match="Invalid argument"):
        network.connect()
    assert network.closed == 1


def test_an_address_is_tried_though_little_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(monkeypatch, None)
    network.connect(0.5)
    assert network.waits == [0.5]


def test_a_name_without_an_address_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TimeoutError):
        Network(monkeypatch).connect()


def test_the_addresses_of_a_name_share_the_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(monkeypatch, TimeoutError(), TimeoutError())
    with pytest.raises(TimeoutError):
        network.connect()
    assert network.waits == [5.0, 5.0]


def test_what_an_address_leaves_of_the_time_the_next_ones_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = Network(monkeypatch, ConnectionRefusedError(), TimeoutError(), None)
    network.connect(3.0)
    assert network.waits == [1.0, 1.5, 1.5]
    assert network.closed == 3


def test_the_last_failure_is_the_one_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = ConnectionRefusedError()
    with pytest.raises(ConnectionRefusedError) as raised:
        Network(monkeypatch, OSError(), refused).connect()
    assert raised.value is refused


def test_a_name_that_took_all_the_time_to_look_up_is_a_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = Network(monkeypatch, None)
    found = socket.getaddrinfo("far", 1)

    def look_up(*_: object, **__: object) -> object:
        network.clock.now += 10.0
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(TimeoutError):
        network.connect()
    assert network.waits == []
