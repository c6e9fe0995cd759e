"""The tables: what happens between two players, from their meeting to the result.

The one who waited is confirmed first, and only then is the newcomer told (PROTOCOL, rules):
who walked away without closing is found out there, and the newcomer has heard nothing.
"""

from ttt_core import IllegalMove, Pairing, Referee, Square, Termination
from ttt_net import wire
from ttt_net.counters import Counters
from ttt_net.events import GameEnded, MatchFailed, MoveRefused, PlayersMatched
from ttt_net.farewells import NOT_BEGUN, PARTNER_GONE, TOO_MANY_REFUSALS
from ttt_net.limits import FUSE, LATE
from ttt_net.roster import Roster
from ttt_net.session import (
    PLAYING,
    READY,
    TOLD_MARK,
    TOLD_OPPONENT,
    WAITING,
    O,
    Session,
    Table,
    X,
)


class Tables:
    """Seats players, hands their moves to the referee, and tells both what came of it."""

    __slots__ = ("_echo_every", "_roster", "_spare", "_thinking", "counters", "games")

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._echo_every = roster.limits.echo_every
        self._thinking = roster.limits.thinking
        self._spare = FUSE - LATE - 2 * roster.limits.confirmation
        """How much longer than its time who has confirmed everything may have to wait."""
        self.counters = Counters()
        self.games = 0
        """How many games are going on, from the first board to the end."""

    def seat(self, pairing: Pairing[Session] | None, now: float) -> None:
        """Give two players who have met, if they have, a table; tell who waited its mark."""
        if pairing is None:
            return
        waited, newcomer = pairing.waited, pairing.newcomer
        waited.table = newcomer.table = Table(pairing, Referee(), None)
        waited.opponent, newcomer.opponent = newcomer, waited
        waited.mark, newcomer.mark = O, X
        self._tell_mark(waited, now)

    def confirm(self, session: Session, table: Table, now: float) -> None:
        """Go on with the handshake of `session`, which has confirmed what it was told last."""
        roster, opponent = self._roster, session.opponent
        assert opponent is not None
        if session.stage is TOLD_MARK:
            due = now + roster.limits.confirmation
            if opponent.stage is READY:
                # However late its first confirmation was heard: the other one reads already.
                due = min(due, opponent.due + self._spare)
            roster.lead(session, TOLD_OPPONENT, due, wire.opponent(opponent.number))
        elif session is table.pairing.waited:
            roster.enter(session, READY, now + 2 * roster.limits.confirmation)
            roster.emit(PlayersMatched(opponent.number, session.number))
            self._tell_mark(opponent, now)
        else:
            self._begin(table, now)

    def play(self, session: Session, square: Square, message: bytes, now: float) -> None:
        """Let `session` take `square`, as its `message` says; this is the hot path.

        Raises nothing for what a client sent: an illegal move is refused, and after
        `Limits.refusals` of them in a row the player is put out.
        """
        table, opponent = session.table, session.opponent
        assert table is not None
        assert opponent is not None
        referee = table.referee
        try:
            after = referee.play(session.mark, square)
        except IllegalMove as why:
            self._refuse(session, table, message, why, now)
            return
        mine, theirs = wire.replies(after, square)
        self._roster.tell_both(session, mine, opponent, theirs)
        self.counters.moves += 1
        session.refusals = 0
        session.due = now + self._echo_every
        opponent.due = now + self._thinking
        if referee.outcome is not None:
            assert table.began is not None
            self._note_end(table, table.began, now)
            self.part(table)
            self._roster.close(session, now)
            self._roster.close(opponent, now)

    def leave(self, session: Session, table: Table, why: Termination, now: float) -> bool:
        """Take `session`, which is going for the reason `why`, away from its table.

        The opponent is told `Q`; but a newcomer who has heard nothing yet is told nothing,
        and True is returned: it is to go on waiting.
        """
        opponent = session.opponent
        assert opponent is not None
        self.part(table)
        if opponent.stage is WAITING:
            return True
        if table.began is None:
            self._roster.emit(MatchFailed(session.number, opponent.number))
            self._roster.dismiss(opponent, NOT_BEGUN, now)
        else:
            table.referee.forfeit(session.mark, why)
            self._note_end(table, table.began, now)
            self._roster.dismiss(opponent, PARTNER_GONE[why], now)
        return False

    def call_off(self, table: Table, text: str, now: float) -> None:
        """End the game at `table` with nobody winning; both players are told `text`."""
        if table.began is not None and table.referee.outcome is None:
            table.referee.call_off()
            self._note_end(table, table.began, now)
        self.part(table)
        for session in (table.pairing.waited, table.pairing.newcomer):
            self._roster.dismiss_soon(session, text, now)

    def has_turn(self, session: Session) -> bool:
        """Whether the game at the table of `session` waits for its move."""
        table = session.table
        return table is not None and table.referee.board.turn is session.mark

    def _tell_mark(self, session: Session, now: float) -> None:
        due = now + self._roster.limits.confirmation
        self._roster.lead(session, TOLD_MARK, due, wire.mark(session.mark))

    def _begin(self, table: Table, now: float) -> None:
        roster = self._roster
        table.began = now
        self.games += 1
        for session in (table.pairing.newcomer, table.pairing.waited):
            roster.tell(session, wire.turn(table.referee.board, session.mark))
            session.stage = PLAYING
            session.due = now + (
                roster.limits.thinking if self.has_turn(session) else roster.limits.echo_every
            )
            roster.look_again(session, now)

    def _refuse(
        self, session: Session, table: Table, message: bytes, why: IllegalMove, now: float
    ) -> None:
        roster = self._roster
        self.counters.refused += 1
        roster.emit(MoveRefused(session.number, message, why))
        session.refusals += 1
        if session.refusals >= roster.limits.refusals:
            self.leave(session, table, Termination.PUT_OUT, now)
            roster.dismiss(session, TOO_MANY_REFUSALS, now)
        elif self.has_turn(session):
            # Its patience for the move does not begin anew: `due` stays.
            roster.tell(session, wire.turn(table.referee.board, session.mark))

    def _note_end(self, table: Table, began: float, now: float) -> None:
        referee = table.referee
        assert referee.outcome is not None
        self.counters.note_end(referee.outcome)
        x, o = table.pairing.newcomer.number, table.pairing.waited.number
        moves = tuple(referee.moves)
        self._roster.emit(GameEnded(x, o, referee.outcome, moves, now - began))

    def part(self, table: Table) -> None:
        """Let nobody sit at `table` any more."""
        self.games -= table.began is not None
        # By hand, so that no cycle is left for the garbage collector to find.
        for session in (table.pairing.waited, table.pairing.newcomer):
            session.table = session.opponent = None
