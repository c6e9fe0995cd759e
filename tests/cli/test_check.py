"""`ttt check` against servers that answer, that do not, and that are no servers of this game."""

import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.cli.consoles import PATIENCE
from ttt_cli import check as check_module
from ttt_cli.check import ask_for_number
from ttt_cli.main import cli

HOST = "127.0.0.1"

pytestmark = pytest.mark.usefixtures("signals")


class Host:
    """Accepts one client, says something to it, and reads all that it says."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self.listener = socket.create_server((HOST, 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]

    def say(self, *pieces: bytes, hang_up: bool = False) -> Future[bytes]:
        return self._pool.submit(self._talk, pieces, hang_up)

    def _talk(self, pieces: Sequence[bytes], hang_up: bool) -> bytes:  # noqa: FBT001
        guest, _ = self.listener.accept()
        with guest:
            guest.settimeout(PATIENCE)
            guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                guest.sendall(piece)
            if hang_up:
                guest.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: guest.recv(4096), b""))


@pytest.fixture
def host() -> Iterator[Host]:
    with ThreadPoolExecutor(1) as pool:
        host = Host(pool)
        with host.listener:
            yield host


def check(
    host: str, port: int | str, capsys: pytest.CaptureFixture[str], *options: str
) -> tuple[int, str]:
    """Run `ttt check`; return its exit code and what it says on stderr."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", *options, host, str(port)], prog_name="ttt")
    assert isinstance(ended.value.code, int)
    out, err = capsys.readouterr()
    assert out == ""
    return ended.value.code, err


@pytest.mark.parametrize("pieces", [(b"A7",), (b"A", b"123"), (b"A" + b"2" * 40,)])
def test_a_server_that_gives_out_a_number_is_well_and_hears_nothing_but_a_goodbye(
    host: Host, pieces: tuple[bytes, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    heard = host.say(*pieces)
    assert check(HOST, host.port, capsys) == (0, "")
    assert heard.result() == b"q"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"QThe server is full.", "it says: The server is full."),
        (b"Q\x1b[31m", "it says: ?[31m"),
        (b"", "the connection ended before the server had said a word (a player number was due)"),
        (
            b"HTTP/1.1 400 Bad Request\r\n",
            'the server broke the protocol (a player number was due, not "HTTP/1.1 400 Bad Req…")',
        ),
    ],
)
def test_a_server_that_gives_out_none_is_not_and_one_line_says_why(
    host: Host, said: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    heard = host.say(said, hang_up=True)
    line = f"No server of this game answers at port {host.port} of {HOST}: {why}\n"
    assert check(HOST, host.port, capsys) == (1, line)
    heard.result()


def test_a_port_that_nobody_listens_to_is_told_of_in_the_words_of_the_system(
    closed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = f"No server of this game answers at port {closed} of {HOST}: Connection refused\n"
    assert check(HOST, closed, capsys) == (1, line)


@pytest.mark.parametrize("arguments", [[], [HOST], [HOST, "0"], [HOST, "http"]])
def test_a_place_that_is_none_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", *arguments], prog_name="ttt")
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("Usage: ttt check [OPTIONS] HOST PORT\n")


class Waiting:
    """Time that passes while somebody waits for a socket, and not otherwise."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def select(
        self, readers: list[object], _: list[object], __: list[object], seconds: float
    ) -> tuple[list[object], list[object], list[object]]:
        self.now += seconds
        return [], [], []


def test_a_server_that_says_nothing_is_waited_for_for_ten_seconds(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = Waiting()
    monkeypatch.setattr(check_module, "select", waiting)
    heard = host.say()
    with pytest.raises(TimeoutError):
        ask_for_number(HOST, host.port, waiting.clock)
    assert waiting.now == 110.0
    assert heard.result() == b"q"


def test_a_silent_server_is_told_of_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_silent(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(check_module, "ask_for_number", be_silent)
    line = "No server of this game answers at port 8080 of localhost: it is silent\n"
    assert check("localhost", 8080, capsys) == (1, line)


def test_a_server_that_lets_in_only_whom_a_balancer_announces_can_be_checked_too(
    host: Host, capsys: pytest.CaptureFixture[str]
) -> None:
    heard = host.say(b"A7")
    assert check(HOST, host.port, capsys, "--proxy-protocol") == (0, "")
    assert heard.result() == b"PROXY UNKNOWN\r\nq"
