"""The hub: the whole house without its sockets and its clock.

It is told what happened (`welcome`, `receive`, `ended`, `lost`, `expire`) and when, and
leaves in each session what is to be sent. It never raises for what a client did: that
becomes a `Q` and an event. What it does raise is a bug; then `fail` ends the one table.
"""

from ttt_core import Lobby, Pairing, Termination
from ttt_net import farewells, wire
from ttt_net.counters import Numbers
from ttt_net.events import (
    Departure,
    Draining,
    Emit,
    MessageUnexpected,
    Stopping,
    TurnedAway,
    ignore,
)
from ttt_net.limits import Limits
from ttt_net.roster import Roster
from ttt_net.session import (
    CLOSING,
    CONFIRMATIONS,
    GONE,
    GREETED,
    OVER,
    PLAYING,
    READY,
    WAITING,
    Session,
)
from ttt_net.table import Tables


class Hub:
    """All sessions, the lobby and the tables: bytes in, bytes out.

    `now` is monotonic seconds everywhere and never goes back.
    """

    __slots__ = ("_is_full", "_lobby", "_roster", "_tables", "emit", "limits", "touched")

    def __init__(self, limits: Limits | None = None, emit: Emit = ignore) -> None:
        self.limits = Limits() if limits is None else limits
        self.emit = emit
        self.touched: list[Session] = []
        """The sessions that whoever runs the hub has to look after, and then strikes out."""
        self._roster = Roster(self.limits, emit)
        self._lobby: Lobby[Session] = Lobby()
        self._tables = Tables(self._roster)
        self._is_full = False

    @property
    def connections(self) -> int:
        """How many clients are connected, those who linger included."""
        return len(self._roster.sessions)

    @property
    def games(self) -> int:
        """How many games are going on, from the first board to the end."""
        return self._tables.games

    def numbers(self) -> Numbers:
        """Return what there is to count. May be called from any thread."""
        counters = self._tables.counters
        return Numbers(
            connections=self.connections,
            waiting=int(self._lobby.waiting is not None),
            games=self.games,
            moves=counters.moves,
            refused=counters.refused,
            results=tuple(counters.results),
        )

    @property
    def sessions(self) -> list[Session]:
        """All sessions whose connection is not over, in the order of their numbers."""
        return list(self._roster.sessions.values())

    def connect(self, peer: str, now: float) -> Session:
        """Welcome a client from `peer`, for who carries its bytes without a `Server`, as tests."""
        session = Session(peer, self.touched)
        self.welcome(session, now)
        return session

    def welcome(self, session: Session, now: float) -> None:
        """Begin with the new `session` of a client that has connected.

        Where there is no room, who only lingers gives way; if nobody does, the client is
        told that the server is full.
        """
        full = self.connections >= self.limits.connections
        while full and self.give_way():
            full = self.connections >= self.limits.connections
        was_full, self._is_full = self._is_full, full
        if full:
            self.emit(TurnedAway(session.peer, self.limits.connections, was_full))
            self._roster.turn_away(session, farewells.FULL, now)
        else:
            self._roster.open(session, now)

    def give_way(self) -> bool:
        """Let the session that has lingered longest be closed at once; whether there is one."""
        session = next(iter(self._roster.lingering), None)
        if session is not None:
            self._roster.forget(session)
        return session is not None

    def receive(self, session: Session, data: bytes, now: float) -> None:
        """Take in what has come from the client, in whatever pieces it came.

        As nearly always that is one whole message, and the one that is due.
        """
        stage = session.stage
        if stage is PLAYING:
            square = wire.MOVES.get(data)
            if square is not None and not session.half:
                self._tables.play(session, square, data, now)
                return
        elif data == CONFIRMATIONS.get(stage) and not (session.half or session.farewell):
            self._confirm(session, now)
            if stage is GREETED:
                self._tables.seat(self._lobby.enter(session), now)
            return
        self._receive_mixed(session, data, now)

    def lost(self, session: Session, departure: Departure, now: float) -> None:
        """Take note that the connection of `session` is over."""
        if session.stage not in OVER and not session.farewell:
            self._roster.note_departure(session, departure)
            self._vacate(session, Termination.LEFT, now)
        self._roster.forget(session)

    def ended(self, session: Session, now: float) -> bool:
        """Take note that the client has ended its side; whether it still has something to read.

        A client that has written all it wants to may read on: the last message reaches it.
        """
        if session.farewell:
            self._roster.say_farewell(session, now)
        if session.stage is CLOSING and session.outgoing:
            return True
        self.lost(session, Departure.CLOSED, now)
        return False

    def next_deadline(self) -> float:
        """Return when to look for who is `due`, if nothing happens before; inf is never."""
        return self._roster.deadlines.earliest

    def take_due(self, now: float) -> list[Session]:
        """Return the sessions whose time may be over: each is to be given to `expire`.

        As many as may be looked at in one turn; `next_deadline` says whether there are more.
        """
        return self._roster.deadlines.take_due(now, self.limits.looks)

    def expire(self, session: Session, now: float) -> None:
        """Do what is due for `session`: ask for a sign of life, or give it up."""
        stage = session.stage
        if stage is GONE:
            return
        if session.due > now:
            self._roster.look_again(session, now)
        elif stage is CLOSING:
            self._roster.forget(session)
        elif session.farewell:
            self._roster.say_farewell(session, now)
        elif stage is PLAYING and self._tables.has_turn(session):
            self._give_up(session, Departure.TOO_SLOW, farewells.TOO_SLOW, now)
        elif stage in (PLAYING, WAITING) and self._roster.ask_for_echo(session, now):
            return
        elif stage is READY:
            self._look_at_newcomer(session, now)
        else:
            self._give_up(session, Departure.SILENT, farewells.SILENT, now)

    def fail(self, session: Session, now: float) -> None:
        """End the session and its game after a bug: both players are told `Q`."""
        if session.table is not None:
            self._tables.call_off(session.table, farewells.INTERNAL_ERROR, now)
        elif session.stage not in OVER:
            self._lobby.leave(session)
            self._roster.dismiss_soon(session, farewells.INTERNAL_ERROR, now)

    def forget(self, session: Session, now: float) -> None:
        """Strike `session` off without a word: nothing else can be done for it.

        Its opponent is told, if there is one.
        """
        opponent = session.opponent
        if session.table is not None:
            self._tables.part(session.table)
        self._lobby.leave(session)
        self._roster.forget(session)
        if opponent is not None and opponent.stage not in OVER:
            self._roster.dismiss_soon(opponent, farewells.INTERNAL_ERROR, now)

    def drain(self, now: float) -> None:
        """Tell everybody `Q` who is in no game that has begun; nobody is to connect any more."""
        idle = [s for s in self.sessions if s.stage is not PLAYING and s.stage not in OVER]
        self.emit(Draining(len(idle), self.games, self.limits.drain))
        for session in idle:
            self._send_home(session, now)

    def stop(self, now: float) -> None:
        """End everything: all players are told `Q`."""
        if self.games:
            self.emit(Stopping(self.games))
        for session in self.sessions:
            self._send_home(session, now)

    def _send_home(self, session: Session, now: float) -> None:
        if session.table is not None:
            self._tables.call_off(session.table, farewells.SHUTTING_DOWN, now)
        elif session.farewell:
            self._roster.hurry(session, now)
        elif session.stage not in OVER:
            self._lobby.leave(session)
            self._roster.dismiss_soon(session, farewells.SHUTTING_DOWN, now)

    def _receive_mixed(self, session: Session, data: bytes, now: float) -> None:
        """Take in bytes that may be cut anywhere, and may say anything."""
        before = session.stage
        if before in OVER:
            return
        for message in session.split(data):
            self._take(session, message, now)
        if before is GREETED and session.stage is WAITING:
            # Not sooner: who confirms and leaves in one breath is nobody's opponent.
            self._tables.seat(self._lobby.enter(session), now)

    def _take(self, session: Session, message: bytes, now: float) -> None:
        """Do with one message what the stage allows."""
        letter, stage = message[0], session.stage
        if letter == wire.MOVE and stage is PLAYING:
            self._tables.play(session, wire.square_of(message), message, now)
        elif message == CONFIRMATIONS.get(stage):
            if session.farewell:
                self._roster.say_farewell(session, now)
            else:
                self._confirm(session, now)
        elif stage in OVER or (session.farewell and letter != wire.QUIT):
            return
        elif letter == wire.QUIT:
            self._quit(session, message[1:], now)
        elif letter != wire.ANSWER or not self._roster.hear_answer(session):
            self._put_out_for(session, message, now)

    def _confirm(self, session: Session, now: float) -> None:
        if session.table is not None:
            self._tables.confirm(session, session.table, now)
        else:
            self._roster.announce(session)
            session.arrived = now
            self._roster.enter(session, WAITING, now + self.limits.echo_every)

    def _quit(self, session: Session, reason: bytes, now: float) -> None:
        if session.farewell:
            self._roster.say_farewell(session, now)
            return
        # A client that has answered echoes may say `qqq`: that is no reason (PROTOCOL).
        self._roster.note_departure(session, Departure.QUIT, reason.strip(b"q") and reason)
        self._vacate(session, Termination.LEFT, now)
        self._roster.close(session, now)

    def _put_out_for(self, session: Session, message: bytes, now: float) -> None:
        self._roster.announce(session)
        self.emit(MessageUnexpected(session.number, message, session.stage.value))
        self._vacate(session, Termination.PUT_OUT, now)
        self._roster.dismiss_soon(session, farewells.UNEXPECTED, now)

    def _give_up(self, session: Session, departure: Departure, text: str, now: float) -> None:
        self._roster.note_departure(session, departure)
        slow = departure is Departure.TOO_SLOW
        self._vacate(session, Termination.TIMED_OUT if slow else Termination.LEFT, now)
        # Its time is over: nothing is left to wait for, whatever it was sent last.
        session.farewell = wire.goodbye(text)
        self._roster.say_farewell(session, now)

    def _look_at_newcomer(self, session: Session, now: float) -> None:
        """Give up for whom `session` waits, unless its first answer was heard late."""
        newcomer = session.opponent
        assert newcomer is not None
        if newcomer.due > now:
            self._roster.enter(session, READY, newcomer.due)
        else:
            self._give_up(newcomer, Departure.SILENT, farewells.SILENT, now)

    def _vacate(self, session: Session, why: Termination, now: float) -> None:
        """Free the place of `session`, which is going: in the lobby or at a table."""
        table = session.table
        if table is None:
            self._lobby.leave(session)
        elif self._tables.leave(session, table, why, now):
            self._go_on_waiting(table.pairing, now)

    def _go_on_waiting(self, pairing: Pairing[Session], now: float) -> None:
        """Take the newcomer of `pairing`, who has heard nothing, back into the lobby."""
        self._tables.seat(self._lobby.come_back(pairing), now)
