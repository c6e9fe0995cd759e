"""Every game there is, through hub, session, codec and referee, byte by byte on both sides.

What is to be said is worked out from `rules_model`, which knows nothing of the product.
Takes some time: see `exhaustive` in docs/contributing.md.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.core.rules_model import POSITIONS, START, Position
from ttt_core import Mark, Termination
from ttt_net import Departure, Event, Hub, Session
from ttt_net.events import GameEnded

Said = tuple[bytes, bytes, bytes]
"""A move, what its player hears, and what the other one hears."""


def said_of(before: Position, square: int) -> Said:
    """Work out what is said when `square` is taken in the position `before`."""
    after = before.moves[square]
    move = b"%d" % (square + 1)
    board = b"B" + after.text.replace(".", " ").encode()
    mine, theirs = b"CN", b"CY"
    if after.lines:
        line = "P{}{}{}".format(*after.lines[0]).encode()
        mine, theirs = b"CW" + line, b"CL" + line
    elif after.is_over:
        mine = theirs = b"CD"
    return b"i" + move, board + mine, b"I" + move + board + theirs


SAID = {
    (text, square): said_of(position, square)
    for text, position in POSITIONS.items()
    for square in position.moves
}


def games(position: Position, way: list[int]) -> Iterator[tuple[list[int], Position]]:
    """Give the moves of every game that goes on from `position`, and how it ends."""
    if position.is_over:
        yield way, position
        return
    for square, after in position.moves.items():
        way.append(square)
        yield from games(after, way)
        way.pop()


def begin(hub: Hub, number: int) -> tuple[Session, Session]:
    """Seat two; return the one who plays X and the one who plays O."""
    o, x = hub.connect("o", 0.0), hub.connect("x", 0.0)
    for session, message, heard in (
        (o, b"c1", b"A%d" % number),
        (x, b"c1", b"A%d" % (number + 1)),
        (o, b"c2", b"RO"),
        (o, b"c3", b"I%d" % (number + 1)),
        (x, b"c2", b"RX"),
        (x, b"c3", b"I%d" % number),
    ):
        hear(session, heard)
        hub.receive(session, message, 0.0)
    hear(x, b"B         CY")
    hear(o, b"B         CN")
    return x, o


def hear(session: Session, expected: bytes) -> None:
    assert session.outgoing == expected
    session.outgoing = b""


@pytest.mark.exhaustive
def test_all_255168_games_are_played_as_the_rules_say() -> None:
    events: list[Event] = []
    hub = Hub(emit=events.append)
    ends = Counter[str | None]()
    for count, (way, end) in enumerate(games(START, [])):
        x, o = mover, other = begin(hub, 2 * count + 1)
        position = START
        for square in way:
            move, mine, theirs = SAID[position.text, square]
            hub.receive(mover, move, 0.0)
            assert mover.outgoing == mine, way
            assert other.outgoing == theirs, way
            mover.outgoing = other.outgoing = b""
            position = position.moves[square]
            mover, other = other, mover
        ended = events[-1]
        assert isinstance(ended, GameEnded), way
        winner = None if end.winner is None else Mark(end.winner)
        assert (ended.x, ended.o, ended.outcome.winner) == (x.number, o.number, winner)
        assert ended.moves == tuple(way)
        assert ended.outcome.termination is (
            Termination.LINE if end.lines else Termination.FULL_BOARD
        )
        for session in (x, o):
            hub.lost(session, Departure.CLOSED, 0.0)
        hub.touched.clear()
        events.clear()
        ends[end.winner] += 1
    assert ends == {"X": 131_184, "O": 77_904, None: 46_080}
    assert hub.sessions == []
