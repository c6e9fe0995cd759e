"""Whole games of the existing clients through the installed command, and its record of them."""

import re
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import pytest

from tests.model_client import ModelClient, scripted
from tests.socket_driver import play_over_socket
from tests.system.process import PATIENCE, Running, Shell
from tests.system.visitors import Visitors, needs_ipv6

Played = tuple[ModelClient, ModelClient]


class Recorded(NamedTuple):
    """A game, and what its players and the log are told of its end."""

    squares: tuple[int, ...]
    results: str
    """Of X, who is player 2, and of O."""
    line: str | None
    said: str


GAMES = {
    "X wins": Recorded(
        (1, 4, 2, 5, 3), "WL", "012", "Player 2 beats player 1 and finishes the game."
    ),
    "O wins": Recorded(
        (1, 4, 2, 5, 9, 6), "LW", "345", "Player 1 beats player 2 and finishes the game."
    ),
    "two lines": Recorded(
        (2, 5, 3, 6, 4, 8, 7, 9, 1), "WL", "012", "Player 2 beats player 1 and finishes the game."
    ),
    "draw": Recorded(
        (1, 2, 3, 5, 4, 6, 8, 7, 9), "DD", None, "Player 2 and player 1 finish the game in a draw."
    ),
}

STAMPED = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] (DEBUG|INFO|WARNING|ERROR): .+")


HOSTS = ["127.0.0.1", pytest.param("::1", marks=needs_ipv6)]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(40) as pool:
        yield pool


def first_free(cells: str, mark: str) -> int:
    return cells.index(" ") + 1


def play(
    server: Running, pool: ThreadPoolExecutor, address: tuple[str, int], squares: tuple[int, ...]
) -> Played:
    """Have two clients play `squares`; the first of them comes first and waits."""
    o, x = ModelClient(scripted(squares[1::2])), ModelClient(scripted(squares[0::2]))
    playing = []
    for number, client in enumerate((o, x), start=1):
        playing.append(pool.submit(play_over_socket, client, address))
        server.expect(rf"Received connection from .*: player {number}\n")
    end_of(playing)
    return o, x


def end_of(playing: list[Future[None]]) -> None:
    """Wait until clients have ended, and raise what one of them has died of."""
    for future in playing:
        future.result(timeout=PATIENCE)


@pytest.mark.parametrize(
    ("host", "game"),
    [
        *(pytest.param("127.0.0.1", game, id=name) for name, game in GAMES.items()),
        pytest.param("::1", GAMES["O wins"], marks=needs_ipv6, id="over IPv6"),
    ],
)
def test_two_clients_play_and_the_log_tells_of_it(
    host: str, game: Recorded, shell: Shell, pool: ThreadPoolExecutor
) -> None:
    server = shell.start("serve", "--port", "0")
    port = server.listening()
    o, x = play(server, pool, (host, port), game.squares)
    assert (x.mark, x.opponent, x.result, x.line) == ("X", 1, game.results[0], game.line)
    assert (o.mark, o.opponent, o.result, o.line) == ("O", 2, game.results[1], game.line)
    assert server.stop(signal.SIGTERM) == 0
    address = re.escape(f"[{host}]" if ":" in host else host) + r":\d+"
    moves = " ".join(map(str, game.squares))
    expected = [
        f"Reserved port {port}",
        f"Listening to port {port}",
        f"Received connection from {address}: player 1",
        f"Received connection from {address}: player 2",
        "Player 2 is matched with player 1",
        re.escape(game.said) + rf" \(X player 2, O player 1, moves {moves}, \d+\.\d s\)",
        "Shutting down; players to be told: 0",
        "The server has stopped",
    ]
    assert len(server.lines) == len(expected)
    for shown, pattern in zip(server.lines, expected, strict=True):
        assert re.fullmatch(pattern, shown)


@pytest.mark.parametrize("host", HOSTS)
def test_twenty_pairs_play_at_once(host: str, shell: Shell, pool: ThreadPoolExecutor) -> None:
    server = shell.start("serve", "--port", "0")
    address = (host, server.listening())
    clients = [ModelClient(first_free) for _ in range(40)]
    end_of([pool.submit(play_over_socket, client, address) for client in clients])
    assert server.stop(signal.SIGTERM) == 0
    assert sorted(client.number or 0 for client in clients) == list(range(1, 41))
    by_number = {client.number: client for client in clients}
    for client in clients:
        assert (client.result, client.line) == ("W" if client.mark == "X" else "L", "246")
        opponent = by_number[client.opponent]
        assert (opponent.opponent, opponent.mark) == (client.number, "OX"[client.mark == "O"])
    pairs = {(client.number, client.opponent) for client in clients if client.mark == "X"}
    assert matched(server) == pairs
    ends = re.findall(r"Player (\d+) beats player (\d+) and finishes the game\. .*", server.text)
    assert {(int(x), int(o)) for x, o in ends} == pairs
    assert len(ends) == 20


def matched(server: Running) -> set[tuple[int, int]]:
    found = re.findall(r"Player (\d+) is matched with player (\d+)\n", server.text)
    assert len(found) == 20
    return {(int(newcomer), int(waited)) for newcomer, waited in found}


def test_the_file_holds_what_the_console_shows_with_the_time_and_the_level(
    shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0", "--log-level", "DEBUG")
    port = server.listening()
    visitors.connect(port).sock.close()
    visitors.game(port).play(5)
    visitors.confirmed(port).say(b"?!")
    server.expect("unexpected message")
    visitors.leave()
    assert server.stop(signal.SIGTERM) == 0
    found = [STAMPED.fullmatch(line) for line in shell.log_lines]
    assert [match[0].split(": ", 1)[1] for match in found if match] == server.lines
    levels = [match[1] for match in found if match]
    assert levels[0] == "INFO"
    assert set(levels) == {"DEBUG", "INFO", "WARNING"}


def test_who_speaks_on_after_the_result_hears_all_of_it_and_then_the_end(
    shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0")
    game = visitors.game(server.listening())
    game.play(4)
    game.x.say(b"i3ezez")
    assert game.x.rest() == b"BXXXOO    CWP012"
    game.o.say(b"ezezq")
    assert game.o.rest() == b"I3BXXXOO    CLP012"
    for visitor in (game.x, game.o):
        for _ in range(3):
            visitor.say(b"ez")  # a socket that is not there any more would answer with a reset
        assert visitor.rest() == b""
    visitors.leave()
    server.expect(r"Player 2 beats player 1 and finishes the game\. .*\n")
    assert server.stop(signal.SIGTERM) == 0
