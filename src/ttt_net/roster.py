"""The roster: all sessions, and what is done to any one of them.

Opens them, speaks to them, moves them from stage to stage, says goodbye and forgets them.
It knows nothing of who plays whom.
"""

from ttt_net import wire
from ttt_net.deadlines import Deadlines
from ttt_net.events import ClientConnected, Departure, Emit, PlayerLeft
from ttt_net.limits import Limits
from ttt_net.session import CLOSING, GONE, GREETED, LEGAL, OVER, UNFRAMED, Session, Stage


class Roster:
    """Every session of the house, by player number."""

    __slots__ = (
        "_first_look",
        "_last_number",
        "_look_every",
        "deadlines",
        "emit",
        "limits",
        "lingering",
        "sessions",
    )

    def __init__(self, limits: Limits, emit: Emit) -> None:
        self.limits = limits
        self.emit = emit
        self.sessions: dict[int, Session] = {}
        self.lingering: dict[Session, None] = {}
        """Those that have been sent their last message, the one sent it first first."""
        self.deadlines: Deadlines[Session] = Deadlines()
        self._last_number = 0
        self._look_every = min(limits.echo_every, limits.thinking)
        self._first_look = min(limits.confirmation, limits.echo_every)

    def open(self, session: Session, now: float) -> None:
        """Begin with `session`: it is sent its number."""
        self._add(session)
        # Early enough for all that comes until the first board: a client that answers as
        # quickly as they do is looked at once on its way there, and not for every step of it.
        self.deadlines.set_at_latest(session, now + self._first_look)
        self.lead(session, GREETED, now + self.limits.greeting, wire.number(session.number))

    def turn_away(self, session: Session, text: str, now: float) -> None:
        """Tell `session` why there is nothing for it here, and nothing else."""
        self._add(session)
        session.announced = True  # by the event that tells of its being turned away
        self.tell(session, wire.goodbye(text))
        self.close(session, now)

    def tell(self, session: Session, data: bytes) -> None:
        """Leave `data` for `session` to be sent."""
        if not session.outgoing:
            session.touched.append(session)
        session.outgoing += data

    def tell_both(self, one: Session, data: bytes, other: Session, its_data: bytes) -> None:
        """Leave `data` for `one` and `its_data` for `other`: `tell` twice, in one call."""
        if one.outgoing or other.outgoing:
            self.tell(one, data)
            self.tell(other, its_data)
        else:
            one.outgoing, other.outgoing = data, its_data
            one.touched.append(one)
            other.touched.append(other)

    def lead(self, session: Session, stage: Stage, due: float, data: bytes) -> None:
        """Take `session` to `stage`, whose time is over at `due`, with `data`: `enter`, `tell`."""
        session.stage = stage
        session.due = due
        if due < session.look:
            self.deadlines.set_at_latest(session, due)
        if session.outgoing:
            session.outgoing += data
        else:
            session.outgoing = data
            session.touched.append(session)

    def enter(self, session: Session, stage: Stage, due: float) -> None:
        """Take `session` to `stage`, whose time is over at `due`."""
        session.stage = stage
        session.due = due
        if due < session.look:
            self.deadlines.set_at_latest(session, due)

    def look_again(self, session: Session, now: float) -> None:
        """Watch over `session` while its `due` may move, as it does with every move made.

        A move only writes down the new `due`. That is never earlier than the shorter of the
        two periods of a game from then, so looking once in such a period misses nothing.
        """
        self.deadlines.set_at_latest(session, min(session.due, now + self._look_every))

    def ask_for_echo(self, session: Session, now: float) -> bool:
        """Ask for a sign of life, if not too many are unanswered; whether that was done."""
        patient = session.echoes < self.limits.echoes_unanswered
        if patient:
            session.echoes += 1
            if session.outgoing:
                # It would not be looked after before there is room. But who reads nothing and
                # answers all is asked for ever: it is for sending to see how much is unsent.
                session.touched.append(session)
            self.tell(session, wire.ECHO)
            session.due = now + self.limits.echo_every
            self.look_again(session, now)
        return patient

    def announce(self, session: Session, *, probe: bool = False) -> None:
        """Tell the log of the connection, once, now that it is known what is behind it."""
        if not session.announced:
            session.announced = True
            self.emit(ClientConnected(session.number, session.peer, probe))

    def hear_answer(self, session: Session) -> bool:
        """Take note of an answer to an `E`, or to none; whether it may come."""
        if session.echoes:
            session.echoes -= 1
        else:
            # It does no harm, but a crowd that said nothing else would take all there is of time.
            session.unasked += 1
        return wire.ANSWER in LEGAL[session.stage] and (
            session.unasked <= self.limits.answers_unasked
        )

    def note_departure(self, session: Session, departure: Departure, reason: bytes = b"") -> None:
        """Tell the log that `session` goes of its own accord, or is given up."""
        silent = departure is Departure.SILENT
        probe = session.stage is GREETED and not silent
        self.announce(session, probe=probe)
        reason = reason[: self.limits.reason_bytes]
        self.emit(PlayerLeft(session.number, departure, reason, probe))

    def dismiss(self, session: Session, text: str, now: float) -> None:
        """Tell `session` that it is over and why, as soon as it may be told, and close it."""
        session.farewell = wire.goodbye(text)
        if session.stage not in UNFRAMED:
            self.say_farewell(session, now)

    def dismiss_soon(self, session: Session, text: str, now: float) -> None:
        """Dismiss `session` without waiting long for a confirmation (see `hurry`)."""
        self.dismiss(session, text, now)
        self.hurry(session, now)

    def hurry(self, session: Session, now: float) -> None:
        """Let a farewell that waits for a confirmation wait for `Limits.settle` at most."""
        if session.stage not in OVER:
            due = min(session.due, now + self.limits.settle)
            self.enter(session, session.stage, due)

    def say_farewell(self, session: Session, now: float) -> None:
        """Send `session` the farewell that is kept for it, and close it."""
        self.tell(session, session.farewell)
        self.close(session, now)

    def close(self, session: Session, now: float) -> None:
        """Let the connection end once everything is sent and the client has read it."""
        session.half = session.farewell = b""
        self.enter(session, CLOSING, now + self.limits.linger)
        self.lingering[session] = None
        if not session.outgoing:
            session.touched.append(session)

    def forget(self, session: Session) -> None:
        """Strike `session` off: its connection is over."""
        session.stage = GONE
        session.outgoing = b""
        self.sessions.pop(session.number, None)
        self.lingering.pop(session, None)
        self.deadlines.cancel(session)
        session.touched.append(session)

    def _add(self, session: Session) -> None:
        self._last_number = session.number = self._last_number + 1
        self.sessions[session.number] = session
