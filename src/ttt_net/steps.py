"""What a client waits for, step by step, and for how long."""

from enum import Enum

from ttt_net.limits import FUSE

MATCH_PATIENCE = 30.0
"""How long a server may be silent that has nobody to play with, in seconds.

Both servers ask who waits for a sign of life, ours every 6 s (`Limits.echo_every`).
"""


class Step(Enum):
    """What is due from the server; the value says it in words."""

    NUMBER = "a player number"
    MARK = "a mark"
    OPPONENT = "the opponent's number"
    OPENING = "the first board"
    GAME = "a board or a move"
    VERDICT = "a turn or a result"
    LINE = "the winning line"
    FAREWELL = "the end of a farewell"
    DONE = "nothing"

    @property
    def patience(self) -> float | None:
        """How long the server may be silent now, in seconds; None is for ever.

        What it owes at once may take as long as with the existing clients. Nothing is owed
        while an opponent thinks: the original server sends no sign of life in a game.
        """
        if self is Step.MARK:
            return MATCH_PATIENCE
        return None if self in (Step.GAME, Step.FAREWELL, Step.DONE) else FUSE
