"""What happened on the network and in the games, as values, and the port they leave by.

An ordinary move makes no event: these are for a log, not for a replay on the wire.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar, dataclass_transform

from ttt_core import IllegalMove, Outcome, Square

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True)
def event(made: type[Made]) -> type[Made]:
    """Make a value of the class `made`, which the type checker lets nobody change.

    At run time nothing stops it: there a frozen dataclass takes three times as long to make,
    and a game makes four events whether anybody wants to read of them or not.
    """
    return dataclass(slots=True, unsafe_hash=True)(made)


class Departure(Enum):
    """How a player went, or why it had to; the value says it in words."""

    CLOSED = "closed the connection"
    RESET = "the connection was reset"
    FAILED = "the connection failed"
    QUIT = "said quit"
    NOT_NEEDED = "was not needed any more"
    SILENT = "did not answer in time"
    TOO_SLOW = "took too long to move"
    DEAF = "does not read what it is sent"


@event
class PortReserved:
    """The port is ours."""

    port: int


@event
class Listening:
    """Clients are accepted from now on."""

    port: int


@event
class ClientConnected:
    """A connection was received; made once it is known whether a player is behind it."""

    player: int
    peer: str
    probe: bool
    """Whether it went of its own accord before it confirmed its number: a port scan."""


@event
class PlayerLeft:
    """A player went, or was given up."""

    player: int
    departure: Departure
    reason: bytes
    """What the player sent after its `q`; not to be trusted."""
    probe: bool


@event
class PlayersMatched:
    """The one who waited has been told of its opponent and has confirmed."""

    newcomer: int
    waited: int


@event
class MatchFailed:
    """A player went before the first board, and its opponent is told so."""

    gone: int
    told: int


@event
class BotJoined:
    """A player who has waited long enough is given the computer as opponent."""

    bot: int
    waited: int


@event
class MoveRefused:
    """A move broke the rules; the board and the turn are as they were."""

    player: int
    message: bytes
    """The move as it came; not to be trusted."""
    why: IllegalMove


@event
class MessageUnexpected:
    """A client sent what the protocol does not allow at this point, and is put out."""

    player: int
    message: bytes
    """What came; not to be trusted."""
    stage: str


@event
class GameEnded:
    """A game has come to its end, whatever the end."""

    x: int
    o: int
    outcome: Outcome
    moves: tuple[Square, ...]
    seconds: float


@event
class SessionFailed:
    """A bug: handling one client raised; that client and its opponent are told `Q`."""

    player: int | None
    error: Exception


@event
class AcceptFailed:
    """The system gave no new connection, or had no room to watch it; accepting pauses."""

    error: OSError
    pause: float


@event
class TurnedAway:
    """A client has connected for whom there is no room, and is told so."""

    peer: str
    connections: int
    """How many there are: as many as there may be."""
    again: bool
    """Whether the one who came before was turned away too."""


class Refusal(Enum):
    """Why a connection is refused before it has a number; the value says it in words."""

    UNTRUSTED = "it comes from no trusted balancer"
    MALFORMED = "no PROXY header"
    CUT = "it ended too soon"
    SLOW = "no whole PROXY header in time"
    CROWDED = "too many are still to send their PROXY header"


@event
class ConnectionRefused:
    """A connection that should come from a balancer is closed without a word."""

    peer: str
    """The other end of the connection: the balancer, if it is one."""
    why: Refusal
    data: bytes
    """What came; not to be trusted."""
    again: bool
    """Whether one has been refused for the same reason, and none let in since."""


@event
class Draining:
    """The server has been told to stop; who is in no game is told `Q`, games go on."""

    players: int
    """How many are told now."""
    games: int
    """How many games go on."""
    seconds: float
    """For how long they may."""


@event
class Stopping:
    """The time of the games that still go on is over; their players are told `Q`."""

    games: int


@event
class Stopped:
    """The server has closed every connection."""


Event: TypeAlias = (
    PortReserved
    | Listening
    | ClientConnected
    | PlayerLeft
    | PlayersMatched
    | MatchFailed
    | BotJoined
    | MoveRefused
    | MessageUnexpected
    | GameEnded
    | SessionFailed
    | AcceptFailed
    | TurnedAway
    | ConnectionRefused
    | Draining
    | Stopping
    | Stopped
)

Emit: TypeAlias = Callable[[Event], None]
"""Where events go. It is called in the middle of things and must not raise."""


def ignore(event: Event) -> None:
    """Drop `event`: the Emit of who wants no log."""
