"""Where a client may sit when something befalls it: its stage, its opponent, and who sits by."""

from dataclasses import dataclass
from itertools import product

from tests.conversation import Conversation
from tests.net.openings import (
    ARRIVED,
    BY_STAGE,
    NEWCOMER_TOLD_OPPONENT,
    PAIRED,
    PLAYED,
    PLAYING,
    READY,
    TOLD_OPPONENT,
)
from ttt_cli.render import level_of, words_of
from ttt_net import Departure, Hub, Limits, Session, Stage

UNEXPECTED = b"QYou have been put out: the server received an unexpected message."
NOT_BEGUN = b"QYour opponent has left before the game began. Please connect again."
WON_BY_LEAVING = b"QYour opponent has left the game. You win."
WON_BY_RULES = b"QYour opponent broke the rules and was put out. You win."

AFTER_ONE_MOVE = PLAYING + "2 > i1\n2 < BX        CN\n1 < I1BX        CY\n"
BOARD = "X        "


@dataclass(frozen=True)
class Seat:
    """Where the one sits who says something, and its opponent, if it has one."""

    opening: str
    who: int
    stage: Stage
    other: int | None = None
    other_is_told: bytes = b""
    """What its opponent hears, if it goes or is put out before the game has begun."""
    kept: bool = False
    """Whether its opponent may hear that only once it has confirmed a number."""

    @property
    def playing(self) -> bool:
        return self.stage is Stage.PLAYING

    @property
    def unframed(self) -> bool:
        return self.stage in (Stage.GREETED, Stage.TOLD_OPPONENT)


SEATS = {
    "G": Seat(BY_STAGE[Stage.GREETED], 1, Stage.GREETED),
    "W": Seat(ARRIVED, 1, Stage.WAITING),
    # The one who waited; the newcomer has heard nothing, and goes on waiting.
    "T": Seat(PAIRED, 1, Stage.TOLD_MARK, 2),
    "O": Seat(TOLD_OPPONENT, 1, Stage.TOLD_OPPONENT, 2),
    # The one who waited, while the newcomer is told.
    "Y": Seat(READY, 1, Stage.READY, 2, NOT_BEGUN),
    "Z": Seat(NEWCOMER_TOLD_OPPONENT, 1, Stage.READY, 2, NOT_BEGUN, kept=True),
    # The newcomer: it waits while the other one is told, and then it is told.
    "w": Seat(PAIRED, 2, Stage.WAITING, 1, NOT_BEGUN),
    "v": Seat(TOLD_OPPONENT, 2, Stage.WAITING, 1, NOT_BEGUN, kept=True),
    "t": Seat(READY, 2, Stage.TOLD_MARK, 1, NOT_BEGUN),
    "o": Seat(NEWCOMER_TOLD_OPPONENT, 2, Stage.TOLD_OPPONENT, 1, NOT_BEGUN),
    # In a game, X standing on square 1: the one to move and the one to wait.
    "M": Seat(AFTER_ONE_MOVE, 1, Stage.PLAYING, 2),
    "N": Seat(AFTER_ONE_MOVE, 2, Stage.PLAYING, 1),
    "C": Seat(PLAYED, 1, Stage.CLOSING, 2),
}


class Bystanders:
    """Two at another table of the same hub, whose game nothing may disturb."""

    SCRIPT = (
        (b"i1", b"BX        CN", b"I1BX        CY"),
        (b"i4", b"BX  O     CN", b"I4BX  O     CY"),
        (b"i2", b"BXX O     CN", b"I2BXX O     CY"),
        (b"i5", b"BXX OO    CN", b"I5BXX OO    CY"),
        (b"i3", b"BXXXOO    CWP012", b"I3BXXXOO    CLP012"),
    )

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        hub._roster._last_number = 900  # so that the talk may begin to count at 1
        self._o, self._x = (hub.connect(f"bystander {n}", 0.0) for n in (1, 2))
        hub._roster._last_number = 0
        talk = ((self._o, b"c1"), (self._x, b"c1"), *product((self._o, self._x), (b"c2", b"c3")))
        for session, message in talk:
            hub.receive(session, message, 0.0)
        self._hear(self._o, b"A901ROI902B         CN")
        self._hear(self._x, b"A902RXI901B         CY")
        self._play(self.SCRIPT[:2])
        hub.touched.clear()

    def play_on(self) -> None:
        """Play the game to its end: it is as if nothing had happened at any other table."""
        self._play(self.SCRIPT[2:])
        assert self._x.stage is self._o.stage is Stage.CLOSING

    def _play(self, moves: tuple[tuple[bytes, bytes, bytes], ...]) -> None:
        for move, mine, theirs in moves:
            x_moves = len(self._moves) % 2 == 0
            mover, other = (self._x, self._o) if x_moves else (self._o, self._x)
            self._hub.receive(mover, move, 0.0)
            self._hear(mover, mine)
            self._hear(other, theirs)

    @property
    def _moves(self) -> list[int]:
        assert self._x.table is not None
        return self._x.table.referee.moves

    @staticmethod
    def _hear(session: Session, expected: bytes) -> None:
        assert session.outgoing == expected
        session.outgoing = b""


class Scene:
    """A seat that somebody sits at, the other tables, and what is heard and logged."""

    def __init__(self, seat: Seat, limits: Limits | None = None) -> None:
        self.seat = seat
        self._talk = Conversation(limits)
        self._bystanders = Bystanders(self._talk.hub)
        self._talk.hold(seat.opening)
        assert self.who.stage is seat.stage
        self._talk.events.clear()

    @property
    def hub(self) -> Hub:
        return self._talk.hub

    @property
    def who(self) -> Session:
        return self._talk.clients[self.seat.who]

    @property
    def other(self) -> Session | None:
        return None if self.seat.other is None else self._talk.clients[self.seat.other]

    @property
    def now(self) -> float:
        return self._talk.now

    @property
    def log(self) -> list[str]:
        return [f"{level_of(event)} {words_of(event)}" for event in self._talk.events]

    def say(self, data: bytes) -> None:
        self.hub.receive(self.who, data, self._talk.now)

    def lose(self, departure: Departure) -> None:
        self.hub.lost(self.who, departure, self._talk.now)

    def heard(self) -> tuple[bytes, bytes]:
        """Take what the one and its opponent have been sent."""
        said = []
        for session in (self.who, self.other):
            said.append(b"" if session is None else session.outgoing)
            if session is not None:
                session.outgoing = b""
        self.hub.touched.clear()
        return said[0], said[1]

    def wait(self, seconds: float) -> None:
        self._talk._pass(seconds)

    def settle(self) -> tuple[bytes, bytes]:
        """Let the time pass in which a number without an end mark is left alone."""
        self.wait(1.0)
        return self.heard()

    def assert_the_others_play_on(self) -> None:
        self._bystanders.play_on()


def ending(seat: Seat, *, put_out: bool) -> tuple[bytes, bytes, list[str]]:
    """What the opponent hears at once and after it has confirmed, and the log, if one goes."""
    if seat.playing:
        told = WON_BY_RULES if put_out else WON_BY_LEAVING
        why = "a player broke the rules and was put out" if put_out else "a player left"
        line = (
            "WARNING The game between player 2 and player 1 ended unexpectedly: "
            f"{why}; player {seat.who} loses to player {seat.other}. "
            "(X player 2, O player 1, moves 1, 0.0 s)"
        )
        return told, b"", [line]
    if not seat.other_is_told:
        return b"", b"", []
    line = f"WARNING Player {seat.who} went before the game with player {seat.other} began"
    told = seat.other_is_told
    return (b"", told, [line]) if seat.kept else (told, b"", [line])


def connected(seat: Seat, level: str = "INFO") -> list[str]:
    """The line of a connection that the log has not been told of before."""
    line = f"{level} Received connection from peer {seat.who}: player {seat.who}"
    return [line] if seat.stage is Stage.GREETED else []
