"""A client as the server has to see it: what it waits for, what is due to it and what is owed.

Nothing in here knows the package under test.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tests.core.rules_model import START, Position


class State(Enum):
    """What the server waits for."""

    NEW = "is accepted"
    NUMBERED = "is to say c1"
    WAITING = "waits for an opponent"
    MARKED = "is to say c2"
    INTRODUCED = "is to say c3"
    SEATED = "waits for the first board"
    PLAYING = "plays"
    OVER = "is at its end"


UNFRAMED = (State.NUMBERED, State.INTRODUCED)
CONFIRMATIONS = {State.NUMBERED: b"c1", State.MARKED: b"c2", State.INTRODUCED: b"c3"}
ANSWERING = (State.WAITING, State.MARKED, State.PLAYING)
"""Where an `e` may come."""

REFUSALS = 3
"""The third illegal move in a row puts out."""

UNASKED = 64
"""So many answers may come to no `E`."""


@dataclass(slots=True, eq=False)
class Game:
    """One game, as the rules have it."""

    x: "Talk"
    o: "Talk"
    position: Position = START
    moves: tuple[int, ...] = ()
    winner: str | None = None

    @property
    def to_move(self) -> "Talk":
        """Whose turn it is."""
        return self.x if self.position.turn == "X" else self.o


class Talk:
    """One client, as the server has to see it."""

    __slots__ = (
        *("answers_due", "departs", "due", "game", "half", "hasty", "is_bot", "mark", "name"),
        *("number", "owed", "partner", "place", "refusals", "refused", "since", "soon", "state"),
        *("unasked", "why", "words"),
    )

    def __init__(self, name: str, now: float) -> None:
        self.name = name
        self.number = 0
        self.state = State.NEW
        self.since = now
        """When the state began, or in a game the turn."""
        self.due: deque[bytes] = deque()
        """The messages that have to be sent next."""
        self.owed: float | None = None
        """Since when a `Q` is due, which may have to wait for a confirmation."""
        self.soon = False
        """Whether that has to settle only, and to wait for nothing else."""
        self.words = b""
        """What it says."""
        self.departs = False
        """Whether it goes of itself, or by the network: the log is to be told."""
        self.half = b""
        self.place = 0
        self.partner: Talk | None = None
        self.game: Game | None = None
        self.mark = ""
        self.refusals = 0
        """How many of its moves in a row were illegal."""
        self.refused = 0
        """How many in all."""
        self.answers_due = 0
        """How many `E` are unanswered."""
        self.unasked = 0
        """How many answers have come to no `E`."""
        self.hasty = False
        """Whether it has confirmed what it had not been sent."""
        self.is_bot = False
        """Whether it is the computer, who comes for one and never waits for another."""
        self.why = ""
        """How it ended: by a result, a goodbye, its own leaving or a loss."""

    def __lt__(self, other: "Talk") -> bool:
        return self.place < other.place

    @property
    def has_turn(self) -> bool:
        """Whether its move is waited for."""
        return self.game is not None and self.game.to_move is self

    def become(self, state: State, now: float) -> None:
        """Go on to `state`."""
        self.state = state
        self.since = now

    def finish(self, why: str, now: float) -> None:
        """Be at the end, for the reason `why`."""
        self.become(State.OVER, now)
        self.why = why


def messages(talk: Talk, data: bytes) -> Iterator[bytes]:
    """Cut what has come: two bytes make a message, but a `q` or garbage takes all."""
    data, talk.half = talk.half + data, b""
    at = 0
    while at < len(data):
        if data[at] not in b"cie":
            yield data[at:]
            return
        if at + 1 == len(data):
            talk.half = data[at:]
            return
        yield data[at : at + 2]
        at += 2
