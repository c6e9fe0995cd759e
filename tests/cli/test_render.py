"""Every event has a level and a line of words."""

import typing

import pytest

from ttt_cli.render import level_of, words_of
from ttt_core import (
    GameOver,
    IllegalMove,
    Mark,
    NoSuchSquare,
    NotYourTurn,
    Outcome,
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


def render(event: Event) -> tuple[str, str]:
    return level_of(event), words_of(event)


LINES: list[tuple[Event, str, str]] = [
    (PortReserved(8080), "INFO", "Reserved port 8080"),
    (Listening(8080), "INFO", "Listening to port 8080"),
    (
        ClientConnected(7, "192.0.2.1:4711", probe=False),
        "INFO",
        "Received connection from 192.0.2.1:4711: player 7",
    ),
    (
        ClientConnected(7, "[2001:db8::1]:4711", probe=True),
        "DEBUG",
        "Received connection from [2001:db8::1]:4711: player 7",
    ),
    (PlayersMatched(newcomer=2, waited=1), "INFO", "Player 2 is matched with player 1"),
    (BotJoined(bot=2, waited=1), "INFO", "Player 2 is the computer, for player 1 who waits"),
    (MatchFailed(2, told=1), "WARNING", "Player 2 went before the game with player 1 began"),
    (
        MessageUnexpected(5, b"GET /\n", "being greeted"),
        "WARNING",
        'Player 5 is put out for an unexpected message while being greeted: "GET /\\x0a"',
    ),
    (
        SessionFailed(6, KeyError("no trace")),
        "ERROR",
        "An exception ended the session of player 6: KeyError\n    KeyError: 'no trace'",
    ),
    (
        SessionFailed(None, ValueError("no trace")),
        "ERROR",
        "An exception ended the session of a new connection: ValueError\n    ValueError: no trace",
    ),
    (
        AcceptFailed(OSError(24, "Too many files"), 1.0),
        "ERROR",
        "No connection can be accepted: Too many files; trying again every 1 s, the games go on",
    ),
    (
        AcceptFailed(OSError(28, "No space left on device"), 1.0),
        "ERROR",
        (
            "No connection can be accepted: no room to watch one more"
            " (fs.epoll.max_user_watches); trying again every 1 s, the games go on"
        ),
    ),
    (
        TurnedAway("127.0.0.1:5000", 992, again=False),
        "WARNING",
        "The connection from 127.0.0.1:5000 is refused: the server is full (992 connections)",
    ),
    (
        TurnedAway("127.0.0.1:5001", 992, again=True),
        "DEBUG",
        "The connection from 127.0.0.1:5001 is refused: the server is full (992 connections)",
    ),
    (
        ConnectionRefused("10.0.0.9:5000", Refusal.UNTRUSTED, b"", again=False),
        "WARNING",
        "The connection from 10.0.0.9:5000 is refused: it comes from no trusted balancer",
    ),
    (
        ConnectionRefused("10.0.0.9:5001", Refusal.UNTRUSTED, b"", again=True),
        "DEBUG",
        "The connection from 10.0.0.9:5001 is refused: it comes from no trusted balancer",
    ),
    (
        ConnectionRefused("10.0.0.1:5000", Refusal.MALFORMED, b"c1\n", again=False),
        "WARNING",
        'The connection from 10.0.0.1:5000 is refused: no PROXY header, but "c1\\x0a"',
    ),
    (
        ConnectionRefused("10.0.0.1:5000", Refusal.CUT, b"PROXY", again=False),
        "WARNING",
        'The connection from 10.0.0.1:5000 is refused: it ended too soon, with "PROXY"',
    ),
    (
        ConnectionRefused("10.0.0.1:5000", Refusal.CUT, b"", again=False),
        "DEBUG",
        "The connection from 10.0.0.1:5000 is refused: it ended too soon",
    ),
    (Draining(0, 0, 2.0), "INFO", "Shutting down; players to be told: 0"),
    (
        Draining(3, 2, 2.5),
        "INFO",
        "Shutting down; players to be told: 3; games still running: 2, for 2.5 s at most",
    ),
    (Stopping(2), "INFO", "Shutting down; games to be called off: 2"),
    (Stopped(), "INFO", "The server has stopped"),
]

UNEXPECTEDLY = "The game between player 2 and player 1 ended unexpectedly: "

ENDINGS: list[tuple[Outcome, str, str, str]] = [
    (
        Outcome(Termination.LINE, Mark.X, (0, 4, 8)),
        "1 2 5 3 9",
        "INFO",
        "Player 2 beats player 1 and finishes the game.",
    ),
    (
        Outcome(Termination.LINE, Mark.O, (2, 4, 6)),
        "1 3 2 5 9 7",
        "INFO",
        "Player 1 beats player 2 and finishes the game.",
    ),
    (
        Outcome(Termination.FULL_BOARD, None, None),
        "1 2 3 5 4 6 8 7 9",
        "INFO",
        "Player 2 and player 1 finish the game in a draw.",
    ),
    (
        Outcome(Termination.LEFT, Mark.X, None),
        "9 8",
        "WARNING",
        UNEXPECTEDLY + "a player left; player 1 loses to player 2.",
    ),
    (
        Outcome(Termination.LEFT, Mark.O, None),
        "4",
        "WARNING",
        UNEXPECTEDLY + "a player left; player 2 loses to player 1.",
    ),
    (
        Outcome(Termination.PUT_OUT, Mark.O, None),
        "",
        "WARNING",
        UNEXPECTEDLY + "a player broke the rules and was put out; player 2 loses to player 1.",
    ),
    (
        Outcome(Termination.TIMED_OUT, Mark.X, None),
        "9",
        "WARNING",
        UNEXPECTEDLY + "a player took too long; player 1 loses to player 2.",
    ),
    (
        Outcome(Termination.CALLED_OFF, None, None),
        "7 3",
        "WARNING",
        UNEXPECTEDLY + "the game was called off.",
    ),
]


@pytest.mark.parametrize(("outcome", "moves", "level", "words"), ENDINGS)
def test_a_game_is_told_with_its_moves_in_order_and_its_duration(
    outcome: Outcome, moves: str, level: str, words: str
) -> None:
    event = GameEnded(2, 1, outcome, tuple(int(move) - 1 for move in moves.split()), 12.34)
    record = f"(X player 2, O player 1, moves {moves or 'none'}, 12.3 s)"
    assert render(event) == (level, f"{words} {record}")


DEPARTURES: list[tuple[Departure, str, str]] = [
    (Departure.CLOSED, "INFO", "Player 3 has left: closed the connection"),
    (Departure.QUIT, "INFO", "Player 3 has left: said quit"),
    (Departure.NOT_NEEDED, "INFO", "Player 3 has left: was not needed any more"),
    (Departure.RESET, "WARNING", "Player 3 is lost: the connection was reset"),
    (Departure.FAILED, "WARNING", "Player 3 is lost: the connection failed"),
    (Departure.SILENT, "WARNING", "Player 3 is lost: did not answer in time"),
    (Departure.TOO_SLOW, "WARNING", "Player 3 is lost: took too long to move"),
    (Departure.DEAF, "WARNING", "Player 3 is lost: does not read what it is sent"),
]


@pytest.mark.parametrize(("departure", "level", "words"), DEPARTURES)
def test_who_went_and_how_is_told(departure: Departure, level: str, words: str) -> None:
    assert render(PlayerLeft(3, departure, b"", probe=False)) == (level, words)


@pytest.mark.parametrize(("departure", "_level", "words"), DEPARTURES)
def test_a_probe_goes_at_the_least_level(departure: Departure, _level: str, words: str) -> None:
    assert render(PlayerLeft(3, departure, b"", probe=True)) == ("DEBUG", words)


def test_the_reason_for_quitting_is_told_harmlessly() -> None:
    event = PlayerLeft(3, Departure.QUIT, b"bye\n", probe=False)
    assert render(event) == ("INFO", 'Player 3 has left: said quit "bye\\x0a"')


REFUSALS: list[tuple[IllegalMove, str]] = [
    (SquareTaken("5"), "the square is taken"),
    (NoSuchSquare("5"), "there is no such square"),
    (NotYourTurn("5"), "it is not its turn"),
    (GameOver("5"), "the game is over"),
]


@pytest.mark.parametrize(("why", "words"), REFUSALS)
def test_a_refused_move_is_told_harmlessly_with_the_reason(why: IllegalMove, words: str) -> None:
    line = f'Move "i\\x00" of player 4 is refused: {words}'
    assert render(MoveRefused(4, b"i\0", why)) == ("WARNING", line)


@pytest.mark.parametrize(("event", "level", "words"), LINES)
def test_every_event_has_its_level_and_its_words(event: Event, level: str, words: str) -> None:
    assert render(event) == (level, words)


class TestTheTablesAbove:
    def test_has_every_kind_of_event(self) -> None:
        kinds = {type(event) for event, _, _ in LINES}
        assert kinds | {GameEnded, PlayerLeft, MoveRefused} == set(typing.get_args(Event))

    def test_has_every_way_to_go(self) -> None:
        assert {departure for departure, _, _ in DEPARTURES} == set(Departure)

    def test_has_every_end_of_a_game(self) -> None:
        assert {outcome.termination for outcome, _, _, _ in ENDINGS} == set(Termination)

    def test_has_every_refusal(self) -> None:
        assert {type(why) for why, _ in REFUSALS} == set(IllegalMove.__subclasses__())
