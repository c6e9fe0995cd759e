"""Two servers behind HAProxy: who meets whom, who is up, and an update that costs no game."""

import random
import re
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.system.balancer import Farm, Strangers, needs_haproxy
from tests.system.process import Running, Shell
from tests.system.visitors import SHUTTING_DOWN, Game, Visitors

pytestmark = needs_haproxy

GAMES = 100
MOVES = 5
"""How many moves the visitors' game has."""

Found = Callable[..., Farm]


@pytest.fixture
def visitors(shell: Shell) -> Iterator[Strangers]:
    """Players, who leave before the servers and the balancer are ended."""
    strangers = Strangers()
    yield strangers
    strangers.leave()


@pytest.fixture
def farm(shell: Shell) -> Iterator[Found]:
    """Two servers, which are started with the arguments given, before there is a balancer."""
    farms: list[Farm] = []

    def found(*arguments: str) -> Farm:
        farms.append(Farm(shell, *arguments))
        return farms[-1]

    yield found
    for each in farms:
        each.close()


def numbers(server: Running) -> tuple[int, int, int]:
    """Return how many players wait, and how many games are going on and have ended."""
    server.signal(signal.SIGUSR1)
    said = server.expect(
        r"players waiting (\d+), games in progress (\d+); since the start: games (\d+)"
    )
    waiting, games, ended = map(int, said.groups())
    return waiting, games, ended


def test_two_lone_players_meet_on_the_first_server(farm: Found, visitors: Visitors) -> None:
    house = farm()
    house.balance()
    for _ in range(5):
        visitors.game(house.port).play(MOVES)
        visitors.leave()
    assert numbers(house.servers["one"]) == (0, 0, 5)
    assert numbers(house.servers["two"]) == (0, 0, 0)


def test_an_even_share_would_part_them(farm: Found, visitors: Visitors) -> None:
    house = farm()
    house.balance(("balance first", "balance roundrobin"))
    for _ in range(2):
        visitors.confirmed(house.port)
    for server in house.servers.values():
        server.expect(r"Received connection")
        # Two people want to play, and each of them waits.
        assert numbers(server) == (1, 0, 0)


def test_a_full_server_leaves_the_next_ones_to_the_other_and_parts_nobody(
    farm: Found, visitors: Visitors
) -> None:
    house = farm()
    house.balance(("default-server maxconn 10000", "default-server maxconn 4"))
    for _ in range(4):
        visitors.game(house.port).play(2)
    assert [numbers(server) for server in house.servers.values()] == [(0, 2, 0), (0, 2, 0)]


def test_the_log_knows_the_players_by_their_own_addresses(farm: Found, visitors: Visitors) -> None:
    house = farm()
    house.balance()
    visitor = visitors.confirmed(house.port)
    host, port = visitor.sock.getsockname()
    house.servers["one"].expect(rf"Received connection from {re.escape(host)}:{port}: player")


def test_a_check_takes_nobodys_place_in_a_game(farm: Found, visitors: Visitors) -> None:
    house = farm("--log-level", "debug")
    house.balance(("check inter 1s", "check inter 20ms"))
    server = house.servers["one"]
    waiting = visitors.confirmed(house.port)
    server.expect(rf"player {waiting.number}\n")
    for _ in range(10):
        server.expect(r"Player \d+ has left: said quit\n")
        waiting.nod()
    assert numbers(server) == (1, 0, 0)
    newcomer = visitors.confirmed(house.port)
    assert newcomer.number > waiting.number + 10
    waiting.hear(b"RO")
    waiting.say(b"c2")
    waiting.hear(b"I%d" % newcomer.number)
    assert "is refused" not in server.text


def test_a_server_that_has_ended_is_passed_over_at_once_and_taken_again_when_it_is_back(
    farm: Found, visitors: Visitors
) -> None:
    house = farm()
    house.balance()
    house.servers["one"].stop(signal.SIGTERM)
    # Found out by a check or not: there is one who takes the players.
    visitors.game(house.port).play(MOVES)
    house.wait_until_down("one")
    visitors.game(house.port).play(MOVES)
    assert numbers(house.servers["two"]) == (0, 0, 2)
    house.start("one")
    house.wait_until_up("one")
    visitors.game(house.port).play(MOVES)
    assert numbers(house.servers["one"]) == (0, 0, 1)


def test_an_update_while_a_hundred_games_are_played_cuts_none_of_them(
    farm: Found, visitors: Visitors
) -> None:
    dice = random.Random(1)
    house = farm("--drain", "60")
    house.balance()
    old = house.servers["one"]
    games: list[tuple[Game, int]] = []
    for _ in range(GAMES):
        games.append((visitors.game(house.port), dice.randrange(MOVES)))
        games[-1][0].play(games[-1][1])
        nod(games)
    lone = visitors.confirmed(house.port)
    old.expect(rf"player {lone.number}\n")
    assert numbers(old) == (1, GAMES, 0)
    old.signal(signal.SIGTERM)
    assert lone.rest() == SHUTTING_DOWN
    # Who comes now, and the one who had to come again, meet on the other server.
    visitors.game(house.port).play(MOVES)
    assert numbers(house.servers["two"]) == (0, 0, 1)
    dice.shuffle(games)
    for game, played in games:
        nod(games)
        game.play(MOVES - played)
        assert (game.x.rest(), game.o.rest()) == (b"", b"")
    visitors.leave()
    assert old.wait() == 0
    assert old.text.count("finishes the game") == GAMES
    assert "ended unexpectedly" not in old.text
    # The new one takes the place of the old one.
    house.start("one")
    house.wait_until_up("one")
    visitors.game(house.port).play(MOVES)
    assert numbers(house.servers["one"]) == (0, 0, 1)


def nod(games: list[tuple[Game, int]]) -> None:
    """Let all players answer the echoes that have come by now."""
    for game, _ in games:
        game.x.nod()
        game.o.nod()
