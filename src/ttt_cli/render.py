r"""Events as lines of the log: a level, and words an operator can act on.

Nothing that a client sent gets into a line as it came: `shown` lets letters, digits and a
few harmless signs through and writes everything else as `\xNN`.
"""

import string
import traceback
from typing import assert_never

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


def render(event: Event) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - one row for each event
    """Return the level of `event` and its words."""
    match event:
        case PortReserved(port):
            return INFO, f"Reserved port {port}"
        case Listening(port):
            return INFO, f"Listening to port {port}"
        case ClientConnected(player, peer, probe):
            return DEBUG if probe else INFO, f"Received connection from {peer}: player {player}"
        case PlayersMatched(newcomer, waited):
            return INFO, f"Player {newcomer} is matched with player {waited}"
        case MatchFailed(gone, told):
            return WARNING, f"Player {gone} went before the game with player {told} began"
        case BotJoined(bot, waited):
            return INFO, f"Player {bot} is the computer, for player {waited} who waits"
        case PlayerLeft():
            return _departure(event)
        case GameEnded():
            return _ending(event)
        case MoveRefused(player, message, why):
            reason = _REFUSALS[type(why)]
            return WARNING, f"Move {shown(message)} of player {player} is refused: {reason}"
        case MessageUnexpected(player, message, stage):
            return WARNING, (
                f"Player {player} is put out for an unexpected message while {stage}: "
                f"{shown(message)}"
            )
        case SessionFailed():
            return ERROR, _failure(event)
        case AcceptFailed(error, pause):
            return ERROR, (
                f"No connection can be accepted: {error.strerror}; "
                f"trying again every {pause:g} s, the games go on"
            )
        case TurnedAway(peer, connections, again):
            full = f"the server is full ({connections} connections)"
            return DEBUG if again else WARNING, f"The connection from {peer} is refused: {full}"
        case Draining(players, games, seconds):
            ending = f"; games still running: {games}, for {seconds:g} s at most" if games else ""
            return INFO, f"Shutting down; players to be told: {players}{ending}"
        case Stopping(games):
            return INFO, f"Shutting down; games to be called off: {games}"
        case Stopped():
            return INFO, "The server has stopped"
        case _:
            assert_never(event)


def _departure(event: PlayerLeft) -> tuple[str, str]:
    how = event.departure.value
    if event.reason:
        how += f" {shown(event.reason)}"
    if event.departure in (Departure.QUIT, Departure.CLOSED):
        return DEBUG if event.probe else INFO, f"Player {event.player} has left: {how}"
    return DEBUG if event.probe else WARNING, f"Player {event.player} is lost: {how}"


def _ending(event: GameEnded) -> tuple[str, str]:
    outcome = event.outcome
    winner, loser = (event.o, event.x) if outcome.winner is Mark.O else (event.x, event.o)
    moves = " ".join(str(square + 1) for square in event.moves) or "none"
    record = f"X player {event.x}, O player {event.o}, moves {moves}, {event.seconds:.1f} s"
    match outcome.termination:
        case Termination.LINE:
            return INFO, f"Player {winner} beats player {loser} and finishes the game. ({record})"
        case Termination.FULL_BOARD:
            return (
                INFO,
                f"Player {winner} and player {loser} finish the game in a draw. ({record})",
            )
        case Termination.CALLED_OFF:
            how = outcome.termination.value
        case why:
            how = f"{why.value}; player {loser} loses to player {winner}"
    players = f"player {event.x} and player {event.o}"
    return WARNING, f"The game between {players} ended unexpectedly: {how}. ({record})"


def _failure(event: SessionFailed) -> str:
    """Show the exception with its traceback, each line of it indented and made harmless."""
    whom = "a new connection" if event.player is None else f"player {event.player}"
    lines = "".join(traceback.format_exception(event.error)).splitlines()
    where = "".join(f"\n    {ascii(line)[1:-1]}" for line in lines)
    return f"An exception ended the session of {whom}: {type(event.error).__name__}{where}"
