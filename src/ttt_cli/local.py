"""`ttt play --local`: the rules and the screen without a server in between."""

import random

from ttt_cli.keyboard import Keyboard, square_in
from ttt_cli.layout import quoted
from ttt_cli.screen import Screen
from ttt_core import Level, Mark, Outcome, Referee, Square, choose


def play_local(screen: Screen, keyboard: Keyboard, bot: Level | None) -> bool:
    """Play one game at one keyboard: two people, or one who is X against a bot.

    Returns whether it was played to its end.
    """
    referee = Referee()
    dice = random.Random()  # noqa: S311 - a game
    if bot is not None:
        screen.tell(f"You play X against the computer ({bot.name.lower()}).")
    try:
        screen.show(referee.board, _question(referee, bot))
        while referee.outcome is None:
            mark = referee.board.turn
            if bot is not None and mark is Mark.O:
                square: Square | None = choose(referee.board, bot, dice)
            else:
                square = _ask(screen, keyboard, referee, bot)
            if square is None:
                break
            referee.play(mark, square)
            _show(screen, referee, bot)
    except KeyboardInterrupt:
        screen.break_line()
    if referee.outcome is None:
        screen.say("You have left the game.")
    return referee.outcome is not None


def _ask(screen: Screen, keyboard: Keyboard, referee: Referee, bot: Level | None) -> Square | None:
    """Return a square that may be taken, or None if the player leaves."""
    while (line := keyboard.wait()) is not None:
        if line.lower() in ("q", "quit"):
            return None
        square = square_in(line)
        if square in referee.board.legal_moves:
            return square
        which = f"{quoted(line)} is no square" if square is None else f"Square {line} is taken"
        screen.say(f"{which}. {_question(referee, bot)}")
    return None


def _show(screen: Screen, referee: Referee, bot: Level | None) -> None:
    outcome, last = referee.outcome, referee.moves[-1]
    mark = referee.board.mark_at(last)
    by = str(mark) if bot is None else "You" if mark is Mark.X else "The computer"
    if outcome is None:
        screen.show(referee.board, _question(referee, bot), last=last, by=by)
    else:
        screen.show(referee.board, _result(outcome, bot), last=last, by=by, line=outcome.line)


def _question(referee: Referee, bot: Level | None) -> str:
    mark = referee.board.turn
    if bot is not None and mark is Mark.O:
        return "The computer thinks…"
    who = "Your move" if bot is not None else f"{mark} moves"
    return f"{who}: a number from 1 to 9 (q leaves)."


def _result(outcome: Outcome, bot: Level | None) -> str:
    if outcome.winner is None:
        return "It is a draw."
    if bot is None:
        return f"{outcome.winner} wins."
    return "You win. Congratulations!" if outcome.winner is Mark.X else "The computer wins."
