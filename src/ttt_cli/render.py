r"""Events as lines of the log: a level, and words an operator can act on.

Nothing that a client sent gets into a line as it came: `shown` lets letters, digits and a
few harmless signs through and writes everything else as `\xNN`.
"""

import errno
import string
import traceback
from collections.abc import Callable
from typing import Any, assert_never

from ttt_core import (
    GameOver,
    IllegalMove,
    Mark,
    NoSuchSquare,
    NotYourTurn,
    SquareTaken,
    Termination,
)
from ttt_net.events import (
    AcceptFailed,
    BotJoined,
    ClientConnected,
    ConnectionRefused,
    Departure,
    Draining,
    Event,
    GameEnded,
    Listening,
    MatchFailed,
    MessageUnexpected,
    MoveRefused,
    PlayerLeft,
    PlayersMatched,
    PortReserved,
    Refusal,
    SessionFailed,
    Stopped,
    Stopping,
    TurnedAway,
)

DEBUG, INFO, WARNING, ERROR = "DEBUG", "INFO", "WARNING", "ERROR"
LEVELS = (DEBUG, INFO, WARNING, ERROR)

SHOWN_BYTES = 80
"""How much of what a client sent is shown."""

_HARMLESS = frozenset((string.ascii_letters + string.digits + " .,:;!?'()*+-/=_@#%&").encode())

_REFUSALS: dict[type[IllegalMove], str] = {
    NoSuchSquare: "there is no such square",
    SquareTaken: "the square is taken",
    NotYourTurn: "it is not its turn",
    GameOver: "the game is over",
}


def shown(data: bytes) -> str:
    """Write what a client sent so that it can neither forge a line nor colour or break one."""
    text = "".join(
        chr(byte) if byte in _HARMLESS else f"\\x{byte:02x}" for byte in data[:SHOWN_BYTES]
    )
    return f'"{text}" and more' if len(data) > SHOWN_BYTES else f'"{text}"'


def level_of(event: Event) -> str:
    """Return the level of `event`. It costs little, for most events are below what is logged."""
    level = _LEVELS[type(event)]
    return level if isinstance(level, str) else level(event)


def words_of(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912 - one row for each event
    """Return the words of `event`."""
    match event:
        case ClientConnected(player, peer):
            return f"Received connection from {peer}: player {player}"
        case PlayersMatched(newcomer, waited):
            return f"Player {newcomer} is matched with player {waited}"
        case GameEnded():
            return _ending(event)
        case PlayerLeft():
            return _departure(event)
        case MatchFailed(gone, told):
            return f"Player {gone} went before the game with player {told} began"
        case BotJoined(bot, waited):
            return f"Player {bot} is the computer, for player {waited} who waits"
        case MoveRefused(player, message, why):
            return f"Move {shown(message)} of player {player} is refused: {_REFUSALS[type(why)]}"
        case MessageUnexpected(player, message, stage):
            unexpected = f"an unexpected message while {stage}: {shown(message)}"
            return f"Player {player} is put out for {unexpected}"
        case SessionFailed():
            return _failure(event)
        case AcceptFailed(error, pause):
            again = f"trying again every {pause:g} s, the games go on"
            return f"No connection can be accepted: {want_of_room(error)}; {again}"
        case TurnedAway(peer, connections):
            full = f"the server is full ({connections} connections)"
            return f"The connection from {peer} is refused: {full}"
        case ConnectionRefused():
            return _refusal(event)
        case PortReserved(port):
            return f"Reserved port {port}"
        case Listening(port):
            return f"Listening to port {port}"
        case Draining(players, games, seconds):
            ending = f"; games still running: {games}, for {seconds:g} s at most" if games else ""
            return f"Shutting down; players to be told: {players}{ending}"
        case Stopping(games):
            return f"Shutting down; games to be called off: {games}"
        case Stopped():
            return "The server has stopped"
        case _:
            assert_never(event)


def want_of_room(error: OSError) -> str | None:
    """Say what the system has too little of."""
    # What the system calls it reads as if a disk were full.
    no_room = "no room to watch one more (fs.epoll.max_user_watches)"
    return no_room if error.errno == errno.ENOSPC else error.strerror


def _departure(event: PlayerLeft) -> str:
    how = event.departure.value
    if event.reason:
        how += f" {shown(event.reason)}"
    went = "has left" if event.departure in _OF_ONE_S_OWN_ACCORD else "is lost"
    return f"Player {event.player} {went}: {how}"


def _departure_level(event: PlayerLeft) -> str:
    if event.probe:
        return DEBUG
    return INFO if event.departure in _OF_ONE_S_OWN_ACCORD else WARNING


def _ending(event: GameEnded) -> str:
    outcome = event.outcome
    winner, loser = (event.o, event.x) if outcome.winner is Mark.O else (event.x, event.o)
    moves = " ".join([_DIGITS[square] for square in event.moves]) or "none"
    record = f"X player {event.x}, O player {event.o}, moves {moves}, {event.seconds:.1f} s"
    match outcome.termination:
        case Termination.LINE:
            return f"Player {winner} beats player {loser} and finishes the game. ({record})"
        case Termination.FULL_BOARD:
            return f"Player {winner} and player {loser} finish the game in a draw. ({record})"
        case Termination.CALLED_OFF:
            how = outcome.termination.value
        case why:
            how = f"{why.value}; player {loser} loses to player {winner}"
    players = f"player {event.x} and player {event.o}"
    return f"The game between {players} ended unexpectedly: {how}. ({record})"


def _ending_level(event: GameEnded) -> str:
    return INFO if event.outcome.termination in _ON_THE_BOARD else WARNING


def _refusal(event: ConnectionRefused) -> str:
    why = event.why.value
    if event.data:
        why += f", {'but' if event.why is Refusal.MALFORMED else 'with'} {shown(event.data)}"
    return f"The connection from {event.peer} is refused: {why}"


def _refusal_level(event: ConnectionRefused) -> str:
    # Who goes without a word has only looked whether somebody listens.
    is_probe = event.why is Refusal.CUT and not event.data
    return DEBUG if event.again or is_probe else WARNING


def _failure(event: SessionFailed) -> str:
    """Show the exception with its traceback, each line of it indented and made harmless."""
    whom = "a new connection" if event.player is None else f"player {event.player}"
    lines = "".join(traceback.format_exception(event.error)).splitlines()
    where = "".join(f"\n    {ascii(line)[1:-1]}" for line in lines)
    return f"An exception ended the session of {whom}: {type(event.error).__name__}{where}"


_DIGITS = "123456789"
_OF_ONE_S_OWN_ACCORD = (Departure.QUIT, Departure.CLOSED, Departure.NOT_NEEDED)
_ON_THE_BOARD = (Termination.LINE, Termination.FULL_BOARD)

_LEVELS: dict[type[Event], str | Callable[[Any], str]] = {
    PortReserved: INFO,
    Listening: INFO,
    ClientConnected: lambda event: DEBUG if event.probe else INFO,
    PlayersMatched: INFO,
    MatchFailed: WARNING,
    BotJoined: INFO,
    PlayerLeft: _departure_level,
    GameEnded: _ending_level,
    MoveRefused: WARNING,
    MessageUnexpected: WARNING,
    SessionFailed: ERROR,
    AcceptFailed: ERROR,
    ConnectionRefused: _refusal_level,
    TurnedAway: lambda event: DEBUG if event.again else WARNING,
    Draining: INFO,
    Stopping: INFO,
    Stopped: INFO,
}
