"""`ttt play --local`: the rules and the screen without a server in between."""

import random

from ttt_cli.keyboard import A_SQUARE, Keyboard, complaint, is_farewell, square_in
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
        if is_farewell(line):
            return None
        square = square_in(line)
        if square in referee.board.legal_moves:
            return square
        screen.say(f"{complaint(line)} {_question(referee, bot)}")
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
    return f"{who}: {A_SQUARE}"


def _result(outcome: Outcome, bot: Level | None) -> str:
    if outcome.winner is None:
        return "It is a draw."
    if bot is None:
        return f"{outcome.winner} wins."
    return "You win. Congratulations!" if outcome.winner is Mark.X else "The computer wins."
