"""Whole games of two clients: against the hub, and against the original server's script."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import pytest

from tests.net.original_server import LEFT, OriginalServer, Seat
from tests.net.test_model_games import DRAW, GAMES, Squares
from ttt_core import Mark
from ttt_net import Hub, Session, Stage
from ttt_net.client import Client
from ttt_net.news import Broken, Dismissed, Marked, Matched, News, Numbered, Over, Result, Shown

Feed: TypeAlias = Literal["whole", "bytes", "joined"]
FEEDS: tuple[Feed, ...] = ("whole", "bytes", "joined")
"""In what pieces a client gets the server's sends: one by one, bytewise, or all at once."""


class House(Protocol):
    """What two clients play in."""

    def arrive(self) -> Seat: ...
    def hear(self, seat: Seat, data: bytes, now: float) -> None: ...


class HubHouse:
    """Our server without its sockets."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._sessions: dict[Seat, Session] = {}

    def arrive(self) -> Seat:
        session = self.hub.connect("192.0.2.1:4000", 0.0)
        seat = Seat(session.number)
        self._sessions[seat] = session
        self._flush()
        return seat

    def hear(self, seat: Seat, data: bytes, now: float) -> None:
        self.hub.receive(self._sessions[seat], data, now)
        self._flush()

    def _flush(self) -> None:
        for seat, session in self._sessions.items():
            if session.outgoing:
                seat.sends.append(session.outgoing)
                session.outgoing = b""
            seat.closed = session.stage is Stage.CLOSING


@dataclass
class Player:
    seat: Seat
    client: Client = field(default_factory=Client)
    news: list[News] = field(default_factory=list)

    def listen(self, feed: Feed, now: float) -> None:
        """Hear what is on its way, and then nothing for a while."""
        sends = [b"".join(self.seat.sends)] if feed == "joined" else list(self.seat.sends)
        self.seat.sends.clear()
        for send in sends:
            size = 1 if feed == "bytes" else max(1, len(send))
            for at in range(0, len(send), size):
                self.news += self.client.receive(send[at : at + size], now)
        if self.seat.closed:
            self.news += self.client.end()
        elif (due := self.client.next_deadline()) is not None:
            self.news += self.client.tick(due)


def play(house: House, players: list[Player], squares: Iterator[int], feed: Feed) -> None:
    """Let the players take `squares` in turns, until nobody has anything to say."""
    now = 0.0
    while True:
        now += 1.0
        for player in players:
            player.listen(feed, now)
            if player.client.is_asked and (square := next(squares, None)) is not None:
                player.client.move(square - 1)
        talking = [player for player in players if player.client.outgoing]
        if not talking and not any(player.seat.sends for player in players):
            return
        for player in talking:
            said, player.client.outgoing = player.client.outgoing, b""
            size = 1 if feed == "bytes" else len(said)
            for at in range(0, len(said), size):
                house.hear(player.seat, said[at : at + size], now)


HOUSES = (HubHouse, OriginalServer, lambda: OriginalServer(first_number=123_456_789))
NAMES = ("hub", "original", "original, long numbers")


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("house", HOUSES, ids=NAMES)
def test_every_kind_of_game_ends_alike_for_both(house: type[HubHouse], feed: Feed) -> None:
    for result, line, squares in GAMES:
        room = house()
        first, second = players = [Player(room.arrive()), Player(room.arrive())]
        play(room, players, iter(squares), feed)
        assert second.news[:3] == [
            Numbered(second.seat.number),
            Marked(Mark.X),
            Matched(first.seat.number),
        ]
        assert first.news[:3] == [
            Numbered(first.seat.number),
            Marked(Mark.O),
            Matched(second.seat.number),
        ]
        assert_ended(second, result, line, squares)
        assert_ended(first, {"W": "L", "L": "W", "D": "D"}[result], line, squares)
        assert [n.ours for n in first.news[3:-1] if isinstance(n, Shown)] == [
            not own.ours for own in second.news[3:-1] if isinstance(own, Shown)
        ]
        assert first.client.board is second.client.board


def assert_ended(player: Player, result: str, line: str | None, squares: Squares) -> None:
    squares_shown = [n.last for n in player.news if isinstance(n, (Shown, Over))]
    assert squares_shown == [None, *(square - 1 for square in squares)]
    assert not any(n.refused for n in player.news if isinstance(n, Shown))
    over = player.news[-1]
    assert isinstance(over, Over)
    assert over.result is Result(result)
    assert over.line == (None if line is None else tuple(int(digit) for digit in line))
    assert player.client.is_over


@pytest.mark.parametrize("feed", FEEDS)
def test_who_waits_alone_gives_the_original_server_its_signs_of_life(feed: Feed) -> None:
    room = OriginalServer()
    first = Player(room.arrive())
    play(room, [first], iter(()), feed)
    for _ in range(20):
        room.wait()
        play(room, [first], iter(()), feed)
    assert first.seat.answers == [b"ez"] * 20
    players = [first, Player(room.arrive())]
    play(room, players, iter(DRAW[2]), feed)
    assert [isinstance(player.news[-1], Over) for player in players] == [True, True]


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("house", HOUSES, ids=NAMES)
@pytest.mark.parametrize("moves", range(5))
def test_who_is_left_alone_in_a_game_is_told_why(
    house: type[HubHouse], feed: Feed, moves: int
) -> None:
    room = house()
    first, second = players = [Player(room.arrive()), Player(room.arrive())]
    play(room, players, iter(DRAW[2][:moves]), feed)
    second.client.leave()
    play(room, players, iter(()), feed)
    (*_, told) = first.news
    assert isinstance(told, Dismissed)
    if house is not HubHouse:
        assert told.reason == LEFT
    assert first.client.is_over
    assert not isinstance(second.news[-1], (Broken, Dismissed))
