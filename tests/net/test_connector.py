"""The connector over sockets of this machine; the test is the server at the other end."""

import select
import socket
import struct
from collections.abc import Iterator

import pytest

from ttt_core import Mark
from ttt_net import Connector
from ttt_net.client import SETTLE
from ttt_net.connector import CONNECT_WAIT
from ttt_net.news import Broken, Dismissed, Marked, Numbered, Trouble

HOST = "127.0.0.1"
PATIENCE = 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Pair:
    """A connector and the server's end of its connection."""

    def __init__(self, listener: socket.socket) -> None:
        self.connector = Connector(HOST, listener.getsockname()[1], Clock())
        self.server, _ = listener.accept()
        self.server.settimeout(PATIENCE)

    def say(self, data: bytes) -> None:
        """Let the server say `data`; return when it is there to be read."""
        self.server.sendall(data)
        self.arrive()

    def arrive(self) -> None:
        ready, _, _ = select.select([self.connector], [], [], PATIENCE)
        assert ready == [self.connector]

    def reset(self) -> None:
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.server.close()
        self.arrive()

    def hear(self, expected: bytes) -> None:
        """Read exactly `expected`; b"" is the end of stream."""
        heard = self.server.recv(max(1, len(expected)), socket.MSG_WAITALL)
        assert heard == expected


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(PATIENCE)
        yield listener


@pytest.fixture
def pair(listener: socket.socket) -> Iterator[Pair]:
    pair = Pair(listener)
    yield pair
    pair.connector.close()
    pair.server.close()


def test_a_server_that_is_gone_without_a_word_is_found_out_by_the_system(pair: Pair) -> None:
    sock = pair.connector._sock
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle, every, count, unheard = (
        sock.getsockopt(socket.IPPROTO_TCP, option)
        for option in (
            socket.TCP_KEEPIDLE,
            socket.TCP_KEEPINTVL,
            socket.TCP_KEEPCNT,
            socket.TCP_USER_TIMEOUT,
        )
    )
    assert idle + every * count <= 35
    assert unheard == 30_000


def test_a_system_without_such_options_is_not_asked_for_them(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option in ("TCP_KEEPIDLE", "TCP_USER_TIMEOUT"):
        monkeypatch.delattr(socket, option)
    Connector(HOST, listener.getsockname()[1], Clock()).close()


def test_the_time_that_a_server_has_for_its_first_word_begins_with_the_connection(
    pair: Pair,
) -> None:
    assert pair.connector.client.next_deadline() == 100.0 + 10.0
    assert pair.connector.tick(109.9) == []
    (news,) = pair.connector.tick(110.0)
    assert isinstance(news, Broken)
    assert news.trouble is Trouble.SILENT
    pair.connector.close()
    pair.hear(b"")


def test_a_port_that_nobody_listens_to_refuses() -> None:
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        with pytest.raises(ConnectionRefusedError):
            Connector(HOST, silent.getsockname()[1], Clock())


def test_an_unknown_name_is_an_error_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def ask(host: str, *_: object, **__: object) -> None:
        assert host == "nowhere.invalid"
        raise unknown

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    with pytest.raises(OSError, match="not known") as raised:
        Connector("nowhere.invalid", 5000, Clock())
    assert raised.value is unknown


def test_a_server_that_takes_in_nothing_is_waited_for_no_longer_than_for_a_connection(
    listener: socket.socket,
) -> None:
    port = listener.getsockname()[1]
    with Connector(HOST, port, Clock()) as usual, Connector(HOST, port, Clock(), 3.0) as hasty:
        assert (usual._sock.gettimeout(), hasty._sock.gettimeout()) == (CONNECT_WAIT, 3.0)


def test_a_move_does_not_wait_for_an_acknowledgement(pair: Pair) -> None:
    assert pair.connector._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_news_are_read_and_answers_are_sent(pair: Pair) -> None:
    pair.say(b"A7EzRX")
    assert pair.connector.read(0.0) == [Numbered(7), Marked(Mark.X)]
    pair.hear(b"c1ezc2")


def test_a_number_that_nothing_follows_is_confirmed_when_it_is_due(pair: Pair) -> None:
    pair.say(b"A67")
    assert pair.connector.read(5.0) == []
    assert pair.connector.tick(5.0) == []
    assert pair.connector.tick(5.0 + SETTLE) == [Numbered(67)]
    pair.hear(b"c1")


def test_a_move_goes_out_once(pair: Pair) -> None:
    pair.say(b"A7RXI6B         CY")
    pair.connector.read(0.0)
    pair.connector.client.move(4)
    pair.connector.flush()
    pair.connector.flush()
    pair.connector.client.leave()
    pair.connector.flush()
    pair.hear(b"c1c2c3i5q")


def test_a_block_that_ends_says_what_is_left_to_say_and_closes(pair: Pair) -> None:
    with pair.connector as connector:
        assert connector is pair.connector
        connector.client.leave("tea")
    pair.hear(b"qtea")
    pair.hear(b"")
    assert pair.connector.fileno() == -1


def test_a_block_that_fails_says_goodbye_and_hides_nothing(pair: Pair) -> None:
    def fail() -> None:
        with pair.connector:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    pair.hear(b"q")
    pair.hear(b"")


def test_what_is_unread_at_the_end_does_not_hide_the_goodbye(pair: Pair) -> None:
    pair.say(b"A7R")
    pair.connector.close()
    pair.hear(b"q")
    pair.hear(b"")


def test_going_does_not_wait_for_what_a_server_says(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Quiet:
        """A socket that notes for how long it is waited for something to read."""

        def __init__(self, sock: socket.socket) -> None:
            self.sock, self.waits = sock, list[float | None]()
            self.sendall, self.settimeout, self.close = sock.sendall, sock.settimeout, sock.close

        def recv(self, size: int) -> bytes:
            self.waits.append(self.sock.gettimeout())
            raise BlockingIOError

    with monkeypatch.context() as patch:
        quiet = Quiet(pair.connector._sock)
        patch.setattr(pair.connector, "_sock", quiet)
        pair.connector.close()
    assert quiet.waits == [0.0]


def test_the_end_of_the_stream_is_news(pair: Pair) -> None:
    pair.server.close()
    pair.arrive()
    (news,) = pair.connector.read(0.0)
    assert news == Broken(Trouble.UNHEARD, "a player number was due")


def test_a_reset_is_the_end_of_the_connection(pair: Pair) -> None:
    pair.reset()
    (news,) = pair.connector.read(0.0)
    assert news == Broken(Trouble.UNHEARD, "a player number was due")


def test_a_farewell_is_whole_at_the_end_of_the_stream(pair: Pair) -> None:
    pair.say(b"QSee ")
    assert pair.connector.read(0.0) == []
    pair.say(b"you.")
    assert pair.connector.read(0.0) == []
    pair.server.close()
    pair.arrive()
    assert pair.connector.read(0.0) == [Dismissed("See you.")]


def test_a_send_that_fails_is_no_error_and_is_not_tried_again(pair: Pair) -> None:
    pair.reset()
    pair.connector.client.leave()
    pair.connector.flush()
    assert pair.connector.client.outgoing == b""
    assert pair.connector.read(0.0) == []


def test_what_was_said_before_a_failed_send_is_still_read(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deaf:
        """The socket of a server that takes in nothing more."""

        def __init__(self, sock: socket.socket) -> None:
            self.recv, self.close = sock.recv, sock.close

        def sendall(self, data: bytes) -> None:
            raise BrokenPipeError

    pair.say(b"A7R")
    monkeypatch.setattr(pair.connector, "_sock", Deaf(pair.connector._sock))
    assert pair.connector.read(0.0) == [Numbered(7)]
    pair.server.sendall(b"X")
    assert pair.connector.read(0.0) == [Marked(Mark.X)]
