"""One client: its stage in the conversation, its half message and its unsent answer.

Theory of operation. A client is always at one stage of the conversation. The stage says
which messages may come from it (`LEGAL`), and what it is blocked in, therefore what may be
sent to it:

    GREETED        has been sent `A`: nothing may follow until `c1`
    WAITING        reads two bytes: may be sent `E`, or `R` when it is matched
    TOLD_MARK      has been sent `R`: is going to say `c2`
    TOLD_OPPONENT  has been sent the handshake's `I`: nothing may follow until `c3`
    READY          has confirmed everything and reads ten bytes: waits for the first board,
                   which comes when the newcomer has confirmed everything too
    PLAYING        the referee knows whose turn it is: it is no stage
    CLOSING        has been sent its last message and the end of stream; what still comes is
                   dropped until its own end of stream
    GONE           its socket is to be closed, or is closed

The stages come in this order; each may go to CLOSING (the server ends it) or to GONE (the
connection has ended). One step leads back: a newcomer stays WAITING while the one who
waited is being confirmed, and simply goes on WAITING if that fails.

A `Q` that comes up in GREETED or TOLD_OPPONENT would be read as part of the number, so it is
kept as the session's `farewell` until the number is confirmed or the stage's time is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import inf
from types import MappingProxyType

from ttt_core import Mark, Pairing, Referee
from ttt_net import wire


class Stage(Enum):
    """Where a client is in the conversation; the value completes "while …" in the log."""

    GREETED = "being greeted"
    WAITING = "waiting for an opponent"
    TOLD_MARK = "being told its mark"
    TOLD_OPPONENT = "being told its opponent"
    READY = "waiting for the first board"
    PLAYING = "playing"
    CLOSING = "leaving"
    GONE = "gone"

    # Stages are looked up with every message, and the hash of an Enum is written in Python.
    # There is one object for each of them, so an object's own hash will do.
    __hash__ = object.__hash__


# Each by a name of its own: to look a member up in its Enum costs more than all else that is
# done with it on the way of a move.
GREETED, WAITING, TOLD_MARK, TOLD_OPPONENT, READY, PLAYING, CLOSING, GONE = Stage
X, O = Mark


LEGAL: Mapping[Stage, frozenset[int]] = MappingProxyType(
    {
        Stage.GREETED: frozenset((wire.CONFIRM, wire.QUIT)),
        Stage.WAITING: frozenset((wire.ANSWER, wire.QUIT)),
        Stage.TOLD_MARK: frozenset((wire.CONFIRM, wire.ANSWER, wire.QUIT)),
        Stage.TOLD_OPPONENT: frozenset((wire.CONFIRM, wire.QUIT)),
        Stage.READY: frozenset((wire.QUIT,)),
        Stage.PLAYING: frozenset((wire.MOVE, wire.ANSWER, wire.QUIT)),
    }
)
"""The letters that may come from a client, by stage; later stages drop whatever comes."""

CONFIRMATIONS: Mapping[Stage, bytes] = {
    Stage.GREETED: wire.NUMBER_CONFIRMED,
    Stage.TOLD_MARK: wire.MARK_CONFIRMED,
    Stage.TOLD_OPPONENT: wire.OPPONENT_CONFIRMED,
}
"""The one confirmation that a stage waits for."""

UNFRAMED = frozenset((Stage.GREETED, Stage.TOLD_OPPONENT))
"""The stages in which the last thing sent was a number without an end mark."""

OVER = frozenset((Stage.CLOSING, Stage.GONE))
"""The stages in which nothing that comes is looked at."""


class Session:
    """One client, as everything but its socket, which `Connection` adds."""

    __slots__ = (
        "announced",
        "arrived",
        "due",
        "echoes",
        "farewell",
        "half",
        "look",
        "mark",
        "number",
        "opponent",
        "outgoing",
        "peer",
        "refusals",
        "stage",
        "table",
        "touched",
        "unasked",
    )

    def __init__(self, peer: str, touched: "list[Session]") -> None:
        """Begin with a client from `peer`, which is noted in `touched` to be looked after."""
        self.number = 0
        """The player number, given by who lets it in; never reused."""
        self.peer = peer
        """The address, for the log."""
        self.arrived = 0.0
        """When it confirmed its number; monotonic seconds."""
        self.stage = GREETED
        self.due = 0.0
        """When the stage's time is over, or the next `E` is due; monotonic seconds."""
        self.look = inf
        """When somebody looks whether it is due; inf if nobody is going to."""
        self.half = b""
        """The first byte of a message whose second one has not come."""
        self.outgoing = b""
        """What is to be sent; the server takes off what it has sent."""
        self.farewell = b""
        """The `Q` that waits for a number to be confirmed."""
        self.announced = False
        """Whether the log has been told of the connection."""
        self.echoes = 0
        """How many `E` are unanswered."""
        self.unasked = 0
        """How many answers have come to no `E`."""
        self.refusals = 0
        """How many moves in a row have been refused."""
        self.table: Table | None = None
        """Where it sits, from meeting an opponent to the end."""
        self.mark = X
        """Its mark, while it has a table."""
        self.opponent: Session | None = None
        """Who sits on the other side, while it has a table."""
        self.touched = touched
        """Where it is noted when there is something to send, to half-close or to close.

        Whoever carries its bytes looks after who stands there, more than once perhaps.
        """

    def split(self, data: bytes) -> Sequence[bytes]:
        """Cut what has come into whole messages and keep the half one."""
        if self.half:
            data = self.half + data
        elif len(data) == wire.SIZE:
            return (data,)  # as nearly always: whatever it says, it is one message
        messages, self.half = wire.split(data)
        return messages

    def __repr__(self) -> str:
        return f"<Session {self.number} {self.stage.name}>"


@dataclass(slots=True)
class Table:
    """Two clients who have met, and the game between them."""

    pairing: Pairing[Session]
    referee: Referee
    began: float | None
    """When the first board was shown, in monotonic seconds; None until then."""
